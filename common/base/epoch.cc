#include "common/base/epoch.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace cairn {

void RetireList::Reclaim(uint64_t oldest_reader) {
  while (!waiting_.empty() && waiting_.front().epoch <= oldest_reader) {
    waiting_.front().free(waiting_.front().object);
    waiting_.pop_front();
  }
}

uint64_t EpochDomain::OldestReader() const {
  uint64_t oldest = UINT64_MAX;
  const size_t used = seats_used_.load(std::memory_order_acquire);
  for (size_t i = 0; i < used; ++i) {
    const uint64_t announced = seats_[i].announced.load(std::memory_order_acquire);
    if (announced != 0) oldest = std::min(oldest, announced);
  }
  return oldest;
}

size_t EpochDomain::Reclaim() {
  const std::lock_guard lock(mutex_);
  retired_.Reclaim(OldestReader());
  return retired_.size();
}

void EpochDomain::RetireRaw(void* object, RetireList::Free free) {
  const std::lock_guard lock(mutex_);
  retired_.Add(Advance(), object, free);  // under the lock, so that epochs ascend in the list
  retired_.Reclaim(OldestReader());
}

EpochDomain::Seat& EpochDomain::TakeSeat() {
  for (size_t i = 0; i < kMaxReaders; ++i) {
    if (seats_[i].taken.exchange(true, std::memory_order_acq_rel)) continue;
    size_t used = seats_used_.load(std::memory_order_relaxed);
    while (used <= i && !seats_used_.compare_exchange_weak(used, i + 1, std::memory_order_acq_rel)) {
    }
    return seats_[i];
  }
  std::fputs("epoch: more reading threads than seats\n", stderr);
  std::abort();
}

EpochReader::EpochReader(EpochDomain& domain) : domain_(domain), seat_(domain.TakeSeat()) { GoOnline(); }

EpochReader::~EpochReader() {
  GoOffline();
  seat_.taken.store(false, std::memory_order_release);
}

// A writer must not take us for offline while we already read what it unpublished. Both sides write `epoch_`:
// if the writer's Advance came first, we see what it unpublished before; if ours came first, it sees our 1,
// older than any epoch it waits for.
void EpochReader::GoOnline() {
  seat_.announced.store(1, std::memory_order_relaxed);
  const uint64_t now = domain_.epoch_.fetch_add(0, std::memory_order_acq_rel);
  seat_.announced.store(now, std::memory_order_release);
}

}  // namespace cairn
