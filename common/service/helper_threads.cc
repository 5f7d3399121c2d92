#include "common/service/helper_threads.h"

#include <new>
#include <utility>

namespace cairn {

HelperThreads::HelperThreads(size_t threads) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

HelperThreads::~HelperThreads() {
  Finish(std::chrono::milliseconds(0));
  for (std::thread& each : threads_) each.join();
}

bool HelperThreads::Post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (finishing_ || waiting_.size() == kMostWaiting) return false;
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

bool HelperThreads::Finish(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  finishing_ = true;
  waiting_.clear();
  changed_.notify_all();
  return changed_.wait_for(lock, patience, [this] { return working_ == 0; });
}

void HelperThreads::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return finishing_ || !waiting_.empty(); });
    if (finishing_) return;
    const std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    ++working_;
    lock.unlock();
    try {
      work();
    } catch (const std::bad_alloc&) {
      // Given up, as if it had not been asked for: a thread it left would end the process.
    }
    lock.lock();
    --working_;
    changed_.notify_all();
  }
}

}  // namespace cairn
