// The algorithm of RFC 1034 section 5.3.3, in two loops. A Resolution follows aliases: it moves SNAME on
// until the client's question is answered (steps 1, 4a, 4c). For each SNAME a Walk goes down the zone cuts:
// it picks the best servers, asks until one gives a useful reply and follows referrals (steps 2, 3, 4b, 4d).
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
  bool UnderOneRule(NameView one, NameView other) const;
  bool AppendFromCache(AliasChain& chain);
  Answer Fail(AliasChain& chain, ExtendedError why, std::string fault = {});

  ResolverParts& parts_;
  std::shared_ptr<WorkBudget> budget_;
  TracePoint at_;
  RunningFetch* asker_;
};

// One fetch: from the best known zone cut to whoever answers.
class Walk {
 public:
  Walk(ResolverParts& parts, RunningFetch& fetch, TracePoint at) : parts_(parts), fetch_(fetch), at_(at) {}

  Task<FetchOutcome> Run();

 private:
  bool Starved() const;
  Delegation BestCut() const;
  std::optional<Delegation> ConfiguredCut() const;
  std::optional<Delegation> ClosestLearnt() const;
  Delegation LearntCut() const;
  bool IsUnderAnotherRule(NameView name) const;
  Task<FetchOutcome> AskUntilUseful(Delegation cut, TracePoint at);
  ExchangeRequest RequestTo(const SlistPick& pick, const Delegation& cut, trace::Attempt attempt) const;
  std::optional<Finding> Hear(const ExchangeResult& result, const SlistPick& pick, const Delegation& cut);
  void StartProbe(Slist& servers, const SlistPick& pick, const Delegation& cut, TracePoint at);

  ResolverParts& parts_;
  RunningFetch& fetch_;
  TracePoint at_;
};

}  // namespace cairn
