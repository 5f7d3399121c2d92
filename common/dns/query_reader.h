// Reading a query without allocating: header, the one question, EDNS, for the path that every packet takes.
// Records which are neither OPT nor TSIG are stepped over: their RDATA is looked at by Message::Parse, where
// someone needs it. Octets after the last record make a query malformed, always.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/bytes.h"
#include "common/dns/edns.h"
#include "common/dns/message.h"
#include "common/dns/name.h"

namespace cairn {

// What to do with what came (RFC 1035 section 4.1, RFC 8906, RFC 9619).
enum class QueryVerdict : uint8_t {
  kAnswer,      // a whole query with one question
  kDrop,        // shorter than a header, or QR set: silence
  kFormErr,     // a header, but what follows it is not a query we can read; or QDCOUNT is not 1; or a broken,
                // misplaced or second OPT; or options that ReadQueryOptions refuses
  kCookieOnly,  // QDCOUNT is 0 and there is a COOKIE: the client asks for ours (RFC 7873 section 5.4),
                // FORMERR from a server without cookies
  kNotImp,      // another opcode; `question_octets` and EDNS are still set as far as they could be read
  kBadVers,     // EDNS version above 0
};

// A query as it lies in its packet. Views borrow from the packet.
struct QueryView {
  QueryVerdict verdict = QueryVerdict::kDrop;
  uint16_t id = 0;
  uint16_t flags = 0;                               // as they came
  size_t question_octets = 0;                       // from offset 12; 0 when there is no readable question
  std::array<uint8_t, kMaxNameOctets> qname_lower;  // lower-cased wire form, qname_octets long
  uint8_t qname_octets = 0;
  RrType qtype;
  RrClass qclass;
  bool has_edns = false;
  bool dnssec_ok = false;
  uint16_t udp_payload_octets = 512;  // at least 512
  QueryOptions options;
  bool has_tsig = false;
  size_t tsig_offset = 0;  // of its record in the packet, when there is one

  // The name in the spelling of the query, borrowed from `packet`.
  NameView qname(ByteView packet) const { return NameView::FromValidWire(packet.data() + 12, qname_octets); }
  NameView qname_folded() const { return NameView::FromValidWire(qname_lower.data(), qname_octets); }
  Opcode opcode() const { return static_cast<Opcode>(flags >> 11 & 15); }
  bool recursion_desired() const { return flags & 0x0100; }
  bool checking_disabled() const { return flags & 0x0010; }
  bool authentic_data() const { return flags & 0x0020; }
};

// Total; at most one pass over `packet`. `out` need not be cleared between packets.
void ReadQuery(ByteView packet, QueryView& out);

}  // namespace cairn
