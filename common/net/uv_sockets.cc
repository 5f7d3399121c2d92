#include "common/net/uv_sockets.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/base/lacks_resources.h"
#include "common/base/limits.h"
#include "common/base/status.h"

namespace cairn {
namespace {

// Whoever holds many sockets must know when there are too many of them.
absl::Status SystemError(const char* what, const Endpoint& local) {
  return Err(LacksResources(errno) ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kUnavailable,
             fmt::format("{}: cannot {}: {}", local.ToText(), what, std::strerror(errno)));
}

bool Set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

absl::StatusOr<Descriptor> OpenSocket(const Endpoint& local, int type) {
  const bool v6 = local.address.is_v6();
  Descriptor fd(socket(v6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return SystemError("open a socket", local);
  // 0.0.0.0 and :: are two listeners, not one that swallows the other.
  if (v6 && !Set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1))
    return SystemError("open a socket for IPv6 only", local);
  return fd;
}

absl::Status Bind(int fd, const Endpoint& local) {
  const SocketAddress address = ToSystem(local);
  if (bind(fd, &address.any, address.octets) == 0) return absl::OkStatus();
  if (errno != EACCES) return SystemError("listen", local);
  return Err(absl::StatusCode::kPermissionDenied,
             fmt::format("{}: cannot listen: the system keeps ports this low for root and for programs with "
                         "CAP_NET_BIND_SERVICE; choose a higher one, or start as root with 'user' in the "
                         "configuration",
                         local.ToText()));
}

// Datagrams are never fragmented by us, nor shrunk by forged "fragmentation needed" messages (RFC 9715
// section 3.1).
bool NeverFragment(int fd, bool v6) {
  if (v6)
    return Set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT) &&
           Set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
  return Set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
}

}  // namespace

SocketAddress ToSystem(const Endpoint& endpoint, uint32_t zone_index) {
  SocketAddress address;
  const ByteView octets = endpoint.address.octets();
  if (endpoint.address.is_v6()) {
    address.v6 = {};
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(endpoint.port);
    address.v6.sin6_scope_id = zone_index;
    std::memcpy(&address.v6.sin6_addr, octets.data(), octets.size());
    address.octets = sizeof address.v6;
  } else {
    address.v4 = {};
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(endpoint.port);
    std::memcpy(&address.v4.sin_addr, octets.data(), octets.size());
    address.octets = sizeof address.v4;
  }
  return address;
}

Endpoint FromSystem(const sockaddr& address) {
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return {IpAddress::V6({v6.sin6_addr.s6_addr, 16}), ntohs(v6.sin6_port)};
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  return {IpAddress::V4({reinterpret_cast<const uint8_t*>(&v4.sin_addr), 4}), ntohs(v4.sin_port)};
}

uint32_t ZoneIndex(const sockaddr& address) {
  return address.sa_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_scope_id : 0;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<Descriptor> OpenUdpSocket(const Endpoint& local, Sharing sharing) {
  absl::StatusOr<Descriptor> fd = OpenSocket(local, SOCK_DGRAM);
  if (!fd.ok()) return fd;
  if (sharing == Sharing::kShared && !Set(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1)) {
    return SystemError("share the port", local);
  }
  if (!NeverFragment(fd->get(), local.address.is_v6())) return SystemError("forbid fragments", local);
  Set(fd->get(), SOL_SOCKET, SO_RCVBUF, limits::kUdpSocketBufferOctets);  // less is slower, not wrong
  Set(fd->get(), SOL_SOCKET, SO_SNDBUF, limits::kUdpSocketBufferOctets);
  CAIRN_RETURN_IF_ERROR(Bind(fd->get(), local));
  return fd;
}

absl::StatusOr<Descriptor> OpenTcpSocket(const Endpoint& local, Sharing sharing) {
  absl::StatusOr<Descriptor> fd = OpenSocket(local, SOCK_STREAM);
  if (!fd.ok()) return fd;
  // A restart need not wait for old connections in TIME-WAIT; a listening socket still refuses a second one.
  if (!Set(fd->get(), SOL_SOCKET, SO_REUSEADDR, 1)) return SystemError("reuse the address", local);
  if (sharing == Sharing::kShared && !Set(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1)) {
    return SystemError("share the port", local);
  }
  CAIRN_RETURN_IF_ERROR(Bind(fd->get(), local));
  return fd;
}

Endpoint LocalEndpoint(int fd) {
  sockaddr_storage address{};
  socklen_t octets = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &octets);
  return FromSystem(reinterpret_cast<const sockaddr&>(address));
}

}  // namespace cairn
