// The recorder: identity, cause and time of events, and its bound.
#include "common/trace/trace.h"

#include <gtest/gtest.h>

#include "common/base/limits.h"
#include "common/trace/tree.h"
#include "tests/unit/trace/sample_trace.h"

namespace cairn::trace {
namespace {

TEST(TraceRecorder, NumbersEventsAndKeepsCauseAndTime) {
  ManualClock clock;
  TraceRecorder trace(clock);
  const TracePoint first = TracePoint(&trace).Add(LoopStopped{"first"});
  clock.Advance(std::chrono::microseconds(5));
  const TracePoint second = first.Add(LoopStopped{"second"});
  first.Add(LoopStopped{"third"});
  second.Add(LoopStopped{"fourth"});

  ASSERT_EQ(trace.trace().events().size(), 4u);
  const EventId parents[] = {0, 1, 1, 2};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(trace.trace().events()[i].id, i + 1);
    EXPECT_EQ(trace.trace().events()[i].parent, parents[i]);
  }
  EXPECT_EQ(trace.trace().events()[0].at, trace.trace().started());
  EXPECT_EQ(trace.trace().events()[1].at - trace.trace().started(), std::chrono::microseconds(5));
}

TEST(TracePoint, NowhereTakesNothing) {
  const TracePoint nowhere;
  EXPECT_FALSE(nowhere);
  EXPECT_FALSE(nowhere.Add(LoopStopped{"lost"}));
}

TEST(TraceRecorder, IsBoundedButKeepsTheEnd) {
  ManualClock clock;
  TraceRecorder trace(clock);
  const TracePoint root(&trace);
  for (size_t i = 0; i < limits::kMaxTraceEvents + 10; ++i) root.Add(LoopStopped{"flood"});
  root.Add(Answered{.question = Ask("example.")});
  EXPECT_EQ(trace.trace().events().size(), limits::kMaxTraceEvents + 1);
  EXPECT_EQ(trace.trace().left_out(), 10u);
  EXPECT_TRUE(std::holds_alternative<Answered>(trace.trace().events().back().body));
}

// Each event asked for by the one before: as deep as a trace can get.
TEST(Tree, HoldsItsWidthAtAnyDepth) {
  ManualClock clock;
  TraceRecorder trace(clock);
  TracePoint at(&trace);
  for (size_t i = 0; i < limits::kMaxTraceEvents; ++i) at = at.Add(LoopStopped{"deeper"});
  const std::string tree = RenderTree(trace.trace());
  size_t longest = 0;
  for (size_t start = 0; start < tree.size();) {
    const size_t end = tree.find('\n', start);
    longest = std::max(longest, end - start);
    start = end + 1;
  }
  EXPECT_LT(longest, 200u);  // octets: box drawing characters have three
}

}  // namespace
}  // namespace cairn::trace
