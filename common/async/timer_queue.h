// Timers on a Clock, in order of their instant and, for equal instants, of their start. Whoever drives the
// loop asks NextDeadline, sleeps that long and calls RunDue: one uv_timer in production, the virtual clock in
// the simulator.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "absl/container/btree_map.h"
#include "common/base/clock.h"

namespace cairn {

class TimerQueue;

// One timer, owned by whoever waits; destroying it cancels it. Not movable: the queue knows its address.
class Timer {
 public:
  explicit Timer(TimerQueue& queue) : queue_(&queue) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { Cancel(); }

  // Calls `due` once, not before `at`; replaces what was set before.
  void Set(Instant at, std::function<void()> due);
  void Cancel();
  bool pending() const { return sequence_ != 0; }

 private:
  friend class TimerQueue;
  TimerQueue* queue_;
  Instant at_{};
  uint64_t sequence_ = 0;
  std::function<void()> due_;
};

class TimerQueue {
 public:
  explicit TimerQueue(const Clock& clock) : clock_(clock) {}
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  const Clock& clock() const { return clock_; }
  std::optional<Instant> NextDeadline() const;
  // Runs all timers due now. Timers set by these run in a later call, even when already due.
  void RunDue();
  size_t size() const { return timers_.size(); }
  // The driver is told when the earliest deadline moved forward.
  void OnEarlierDeadline(std::function<void()> changed) { changed_ = std::move(changed); }

 private:
  friend class Timer;
  const Clock& clock_;
  std::function<void()> changed_;
  uint64_t next_sequence_ = 1;
  absl::btree_map<std::pair<Instant, uint64_t>, Timer*> timers_;
};

}  // namespace cairn
