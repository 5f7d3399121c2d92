#include "common/net/uv_network.h"

#include <utility>

#include "common/base/status.h"
#include "common/net/uv_message_stream.h"
#include "common/net/uv_sockets.h"
#include "common/net/uv_tcp.h"
#include "common/net/uv_udp.h"

namespace cairn {
namespace {

// UDP and TCP on one port. When the system chooses it, it may choose one that is taken over TCP: then once
// more.
struct SocketPair {
  Descriptor udp;
  Descriptor tcp;
};

absl::StatusOr<SocketPair> OpenPair(const Endpoint& local, Sharing sharing) {
  constexpr int kAttempts = 16;
  absl::Status failure;
  for (int attempt = 0; attempt < (local.port == 0 ? kAttempts : 1); ++attempt) {
    absl::StatusOr<Descriptor> udp = OpenUdpSocket(local, sharing);
    if (!udp.ok()) return udp.status();
    const Endpoint chosen{local.address, LocalEndpoint(udp->get()).port};
    absl::StatusOr<Descriptor> tcp = OpenTcpSocket(chosen, sharing);
    if (tcp.ok()) return SocketPair{*std::move(udp), *std::move(tcp)};
    failure = tcp.status();
  }
  return failure;
}

}  // namespace

struct UvNetwork::State {
  State(UvLoop& its_loop, UvNetworkOptions options) : loop(its_loop), tcp(loop, options.tcp, counters) {}

  UvLoop& loop;
  UvNetworkCounters counters;
  UdpBuffers udp;
  TcpConnections tcp;

  // What handlers queued in this turn leaves now: answers over TCP first, since going on with a connection's
  // queries may queue datagrams.
  void SendWaiting() {
    tcp.FlushReplies();
    for (UdpOutbox* outbox : udp.waiting) outbox->Flush();
    udp.waiting.clear();
  }
};

namespace {

class UvListener final : public Listener {
 public:
  UvListener(UvLoop& loop, Descriptor udp, QueryHandler& handler, UdpBuffers& buffers,
             TcpConnections& connections, UvNetworkCounters& counters)
      : local_(LocalEndpoint(udp.get())),
        connections_(connections),
        udp_(loop, std::move(udp), *this, handler, buffers, counters) {}

  absl::Status ListenTcp(UvLoop& loop, Descriptor fd, QueryHandler& handler) {
    absl::StatusOr<std::unique_ptr<TcpService>> service =
        TcpService::Listen(loop, std::move(fd), *this, handler, connections_);
    if (!service.ok()) return service.status();
    tcp_ = *std::move(service);
    return absl::OkStatus();
  }

  Endpoint local() const override { return local_; }
  void Reply(const ReplyTo& to, ByteView message) override {
    if (to.connection == 0) {
      udp_.Reply(to, message);
    } else {
      connections_.Reply(to, message);
    }
  }
  void ReplyAll(const ReplyTo& to, std::unique_ptr<MessageSource> messages) override {
    connections_.ReplyAll(to, std::move(messages));
  }

 private:
  const Endpoint local_;
  TcpConnections& connections_;
  UdpService udp_;
  std::unique_ptr<TcpService> tcp_;
};

}  // namespace

UvNetwork::UvNetwork(UvLoop& loop, UvNetworkOptions options)
    : state_(std::make_unique<State>(loop, options)) {
  loop.AtTurnEnd([state = state_.get()] { state->SendWaiting(); }, this);
}

UvNetwork::~UvNetwork() { state_->loop.DropTurnEndHooks(this); }

absl::StatusOr<std::unique_ptr<UdpSocket>> UvNetwork::OpenUdp(const Endpoint& local, UdpReceiver& receiver) {
  absl::StatusOr<Descriptor> fd = OpenUdpSocket(local, Sharing::kAlone);
  if (!fd.ok()) return fd.status();
  return std::make_unique<UvUdpSocket>(state_->loop, *std::move(fd), receiver, state_->udp, state_->counters);
}

std::unique_ptr<MessageStream> UvNetwork::Connect(const Endpoint& to, StreamReceiver& receiver) {
  return std::make_unique<UvMessageStream>(state_->loop, to, receiver);
}

absl::StatusOr<std::unique_ptr<Listener>> UvNetwork::Listen(const Endpoint& local, QueryHandler& handler) {
  absl::StatusOr<SocketPair> sockets = OpenPair(local, Sharing::kShared);
  if (!sockets.ok()) return sockets.status();
  auto listener = std::make_unique<UvListener>(state_->loop, std::move(sockets->udp), handler, state_->udp,
                                               state_->tcp, state_->counters);
  CAIRN_RETURN_IF_ERROR(listener->ListenTcp(state_->loop, std::move(sockets->tcp), handler));
  return listener;
}

const UvNetworkCounters& UvNetwork::counters() const { return state_->counters; }

size_t UvNetwork::tcp_connections() const { return state_->tcp.size(); }
size_t UvNetwork::tcp_held_octets() const { return state_->tcp.HeldOctets(); }

absl::Status CheckFree(const Endpoint& local) {
  if (local.port == 0) return absl::OkStatus();
  return OpenPair(local, Sharing::kAlone).status();
}

bool SystemHas(const IpAddress& address) {
  const Descriptor fd(socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const SocketAddress any_port = ToSystem({.address = address, .port = 0});
  return fd.get() >= 0 && bind(fd.get(), &any_port.any, any_port.octets) == 0;
}

}  // namespace cairn
