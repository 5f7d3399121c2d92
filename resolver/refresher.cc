#include "resolver/refresher.h"

#include <memory>
#include <utility>

#include "resolver/in_flight.h"
#include "resolver/work_budget.h"

namespace cairn {

Refresher::Decision Refresher::Want(const CacheEntry& entry, Instant now) {
  if (entry.kind() != CacheKind::kRrset || !entry.ClaimRefresh()) return Decision::kNotYet;
  if (wanted_.size() + under_way_ >= kAtOnce) {
    ++parts_.counters.prefetches_declined;
    return Decision::kDeclined;
  }
  wanted_.push_back({.qname = Name(entry.owner()), .qtype = entry.type()});
  timer_.Set(now, [this] { StartAll(); });
  return Decision::kWanted;
}

void Refresher::StartAll() {
  for (Question& question : std::exchange(wanted_, {})) {
    ++parts_.counters.prefetches;
    ++under_way_;
    parts_.background.Spawn(Refresh(std::move(question)));
  }
}

// Not through a Resolution, which would find the entry that is to be renewed.
Task<void> Refresher::Refresh(Question question) {
  auto budget = std::make_shared<WorkBudget>(parts_.clock.Now(), nullptr, parts_.options.work_terms());
  TracePoint nobody_listens;
  co_await parts_.in_flight.Fetch(std::move(question), std::move(budget), nullptr, nobody_listens);
  --under_way_;
}

}  // namespace cairn
