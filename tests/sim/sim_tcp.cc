// Connections, their segments in both directions, and the ends they come to. Every event of a connection is
// cancelled with it, so an event never finds its connection gone.
#include "tests/sim/sim_tcp.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// As Linux has them: the first SYN is repeated after 1 s, then each time after twice as long; six times in
// all.
constexpr Duration kFirstConnectTimeout = seconds(1);
constexpr int kConnectTries = 6;
// A lost segment comes again after 200 ms, then 400 ms, ...; a cut path ends the connection after eight of
// these.
constexpr Duration kRetransmission = milliseconds(200);
constexpr int kRetransmissions = 8;
// A server closes a connection that says nothing for 10 s (THREATS section 3), but not while it owes an answer
// (RFC 7766 section 6.2.3). Answers take 10 s at the most, so here one time serves for both.
constexpr Duration kServerIdle = seconds(12);

constexpr size_t kBatch = 32;
constexpr size_t kUdpReplyOctets = 4096;
constexpr size_t kTcpReplyOctets = 65535;

}  // namespace

// ---- The client's end

class SimStream final : public MessageStream {
 public:
  SimStream(TcpFabric& fabric, uint64_t connection) : fabric_(fabric), connection_(connection) {}
  ~SimStream() override { fabric_.CloseFromClient(connection_); }
  void Send(ByteView message) override { fabric_.SendFromClient(connection_, message); }

 private:
  TcpFabric& fabric_;
  uint64_t connection_;
};

std::unique_ptr<MessageStream> TcpFabric::Connect(SimHost& client, const Endpoint& to,
                                                  StreamReceiver& receiver) {
  const uint64_t id = next_id_++;
  const auto port = static_cast<uint16_t>(1024 + client.random().Below(65536 - 1024));
  const IpAddress family = to.address.is_v6() ? IpAddress::Literal("::") : IpAddress::Literal("0.0.0.0");
  connections_[id] = Connection{.client_host = &client,
                                .server_host = world_.HostAt(to.address),
                                .client = client.Source({family, port}, to),
                                .server = to,
                                .receiver = &receiver};
  TryToConnect(id, 0);
  return std::make_unique<SimStream>(*this, id);
}

void TcpFabric::TryToConnect(uint64_t id, int attempt) {
  Connection& connection = connections_.at(id);
  if (attempt == kConnectTries) return EndAtClient(id, StreamEnd::kUnreachable);
  Log(connection, PacketKind::kTcpConnect, true, {});
  const bool lost = !Passable(connection) ||
                    world_.Happens(world_.Path(*connection.client_host, *connection.server_host).loss);
  if (lost) {
    connection.next_step = world_.At(world_.clock().Now() + kFirstConnectTimeout * (1 << attempt),
                                     [this, id, attempt] { TryToConnect(id, attempt + 1); });
    return;
  }
  connection.next_step = world_.At(world_.clock().Now() + DrawDelay(connection),
                                   [this, id, attempt] { ReachServer(id, attempt); });
}

void TcpFabric::ReachServer(uint64_t id, int attempt) {
  Connection& connection = connections_.at(id);
  const SimHost& server = *connection.server_host;
  if (server.tcp == SimHost::Tcp::kSilent || server.down) {
    connection.next_step = world_.At(world_.clock().Now() + kFirstConnectTimeout * (1 << attempt),
                                     [this, id, attempt] { TryToConnect(id, attempt + 1); });
    return;
  }
  SimHost::Taker* const taker = server.TakerAt(connection.server);
  const Instant back = world_.clock().Now() + DrawDelay(connection);
  if (server.tcp == SimHost::Tcp::kRefused || taker == nullptr || taker->listener() == nullptr) {
    connection.next_step = world_.At(back, [this, id] { EndAtClient(id, StreamEnd::kRefused); });
    return;
  }
  connection.listener = taker->listener();
  connection.next_step = world_.At(back, [this, id] { BecomeConnected(id); });
}

void TcpFabric::BecomeConnected(uint64_t id) {
  Connection& connection = connections_.at(id);
  if (connection.listener == nullptr) return EndAtClient(id, StreamEnd::kReset);
  connection.connected = true;
  RestartIdleTimer(id, connection);
  std::deque<Segment> waiting = std::exchange(connection.to_server.on_the_way, {});
  for (Segment& segment : waiting) Send(id, connection, true, std::move(segment));
  connection.receiver->OnConnected();
}

// ---- Segments

