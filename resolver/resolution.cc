#include "resolver/resolution.h"

#include <algorithm>
#include <utility>

#include "resolver/priming.h"
#include "resolver/refresher.h"
#include "resolver/remember.h"
#include "resolver/resolution_trace.h"
#include "resolver/server_addresses.h"

namespace cairn {
namespace {

// Whoever was silent twice and never spoke EDNS may be dropping what he does not know (RFC 6891 section 6.2.2
// calls such servers broken; some still serve zones).
bool SpeaksEdns(const ServerState& server) {
  constexpr int kSilences = 2;
  return server.edns == EdnsSupport::kYes ||
         (server.edns == EdnsSupport::kUnknown && server.timeouts_in_a_row < kSilences);
}

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
    if (at_) TraceAlias(at_, chain);
    if (!budget_->Spend(Limit::kRestarts, static_cast<uint32_t>(followed)))
      co_return Fail(chain, ExtendedError::kOther);
  }
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

// Neither a DNAME above a zone of ours nor the denial of a name there speaks for what is below our rule.
bool Resolution::UnderOneRule(NameView one, NameView other) const {
  const ZoneRules* rules = parts_.options.zone_rules.get();
  return rules == nullptr || rules->Match(one) == rules->Match(other);
}

bool Resolution::AppendFromCache(AliasChain& chain) {
  const CacheReading reading(parts_.epoch);
  const Instant now = parts_.clock.Now();
  CacheKey key;
  parts_.cache.MakeKey(chain.question().qname, key);
  const CacheHit hit = parts_.cache.Lookup(key, chain.question().qtype, now);
  if (at_) TraceCacheProbe(at_, chain.question(), hit, now);
  if (hit) {
    chain.Append(hit, now);
    parts_.refresher.Consider(*hit.entry, now);
    return true;
  }
  const NameView qname = chain.question().qname;
  const CacheEntry* dname = parts_.cache.FindDname(qname, now);
  if (dname && UnderOneRule(dname->owner(), qname)) {
    chain.AppendDname(*dname, now);
    return true;
  }
  const CacheEntry* denied = parts_.cache.FindNxDomainAbove(qname, now);  // RFC 8020
  if (denied == nullptr || !UnderOneRule(denied->owner(), qname)) return false;
  chain.Append(CacheHit{CacheHit::Outcome::kNxDomain, denied}, now);
  return true;
}

// What the chain has so far goes to the client beside SERVFAIL's reason, so that one sees how far it came.
Answer Resolution::Fail(AliasChain& chain, ExtendedError why, std::string fault) {
  Answer answer = chain.TakeAnswer();
  answer.rcode = Rcode::kServFail;
  answer.soa.reset();
  answer.extended_error = why;
  answer.explanation = std::move(fault);
  if (at_) at_.Add(trace::ResolutionFailed{.reason = DescribeFailure(why, *budget_)});
  return answer;
}

// ---- From cut to cut

Task<FetchOutcome> Walk::Run() {
  Delegation cut = BestCut();  // 2
  FetchOutcome outcome;
  while (fetch_.budget.Spend(Limit::kReferrals, at_)) {
    TracePoint at;
    if (at_) at = TraceCut(at_, cut, outcome.finding.has_value());
    const bool may_fall_back = cut.fall_back;
    outcome = co_await AskUntilUseful(std::move(cut), at);  // 3, 4d
    if (!outcome.finding && may_fall_back) {
      cut = LearntCut();
      continue;
    }
    if (!outcome.finding || outcome.finding->kind != FindingKind::kReferral) break;  // 4a, 4c
    // 4b: taken from the reply, not from the store, since one with TTL 0 serves this question and no other.
    cut = *std::move(outcome.finding->referral);
  }
  if (outcome.finding && outcome.finding->kind == FindingKind::kReferral) outcome.finding.reset();
  if (outcome.finding) co_return outcome;
  outcome.starved = Starved();
  if (!outcome.starved)
    parts_.cache.StoreFailure(fetch_.question.qname, fetch_.question.qtype, outcome.why, parts_.clock.Now());
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
         purse.spent(Limit::kServerNameFailures) >= RowOf(Limit::kServerNameFailures).most;
}

// What the configuration says comes before what was learnt.
Delegation Walk::BestCut() const {
  std::optional<Delegation> configured = ConfiguredCut();
  return configured ? *std::move(configured) : LearntCut();
}

// The forward or stub zone that holds the name. What a stub zone's servers told of cuts below it leads on;
// what anybody says of those below a forward zone, or above, is for others.
std::optional<Delegation> Walk::ConfiguredCut() const {
  const Question& question = fetch_.question;
  const ZoneRules* rules = parts_.options.zone_rules.get();
  const UpstreamZone* zone = rules ? rules->MatchFor(question.qname, question.qtype).upstream : nullptr;
  if (!zone) return std::nullopt;
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

Delegation Walk::LearntCut() const {
  std::optional<Delegation> cut = ClosestLearnt();
  if (!cut) return {};  // not even the root: an Slist without servers says so
  if (cut->cut.IsRoot()) parts_.priming.Consider(*cut, fetch_.budget.whole()->trace(), at_);
  return *std::move(cut);
}

Task<FetchOutcome> Walk::AskUntilUseful(Delegation cut, TracePoint at) {
  FetchOutcome outcome;
  Slist servers(cut, parts_.options.slist_options());  // `cut` says how they are asked
  ServerAddresses addresses(parts_, fetch_, at);
  if (at) TraceGlue(at, cut, parts_.options.slist_options());
  addresses.AddKnown(servers);
  trace::Attempt attempt = trace::Attempt::kFirst;
  while (true) {
    if (addresses.Wanted(servers)) co_await addresses.LookUpMore(servers);
    const std::optional<SlistPick> pick = servers.Pick(parts_.servers, parts_.random, parts_.clock.Now());
    if (at) TracePick(at, servers, pick);
    if (!pick) {
      servers.GiveUp(parts_.servers, parts_.clock.Now());
      break;
    }
    StartProbe(servers, *pick, cut, at);
    if (servers.candidates()[pick->index].tries > 1) attempt = trace::Attempt::kRetry;

    ExchangeRequest request = RequestTo(*pick, cut, attempt);
    const ExchangeResult result = co_await parts_.exchanger.Ask(std::move(request), fetch_.budget, at);
    if (result.end == ExchangeResult::End::kLimit) break;
    outcome.finding = Hear(result, *pick, cut);
    outcome.fault = FaultOf(*pick, cut.cut, outcome.finding);
    if (outcome.finding) {
      if (outcome.finding->useful()) co_return outcome;
      outcome.finding.reset();
      outcome.why = ExtendedError::kNetworkError;  // reached, but of no use
    }
    if (result.end != ExchangeResult::End::kTimeout) servers.Discard(pick->endpoint);
    attempt = trace::Attempt::kNextServer;
  }
  co_return outcome;
}

ExchangeRequest Walk::RequestTo(const SlistPick& pick, const Delegation& cut, trace::Attempt attempt) const {
  ExchangeRequest request;
  request.question = fetch_.question;
  request.server = pick.endpoint;
  request.timeout = pick.timeout;
  const ServerState server = parts_.servers.State(pick.endpoint, parts_.clock.Now());
  request.edns = SpeaksEdns(server);
  request.recursion_desired = cut.kind == DelegationKind::kForward;
  request.over_tcp = cut.over_tcp;
  // Forwarders answer from caches, in the spelling of whoever asked first.
  request.randomise_case =
      parts_.options.case_randomisation && !server.folds_case && cut.kind != DelegationKind::kForward;
  request.attempt = attempt;
  if (at_) {
    request.zone = cut.cut;
    request.server_name = pick.server;
  }
  return request;
}

// What the result says about the server is remembered; what a useful reply says about names is stored.
std::optional<Finding> Walk::Hear(const ExchangeResult& result, const SlistPick& pick,
                                  const Delegation& cut) {
  const Instant now = parts_.clock.Now();
  const Endpoint& server = pick.endpoint;
  if (result.end != ExchangeResult::End::kReply) {
    parts_.servers.OnTimeout(server, now - result.rtt, now);
    if (result.heard) TraceBlame(result.heard, pick, cut.cut, result, parts_.servers.State(server, now), now);
    return std::nullopt;
  }
  if (!result.over_tcp) parts_.servers.OnReply(server, result.rtt, now);
  if (result.without_edns) parts_.servers.SetEdns(server, EdnsSupport::kNo, now);
  if (result.reply.edns) parts_.servers.SetEdns(server, EdnsSupport::kYes, now);
  if (result.case_folded) parts_.servers.SetFoldsCase(server, now);

  std::optional<Finding> finding = Judge(result.reply, fetch_.question, cut.cut,
                                         JudgeOptions{.recursive = cut.kind == DelegationKind::kForward,
                                                      .over_tcp = result.over_tcp,
                                                      .draw = parts_.random.U64()});
  if (finding->useful()) CutChain(*finding, [this](NameView name) { return IsUnderAnotherRule(name); });
  TracePoint judged;
  if (result.heard) judged = TraceFinding(result.heard, *finding);
  if (finding->useful()) {
    const Remembered remembered = Remember(*finding, server.address, parts_.cache, parts_.delegations,
                                           fetch_.budget.whole()->cacheable_rrsets(), now);
    if (judged) TraceRemembered(judged, *finding, remembered);
  } else if (finding->kind == FindingKind::kLame) {
    // An error such as SERVFAIL or REFUSED is not held against the server for the whole zone: it may be this
    // one name that it cannot or will not answer, and who asks for that name must not make the zone
    // unreachable for others.
    parts_.servers.SetLame(server, cut.cut, finding->lameness, now);
  }
  return finding;
}

void Walk::StartProbe(Slist& servers, const SlistPick& pick, const Delegation& cut, TracePoint at) {
  const Instant now = parts_.clock.Now();
  const std::optional<SlistPick> candidate = servers.ProbeCandidate(pick, parts_.servers, parts_.random, now);
  if (!candidate) return;
  ExchangeRequest request = RequestTo(*candidate, cut, trace::Attempt::kProbe);
  parts_.background.Spawn(Probe(parts_, std::move(request), fetch_.budget.whole(), at));
}

}  // namespace cairn
