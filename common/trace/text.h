// Text which may come from hostile zones, made fit for a terminal and for JSON: printable ASCII stays, every
// other octet becomes \DDD as in a master file (RFC 1035 section 5.1). A terminal must never see an escape
// sequence that a zone chose (CVE-2026-42000 and its like).
#pragma once

#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace cairn {

std::string PrintableText(std::string_view text);

// "2026-11-20T10:34:12Z" (RFC 3339).
std::string UtcText(WallTime time);

}  // namespace cairn
