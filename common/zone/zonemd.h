// The digest of a whole zone (RFC 8976): whether the zone is, octet for octet, what its ZONEMD record says
// its maker had. The SIMPLE scheme with SHA-384 and SHA-512; glue and occluded records count, the ZONEMD set
// at the apex and its signatures do not. It protects against damage on the way; against an attacker only when
// the record's own signature is validated, which is the matter of whoever trusts the zone's key.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/complaint.h"
#include "common/zone/zone.h"

namespace cairn {

// The SIMPLE scheme, and its hash algorithms (RFC 8976 sections 5.2 and 5.3).
inline constexpr uint8_t kZonemdSimple = 1;
enum class ZonemdHash : uint8_t { kSha384 = 1, kSha512 = 2 };

// Of the zone as it stands, without its ZONEMD set (RFC 8976 section 3.4.1).
std::vector<uint8_t> ZoneDigest(const Zone& zone, ZonemdHash hash);

enum class ZonemdPolicy : uint8_t {
  kOff,
  kCheck,    // a digest that is there and that we can compute must match
  kRequire,  // and there must be one
};

enum class ZonemdVerdict : uint8_t {
  kNotChecked,
  kAbsent,
  kMatches,
  kUnknown,  // no record whose scheme and hash we know, and that stands alone
  kMismatch,
};
std::string_view ToText(ZonemdVerdict verdict);

// RFC 8976 section 4. The complaints are what there is to say to whoever gave us the zone, at `where`: an
// error when it must not be served.
struct ZonemdCheck {
  ZonemdVerdict verdict = ZonemdVerdict::kNotChecked;
  Complaints complaints;
};
ZonemdCheck CheckZonemd(const Zone& zone, ZonemdPolicy policy, const TextPosition& where);

}  // namespace cairn
