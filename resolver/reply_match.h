// Whether a message is the reply to a query (RFC 5452 section 9.1, RFC 9619 section 3): who guesses must
// guess all of it, and what can be no reply is as if it had never come (TuDoor, IEEE S&P 2024). The
// addresses, ports and the ID are the caller's matter; so is what the reply is worth (finding.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/bytes.h"

namespace cairn {

// How a datagram fails to be the reply to a query (RFC 5452 section 9.1), in the order in which it is
// examined.
enum class Mismatch : uint8_t {
  kNone,
  kTooShort,
  kNotAResponse,
  kOpcode,
  kQuestionCount,
  kQuestion,
  kSpelling,
  kMalformed,
  kCookieMissing,
  kCookieForeign,
};
std::string_view ToText(Mismatch mismatch);

// Compares header and question. `question` is the question
// section sent, QNAME uncompressed. kSpelling: it differs in the case of letters alone.
Mismatch MatchReply(ByteView packet, ByteView question);

}  // namespace cairn
