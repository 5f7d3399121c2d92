// What a resolution tells its trace: values of the resolver turned into trace events. Called only when
// somebody listens.
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/dns/edns.h"
#include "common/trace/trace.h"
#include "resolver/alias_chain.h"
#include "resolver/cache.h"
#include "resolver/delegation_store.h"
#include "resolver/exchange.h"
#include "resolver/finding.h"
#include "resolver/local_answer.h"
#include "resolver/minimised_name.h"
#include "resolver/refresher.h"
#include "resolver/remember.h"
#include "resolver/slist.h"
#include "resolver/work_budget.h"

namespace cairn {

void TraceLocal(TracePoint at, const Question& question, const LocalAnswer& answer);
void TraceRebinding(TracePoint at, const CollectedAnswer& answer);
void TraceCacheProbe(TracePoint at, const Question& question, const CacheHit& hit, Instant now);
// An entry above the name asked for speaks for it: a DNAME (RFC 6672), or a denial (RFC 8020).
void TraceCachedAbove(TracePoint at, CacheHit::Outcome outcome, const CacheEntry& entry, Instant now);
void TraceRefresh(TracePoint at, const CacheEntry& entry, Refresher::Decision decision, Instant now);
// The aliases followed since the chain had `links` sets.
void TraceAliases(TracePoint at, const AliasChain& chain, size_t links);
void TraceTooManyAliases(TracePoint at, uint64_t most);
// How a chain ended that has no answer: in a loop, or too long.
void TraceChainEnd(TracePoint at, const AliasChain& chain);
// Returns the place of all that is done at this cut.
TracePoint TraceCut(TracePoint at, const Delegation& cut, bool from_referral);
void TraceGlue(TracePoint at, const Delegation& cut, const Slist::Options& options);
// Addresses of `server` that the options keep us from asking. Those of a family that is off are not worth
// telling.
void TraceSkipped(TracePoint at, const Name& server, uint16_t port, const std::vector<IpAddress>& addresses,
                  const Slist::Options& options);
// All candidates and the one picked; nothing when none can be asked.
void TracePick(TracePoint at, const Slist& servers, const std::optional<SlistPick>& pick);
void TraceBlame(TracePoint at, const SlistPick& pick, NameView cut, const ExchangeResult& result,
                const ServerState& state, Instant now);
// The server is lame for the zone, whoever asks.
void TraceLame(TracePoint at, const Endpoint& server, NameView cut, const Finding& finding);
void TraceHabits(TracePoint at, const Endpoint& server, const ExchangeResult& result);
// A fetch that found nothing is remembered for `ttl` as one that fails.
void TraceFailureStored(TracePoint at, const Question& question, Duration ttl);
// What became of a name between, shown in place of the whole, and whether there is a next step.
void TraceStep(TracePoint at, const Question& shown, MinimisedName::Said said, bool cached, bool go_on);
// The verdict, what was kept, and each dropped record with its rule. Returns the verdict's place.
TracePoint TraceFinding(TracePoint at, const Finding& finding);
void TraceRemembered(TracePoint at, const Finding& finding, const Remembered& remembered);
void TraceAnswered(TracePoint at, const CollectedAnswer& answer);

// What the server asked last did not give: "ns1.example. 192.0.2.1@53 for example.: no reply", for the
// extended error of an answer nobody could give. `finding` is empty when it did not reply. Empty when it did
// well.
std::string FaultOf(const SlistPick& asked, NameView cut, const std::optional<Finding>& finding);

// For people, in traces and extended errors.
std::string_view InWords(ExtendedError why);
// "no server could be reached (limit upstream-queries)".
std::string DescribeFailure(ExtendedError why, const WorkBudget& budget);

}  // namespace cairn
