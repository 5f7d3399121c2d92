#include "resolver/client_query.h"

#include <algorithm>

#include "common/dns/message_writer.h"
#include "resolver/resolution_trace.h"

namespace cairn {
namespace {

// Header and question, and room kept for the OPT that Finish adds.
class ReplyWriter {
 public:
  ReplyWriter(const ClientQuery& query, uint16_t own_limit_octets, std::optional<ExtendedError> why,
              std::span<uint8_t> buffer)
      : has_edns_(query.has_edns), out_(buffer, query.AnswerLimit(own_limit_octets)) {
    opt_.udp_payload_octets = own_limit_octets;
    opt_.dnssec_ok = query.dnssec_ok;
    if (why) opt_.AddExtendedError(*why, InWords(*why));
    Header header;
    header.id = query.id;
    header.response = true;
    header.opcode = query.opcode;
    header.recursion_desired = query.recursion_desired;
    header.recursion_available = true;
    header.checking_disabled = query.checking_disabled;
    out_.Begin(header);
    if (has_edns_) out_.Reserve(OptOctets());
    if (!query.question.empty()) out_.AddQuestionOctets(query.question, query.qname_octets);
    out_.StartSection(Section::kAnswer);
  }

  MessageWriter& out() { return out_; }

  size_t Finish(Rcode rcode) {
    out_.SetRcode(rcode);
    opt_.extended_rcode = static_cast<uint8_t>(static_cast<uint16_t>(rcode) >> 4);
    if (has_edns_) out_.AddEdns(opt_);
    return out_.Finish();
  }

 private:
  size_t OptOctets() const {
    size_t octets = 11;
    for (const EdnsOption& option : opt_.options) octets += 4 + option.value.size();
    return octets;
  }

  bool has_edns_;
  Edns opt_;
  MessageWriter out_;
};

constexpr uint8_t kAnyHinfo[] = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
constexpr RrType kHinfo{13};

}  // namespace

ClientQuery ClientQuery::From(const Query& query, const QueryView& view) {
  ClientQuery client;
  client.to = query.to;
  client.tcp = query.tcp;
  client.id = view.id;
  client.opcode = view.opcode();
  client.recursion_desired = view.recursion_desired();
  client.checking_disabled = view.checking_disabled();
  client.has_edns = view.has_edns;
  client.dnssec_ok = view.dnssec_ok;
  client.udp_payload_octets = view.udp_payload_octets;
  const ByteView question = query.packet.subspan(kHeaderOctets, view.question_octets);
  client.question.assign(question.begin(), question.end());
  client.qname_octets = view.qname_octets;
  return client;
}

size_t AnswerLimit(bool tcp, bool has_edns, uint16_t client_octets, uint16_t own_octets) {
  if (tcp) return kMaxMessageOctets;
  if (!has_edns) return kPlainUdpOctets;
  return std::max<size_t>(kPlainUdpOctets, std::min(client_octets, own_octets));
}

size_t ClientQuery::AnswerLimit(uint16_t own_limit_octets) const {
  return cairn::AnswerLimit(tcp, has_edns, udp_payload_octets, own_limit_octets);
}

size_t WriteBareReply(const ClientQuery& query, const BareReply& reply, uint16_t own_limit_octets,
                      std::span<uint8_t> out) {
  ReplyWriter writer(query, own_limit_octets, reply.why, out);
  if (reply.truncated) writer.out().SetTruncated();
  return writer.Finish(reply.rcode);
}

size_t WriteAnswer(const ClientQuery& query, const CollectedAnswer& answer, uint16_t own_limit_octets,
                   std::span<uint8_t> out) {
  ReplyWriter writer(query, own_limit_octets, answer.extended_error, out);
  bool whole = true;
  for (size_t i = 0; whole && i < answer.answer.size(); ++i) {
    const Rrset& rrset = answer.answer[i];
    whole = writer.out().AddRrset(rrset);
    if (whole && query.dnssec_ok && i < answer.rrsigs.size() && !answer.rrsigs[i].empty())
      whole = writer.out().AddRrset(rrset.owner, rr::kRrsig, rrset.rr_class, rrset.ttl, answer.rrsigs[i]);
  }
  writer.out().StartSection(Section::kAuthority);
  if (whole && answer.soa) whole = writer.out().AddRrset(*answer.soa);
  if (!whole) writer.out().SetTruncated();
  return writer.Finish(answer.rcode);
}

size_t WriteReferral(const ClientQuery& query, const Delegation& cut, Instant now, uint16_t own_limit_octets,
                     std::span<uint8_t> out) {
  ReplyWriter writer(query, own_limit_octets, std::nullopt, out);
  writer.out().StartSection(Section::kAuthority);
  RdataSet names;
  for (const DelegationServer& server : cut.servers) names.Add(server.name.wire());
  if (!writer.out().AddRrset(cut.cut, rr::kNs, kClassIn, cut.RemainingTtl(now), names))
    writer.out().SetTruncated();
  return writer.Finish(Rcode::kNoError);
}

size_t WriteMinimalAny(const ClientQuery& query, uint16_t own_limit_octets, std::span<uint8_t> out) {
  ReplyWriter writer(query, own_limit_octets, std::nullopt, out);
  const NameView qname = NameView::FromValidWire(query.question.data(), query.qname_octets);
  writer.out().AddRecord(qname, kHinfo, kClassIn, Ttl::Seconds(3600), kAnyHinfo);
  return writer.Finish(Rcode::kNoError);
}

}  // namespace cairn
