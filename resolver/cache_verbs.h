// What an operator sees and does of the cache through the control socket: `dump-cache`, `lookup`, `flush`.
// The dump is written piece by piece, under the lock of a part of the cache each, so that workers go on
// meanwhile.
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/epoch.h"
#include "common/dns/message.h"
#include "common/dns/name.h"
#include "resolver/cache.h"
#include "resolver/delegation_store.h"

namespace cairn {

class CacheDesk {
 public:
  CacheDesk(Cache& cache, DelegationStore& delegations, EpochDomain& epochs, const Clock& clock)
      : cache_(cache), delegations_(delegations), epochs_(epochs), clock_(clock) {}

  // Each record, negative answer, failure and zone cut at or below `top`, one a line; what is no record
  // stands behind a semicolon, as the remarks do. Stops at `most_octets` and says how many lines did not fit.
  std::string Dump(NameView top, size_t most_octets) const;
  // All that is known of the question, who told us and when, what a client would be answered, and the closest
  // zone cut.
  std::string Lookup(const Question& asked) const;
  // Of one type, when that is given: only data then, zone cuts stay. Says how much was forgotten.
  std::string Flush(NameView name, bool subtree, std::optional<RrType> type);

 private:
  std::string Remark(const CacheEntry& entry, Instant now) const;
  std::string Lines(const CacheEntry& entry, Instant now) const;
  std::string WouldBeAnswered(const Question& asked, Instant now) const;

  Cache& cache_;
  DelegationStore& delegations_;
  EpochDomain& epochs_;
  const Clock& clock_;
};

}  // namespace cairn
