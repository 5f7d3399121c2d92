// Where tasks live that nobody awaits: a child never outlives its Scope. Destroying the Scope cancels them
// all, newest first.
#pragma once

#include <cstddef>

#include "common/async/task.h"

namespace cairn {

class Scope {
 public:
  Scope() = default;
  ~Scope() { CancelAll(); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // Starts `task` at once, in the caller's stack, until its first wait. Its frames are freed when it
  // finishes. A task may spawn into the Scope it runs in, but neither cancel nor destroy it: it would pull
  // its own frame from under its feet. What a destructor spawns while CancelAll runs is dropped unstarted.
  void Spawn(Task<void> task);
  void CancelAll();
  size_t size() const { return size_; }  // tasks not yet finished

 private:
  struct Child;  // a link in the list of spawned tasks
  struct Root;   // the coroutine that awaits one of them
  static Root Run(Scope& scope, Task<void> task);

  Child* newest_ = nullptr;
  size_t size_ = 0;
  bool cancelling_ = false;
};

}  // namespace cairn
