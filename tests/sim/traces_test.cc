// What the resolver tells of itself in all scenarios: each trace is what the published schema says, comes
// back whole when it is read again, and every kind of event occurs somewhere. That telling changes nothing on
// the wire is checked where the scenarios happen (scenarios_test.cc).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "common/trace/event_table.h"
#include "common/trace/json.h"
#include "common/trace/replay.h"
#include "common/trace/tree.h"
#include "tests/sim/scenario.h"
#include "tests/sim/trace_schema.h"
#include "tests/support/source_path.h"

namespace cairn::sim {
namespace {

std::string Read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void Check(const JsonSchema& schema, const Trace& trace) {
  const std::string document = RenderJson(trace, "cairn-resolver", true);
  const absl::StatusOr<JsonValue> parsed = ParseJson(document, "trace");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(schema.WhyNot(*parsed), "");

  const absl::StatusOr<StoredTrace> again = ReadTrace(document, "trace");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(RenderJson(again->trace, again->program, true), document);
  EXPECT_FALSE(RenderTree(again->trace, {.why = true}).empty());
}

// Whether these occur is drawn, or depends on what was measured before: the tests of server selection have
// them.
const std::set<std::string_view> kOfChance = {"server_probed", "reply_late"};

TEST(Traces, FollowTheSchemaComeBackAndShowEveryKind) {
  const JsonSchema schema(Read(testing::SourcePath("packaging/schema/trace.schema.json")));
  std::set<size_t> seen;
  for (const auto& file : std::filesystem::directory_iterator(testing::SourcePath("tests/sim/scenarios"))) {
    if (file.path().extension() != ".scenario") continue;
    SCOPED_TRACE(file.path().filename());
    const ScenarioOutcome outcome = RunScenario(Read(file.path()), "s", 1, Traced::kAlways);
    for (const Trace& trace : outcome.traces) {
      for (const TraceEvent& event : trace.events()) seen.insert(event.body.index());
      ASSERT_NO_FATAL_FAILURE(Check(schema, trace));
    }
  }
  size_t index = 0;
  trace::ForEachKind([&]<typename Event>(std::type_identity<Event>) {
    const std::string_view name = trace::kRow<Event>.name;
    EXPECT_TRUE(seen.contains(index++) || kOfChance.contains(name)) << name << " occurs in no scenario";
  });
}

}  // namespace
}  // namespace cairn::sim
