// The wire of the simulator: hosts, sockets, and the list of what will happen when. TCP is sim_tcp.cc.
#include "tests/sim/sim_network.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "common/base/status.h"
#include "tests/sim/sim_tcp.h"

namespace cairn::sim {
namespace {

constexpr int kFirstEphemeralPort = 1024;
// Virtual time stands still while this much happens: somebody asks and answers himself for ever.
constexpr size_t kStepsAtOneInstant = 1'000'000;

bool IsUnspecified(const IpAddress& address) {
  for (const uint8_t octet : address.octets()) {
    if (octet != 0) return false;
  }
  return true;
}

Endpoint OnAllAddresses(const Endpoint& endpoint) {
  static constexpr uint8_t kZeros[16] = {};
  return {endpoint.address.is_v6() ? IpAddress::V6(kZeros) : IpAddress::V4(ByteView(kZeros, 4)),
          endpoint.port};
}

std::vector<uint8_t> Copy(ByteView octets) { return {octets.begin(), octets.end()}; }

}  // namespace

// ---- A socket for questions

class SimUdpSocket final : public UdpSocket, public SimHost::Taker {
 public:
  SimUdpSocket(SimWorld& world, SimHost& host, UdpReceiver& receiver)
      : world_(world), host_(host), receiver_(receiver) {}
  ~SimUdpSocket() override {
    if (bound_) host_.Unbind(local_);
  }

  absl::Status Open(const Endpoint& local) {
    absl::StatusOr<Endpoint> bound = host_.Bind(local, *this);
    if (!bound.ok()) return bound.status();
    local_ = *bound;
    bound_ = true;
    return absl::OkStatus();
  }

  void Send(const Endpoint& to, ByteView datagram) override {
    world_.SendDatagram(host_, host_.Source(local_, to), to, datagram);
  }
  Endpoint local() const override { return local_; }

  void TakeDatagram(const Endpoint& from, const Endpoint& /*to*/, std::vector<uint8_t> payload) override {
    receiver_.OnDatagram(*this, from, payload);
  }

 private:
  SimWorld& world_;
  SimHost& host_;
  UdpReceiver& receiver_;
  Endpoint local_{};
  bool bound_ = false;
};

// ---- A host

SimHost::SimHost(SimWorld& world, size_t index, std::string name, std::vector<IpAddress> addresses)
    : world_(world),
      index_(index),
      name_(std::move(name)),
      addresses_(std::move(addresses)),
      random_(NewSeededRandom(world.seed() * 0x9e3779b97f4a7c15 + index + 1)) {}

SimHost::~SimHost() = default;

absl::StatusOr<std::unique_ptr<UdpSocket>> SimHost::OpenUdp(const Endpoint& local, UdpReceiver& receiver) {
  auto socket = std::make_unique<SimUdpSocket>(world_, *this, receiver);
  CAIRN_RETURN_IF_ERROR(socket->Open(local));
  return socket;
}

std::unique_ptr<MessageStream> SimHost::Connect(const Endpoint& to, StreamReceiver& receiver) {
  return world_.tcp_->Connect(*this, to, receiver);
}

absl::StatusOr<std::unique_ptr<Listener>> SimHost::Listen(const Endpoint& local, QueryHandler& handler) {
  auto listener = std::make_unique<SimListener>(world_, *this, handler);
  CAIRN_RETURN_IF_ERROR(listener->Open(local));
  return listener;
}

bool SimHost::Has(const IpAddress& address) const {
  for (const IpAddress& own : addresses_) {
    if (own == address) return true;
  }
  return false;
}

SimHost::Taker* SimHost::TakerAt(const Endpoint& to) const {
  auto taker = takers_.find(to);
  if (taker == takers_.end()) taker = takers_.find(OnAllAddresses(to));
  return taker == takers_.end() ? nullptr : taker->second;
}

absl::StatusOr<Endpoint> SimHost::Bind(Endpoint local, Taker& taker) {
  if (!IsUnspecified(local.address) && !Has(local.address)) {
    return Err(absl::StatusCode::kFailedPrecondition, local.ToText() + ": not an address of " + name_);
  }
  const bool any_port = local.port == 0;
  do {
    if (any_port)
      local.port = static_cast<uint16_t>(kFirstEphemeralPort + random_->Below(65536 - kFirstEphemeralPort));
    if (takers_.emplace(local, &taker).second) return local;
  } while (any_port);
  return Err(absl::StatusCode::kAlreadyExists, local.ToText() + ": address in use on " + name_);
}

void SimHost::Unbind(const Endpoint& local) { takers_.erase(local); }

Endpoint SimHost::Source(const Endpoint& local, const Endpoint& to) const {
  if (!IsUnspecified(local.address)) return local;
  for (const IpAddress& own : addresses_) {
    if (own.is_v6() == to.address.is_v6()) return {own, local.port};
  }
  return local;  // no address of that family: SendDatagram finds no way
}

// ---- The world

SimWorld::SimWorld(uint64_t seed)
    : seed_(seed), random_(NewSeededRandom(seed)), tcp_(std::make_unique<TcpFabric>(*this)) {}

SimWorld::~SimWorld() = default;

SimHost& SimWorld::AddHost(std::string name, std::vector<IpAddress> addresses) {
  hosts_.push_back(std::make_unique<SimHost>(*this, hosts_.size(), std::move(name), std::move(addresses)));
  SimHost& host = *hosts_.back();
  for (const IpAddress& address : host.addresses()) {
    if (host_at_.emplace(address, &host).second) continue;
    std::cerr << "two hosts of one world have the address " << address.ToText() << '\n';
    std::abort();
  }
  return host;
}

SimHost* SimWorld::HostAt(const IpAddress& address) const {
  const auto host = host_at_.find(address);
  return host == host_at_.end() ? nullptr : host->second;
}

SimHost* SimWorld::HostNamed(const std::string& name) const {
  for (const auto& host : hosts_) {
    if (host->name() == name) return host.get();
  }
  return nullptr;
}

void SimWorld::SetPath(const SimHost& one, const SimHost& other, const PathPolicy& policy) {
  paths_[std::minmax(one.index(), other.index())] = policy;
}

const PathPolicy& SimWorld::Path(const SimHost& one, const SimHost& other) const {
  const auto path = paths_.find(std::minmax(one.index(), other.index()));
  return path == paths_.end() ? default_path_ : path->second;
}

void SimWorld::EndFaults() {
  const auto mend = [](PathPolicy& path) {
    path.loss = path.duplicate = path.held_back = 0;
    path.cut = false;
  };
  mend(default_path_);
  for (auto& [hosts, path] : paths_) mend(path);
  for (const auto& host : hosts_) host->down = false;
}

Duration SimWorld::DrawDelay(const PathPolicy& path) {
  Duration delay = path.delay;
  if (path.jitter > Duration::zero()) {
    delay += Duration(random_->Below(static_cast<uint64_t>(path.jitter.count()) + 1));
  }
  if (Happens(path.held_back)) {
    delay += Duration(random_->Below(static_cast<uint64_t>(path.held_back_by.count()) + 1));
  }
  return delay;
}

void SimWorld::SendDatagram(const SimHost& sender, const Endpoint& from, const Endpoint& to,
                            ByteView payload) {
  Packet packet{.sent = clock_.Now(), .from = from, .to = to, .payload = Copy(payload)};
  const SimHost* const receiver = HostAt(to.address);
  const PathPolicy& path = receiver == nullptr ? default_path_ : Path(sender, *receiver);
  if (receiver == nullptr || IsUnspecified(from.address)) {
    packet.fate = PacketFate::kNoSuchHost;
  } else if (path.cut || sender.down || receiver->down) {
    packet.fate = PacketFate::kPathCut;
  } else if (payload.size() > path.largest_datagram_octets) {
    packet.fate = PacketFate::kTooLarge;
  } else if (Happens(path.loss)) {
    packet.fate = PacketFate::kLost;
  }
  if (packet.fate != PacketFate::kSent) return log_.Add(std::move(packet));

  const int copies = Happens(path.duplicate) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    packet.delay = DrawDelay(path);
    packet.duplicate = copy > 0;
    DeliverAfter(packet.delay, from, to, packet.payload);
    log_.Add(packet);
  }
}

