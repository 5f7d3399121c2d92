// `cairn-resolver trace NAME [TYPE]`: one question resolved from here with a cold cache, and every decision
// shown. The resolver is the one that serves clients; only the world around it is a loop that ends with the
// answer.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/trace/tree.h"
#include "resolver/commands.h"

namespace cairn {

struct TraceOutcome {
  std::string text;        // the rendered trace
  bool succeeded = false;  // NOERROR or NXDOMAIN: both are answers
};

// The trace stored in `command.replay`. Fails with file, line and column when it is none.
absl::StatusOr<TraceOutcome> ReplayTrace(const TraceCommand& command, TreeStyle style);

// Fails when nothing could be asked at all: bad hints, no socket.
absl::StatusOr<TraceOutcome> RunTrace(const TraceCommand& command, const ResolverOptions& options,
                                      const Clock& clock, Random& random, std::string_view program,
                                      TreeStyle style);

}  // namespace cairn
