// The addresses of the servers of one zone cut, beyond its glue: from the cache, or by look-ups of their own.
// These look-ups are what an attacker multiplies (NXNSAttack, CVE-2020-8616): two names at a time, few in
// all, none when the names turn out not to exist, and all of it from the purse of the client's question
// (work_budget.h).
#pragma once

#include <vector>

#include "absl/container/inlined_vector.h"
#include "common/async/scope.h"
#include "common/async/task.h"
#include "common/async/waits.h"
#include "common/dns/name.h"
#include "common/net/endpoint.h"
#include "common/trace/trace.h"
#include "resolver/in_flight.h"
#include "resolver/resolver_parts.h"
#include "resolver/slist.h"

namespace cairn {

// Lies in the frame of the walk that needs them; the look-ups end with it.
class ServerAddresses {
 public:
  ServerAddresses(ResolverParts& parts, RunningFetch& fetch, DelegationKind kind, TracePoint at)
      : parts_(parts),
        fetch_(fetch),
        configured_(kind != DelegationKind::kIterate),
        at_(at),
        wake_(parts.timers) {}

  // From the cache. Addresses there come from the zone of the servers themselves.
  void AddKnown(Slist& servers);

  // Whether to look up more before the next server is asked: there are names left, and each known address has
  // had its turn. (Asking a silent server a second and a third time can wait until then.)
  bool Wanted(const Slist& servers) const;

  // Looks up names without address until one has some. Afterwards `servers` has more addresses or fewer
  // names. It must outlive the task.
  Task<void> LookUpMore(Slist& servers);

 private:
  struct Lookup {
    Name server;
    std::vector<IpAddress> addresses;  // found and not yet collected
    int types_left = 0;                // A and AAAA, as far as enabled
    uint32_t addresses_left = 0;       // that may still be found (server-addresses)
    bool fruitful = false;
  };

  void StartLookups(Slist& servers);
  bool Collect(Slist& servers);
  Task<void> LookUp(Name server, RrType type);
  bool BeingLookedUp(NameView server) const;
  void GiveUpOnAll(Slist& servers);

  ResolverParts& parts_;
  RunningFetch& fetch_;
  const bool configured_;
  TracePoint at_;
  std::vector<Lookup> lookups_;
  Event news_;
  Timer wake_;   // raises `news_` outside of the look-ups' own stack: the walk may end then, and they with it
  Scope tasks_;  // last: its tasks use all of the above
};

}  // namespace cairn
