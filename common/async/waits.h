// The things a coroutine can wait for. Each unlinks itself when its coroutine is destroyed, and none resumes
// a waiter from inside the call that makes it ready except where said so.
#pragma once

#include <coroutine>
#include <optional>

#include "common/async/timer_queue.h"
#include "common/base/clock.h"

namespace cairn {

// `co_await SleepUntil(timers, at);`
class SleepUntil {
 public:
  SleepUntil(TimerQueue& timers, Instant at) : timer_(timers), at_(at) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    timer_.Set(at_, [waiter] { waiter.resume(); });
  }
  void await_resume() const noexcept {}

 private:
  Timer timer_;
  Instant at_;
};

// A flag that is raised once and lets all its waiters go, in the order they came.
//   bool raised = co_await event.WaitUntil(timers, deadline);   // false: the deadline came first
// Raise resumes the waiters before it returns; it may be the last use of the event: a waiter may destroy it,
// and other waiters too. Who waits on an event that is destroyed unraised waits for its deadline, or for its
// own destruction.
class Event {
 public:
  class Waiter;
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() = default;

  void Raise();
  bool raised() const { return raised_; }
  void Reset() { raised_ = false; }

  Waiter Wait();
  Waiter WaitUntil(TimerQueue& timers, Instant deadline);

 private:
  // A place in a circular list which takes itself out. Alone, it points to itself.
  struct Link {
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link() { Unlink(); }
    bool alone() const { return next == this; }
    void Unlink();
    void LinkBefore(Link& place);
    void TakePlaceOf(Link& other);  // which is alone afterwards
    Link* next = this;
    Link* previous = this;
  };

  bool raised_ = false;
  Link waiters_;  // the list's head; the waiters follow in the order they came
};

class Event::Waiter : private Event::Link {
 public:
  explicit Waiter(Event& event) : event_(event) {}
  Waiter(Event& event, TimerQueue& timers, Instant deadline) : event_(event), deadline_(deadline) {
    timer_.emplace(timers);
  }

  bool await_ready() noexcept { return raised_ = event_.raised_; }
  void await_suspend(std::coroutine_handle<> waiter);
  bool await_resume() const noexcept { return raised_; }

 private:
  friend class Event;
  Event& event_;  // not touched after await_suspend: the event may be gone
  bool raised_ = false;
  Instant deadline_{};
  std::optional<Timer> timer_;
  std::coroutine_handle<> handle_;
};

inline Event::Waiter Event::Wait() { return Waiter(*this); }
inline Event::Waiter Event::WaitUntil(TimerQueue& timers, Instant deadline) {
  return Waiter(*this, timers, deadline);
}

}  // namespace cairn
