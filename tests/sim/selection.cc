#include "tests/sim/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <numeric>
#include <string>
#include <utility>

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;

constexpr std::array<Duration, SelectionWorld::kServers> kRtts = {milliseconds(10), milliseconds(40),
                                                                  milliseconds(120), milliseconds(300)};
constexpr Duration kNoAnswer = std::chrono::seconds(15);

std::string AddressOf(size_t server) { return fmt::format("11.0.0.{}", server + 11); }

// One of those for which `fits`, each with the same chance.
template <typename Fits>
std::optional<size_t> Draw(std::span<const SlistCandidate> candidates, Random& random, Fits fits) {
  std::optional<size_t> drawn;
  size_t fitting = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].askable() && fits(candidates[i]) && random.Below(++fitting) == 0) drawn = i;
  }
  return drawn;
}

class Uniform final : public ServerPolicy {
  std::optional<size_t> Choose(std::span<const SlistCandidate> candidates, Random& random) const override {
    return Draw(candidates, random, [](const SlistCandidate&) { return true; });
  }
};

class Band final : public ServerPolicy {
  std::optional<size_t> Choose(std::span<const SlistCandidate> candidates, Random& random) const override {
    Duration best = Duration::max();
    for (const SlistCandidate& candidate : candidates) {
      if (candidate.askable()) best = std::min(best, candidate.score);
    }
    return Draw(candidates, random, [best](const SlistCandidate& candidate) {
      return candidate.score <= best + milliseconds(400);
    });
  }
};

Duration WaitOf(const Conversation& conversation) {
  if (!conversation.done() || conversation.reply.answer.empty()) return kNoAnswer;
  return *conversation.answered - conversation.asked;
}

}  // namespace

class SelectionWorld::Oracle final : public ServerPolicy {
 public:
  explicit Oracle(const SelectionWorld& world) : world_(world) {}
  std::optional<size_t> Choose(std::span<const SlistCandidate> candidates, Random& random) const override {
    Duration best = Duration::max();
    for (const SlistCandidate& candidate : candidates) best = std::min(best, RttOf(candidate));
    return Draw(candidates, random, [&](const SlistCandidate& one) { return RttOf(one) == best; });
  }

 private:
  Duration RttOf(const SlistCandidate& candidate) const {
    for (size_t i = 0; i < kServers; ++i) {
      if (candidate.endpoint.address == IpAddress::Literal(AddressOf(i)))
        return world_.down_[i] ? Duration::max() : world_.rtts_[i];
    }
    return Duration::zero();  // the root's
  }
  const SelectionWorld& world_;
};

std::string_view ToText(Policy policy) {
  switch (policy) {
    case Policy::kOurs:
      return "Cairn";
    case Policy::kOracle:
      return "oracle";
    case Policy::kUniform:
      return "uniform random";
    case Policy::kBand:
      return "random within 400 ms";
  }
  return "";
}

SelectionWorld::SelectionWorld(uint64_t seed, Policy policy) : internet_(seed), rtts_(kRtts) {
  internet_.AddServer("root", {IpAddress::Literal("11.0.0.1")});
  ZonePlan zone{.apex = Name::Literal("test."), .text = "* 300 A 192.0.2.1\n"};
  for (size_t i = 0; i < kServers; ++i) {
    servers_[i] = &internet_.AddServer(fmt::format("ns{}", i), {IpAddress::Literal(AddressOf(i))});
    zone.servers.push_back(fmt::format("ns{}", i));
  }
  internet_.AddZone({.apex = Name(), .servers = {"root"}});
  internet_.AddZone(std::move(zone));
  if (const absl::Status started = internet_.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    std::abort();
  }
  ResolverOptions options = SimResolver::DefaultOptions();
  if (policy == Policy::kOracle) policy_ = std::make_unique<Oracle>(*this);
  if (policy == Policy::kUniform) policy_ = std::make_unique<Uniform>();
  if (policy == Policy::kBand) policy_ = std::make_unique<Band>();
  if (policy_) {
    options.server_policy = std::shared_ptr<const ServerPolicy>(policy_.get(), [](const ServerPolicy*) {});
    options.probe_percent = options.hedge_percent = 0;
  }
  resolver_ = std::make_unique<SimResolver>(internet_, options);
  for (size_t i = 0; i < kServers; ++i) SetPath(i);
}

SelectionWorld::~SelectionWorld() = default;

void SelectionWorld::SetRtt(size_t server, Duration rtt) {
  rtts_[server] = rtt;
  SetPath(server);
}

void SelectionWorld::SetDown(size_t server, bool down) {
  down_[server] = down;
  servers_[server]->host().down = down;
}

void SelectionWorld::SetLoss(double share) {
  loss_ = share;
  for (size_t i = 0; i < kServers; ++i) SetPath(i);
}

void SelectionWorld::SetPath(size_t server) {
  PathPolicy path;
  path.delay = rtts_[server] / 2;
  path.loss = loss_;
  internet_.world().SetPath(resolver_->host(), servers_[server]->host(), path);
}

StubQuery SelectionWorld::NewQuestion() {
  return {.question = {Name::Literal(fmt::format("q{}.test.", questions_++)), rr::kA, kClassIn}};
}

Duration SelectionWorld::Ask() { return WaitOf(resolver_->AskAndWait(NewQuestion())); }

std::vector<Duration> SelectionWorld::Ask(size_t times) {
  std::vector<Duration> waits;
  for (size_t i = 0; i < times; ++i) waits.push_back(Ask());
  return waits;
}

std::vector<Duration> SelectionWorld::AskEvery(Duration interval, size_t times) {
  std::vector<const Conversation*> asked;
  for (size_t i = 0; i < times; ++i) {
    asked.push_back(&resolver_->Ask(NewQuestion()));
    internet_.world().RunFor(interval);
  }
  internet_.world().RunFor(kNoAnswer);
  std::vector<Duration> waits;
  for (const Conversation* one : asked) waits.push_back(WaitOf(*one));
  return waits;
}

size_t SelectionWorld::Sent(size_t server) {
  size_t sent = 0;
  const std::vector<Packet>& packets = internet_.world().log().packets();
  const IpAddress address = IpAddress::Literal(AddressOf(server));
  for (size_t i = first_packet_; i < packets.size(); ++i) sent += packets[i].to.address == address;
  return sent;
}

size_t SelectionWorld::Sent() {
  size_t sent = 0;
  for (size_t i = 0; i < kServers; ++i) sent += Sent(i);
  return sent;
}

void SelectionWorld::Mark() { first_packet_ = internet_.world().log().packets().size(); }

Duration Mean(const std::vector<Duration>& waits) {
  return std::accumulate(waits.begin(), waits.end(), Duration{}) / static_cast<int64_t>(waits.size());
}

Duration Quantile(std::vector<Duration> waits, size_t per_thousand) {
  std::sort(waits.begin(), waits.end());
  return waits[std::min(waits.size() * per_thousand / 1000, waits.size() - 1)];
}

}  // namespace cairn::sim
