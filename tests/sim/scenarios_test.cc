// Each file of tests/sim/scenarios is a test; scenario.h says how they are written.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
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
  const std::string text = Read(GetParam());
  const ScenarioOutcome outcome = RunScenario(text, GetParam().filename().string());
  for (const std::string& finding : outcome.findings) ADD_FAILURE() << finding;
  if (!outcome.findings.empty()) std::cout << outcome.packets;
  EXPECT_EQ(RunScenario(text, "told", 1, Traced::kAlways).packets, outcome.packets)
      << "that it is traced has changed what goes over the wire";
}

std::string NameOf(const ::testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, Scenarios, ::testing::ValuesIn(Files()), NameOf);

// The README says which scenarios show what; somebody who looks for a behaviour finds all of them there.
TEST(ScenarioIndex, NamesEachScenarioThereIs) {
  const std::string index = Read(testing::SourcePath("tests/sim/README.md"));
  std::set<std::string> there;
  for (const std::filesystem::path& file : Files()) there.insert(file.stem().string());
  for (const std::string& name : there) {
    EXPECT_NE(index.find("`" + name + "`"), std::string::npos)
        << name << ".scenario is not in the index: add it to a row of tests/sim/README.md";
  }
  std::istringstream lines(index.substr(index.find("| clients and their messages")));
  for (std::string line; std::getline(lines, line);) {
    for (size_t open = line.find('`'); open != std::string::npos; open = line.find('`', open + 1)) {
      const size_t close = line.find('`', open + 1);
      ASSERT_NE(close, std::string::npos) << line;
      const std::string name = line.substr(open + 1, close - open - 1);
      EXPECT_TRUE(there.contains(name)) << "the index names " << name << ", which is not there";
      open = close;
    }
  }
}

TEST(ScenarioIndex, EachScenarioSaysWhatItIsFor) {
  for (const std::filesystem::path& file : Files()) {
    EXPECT_TRUE(Read(file).starts_with("# ")) << file << " begins without saying what it shows";
  }
}

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
    {"unknown way to ask", "server root 11.0.0.1\nzone . on root\nask . NS quickly today\n",
     "s:3: not a way to ask: quickly today"},
    {"nobody waits", "server root 11.0.0.1\nzone . on root\nask . NS and go on\n  rcode NOERROR\n",
     "s:3: nobody waits for these answers"},
    {"unknown part of a reply", "server root 11.0.0.1\nreply root * *\n  say nothing\n",
     "s:2: not part of a reply: say nothing"},
    {"bad record in a reply", "server root 11.0.0.1\nreply root * *\n  answer a. A 1.2.3\n", "s:2: record:1"},
    {"bad octets", "server root 11.0.0.1\nzone . on root\nsend 0g\n", "s:3: send HEX"},
    {"bad jump", "clock soon\n", "s:1: clock [-]DURATION"},
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

constexpr const char* kWorld =
    "server root 11.0.0.1\nzone . on root\n  www 300 A 192.0.2.1\n"
    "  repeat 2 many 300 A 192.0.2.{i}\n";

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
    {"why", "ask www. A\n  why There is no name www.\n"},
    {"asked at most", "ask www. A\n  asked root at most 0 times\n"},
    {"connections",
     "ask www. A over tcp\nreply root * * over udp\n  flags tc\nask w. A\n  at most 0 connections\n"},
    {"octets", "ask www. A\n  at most 20 octets\n"},
    {"entries", "ask www. A\n  at most 0 entries\n"},
    {"answer not listed", "ask . NS\n  at most 2 queries\nask many. A\n  answer many. A 192.0.2.1\n"},
    {"so many answers", "ask www. A\n  answer 2 records\n"},
    {"authority", "ask nothing. A\n  authority none\n"},
    {"additional", "ask www. A\n  additional www. A 192.0.2.1\n"},
    {"flag", "ask www. A\n  flag aa\n"},
    {"not flag", "ask www. A\n  not flag ra\n"},
    {"says", "ask www. A\n  says nothing\n"},
    {"silence", "send 12 34 01 00 00 01 00 00 00 00 00 00 00 00 02 00 01\n  silence\n"},
    {"answered", "down root\nask w{i}. A 10 times\n  answered 1%\n"},
    {"with a flag the zones know nothing of", "ask www. A with cd\n  not flag cd\n"},
};

TEST(ScenarioLanguage, EveryExpectationCanFail) {
  for (const MissCase& c : kMisses) {
    SCOPED_TRACE(c.name);
    const ScenarioOutcome outcome = RunScenario(std::string(kWorld) + c.steps, "s");
    ASSERT_EQ(outcome.findings.size(), 1u);
    EXPECT_NE(outcome.findings[0].find("expected `"), std::string::npos) << outcome.findings[0];
  }
}

TEST(ScenarioLanguage, ALieThatCameThroughIsNoticedUnlessItIsToBeBelieved) {
  const std::string lie = std::string(kWorld) + "reply root www. A\n  answer www. A 192.0.2.66\nask www. A\n";
  const ScenarioOutcome outcome = RunScenario(lie, "s");
  ASSERT_EQ(outcome.findings.size(), 1u);
  EXPECT_NE(outcome.findings[0].find("the zones hold"), std::string::npos) << outcome.findings[0];
  EXPECT_TRUE(RunScenario(lie + "  believed\n  answer www. A 192.0.2.66\n", "s").findings.empty());
}

TEST(ScenarioLanguage, OneSeedIsOneRun) {
  const std::string text =
      std::string("path all loss 20% jitter 9ms\n") + kWorld + "ask www. A\nask nothing. A\n";
  EXPECT_EQ(RunScenario(text, "s", 1).hash, RunScenario(text, "s", 1).hash);
  EXPECT_NE(RunScenario(text, "s", 1).hash, RunScenario(text, "s", 2).hash);
}

}  // namespace
}  // namespace cairn::sim
