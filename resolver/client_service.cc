#include "resolver/client_service.h"

#include <algorithm>
#include <utility>

#include "resolver/cached_answer.h"
#include "resolver/refresher.h"
#include "resolver/resolution.h"
#include "resolver/resolution_trace.h"
#include "resolver/stale_answer.h"

namespace cairn {
namespace {

// Clients that may wait at one time. Beyond them a query is answered SERVFAIL at once, so that it costs no
// memory and the client turns to its next resolver (client table exhaustion, CVE-2026-42534).
constexpr size_t kWaitingClients = 4096;
// An answer over UDP: enough for the largest payload a client may announce, in practice 4096.
constexpr size_t kUdpReplyOctets = 4096;

// The access list's entry for `client`; nullptr when none matches.
const AccessRule* FirstMatch(const std::vector<AccessRule>& rules, const IpAddress& client) {
  const auto rule = std::find_if(rules.begin(), rules.end(),
                                 [&client](const AccessRule& r) { return r.net.Contains(client); });
  return rule == rules.end() ? nullptr : &*rule;
}

TracePoint TraceClient(TracePoint at, const ClientQuery& client, const Question& asked,
                       const std::vector<AccessRule>& access) {
  const TracePoint came = at.Add(
      trace::ClientQuery{.question = asked,
                         .client = client.to.client,
                         .transport = client.tcp ? trace::Transport::kTcp : trace::Transport::kUdp,
                         .recursion_desired = client.recursion_desired,
                         .checking_disabled = client.checking_disabled,
                         .dnssec_ok = client.opt.dnssec_ok,
                         .udp_payload_octets = client.opt.present ? client.udp_payload_octets : uint16_t{0}});
  const AccessRule* rule = FirstMatch(access, client.to.client.address);
  came.Add(trace::AccessDecided{.client = client.to.client.address,
                                .rule = rule ? rule->net.ToText() : "no entry matches",
                                .allowed = rule && rule->action == AccessRule::Action::kAllow});
  return came;
}

}  // namespace

void ClientService::OnQueries(std::span<Query> batch) {
  for (; batch.size() > kBatch; batch = batch.subspan(kBatch)) AnswerBatch(batch.first(kBatch));
  AnswerBatch(batch);
}

void ClientService::AnswerBatch(std::span<Query> batch) {
  for (size_t i = 0; i < batch.size(); ++i) {
    Place& place = places_[i];
    ReadQuery(batch[i].packet, place.view);
    place.fate = Receive(batch[i], place);
    if (place.fate == Fate::kDone) continue;
    parts_.cache.MakeKey(place.view.qname_folded(), place.key);
    parts_.cache.Prefetch(place.key, place.view.qtype);
  }
  const Instant now = parts_.clock.Now();
  {
    const CacheReading reading(parts_.epoch);
    // The index is in cache lines that are on their way since the first pass; what it points to comes now.
    for (size_t i = 0; i < batch.size(); ++i) {
      if (places_[i].fate == Fate::kFromCache)
        parts_.cache.PrefetchEntry(places_[i].key, places_[i].view.qtype);
    }
    for (size_t i = 0; i < batch.size(); ++i) {
      Place& place = places_[i];
      if (place.fate == Fate::kDone) continue;
      const bool may_be_traced = tap_ != nullptr && place.view.recursion_desired();
      if (!may_be_traced && AnswerFromCache(batch[i], place, now)) place.fate = Fate::kDone;
    }
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    if (places_[i].fate == Fate::kDone) continue;
    if (places_[i].view.recursion_desired())
      Recurse(batch[i], places_[i]);
    else
      AnswerWithoutRecursion(batch[i], places_[i]);
  }
}

// All that can be said without looking at any data. Access comes first: who may not ask learns nothing else.
ClientService::Fate ClientService::Receive(Query& query, Place& place) {
  const QueryView& view = place.view;
  ++parts_.counters.client_queries;
  if (view.verdict == QueryVerdict::kDrop) {
    ++parts_.counters.client_malformed;
    query.dropped = true;
    return Fate::kDone;
  }
  const CookieStanding standing = edns_.Begin(query, view, place.opt);
  const AccessRule* rule = FirstMatch(parts_.options.access, query.to.client.address);
  if (rule == nullptr || rule->action != AccessRule::Action::kAllow)
    return Refuse(query, place, Rcode::kRefused, ExtendedError::kProhibited);
  if (standing == CookieStanding::kValid) ++parts_.counters.client_cookies_valid;
  if (standing == CookieStanding::kInvalid) ++parts_.counters.client_cookies_invalid;
  if (AnswerForCookie(query, place, standing)) return Fate::kDone;
  switch (view.verdict) {
    case QueryVerdict::kFormErr:
    case QueryVerdict::kCookieOnly:
      return Refuse(query, place, Rcode::kFormErr, std::nullopt);
    case QueryVerdict::kNotImp:
      return Refuse(query, place, Rcode::kNotImp, std::nullopt);
    case QueryVerdict::kBadVers:
      return Refuse(query, place, Rcode::kBadVers, std::nullopt);
    default:
      break;
  }
  if (view.has_tsig) {  // we know no keys
    query.reply_octets = WriteUnknownKey(ClientQuery::From(query, view, place.opt), query.packet,
                                         view.tsig_offset, query.reply);
    return Fate::kDone;
  }
  // We hold data of class IN alone, and in CHAOS the names that the operator gave us.
  if (view.qclass != kClassIn) {
    const std::string_view identity = TextFor(parts_.options.identity, view);
    if (identity.empty()) return Refuse(query, place, Rcode::kRefused, ExtendedError::kNotSupported);
    query.reply_octets = WriteIdentity(ClientQuery::From(query, view, place.opt), identity, query.reply);
    return Fate::kDone;
  }
  if (view.qtype == rr::kAny) {
    query.reply_octets = WriteMinimalAny(ClientQuery::From(query, view, place.opt), query.reply);
    return Fate::kDone;
  }
  if (view.qtype == rr::kAxfr || view.qtype == rr::kIxfr)
    return Refuse(query, place, Rcode::kRefused, ExtendedError::kNotSupported);
  if (view.qtype.IsMeta()) return Refuse(query, place, Rcode::kNotImp, std::nullopt);
  if (!view.recursion_desired() && parts_.options.non_recursive == NonRecursive::kRefuse)
    return Refuse(query, place, Rcode::kRefused, ExtendedError::kProhibited);
  return Fate::kFromCache;
}

// What a query gets for its cookie, or for the lack of one, whatever it asks for.
bool ClientService::AnswerForCookie(Query& query, const Place& place, CookieStanding standing) {
  BareReply reply;
  switch (edns_.Demand(query, place.view, standing)) {
    case CookieAnswer::kNone:
      return false;
    case CookieAnswer::kNoError:
      break;
    case CookieAnswer::kBadCookie:
      ++parts_.counters.client_cookies_demanded;
      reply.rcode = Rcode::kBadCookie;
      break;
    case CookieAnswer::kTruncated:
      ++parts_.counters.client_cookies_demanded;
      reply.truncated = true;
      break;
  }
  query.reply_octets = WriteBareReply(ClientQuery::From(query, place.view, place.opt), reply, query.reply);
  return true;
}

ClientService::Fate ClientService::Refuse(Query& query, const Place& place, Rcode rcode,
                                          std::optional<ExtendedError> why) {
  ++(rcode == Rcode::kRefused ? parts_.counters.client_refused : parts_.counters.client_malformed);
  const BareReply reply{.rcode = rcode, .truncated = false, .why = why};
  query.reply_octets = WriteBareReply(ClientQuery::From(query, place.view, place.opt), reply, query.reply);
  return Fate::kDone;
}

bool ClientService::AnswerFromCache(Query& query, Place& place, Instant now) {
  const CacheHit hit = parts_.cache.Lookup(place.key, place.view.qtype, now);
  if (!hit) return false;
  // Of a failure the client may be spared (RFC 8767): that takes more than a look into the cache.
  if (hit.outcome == CacheHit::Outcome::kFailure && parts_.options.serve_stale) return false;
  const QueryView& view = place.view;
  const size_t limit = AnswerLimit(query.tcp, place.opt, view.udp_payload_octets);
  const CachedAnswer answer =
      WriteCachedAnswer(parts_.cache, hit, view, query.packet, now, place.opt, query.reply.first(limit));
  if (answer.octets == 0) return false;
  query.reply_octets = answer.octets;
  ++parts_.counters.cache_hits;
  if (answer.ageing != nullptr) parts_.refresher.Consider(*answer.ageing, now);
  return true;
}

// RFC 1034 section 4.3.1: what we know, or the servers closest to the name; nobody is asked.
void ClientService::AnswerWithoutRecursion(Query& query, const Place& place) {
  const Instant now = parts_.clock.Now();
  const ClientQuery client = ClientQuery::From(query, place.view, place.opt);
  const std::optional<Delegation> cut = parts_.delegations.Closest(place.view.qname_folded(), now);
  query.reply_octets =
      cut ? WriteReferral(client, *cut, now, query.reply)
          : WriteBareReply(client,
                           BareReply{.rcode = Rcode::kServFail, .truncated = false, .why = std::nullopt},
                           query.reply);
}

void ClientService::Recurse(Query& query, const Place& place) {
  const QueryView& view = place.view;
  ClientQuery client = ClientQuery::From(query, view, place.opt);
  if (waiting_.size() >= kWaitingClients) {
    ++parts_.counters.clients_turned_away;
    const BareReply reply{.rcode = Rcode::kServFail, .truncated = false, .why = ExtendedError::kNotReady};
    query.reply_octets = WriteBareReply(client, reply, query.reply);
    return;
  }
  Question asked{Name(view.qname(query.packet)), view.qtype, view.qclass};
  std::shared_ptr<TraceRecorder> trace = tap_ ? tap_->Begin(asked, query.to.client) : nullptr;
  waiting_.Spawn(Serve(std::move(client), std::move(asked), std::move(trace)));
}

Task<void> ClientService::Serve(ClientQuery client, Question asked, std::shared_ptr<TraceRecorder> trace) {
  ++parts_.counters.resolutions;
  TracePoint root(trace.get());
  if (root) root = TraceClient(root, client, asked, parts_.options.access);
  auto budget = std::make_shared<WorkBudget>(parts_.clock.Now(), trace);
  StaleFallback stale(parts_, asked, [&](const Answer& old_answer) { Send(client, old_answer); }, root);
  Resolution resolution(parts_, budget, root);
  Answer answer = co_await resolution.Run(std::move(asked));
  if (!stale.answered()) {
    stale.MendFailure(answer);
    Finish(answer, *budget, root);
    Send(client, answer);
  }
  if (trace && tap_) tap_->End(answer.asked, std::move(trace));
}

void ClientService::Resolve(Question asked, std::shared_ptr<TraceRecorder> trace,
                            std::function<void(Answer)> done) {
  waiting_.Spawn(ServeLocal(std::move(asked), std::move(trace), std::move(done)));
}

Task<void> ClientService::ServeLocal(Question asked, std::shared_ptr<TraceRecorder> trace,
                                     std::function<void(Answer)> done) {
  ++parts_.counters.resolutions;
  TracePoint root(trace.get());
  if (root)
    root = root.Add(trace::ResolutionStarted{.question = asked, .purpose = trace::Purpose::kOperator});
  auto budget = std::make_shared<WorkBudget>(parts_.clock.Now(), std::move(trace));
  StaleFallback stale(parts_, asked, nullptr, root);
  Resolution resolution(parts_, budget, root);
  Answer answer = co_await resolution.Run(std::move(asked));
  stale.MendFailure(answer);
  Finish(answer, *budget, root);
  done(std::move(answer));
}

void ClientService::Finish(const Answer& answer, const WorkBudget& budget, TracePoint root) {
  if (answer.rcode == Rcode::kServFail) ++parts_.counters.servfails;
  if (budget.struck()) ++parts_.counters.limits_struck;
  if (root) TraceAnswered(root, answer);
}

void ClientService::Send(const ClientQuery& client, const Answer& answer) {
  if (client.tcp) {
    std::vector<uint8_t> reply(kMaxMessageOctets);
    const size_t octets = WriteAnswer(client, answer, reply);
    client.to.listener->Reply(client.to, ByteView(reply.data(), octets));
  } else {
    std::array<uint8_t, kUdpReplyOctets> reply;
    const size_t octets = WriteAnswer(client, answer, reply);
    client.to.listener->Reply(client.to, ByteView(reply.data(), octets));
  }
}

}  // namespace cairn
