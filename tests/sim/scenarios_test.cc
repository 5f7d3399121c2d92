// Each file of tests/sim/scenarios is a test; scenario.h says how they are written.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/sim/scenario.h"
#include "tests/sim/scenario_text.h"
#include "tests/support/source_path.h"

namespace cairn::sim {
namespace {

std::vector<std::filesystem::path> Files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(testing::SourcePath("tests/sim/scenarios"))) {
    if (entry.path().extension() == ".scenario") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string Read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class Scenarios : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Scenarios, HappenAsWritten) {
  const ScenarioOutcome outcome = RunScenario(Read(GetParam()), GetParam().filename().string());
  for (const std::string& finding : outcome.findings) ADD_FAILURE() << finding;
  if (!outcome.findings.empty()) std::cout << outcome.packets;
}

std::string NameOf(const ::testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, Scenarios, ::testing::ValuesIn(Files()), NameOf);

// ---- The language itself

struct MistakeCase {
  const char* name;
  const char* text;
  const char* finding;
};

constexpr MistakeCase kMistakes[] = {
    {"unknown statement", "serve root 11.0.0.1\n", "s:1: no such statement: serve"},
    {"no address", "server root\n", "s:1: server NAME ADDRESS"},
    {"bad address", "# first\nserver root 11.0.0\n", "s:2: not an address: 11.0.0"},
    {"unknown lie", "server root 11.0.0.1 is evil\n", "s:1: no such lie: evil"},
    {"zone on nobody", "zone . on root\nask . NS\n", "s:2: zone .: no server root"},
    {"bad zone text", "server root 11.0.0.1\nzone . on root\n  a A 1.2.3\nask . NS\n", "s:3:"},
    {"bad option", "option no-such-thing 5\nask . NS\n", "no-such-thing"},
    {"bad duration", "wait 5 minutes\n", "s:1: wait DURATION"},
    {"bad path", "path all slowly 5ms\n", "s:1: a path has no slowly 5ms"},
    {"unknown expectation", "server root 11.0.0.1\nzone . on root\nask . NS\n  status fine\n",
     "s:4: no such expectation: status fine"},
    {"nothing to remove", "server root 11.0.0.1\nzone . on root\nchange .\n  remove a. A\n",
     "s:4: there is nothing to remove"},
};

TEST(ScenarioLanguage, SaysWhatIsWrongAndWhere) {
  for (const MistakeCase& c : kMistakes) {
    SCOPED_TRACE(c.name);
    const ScenarioOutcome outcome = RunScenario(c.text, "s");
    ASSERT_EQ(outcome.findings.size(), 1u);
    EXPECT_NE(outcome.findings[0].find(c.finding), std::string::npos) << outcome.findings[0];
  }
}

constexpr const char* kWorld = "server root 11.0.0.1\nzone . on root\n  www 300 A 192.0.2.1\n";

struct MissCase {
  const char* name;
  const char* steps;
};

// Expectations must be able to fail, or the scenarios prove nothing.
constexpr MissCase kMisses[] = {
    {"rcode", "ask www. A\n  rcode NXDOMAIN\n"},
    {"answer", "ask www. A\n  answer www. A 192.0.2.2\n"},
    {"answer that is not there", "ask nothing. A\n  answer nothing. A 192.0.2.2\n"},
    {"answer none", "ask www. A\n  answer none\n"},
    {"ttl", "ask www. A\n  ttl 301..400\n"},
    {"soa", "ask nothing. A\n  soa test.\n"},
    {"extended error", "ask www. A\n  extended-error 3\n"},
    {"within", "ask www. A\n  within 1ms\n"},
    {"at most", "ask www. A\n  at most 0 queries\n"},
    {"asked", "ask www. A\nask www. A\n  asked root\n"},
    {"asked so often", "ask www. A\n  asked root 17 times\n"},
    {"not asked", "ask www. A\n  not asked root\n"},
    {"shown", "ask www. A\n  shown root mail. A\n"},
    {"not shown", "ask www. A\n  not shown root www. A\n"},
    {"connected", "ask www. A\n  connected root 1 times\n"},
};

TEST(ScenarioLanguage, EveryExpectationCanFail) {
  for (const MissCase& c : kMisses) {
    SCOPED_TRACE(c.name);
    const ScenarioOutcome outcome = RunScenario(std::string(kWorld) + c.steps, "s");
    ASSERT_EQ(outcome.findings.size(), 1u);
    EXPECT_NE(outcome.findings[0].find("expected `"), std::string::npos) << outcome.findings[0];
  }
}

TEST(ScenarioLanguage, OneSeedIsOneRun) {
  const std::string text =
      std::string("path all loss 20% jitter 9ms\n") + kWorld + "ask www. A\nask nothing. A\n";
  EXPECT_EQ(RunScenario(text, "s", 1).hash, RunScenario(text, "s", 1).hash);
  EXPECT_NE(RunScenario(text, "s", 1).hash, RunScenario(text, "s", 2).hash);
}

}  // namespace
}  // namespace cairn::sim
