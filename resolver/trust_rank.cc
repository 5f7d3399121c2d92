#include "resolver/trust_rank.h"

namespace cairn {

std::string_view ToText(TrustRank rank) {
  switch (rank) {
    case TrustRank::kAdditional:
      return "additional data";
    case TrustRank::kReferral:
      return "referral";
    case TrustRank::kAuthority:
      return "authority section";
    case TrustRank::kNonAuthoritative:
      return "non-authoritative answer";
    case TrustRank::kAuthoritativeAlias:
      return "authoritative alias target";
    case TrustRank::kAuthoritativeAnswer:
      return "authoritative answer";
    case TrustRank::kZoneTransfer:
      return "zone transfer";
    case TrustRank::kSecure:
      return "validated";
    case TrustRank::kLocal:
      return "local";
  }
  return "unknown";
}

std::string_view ToText(Security security) {
  switch (security) {
    case Security::kUnchecked:
      return "unchecked";
    case Security::kInsecure:
      return "insecure";
    case Security::kSecure:
      return "secure";
    case Security::kBogus:
      return "bogus";
  }
  return "unknown";
}

}  // namespace cairn
