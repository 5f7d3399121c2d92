// What choosing servers must achieve (selection.h), each figure over several seeds: nobody pays for finding
// out who is fast, nobody waits long for who died, and a lost packet costs less than it did the server.
#include "tests/sim/selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kFastest = 0, kSlowest = 3;

class Selection : public testing::TestWithParam<uint64_t> {
 protected:
  SelectionWorld world_{GetParam(), Policy::kOurs};
};
INSTANTIATE_TEST_SUITE_P(Seeds, Selection, testing::Range<uint64_t>(1, 9));

TEST_P(Selection, AfterTwentyQuestionsTheFastestGetsThem) {
  world_.Ask(20);
  world_.Mark();
  world_.Ask(1000);
  EXPECT_GE(world_.Sent(kFastest) * 100, world_.Sent() * 95);
  EXPECT_LE(world_.Sent(), 1050u) << "probes are 5 % of the traffic at the most";
  for (size_t i = 1; i < SelectionWorld::kServers; ++i)
    EXPECT_GT(world_.Sent(i), 0u) << "nobody is forgotten";
}

TEST_P(Selection, LearningIncludedClientsWaitFivePercentLongerThanWithAnOracle) {
  SelectionWorld oracle(GetParam(), Policy::kOracle);
  EXPECT_LE(Mean(world_.Ask(1000)) * 100, Mean(oracle.Ask(1000)) * 105);
}

TEST_P(Selection, WhoDiesIsLeftWithinThreeQuestions) {
  world_.Ask(200);
  world_.SetDown(kFastest, true);
  const std::vector<Duration> waits = world_.Ask(200);
  EXPECT_LE(*std::max_element(waits.begin(), waits.end()), seconds(1));
  const Duration second = milliseconds(40) + SelectionWorld::kClientRtt;
  EXPECT_LE(std::count_if(waits.begin(), waits.end(), [second](Duration wait) { return wait > second; }), 3);
  EXPECT_EQ(Quantile(waits, 1000), *std::max_element(waits.begin(), waits.begin() + 3));
}

// A hundred questions a second come in before anybody can know.
TEST_P(Selection, WhoDiesUnderLoadKeepsNobodyWaitingForASecond) {
  world_.Ask(200);
  world_.SetDown(kFastest, true);
  const std::vector<Duration> waits = world_.AskEvery(milliseconds(10), 200);
  EXPECT_LE(*std::max_element(waits.begin(), waits.end()), seconds(1));
  EXPECT_LE(Quantile(waits, 500), milliseconds(42));
}

TEST_P(Selection, WhoComesBackIsFoundWithinTenSeconds) {
  world_.Ask(200);
  world_.SetDown(kFastest, true);
  world_.AskEvery(milliseconds(100), 600);
  world_.SetDown(kFastest, false);
  world_.AskEvery(milliseconds(100), 110);
  EXPECT_LE(world_.Ask(), milliseconds(12));
}

TEST_P(Selection, WhoBecomesTheFastestIsFoundWithinAHundredQuestions) {
  world_.Ask(200);
  world_.SetRtt(kSlowest, milliseconds(4));
  world_.Ask(100);
  const std::vector<Duration> waits = world_.Ask(100);
  EXPECT_LE(Quantile(waits, 950), milliseconds(4) + SelectionWorld::kClientRtt);
}

TEST_P(Selection, WhoBecomesSlowIsLeftWithinThreeQuestions) {
  world_.Ask(200);
  world_.SetRtt(kFastest, milliseconds(400));
  const std::vector<Duration> waits = world_.Ask(100);
  EXPECT_LE(*std::max_element(waits.begin(), waits.end()), milliseconds(150));
  const Duration second = milliseconds(40) + SelectionWorld::kClientRtt;
  EXPECT_LE(std::count_if(waits.begin(), waits.end(), [second](Duration wait) { return wait > second; }), 3);
}

// Of all packets 2 % are lost, each way, so that one exchange in 25 fails, and one in 625 its repetition too.
// After that three clients wait longer: in 2000 questions so few accidents that chance decides whether they
// are one in a hundred. So the figure is that of all seeds together.
TEST(SelectionUnderLoss, TriplesTheWorstWaitOfAHundredAtTheMost) {
  const Duration lossless = milliseconds(10) + SelectionWorld::kClientRtt;
  std::vector<Duration> all;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    SelectionWorld world(seed, Policy::kOurs);
    world.Ask(20);
    world.SetLoss(0.02);
    world.Mark();
    const std::vector<Duration> waits = world.Ask(2000);
    EXPECT_LE(Quantile(waits, 990), 4 * lossless);
    EXPECT_LE(world.Sent(), 2000u * 110 / 100) << "5 % of hedges, 4 % of probes, and what was saved";
    all.insert(all.end(), waits.begin(), waits.end());
  }
  EXPECT_LE(Quantile(all, 990), 3 * lossless);
}

// The figures are worth something only where others do worse.
TEST(SelectionPolicies, PlainOnesAreSlower) {
  SelectionWorld ours(1, Policy::kOurs), uniform(1, Policy::kUniform), band(1, Policy::kBand);
  const Duration mean = Mean(ours.Ask(500));
  EXPECT_GT(Mean(uniform.Ask(500)), 5 * mean);
  EXPECT_GT(Mean(band.Ask(500)), 4 * mean);
}

}  // namespace
}  // namespace cairn::sim
