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
#include "common/base/limits.h"
#include "common/base/random.h"
#include "common/base/siphash.h"
#include "common/dns/message.h"
#include "resolver/cache_entry.h"

namespace cairn {

// Which "no such name" also denies all names below it (RFC 8020).
enum class NxDomainCut : uint8_t {
  kOff,
  // Only validated ones. An NXDOMAIN that was spoofed, or that a server gives wrongly for an empty
  // non-terminal (RFC 8020 section 2 names such servers), would otherwise take a whole tree away.
  kSecure,
  kAuthoritative,  // those of authoritative servers too; never what a forwarder said
};

struct CacheOptions {
  size_t size_octets = size_t{256} << 20;  // cache-size
  Ttl min_ttl = Ttl::Seconds(0);           // cache-min-ttl
  Ttl max_ttl =
      Ttl::Seconds(86400);  // cache-max-ttl: what peers keep, and a bound on how long a mistake lives
  Ttl max_negative_ttl = Ttl::Seconds(3600);  // RFC 2308 section 5 advises one to three hours
  NxDomainCut nxdomain_cut = NxDomainCut::kSecure;
  Ttl max_stale = Ttl::Seconds(0);  // how long an entry may serve past its expiry (RFC 8767); 0: never
  // Of a remembered failure, and what it is doubled to with each one in a row (RFC 9520 section 3.2).
  Duration failure = std::chrono::seconds(5);
  Duration longest_failure = std::chrono::seconds(300);
  uint32_t max_rrset_records = limits::kMaxRrsetRecords;
  uint32_t max_types_per_name = limits::kMaxTypesPerName;
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
  kTooLarge,       // above max_rrset_records, kMaxRrsetOctets, or the shard
  kTooManyTypes,   // the name has max_types_per_name already, and this type is of little use
  kNotCacheable,   // meta type, another class than IN, negative answer without an SOA at or above the name,
                   // rank too low
};
inline constexpr size_t kStoreOutcomeCount = 10;
std::string_view ToText(StoreOutcome outcome);
inline bool Stored(StoreOutcome outcome) { return outcome <= StoreOutcome::kReplacedEqual; }

// Where data came from.
struct Provenance {
  TrustRank rank = TrustRank::kAuthoritativeAnswer;
  Security security = Security::kUnchecked;
  std::optional<IpAddress> filler = std::nullopt;
  std::optional<NameView> zone = std::nullopt;  // as whose server the filler was asked
};

class CacheShard;

// The options that a reload may change while workers read and store. A store that happens during a change may
// see one of them old and one new.
struct CacheLimits {
  std::atomic<uint32_t> min_ttl_s;
  std::atomic<uint32_t> max_ttl_s;
  std::atomic<uint32_t> max_negative_ttl_s;
  std::atomic<uint32_t> max_stale_s;
  std::atomic<int64_t> failure_s;
  std::atomic<int64_t> longest_failure_s;
  std::atomic<uint32_t> max_rrset_records;
  std::atomic<uint32_t> max_types_per_name;
  std::atomic<NxDomainCut> nxdomain_cut;

  // Past it an entry is of no use to anybody.
  Instant UsefulUntil(Instant expires) const {
    return expires + std::chrono::seconds(max_stale_s.load(std::memory_order_relaxed));
  }
};

class Cache {
 public:
  // `random` gives the hash key, so that nobody outside can choose names that collide.
  Cache(const CacheOptions& options, EpochDomain& epochs, Random& random);
  // All of `options` but the size holds from now on; TTLs already stored stay. From any thread.
  void Adopt(const CacheOptions& options);
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
  // The same for when no fresh answer can be had in time (RFC 8767): live data first, of whatever kind; else,
  // of what has expired no longer than max_stale ago, that which was learnt last: its entry is Expired. Never
  // a failure.
  CacheHit LookupStale(NameView name, RrType type, Instant now) const;
  // The live RRset or NODATA of exactly this type; nullptr when there is none.
  const CacheEntry* Find(NameView name, RrType type, Instant now) const;
  // The live DNAME RRset closest above `name` (RFC 6672 section 3.4: a cached DNAME serves every name below
  // it).
  const CacheEntry* FindDname(NameView name, Instant now) const;
  // The live "no such name" closest above `name` whose word NxDomainCut takes for all that is below it.
  const CacheEntry* FindNxDomainAbove(NameView name, Instant now) const;

