#include "common/net/uv_loop.h"

#include <fmt/format.h>
#include <uv.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace cairn {
namespace {

// A loop that cannot be made leaves nothing to serve with.
void MustSucceed(int error, const char* what) {
  if (error == 0) return;
  fmt::print(stderr, "{}: {}\n", what, uv_strerror(error));
  std::abort();
}

uint64_t MillisecondsUntil(Instant at, Instant now) {
  if (at <= now) return 0;
  return static_cast<uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(at - now).count());
}

}  // namespace

struct UvLoop::Handles {
  uv_loop_t loop;
  uv_timer_t timer;      // the earliest deadline of the TimerQueue
  uv_prepare_t prepare;  // the end of each turn
  uv_async_t wake;       // Post and Stop from other threads
};

UvLoop::UvLoop(const Clock& clock) : timers_(clock), handles_(std::make_unique<Handles>()) {
  MustSucceed(uv_loop_init(&handles_->loop), "event loop");
  handles_->timer.data = handles_->prepare.data = handles_->wake.data = this;
  MustSucceed(uv_timer_init(&handles_->loop, &handles_->timer), "event loop timer");
  MustSucceed(uv_prepare_init(&handles_->loop, &handles_->prepare), "event loop turns");
  uv_prepare_start(&handles_->prepare,
                   [](uv_prepare_t* handle) { static_cast<UvLoop*>(handle->data)->EndTurn(); });
  MustSucceed(uv_async_init(&handles_->loop, &handles_->wake,
                            [](uv_async_t* handle) { static_cast<UvLoop*>(handle->data)->RunPosted(); }),
              "event loop wake-up");
}

UvLoop::~UvLoop() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->timer), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->prepare), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->wake), nullptr);
  uv_run(&handles_->loop, UV_RUN_DEFAULT);
  MustSucceed(uv_loop_close(&handles_->loop), "event loop closed while something made on it is open");
}

void UvLoop::Run() {
  uv_run(&handles_->loop, UV_RUN_DEFAULT);
  stopping_ = false;
}

void UvLoop::RunReady() { uv_run(&handles_->loop, UV_RUN_NOWAIT); }

void UvLoop::Post(std::function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  uv_async_send(&handles_->wake);
}

void UvLoop::Stop() {
  Post([this] { stopping_ = true; });
}

void UvLoop::AtTurnEnd(std::function<void()> hook, const void* owner) {
  turn_end_hooks_.emplace_back(owner, std::move(hook));
}

void UvLoop::DropTurnEndHooks(const void* owner) {
  std::erase_if(turn_end_hooks_, [owner](const auto& each) { return each.first == owner; });
}

uv_loop_s* UvLoop::handle() { return &handles_->loop; }

void UvLoop::RunPosted() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(posted_mutex_);
    work.swap(posted_);
  }
  for (const std::function<void()>& each : work) each();
}

void UvLoop::EndTurn() {
  for (const auto& [owner, hook] : turn_end_hooks_) hook();
  ArmTimer();
  if (stopping_) uv_stop(&handles_->loop);
}

// Only a deadline earlier than the one armed moves the uv_timer. A later one, after a cancellation, lets it
// fire early once, which costs less than following every change.
void UvLoop::ArmTimer() {
  const std::optional<Instant> next = timers_.NextDeadline();
  if (!next || *next >= armed_for_) return;
  armed_for_ = *next;
  uv_update_time(&handles_->loop);
  uv_timer_start(
      &handles_->timer,
      [](uv_timer_t* handle) {
        auto& loop = *static_cast<UvLoop*>(handle->data);
        loop.armed_for_ = Instant::max();
        loop.timers_.RunDue();
      },
      MillisecondsUntil(*next, clock().Now()), 0);
}

}  // namespace cairn
