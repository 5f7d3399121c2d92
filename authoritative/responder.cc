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

enum class Responder::Fate : uint8_t {
  kDrop,       // silence
  kBare,       // header, question and OPT
  kTruncated,  // the same, with TC
  kLookUp,
};

struct Responder::Pending {
  QueryView view;
  LabelPath qname;
  const ZoneSet::Entry* entry = nullptr;
  ResponseOpt opt;
  Fate fate = Fate::kDrop;
  Rcode rcode = Rcode::kNoError;  // of a bare answer
};

Responder::Responder(ResponderOptions options, const Clock* clock)
    : options_(std::move(options)),
      edns_(options_.edns, clock),
      zones_(std::make_shared<const ZoneSet>()),
      pending_(new Pending[kChunk]) {}

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
    pending.fate = Judge(chunk[i], pending);
    if (pending.fate != Fate::kLookUp) continue;
    pending.qname.Reset(pending.view.qname(chunk[i].packet));
    zones_->Prefetch(pending.qname);
  }
  for (size_t i = 0; i < chunk.size(); ++i) {
    Pending& pending = pending_[i];
    if (pending.fate != Fate::kLookUp) continue;
    pending.entry = ZoneFor(*zones_, pending.qname, pending.view.qtype);
    if (pending.entry == nullptr) {  // not ours, and we recurse for nobody
      pending.fate =
          Refuse(pending, Rcode::kRefused, ExtendedError::kNotAuthoritative, "no zone served here");
    } else if (pending.entry->zone == nullptr) {
      pending.fate =
          Refuse(pending, Rcode::kServFail, ExtendedError::kInvalidData, "the zone's data could not be read");
    } else {
      pending.entry->zone->PrefetchSlot(pending.qname);
    }
  }
  for (size_t i = 0; i < chunk.size(); ++i) {
    const Pending& pending = pending_[i];
    if (pending.fate == Fate::kLookUp) pending.entry->zone->PrefetchNode(pending.qname);
  }
}

// All that can be said without looking for data.
Responder::Fate Responder::Judge(const Query& query, Pending& pending) {
  const QueryView& view = pending.view;
  pending.rcode = Rcode::kNoError;
  if (view.verdict == QueryVerdict::kDrop) return Fate::kDrop;
  const CookieStanding standing = edns_.Begin(query, view, pending.opt);
  switch (edns_.Demand(query, view, standing)) {
    case CookieAnswer::kNone:
      break;
    case CookieAnswer::kNoError:
      return Fate::kBare;
    case CookieAnswer::kBadCookie:
      return Refuse(pending, Rcode::kBadCookie);
    case CookieAnswer::kTruncated:
      return Fate::kTruncated;
  }
  switch (view.verdict) {
    case QueryVerdict::kNotImp:
      return Refuse(pending, Rcode::kNotImp, ExtendedError::kNotSupported, "only queries are answered here");
    case QueryVerdict::kBadVers:
      return Refuse(pending, Rcode::kBadVers);
    case QueryVerdict::kAnswer:
      break;
    default:
      return Refuse(pending, Rcode::kFormErr);
  }
  if (view.has_tsig)
    return Refuse(pending, Rcode::kNotAuth);  // we know none of its keys (RFC 8945 section 5.2.1)
  if (IsNoQuestion(view.qtype)) return Refuse(pending, Rcode::kFormErr);
  if (view.qclass != kClassIn)
    return Refuse(pending, Rcode::kRefused, ExtendedError::kNotSupported, "only class IN is served");
  if (IsTransfer(view.qtype))
    return Refuse(pending, Rcode::kRefused, ExtendedError::kProhibited, "no transfer");
  return Fate::kLookUp;
}

Responder::Fate Responder::Refuse(Pending& pending, Rcode rcode) {
  pending.rcode = rcode;
  return Fate::kBare;
}

Responder::Fate Responder::Refuse(Pending& pending, Rcode rcode, ExtendedError code, std::string_view text) {
  pending.opt.Explain(code, text);
  return Refuse(pending, rcode);
}

void Responder::AnswerOne(Query& query, Pending& pending) {
  const QueryView& view = pending.view;
  ++(query.tcp ? counters_.queries_tcp : counters_.queries_udp);
  if (pending.fate == Fate::kDrop) {
    ++counters_.dropped;
    query.dropped = true;
    return;
  }
  const size_t udp_limit =
      view.has_edns ? std::min(view.udp_payload_octets, options_.edns.udp_payload_octets) : kPlainUdpOctets;
  MessageWriter out(query.reply, query.tcp ? kMaxMessageOctets : udp_limit);
  out.Begin({.id = view.id,
             .response = true,
             .opcode = view.opcode(),
             .recursion_desired = view.recursion_desired(),
             .checking_disabled = view.checking_disabled()});
  if (view.question_octets > 0) {
    out.AddQuestionOctets(query.packet.subspan(kHeaderOctets, view.question_octets), view.qname_octets);
  }
  out.Reserve(pending.opt.FirmOctets());

  Rcode rcode = pending.rcode;
  if (pending.fate == Fate::kLookUp) {
    const ComposeRequest request{.zones = *zones_,
                                 .zone = *pending.entry->zone,
                                 .qname = pending.qname,
                                 .qtype = view.qtype,
                                 .dnssec_ok = view.dnssec_ok,
                                 .any = query.tcp ? AnyAnswer::kFull : options_.any};
    const Composed composed = Compose(request, out);
    rcode = composed.rcode;
    counters_.truncated += composed.truncated ? 1 : 0;
  }
  if (pending.fate == Fate::kTruncated) out.SetTruncated();
  out.AddOpt(pending.opt, rcode);
  query.reply_octets = out.Finish();
  ++counters_.by_rcode[static_cast<size_t>(rcode)];
}

}  // namespace cairn
