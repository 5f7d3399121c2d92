// Every cap in one place, with its unit, its reason, and the RFC or attack it answers. Those which an operator may set
// are defaults of options of the same name.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cairn::limits {

// --- Wire (both programs)
// Above this an OPT is refused: 16 000 options in one packet cost a server milliseconds (CVE-2026-41292).
inline constexpr size_t kMaxEdnsOptions = 32;
// Never send or ask for what IP would fragment (RFC 9715).
inline constexpr uint16_t kUdpPayloadOctets = 1232;

}  // namespace cairn::limits
