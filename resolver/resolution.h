// The algorithm of RFC 1034 section 5.3.3, in two loops. A Resolution follows aliases: it moves SNAME on
// until the client's question is answered (steps 1, 4a, 4c). For each SNAME a Walk goes down the zone cuts:
// it picks the best servers, shows them as much of the name as they need, asks until one gives a useful reply
// and follows referrals (steps 2, 3, 4b, 4d).
// Between the two stands InFlight, so that equal walks are one. What a reply is and which of it may be
// believed decides finding.h.
#pragma once

#include <memory>
#include <optional>

#include "common/async/task.h"
#include "common/dns/message.h"
#include "common/trace/trace.h"
#include "resolver/alias_chain.h"
#include "resolver/delegation_store.h"
#include "resolver/finding.h"
#include "resolver/in_flight.h"
#include "resolver/local_answer.h"
#include "resolver/minimised_name.h"
#include "resolver/resolver_parts.h"
#include "resolver/slist.h"
#include "resolver/work_budget.h"

namespace cairn {

using Answer = CollectedAnswer;

// One question, from the client or on its behalf.
class Resolution {
 public:
  // `asker` is the fetch that needs the answer to go on: the address of a server. nullptr: the client.
  Resolution(ResolverParts& parts, std::shared_ptr<WorkBudget> budget, TracePoint at,
             RunningFetch* asker = nullptr)
      : parts_(parts), budget_(std::move(budget)), at_(at), asker_(asker) {}

  // SERVFAIL, with the reason, when there is no answer to be had within the budget.
  Task<Answer> Run(Question asked);

 private:
  std::optional<LocalAnswer> AskLocally(const Question& question) const;
  bool AppendFromCache(AliasChain& chain);
  Answer Fail(AliasChain& chain, ExtendedError why, std::string fault = {});

  ResolverParts& parts_;
  std::shared_ptr<WorkBudget> budget_;
  TracePoint at_;
  RunningFetch* asker_;
};

// One fetch: from the best known zone cut to whoever answers. Where servers are configured instead of found
// (Delegation::kind), BestCut gives them, and the rest of the walk heeds how they are to be asked.
class Walk {
 public:
  Walk(ResolverParts& parts, RunningFetch& fetch, TracePoint at)
      : parts_(parts),
        fetch_(fetch),
        name_(fetch.question, parts.options.qname_minimisation,
              parts.options.limits[Limit::kMinimisationSteps]),
        at_(at) {}

  Task<FetchOutcome> Run();

 private:
  // How the servers of the cut at hand are asked, and which question.
  struct Asking {
    Name cut;
    DelegationKind kind = DelegationKind::kIterate;
    bool over_tcp = false;
    Question shown;
    bool whole = true;  // `shown` is the question itself
  };

  bool Starved() const;
  std::optional<Delegation> BestCut() const;
  std::optional<Delegation> ConfiguredCut() const;
  std::optional<Delegation> ClosestLearnt() const;
  std::optional<Delegation> LearntCut() const;
  bool IsUnderAnotherRule(NameView name) const;
  Asking AskingAt(const Delegation& cut) const;
  Task<FetchOutcome> AskStepByStep(Delegation cut, TracePoint at);
  std::optional<MinimisedName::Said> SaidBefore(const Asking& asking);
  static MinimisedName::Said SaidBy(const FetchOutcome& outcome);
  Task<FetchOutcome> AskOneStep(Delegation cut, Asking asking, TracePoint at);
  Task<FetchOutcome> AskUntilUseful(Delegation cut, Asking asking, TracePoint at);
  Finding BelieveEmpty(Finding empty) const;
  ExchangeRequest RequestTo(const SlistPick& pick, const Asking& asking, trace::Attempt attempt) const;
  std::optional<Finding> Hear(const ExchangeResult& result, const SlistPick& pick, const Asking& asking);
  JudgeOptions JudgeAs(const ExchangeResult& result, DelegationKind kind) const;
  std::optional<FetchOutcome> TurnedAway(const Delegation& cut, TracePoint at);
  void StartProbe(Slist& servers, const SlistPick& pick, const Asking& asking, TracePoint at);

  ResolverParts& parts_;
  RunningFetch& fetch_;
  MinimisedName name_;
  TracePoint at_;
};

}  // namespace cairn
