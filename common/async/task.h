// A coroutine with one owner, for logic that waits: resolution, validation, transfers.
// Lazy: nothing runs before it is awaited or spawned. Cancelling is destroying: locals clean up, waits
// unlink. Errors are values; an exception that leaves a coroutine ends the process. There is no symmetric
// transfer: a child is started inline and resumes its parent from its final suspend, so that stack depth
// follows the call chain and not the number of awaits (g++ below -O2, and every compiler under sanitizers,
// would overflow otherwise). The await rule (ARCHITECTURE.md, tests/tidy): co_await stands only as a
// statement, as the whole initialiser of a named variable, as the whole right side of an assignment or as the
// operand of co_return; its operand is one plain call with names, literals or std::move(name) as arguments.
// g++ 12 miscompiles cleverer forms.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

namespace cairn {

// Frames come from per-thread free lists by size class (5 ns against 11 for malloc).
void* AllocateFrame(size_t octets);
void FreeFrame(void* frame, size_t octets) noexcept;

template <typename T>
class Task;

namespace task_internal {

struct PromiseBase {
  std::coroutine_handle<> continuation;

  static void* operator new(size_t octets) { return AllocateFrame(octets); }
  static void operator delete(void* frame, size_t octets) noexcept { FreeFrame(frame, octets); }

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename P>
    void await_suspend(std::coroutine_handle<P> done) const noexcept {
      if (std::coroutine_handle<> next = done.promise().continuation) next.resume();
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
};

}  // namespace task_internal

template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = task_internal::Promise<T>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      Reset();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~Task() { Reset(); }

  explicit operator bool() const { return frame_ != nullptr; }
  bool done() const { return frame_.done(); }
  // Runs until the first wait. For Scope and tests; coroutines use co_await.
  void Start() { frame_.resume(); }
  void SetContinuation(std::coroutine_handle<> next) { frame_.promise().continuation = next; }
  // The result of a finished task.
  T TakeResult() {
    if constexpr (!std::is_void_v<T>) return std::move(*frame_.promise().value);
  }

  // Awaiting: start the child inline; suspend only when it did not finish.
  bool await_ready() {
    frame_.resume();
    return frame_.done();
  }
  void await_suspend(std::coroutine_handle<> parent) noexcept { frame_.promise().continuation = parent; }
  T await_resume() { return TakeResult(); }

 private:
  void Reset() {
    if (frame_) std::exchange(frame_, nullptr).destroy();
  }
  std::coroutine_handle<promise_type> frame_;
};

namespace task_internal {
template <typename T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}
}  // namespace task_internal

}  // namespace cairn
