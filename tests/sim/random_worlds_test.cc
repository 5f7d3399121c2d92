// Many worlds, one resolver: while paths are cut, servers die and lie and zones change no lie may come
// through, and when all is good again every name resolves. CAIRN_SIM_SEED=N runs one seed, CAIRN_SIM_SEEDS=N
// so many instead of 1000.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/checkers.h"
#include "tests/sim/disturbances.h"
#include "tests/sim/random_world.h"
#include "tests/sim/sim_resolver.h"
#include "tests/sim/zone_history.h"

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kSeeds = 1000;
constexpr uint64_t kBlocks = 25;  // for ctest to run side by side

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Outcome {
  std::vector<std::string> findings;
  uint64_t hash = 0;
  std::string description;
};

// Every answer but SERVFAIL was true once, not longer ago than its TTL.
void CheckTruth(Checkers& checkers, const ZoneHistory& history, const Conversation& conversation) {
  checkers.CheckForm(conversation);
  if (!conversation.done() || conversation.reply.rcode() == Rcode::kServFail) return;
  if (const std::optional<std::string> wrong = history.Contradiction(conversation))
    checkers.Add(conversation, *wrong);
}

void CheckCache(Checkers& checkers, SimResolver& resolver) {
  const Cache::Stats stats = resolver.cache().stats();
  if (stats.octets > stats.capacity_octets)
    checkers.Add(*resolver.conversations().front(), "the cache holds more than it may");
}

// One life of a resolver: questions in bursts in a world where things happen, then each by itself when all is
// good again.
Outcome Live(uint64_t seed) {
  RandomWorld drawn = DrawWorld(seed);
  SimInternet& internet = *drawn.internet;
  SimWorld& world = internet.world();
  ResolverOptions options = SimResolver::DefaultOptions();
  if (seed % 3 == 0) options.cache_size_octets = size_t{1} << 20;
  if (seed % 5 == 0) options.serve_stale = true;
  if (seed % 7 == 0) options.prefetch = true;
  SimResolver resolver(internet, options);
  Checkers checkers(resolver);
  const ZoneHistory history(internet, options.serve_stale ? std::chrono::hours(24) : std::chrono::hours(0));
  Disturbances disturbances(internet, resolver.host(), seed);

  for (const Question& question : drawn.questions) {
    const uint64_t chance = resolver.client_host().random().Below(100);
    resolver.Ask({.question = question, .over_tcp = chance < 10, .edns = chance < 80});
    if (chance < 20) resolver.Ask({.question = question});
    world.RunFor(milliseconds(chance % 40 == 0 ? 3000 : chance));
    disturbances.Strike();
  }
  world.RunFor(std::chrono::seconds(15));
  for (const auto& conversation : resolver.conversations()) CheckTruth(checkers, history, *conversation);
  checkers.CheckBudget(resolver.UpstreamQueries(), resolver.conversations().size());
  CheckCache(checkers, resolver);

  disturbances.End();
  world.RunFor(kFailuresForgotten);
  const Oracle oracle(internet);
  for (const Question& question : drawn.questions) {
    const Conversation& conversation = resolver.AskAndWait({.question = question});
    const size_t findings = checkers.findings().size();
    CheckTruth(checkers, history, conversation);
    const bool failed = conversation.done() && conversation.reply.rcode() == Rcode::kServFail;
    if (failed && oracle.Ask(question).rcode != Rcode::kServFail)
      checkers.Add(conversation, "SERVFAIL in a world without faults\n" + conversation.reply.ToText());
    checkers.CheckBudget(resolver.UpstreamQueries(conversation.first_packet), 1);
    const bool replaying = std::getenv("CAIRN_SIM_SEED") != nullptr;
    if (replaying && checkers.findings().size() > findings)
      std::cout << world.log().ToText(conversation.first_packet);
  }
  CheckCache(checkers, resolver);
  checkers.CheckNothingAlive();
  return {checkers.findings(), world.log().Hash(), drawn.description};
}

std::string Replay(uint64_t seed) {
  return "replay with: CAIRN_SIM_SEED=" + std::to_string(seed) +
         " sim_tests --gtest_filter='*RandomWorlds.*/0'";
}

class RandomWorlds : public testing::TestWithParam<uint64_t> {};

TEST_P(RandomWorlds, NoLieComesThroughAndAllResolvesAgain) {
  const uint64_t seeds = FromEnvironment("CAIRN_SIM_SEEDS", kSeeds);
  uint64_t first = GetParam() * seeds / kBlocks;
  uint64_t end = (GetParam() + 1) * seeds / kBlocks;
  if (std::getenv("CAIRN_SIM_SEED") != nullptr) {
    if (GetParam() > 0) GTEST_SKIP() << "one seed, one block";
    first = FromEnvironment("CAIRN_SIM_SEED", 0);
    end = first + 1;
  }
  for (uint64_t seed = first; seed < end; ++seed) {
    const Outcome outcome = Live(seed);
    for (const std::string& finding : outcome.findings) ADD_FAILURE() << Replay(seed) << '\n' << finding;
    if (!outcome.findings.empty()) std::cout << outcome.description;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomWorlds, testing::Range(uint64_t{0}, kBlocks));

TEST(RandomWorld, OneSeedIsOneRunOctetForOctet) {
  for (const uint64_t seed : {uint64_t{3}, uint64_t{11}, uint64_t{42}}) {
    EXPECT_EQ(Live(seed).hash, Live(seed).hash) << Replay(seed);
  }
}

}  // namespace
}  // namespace cairn::sim
