// What the coroutines of one worker work with: the world, the memory and each other. One such value lives in
// the Resolver and outlives them all; they hold a reference to it and nothing else that is not theirs.
#pragma once

#include <memory>

#include "common/async/scope.h"
#include "common/async/timer_queue.h"
#include "common/base/clock.h"
#include "common/base/epoch.h"
#include "common/base/random.h"
#include "resolver/cache.h"
#include "resolver/counters.h"
#include "resolver/crowd.h"
#include "resolver/cut_failures.h"
#include "resolver/delegation_store.h"
#include "resolver/exchange.h"
#include "resolver/resolver_options.h"
#include "resolver/server_memory.h"

namespace cairn {

using CutCrowd = Crowd<Name, KeyedNameHash, NameEq>;

class InFlight;
class Priming;
class Refresher;

struct ResolverParts {
  const Clock& clock;
  TimerQueue& timers;
  Random& random;
  const ResolverOptions& options;
  Cache& cache;
  DelegationStore& delegations;
  EpochReader& epoch;
  ServerMemory& servers;
  CutFailures& cut_failures;
  CutCrowd& cut_crowd;  // fetches that met silence at a cut
  Exchanger& exchanger;
  ResolverCounters& counters;
  InFlight& in_flight;
  Priming& priming;
  Refresher& refresher;
  Scope& background;  // what nobody waits for: probes of servers, priming
  // Another configuration has taken over: clients that wait still get their answers, but nothing is stored
  // any more, since other servers may be the ones to ask now.
  bool retired = false;
};

// While it lives, entries found in the cache stay valid. Lives on the stack, never across co_await, and does
// not nest: whoever makes one calls nothing that resolves.
class CacheReading {
 public:
  explicit CacheReading(EpochReader& reader) : reader_(reader) { reader_.GoOnline(); }
  ~CacheReading() { reader_.GoOffline(); }
  CacheReading(const CacheReading&) = delete;
  CacheReading& operator=(const CacheReading&) = delete;

 private:
  EpochReader& reader_;
};

}  // namespace cairn
