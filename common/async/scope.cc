// A spawned task is awaited by a root coroutine of ours, whose promise is its link in the Scope's list.
#include "common/async/scope.h"

#include <coroutine>
#include <utility>

namespace cairn {

// Links itself where it is made, unlinks where it is destroyed: no path can forget either.
struct Scope::Child : task_internal::PromiseBase {
  Child(Scope& its_scope, const Task<void>& /*task*/) : scope(its_scope), older(its_scope.newest_) {
    if (older != nullptr) older->newer = this;
    scope.newest_ = this;
    ++scope.size_;
  }
  ~Child() {
    if (older != nullptr) older->newer = newer;
    (newer != nullptr ? newer->older : scope.newest_) = older;
    --scope.size_;
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Root get_return_object() const noexcept;
  std::suspend_never initial_suspend() const noexcept { return {}; }
  // The root frees itself where it ends. Its task has ended before; of the task there is still FinalAwaiter
  // on the stack below us, which touches its frame no more once it has resumed us.
  std::suspend_never final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}

  Scope& scope;
  Child* older;
  Child* newer = nullptr;
};

struct Scope::Root {
  using promise_type = Child;
};

Scope::Root Scope::Child::get_return_object() const noexcept { return {}; }

Scope::Root Scope::Run(Scope& /*scope*/, Task<void> task) { co_await task; }

void Scope::Spawn(Task<void> task) {
  if (!cancelling_) Run(*this, std::move(task));
}

void Scope::CancelAll() {
  cancelling_ = true;
  while (newest_ != nullptr) std::coroutine_handle<Child>::from_promise(*newest_).destroy();
  cancelling_ = false;
}

}  // namespace cairn
