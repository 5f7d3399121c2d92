// How often a name resolves in time where half of all exchanges fail: lossy-path.scenario, over many seeds.
// At 30 % loss each way at least 99.5 % of the names must have their answer within 5 s (THREATS section 1).
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/sim/scenario.h"
#include "tests/support/source_path.h"

namespace cairn::sim {
namespace {

constexpr uint64_t kSeeds = 100;
constexpr size_t kNamesInScenario = 10;

TEST(LossyPath, HardlyANameFails) {
  const std::string name = "lossy-path.scenario";
  std::ostringstream text;
  text << std::ifstream(testing::SourcePath("tests/sim/scenarios/" + name)).rdbuf();
  size_t failed = 0;
  std::string findings;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const std::string& finding : RunScenario(text.str(), name, seed).findings) {
      ++failed;
      findings += "seed " + std::to_string(seed) + ": " + finding + "\n";
    }
  }
  EXPECT_LE(failed * 200, kSeeds * kNamesInScenario) << findings;
}

}  // namespace
}  // namespace cairn::sim
