// A network of hosts on one virtual clock: datagrams are delayed, lost, held back, duplicated and cut off,
// TCP streams connect, stall and end, and all of it follows from one seed. Each host is a Network
// (common/net/network.h), so that the very code which serves production runs on it.
//
//   SimWorld world(seed);
//   SimHost& server = world.AddHost("ns1", {IpAddress::Literal("192.0.2.1")});
//   auto listener = server.Listen({server.address(), 53}, handler);
//   world.RunUntilIdle(std::chrono::seconds(30));
//   std::cerr << world.log().ToText();
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/async/timer_queue.h"
#include "common/base/random.h"
#include "common/net/network.h"
#include "tests/sim/packet_log.h"
#include "tests/sim/sim_clock.h"

namespace cairn::sim {

// How a packet fares between two hosts, either way. May be replaced at any moment of a run.
struct PathPolicy {
  Duration delay = std::chrono::milliseconds(10);         // one way, at the least
  Duration jitter{};                                      // up to this much on top, uniformly
  double loss = 0;                                        // share of packets that never arrive
  double duplicate = 0;                                   // share that arrive twice
  double held_back = 0;                                   // share that others overtake ...
  Duration held_back_by = std::chrono::milliseconds(50);  // ... because they arrive up to this much later
  size_t largest_datagram_octets = 65507;  // larger ones are dropped: a path which loses fragments
  bool cut = false;                        // nothing passes
};

class SimWorld;
class TcpFabric;
class SimListener;
class SimUdpSocket;

class SimHost final : public Network {
 public:
  enum class Tcp : uint8_t {
    kServed,
    kRefused,       // as a host where nobody listens
    kSilent,        // a firewall that drops: connecting takes for ever
    kResetOnQuery,  // accepts, and resets when the first query arrives
    kNoAnswer,      // accepts, reads, and answers nothing
  };

  SimHost(SimWorld& world, size_t index, std::string name, std::vector<IpAddress> addresses);
  ~SimHost() override;

  const std::string& name() const { return name_; }
  const std::vector<IpAddress>& addresses() const { return addresses_; }
  const IpAddress& address() const { return addresses_.front(); }
  size_t index() const { return index_; }
  // The host's own stream of chance: what it draws shifts no other host's.
  Random& random() { return *random_; }

  Tcp tcp = Tcp::kServed;
  bool down = false;  // sends and receives nothing

  absl::StatusOr<std::unique_ptr<UdpSocket>> OpenUdp(const Endpoint& local, UdpReceiver& receiver) override;
  std::unique_ptr<MessageStream> Connect(const Endpoint& to, StreamReceiver& receiver) override;
  absl::StatusOr<std::unique_ptr<Listener>> Listen(const Endpoint& local, QueryHandler& handler) override;

 private:
  friend class SimWorld;
  friend class TcpFabric;
  friend class SimListener;
  friend class SimUdpSocket;

  // Who takes datagrams, and connections when it is a listener.
  class Taker {
   public:
    virtual ~Taker() = default;
    virtual void TakeDatagram(const Endpoint& from, const Endpoint& to, std::vector<uint8_t> payload) = 0;
    virtual SimListener* listener() { return nullptr; }
  };

  bool Has(const IpAddress& address) const;
  // Who is bound to `to`, or to its port on all addresses of the family.
  Taker* TakerAt(const Endpoint& to) const;
  absl::StatusOr<Endpoint> Bind(Endpoint local, Taker& taker);
  void Unbind(const Endpoint& local);
  // The address packets to `to` leave from when the socket is bound to none.
  Endpoint Source(const Endpoint& local, const Endpoint& to) const;

  SimWorld& world_;
  size_t index_;
  std::string name_;
  std::vector<IpAddress> addresses_;
  std::unique_ptr<Random> random_;
  std::map<Endpoint, Taker*> takers_;
};

class SimWorld {
 public:
  explicit SimWorld(uint64_t seed);
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  uint64_t seed() const { return seed_; }
  SimClock& clock() { return clock_; }
  TimerQueue& timers() { return timers_; }
  PacketLog& log() { return log_; }

  // Addresses are unique in a world. Hosts live as long as the world; sockets and listeners must go before
  // it.
  SimHost& AddHost(std::string name, std::vector<IpAddress> addresses);
  SimHost* HostAt(const IpAddress& address) const;
  SimHost* HostNamed(const std::string& name) const;
  const std::vector<std::unique_ptr<SimHost>>& hosts() const { return hosts_; }

  // The policy of paths that have none of their own.
  void SetDefaultPath(const PathPolicy& policy) { default_path_ = policy; }
  const PathPolicy& default_path() const { return default_path_; }
  void SetPath(const SimHost& one, const SimHost& other, const PathPolicy& policy);
  const PathPolicy& Path(const SimHost& one, const SimHost& other) const;
  // Every path, those with a policy of their own too, becomes perfect again.
  void EndFaults();

  // A datagram whose source is a lie, on its way for `delay`.
  void Forge(const Endpoint& from, const Endpoint& to, ByteView payload, Duration delay);

  // Calls `what` at `at`, before the timers due at that instant.
  using EventKey = std::pair<Instant, uint64_t>;
  EventKey At(Instant at, std::function<void()> what);
  void CancelEvent(const EventKey& key) { events_.erase(key); }

  // Lets the world live until `until`, or until `done` says so after some step; true when it did.
  bool RunUntil(Instant until, const std::function<bool()>& done = nullptr);
  bool RunFor(Duration span, const std::function<bool()>& done = nullptr) {
    return RunUntil(clock_.Now() + span, done);
  }
  // Until nothing is under way and no timer is set: true. False when `limit` passed before that.
  bool RunUntilIdle(Duration limit);

 private:
  friend class SimHost;
  friend class TcpFabric;
  friend class SimListener;
  friend class SimUdpSocket;

  void SendDatagram(const SimHost& sender, const Endpoint& from, const Endpoint& to, ByteView payload);
  void DeliverAfter(Duration delay, const Endpoint& from, const Endpoint& to, std::vector<uint8_t> payload);
  Duration DrawDelay(const PathPolicy& path);
  bool Happens(double share) { return share > 0 && random_->Unit() < share; }
  // Runs what is due next, moving the clock there; false when nothing is left up to `until`.
  bool Step(Instant until);

  uint64_t seed_;
  SimClock clock_;
  TimerQueue timers_{clock_};
  std::unique_ptr<Random> random_;  // of the wire alone
  PacketLog log_;
  PathPolicy default_path_;
  std::map<std::pair<size_t, size_t>, PathPolicy> paths_;
  std::vector<std::unique_ptr<SimHost>> hosts_;
  absl::flat_hash_map<IpAddress, SimHost*> host_at_;
  std::map<EventKey, std::function<void()>> events_;
  uint64_t next_event_ = 0;
  std::unique_ptr<TcpFabric> tcp_;
};

}  // namespace cairn::sim
