// How far data may be believed, by where they came from (RFC 2181 section 5.4.1, with the cases that came
// later). Higher replaces lower, equal replaces what is expired or not secure, lower never replaces
// (cache.h).
#pragma once

#include <cstdint>
#include <string_view>

namespace cairn {

enum class TrustRank : uint8_t {
  kAdditional = 0,           // only ever a hint; not kept in the answer cache
  kReferral = 1,             // parent's NS and glue: delegation store only, never answered to clients
  kAuthority = 2,            // authority section of an AA reply
  kNonAuthoritative = 3,     // answer without AA: from a forwarder
  kAuthoritativeAlias = 4,   // later links of an alias chain, inside the zone of the server that sent them
  kAuthoritativeAnswer = 5,  // answer section with AA for the very name asked; negative answers with AA too
  kZoneTransfer = 6,         // imported zone whose ZONEMD agreed
  kSecure = 7,               // validated
  kLocal = 8,                // configured here
};
std::string_view ToText(TrustRank rank);  // "authoritative answer"

// What DNSSEC says of a set (RFC 4033 section 5). Data nobody validated yet are kUnchecked, also those
// fetched with CD.
enum class Security : uint8_t { kUnchecked, kInsecure, kSecure, kBogus };
std::string_view ToText(Security security);

}  // namespace cairn
