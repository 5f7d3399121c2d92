#include "common/dns/query_reader.h"

#include <algorithm>

#include "common/dns/case_folding.h"
#include "common/dns/wire_reader.h"

namespace cairn {
namespace {

constexpr uint16_t kResponseFlag = 0x8000;
constexpr uint32_t kVersionMask = 0x00ff0000;
constexpr uint32_t kDnssecOkMask = 0x00008000;

constexpr size_t kClassAndTtlOctets = 6;

// How many octets the name at the start of `wire` has, 0 when it is no whole uncompressed name. The first
// name of a message has nothing to point back to, so a pointer there is as wrong as any unknown label type.
size_t UncompressedNameOctets(ByteView wire) {
  const size_t end = std::min(wire.size(), kMaxNameOctets);
  size_t at = 0;
  while (at < end && wire[at] != 0) {
    if (wire[at] > kMaxLabelOctets) return 0;
    at += 1 + size_t{wire[at]};
  }
  return at < end ? at + 1 : 0;
}

bool ReadQuestion(ByteView packet, QueryView& out) {
  const ByteView question = packet.subspan(kHeaderOctets);
  const size_t name_octets = UncompressedNameOctets(question);
  if (name_octets == 0 || question.size() - name_octets < 4) return false;
  CopyLower(out.qname_lower.data(), question.data(), name_octets);
  out.qname_octets = static_cast<uint8_t>(name_octets);
  out.qtype = RrType{LoadU16(question.data() + name_octets)};
  out.qclass = RrClass{LoadU16(question.data() + name_octets + 2)};
  out.question_octets = name_octets + 4;
  return true;
}

// A query's OPT, of which `wire` has passed the owner and TYPE (RFC 6891 section 6.1.2).
bool ReadOpt(WireReader& wire, QueryView& out, bool& version_known) {
  const uint16_t udp_payload_octets = wire.U16();
  const uint32_t ttl = wire.U32();
  const ByteView options = wire.Bytes(wire.U16());
  if (!wire.ok()) return false;
  out.has_edns = true;
  out.dnssec_ok = (ttl & kDnssecOkMask) != 0;
  out.udp_payload_octets = std::max(udp_payload_octets, static_cast<uint16_t>(kPlainUdpOctets));
  version_known = (ttl & kVersionMask) == 0;
  // What options of another version look like, nobody knows yet; BADVERS is the answer anyway
  // (section 6.1.3).
  if (!version_known) return true;
  return ReadQueryOptions(options, out.options);
}

// The records after the question: an OPT, a TSIG, or (IXFR, UPDATE, strangers) others, which are stepped
// over. Each takes at least 11 octets, so the packet's size bounds the work whatever the counts say.
bool ReadRecords(WireReader& wire, size_t before_additional, size_t additional, QueryView& out,
                 bool& version_known) {
  const size_t records = before_additional + additional;
  for (size_t i = 0; i < records; ++i) {
    const size_t owner = wire.offset();
    wire.SkipName();
    const RrType type{wire.U16()};
    if (!wire.ok() || out.has_tsig) return false;  // TSIG is the last record (RFC 8945 section 5.1)
    if (type == rr::kOpt) {
      const bool owned_by_root = wire.message()[owner] == 0;
      if (i < before_additional || out.has_edns || !owned_by_root) return false;
      if (!ReadOpt(wire, out, version_known)) return false;
      continue;
    }
    wire.Skip(kClassAndTtlOctets);
    wire.Skip(wire.U16());
    if (type == rr::kTsig) {
      if (i < before_additional) return false;
      out.has_tsig = true;
      out.tsig_offset = owner;
    }
  }
  return wire.ok() && wire.remaining() == 0;
}

}  // namespace

void ReadQuery(ByteView packet, QueryView& out) {
  out.verdict = QueryVerdict::kDrop;
  out.question_octets = 0;
  out.qname_octets = 0;
  out.has_edns = false;
  out.dnssec_ok = false;
  out.udp_payload_octets = kPlainUdpOctets;
  out.options = {};
  out.has_tsig = false;
  if (packet.size() < kHeaderOctets) return;
  out.id = LoadU16(packet.data());
  out.flags = LoadU16(packet.data() + 2);
  if (out.flags & kResponseFlag) return;  // answering answers makes loops between servers

  const bool is_query = out.opcode() == Opcode::kQuery;
  out.verdict = is_query ? QueryVerdict::kFormErr : QueryVerdict::kNotImp;
  const uint16_t questions = LoadU16(packet.data() + 4);
  if (questions > 1) return;
  if (questions == 1 && !ReadQuestion(packet, out)) return;

  WireReader wire(packet, kHeaderOctets);
  wire.Seek(kHeaderOctets + out.question_octets);
  const size_t before_additional = size_t{LoadU16(packet.data() + 6)} + LoadU16(packet.data() + 8);
  bool version_known = true;
  const bool well_formed =
      ReadRecords(wire, before_additional, LoadU16(packet.data() + 10), out, version_known);
  if (!is_query) return;
  if (!version_known) {
    out.verdict = QueryVerdict::kBadVers;
  } else if (well_formed && questions == 1) {
    out.verdict = QueryVerdict::kAnswer;
  } else if (well_formed && !out.options.cookie.empty()) {
    out.verdict = QueryVerdict::kCookieOnly;
  }
}

}  // namespace cairn
