// What server selection is worth: one zone on four servers at 10, 40, 120 and 300 ms, whose clients ask for
// one new name after the other, and the time each of them waits. The resolver's own choice stands beside an
// oracle that knows the round-trip times and two plain policies which are in use elsewhere. selection_test.cc
// holds the figures that must be reached, selection_bench.cc prints them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "resolver/slist.h"
#include "tests/sim/sim_internet.h"
#include "tests/sim/sim_resolver.h"

namespace cairn::sim {

enum class Policy : uint8_t {
  kOurs,
  kOracle,   // always the nearest that is up
  kUniform,  // any of them, with equal chance
  kBand,     // any that is expected to answer no more than 400 ms later than the best
};
inline constexpr Policy kPolicies[] = {Policy::kOurs, Policy::kOracle, Policy::kUniform, Policy::kBand};
std::string_view ToText(Policy policy);

class SelectionWorld {
 public:
  static constexpr size_t kServers = 4;
  // The client's own way to the resolver and back, which is part of every wait.
  static constexpr Duration kClientRtt = std::chrono::milliseconds(2);

  SelectionWorld(uint64_t seed, Policy policy);
  ~SelectionWorld();

  void SetRtt(size_t server, Duration rtt);
  void SetDown(size_t server, bool down);
  // Of all packets between the resolver and the four servers, each way.
  void SetLoss(double share);

  // Asks for a new name, and waits. How long the client waited; the longest there is when it got no data.
  Duration Ask();
  std::vector<Duration> Ask(size_t times);
  // The same, one every `interval`, whether or not those before have their answer.
  std::vector<Duration> AskEvery(Duration interval, size_t times);

  // Queries that were sent to a server since the last Mark, and to all of the four.
  size_t Sent(size_t server);
  size_t Sent();
  void Mark();

  SimResolver& resolver() { return *resolver_; }

 private:
  class Oracle;
  void SetPath(size_t server);
  StubQuery NewQuestion();

  SimInternet internet_;
  std::unique_ptr<ServerPolicy> policy_;
  std::unique_ptr<SimResolver> resolver_;
  std::array<SimServer*, kServers> servers_{};
  std::array<Duration, kServers> rtts_;
  std::array<bool, kServers> down_{};
  double loss_ = 0;
  size_t questions_ = 0;
  size_t first_packet_ = 0;
};

Duration Mean(const std::vector<Duration>& waits);
// The least wait that so many of a thousand clients did not exceed.
Duration Quantile(std::vector<Duration> waits, size_t per_thousand);

}  // namespace cairn::sim