  // ---- Writing. The rules of trust_rank.h decide. TTLs are capped and floored here.
  // What a TTL becomes; answers that were not cached are given out with it too. Of a negative answer: the
  // lesser of the SOA's TTL and its MINIMUM (RFC 2308 section 5).
  Ttl Limited(Ttl ttl) const;
  Ttl LimitedNegative(const Rrset& soa) const;
  StoreOutcome StoreRrset(const Rrset& rrset, const RdataSet& rrsigs, const Provenance& from, Instant now);
  // `soa` is the SOA record of the authority section, `rrsigs` its signatures.
  StoreOutcome StoreNoData(NameView qname, RrType qtype, const Rrset& soa, const RdataSet& rrsigs,
                           const Provenance& from, Instant now);
  StoreOutcome StoreNxDomain(NameView qname, const Rrset& soa, const RdataSet& rrsigs, const Provenance& from,
                             Instant now);

  // ---- Failures (RFC 9520 section 3.2): each is remembered for 5 s, doubled with each one in a row up to
  // 300 s unless options say otherwise, and returns how long. They never hide live data, and are evicted like
  // data: many failures are bounded by the cache's size. Of a question. An answer that is stored ends the
  // row. While live data are there (who failed was to fetch them anew) nothing is remembered; while stale
  // data could answer it, it is not asked again for 30 s at least (the failure recheck timer of RFC 8767
  // section 5).
  Duration StoreFailure(NameView qname, RrType qtype, ExtendedError why, Instant now);
  // Not a failure, but remembered like one, and as briefly each time as the first in a row: the question was
  // answered with `rcode`, and no SOA that would make a denial of it (RFC 2308 section 5).
  Duration StoreBareDenial(NameView qname, RrType qtype, Rcode rcode, Instant now);
  // Of a question at one of the servers.
  Duration StoreServerFailure(NameView qname, RrType qtype, const IpAddress& server, ExtendedError why,
                              Instant now);
  // Of all servers of a zone cut, whatever they are asked; ForgetCutFailure ends the row.
  Duration StoreCutFailure(NameView cut, ExtendedError why, Instant now);
  void ForgetCutFailure(NameView cut);
  // The live ones; nullptr when there is none. That of a question comes out of Lookup.
  const CacheEntry* FindServerFailure(NameView qname, RrType qtype, const IpAddress& server,
                                      Instant now) const;
  const CacheEntry* FindCutFailure(NameView cut, Instant now) const;

  // ---- For operators.
  // Removes every entry of `name`, or of `name` and all below it; of one type when that is given, "no such
  // name" then stays. Returns how many.
  size_t Flush(NameView name, std::optional<RrType> type = std::nullopt);
  size_t FlushSubtree(NameView name, std::optional<RrType> type = std::nullopt);
  // Each entry which stays throughout is visited once, expired ones included, in no order worth relying on. A
  // shard's lock is held for some hundred entries at a time, and only those who store wait for it. `visit`
  // must not call the cache.
  void ForEach(const std::function<void(const CacheEntry&)>& visit) const;
  // Whether what expires then, or this entry, may still serve somebody: live, or stale and not too old.
  bool Useful(Instant expires, Instant now) const;
  bool Useful(const CacheEntry& entry, Instant now) const;
  // What is known of `name` itself: of `type`, its alias, its absence, and failures to find out; the expired
  // included. The caller must be a reader.
  std::vector<const CacheEntry*> Known(NameView name, RrType type) const;

  struct Stats {
    size_t entries = 0;
    size_t octets = 0;           // entries and index
    size_t capacity_octets = 0;  // `octets` never exceeds it
    uint64_t stored = 0;
    uint64_t evicted = 0;
    std::array<uint64_t, kStoreOutcomeCount> outcomes{};  // by StoreOutcome: what came of each store
    size_t waiting_for_readers = 0;  // blocks no longer in the cache, but perhaps still being read
  };
  Stats stats() const;

 private:
  CacheShard& ShardOf(const CacheKey& key) const;
  StoreOutcome Decide(const Rrset& rrset, const RdataSet& rrsigs, const Provenance& from, Instant now);
  StoreOutcome StoreNegative(CacheKind kind, NameView qname, RrType qtype, const Rrset& soa,
                             const RdataSet& rrsigs, const Provenance& from, Instant now);
  StoreOutcome DecideNegative(CacheKind kind, NameView qname, RrType qtype, const Rrset& soa,
                              const RdataSet& rrsigs, const Provenance& from, Instant now);
  StoreOutcome Count(StoreOutcome outcome);

  const size_t size_octets_;
  CacheLimits limits_;
  std::array<std::atomic<uint64_t>, kStoreOutcomeCount> outcomes_{};
  SipKey sip_key_;
  std::vector<std::unique_ptr<CacheShard>> shards_;  // a power of two
};

}  // namespace cairn