void TcpFabric::SendFromClient(uint64_t id, ByteView message) {
  Connection* const connection = Find(id);
  if (connection == nullptr) return;
  Segment segment{.message = {message.begin(), message.end()}};
  if (connection->connected) return Send(id, *connection, true, std::move(segment));
  connection->to_server.on_the_way.push_back(std::move(segment));
}

void TcpFabric::SendFromServer(uint64_t id, ByteView message) {
  Connection* const connection = Find(id);
  if (connection == nullptr || connection->listener == nullptr) return;
  RestartIdleTimer(id, *connection);
  Send(id, *connection, false, Segment{.message = {message.begin(), message.end()}});
}

void TcpFabric::Send(uint64_t id, Connection& connection, bool from_client, Segment segment) {
  Log(connection, segment.end ? PacketKind::kTcpEnd : PacketKind::kTcpMessage, from_client, segment);
  segment.arrival = world_.clock().Now() + DrawDelay(connection);
  // Loss costs time, not data; whatever follows waits behind.
  const double loss = world_.Path(*connection.client_host, *connection.server_host).loss;
  for (int lost = 0; lost < kRetransmissions && world_.Happens(loss); ++lost) {
    segment.arrival += kRetransmission * (1 << lost);
  }
  Direction& direction = from_client ? connection.to_server : connection.to_client;
  direction.on_the_way.push_back(std::move(segment));
  if (!direction.next_arrival) ScheduleArrival(id, direction, from_client);
}

void TcpFabric::ScheduleArrival(uint64_t id, Direction& direction, bool at_server) {
  direction.next_arrival =
      world_.At(direction.on_the_way.front().arrival, [this, id, at_server] { Arrive(id, at_server); });
}

void TcpFabric::Arrive(uint64_t id, bool at_server) {
  Connection& connection = connections_.at(id);
  Direction& direction = at_server ? connection.to_server : connection.to_client;
  direction.next_arrival.reset();
  if (!Passable(connection)) {
    if (direction.stalled == kRetransmissions) return EndAtClient(id, StreamEnd::kReset);
    direction.on_the_way.front().arrival =
        world_.clock().Now() + kRetransmission * (1 << direction.stalled++);
    return ScheduleArrival(id, direction, at_server);
  }
  direction.stalled = 0;
  if (at_server) {
    ArriveAtServer(id);
  } else {
    ArriveAtClient(id);
  }
}

void TcpFabric::ArriveAtServer(uint64_t id) {
  Connection& connection = connections_.at(id);
  Direction& direction = connection.to_server;
  std::vector<std::vector<uint8_t>> messages;
  while (!direction.on_the_way.empty() && direction.on_the_way.front().arrival <= world_.clock().Now()) {
    messages.push_back(std::move(direction.on_the_way.front().message));
    direction.on_the_way.pop_front();
  }
  if (!direction.on_the_way.empty()) ScheduleArrival(id, direction, true);
  if (connection.listener == nullptr) return;
  RestartIdleTimer(id, connection);
  switch (connection.server_host->tcp) {
    case SimHost::Tcp::kResetOnQuery:
      connection.listener = nullptr;
      return Send(id, connection, false, Segment{.end = StreamEnd::kReset});
    case SimHost::Tcp::kNoAnswer:
      return;
    default:
      return connection.listener->TakeMessages(id, connection.client, connection.server, std::move(messages));
  }
}

void TcpFabric::ArriveAtClient(uint64_t id) {
  Connection& connection = connections_.at(id);
  Segment segment = std::move(connection.to_client.on_the_way.front());
  connection.to_client.on_the_way.pop_front();
  if (segment.end) return EndAtClient(id, *segment.end);
  if (!connection.to_client.on_the_way.empty()) ScheduleArrival(id, connection.to_client, false);
  connection.receiver->OnMessage(segment.message);
}

// ---- Ends

void TcpFabric::CloseFromClient(uint64_t id) {
  Connection* const connection = Find(id);
  if (connection == nullptr) return;
  Log(*connection, PacketKind::kTcpEnd, true, {});
  Erase(id);
}

void TcpFabric::ListenerGone(const SimListener& listener) {
  for (auto& [id, connection] : connections_) {
    if (connection.listener != &listener) continue;
    connection.listener = nullptr;
    if (connection.connected) Send(id, connection, false, Segment{.end = StreamEnd::kReset});
  }
}

void TcpFabric::RestartIdleTimer(uint64_t id, Connection& connection) {
  if (connection.next_step) world_.CancelEvent(*connection.next_step);
  connection.next_step = world_.At(world_.clock().Now() + kServerIdle, [this, id] {
    Connection& idle = connections_.at(id);
    if (idle.listener == nullptr) return;
    idle.listener = nullptr;
    Send(id, idle, false, Segment{.end = StreamEnd::kClosedByPeer});
  });
}

