// Sockets of the system as the uv_* files share them: addresses in the system's form and back, and sockets
// opened with the options that DNS asks for.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "common/net/endpoint.h"

namespace cairn {

// An Endpoint as the system takes it.
struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  socklen_t octets = 0;
};

// `zone_index` is the interface of a link-local IPv6 address, 0 elsewhere (RFC 4007 section 6).
SocketAddress ToSystem(const Endpoint& endpoint, uint32_t zone_index = 0);
Endpoint FromSystem(const sockaddr& address);
uint32_t ZoneIndex(const sockaddr& address);

// A descriptor with one owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

enum class Sharing : uint8_t {
  kAlone,   // fails when anybody has the port
  kShared,  // SO_REUSEPORT: the sockets of one user's workers divide the clients
};

// Non-blocking, bound, IPv6 sockets for IPv6 only.
absl::StatusOr<Descriptor> OpenUdpSocket(const Endpoint& local, Sharing sharing);
absl::StatusOr<Descriptor> OpenTcpSocket(const Endpoint& local, Sharing sharing);  // not yet listening
Endpoint LocalEndpoint(int fd);

}  // namespace cairn
