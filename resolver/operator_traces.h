// Traces that operators ask a running server for (`ctl trace`): one question, resolved on a worker through
// its cache and its servers' figures. Who asks waits on a thread of his own; the worker resolves the question
// among those of clients, hands over a copy of what it recorded, and neither renders nor waits. Few at once,
// each for a bounded time: the threads of the control socket are for other verbs too.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/dns/message.h"
#include "common/trace/trace.h"
#include "resolver/serve_worker.h"

namespace cairn {

class OperatorTraces {
 public:
  static constexpr size_t kAtOnce = 2;

  explicit OperatorTraces(const Clock& clock) : clock_(clock) {}
  // After the workers.
  ~OperatorTraces() = default;
  OperatorTraces(const OperatorTraces&) = delete;
  OperatorTraces& operator=(const OperatorTraces&) = delete;

  // Waits for the answer. An error when too many are under way, when there is none in time, or when the
  // server ends meanwhile.
  absl::StatusOr<Trace> Run(ServeWorker& worker, const Question& asked);
  // Nobody waits any longer, now or later.
  void End();

 private:
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t under_way_ = 0;
  bool ending_ = false;
};

}  // namespace cairn
