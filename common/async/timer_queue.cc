// A timer is found by its instant and the order of its start; the queue holds no timer, only where each lies.
#include "common/async/timer_queue.h"

#include <utility>

namespace cairn {

void Timer::Set(Instant at, std::function<void()> due) {
  Cancel();
  at_ = at;
  due_ = std::move(due);
  sequence_ = queue_->next_sequence_++;
  const auto place = queue_->timers_.emplace(std::pair(at_, sequence_), this).first;
  if (place == queue_->timers_.begin() && queue_->changed_) queue_->changed_();
}

void Timer::Cancel() {
  if (!pending()) return;
  queue_->timers_.erase({at_, sequence_});
  sequence_ = 0;
  due_ = nullptr;
}

std::optional<Instant> TimerQueue::NextDeadline() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first.first;
}

void TimerQueue::RunDue() {
  const Instant now = clock_.Now();
  const uint64_t set_during_this_call = next_sequence_;
  // What a timer calls may set and cancel any other, so each step looks up where the last one ended.
  std::pair<Instant, uint64_t> last{Instant::min(), 0};
  while (true) {
    const auto place = timers_.upper_bound(last);
    if (place == timers_.end() || place->first.first > now) return;
    last = place->first;
    if (last.second >= set_during_this_call) continue;
    Timer& timer = *place->second;
    timers_.erase(place);
    timer.sequence_ = 0;
    // Off the timer before it is called: a coroutine resumed here destroys its Timer.
    const std::function<void()> due = std::exchange(timer.due_, nullptr);
    due();
  }
}

}  // namespace cairn
