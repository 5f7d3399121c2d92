// "NAME [TYPE]", as an operator writes it for `trace`, `ctl trace` and `ctl lookup`; TYPE is A unless given.
// Types without records of their own (RFC 6895 section 3.1: OPT, TSIG, AXFR, ...) are refused. ANY is asked
// like a type.
#pragma once

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "common/dns/message.h"

namespace cairn {

absl::StatusOr<Question> TraceQuestionFromText(std::span<const std::string> words);

}  // namespace cairn
