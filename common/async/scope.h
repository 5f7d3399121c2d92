// Where tasks live that nobody awaits: a child never outlives its Scope. Destroying the Scope cancels them all, newest
// first.
#pragma once

#include <cstddef>
#include <memory>

#include "common/async/task.h"

namespace cairn {

class Scope {
 public:
  Scope();
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // Starts `task` at once, in the caller's stack, until its first wait. A finished task is freed after it has left the
  // stack. A task may spawn into, but not destroy, the Scope it runs in.
  void Spawn(Task<void> task);
  void CancelAll();
  size_t size() const;  // tasks not yet finished

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn
