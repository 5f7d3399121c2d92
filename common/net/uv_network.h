// The Network of production: sockets of the system on one UvLoop, used by that loop's thread alone.
// UDP is our own (recvmmsg and sendmmsg on uv_poll: 3.3 us per query against 3.6 with uv_udp, and uv_udp
// cannot answer from the address that was asked); TCP is libuv's. Several workers listen on one endpoint,
// each with its own socket (SO_REUSEPORT).
#pragma once

#include <cstdint>
#include <memory>

#include "common/net/network.h"
#include "common/net/tcp_limits.h"
#include "common/net/uv_loop.h"

namespace cairn {

struct UvNetworkOptions {
  TcpLimits tcp;  // of this network: a program with several workers divides its own among them
};

// Plain numbers, of the network's thread: others ask there (UvLoop::Post).
struct UvNetworkCounters {
  uint64_t udp_queries = 0;
  uint64_t udp_answers = 0;
  uint64_t udp_send_failures = 0;  // the system's buffer was full, or it refused the destination
  uint64_t tcp_queries = 0;
  uint64_t tcp_answers = 0;
  uint64_t tcp_accepted = 0;
  uint64_t tcp_refused = 0;  // over a limit, with nothing idle to evict, or no descriptor left
  uint64_t tcp_evicted = 0;  // the oldest idle one, for a newcomer
  // Closed by us: silent too long, a message not finished in time, answers not taken fast enough, or an
  // answer that never came.
  uint64_t tcp_idle = 0;
  uint64_t tcp_slow_messages = 0;
  uint64_t tcp_slow_readers = 0;
  uint64_t tcp_unanswered = 0;
  uint64_t tcp_paused = 0;  // times reading paused: queries in flight, or octets unsent, at their limit
};

class UvNetwork final : public Network {
 public:
  explicit UvNetwork(UvLoop& loop, UvNetworkOptions options = {});
  // Listeners, sockets and streams made by it must be gone.
  ~UvNetwork() override;

  absl::StatusOr<std::unique_ptr<UdpSocket>> OpenUdp(const Endpoint& local, UdpReceiver& receiver) override;
  std::unique_ptr<MessageStream> Connect(const Endpoint& to, StreamReceiver& receiver) override;
  absl::StatusOr<std::unique_ptr<Listener>> Listen(const Endpoint& local, QueryHandler& handler) override;

  const UvNetworkCounters& counters() const;
  size_t tcp_connections() const;  // open now
  size_t tcp_held_octets() const;  // of what clients sent in part, and of answers that they do not take

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether `local` is ours to listen on, over UDP and TCP. With SO_REUSEPORT a second server of the same user
// would be given the address silently and take half of the queries: ask this once, before the workers listen.
absl::Status CheckFree(const Endpoint& local);

// Whether this system has the address at all: IPv6 may be switched off. For addresses which nobody wrote and the
// program can do without.
bool SystemHas(const IpAddress& address);

}  // namespace cairn
