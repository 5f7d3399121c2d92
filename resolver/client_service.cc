#include "resolver/client_service.h"

#include <algorithm>
#include <utility>

#include "common/base/limits.h"
#include "common/dns/rdata.h"
#include "resolver/cached_answer.h"
#include "resolver/full_answer.h"
#include "resolver/in_flight.h"
#include "resolver/known_chain.h"
#include "resolver/local_answer.h"
#include "resolver/refresher.h"
#include "resolver/resolution.h"
#include "resolver/resolution_trace.h"
#include "resolver/server_address.h"
#include "resolver/stale_answer.h"

namespace cairn {
namespace {

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
                                .allowed = rule && (rule->action == AccessRule::Action::kAllow ||
                                                    rule->action == AccessRule::Action::kAllowSnoop)});
  return came;
}

Question AskedBy(const Query& query, const QueryView& view) {
  return {Name(view.qname(query.packet)), view.qtype, view.qclass};
}

// The names alone: the addresses that came with them are glue, which is never answered (RFC 9471 section 2).
Rrset NameServersOf(const Delegation& cut, Instant now) {
  Rrset ns{.owner = cut.cut, .type = rr::kNs, .ttl = cut.RemainingTtl(now), .rdatas = {}};
  for (const DelegationServer& server : cut.servers) ns.rdatas.Add(server.name.wire());
  return ns;
}

// The end of a query that gets no records; its question is added where it is told.
trace::Answered Describe(const BareReply& reply) {
  trace::Answered event{.question = {}, .rcode = reply.rcode, .reason = std::string(reply.text)};
  if (!reply.why) return event;
  event.extended_error = static_cast<uint16_t>(*reply.why);
  if (event.reason.empty()) event.reason = InWords(*reply.why);
  return event;
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
    if (place.fate != Fate::kFromCache) continue;
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
      if (place.fate != Fate::kFromCache) continue;
      if (!IsTraced(place.view) && AnswerFromCache(batch[i], place, now)) place.fate = Fate::kDone;
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
  place.verified = query.tcp || standing == CookieStanding::kValid;
  const AccessRule* rule = FirstMatch(parts_.options.access, query.to.client.address);
  if (rule && rule->action == AccessRule::Action::kDrop) {
    ++parts_.counters.client_dropped;
    query.dropped = true;
    if (IsTraced(view))
      TraceTurnedAway(query, place, {trace::AnswerWithheld{.reason = "dropped by the access list"}});
    return Fate::kDone;
  }
  if (rule == nullptr || rule->action == AccessRule::Action::kRefuse)
    return Refuse(query, place, Rcode::kRefused, ExtendedError::kProhibited);
  if (standing == CookieStanding::kValid) ++parts_.counters.client_cookies_valid;
  if (standing == CookieStanding::kInvalid) ++parts_.counters.client_cookies_invalid;
  if (AnswerForCookie(query, place, standing)) return Fate::kDone;
  switch (view.verdict) {
    case QueryVerdict::kFormErr:
    case QueryVerdict::kCookieOnly:
      return Refuse(query, place, Rcode::kFormErr);
    case QueryVerdict::kNotImp:
      return Refuse(query, place, Rcode::kNotImp);
    case QueryVerdict::kBadVers:
      return Refuse(query, place, Rcode::kBadVers);
    default:
      return LookAtName(query, place, rule->action);
  }
}

// What class, type and name alone decide.
ClientService::Fate ClientService::LookAtName(Query& query, const Place& place, AccessRule::Action access) {
  const QueryView& view = place.view;
  if (view.has_tsig) {  // we know no keys
    query.reply_octets = WriteUnknownKey(ClientOf(query, place), query.packet, view.tsig_offset, query.reply);
    return Fate::kDone;
  }
  // We hold data of class IN alone, and in CHAOS the names that the operator gave us.
  if (view.qclass != kClassIn) {
    const std::string_view identity = TextFor(parts_.options.identity, view);
    if (identity.empty()) {
      return Refuse(query, place, Rcode::kRefused, ExtendedError::kNotSupported,
                    "only class IN is resolved here");
    }
    query.reply_octets = WriteIdentity(ClientOf(query, place), identity, query.reply);
    return Fate::kDone;
  }
  if (view.qtype == rr::kAxfr || view.qtype == rr::kIxfr) {
    return Refuse(query, place, Rcode::kRefused, ExtendedError::kNotSupported,
                  "a resolver has no zones to transfer");
  }
  if (view.qtype == rr::kAny && parts_.options.any == AnyReply::kMinimal) {
    query.reply_octets = WriteMinimalAny(ClientOf(query, place), query.reply);
    return Fate::kDone;
  }
  if (view.qtype.IsMeta() && view.qtype != rr::kAny) return Refuse(query, place, Rcode::kNotImp);
  const ZoneRules* rules = parts_.options.zone_rules.get();
  const bool local = rules && rules->Match(view.qname_folded()).may_answer();
  if (view.recursion_desired()) return local ? Fate::kLocal : Fate::kFromCache;
  if (local && AnswerHere(query, place)) return Fate::kDone;
  // What is in the cache tells what others asked (cache snooping, THREATS section 2).
  if (access != AccessRule::Action::kAllowSnoop) {
    return Refuse(query, place, Rcode::kRefused, ExtendedError::kProhibited,
                  "without RD only clients with allow-snoop are answered");
  }
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
                                          std::optional<ExtendedError> why, std::string_view text) {
  ++(rcode == Rcode::kRefused ? parts_.counters.client_refused : parts_.counters.client_malformed);
  const BareReply reply{.rcode = rcode, .truncated = false, .why = why, .text = text};
  query.reply_octets = WriteBareReply(ClientOf(query, place), reply, query.reply);
  if (IsTraced(place.view)) TraceTurnedAway(query, place, {Describe(reply)});
  return Fate::kDone;
}

