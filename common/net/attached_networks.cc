#include "common/net/attached_networks.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>

#include "absl/cleanup/cleanup.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// The address octets of an IPv4 or IPv6 socket address; empty for others.
ByteView OctetsOf(const sockaddr* address) {
  if (address == nullptr) return {};
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return {reinterpret_cast<const uint8_t*>(&v4->sin_addr), 4};
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    return {v6->sin6_addr.s6_addr, 16};
  }
  return {};
}

}  // namespace

std::optional<Subnet> SubnetOf(ByteView address, ByteView netmask) {
  if (address.size() != netmask.size() || (address.size() != 4 && address.size() != 16)) return std::nullopt;
  std::array<uint8_t, 16> base{};
  int bits = 0;
  bool ended = false;
  for (size_t i = 0; i < address.size(); ++i) {
    base[i] = address[i] & netmask[i];
    const int ones = std::countl_one(netmask[i]);
    if (ones != std::popcount(netmask[i]) || (ended && ones > 0)) return std::nullopt;
    ended |= ones < 8;
    bits += ones;
  }
  if (bits == 0) return std::nullopt;
  const ByteView octets(base.data(), address.size());
  const IpAddress network = octets.size() == 4 ? IpAddress::V4(octets) : IpAddress::V6(octets);
  const absl::StatusOr<Subnet> subnet = Subnet::FromText(fmt::format("{}/{}", network.ToText(), bits));
  return subnet.ok() ? std::optional(*subnet) : std::nullopt;
}

std::vector<Subnet> AttachedNetworks() {
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return {};
  const absl::Cleanup freed = [interfaces] { freeifaddrs(interfaces); };
  std::vector<Subnet> networks;
  for (const ifaddrs* each = interfaces; each != nullptr; each = each->ifa_next) {
    if ((each->ifa_flags & IFF_UP) == 0 || (each->ifa_flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) != 0)
      continue;
    const std::optional<Subnet> network = SubnetOf(OctetsOf(each->ifa_addr), OctetsOf(each->ifa_netmask));
    if (network && std::ranges::find(networks, *network) == networks.end()) networks.push_back(*network);
  }
  return networks;
}

std::vector<IpAddress> OwnAddresses() {
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return {};
  const absl::Cleanup freed = [interfaces] { freeifaddrs(interfaces); };
  std::vector<IpAddress> addresses;
  for (const ifaddrs* each = interfaces; each != nullptr; each = each->ifa_next) {
    const ByteView octets = OctetsOf(each->ifa_addr);
    if (octets.empty()) continue;
    addresses.push_back(octets.size() == 4 ? IpAddress::V4(octets) : IpAddress::V6(octets));
  }
  return addresses;
}

}  // namespace cairn
