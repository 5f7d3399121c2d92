// A few threads for what takes its time, such as a reload or an operator's question, so that the main thread
// stays free to hear a signal: SIGTERM ends the process within seconds, whatever is being read.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn {

class HelperThreads {
 public:
  explicit HelperThreads(size_t threads);
  // After Finish returned true, or without anything ever posted.
  ~HelperThreads();
  HelperThreads(const HelperThreads&) = delete;
  HelperThreads& operator=(const HelperThreads&) = delete;

  // False: too much waits already, and `work` is not taken. Work that lacks memory (std::bad_alloc) is given
  // up.
  bool Post(std::function<void()> work);

  // Takes no more work, forgets what has not begun and waits for the rest. False: some of it still goes on
  // after `patience`; it may use whatever it uses, so the process must end without destroying anything
  // (std::_Exit).
  bool Finish(std::chrono::milliseconds patience);

 private:
  static constexpr size_t kMostWaiting = 64;

  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  size_t working_ = 0;
  bool finishing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn
