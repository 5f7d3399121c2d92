// Waiters lie in the frames of their coroutines and hang in a circular list, so that any of them can go at
// any moment: while it waits, and while a Raise that will resume it is resuming others.
#include "common/async/waits.h"

#include <utility>

namespace cairn {

void Event::Link::Unlink() {
  next->previous = previous;
  previous->next = next;
  next = previous = this;
}

void Event::Link::LinkBefore(Link& place) {
  next = &place;
  previous = place.previous;
  previous->next = next->previous = this;
}

void Event::Link::TakePlaceOf(Link& other) {
  LinkBefore(other);
  other.Unlink();
}

void Event::Raise() {
  raised_ = true;
  // The list moves onto the stack, and `this` is not used again: the first waiter resumed may destroy the
  // event, and with it whatever waits on it too.
  Link raised;
  raised.TakePlaceOf(waiters_);
  for (Link* link = raised.next; link != &raised; link = link->next)
    static_cast<Waiter*>(link)->raised_ = true;
  while (!raised.alone()) {
    Waiter& waiter = *static_cast<Waiter*>(raised.next);
    waiter.Unlink();
    if (waiter.timer_) waiter.timer_->Cancel();
    waiter.handle_.resume();
  }
}

void Event::Waiter::await_suspend(std::coroutine_handle<> waiter) {
  handle_ = waiter;
  LinkBefore(event_.waiters_);
  if (!timer_) return;
  timer_->Set(deadline_, [this] {
    Unlink();
    handle_.resume();
  });
}

}  // namespace cairn