void SimWorld::Forge(const Endpoint& from, const Endpoint& to, ByteView payload, Duration delay) {
  log_.Add(Packet{.sent = clock_.Now(),
                  .delay = delay,
                  .forged = true,
                  .from = from,
                  .to = to,
                  .payload = Copy(payload)});
  DeliverAfter(delay, from, to, Copy(payload));
}

void SimWorld::DeliverAfter(Duration delay, const Endpoint& from, const Endpoint& to,
                            std::vector<uint8_t> payload) {
  At(clock_.Now() + delay, [this, from, to, octets = std::move(payload)]() mutable {
    const SimHost* const host = HostAt(to.address);
    if (host == nullptr || host->down) return;
    if (SimHost::Taker* taker = host->TakerAt(to)) taker->TakeDatagram(from, to, std::move(octets));
  });
}

SimWorld::EventKey SimWorld::At(Instant at, std::function<void()> what) {
  const EventKey key{std::max(at, clock_.Now()), next_event_++};
  events_.emplace(key, std::move(what));
  return key;
}

bool SimWorld::Step(Instant until) {
  const std::optional<Instant> timer = timers_.NextDeadline();
  const bool event_is_next = !events_.empty() && (!timer || events_.begin()->first.first <= *timer);
  if (event_is_next) {
    if (events_.begin()->first.first > until) return false;
    const auto event = events_.extract(events_.begin());
    clock_.AdvanceTo(event.key().first);
    event.mapped()();
    return true;
  }
  if (!timer || *timer > until) return false;
  clock_.AdvanceTo(*timer);
  timers_.RunDue();
  return true;
}

bool SimWorld::RunUntil(Instant until, const std::function<bool()>& done) {
  Instant last = clock_.Now();
  size_t steps = 0;
  do {
    if (done && done()) return true;
    if (clock_.Now() != std::exchange(last, clock_.Now())) steps = 0;
    if (++steps > kStepsAtOneInstant) {
      std::cerr << "seed " << seed_ << ": virtual time stands still; the last packets were\n"
                << log_.ToText(log_.packets().size() < 20 ? 0 : log_.packets().size() - 20);
      std::abort();
    }
  } while (Step(until));
  clock_.AdvanceTo(until);
  return false;
}

bool SimWorld::RunUntilIdle(Duration limit) {
  return RunUntil(clock_.Now() + limit, [this] { return events_.empty() && timers_.size() == 0; });
}

}  // namespace cairn::sim
