#include "common/net/endpoint.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "common/base/status.h"

namespace cairn {
namespace {

// The whole of `text` as a decimal number, no sign, no blanks.
std::optional<unsigned> WholeNumber(std::string_view text, unsigned most) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

// Keeps the first `bits` bits and clears the others.
void ClearBelow(std::span<uint8_t> octets, unsigned bits) {
  for (size_t i = 0; i < octets.size(); ++i) {
    const unsigned kept = std::min(8U, bits - std::min(bits, static_cast<unsigned>(8 * i)));
    octets[i] = static_cast<uint8_t>(octets[i] & (0xFF00U >> kept));
  }
}

IpAddress FromOctets(ByteView octets) {
  return octets.size() == 4 ? IpAddress::V4(octets) : IpAddress::V6(octets);
}

}  // namespace

IpAddress IpAddress::V4(ByteView four_octets) {
  IpAddress address;
  std::copy_n(four_octets.begin(), 4, address.octets_.begin());
  return address;
}

IpAddress IpAddress::V6(ByteView sixteen_octets) {
  IpAddress address;
  address.v6_ = true;
  std::copy_n(sixteen_octets.begin(), 16, address.octets_.begin());
  return address;
}

absl::StatusOr<IpAddress> IpAddress::FromText(std::string_view text) {
  const std::string terminated(text);
  std::array<uint8_t, 16> octets;
  if (terminated.find('\0') == std::string::npos) {
    if (inet_pton(AF_INET, terminated.c_str(), octets.data()) == 1) return V4(octets);
    if (inet_pton(AF_INET6, terminated.c_str(), octets.data()) == 1) return V6(octets);
  }
  return InvalidArgument(fmt::format("\"{}\" is not an IP address such as 192.0.2.1 or 2001:db8::1", text));
}

IpAddress IpAddress::Literal(std::string_view text) {
  const absl::StatusOr<IpAddress> address = FromText(text);
  if (!address.ok()) std::abort();
  return *address;
}

std::string IpAddress::ToText() const {
  std::array<char, INET6_ADDRSTRLEN> text;
  inet_ntop(v6_ ? AF_INET6 : AF_INET, octets_.data(), text.data(), text.size());
  return text.data();
}

absl::StatusOr<Endpoint> Endpoint::FromText(std::string_view text, uint16_t default_port) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos && default_port == 0) {
    return InvalidArgument(fmt::format("\"{}\" has no port: write ADDRESS@PORT, such as 127.0.0.1@53", text));
  }
  const absl::StatusOr<IpAddress> address = IpAddress::FromText(text.substr(0, at));
  if (!address.ok()) return address.status();
  if (at == std::string_view::npos) return Endpoint{*address, default_port};
  const std::optional<unsigned> port = WholeNumber(text.substr(at + 1), 65535);
  if (!port) {
    return InvalidArgument(
        fmt::format("\"{}\" is not a port: a number from 0 to 65535", text.substr(at + 1)));
  }
  return Endpoint{*address, static_cast<uint16_t>(*port)};
}

std::string Endpoint::ToText() const { return fmt::format("{}@{}", address.ToText(), port); }

absl::StatusOr<Subnet> Subnet::FromText(std::string_view text) {
  const size_t slash = text.find('/');
  const absl::StatusOr<IpAddress> address = IpAddress::FromText(text.substr(0, slash));
  if (!address.ok()) return address.status();
  const auto most = static_cast<unsigned>(8 * address->octets().size());
  Subnet subnet;
  subnet.base_ = *address;
  subnet.prefix_bits_ = static_cast<uint8_t>(most);
  if (slash == std::string_view::npos) return subnet;

  const std::optional<unsigned> bits = WholeNumber(text.substr(slash + 1), most);
  if (!bits) {
    return InvalidArgument(
        fmt::format("\"{}\" is not a prefix length from 0 to {}", text.substr(slash + 1), most));
  }
  std::array<uint8_t, 16> octets{};
  std::ranges::copy(address->octets(), octets.begin());
  const std::span<uint8_t> used(octets.data(), address->octets().size());
  ClearBelow(used, *bits);
  subnet.base_ = FromOctets(used);
  subnet.prefix_bits_ = static_cast<uint8_t>(*bits);
  if (subnet.base_ != *address) {
    return InvalidArgument(
        fmt::format("\"{}\" has bits set below its prefix: did you mean {}?", text, subnet.ToText()));
  }
  return subnet;
}

// Asked for each query: whole octets at once, then the bits that remain.
bool Subnet::Contains(const IpAddress& address) const {
  if (address.is_v6() != base_.is_v6()) return false;
  const uint8_t* ours = base_.octets().data();
  const uint8_t* theirs = address.octets().data();
  const size_t octets = prefix_bits_ / 8;
  const int bits = prefix_bits_ % 8;
  if (std::memcmp(ours, theirs, octets) != 0) return false;
  return bits == 0 || (ours[octets] ^ theirs[octets]) >> (8 - bits) == 0;
}

std::string Subnet::ToText() const { return fmt::format("{}/{}", base_.ToText(), prefix_bits_); }

}  // namespace cairn