// One branch for each query while nobody listens.
bool ClientService::IsTraced(const QueryView& view) const {
  return tap_ != nullptr && view.question_octets > 0 && view.recursion_desired() &&
         tap_->Wants(view.qname_folded());
}

std::shared_ptr<TraceRecorder> ClientService::BeginTrace(const Query& query, const Place& place) const {
  if (!IsTraced(place.view)) return nullptr;
  return tap_->Begin(AskedBy(query, place.view), query.to.client);
}

// Of a query that is done with at once: who asked, what the access list said, and what came of it.
void ClientService::TraceTurnedAway(const Query& query, const Place& place,
                                    std::initializer_list<trace::EventBody> rest) {
  std::shared_ptr<TraceRecorder> trace = BeginTrace(query, place);
  if (!trace) return;
  Question asked = AskedBy(query, place.view);
  const TracePoint came =
      TraceClient(TracePoint(trace.get()), ClientOf(query, place), asked, parts_.options.access);
  for (trace::EventBody body : rest) {
    if (auto* answered = std::get_if<trace::Answered>(&body)) answered->question = asked;
    came.Add(std::move(body));
  }
  tap_->End(asked, std::move(trace));
}

ClientQuery ClientService::ClientOf(const Query& query, const Place& place) {
  ClientQuery client = ClientQuery::From(query, place.view, place.opt);
  client.verified = place.verified;
  return client;
}

bool ClientService::AnswerFromCache(Query& query, Place& place, Instant now) {
  const CacheHit hit = parts_.cache.Lookup(place.key, place.view.qtype, now);
  if (!hit || LeadsInside(place, hit, now)) return false;
  // Of a failure the client may be spared (RFC 8767): that takes more than a look into the cache.
  if (hit.outcome == CacheHit::Outcome::kFailure && parts_.options.serve_stale) return false;
  if (!parts_.options.minimal_responses) return AnswerInFull(query, place, now);
  const QueryView& view = place.view;
  const size_t limit = AnswerLimit(query.tcp, place.opt, view.udp_payload_octets);
  const CachedAnswer answer = WriteCachedAnswer(parts_.cache, parts_.options.zone_rules.get(), hit, view,
                                                query.packet, now, place.opt, query.reply.first(limit));
  if (answer.octets == 0) return false;
  query.reply_octets = answer.octets;
  ++parts_.counters.cache_hits;
  if (answer.ageing != nullptr) parts_.refresher.Consider(*answer.ageing, now);
  return true;
}

// The same with what clients do not need; it costs allocations, and is for who wants it.
bool ClientService::AnswerInFull(Query& query, const Place& place, Instant now) {
  AliasChain chain = CollectKnownChain(parts_, AskedBy(query, place.view));
  if (chain.state() != AliasChain::State::kComplete) return false;
  CollectedAnswer answer = chain.TakeAnswer();
  if (filter_.Apply(answer)) return false;  // more than LeadsInside sees was followed: say it as Serve does
  AddCompanions(parts_.cache, filter_, answer, now);
  query.reply_octets = WriteAnswer(ClientOf(query, place), answer, query.reply);
  ++parts_.counters.cache_hits;
  return true;
}

