#include "resolver/outgoing_query.h"

#include "common/dns/case_folding.h"
#include "common/dns/message_writer.h"

namespace cairn {
namespace {

// Flips each letter with even chance: some bits more for an off-path attacker to guess (0x20).
void RandomiseCase(std::span<uint8_t> name, Random& random) {
  uint64_t coins = 0;
  int left = 0;
  for (uint8_t& octet : name) {
    const uint8_t lower = ToLower(octet);
    if (lower < 'a' || lower > 'z') continue;  // a length octet of 65 and more would be a label too long
    if (left-- == 0) {
      coins = random.U64();
      left = 63;
    }
    octet = coins & 1 ? lower : static_cast<uint8_t>(lower - 32);
    coins >>= 1;
  }
}

}  // namespace

OutgoingQuery WriteQuery(const OutgoingQuerySpec& spec) {
  OutgoingQuery query;
  MessageWriter out(query.octets, query.octets.size());
  out.Begin(Header{.recursion_desired = spec.recursion_desired});
  out.AddQuestion(spec.question.qname, spec.question.qtype, spec.question.qclass);
  query.question_octets = out.size() - kHeaderOctets;
  const size_t name_octets = query.question_octets - kQuestionTailOctets;
  if (spec.spelling)
    RandomiseCase(std::span(query.octets).subspan(kHeaderOctets, name_octets), *spec.spelling);
  if (spec.udp_payload_octets) {
    Edns opt;
    opt.udp_payload_octets = *spec.udp_payload_octets;
    if (spec.cookie) {
      query.cookie = spec.cookie;
      const ByteView octets = query.cookie->octets();
      opt.options.push_back({EdnsOptionCode::kCookie, {octets.begin(), octets.end()}});
    }
    out.AddEdns(opt);
  }
  query.size = out.Finish();
  return query;
}

}  // namespace cairn
