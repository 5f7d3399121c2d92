// Events and sleeps under every order of raising, expiring, cancelling and destroying.
#include "common/async/waits.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/async/scope.h"
#include "tests/unit/async/hand_clock.h"

namespace cairn {
namespace {

using std::chrono::milliseconds;
using Log = std::vector<std::string>;

class WaitsTest : public testing::Test {
 protected:
  Instant In(int64_t count_ms) const { return clock_.Now() + milliseconds(count_ms); }
  void Advance(int64_t count_ms) {
    clock_.Advance(milliseconds(count_ms));
    timers_.RunDue();
  }

  HandClock clock_;
  TimerQueue timers_{clock_};
  Log log_;
};

Task<void> LogAfterSleep(TimerQueue& timers, Instant at, Log& log, std::string name) {
  co_await SleepUntil(timers, at);
  log.push_back(std::move(name));
}

Task<void> LogOutcome(Event& event, TimerQueue& timers, Instant deadline, Log& log, std::string name) {
  const bool raised = co_await event.WaitUntil(timers, deadline);
  log.push_back(name + (raised ? " raised" : " too late"));
}

TEST_F(WaitsTest, SleepersWakeInOrderAndNeverEarly) {
  Scope scope;
  scope.Spawn(LogAfterSleep(timers_, In(20), log_, "20"));
  scope.Spawn(LogAfterSleep(timers_, In(10), log_, "10"));
  scope.Spawn(LogAfterSleep(timers_, In(20), log_, "20 again"));
  Advance(9);
  EXPECT_EQ(log_, Log{});
  Advance(11);
  EXPECT_EQ(log_, (Log{"10", "20", "20 again"}));
}

TEST_F(WaitsTest, ASleeperThatIsDestroyedLeavesNoTimer) {
  {
    Scope scope;
    scope.Spawn(LogAfterSleep(timers_, In(10), log_, "never"));
    EXPECT_EQ(timers_.size(), 1u);
  }
  EXPECT_EQ(timers_.size(), 0u);
}

TEST_F(WaitsTest, RaiseLetsAllGoInTheOrderTheyCame) {
  Event event;
  Scope scope;
  for (const char* name : {"a", "b", "c"}) scope.Spawn(LogOutcome(event, timers_, In(10), log_, name));
  event.Raise();
  EXPECT_EQ(log_, (Log{"a raised", "b raised", "c raised"}));
  EXPECT_EQ(timers_.size(), 0u);
}

TEST_F(WaitsTest, ARaisedEventIsNotWaitedFor) {
  Event event;
  event.Raise();
  Scope scope;
  scope.Spawn(LogOutcome(event, timers_, Instant{}, log_, "a"));
  EXPECT_EQ(log_, Log{"a raised"});
}

TEST_F(WaitsTest, DeadlinesComeOneByOne) {
  Event event;
  Scope scope;
  scope.Spawn(LogOutcome(event, timers_, In(10), log_, "a"));
  scope.Spawn(LogOutcome(event, timers_, In(5), log_, "b"));
  scope.Spawn(LogOutcome(event, timers_, In(20), log_, "c"));
  Advance(10);
  EXPECT_EQ(log_, (Log{"b too late", "a too late"}));
  event.Raise();
  EXPECT_EQ(log_.back(), "c raised");
}

TEST_F(WaitsTest, ResetMakesAnEventUsableAgain) {
  Event event;
  event.Raise();
  event.Reset();
  Scope scope;
  scope.Spawn(LogOutcome(event, timers_, In(10), log_, "a"));
  EXPECT_EQ(log_, Log{});
  event.Raise();
  EXPECT_EQ(log_, Log{"a raised"});
}

TEST_F(WaitsTest, AWaiterDestroyedWhileItWaitsIsSkipped) {
  Event event;
  Scope outer;
  outer.Spawn(LogOutcome(event, timers_, In(10), log_, "a"));
  {
    Scope inner;
    inner.Spawn(LogOutcome(event, timers_, In(10), log_, "b"));
    outer.Spawn(LogOutcome(event, timers_, In(10), log_, "c"));
  }
  event.Raise();
  EXPECT_EQ(log_, (Log{"a raised", "c raised"}));
}

Task<void> DestroyWhenRaised(Event& event, std::unique_ptr<Event>& owner, std::unique_ptr<Scope>& others) {
  co_await event.Wait();
  others.reset();
  owner.reset();
}

// The first waiter that Raise resumes destroys the second, then the event: Raise must touch neither
// afterwards.
TEST_F(WaitsTest, AWaiterMayDestroyOtherWaitersAndTheEvent) {
  auto event = std::make_unique<Event>();
  auto others = std::make_unique<Scope>();
  Scope scope;
  scope.Spawn(DestroyWhenRaised(*event, event, others));
  others->Spawn(LogOutcome(*event, timers_, In(10), log_, "destroyed"));
  scope.Spawn(LogOutcome(*event, timers_, In(10), log_, "last"));
  event->Raise();
  EXPECT_EQ(event, nullptr);
  EXPECT_EQ(log_, Log{"last raised"});
  EXPECT_EQ(timers_.size(), 0u);
}

Task<void> WaitAgain(Event& event, Log& log) {
  for (int i = 0; i < 3; ++i) {
    co_await event.Wait();
    log.push_back("turn");
    event.Reset();
  }
}

TEST_F(WaitsTest, AWaiterThatWaitsAgainWaitsForTheNextRaise) {
  Event event;
  Scope scope;
  scope.Spawn(WaitAgain(event, log_));
  event.Raise();
  EXPECT_EQ(log_.size(), 1u);
  event.Raise();
  event.Raise();
  EXPECT_EQ(log_.size(), 3u);
  EXPECT_EQ(scope.size(), 0u);
}

TEST_F(WaitsTest, AnEventThatGoesFirstLeavesItsWaitersToTheirDeadlines) {
  auto event = std::make_unique<Event>();
  Scope scope;
  scope.Spawn(LogOutcome(*event, timers_, In(10), log_, "a"));
  scope.Spawn(LogOutcome(*event, timers_, In(10), log_, "b"));
  event.reset();
  Advance(10);
  EXPECT_EQ(log_, (Log{"a too late", "b too late"}));
}

Task<void> RaiseAfter(TimerQueue& timers, Instant at, Event& event) {
  co_await SleepUntil(timers, at);
  event.Raise();
}

// Both at one instant: the one whose timer was set first decides, and the other's timer is gone.
TEST_F(WaitsTest, RaiseAndDeadlineAtOneInstantResumeOnce) {
  Event event;
  Scope scope;
  scope.Spawn(RaiseAfter(timers_, In(10), event));
  scope.Spawn(LogOutcome(event, timers_, In(10), log_, "a"));
  Advance(10);
  EXPECT_EQ(log_, Log{"a raised"});
  EXPECT_EQ(timers_.size(), 0u);
}

}  // namespace
}  // namespace cairn
