// TCP as seen from DNS: messages arrive whole, in order, late when a segment was lost, or not at all because
// the connection ended. Part of sim_network; nobody else includes it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "tests/sim/sim_network.h"

namespace cairn::sim {

class SimStream;

class TcpFabric {
 public:
  explicit TcpFabric(SimWorld& world) : world_(world) {}

  std::unique_ptr<MessageStream> Connect(SimHost& client, const Endpoint& to, StreamReceiver& receiver);
  void SendFromClient(uint64_t connection, ByteView message);
  void SendFromServer(uint64_t connection, ByteView message);
  void CloseFromClient(uint64_t connection);
  // The listener is gone: its connections are reset.
  void ListenerGone(const SimListener& listener);

 private:
  struct Segment {
    Instant arrival{};
    std::vector<uint8_t> message{};
    std::optional<StreamEnd> end{};  // the last of its direction
  };
  struct Direction {
    std::deque<Segment> on_the_way{};
    std::optional<SimWorld::EventKey> next_arrival{};
    int stalled = 0;  // times in a row that the path was cut when the first should have arrived
  };
  struct Connection {
    SimHost* client_host = nullptr;
    SimHost* server_host = nullptr;  // null: no such host
    Endpoint client{};
    Endpoint server{};
    StreamReceiver* receiver = nullptr;
    SimListener* listener = nullptr;  // set while the server has the connection
    bool connected = false;
    Direction to_server{};
    Direction to_client{};
    std::optional<SimWorld::EventKey> next_step{};  // of the handshake; afterwards the server's idle timer
  };

  Connection* Find(uint64_t id);
  bool Passable(const Connection& connection) const;
  Duration DrawDelay(const Connection& connection);
  void Log(const Connection& connection, PacketKind kind, bool from_client, const Segment& segment);

  void TryToConnect(uint64_t id, int attempt);
  void ReachServer(uint64_t id, int attempt);
  void BecomeConnected(uint64_t id);
  void Send(uint64_t id, Connection& connection, bool from_client, Segment segment);
  void ScheduleArrival(uint64_t id, Direction& direction, bool at_server);
  void Arrive(uint64_t id, bool at_server);
  void ArriveAtServer(uint64_t id);
  void ArriveAtClient(uint64_t id);
  void RestartIdleTimer(uint64_t id, Connection& connection);
  void EndAtClient(uint64_t id, StreamEnd reason);
  void Erase(uint64_t id);

  SimWorld& world_;
  std::map<uint64_t, Connection> connections_;
  uint64_t next_id_ = 1;
};

// Serves UDP and TCP of one endpoint; queries which arrive at one instant are one batch.
class SimListener final : public Listener, public SimHost::Taker {
 public:
  SimListener(SimWorld& world, SimHost& host, QueryHandler& handler)
      : world_(world), host_(host), handler_(handler) {}
  ~SimListener() override;
  absl::Status Open(const Endpoint& local);

  Endpoint local() const override { return local_; }
  void Reply(const ReplyTo& to, ByteView message) override;

  void TakeDatagram(const Endpoint& from, const Endpoint& to, std::vector<uint8_t> payload) override;
  SimListener* listener() override { return this; }
  // Whole messages of one connection that arrived together.
  void TakeMessages(uint64_t connection, const Endpoint& client, const Endpoint& asked,
                    std::vector<std::vector<uint8_t>> messages);

 private:
  struct Datagram {
    Endpoint from;
    Endpoint to;
    std::vector<uint8_t> payload;
  };
  void TakeBatch();

  SimWorld& world_;
  SimHost& host_;
  QueryHandler& handler_;
  Endpoint local_{};
  bool bound_ = false;
  std::vector<Datagram> arrived_;
  std::optional<SimWorld::EventKey> batch_;
};

}  // namespace cairn::sim
