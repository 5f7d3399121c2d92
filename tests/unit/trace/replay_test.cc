// A stored trace comes back as it was; what is wrong with one is said with line and column.
#include "common/trace/replay.h"

#include <gtest/gtest.h>

#include "common/trace/json.h"
#include "common/trace/tree.h"
#include "tests/unit/trace/golden_file.h"
#include "tests/unit/trace/sample_trace.h"

namespace cairn::trace {
namespace {

TEST(Replay, ShowsWhatWasStored) {
  const std::string stored = ReadFile(testing::SourcePath("tests/unit/trace/golden/cold_resolution.json"));
  const absl::StatusOr<StoredTrace> again = ReadTrace(stored, "t.json");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->program, "cairn-resolver 0.0.0");
  EXPECT_EQ(RenderJson(again->trace, again->program), stored);
  EXPECT_EQ(RenderTree(again->trace),
            ReadFile(testing::SourcePath("tests/unit/trace/golden/cold_resolution.tree")));
}

std::string Document(std::string_view events) {
  return "{\"format\": \"cairn-trace\", \"version\": 1, \"program\": \"p\",\n \"started\": "
         "\"2026-11-20T10:34:12Z\",\n"
         " \"events\": [\n" +
         std::string(events) + "]}";
}

// Kinds and fields may be added within a version: what is not known is passed over, its children are not.
TEST(Replay, PassesOverWhatIsNew) {
  const absl::StatusOr<StoredTrace> trace = ReadTrace(
      Document(R"({"id": 1, "parent": 0, "at_us": 1, "kind": "from_the_future", "what": [{}, null, 1.5e3]},
{"id": 2, "parent": 1, "at_us": 2, "kind": "loop_stopped", "what": "here", "new_field": true}
)"),
      "t.json");
  ASSERT_TRUE(trace.ok()) << trace.status();
  ASSERT_EQ(trace->trace.events().size(), 1u);
  EXPECT_EQ(trace->trace.events()[0].parent, 0u);
  EXPECT_EQ(std::get<LoopStopped>(trace->trace.events()[0].body).what, "here");
}

TEST(Replay, SaysWhatIsWrongAndWhere) {
  const std::string head = R"({"id": 1, "parent": 0, "at_us": 1, "kind": )";
  const std::string documents[] = {
      "",
      "{\"format\": \"cairn-trace\"",
      "{\"a\": \"\\x\"}",
      std::string(200, '['),
      "{}",
      R"({"format": "other", "version": 1, "program": "", "started": ""})",
      R"({"format": "cairn-trace", "version": 2, "program": "", "started": ""})",
      R"({"format": "cairn-trace", "version": 1, "program": "", "started": "today"})",
      Document("{}"),
      Document(R"({"id": 2, "parent": 0, "at_us": 1, "kind": "loop_stopped"})"),
      Document(R"({"id": 1, "parent": 1, "at_us": 1, "kind": "loop_stopped"})"),
      Document(R"({"id": 1, "parent": 0, "at_us": -1, "kind": "loop_stopped"})"),
      Document(head + R"("loop_stopped", "what": 5})"),
      Document(head + R"("loop_stopped", "loop": "knot"})"),
      Document(head + R"("alias_followed", "owner": "a..b"})"),
      Document(head + R"("server_chosen", "candidates": [{"failures": 4294967296}]})"),
      Document(
          head +
          R"("rrset_kept", "rrset": {"owner": ".", "ttl_s": 1, "class": "IN", "type": "A", "rdatas": ["x"]}})"),
  };
  const char* const expected[] = {
      "t.json:1:1: this is no JSON: expected a value",
      "t.json:1:25: this is no JSON: expected ',' or '}'",
      "t.json:1:9: this is no JSON: expected an escape of JSON",
      "t.json:1:34: this is no JSON: expected a document less deep",
      "t.json:1:1: expected a member \"format\"",
      "t.json:1:1: expected a trace of version 1 (\"format\": \"cairn-trace\")",
      "t.json:1:1: expected a trace of version 1 (\"format\": \"cairn-trace\")",
      "t.json:1:67: expected a time like 2026-11-20T10:34:12Z",
      "t.json:4:1: expected a member \"id\"",
      "t.json:4:1: expected ids from 1 on, and parents before their children",
      "t.json:4:1: expected ids from 1 on, and parents before their children",
      "t.json:4:33: expected a number of microseconds",
      "t.json:4:68: expected a string",
      "t.json:4:68: expected one of 2 words, \"server_address\" for one",
      "t.json:4:71: expected a domain name",
      "t.json:4:89: expected a number from 0 to 4294967295",
      "t.json:4:132: expected RDATA of type A",
  };
  for (size_t i = 0; i < std::size(documents); ++i) {
    const absl::StatusOr<StoredTrace> trace = ReadTrace(documents[i], "t.json");
    EXPECT_EQ(std::string(trace.status().message()), expected[i]) << documents[i];
  }
}

}  // namespace
}  // namespace cairn::trace
