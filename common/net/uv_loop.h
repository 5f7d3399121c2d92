// One event loop of libuv: the thread it runs on owns everything made on it (UvNetwork, sockets, timers,
// tasks). Other threads reach it by Post and Stop alone. Its TimerQueue is driven by a single uv_timer, so
// that a timer costs a tree node and no system call.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/async/timer_queue.h"
#include "common/base/clock.h"

struct uv_loop_s;

namespace cairn {

class UvLoop {
 public:
  // Ends the process when the system cannot give a loop its descriptors: nothing runs without one.
  explicit UvLoop(const Clock& clock);
  // What was made on the loop must be gone; waits for its last close callbacks.
  ~UvLoop();
  UvLoop(const UvLoop&) = delete;
  UvLoop& operator=(const UvLoop&) = delete;

  // Runs on the calling thread until Stop.
  void Run();
  // Runs what is ready, without waiting, and returns: for tests and for programs that poll something else as
  // well.
  void RunReady();

  // From any thread. Stop makes Run return after its turn; work posted before Stop is done first.
  void Post(std::function<void()> work);
  void Stop();

  TimerQueue& timers() { return timers_; }
  const Clock& clock() const { return timers_.clock(); }

  // Calls `hook` in each turn, last, before the loop sleeps: no handler is on the stack then, so whatever the
  // thread borrowed from shared snapshots it has given back (quiescence), and what it queued can be sent
  // together. Hooks run in the order of their registration and live as long as the loop, or until their owner
  // drops them.
  void AtTurnEnd(std::function<void()> hook, const void* owner = nullptr);
  void DropTurnEndHooks(const void* owner);

  uv_loop_s* handle();

 private:
  struct Handles;
  void EndTurn();
  void ArmTimer();
  void RunPosted();

  TimerQueue timers_;
  Instant armed_for_ = Instant::max();
  std::unique_ptr<Handles> handles_;
  std::vector<std::pair<const void*, std::function<void()>>> turn_end_hooks_;  // by owner
  bool stopping_ = false;

  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace cairn
