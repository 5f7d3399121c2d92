// From what the zones say to a message: the sections of an authoritative answer in wire order (RFC 1034
// section 4.3.2), with what DNSSEC adds to them (RFC 4035 section 3.1). Knows no packet that came in and no
// socket.
#pragma once

#include <cstdint>

#include "common/dns/message_writer.h"
#include "common/zone/zone_lookup.h"
#include "common/zone/zone_set.h"

namespace cairn {

// What QTYPE ANY and QTYPE RRSIG get over UDP (RFC 8482): one set of those there are, or all of them.
enum class AnyAnswer : uint8_t { kMinimal, kFull };

struct ComposeRequest {
  const ZoneSet& zones;  // where aliases may lead
  const Zone& zone;      // the one that ZoneFor chose
  const LabelPath&
      qname;  // in the spelling of the query: owner names of the answer are equal to it, octet for octet
  RrType qtype;
  bool dnssec_ok = false;  // DO: with signatures and proofs
  AnyAnswer any = AnyAnswer::kMinimal;
  const LookupResult* found = nullptr;  // what Find says of `qname` in `zone`, when it was asked before
};

struct Composed {
  Rcode rcode = Rcode::kNoError;
  bool truncated = false;
  bool complete = true;  // false when something was left out for want of room
  // Where the answer was found, told apart by number: the node of the name, the wildcard it was made from,
  // the zone cut, or the zone when there is no such name. Random names lead to few of them.
  uint64_t subject = 0;
};

// The zone that answers for a name: the longest match; for DS at an apex the parent, if it is served too (RFC
// 4035 section 3.1.4.1). Null when none is at or above the name.
const ZoneSet::Entry* ZoneFor(const ZoneSet& zones, const LabelPath& qname, RrType qtype);

// What Composed::subject is for an answer found there; for handlers that answer beside Compose.
uint64_t SubjectOf(const Zone& zone, const LookupResult& found);

// Adds answer, authority and additional section to `out`, which holds header and the question for `qname`,
// and sets AA, TC and RCODE.
Composed Compose(const ComposeRequest& request, MessageWriter& out);

}  // namespace cairn
