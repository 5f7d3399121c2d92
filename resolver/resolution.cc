#include "resolver/resolution.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "resolver/known_chain.h"
#include "resolver/priming.h"
#include "resolver/remember.h"
#include "resolver/resolution_trace.h"
#include "resolver/server_addresses.h"

namespace cairn {
namespace {

// Asks a server for the sake of measuring it. Nobody waits, and what it says is not kept: it may be slow, and
// by the time it answers, the one who was asked for the answer has given it.
Task<void> Probe(ResolverParts& parts, ExchangeRequest request, std::shared_ptr<WorkBudget> budget,
                 TracePoint at) {
  const Endpoint server = request.server;
  FetchBudget purse(std::move(budget));
  const ExchangeResult result = co_await parts.exchanger.Ask(std::move(request), purse, at);
  const Instant now = parts.clock.Now();
  if (result.end == ExchangeResult::End::kReply) parts.servers.OnReply(server, result.rtt, now);
  if (result.end == ExchangeResult::End::kTimeout) parts.servers.OnTimeout(server, now - result.rtt, now);
}

}  // namespace

// ---- SNAME after SNAME

Task<Answer> Resolution::Run(Question asked) {
  AliasChain chain(std::move(asked));  // SNAME and STYPE, moved on by each CNAME or DNAME
  while (!chain.complete()) {
    const int restarts = chain.restarts();
    const size_t links = chain.links().size();
    const std::optional<LocalAnswer> local = AskLocally(chain.question());  // 1: what is written here
    if (local && local->blocks()) co_return Block(chain, *local);
    if (local) {
      Append(chain, *local);
    } else if (!AppendFromCache(chain)) {  // 1: what is known
      Question question = chain.question();
      std::shared_ptr<WorkBudget> budget = budget_;
      const std::shared_ptr<const RunningFetch> fetched =
          co_await parts_.in_flight.Fetch(std::move(question), std::move(budget), asker_, at_);  // 2, 3
      if (asker_ && (!fetched || fetched->outcome.starved)) asker_->starved = true;
      if (!fetched) co_return Fail(chain, ExtendedError::kNoReachableAuthority);
      if (!fetched->outcome.finding) co_return Fail(chain, fetched->outcome.why, fetched->outcome.fault);
      chain.Append(*fetched->outcome.finding);  // 4a
    }
    const int followed = chain.restarts() - restarts;  // 4c
    if (followed == 0) continue;
    if (at_) TraceAliases(at_, chain, links);
    if (!budget_->Spend(Limit::kRestarts, static_cast<uint32_t>(followed))) {
      if (at_) TraceTooManyAliases(at_, budget_->most(Limit::kRestarts));
      co_return Fail(chain, ExtendedError::kOther);
    }
  }
  if (at_) TraceChainEnd(at_, chain);
  co_return chain.TakeAnswer();
}

std::optional<LocalAnswer> Resolution::AskLocally(const Question& question) const {
  const ZoneRules* rules = parts_.options.zone_rules.get();
  std::optional<LocalAnswer> answer;
  if (rules) answer = AnswerLocally(*rules, question);
  if (answer) ++parts_.counters.local_answers;
  if (at_ && answer) TraceLocal(at_, question, *answer);
  return answer;
}

bool Resolution::AppendFromCache(AliasChain& chain) {
  const CacheReading reading(parts_.epoch);
  return AppendKnownLink(parts_, chain, at_);
}

// What the chain has so far goes to the client beside SERVFAIL's reason, so that one sees how far it came.
Answer Resolution::Fail(AliasChain& chain, ExtendedError why, std::string fault) {
  Answer answer = chain.TakeAnswer();
  answer.rcode = Rcode::kServFail;
  answer.soa.reset();
  answer.extended_error = why;
  answer.explanation = std::move(fault);
  if (const std::optional<Limit> struck = budget_->struck()) {
    const std::string limit =
        fmt::format("limit {} ({}) reached", RowOf(*struck).name, budget_->most(*struck));
    answer.explanation = answer.explanation.empty() ? limit : limit + "; " + answer.explanation;
  }
  if (at_) at_.Add(trace::ResolutionFailed{.reason = DescribeFailure(why, *budget_)});
  return answer;
}

// ---- From cut to cut

Task<FetchOutcome> Walk::Run() {
  std::optional<Delegation> cut = BestCut();  // 2
  FetchOutcome outcome;
  while (cut && fetch_.budget.Spend(Limit::kReferrals, at_)) {
    TracePoint at;
    if (at_) at = TraceCut(at_, *cut, outcome.finding.has_value());
    Delegation here = *std::move(cut);
    cut.reset();
    const bool may_fall_back = here.fall_back;
    outcome = co_await AskStepByStep(std::move(here), at);  // 3, 4d
    if (!outcome.finding && may_fall_back) cut = LearntCut();
    if (!outcome.finding || outcome.finding->kind != FindingKind::kReferral) continue;  // 4a, 4c
    // 4b: taken from the reply, not from the store, since one with TTL 0 serves this question and no other.
    cut = *std::move(outcome.finding->referral);
  }
  if (outcome.finding && outcome.finding->kind == FindingKind::kReferral) outcome.finding.reset();
  if (outcome.finding) {
    outcome.starved = false;  // a crowded server beside the one that answered is nobody's concern
    co_return outcome;
  }
  outcome.starved = outcome.starved || Starved();
  if (outcome.starved || parts_.retired) co_return outcome;
  const Question& question = fetch_.question;
  const Duration remembered =
      parts_.cache.StoreFailure(question.qname, question.qtype, outcome.why, parts_.clock.Now());
  if (at_) TraceFailureStored(at_, question, remembered);
  co_return outcome;
}

// RFC 9520 section 2 names the failures that are to be remembered: errors, silence, loops of delegations and
// aliases. An empty purse is none of them. Where others' work emptied it, an attacker could spend his on a
// chain of aliases or of servers that ends at a name of his choice, and nobody would resolve that name for
// minutes. A question that had the whole purse to itself and does not come to its end in it is remembered,
// though: the cause is then its own, and all of it would be done again.
bool Walk::Starved() const {
  if (fetch_.has_whole_purse) return false;
  const WorkBudget& purse = *fetch_.budget.whole();
  return fetch_.starved || purse.struck() || parts_.clock.Now() >= purse.deadline() ||
         purse.exhausted(Limit::kServerNameFailures);
}

// What the configuration says comes before what was learnt. Nothing: not even the root is known.
std::optional<Delegation> Walk::BestCut() const {
  std::optional<Delegation> configured = ConfiguredCut();
  return configured ? std::move(configured) : LearntCut();
}

// The forward or stub zone that holds the name. What a stub zone's servers told of cuts below it leads on;
// what anybody says of those below a forward zone, or above, is for others.
std::optional<Delegation> Walk::ConfiguredCut() const {
  const Question& question = fetch_.question;
  const ZoneRules* rules = parts_.options.zone_rules.get();
  const UpstreamZone* zone = rules ? rules->MatchFor(question.qname, question.qtype).upstream : nullptr;
  if (!zone || zone->IsServer(question.qname)) return std::nullopt;
  if (!zone->recursive) {
    std::optional<Delegation> learnt = ClosestLearnt();
    if (learnt && learnt->cut.IsBelow(zone->apex)) return learnt;
  }
  return DelegationTo(*zone);
}

// Other servers are asked about it, or nobody: no reply to this question is believed there (THREATS section
// 2, forwarding and recursion kept apart).
bool Walk::IsUnderAnotherRule(NameView name) const {
  const ZoneRules* rules = parts_.options.zone_rules.get();
  return rules && rules->Match(name) != rules->Match(fetch_.question.qname);
}

// DS lives at the parent side of its cut (RFC 4035 section 3.1.4.1).
std::optional<Delegation> Walk::ClosestLearnt() const {
  const Instant now = parts_.clock.Now();
  const Question& question = fetch_.question;
  return question.qtype == rr::kDs && !question.qname.IsRoot()
             ? parts_.delegations.ClosestAbove(question.qname, now)
             : parts_.delegations.Closest(question.qname, now);
}

std::optional<Delegation> Walk::LearntCut() const {
  std::optional<Delegation> cut = ClosestLearnt();
  if (cut && cut->cut.IsRoot()) parts_.priming.Consider(*cut, fetch_.budget.whole()->trace(), at_);
  return cut;
}

// Forwarders are shown the whole name: they need it to find the answer (RFC 9156 section 2.2).
Walk::Asking Walk::AskingAt(const Delegation& cut) const {
  Question shown = cut.kind == DelegationKind::kForward ? fetch_.question : name_.Next(cut.cut);
  const bool whole = name_.IsWhole(shown);
  return {
      .cut = cut.cut, .kind = cut.kind, .over_tcp = cut.over_tcp, .shown = std::move(shown), .whole = whole};
}

// At one cut: name after name (RFC 9156 section 3), until its servers refer us on or have said all they know.
Task<FetchOutcome> Walk::AskStepByStep(Delegation cut, TracePoint at) {
  while (true) {
    const Asking asking = AskingAt(cut);
    if (asking.whole) co_return co_await AskUntilUseful(std::move(cut), asking, at);

    FetchOutcome outcome;
    std::optional<MinimisedName::Said> said = SaidBefore(asking);
    const bool cached = said.has_value();
    if (!said) {
      outcome = co_await AskOneStep(cut, asking, at);
      if (outcome.finding && outcome.finding->kind == FindingKind::kReferral) co_return outcome;
      said = SaidBy(outcome);
    }
    const bool go_on = name_.Take(asking.shown, *said);
    if (at) TraceStep(at, asking.shown, *said, cached, go_on);
    if (go_on) continue;
    // RFC 8020: there is nothing below a name that does not exist.
    if (outcome.finding) outcome.finding->last_name = fetch_.question.qname;
    co_return outcome;
  }
}

// Equal steps of several walks are one question, and its outcome is everybody's: also where nothing of it may
// be stored (TTL 0, a denial which relaxed minimisation does not believe), or each of them would ask for
// himself, all at the same moment (birthday attack, RFC 5452 section 5).
Task<FetchOutcome> Walk::AskOneStep(Delegation cut, Asking asking, TracePoint at) {
  const WalkStep step{.cut = cut.cut, .kind = cut.kind, .shown = asking.shown};
  InFlight::Turn turn = co_await parts_.in_flight.AwaitStep(step, fetch_, at);
  // What another client had no time or purse left for says nothing about ours.
  while (turn.whose == InFlight::Turn::Whose::kOthers && turn.told.starved)
    turn = co_await parts_.in_flight.AwaitStep(step, fetch_, at);
  if (turn.whose == InFlight::Turn::Whose::kOthers) co_return std::move(turn.told);

  FetchOutcome outcome = co_await AskUntilUseful(std::move(cut), std::move(asking), at);
  if (turn.whose == InFlight::Turn::Whose::kOurs) parts_.in_flight.EndStep(step, outcome);
  co_return outcome;
}

// What the cache knows of a name between makes asking for it needless. A cached denial is not taken as the
// last word: strict minimisation needs its SOA, relaxed does not believe it.
std::optional<MinimisedName::Said> Walk::SaidBefore(const Asking& asking) {
  const CacheReading reading(parts_.epoch);
  const CacheHit hit = parts_.cache.Lookup(asking.shown.qname, asking.shown.qtype, parts_.clock.Now());
  switch (hit.outcome) {
    case CacheHit::Outcome::kAnswer:
    case CacheHit::Outcome::kNoData:
      return MinimisedName::Said::kExists;
    case CacheHit::Outcome::kAlias:
      return MinimisedName::Said::kAlias;
    default:
      return std::nullopt;
  }
}

MinimisedName::Said Walk::SaidBy(const FetchOutcome& outcome) {
  if (outcome.finding) return MinimisedName::Judge(*outcome.finding);
  return outcome.why == ExtendedError::kNetworkError ? MinimisedName::Said::kFailed
                                                     : MinimisedName::Said::kUnreached;
}

Task<FetchOutcome> Walk::AskUntilUseful(Delegation cut, Asking asking, TracePoint at) {
  std::optional<FetchOutcome> turned_away = TurnedAway(cut, at);
  if (turned_away) co_return *std::move(turned_away);
  FetchOutcome outcome;
  std::optional<Finding> empty;
  CutCrowd::Visitor in_vain(parts_.cut_crowd);
  bool asked = false, reached = false;
  Slist servers(cut, parts_.options.slist_options());
  ServerAddresses addresses(parts_, fetch_, cut.kind, at);
  if (at) TraceGlue(at, cut, parts_.options.slist_options());
  addresses.AddKnown(servers);
  trace::Attempt attempt = trace::Attempt::kFirst;
  while (true) {
    if (addresses.Wanted(servers)) co_await addresses.LookUpMore(servers);
    const std::optional<SlistPick> pick = servers.Pick(parts_.servers, parts_.random, parts_.clock.Now());
    if (at) TracePick(at, servers, pick);
    if (!pick && cut.kind == DelegationKind::kIterate && servers.DoubtGlue()) {
      addresses.AddKnown(servers);
      continue;
    }
    if (!pick) {
      servers.GiveUp(parts_.servers, parts_.clock.Now());
      if (asked && !reached && cut.kind == DelegationKind::kIterate)
        parts_.cut_failures.OnFailure(cut.cut, parts_.clock.Now());
      break;
    }
    StartProbe(servers, *pick, asking, at);
    if (servers.candidates()[pick->index].tries > 1) attempt = trace::Attempt::kRetry;

    ExchangeRequest request = RequestTo(*pick, asking, attempt);
    const ExchangeResult result = co_await parts_.exchanger.Ask(std::move(request), fetch_.budget, at);
    if (result.end == ExchangeResult::End::kLimit) break;
    if (result.end == ExchangeResult::End::kCrowded) {
      outcome.starved = true;
      servers.Discard(pick->endpoint);
      continue;
    }
    asked = true;
    reached = reached || result.end == ExchangeResult::End::kReply;
    if (result.end == ExchangeResult::End::kTimeout && cut.kind != DelegationKind::kForward)
      in_vain.Enter(cut.cut);
    outcome.finding = Hear(result, *pick, asking);
    outcome.fault = FaultOf(*pick, cut.cut, outcome.finding);
    if (outcome.finding) {
      if (outcome.finding->useful()) {
        parts_.cut_failures.OnUseful(cut.cut);
        co_return outcome;
      }
      if (outcome.finding->kind == FindingKind::kEmpty) empty = std::move(outcome.finding);
      outcome.finding.reset();
      outcome.why = ExtendedError::kNetworkError;  // reached, but of no use
    }
    if (result.end != ExchangeResult::End::kTimeout) servers.Discard(pick->endpoint);
    attempt = trace::Attempt::kNextServer;
  }
  if (empty && asking.whole) outcome.finding = BelieveEmpty(*std::move(empty));
  co_return outcome;
}

// NOERROR with nothing in it is NODATA from a server that leaves the SOA out (RFC 2308 section 2.2), or a
// mistake of one that has lost its zone. So it is believed when no other server had more to say, and for no
// longer than a failure is remembered.
Finding Walk::BelieveEmpty(Finding empty) const {
  empty.kind = FindingKind::kNoData;
  empty.remark = "no server of the zone said more, and none sent an SOA";
  if (!parts_.retired) {
    const Question& asked = empty.asked;
    parts_.cache.StoreBareDenial(asked.qname, asked.qtype, Rcode::kNoError, parts_.clock.Now());
  }
  return empty;
}

// A zone none of whose servers could be reached lately (RFC 9520 section 3.2), or at which many wait in vain
// already (THREATS section 1): who asks is told at once. Configured servers are not the zone's: they do not
// rest, and those who wait at a forwarder for one dead domain do not shut out the others.
std::optional<FetchOutcome> Walk::TurnedAway(const Delegation& where, TracePoint at) {
  const Name& cut = where.cut;
  const Duration rest = where.kind == DelegationKind::kIterate
                            ? parts_.cut_failures.RestOf(cut, parts_.clock.Now())
                            : Duration::zero();
  const bool crowded = where.kind != DelegationKind::kForward && parts_.cut_crowd.IsFull(cut);
  if (rest == Duration::zero() && !crowded) return std::nullopt;
  ++(crowded ? parts_.counters.zone_crowded : parts_.counters.zone_resting);
  if (at && crowded)
    at.Add(
        trace::LimitReached{.limit = "fetches-per-zone",
                            .value = parts_.options.fetches_per_zone,
                            .consequence = "SERVFAIL at once: all these wait in vain for " + cut.ToText()});
  else if (at)
    at.Add(trace::ZoneResting{.zone = cut, .rest = rest});
  FetchOutcome outcome;
  outcome.starved = true;  // says nothing about the name
  outcome.fault = crowded ? "too many wait in vain for " + cut.ToText() + " (fetches-per-zone)"
                          : "no server of " + cut.ToText() + " could be reached a moment ago";
  return outcome;
}

ExchangeRequest Walk::RequestTo(const SlistPick& pick, const Asking& asking, trace::Attempt attempt) const {
  ExchangeRequest request;
  request.question = asking.shown;
  request.recursion_desired = asking.kind == DelegationKind::kForward;
  request.server = pick.endpoint;
  request.timeout = pick.timeout;
  const ServerState server = parts_.servers.State(pick.endpoint, parts_.clock.Now());
  request.edns = server.edns != EdnsSupport::kNo;
  request.speaks_edns = server.edns == EdnsSupport::kYes;
  request.prefers_tcp = server.prefers_tcp;
  request.over_tcp = asking.over_tcp;
  // Forwarders answer from caches, in the spelling of whoever asked first.
  request.randomise_case =
      parts_.options.case_randomisation && !server.folds_case && asking.kind != DelegationKind::kForward;
  request.attempt = attempt;
  if (at_) {
    request.zone = asking.cut;
    request.server_name = pick.server;
  }
  return request;
}

// What the result says about the server is remembered; what a useful reply says about names is stored.
std::optional<Finding> Walk::Hear(const ExchangeResult& result, const SlistPick& pick, const Asking& asking) {
  const Instant now = parts_.clock.Now();
  const Endpoint& server = pick.endpoint;
  if (result.end != ExchangeResult::End::kReply) {
    parts_.servers.OnTimeout(server, now - result.rtt, now);
    if (result.heard)
      TraceBlame(result.heard, pick, asking.cut, result, parts_.servers.State(server, now), now);
    return std::nullopt;
  }
  parts_.cut_failures.OnReply(now);
  parts_.servers.OnReply(server, result.udp_rtt.value_or(result.rtt), now);
  if (result.truncated_needlessly) parts_.servers.SetPrefersTcp(server, now);
  if (result.without_edns) parts_.servers.SetEdns(server, EdnsSupport::kNo, now);
  if (result.reply.edns) parts_.servers.SetEdns(server, EdnsSupport::kYes, now);
  if (result.case_folded) parts_.servers.SetFoldsCase(server, now);
  if (result.heard) TraceHabits(result.heard, server, result);

  std::optional<Finding> finding =
      Judge(result.reply, asking.shown, asking.cut, JudgeAs(result, asking.kind));
  if (finding->useful()) CutChain(*finding, [this](NameView name) { return IsUnderAnotherRule(name); });
  for (const DroppedRecord& dropped : finding->dropped)
    ++parts_.counters.records_dropped[static_cast<size_t>(dropped.rule)];
  TracePoint judged;
  if (result.heard) judged = TraceFinding(result.heard, *finding);
  // Relaxed minimisation does not believe that a name between does not exist, so the cache must not either.
  const bool believed = asking.whole || finding->kind != FindingKind::kNxDomain ||
                        parts_.options.qname_minimisation == QnameMinimisation::kStrict;
  if (finding->useful() && believed && !parts_.retired) {
    const Remembered remembered = Remember(*finding, server.address, parts_.cache, parts_.delegations,
                                           fetch_.budget.whole()->cacheable_rrsets(), now);
    parts_.counters.rrsets_not_cached.Add(remembered.beyond_budget);
    if (judged) TraceRemembered(judged, *finding, remembered);
  } else if (finding->kind == FindingKind::kLame && asking.whole) {
    // An error such as SERVFAIL or REFUSED is not held against the server for the whole zone: it may be this
    // one name that it cannot or will not answer, and who asks for that name must not make the zone
    // unreachable for others.
    parts_.servers.SetLame(server, asking.cut, finding->lameness, now);
    if (judged) TraceLame(judged, server, asking.cut, *finding);
  }
  return finding;
}

JudgeOptions Walk::JudgeAs(const ExchangeResult& result, DelegationKind kind) const {
  const ResolverOptions& options = parts_.options;
  return {.recursive = kind == DelegationKind::kForward,
          .over_tcp = result.over_tcp,
          .has_cookie = result.has_cookie,
          .min_ttl = Ttl::Seconds(options.cache_min_ttl_s),
          .max_ttl = Ttl::Seconds(options.cache_max_ttl_s),
          .max_negative_ttl = Ttl::Seconds(options.cache_max_negative_ttl_s),
          .most_servers = options.limits[Limit::kDelegationServers],
          .most_addresses = options.limits[Limit::kServerAddresses],
          .most_glue = options.limits[Limit::kGlueAddresses],
          .draw = parts_.random.U64()};
}

void Walk::StartProbe(Slist& servers, const SlistPick& pick, const Asking& asking, TracePoint at) {
  const Instant now = parts_.clock.Now();
  const std::optional<SlistPick> candidate = servers.ProbeCandidate(pick, parts_.servers, parts_.random, now);
  if (!candidate) return;
  ExchangeRequest request = RequestTo(*candidate, asking, trace::Attempt::kProbe);
  parts_.background.Spawn(Probe(parts_, std::move(request), fetch_.budget.whole(), at));
}

}  // namespace cairn
