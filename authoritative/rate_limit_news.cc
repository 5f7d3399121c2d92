#include "authoritative/rate_limit_news.h"

namespace cairn {

bool RateLimitNews::Put(const IpAddress& client, ResponseRateLimiter::Scope scope) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || count_ == kMostWaiting) {
    untold_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  events_[count_] = {.client = client, .scope = scope};
  return ++count_ == 1;
}

RateLimitNews::Taken RateLimitNews::Take() {
  Taken taken;
  const std::lock_guard lock(mutex_);
  taken.events.assign(events_.begin(), events_.begin() + count_);
  taken.untold = untold_.exchange(0, std::memory_order_relaxed);
  count_ = 0;
  return taken;
}

}  // namespace cairn
