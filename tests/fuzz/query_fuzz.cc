// Any packet: ReadQuery and Message::Parse agree on what a well-formed query is and on what it asks.
// ReadQuery steps over records it does not need, so it may accept a query whose records Parse refuses, but
// never one without such records.
#include "common/dns/query_reader.h"

#include <algorithm>
#include <memory>

#include "tests/fuzz/property.h"

namespace cairn {
namespace {

using testing::Require;

// With TSIG, which has to be the last record (RFC 8945 section 5.1), a query obeys one rule more than a
// message.
bool HasTsig(const Message& message) {
  const auto is_tsig = [](const Record& record) { return record.type == rr::kTsig; };
  return std::ranges::any_of(message.answer, is_tsig) || std::ranges::any_of(message.authority, is_tsig) ||
         std::ranges::any_of(message.additional, is_tsig);
}

// Cookies of a length they can have, and what may come once comes once.
bool HasUsableOptions(const Message& message) {
  if (!message.edns) return true;
  const auto count = [&message](EdnsOptionCode code) {
    return std::ranges::count(message.edns->options, code, &EdnsOption::code);
  };
  const EdnsOption* cookie = message.edns->Find(EdnsOptionCode::kCookie);
  const size_t octets = cookie == nullptr ? 8 : cookie->value.size();
  return (octets == 8 || (octets >= 16 && octets <= 40)) && count(EdnsOptionCode::kNsid) < 2 &&
         count(EdnsOptionCode::kTcpKeepalive) < 2 && count(EdnsOptionCode::kPadding) < 2;
}

void RequireSameQuestion(const Message& message, const QueryView& query) {
  const Question& question = message.questions[0];
  Require(question.qname.ToLower().view().SameSpelling(query.qname_folded()),
          "the same QNAME, in lower case");
  Require(question.qtype == query.qtype && question.qclass == query.qclass, "the same QTYPE and QCLASS");
  Require(message.edns.has_value() == query.has_edns, "the same idea of EDNS");
  if (!message.edns) return;
  Require(message.edns->dnssec_ok == query.dnssec_ok, "the same DO");
  Require(message.edns->udp_payload_octets == query.udp_payload_octets, "the same payload size");
  const EdnsOption* cookie = message.edns->Find(EdnsOptionCode::kCookie);
  Require((cookie != nullptr) == !query.options.cookie.empty(), "the same idea of cookies");
  Require((message.edns->Find(EdnsOptionCode::kNsid) != nullptr) == query.options.nsid, "and of NSID");
}

void RequireAgreement(ByteView packet, const QueryView& query) {
  const absl::StatusOr<Message> message = Message::Parse(packet);
  const bool nothing_to_step_over = packet.size() >= kHeaderOctets && LoadU32(packet.data() + 6) == 0 &&
                                    LoadU16(packet.data() + 10) <= query.has_edns;
  if (!message.ok()) {
    Require(query.verdict != QueryVerdict::kAnswer || !nothing_to_step_over,
            "a query Parse refuses is not answered");
    return;
  }
  if (message->header.response) return Require(query.verdict == QueryVerdict::kDrop, "responses are dropped");
  if (message->header.opcode != Opcode::kQuery) {
    return Require(query.verdict == QueryVerdict::kNotImp, "other opcodes are not implemented");
  }
  if (HasTsig(*message) || message->questions.size() > 1) return;
  if (message->edns && message->edns->version > 0) {
    return Require(query.verdict == QueryVerdict::kBadVers, "other EDNS versions are refused");
  }
  if (message->questions.empty()) {
    const bool has_cookie = !query.options.cookie.empty() && HasUsableOptions(*message);
    return Require(query.verdict == (has_cookie ? QueryVerdict::kCookieOnly : QueryVerdict::kFormErr),
                   "a query without a question is none, or asks for a cookie");
  }
  if (!HasUsableOptions(*message)) {
    return Require(query.verdict == QueryVerdict::kFormErr, "options out of shape are refused");
  }
  Require(query.verdict == QueryVerdict::kAnswer, "a well-formed query is answered");
  RequireSameQuestion(*message, query);
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto query = std::make_unique<cairn::QueryView>();
  cairn::ReadQuery({data, size}, *query);
  cairn::RequireAgreement({data, size}, *query);
  return 0;
}
