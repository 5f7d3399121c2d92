#include "resolver/client_query.h"

#include <algorithm>

#include "common/dns/message_writer.h"
#include "common/dns/tsig_refusal.h"
#include "common/service/server_identity.h"
#include "resolver/resolution_trace.h"

namespace cairn {
namespace {

// Header and question, and room kept for the OPT that Finish adds.
class ReplyWriter {
 public:
  ReplyWriter(const ClientQuery& query, std::optional<ExtendedError> why, std::string_view text,
              std::span<uint8_t> buffer)
      : opt_(query.opt), out_(buffer, query.AnswerLimit()) {
    if (why) opt_.Explain(*why, text.empty() ? InWords(*why) : text);
    Header header;
    header.id = query.id;
    header.response = true;
    header.opcode = query.opcode;
    header.recursion_desired = query.recursion_desired;
    header.recursion_available = true;
    header.checking_disabled = query.checking_disabled;
    out_.Begin(header);
    out_.Reserve(opt_.FirmOctets());
    if (!query.question.empty()) out_.AddQuestionOctets(query.question, query.qname_octets);
    out_.StartSection(Section::kAnswer);
  }

  MessageWriter& out() { return out_; }

  size_t Finish(Rcode rcode) {
    out_.AddOpt(opt_, rcode);
    return out_.Finish();
  }

 private:
  ResponseOpt opt_;
  MessageWriter out_;
};

constexpr uint8_t kAnyHinfo[] = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
constexpr RrType kHinfo{13};

}  // namespace

ClientQuery ClientQuery::From(const Query& query, const QueryView& view, const ResponseOpt& opt) {
  ClientQuery client;
  client.to = query.to;
  client.tcp = query.tcp;
  client.id = view.id;
  client.opcode = view.opcode();
  client.recursion_desired = view.recursion_desired();
  client.checking_disabled = view.checking_disabled();
  client.udp_payload_octets = view.udp_payload_octets;
  client.opt = opt;
  const ByteView question = query.packet.subspan(kHeaderOctets, view.question_octets);
  client.question.assign(question.begin(), question.end());
  client.qname_octets = view.qname_octets;
  return client;
}

size_t AnswerLimit(bool tcp, const ResponseOpt& opt, uint16_t client_octets) {
  if (tcp) return kMaxMessageOctets;
  if (!opt.present) return kPlainUdpOctets;
  return std::max<size_t>(kPlainUdpOctets, std::min(client_octets, opt.udp_payload_octets));
}

size_t ClientQuery::AnswerLimit() const { return cairn::AnswerLimit(tcp, opt, udp_payload_octets); }

size_t WriteBareReply(const ClientQuery& query, const BareReply& reply, std::span<uint8_t> out) {
  ReplyWriter writer(query, reply.why, reply.text, out);
  if (reply.truncated) writer.out().SetTruncated();
  return writer.Finish(reply.rcode);
}

size_t WriteAnswer(const ClientQuery& query, const CollectedAnswer& answer, std::span<uint8_t> out) {
  ReplyWriter writer(query, answer.extended_error, answer.explanation, out);
  bool whole = true;
  for (size_t i = 0; whole && i < answer.answer.size(); ++i) {
    const Rrset& rrset = answer.answer[i];
    whole = writer.out().AddRrset(rrset);
    if (whole && query.opt.dnssec_ok && i < answer.rrsigs.size() && !answer.rrsigs[i].empty())
      whole = writer.out().AddRrset(rrset.owner, rr::kRrsig, rrset.rr_class, rrset.ttl, answer.rrsigs[i]);
  }
  writer.out().StartSection(Section::kAuthority);
  if (whole && answer.soa) whole = writer.out().AddRrset(*answer.soa);
  // Beside an answer the name servers are a bonus; where there is nothing else they are what was asked for.
  if (whole && answer.ns) whole = writer.out().AddRrset(*answer.ns) || !answer.answer.empty();
  if (!whole) writer.out().SetTruncated();
  writer.out().StartSection(Section::kAdditional);
  bool room = whole;
  for (size_t i = 0; room && i < answer.additional.size(); ++i)
    room = writer.out().AddRrset(answer.additional[i]);
  return writer.Finish(answer.rcode);
}

size_t WriteUnknownKey(const ClientQuery& query, ByteView packet, size_t tsig_offset,
                       std::span<uint8_t> out) {
  ReplyWriter writer(query, std::nullopt, {}, out);
  writer.Finish(Rcode::kNotAuth);
  if (!AddBadKey(packet, tsig_offset, writer.out())) writer.out().SetRcode(Rcode::kFormErr);
  return writer.out().Finish();
}

size_t WriteIdentity(const ClientQuery& query, std::string_view text, std::span<uint8_t> out) {
  ReplyWriter writer(query, std::nullopt, {}, out);
  AddIdentity(NameView::FromValidWire(query.question.data(), query.qname_octets), text, writer.out());
  return writer.Finish(Rcode::kNoError);
}

size_t WriteMinimalAny(const ClientQuery& query, std::span<uint8_t> out) {
  ReplyWriter writer(query, std::nullopt, {}, out);
  const NameView qname = NameView::FromValidWire(query.question.data(), query.qname_octets);
  writer.out().AddRecord(qname, kHinfo, kClassIn, Ttl::Seconds(3600), kAnyHinfo);
  return writer.Finish(Rcode::kNoError);
}

}  // namespace cairn
