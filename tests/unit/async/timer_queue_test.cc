// TimerQueue: by instant, then by order of start; timers may set, cancel and destroy each other while they
// run.
#include "common/async/timer_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/async/hand_clock.h"

namespace cairn {
namespace {

using std::chrono::milliseconds;

class TimerQueueTest : public testing::Test {
 protected:
  Instant In(int64_t count_ms) const { return clock_.Now() + milliseconds(count_ms); }
  std::function<void()> Note(std::string text) {
    return [this, text = std::move(text)] { log_.push_back(text); };
  }
  std::vector<std::string> RunDue() {
    log_.clear();
    timers_.RunDue();
    return log_;
  }
  using Log = std::vector<std::string>;

  HandClock clock_;
  TimerQueue timers_{clock_};
  Log log_;
};

TEST_F(TimerQueueTest, RunsWhatIsDueInOrderOfInstantAndThenOfStart) {
  Timer a(timers_), b(timers_), c(timers_), d(timers_);
  a.Set(In(20), Note("a at 20"));
  b.Set(In(10), Note("b at 10"));
  c.Set(In(20), Note("c at 20"));
  d.Set(In(30), Note("d at 30"));
  EXPECT_EQ(timers_.NextDeadline(), In(10));
  EXPECT_EQ(RunDue(), Log{});
  clock_.Advance(milliseconds(20));
  EXPECT_EQ(RunDue(), (Log{"b at 10", "a at 20", "c at 20"}));
  EXPECT_EQ(timers_.size(), 1u);
  EXPECT_FALSE(a.pending());
  EXPECT_TRUE(d.pending());
}

TEST_F(TimerQueueTest, SettingAgainReplaces) {
  Timer timer(timers_);
  timer.Set(In(10), Note("first"));
  timer.Set(In(5), Note("second"));
  clock_.Advance(milliseconds(10));
  EXPECT_EQ(RunDue(), Log{"second"});
  EXPECT_EQ(timers_.NextDeadline(), std::nullopt);
}

TEST_F(TimerQueueTest, CancelledAndDestroyedTimersDoNotRun) {
  Timer cancelled(timers_);
  auto destroyed = std::make_unique<Timer>(timers_);
  cancelled.Set(In(0), Note("cancelled"));
  destroyed->Set(In(0), Note("destroyed"));
  cancelled.Cancel();
  destroyed.reset();
  EXPECT_EQ(RunDue(), Log{});
  EXPECT_EQ(timers_.size(), 0u);
}

TEST_F(TimerQueueTest, ATimerSetFromATimerRunsInALaterCallEvenWhenDue) {
  Timer again(timers_), other(timers_);
  again.Set(In(0), [&] {
    log_.push_back("once");
    again.Set(Instant{}, Note("again"));
  });
  other.Set(In(0), Note("other"));
  EXPECT_EQ(RunDue(), (Log{"once", "other"}));
  EXPECT_EQ(RunDue(), Log{"again"});
}

TEST_F(TimerQueueTest, ATimerMayCancelOneThatIsDueToo) {
  Timer a(timers_), b(timers_), c(timers_);
  a.Set(In(0), [&] { b.Cancel(); });
  b.Set(In(0), Note("b"));
  c.Set(In(0), Note("c"));
  EXPECT_EQ(RunDue(), Log{"c"});
}

TEST_F(TimerQueueTest, ATimerMayDestroyItself) {
  auto timer = std::make_unique<Timer>(timers_);
  auto held = std::make_shared<std::string>("still held");
  timer->Set(In(0), [&, held] {
    timer.reset();
    log_.push_back(*held);
  });
  EXPECT_EQ(RunDue(), Log{"still held"});
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(TimerQueueTest, TellsItsDriverOnlyOfEarlierDeadlines) {
  int told = 0;
  timers_.OnEarlierDeadline([&] { ++told; });
  Timer a(timers_), b(timers_), c(timers_);
  a.Set(In(20), Note("a"));
  EXPECT_EQ(told, 1);
  b.Set(In(30), Note("b"));
  EXPECT_EQ(told, 1);
  c.Set(In(20), Note("c"));
  EXPECT_EQ(told, 1) << "an equal instant is no earlier deadline";
  b.Set(In(10), Note("b"));
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace cairn