// Whether the filter against rebinding has something to leave out of what the cache would answer.
bool ClientService::LeadsInside(const Place& place, CacheHit hit, Instant now) const {
  const RrType qtype = place.view.qtype;
  if (!filter_.Concerns(qtype)) return false;
  for (int aliases = 0; hit.outcome == CacheHit::Outcome::kAlias && aliases <= limits::kMaxAliases; ++aliases)
    hit = parts_.cache.Lookup(LeadingName(hit.entry->rdatas().front()), qtype, now);
  if (hit.outcome != CacheHit::Outcome::kAnswer) return false;
  bool inside = false;
  for (const ByteView rdata : hit.entry->rdatas()) inside |= InsideAddress(qtype, rdata).has_value();
  return inside && filter_.Guards(place.view.qname_folded());
}

// RFC 1034 section 4.3.1: what we know of the answer, and the servers closest to where that ends; nobody is
// asked.
void ClientService::AnswerWithoutRecursion(Query& query, const Place& place) {
  const CacheReading reading(parts_.epoch);
  const Instant now = parts_.clock.Now();
  AliasChain chain = CollectKnownChain(parts_, AskedBy(query, place.view));
  const bool complete = chain.complete();
  const Name last_name = chain.question().qname;
  CollectedAnswer answer = chain.TakeAnswer();
  filter_.Apply(answer);
  if (!complete) {
    const std::optional<Delegation> cut = parts_.delegations.Closest(last_name, now);
    if (cut) answer.ns = NameServersOf(*cut, now);
    if (!cut && answer.answer.empty()) answer.rcode = Rcode::kServFail;
  }
  query.reply_octets = WriteAnswer(ClientOf(query, place), answer, query.reply);
}

// What is written here is for everybody who may ask, with RD or without.
bool ClientService::AnswerHere(Query& query, const Place& place) {
  const std::optional<CollectedAnswer> answer =
      CollectLocally(*parts_.options.zone_rules, AskedBy(query, place.view));
  if (!answer) return false;
  ++parts_.counters.local_answers;
  query.dropped = answer->dropped;
  if (!answer->dropped) query.reply_octets = WriteAnswer(ClientOf(query, place), *answer, query.reply);
  return true;
}

void ClientService::Recurse(Query& query, const Place& place) {
  ClientTable::Seat* seat = FindSeat(query, place);
  if (seat == nullptr) return;
  std::shared_ptr<TraceRecorder> trace = BeginTrace(query, place);
  seat->work.Spawn(Serve(seat, AskedBy(query, place.view), std::move(trace)));
}

// Whoever finds none is told so at once, so that it costs no memory and he turns to his next resolver.
ClientTable::Seat* ClientService::FindSeat(Query& query, const Place& place) {
  const Instant now = parts_.clock.Now();
  const IpAddress& address = query.to.client.address;
  ClientTable::Refusal refusal = waiting_.Consider(address, place.verified, now);
  // Fetches go on for a while when those who waited for them have left.
  if (parts_.in_flight.size() >= 2 * parts_.options.clients.clients)
    refusal = ClientTable::Refusal::kTableFull;
  if (refusal != ClientTable::Refusal::kNone) {
    const bool full = refusal == ClientTable::Refusal::kTableFull;
    ++(full ? parts_.counters.clients_turned_away : parts_.counters.clients_over_share);
    const BareReply reply{.rcode = Rcode::kServFail,
                          .truncated = false,
                          .why = ExtendedError::kNotReady,
                          .text = full ? "too many clients wait already (waiting-clients)"
                                       : "too many queries of this client wait already (waiting-per-client)"};
    query.reply_octets = WriteBareReply(ClientOf(query, place), reply, query.reply);
    if (IsTraced(place.view)) {
      const ClientLimits& places = parts_.options.clients;
      trace::LimitReached struck{
          .limit = "waiting-clients", .value = places.clients, .consequence = "SERVFAIL"};
      if (!full) {
        struck.limit = place.verified ? "waiting-with-cookie" : "waiting-per-client";
        struck.value = place.verified ? places.per_verified_address : places.per_address;
      }
      TraceTurnedAway(query, place, {std::move(struck), Describe(reply)});
    }
    return nullptr;
  }
  if (ClientTable::Seat* slow = waiting_.WhoGivesWay(now)) GiveWay(*slow);
  return &waiting_.Take(ClientOf(query, place), place.verified, now);
}

void ClientService::GiveWay(ClientTable::Seat& seat) {
  ++parts_.counters.clients_evicted;
  seat.work.CancelAll();
  Answer answer;
  answer.rcode = Rcode::kServFail;
  answer.extended_error = ExtendedError::kNoReachableAuthority;
  answer.explanation = "its servers are slow, and too many clients wait (slow-client)";
  if (!seat.answered) Send(seat, answer);
  waiting_.Free(seat);
}