// The receiver hears of the end once, and the stream it owns becomes an empty shell.
void TcpFabric::EndAtClient(uint64_t id, StreamEnd reason) {
  StreamReceiver& receiver = *connections_.at(id).receiver;
  Erase(id);
  receiver.OnEnd(reason);
}

void TcpFabric::Erase(uint64_t id) {
  Connection& connection = connections_.at(id);
  for (const auto& event :
       {connection.next_step, connection.to_server.next_arrival, connection.to_client.next_arrival}) {
    if (event) world_.CancelEvent(*event);
  }
  connections_.erase(id);
}

TcpFabric::Connection* TcpFabric::Find(uint64_t id) {
  const auto connection = connections_.find(id);
  return connection == connections_.end() ? nullptr : &connection->second;
}

bool TcpFabric::Passable(const Connection& connection) const {
  return connection.server_host != nullptr && !connection.client_host->down &&
         !connection.server_host->down && !world_.Path(*connection.client_host, *connection.server_host).cut;
}

Duration TcpFabric::DrawDelay(const Connection& connection) {
  return world_.DrawDelay(world_.Path(*connection.client_host, *connection.server_host));
}

void TcpFabric::Log(const Connection& connection, PacketKind kind, bool from_client, const Segment& segment) {
  world_.log_.Add(Packet{.sent = world_.clock().Now(),
                         .kind = kind,
                         .from = from_client ? connection.client : connection.server,
                         .to = from_client ? connection.server : connection.client,
                         .payload = segment.message});
}

// ---- The server's end

SimListener::~SimListener() {
  if (batch_) world_.CancelEvent(*batch_);
  if (!bound_) return;
  host_.Unbind(local_);
  world_.tcp_->ListenerGone(*this);
}

absl::Status SimListener::Open(const Endpoint& local) {
  absl::StatusOr<Endpoint> bound = host_.Bind(local, *this);
  if (!bound.ok()) return bound.status();
  local_ = *bound;
  bound_ = true;
  return absl::OkStatus();
}

void SimListener::Reply(const ReplyTo& to, ByteView message) {
  if (message.empty()) return;  // no answer will come
  if (to.connection != 0) return world_.tcp_->SendFromServer(to.connection, message);
  world_.SendDatagram(host_, {to.local, local_.port}, to.client, message);
}

void SimListener::TakeDatagram(const Endpoint& from, const Endpoint& to, std::vector<uint8_t> payload) {
  arrived_.push_back({from, to, std::move(payload)});
  if (!batch_) batch_ = world_.At(world_.clock().Now(), [this] { TakeBatch(); });
}

void SimListener::TakeBatch() {
  batch_.reset();
  const std::vector<Datagram> arrived = std::exchange(arrived_, {});
  for (size_t first = 0; first < arrived.size(); first += kBatch) {
    const size_t count = std::min(kBatch, arrived.size() - first);
    std::vector<uint8_t> replies(count * kUdpReplyOctets);
    std::vector<Query> queries;
    for (size_t i = 0; i < count; ++i) {
      const Datagram& datagram = arrived[first + i];
      queries.push_back({.packet = datagram.payload,
                         .to = {.listener = this, .client = datagram.from, .local = datagram.to.address},
                         .reply = std::span(replies).subspan(i * kUdpReplyOctets, kUdpReplyOctets)});
    }
    handler_.OnQueries(queries);
    for (const Query& query : queries) {
      if (query.reply_octets > 0) Reply(query.to, query.reply.first(query.reply_octets));
    }
  }
}

void SimListener::TakeMessages(uint64_t connection, const Endpoint& client, const Endpoint& asked,
                               std::vector<std::vector<uint8_t>> messages) {
  std::vector<uint8_t> replies(messages.size() * kTcpReplyOctets);
  std::vector<Query> queries;
  for (size_t i = 0; i < messages.size(); ++i) {
    queries.push_back(
        {.packet = messages[i],
         .to = {.listener = this, .connection = connection, .client = client, .local = asked.address},
         .tcp = true,
         .reply = std::span(replies).subspan(i * kTcpReplyOctets, kTcpReplyOctets)});
  }
  handler_.OnQueries(queries);
  for (const Query& query : queries) {
    if (query.reply_octets > 0) Reply(query.to, query.reply.first(query.reply_octets));
  }
}

}  // namespace cairn::sim
