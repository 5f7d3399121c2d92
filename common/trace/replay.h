// A stored trace (json.h) read again, to be shown as if it had just been recorded: what happened at a
// customer's last week can be looked at here. Kinds and fields that this version does not know are passed
// over, fields that an older one did not write have their default; what is known must be well formed, and a
// mistake is an error with line and column.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/trace/trace.h"

namespace cairn {

struct StoredTrace {
  Trace trace;
  std::string program;  // who recorded it
};

// `file` is how errors call the document.
absl::StatusOr<StoredTrace> ReadTrace(std::string_view document, std::string_view file);

}  // namespace cairn
