// The answer to a client straight from the cache into the reply buffer: no allocation, no coroutine. This is
// the path of most queries, and its cost is the resolver's.
#pragma once

#include <cstdint>
#include <span>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/dns/query_reader.h"
#include "resolver/cache.h"

namespace cairn {

struct CachedAnswerLimits {
  size_t octets = 512;                 // of the message
  uint16_t udp_payload_octets = 1232;  // what we announce
};

// `hit` answers `query`, which lies in `packet`. Writes aliases and what they lead to, TTLs counted down, and
// returns the octets written; TC and no records when they do not fit. 0 when the cache alone does not have
// the whole answer: the end of the chain is missing, the chain is too long or closed, or it holds signatures
// that the client wants to see.
size_t WriteCachedAnswer(const Cache& cache, const CacheHit& hit, const QueryView& query, ByteView packet,
                         Instant now, const CachedAnswerLimits& limits, std::span<uint8_t> out);

}  // namespace cairn
