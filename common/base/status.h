// Failures of the world (socket, file, operator's input) as absl::Status. Debian's Abseil has a string_view of its own
// which does not convert from std::string_view; the helpers here take ours.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cairn {

inline absl::Status Err(absl::StatusCode code, std::string_view what) {
  return absl::Status(code, std::string(what));
}
inline absl::Status InvalidArgument(std::string_view what) { return Err(absl::StatusCode::kInvalidArgument, what); }
// What the status says. (Not named Message: that is a DNS message here.)
inline std::string_view ErrorText(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace cairn

#define CAIRN_RETURN_IF_ERROR(expression)                                        \
  do {                                                                           \
    if (absl::Status cairn_status = (expression); !cairn_status.ok()) return cairn_status; \
  } while (false)
