// Task: lazy, one owner, destroyed is cancelled, and no stack growth from awaits that finish at once.
#include "common/async/task.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "common/async/timer_queue.h"
#include "common/async/waits.h"
#include "tests/unit/async/hand_clock.h"

namespace cairn {
namespace {

Task<int> Sum(int left, int right) { co_return left + right; }

Task<int> SumOfSums(int count) {
  int total = 0;
  for (int i = 0; i < count; ++i) {
    const int sum = co_await Sum(i, 1);
    total += sum & 1;
  }
  co_return total;
}

Task<void> AppendAfter(Event& event, std::vector<std::string>& log, std::string entry) {
  co_await event.Wait();
  log.push_back(std::move(entry));
}

Task<std::unique_ptr<int>> Box(std::unique_ptr<int> value) { co_return std::move(value); }

Task<int> Unbox(std::unique_ptr<int> value) {
  const std::unique_ptr<int> boxed = co_await Box(std::move(value));
  co_return *boxed;
}

TEST(Task, RunsNothingBeforeItIsStarted) {
  Event event;
  event.Raise();
  std::vector<std::string> log;
  Task<void> task = AppendAfter(event, log, "ran");
  EXPECT_TRUE(log.empty());
  task.Start();
  EXPECT_TRUE(task.done());
  EXPECT_EQ(log, std::vector<std::string>{"ran"});
}

TEST(Task, AMillionAwaitsThatFinishAtOnceUseNoStack) {
  constexpr int kAwaits = 1'000'000;
  Task<int> task = SumOfSums(kAwaits);
  task.Start();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.TakeResult(), kAwaits / 2);
}

// Each of a million awaits suspends here and is resumed from a timer, so stack that leaks per await would
// show.
Task<int> SleepOften(TimerQueue& timers, int times) {
  const Instant long_ago{};
  int woken = 0;
  for (int i = 0; i < times; ++i) {
    co_await SleepUntil(timers, long_ago);
    ++woken;
  }
  co_return woken;
}

TEST(Task, AMillionAwaitsThatSuspendUseNoStack) {
  constexpr int kAwaits = 1'000'000;
  const HandClock clock;
  TimerQueue timers(clock);
  Task<int> task = SleepOften(timers, kAwaits);
  task.Start();
  while (timers.size() > 0) timers.RunDue();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.TakeResult(), kAwaits);
}

TEST(Task, CarriesResultsThatOnlyMove) {
  Task<int> task = Unbox(std::make_unique<int>(42));
  task.Start();
  EXPECT_EQ(task.TakeResult(), 42);
}

TEST(Task, DestroyedBeforeItStartsFreesItsParameters) {
  auto value = std::make_shared<int>(1);
  auto hold = [](std::shared_ptr<int> held) -> Task<int> { co_return *held; };
  {
    const Task<int> task = hold(value);
  }
  EXPECT_EQ(value.use_count(), 1);
}

Task<int> HoldWhileWaiting(Event& event, std::shared_ptr<int> held) {
  co_await event.Wait();
  co_return *held;
}

Task<int> HoldOneLevelUp(Event& event, std::shared_ptr<int> held) {
  std::shared_ptr<int> kept = held;
  const int value = co_await HoldWhileWaiting(event, std::move(held));
  co_return value + *kept;
}

TEST(Task, DestroyedWhileItWaitsCleansUpEveryLevelAndUnlinks) {
  auto value = std::make_shared<int>(1);
  Event event;
  {
    Task<int> task = HoldOneLevelUp(event, value);
    task.Start();
    EXPECT_FALSE(task.done());
    EXPECT_EQ(value.use_count(), 3);
  }
  EXPECT_EQ(value.use_count(), 1);
  event.Raise();  // nobody is left to be resumed
}

TEST(Task, ResumesItsParentWhenItFinishesLater) {
  Event event;
  Task<int> task = HoldOneLevelUp(event, std::make_shared<int>(21));
  task.Start();
  event.Raise();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.TakeResult(), 42);
}

TEST(Task, AssignmentDestroysWhatWasThere) {
  Event event;
  auto first = std::make_shared<int>(1);
  Task<int> task = HoldWhileWaiting(event, first);
  task.Start();
  task = HoldWhileWaiting(event, std::make_shared<int>(2));
  EXPECT_EQ(first.use_count(), 1);
  task.Start();
  event.Raise();
  EXPECT_EQ(task.TakeResult(), 2);
}

TEST(FramePool, GivesDistinctWritableFramesOfEverySize) {
  std::vector<std::pair<char*, size_t>> frames;
  for (size_t octets = 1; octets <= 4096; octets += 37) {
    char* frame = static_cast<char*>(AllocateFrame(octets));
    std::fill_n(frame, octets, static_cast<char>(octets));
    frames.emplace_back(frame, octets);
  }
  for (const auto& [frame, octets] : frames) {
    SCOPED_TRACE(octets);
    EXPECT_EQ(std::count(frame, frame + octets, static_cast<char>(octets)), static_cast<ptrdiff_t>(octets));
    FreeFrame(frame, octets);
  }
}

}  // namespace
}  // namespace cairn
