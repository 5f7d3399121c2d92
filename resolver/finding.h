// What a reply is, and which of its records may be believed: RFC 1034 section 5.3.3 step 4, the scrubbing of
// RFC 5452 section 6 and RFC 2181 section 5.4.1. `Judge` is pure: no clock, no socket, no cache; whether the
// packet is ours at all (address, port, ID, question) was decided before. A server is believed for the zone
// it was asked as: nothing outside of that cut is kept, whatever the reply claims. Every record that is not
// kept is listed with the rule that dropped it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/limits.h"
#include "common/dns/message.h"
#include "common/dns/name.h"
#include "common/dns/rrset.h"
#include "resolver/delegation_store.h"
#include "resolver/server_memory.h"
#include "resolver/trust_rank.h"

namespace cairn {

enum class FindingKind : uint8_t {
  kAnswer,       // the type asked, perhaps at the end of a chain of aliases inside the zone
  kAlias,        // CNAME or DNAME, whose target must be asked anew
  kReferral,     // to servers of a deeper cut
  kNoData,       // the (last) name exists without the type
  kNxDomain,     // the (last) name does not exist
  kYxDomain,     // a DNAME makes a name that is too long (RFC 6672 section 2.2)
  kTruncated,    // ask again over TCP; nothing is kept
  kLame,         // the server does not serve the zone; `lameness` says how
  kServerError,  // SERVFAIL, REFUSED, NOTIMP, FORMERR, ...; `rcode` says which
  kEmpty,        // NOERROR with neither answer, SOA nor referral: NODATA, if nobody knows better
  kUseless,      // nothing one could use: a set above the limits, a denial by the wrong zone
};
std::string_view ToText(FindingKind kind);

// Why a record of the reply was dropped.
enum class ScrubRule : uint8_t {
  kOutsideZone,  // owner not at or below the cut asked
  kForeignClass,
  kMetaType,               // a QTYPE or OPT-like type as data, or an RRSIG that covers one
  kNotInChain,             // answer section: not on the way from qname to the answer
  kBesideCname,            // other data at the owner of a CNAME (RFC 1034 section 3.6.2)
  kSecondCname,            // one CNAME a name (RFC 2181 section 10.1)
  kCnameOfDname,           // we synthesise it ourselves (RFC 6672 section 3.1)
  kChainLeavesZone,        // behind an alias that leads out of the zone, or back to a name already visited
  kAuthorityBesideAnswer,  // NS and the like beside a positive answer ("promiscuous NS")
  kNsNotReferral,    // NS set that is not the one delegation strictly below the cut on the path to qname
  kNsWithoutGlue,    // a server inside the cut whose address nobody could find without asking that server
  kSoaNotForName,    // SOA not at or above the name, or a second one
  kNotForSection,    // a type that has no business there
  kNotGlue,          // additional: not an address of a kept NS name
  kGlueOutsideZone,  // address of a server whose name is not in the zone: must be looked up
  kGlueUnusable,     // 0.0.0.0, ::, multicast, broadcast
  kTooMany,          // above a limit of THREATS section 1
  kNothingBelieved,  // the reply as a whole is not believed
};
inline constexpr size_t kScrubRuleCount = 18;
std::string_view ToText(ScrubRule rule);

struct DroppedRecord {
  Section section = Section::kAnswer;
  Record record;
  ScrubRule rule = ScrubRule::kNothingBelieved;
  std::string ToText()
      const;  // "additional: ns.evil. 300 IN A 192.0.2.66 (address of a server outside the zone)"
};

// A set that may be cached and answered, with the signatures that came along.
struct KeptRrset {
  Rrset rrset;
  RdataSet rrsigs;
  Ttl rrsig_ttl;
  TrustRank rank = TrustRank::kAuthoritativeAnswer;
  // Whether it may enter the cache. One spoofed DNAME would take over all names below it (CVE-2025-40778), so
  // over UDP it serves this question only; over TCP it is cached. The CNAME made of it never is: it is made
  // anew of the DNAME, and without that an answer would leave out what the CNAME follows from (RFC 6672
  // section 3.4).
  bool cacheable = true;
};

struct Finding {
  FindingKind kind = FindingKind::kUseless;
  Question asked;
  Name zone_cut;  // as which the server was asked
  Rcode rcode = Rcode::kNoError;
  bool authoritative = false;
  Lameness lameness = Lameness::kNone;  // of kLame and kServerError
  std::string_view remark;              // more, for people: static text

  std::vector<KeptRrset> answer;       // in order: alias before target, the answer last
  Name last_name;                      // SNAME at the end of the chain: qname when there is no alias
  std::optional<KeptRrset> soa;        // of negative answers
  std::vector<KeptRrset> proofs;       // NSEC and NSEC3 of the authority section, with signatures
  std::optional<Delegation> referral;  // `learnt`, `expires`, `filler` are for the caller
  Ttl referral_ttl;                    // of the NS set, or of its kept glue when that is less
  std::optional<KeptRrset> ds;         // beside a referral

  std::vector<DroppedRecord> dropped;

  // Whether it moves the resolution on; otherwise another server is asked.
  bool useful() const { return kind <= FindingKind::kYxDomain; }
  // "referral to example. (2 servers, 2 addresses)", "lame: refers upwards".
  std::string ToText() const;
};

struct JudgeOptions {
  // The server was asked to recurse (a forwarder): its answers need no AA and rank lower; referrals are
  // useless.
  bool recursive = false;
  // Over TCP a TC bit is a mistake of the server and is ignored.
  bool over_tcp = false;
  // Over UDP, but with our cookie in it: nobody off the path can have made it (RFC 7873 section 5.3).
  bool has_cookie = false;
  // No TTL of what is kept lies outside of these, so that the first client sees what the cache gives the next
  // (RFC 8767 section 4, RFC 2308 section 5).
  Ttl min_ttl = Ttl::Seconds(0);
  Ttl max_ttl = Ttl::Seconds(86400);
  Ttl max_negative_ttl = Ttl::Seconds(3600);
  // What is kept of a referral.
  size_t most_servers = limits::kMaxNsNames;
  size_t most_addresses = limits::kMaxAddressesPerServer;  // of one server
  size_t most_glue = limits::kMaxGlueAddresses;
  // A number drawn for this reply, which decides what is kept of a list that is too long.
  uint64_t draw = 0;
};

// Cuts the chain of aliases of `finding` where `is_others` says that a name is another's business: what is
// behind it is dropped, and to be asked for anew. The first name is never cut.
void CutChain(Finding& finding, const std::function<bool(NameView)>& is_others);

// `reply`, read by Message::Parse, answers `asked`, which was sent to a server of `zone_cut`; qname is at or
// below the cut.
Finding Judge(const Message& reply, const Question& asked, NameView zone_cut,
              const JudgeOptions& options = {});

}  // namespace cairn
