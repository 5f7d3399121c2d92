#include "resolver/operator_traces.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "common/base/status.h"
#include "resolver/resolver.h"

namespace cairn {
namespace {

// The resolver ends each question by its own deadline (query-time, 60 s at most); the rest is for a machine
// under load.
constexpr Duration kPatience = std::chrono::seconds(62);

absl::Status Unavailable(std::string text) { return Err(absl::StatusCode::kUnavailable, std::move(text)); }

}  // namespace

absl::StatusOr<Trace> OperatorTraces::Run(ServeWorker& worker, const Question& asked) {
  {
    const std::lock_guard lock(mutex_);
    if (under_way_ == kAtOnce)
      return Unavailable(
          fmt::format("{} traces are under way already: ask again when one has ended", kAtOnce));
    ++under_way_;
  }
  const auto recorded = std::make_shared<std::optional<Trace>>();
  worker.Post([this, asked, recorded](Resolver& resolver) {
    const auto recorder = std::make_shared<TraceRecorder>(clock_);
    resolver.Resolve(asked, recorder, [this, recorder, recorded](const Answer&) {
      Trace copy = recorder->trace();  // what is done on the side goes on adding to the recorder's own
      const std::lock_guard lock(mutex_);
      *recorded = std::move(copy);
      changed_.notify_all();
    });
  });

  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [&] { return recorded->has_value() || ending_; });
  --under_way_;
  if (recorded->has_value()) return **recorded;
  return Unavailable(ending_ ? "the server ends" : "no answer in time");
}

void OperatorTraces::End() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  changed_.notify_all();
}

}  // namespace cairn
