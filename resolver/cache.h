// The answer cache of the resolver (RFC 1034 section 5.3.3 step 1, RFC 2308, RFC 2181 section 5.4, RFC 9520),
// shared by all workers. Readers take no lock and allocate nothing; they must be members of the EpochDomain,
// and what they find stays valid until their next quiescent state. Writers lock one shard. The size is
// bounded in octets, the index included, and eviction is scan resistant (S3-FIFO): one client's flood of
// names asked once does not push out names which others ask again (CacheFlush). Kept apart from it: what
// servers to ask (delegation_store.h). Data of a parent's referral never come in here.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/epoch.h"
#include "common/base/random.h"
#include "common/base/siphash.h"
#include "common/dns/message.h"
#include "resolver/cache_entry.h"

namespace cairn {

struct CacheOptions {
  size_t size_octets = size_t{256} << 20;  // cache-size
  Ttl min_ttl = Ttl::Seconds(0);           // cache-min-ttl
  Ttl max_ttl =
      Ttl::Seconds(86400);  // cache-max-ttl: what peers keep, and a bound on how long a mistake lives
  Ttl max_negative_ttl = Ttl::Seconds(3600);  // RFC 2308 section 5 advises one to three hours
};

// A name made ready for lookups: folded and hashed once, asked for under several types. Lives on the stack.
struct CacheKey {
  std::array<uint8_t, kMaxNameOctets> octets;
  uint8_t size = 0;
  uint64_t hash = 0;
  NameView name() const { return NameView::FromValidWire(octets.data(), size); }
};

// What the cache says to a question.
struct CacheHit {
  enum class Outcome : uint8_t { kMiss, kAnswer, kAlias, kNoData, kNxDomain, kFailure };
  Outcome outcome = Outcome::kMiss;
  const CacheEntry* entry = nullptr;  // of kAlias: the CNAME RRset at the name asked
  explicit operator bool() const { return outcome != Outcome::kMiss; }
};
std::string_view ToText(CacheHit::Outcome outcome);

// Why something was stored, or not. Ready to be shown in a trace.
enum class StoreOutcome : uint8_t {
  kStored,  // nothing was known
  kReplacedExpired,
  kReplacedWorse,  // lower rank
  kReplacedEqual,  // equal rank, and the old one not secure
  kKeptBetter,     // a live entry of higher rank stays
  kKeptSecure,     // a live secure entry of equal rank stays
  kZeroTtl,        // good for the question that fetched it, and no other
  kTooLarge,       // above kMaxRrsetRecords, kMaxRrsetOctets, or the shard
  kNotCacheable,   // meta type, another class than IN, negative answer without an SOA at or above the name,
                   // rank too low
};
std::string_view ToText(StoreOutcome outcome);
inline bool Stored(StoreOutcome outcome) { return outcome <= StoreOutcome::kReplacedEqual; }

// Where data came from.
struct Provenance {
  TrustRank rank = TrustRank::kAuthoritativeAnswer;
  Security security = Security::kUnchecked;
  std::optional<IpAddress> filler;
};

class CacheShard;

class Cache {
 public:
  // `random` gives the hash key, so that nobody outside can choose names that collide.
  Cache(const CacheOptions& options, EpochDomain& epochs, Random& random);
  // The floor and the caps of `options` hold for what is stored from now on. From any thread.
  void LimitTtls(const CacheOptions& options);
  ~Cache();  // no reader may be left
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // ---- Reading. For a batch: make all keys, prefetch all, prefetch all their entries, then look all up.
  void MakeKey(NameView name, CacheKey& key) const;
  void Prefetch(const CacheKey& key, RrType type) const;
  void PrefetchEntry(const CacheKey& key, RrType type) const;
  // RFC 1034 section 4.3.2 step 3a in the order of a cache: the type itself (an RRset or NODATA), else an
  // alias, else "no such name", else a remembered failure. Types which are never data (ANY, AXFR) always
  // miss.
  CacheHit Lookup(const CacheKey& key, RrType type, Instant now) const;
  CacheHit Lookup(NameView name, RrType type, Instant now) const;
  // The live RRset or NODATA of exactly this type; nullptr when there is none.
  const CacheEntry* Find(NameView name, RrType type, Instant now) const;
  // The live DNAME RRset closest above `name` (RFC 6672 section 3.4: a cached DNAME serves every name below
  // it).
  const CacheEntry* FindDname(NameView name, Instant now) const;

  // ---- Writing. The rules of trust_rank.h decide. TTLs are capped and floored here.
  StoreOutcome StoreRrset(const Rrset& rrset, const RdataSet& rrsigs, const Provenance& from, Instant now);
  // `soa` is the SOA record of the authority section, `rrsigs` its signatures; TTL = min(TTL of the SOA,
  // MINIMUM).
  StoreOutcome StoreNoData(NameView qname, RrType qtype, const Rrset& soa, const RdataSet& rrsigs,
                           const Provenance& from, Instant now);
  StoreOutcome StoreNxDomain(NameView qname, const Rrset& soa, const RdataSet& rrsigs, const Provenance& from,
                             Instant now);
  // Remembers that asking failed: 5 s, doubled with each failure in a row up to 300 s (RFC 9520 section 3.2).
  // An answer that is stored ends the row. Never hides live data. Returns how long.
  Duration StoreFailure(NameView qname, RrType qtype, ExtendedError why, Instant now);

  // ---- For operators.
  // Removes every entry of `name`, or of `name` and all below it. Returns how many.
  size_t Flush(NameView name);
  size_t FlushSubtree(NameView name);
  // Each entry once, shard by shard under its lock, in no order worth relying on. `visit` must not call the
  // cache.
  void ForEach(const std::function<void(const CacheEntry&)>& visit) const;

  struct Stats {
    size_t entries = 0;
    size_t octets = 0;           // entries and index
    size_t capacity_octets = 0;  // `octets` never exceeds it
    uint64_t stored = 0;
    uint64_t evicted = 0;
    size_t waiting_for_readers = 0;  // blocks no longer in the cache, but perhaps still being read
  };
  Stats stats() const;

 private:
  CacheShard& ShardOf(const CacheKey& key) const;
  StoreOutcome StoreNegative(CacheKind kind, NameView qname, RrType qtype, const Rrset& soa,
                             const RdataSet& rrsigs, const Provenance& from, Instant now);

  // Of the TTLs, in seconds. A store that happens during a change may see one of them old and one new.
  struct TtlLimits {
    std::atomic<uint32_t> min;
    std::atomic<uint32_t> max;
    std::atomic<uint32_t> max_negative;
  };
  static Ttl Now(const std::atomic<uint32_t>& seconds) {
    return Ttl::Seconds(seconds.load(std::memory_order_relaxed));
  }

  const size_t size_octets_;
  TtlLimits ttl_limits_;
  SipKey sip_key_;
  std::vector<std::unique_ptr<CacheShard>> shards_;  // a power of two
};

}  // namespace cairn
