// From a finding to what the resolver remembers: which of its sets enter the answer cache, and which cut the
// delegation store (THREATS section 4: nothing is cached before it was judged). Each decision comes back as a
// value for the trace.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "resolver/cache.h"
#include "resolver/delegation_store.h"
#include "resolver/finding.h"

namespace cairn {

struct StoreDecision {
  Name name;
  RrType type;
  CacheKind kind = CacheKind::kRrset;
  TrustRank rank = TrustRank::kAuthoritativeAnswer;
  Ttl ttl;  // as it came
  StoreOutcome outcome = StoreOutcome::kStored;
  std::string ToText() const;  // "www.example. A rrset, ttl 300, authoritative answer: stored"
};

struct Remembered {
  std::vector<StoreDecision> cached;
  std::optional<DelegationStore::Outcome> referral;
  size_t beyond_budget = 0;  // sets that might have been stored
};

// Stores what `finding` lets us keep. `rrset_budget` is what is left of the sets that the client's
// question may add (cached-rrsets; CacheFlush); it is counted down, and at 0 nothing more is stored. `filler`
// is the server that replied.
Remembered Remember(const Finding& finding, const IpAddress& filler, Cache& cache,
                    DelegationStore& delegations, int& rrset_budget, Instant now);

}  // namespace cairn
