#include "resolver/upstream_connections.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace cairn {
namespace {

// Servers whose failed connections are remembered.
constexpr size_t kFailuresRemembered = 4096;

}  // namespace

struct TcpQuery::Connection final : StreamReceiver {
  Connection(UpstreamConnections& its_pool, const Endpoint& its_server)
      : pool(its_pool), server(its_server), idle(its_pool.timers_) {}

  UpstreamConnections& pool;
  const Endpoint server;
  std::unique_ptr<MessageStream> stream;
  std::vector<TcpQuery*> waiting;
  bool replied = false;    // at least once
  bool abandoned = false;  // by a query which waited in vain: its reply may still come
  Timer idle;              // closes it, outside of its own stack
  std::list<std::unique_ptr<Connection>>::iterator place;

  TcpQuery* Find(uint16_t id) const {
    for (TcpQuery* query : waiting)
      if (query->id_ == id) return query;
    return nullptr;
  }

  void CloseAt(Instant at) {
    idle.Set(at, [this] { pool.Take(*this); });
  }

  void OnConnected() override {}

  void OnMessage(ByteView message) override {
    TcpQuery* query = message.size() < 2 ? nullptr : Find(LoadU16(message.data()));
    UpstreamConnections& connections = pool;
    connections.receiving_ = this;
    if (query == nullptr) {
      if (!abandoned) Renounce();
      connections.receiving_ = nullptr;
      return;
    }
    replied = true;
    query->connection_ = nullptr;
    std::erase(waiting, query);
    if (waiting.empty()) CloseAt(pool.clock_.Now() + UpstreamConnections::kIdle);
    query->OnReply(message);
    connections.receiving_ = nullptr;
  }

  void OnEnd(StreamEnd reason) override {
    const std::unique_ptr<Connection> self = pool.Take(*this);
    if (!replied) pool.failed_.Put(server, pool.clock_.Now() + pool.after_failure_, 1);
    TellAll(reason);
  }

  // A message that replies to nothing: the server talks nonsense, and whoever waits need not wait for more.
  void Renounce() {
    pool.Retire(*this);
    CloseAt(pool.clock_.Now());
    TellAll(StreamEnd::kProtocol);
  }

  // One query a call may end here and take others with it, so each is looked for anew.
  void TellAll(StreamEnd reason) {
    while (!waiting.empty()) {
      TcpQuery* query = waiting.back();
      waiting.pop_back();
      query->connection_ = nullptr;
      query->OnEnd(reason);
    }
  }
};

bool TcpQuery::Send(const Endpoint& server, std::span<uint8_t> message) {
  Forget();
  Connection* connection = connections_.ConnectionTo(server, reused_);
  if (connection == nullptr) return false;
  do {
    id_ = connections_.random_.U16();
  } while (connection->Find(id_) != nullptr);
  StoreU16(message.data(), id_);
  connection_ = connection;
  connection->waiting.push_back(this);
  connection->idle.Cancel();
  connection->stream->Send(message);
  return true;
}

void TcpQuery::Forget() {
  if (connection_ == nullptr) return;
  Connection& connection = *std::exchange(connection_, nullptr);
  std::erase(connection.waiting, this);
  connection.abandoned = true;
  connections_.Retire(connection);
}

UpstreamConnections::UpstreamConnections(const Clock& clock, TimerQueue& timers, Random& random,
                                         Network& network, Duration after_failure)
    : clock_(clock),
      timers_(timers),
      random_(random),
      network_(network),
      after_failure_(after_failure),
      open_(0, KeyedEndpointHash{SipKey::Draw(random)}),
      failed_(kFailuresRemembered, KeyedEndpointHash{SipKey::Draw(random)}) {}

UpstreamConnections::~UpstreamConnections() = default;

bool UpstreamConnections::MayConnect(const Endpoint& server) const {
  const Instant* until = failed_.Peek(server);
  return until == nullptr || clock_.Now() >= *until;
}

UpstreamConnections::Connection* UpstreamConnections::ConnectionTo(const Endpoint& server, bool& reused) {
  const auto known = open_.find(server);
  reused = known != open_.end() && known->second->waiting.size() < kPipelined;
  if (reused) {
    all_.splice(all_.end(), all_, known->second->place);
    return known->second;
  }
  if (!MayConnect(server) || !MakeRoom()) return nullptr;
  auto fresh = std::make_unique<Connection>(*this, server);
  fresh->stream = network_.Connect(server, *fresh);
  if (!fresh->stream) return nullptr;
  Connection* connection = fresh.get();
  connection->place = all_.insert(all_.end(), std::move(fresh));
  open_[server] = connection;
  return connection;
}

bool UpstreamConnections::MakeRoom() {
  if (all_.size() < kMost) return true;
  const auto idle = std::find_if(all_.begin(), all_.end(), [this](const std::unique_ptr<Connection>& one) {
    return one->waiting.empty() && one.get() != receiving_;
  });
  if (idle == all_.end()) return false;
  Take(**idle);
  return true;
}

// It is of no use: no other query goes there, and it ends with the last.
void UpstreamConnections::Retire(Connection& connection) {
  const auto known = open_.find(connection.server);
  if (known != open_.end() && known->second == &connection) open_.erase(known);
  if (!connection.replied) failed_.Put(connection.server, clock_.Now() + after_failure_, 1);
  if (connection.waiting.empty()) connection.CloseAt(clock_.Now());
}

std::unique_ptr<UpstreamConnections::Connection> UpstreamConnections::Take(Connection& connection) {
  const auto known = open_.find(connection.server);
  if (known != open_.end() && known->second == &connection) open_.erase(known);
  std::unique_ptr<Connection> taken = std::move(*connection.place);
  all_.erase(connection.place);
  return taken;
}

}  // namespace cairn