Task<void> ClientService::Serve(ClientTable::Seat* seat, Question asked,
                                std::shared_ptr<TraceRecorder> trace) {
  ++parts_.counters.resolutions;
  TracePoint root(trace.get());
  if (root) root = TraceClient(root, seat->client, asked, parts_.options.access);
  const ResolverOptions& options = parts_.options;
  const Duration patience =
      seat->client.tcp ? options.query_time : std::chrono::milliseconds(options.client_timeout_ms);
  auto budget = std::make_shared<WorkBudget>(parts_.clock.Now(), trace, options.work_terms(patience));
  StaleFallback stale(
      parts_, asked, [this, seat, root](const Answer& old_answer) { SendStale(*seat, old_answer, root); },
      root);
  Resolution resolution(parts_, budget, root);
  Answer answer = co_await resolution.Run(std::move(asked));
  if (!stale.answered()) {
    if (!TooLate(*seat)) stale.MendFailure(answer);  // a failure is still told then, stale data are not
    Finish(answer, *budget, root);
    Send(*seat, answer, root);
  }
  if (trace && tap_) tap_->End(answer.asked, std::move(trace));
  waiting_.Free(*seat);
}

void ClientService::Resolve(Question asked, std::shared_ptr<TraceRecorder> trace,
                            std::function<void(Answer)> done) {
  operators_.Spawn(ServeLocal(std::move(asked), std::move(trace), std::move(done)));
}

Task<void> ClientService::ServeLocal(Question asked, std::shared_ptr<TraceRecorder> trace,
                                     std::function<void(Answer)> done) {
  ++parts_.counters.resolutions;
  TracePoint root(trace.get());
  if (root)
    root = root.Add(trace::ResolutionStarted{.question = asked, .purpose = trace::Purpose::kOperator});
  auto budget =
      std::make_shared<WorkBudget>(parts_.clock.Now(), std::move(trace), parts_.options.work_terms());
  StaleFallback stale(parts_, asked, nullptr, root);
  Resolution resolution(parts_, budget, root);
  Answer answer = co_await resolution.Run(std::move(asked));
  stale.MendFailure(answer);
  Finish(answer, *budget, root);
  done(std::move(answer));
}

void ClientService::Finish(Answer& answer, const WorkBudget& budget, TracePoint root) {
  if (const std::optional<std::string> stripped = filter_.Apply(answer)) {
    ++parts_.counters.rebindings_stopped;
    answer.extended_error = ExtendedError::kBlocked;
    answer.explanation = *stripped;
    if (root) TraceRebinding(root, answer);
  }
  if (!parts_.options.minimal_responses) {
    const CacheReading reading(parts_.epoch);
    AddCompanions(parts_.cache, filter_, answer, parts_.clock.Now());
  }
  if (answer.rcode == Rcode::kServFail) ++parts_.counters.servfails;
  if (budget.struck()) ++parts_.counters.limits_struck[static_cast<size_t>(*budget.struck())];
  if (parts_.clock.Now() >= budget.deadline()) ++parts_.counters.queries_out_of_time;
  if (root) TraceAnswered(root, answer);
}

// Who forges an address can make answers pile up and leave together at somebody else (DNSBomb). Loopback and
// those who have proved their address forge nothing; their late answer tells them what is wrong.
bool ClientService::TooLate(const ClientTable::Seat& seat) const {
  const Duration most = parts_.options.clients.answer_within;
  if (most == Duration::zero() || seat.client.verified) return false;
  if (ReachOf(seat.client.to.client.address) == AddressReach::kLoopback) return false;
  return parts_.clock.Now() - seat.since > most;
}

// What has expired passes the same filter.
void ClientService::SendStale(ClientTable::Seat& seat, Answer answer, TracePoint root) {
  filter_.Apply(answer);
  if (root) TraceAnswered(root, answer);
  Send(seat, answer, root);
}

Answer ClientService::Bare(Answer answer) {
  answer.answer.clear();
  answer.rrsigs.clear();
  return answer;
}

void ClientService::Send(ClientTable::Seat& seat, const Answer& answer, TracePoint root) {
  const ClientQuery& client = seat.client;
  seat.answered = true;
  const bool too_late = TooLate(seat);
  // That it failed is said even then, without records: such an answer is hardly longer than its query, and
  // whoever hears it need not go on asking.
  if (too_late && answer.rcode == Rcode::kServFail && !answer.answer.empty())
    return Send(seat, Bare(answer), root);
  const bool withheld = too_late && answer.rcode != Rcode::kServFail;
  if (withheld) ++parts_.counters.answers_too_late;
  if (root && withheld)
    root.Add(trace::AnswerWithheld{.reason = "too late for a client that may be forged (answer-within)"});
  if (root && answer.dropped) root.Add(trace::AnswerWithheld{.reason = "a rule of the configuration"});
  if (withheld || answer.dropped) {
    client.to.listener->Reply(client.to, {});
  } else if (client.tcp) {
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
