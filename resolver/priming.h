// Priming (RFC 9609): the root's servers as the root itself lists them, asked of a server from the hints.
// Begun when a walk first starts at the root and again shortly before the answer expires, so that nothing is
// asked, and no timer runs, while nobody resolves. When priming fails the hints serve on.
#pragma once

#include <memory>
#include <optional>

#include "common/async/task.h"
#include "common/base/clock.h"
#include "common/trace/trace.h"
#include "resolver/resolver_parts.h"

namespace cairn {

class Priming {
 public:
  explicit Priming(ResolverParts& parts) : parts_(parts) {}

  // `root` is where a walk starts: primes in the background when these are still the hints, or nearly
  // expired. Nobody waits for it. `trace` and `at` tell of it in the trace of the question that came along.
  void Consider(const Delegation& root, const std::shared_ptr<TraceRecorder>& trace, TracePoint at);

 private:
  Task<void> Run(Delegation hints, std::shared_ptr<TraceRecorder> trace, TracePoint at);
  Task<std::optional<Delegation>> AskForRoot(Delegation hints, FetchBudget& budget, TracePoint at);
  Task<void> CompleteAddresses(Delegation& root, Endpoint server, FetchBudget& budget, TracePoint at);

  ResolverParts& parts_;
  bool running_ = false;
  Instant not_before_{};  // after a failure
};

}  // namespace cairn
