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
      parts_.cache.StoreFailure(question.qname, question.qtype, outcome.why, parts_.clock.Now(),
                                outcome.cut_rests ? FailureOf::kCut : FailureOf::kQuestion);
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
Asking Walk::AskingAt(const Delegation& cut) const {
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
  std::optional<FetchOutcome> turned_away = TurnedAway(cut, asking, at);
  if (turned_away) co_return *std::move(turned_away);
  FetchOutcome outcome;
  std::optional<Finding> empty;
  Inquiry inquiry(parts_, fetch_, cut, asking, at);
  while (true) {
    const std::optional<Inquiry::Reply> reply = co_await inquiry.Next();  // 3
    if (!reply) break;
    Finding finding = Hear(*reply, asking);
    outcome.fault = FaultOf(reply->pick, cut.cut, finding);
    if (finding.useful()) {  // 4a, 4b, 4c
      inquiry.Settle();
      parts_.cut_failures.OnUseful(cut.cut);
      outcome.finding = std::move(finding);
      co_return outcome;
    }
    inquiry.Discard(*reply);                     // 4d
    outcome.why = ExtendedError::kNetworkError;  // reached, but of no use
    if (finding.kind == FindingKind::kEmpty) empty = std::move(finding);
  }
  if (inquiry.silent()) outcome.fault = FaultOf(*inquiry.silent(), cut.cut, std::nullopt);
  if (inquiry.in_vain() && cut.kind == DelegationKind::kIterate) {
    parts_.cut_failures.OnFailure(cut.cut, parts_.clock.Now());
    outcome.cut_rests = parts_.cut_failures.RestOf(cut.cut, parts_.clock.Now()) > Duration::zero();
  }
  outcome.starved = inquiry.crowded();
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
std::optional<FetchOutcome> Walk::TurnedAway(const Delegation& where, const Asking& asking, TracePoint at) {
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
  if (!crowded) Inquiry::ProbeResting(parts_, fetch_, where, asking, at);
  FetchOutcome outcome;
  outcome.starved = true;  // says nothing about the name
  outcome.fault = crowded ? "too many wait in vain for " + cut.ToText() + " (fetches-per-zone)"
                          : "no server of " + cut.ToText() + " could be reached a moment ago";
  return outcome;
}

// What a useful reply says about names is stored.
Finding Walk::Hear(const Inquiry::Reply& reply, const Asking& asking) {
  const Instant now = parts_.clock.Now();
  const ExchangeResult& result = reply.result;
  if (result.heard) TraceHabits(result.heard, reply.pick.endpoint, result);
  Finding finding = Judge(result.reply, asking.shown, asking.cut, JudgeAs(result, asking.kind));
  if (finding.useful()) CutChain(finding, [this](NameView name) { return IsUnderAnotherRule(name); });
  for (const DroppedRecord& dropped : finding.dropped)
    ++parts_.counters.records_dropped[static_cast<size_t>(dropped.rule)];
  TracePoint judged;
  if (result.heard) judged = TraceFinding(result.heard, finding);
  // Relaxed minimisation does not believe that a name between does not exist, so the cache must not either.
  const bool believed = asking.whole || finding.kind != FindingKind::kNxDomain ||
                        parts_.options.qname_minimisation == QnameMinimisation::kStrict;
  if (finding.useful() && believed && !parts_.retired) {
    const Remembered remembered =
        Remember(finding, reply.pick.endpoint.address, parts_.cache, parts_.delegations,
                 fetch_.budget.whole()->cacheable_rrsets(), now);
    parts_.counters.rrsets_not_cached.Add(remembered.beyond_budget);
    if (judged) TraceRemembered(judged, finding, remembered);
  } else if (finding.kind == FindingKind::kLame && asking.whole) {
    // An error such as SERVFAIL or REFUSED is not held against the server for the whole zone: it may be this
    // one name that it cannot or will not answer, and who asks for that name must not make the zone
    // unreachable for others.
    parts_.servers.SetLame(reply.pick.endpoint, asking.cut, finding.lameness, now);
    if (judged) TraceLame(judged, reply.pick.endpoint, asking.cut, finding);
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

}  // namespace cairn
