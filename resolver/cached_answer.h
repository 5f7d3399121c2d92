// The answer to a client straight from the cache into the reply buffer: no allocation, no coroutine. This is
// the path of most queries, and its cost is the resolver's.
#pragma once

#include <cstdint>
#include <span>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/dns/query_reader.h"
#include "common/dns/response_opt.h"
#include "resolver/cache.h"
#include "resolver/zone_rules.h"

namespace cairn {

// `hit` answers `query`, which lies in `packet`. Writes aliases and what they lead to, TTLs counted down, and
// `opt` into `out`, which is as long as the answer may be, and returns the octets written; TC and no records
// when they do not fit. 0 when the cache alone does not have the whole answer: the end of the chain is
// missing, the chain is too long or closed, it leads to a name that `rules` (may be nullptr) may answer, or
// it holds signatures that the client wants to see. A failure remembered is explained in `opt`.
struct CachedAnswer {
  size_t octets = 0;
  const CacheEntry* ageing = nullptr;  // the first entry of the chain near its expiry (refresher.h)
};
CachedAnswer WriteCachedAnswer(const Cache& cache, const ZoneRules* rules, const CacheHit& hit,
                               const QueryView& query, ByteView packet, Instant now, ResponseOpt& opt,
                               std::span<uint8_t> out);

}  // namespace cairn
