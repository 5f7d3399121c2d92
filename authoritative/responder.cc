#include "authoritative/responder.h"

#include <algorithm>
#include <utility>

#include "common/dns/message.h"
#include "common/dns/tsig_refusal.h"

namespace cairn {
namespace {

constexpr size_t kChunk = 32;  // queries worked on together; more would push each other out of the cache

// QTYPEs that ask for no data: meta records out of place (RFC 6895 section 3.1).
bool IsNoQuestion(RrType qtype) {
  return qtype.value == 0 || qtype == rr::kOpt || qtype == rr::kTsig || qtype == rr::kTkey;
}
using Verdict = ResponseRateLimiter::Verdict;

bool SameOctets(NameView a, NameView b) { return std::ranges::equal(a.wire(), b.wire()); }
bool IsTransfer(RrType qtype) { return qtype == rr::kAxfr || qtype == rr::kIxfr; }

}  // namespace

enum class Responder::Fate : uint8_t {
  kDrop,       // silence
  kBare,       // header, question and OPT
  kTruncated,  // the same, with TC
  kIdentity,   // who we are, in class CHAOS
  kLookUp,
};

struct Responder::Pending {
  QueryView view;
  LabelPath qname;
  const ZoneSet::Entry* entry = nullptr;
  ResponseOpt opt;
  LookupResult found;       // what the entry's zone says
  AnswerCache::Key answer;  // where the answer to that may be kept
  Fate fate = Fate::kDrop;
  bool proven = false;            // the client's address is not forged: TCP, or a cookie of ours
  Rcode rcode = Rcode::kNoError;  // of a bare answer
  std::string_view identity;
  uint64_t subject = 0;  // what the answer is about, for the rate limit
};

Responder::Responder(ResponderOptions options, const Clock* clock)
    : options_(std::move(options)),
      clock_(clock),
      edns_(options_.edns, clock),
      rate_limiter_(clock == nullptr ? RateLimitOptions{.enabled = false} : options_.rate_limit,
                    options_.rate_limit_key, options_.rate_limit_told),
      zones_(std::make_shared<const ZoneSet>()),
      answers_(options_.answer_cache_octets),
      pending_(new Pending[kChunk]) {}

Responder::~Responder() = default;

void Responder::SetZones(std::shared_ptr<const ZoneSet> zones) {
  zones_ = std::move(zones);
  answers_.Clear();
}

void Responder::SetClientPolicy(const CookieOptions& cookies, const RateLimitOptions& rate_limit) {
  if (cookies != edns_.options().cookies) edns_.SetCookies(cookies);
  if (rate_limit == options_.rate_limit) return;
  options_.rate_limit = rate_limit;
  rate_limiter_.SetOptions(rate_limit);
}

void Responder::OnQueries(std::span<Query> batch) {
  if (clock_ != nullptr) now_ = clock_->Now();
  while (!batch.empty()) {
    const std::span<Query> chunk = batch.first(std::min(batch.size(), kChunk));
    ReadAndFetch(chunk);
    FindAll(chunk);
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
    zones_->PrefetchSlot(pending.qname);
  }
  const std::span<Pending> all(pending_.get(), chunk.size());
  for (const Pending& pending : all) {
    if (pending.fate == Fate::kLookUp) zones_->PrefetchEntry(pending.qname);
  }
  for (const Pending& pending : all) {
    if (pending.fate == Fate::kLookUp) zones_->PrefetchZone(pending.qname);
  }
  for (Pending& pending : all) {
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
  for (const Pending& pending : all) {
    if (pending.fate == Fate::kLookUp) pending.entry->zone->PrefetchNode(pending.qname);
  }
}

// What the zones say, and the place where the answer to it may be kept. An answer's names point into the
// question and so are spelled like it: those of questions in lower case are the ones that are kept.
void Responder::FindAll(std::span<const Query> chunk) {
  for (size_t i = 0; i < chunk.size(); ++i) {
    Pending& pending = pending_[i];
    if (pending.fate != Fate::kLookUp) continue;
    const QueryView& view = pending.view;
    const Zone& zone = *pending.entry->zone;
    pending.found = Find(zone, pending.qname, view.qtype);
    pending.answer = {};
    if (!answers_.enabled() || !SameOctets(view.qname_folded(), pending.qname.name())) continue;
    pending.answer = AnswerCache::KeyOf(zone, pending.found, view.qtype, view.dnssec_ok);
    if (pending.answer) answers_.PrefetchBucket(pending.answer);
  }
  for (const Pending& pending : std::span(pending_.get(), chunk.size())) {
    if (pending.fate == Fate::kLookUp && pending.answer) answers_.PrefetchAnswer(pending.answer);
  }
}

// All that can be said without looking for data.
Responder::Fate Responder::Judge(const Query& query, Pending& pending) {
  const QueryView& view = pending.view;
  pending.rcode = Rcode::kNoError;
  pending.subject = 0;
  if (view.verdict == QueryVerdict::kDrop) return Fate::kDrop;
  const CookieStanding standing = edns_.Begin(query, view, pending.opt);
  pending.proven = query.tcp || standing == CookieStanding::kValid;
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
  if (view.qclass != kClassIn) {
    pending.identity = TextFor(options_.identity, view);
    if (!pending.identity.empty()) return Fate::kIdentity;
    return Refuse(pending, Rcode::kRefused, ExtendedError::kNotSupported, "only class IN is served");
  }
  if (IsTransfer(view.qtype))
    return Refuse(pending, Rcode::kRefused, ExtendedError::kProhibited,
                  "zones go out over TCP, to those whom a transfer rule names");
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
  ++counters_.by_opcode[static_cast<size_t>(view.opcode())];
  if (view.question_octets > 0) ++counters_.by_qtype[QtypeSlot(view.qtype)];
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
  const MessageWriter::Mark question_only = out.mark();
  out.Reserve(pending.opt.FirmOctets());
  Rcode rcode = WriteAnswer(query, pending, out);
  if (!pending.proven) {
    const Verdict verdict = rate_limiter_.Take(query.to.client.address, pending.subject, now_);
    query.dropped = verdict == Verdict::kDrop;
    if (query.dropped) return;
    if (verdict == Verdict::kTruncate) {
      out.Rewind(question_only);
      out.SetAuthoritative(false);
      out.SetTruncated();
      rcode = Rcode::kNoError;
    }
  }
  out.AddOpt(pending.opt, rcode);
  if (view.has_tsig && rcode == Rcode::kNotAuth && !AddBadKey(query.packet, view.tsig_offset, out)) {
    rcode = Rcode::kFormErr;
    out.SetRcode(rcode);
  }
  query.reply_octets = out.Finish();
  ++counters_.by_rcode[static_cast<size_t>(rcode)];
}

// Everything behind the question but OPT.
Rcode Responder::WriteAnswer(const Query& query, Pending& pending, MessageWriter& out) {
  switch (pending.fate) {
    case Fate::kTruncated:
      out.SetTruncated();
      break;
    case Fate::kIdentity:
      AddIdentity(pending.view.qname(query.packet), pending.identity, out);
      break;
    case Fate::kLookUp: {
      const Composed composed = WriteSections(query, pending, out);
      counters_.truncated += composed.truncated ? 1 : 0;
      pending.subject = composed.subject;
      return composed.rcode;
    }
    default:
      break;
  }
  return pending.rcode;
}

// Out of the cache, or made from what was found.
Composed Responder::WriteSections(const Query& query, const Pending& pending, MessageWriter& out) {
  if (pending.answer) {
    if (const std::optional<Composed> kept = answers_.Copy(pending.answer, out)) {
      ++counters_.copied;
      return *kept;
    }
  }
  const ComposeRequest request{.zones = *zones_,
                               .zone = *pending.entry->zone,
                               .qname = pending.qname,
                               .qtype = pending.view.qtype,
                               .dnssec_ok = pending.view.dnssec_ok,
                               .any = query.tcp ? AnyAnswer::kFull : options_.any,
                               .found = &pending.found};
  return pending.answer ? answers_.ComposeAndKeep(pending.answer, request, out) : Compose(request, out);
}

}  // namespace cairn
