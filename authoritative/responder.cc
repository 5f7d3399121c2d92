#include "authoritative/responder.h"

#include <algorithm>
#include <utility>

#include "common/dns/message.h"

namespace cairn {
namespace {

constexpr size_t kChunk = 32;  // queries worked on together; more would push each other out of the cache

// QTYPEs that ask for no data: meta records out of place (RFC 6895 section 3.1).
bool IsNoQuestion(RrType qtype) {
  return qtype.value == 0 || qtype == rr::kOpt || qtype == rr::kTsig || qtype == rr::kTkey;
}
bool IsTransfer(RrType qtype) { return qtype == rr::kAxfr || qtype == rr::kIxfr; }

}  // namespace

struct Responder::Pending {
  QueryView view;
  LabelPath qname;
  const ZoneSet::Entry* entry = nullptr;
  Rcode refusal = Rcode::kNoError;  // what is answered instead of data
};

Responder::Responder(ResponderOptions options)
    : options_(options), zones_(std::make_shared<const ZoneSet>()), pending_(new Pending[kChunk]) {}

Responder::~Responder() = default;

void Responder::SetZones(std::shared_ptr<const ZoneSet> zones) { zones_ = std::move(zones); }

void Responder::OnQueries(std::span<Query> batch) {
  while (!batch.empty()) {
    const std::span<Query> chunk = batch.first(std::min(batch.size(), kChunk));
    ReadAndFetch(chunk);
    for (size_t i = 0; i < chunk.size(); ++i) AnswerOne(chunk[i], pending_[i]);
    batch = batch.subspan(chunk.size());
  }
}

// Each loop asks memory for what the next one reads, for all queries at once.
void Responder::ReadAndFetch(std::span<Query> chunk) {
  for (size_t i = 0; i < chunk.size(); ++i) {
    Pending& pending = pending_[i];
    ReadQuery(chunk[i].packet, pending.view);
    pending.entry = nullptr;
    pending.refusal = Judge(pending.view);
    if (pending.refusal != Rcode::kNoError || pending.view.verdict == QueryVerdict::kDrop) continue;
    pending.qname.Reset(pending.view.qname(chunk[i].packet));
    zones_->Prefetch(pending.qname);
  }
  for (size_t i = 0; i < chunk.size(); ++i) {
    Pending& pending = pending_[i];
    if (pending.refusal != Rcode::kNoError || pending.view.verdict == QueryVerdict::kDrop) continue;
    pending.entry = ZoneFor(*zones_, pending.qname, pending.view.qtype);
    if (pending.entry == nullptr) {
      pending.refusal = Rcode::kRefused;  // not ours, and we recurse for nobody
    } else if (pending.entry->zone == nullptr) {
      pending.refusal = Rcode::kServFail;  // ours, but there is nothing to serve
    } else {
      pending.entry->zone->PrefetchSlot(pending.qname);
    }
  }
  for (size_t i = 0; i < chunk.size(); ++i) {
    const Pending& pending = pending_[i];
    if (pending.entry != nullptr && pending.entry->zone != nullptr)
      pending.entry->zone->PrefetchNode(pending.qname);
  }
}

// kNoError: look for data.
Rcode Responder::Judge(const QueryView& view) {
  switch (view.verdict) {
    case QueryVerdict::kFormErr:
      return Rcode::kFormErr;
    case QueryVerdict::kNotImp:
      return Rcode::kNotImp;
    case QueryVerdict::kBadVers:
      return Rcode::kBadVers;
    case QueryVerdict::kDrop:
      return Rcode::kNoError;
    case QueryVerdict::kAnswer:
      break;
  }
  if (view.has_tsig) return Rcode::kNotAuth;  // we know none of its keys (RFC 8945 section 5.2.1)
  if (IsNoQuestion(view.qtype)) return Rcode::kFormErr;
  if (view.qclass != kClassIn || IsTransfer(view.qtype)) return Rcode::kRefused;
  return Rcode::kNoError;
}

void Responder::AnswerOne(Query& query, Pending& pending) {
  const QueryView& view = pending.view;
  ++(query.tcp ? counters_.queries_tcp : counters_.queries_udp);
  if (view.verdict == QueryVerdict::kDrop) {
    ++counters_.dropped;
    query.dropped = true;
    return;
  }
  const size_t udp_limit =
      view.has_edns ? std::min(view.udp_payload_octets, options_.udp_payload_octets) : kPlainUdpOctets;
  MessageWriter out(query.reply, query.tcp ? kMaxMessageOctets : udp_limit);
  out.Begin({.id = view.id,
             .response = true,
             .opcode = view.opcode(),
             .recursion_desired = view.recursion_desired(),
             .checking_disabled = view.checking_disabled()});
  if (view.question_octets > 0) {
    out.AddQuestionOctets(query.packet.subspan(kHeaderOctets, view.question_octets), view.qname_octets);
  }
  if (view.has_edns) out.Reserve(kBareOptOctets);

  Rcode rcode = pending.refusal;
  if (rcode == Rcode::kNoError) {
    const ComposeRequest request{.zones = *zones_,
                                 .zone = *pending.entry->zone,
                                 .qname = pending.qname,
                                 .qtype = view.qtype,
                                 .dnssec_ok = view.dnssec_ok,
                                 .any = query.tcp ? AnyAnswer::kFull : options_.any};
    const Composed composed = Compose(request, out);
    rcode = composed.rcode;
    counters_.truncated += composed.truncated ? 1 : 0;
  } else {
    out.SetRcode(rcode);
  }
  if (view.has_edns) {
    out.AddEdns({.udp_payload_octets = options_.udp_payload_octets,
                 .extended_rcode = static_cast<uint8_t>(static_cast<uint16_t>(rcode) >> 4),
                 .dnssec_ok = view.dnssec_ok,
                 .options = {}});
  }
  query.reply_octets = out.Finish();
  ++counters_.by_rcode[static_cast<size_t>(rcode)];
}

}  // namespace cairn
