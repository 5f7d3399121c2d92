#include "resolver/cache.h"

#include <algorithm>
#include <bit>

#include "common/base/limits.h"
#include "resolver/cache_shard.h"

namespace cairn {
namespace {

// Writers of one shard wait for each other; smaller shards than that would make a large RRset push out too
// much.
constexpr size_t kMinShardOctets = size_t{1} << 20;
constexpr size_t kMaxShards = 64;

constexpr CacheAspect kNoSuchName{RrType{0}, false};

bool Cacheable(RrType type) { return !type.IsMeta() && type != rr::kRrsig; }

uint32_t MinimumOf(ByteView soa_rdata) { return LoadU32(soa_rdata.data() + soa_rdata.size() - 4); }

}  // namespace

std::string_view ToText(CacheHit::Outcome outcome) {
  switch (outcome) {
    case CacheHit::Outcome::kMiss:
      return "miss";
    case CacheHit::Outcome::kAnswer:
      return "answer";
    case CacheHit::Outcome::kAlias:
      return "alias";
    case CacheHit::Outcome::kNoData:
      return "nodata";
    case CacheHit::Outcome::kNxDomain:
      return "nxdomain";
    case CacheHit::Outcome::kFailure:
      return "failure";
  }
  return "unknown";
}

std::string_view ToText(StoreOutcome outcome) {
  switch (outcome) {
    case StoreOutcome::kStored:
      return "stored";
    case StoreOutcome::kReplacedExpired:
      return "replaces what has expired";
    case StoreOutcome::kReplacedWorse:
      return "replaces data of lower rank";
    case StoreOutcome::kReplacedEqual:
      return "replaces data of equal rank";
    case StoreOutcome::kKeptBetter:
      return "not stored: data of higher rank are there";
    case StoreOutcome::kKeptSecure:
      return "not stored: secure data are there";
    case StoreOutcome::kZeroTtl:
      return "not stored: TTL 0 serves one question only";
    case StoreOutcome::kTooLarge:
      return "not stored: too large";
    case StoreOutcome::kNotCacheable:
      return "not stored: nothing that may be cached";
  }
  return "unknown";
}

Cache::Cache(const CacheOptions& options, EpochDomain& epochs, Random& random)
    : size_octets_(options.size_octets), sip_key_(SipKey::Draw(random)) {
  LimitTtls(options);
  const size_t count =
      std::clamp(std::bit_floor(options.size_octets / kMinShardOctets), size_t{1}, kMaxShards);
  for (size_t i = 0; i < count; ++i)
    shards_.push_back(std::make_unique<CacheShard>(options.size_octets / count, sip_key_, epochs));
}

Cache::~Cache() = default;

void Cache::LimitTtls(const CacheOptions& options) {
  ttl_limits_.min.store(options.min_ttl.seconds(), std::memory_order_relaxed);
  ttl_limits_.max.store(options.max_ttl.seconds(), std::memory_order_relaxed);
  ttl_limits_.max_negative.store(options.max_negative_ttl.seconds(), std::memory_order_relaxed);
}

CacheShard& Cache::ShardOf(const CacheKey& key) const {
  return *shards_[(key.hash >> 32) & (shards_.size() - 1)];
}

// Label lengths are below 'A', so the whole wire form can be folded octet by octet.
void Cache::MakeKey(NameView name, CacheKey& key) const {
  key.size = static_cast<uint8_t>(name.size());
  const uint8_t* from = name.data();
  for (size_t i = 0; i < name.size(); ++i) key.octets[i] = ToLower(from[i]);
  key.hash = SipHash(sip_key_, key.name().wire());
}

void Cache::Prefetch(const CacheKey& key, RrType type) const { ShardOf(key).Prefetch(key, {type, false}); }

void Cache::PrefetchEntry(const CacheKey& key, RrType type) const {
  ShardOf(key).PrefetchEntry(key, {type, false});
}

CacheHit Cache::Lookup(const CacheKey& key, RrType type, Instant now) const {
  using Outcome = CacheHit::Outcome;
  if (!Cacheable(type)) return {};
  const CacheShard& shard = ShardOf(key);
  const auto live = [&](CacheAspect aspect) -> const CacheEntry* {
    const CacheEntry* entry = shard.Find(key, aspect);
    return entry != nullptr && !entry->Expired(now) ? entry : nullptr;
  };
  if (const CacheEntry* entry = live({type, false}))
    return {entry->kind() == CacheKind::kRrset ? Outcome::kAnswer : Outcome::kNoData, entry};
  if (type != rr::kCname) {
    const CacheEntry* alias = live({rr::kCname, false});
    if (alias != nullptr && alias->kind() == CacheKind::kRrset) return {Outcome::kAlias, alias};
  }
  if (const CacheEntry* entry = live(kNoSuchName)) return {Outcome::kNxDomain, entry};
  if (const CacheEntry* entry = live({type, true})) return {Outcome::kFailure, entry};
  return {};
}

CacheHit Cache::Lookup(NameView name, RrType type, Instant now) const {
  CacheKey key;
  MakeKey(name, key);
  return Lookup(key, type, now);
}

const CacheEntry* Cache::Find(NameView name, RrType type, Instant now) const {
  if (!Cacheable(type)) return nullptr;
  CacheKey key;
  MakeKey(name, key);
  const CacheEntry* entry = ShardOf(key).Find(key, {type, false});
  return entry != nullptr && !entry->Expired(now) ? entry : nullptr;
}

const CacheEntry* Cache::FindDname(NameView name, Instant now) const {
  while (!name.IsRoot()) {
    name = name.Parent();
    const CacheEntry* entry = Find(name, rr::kDname, now);
    if (entry != nullptr && entry->kind() == CacheKind::kRrset) return entry;
  }
  return nullptr;
}

StoreOutcome Cache::StoreRrset(const Rrset& rrset, const RdataSet& rrsigs, const Provenance& from,
                               Instant now) {
  if (!Cacheable(rrset.type) || rrset.rr_class != kClassIn || rrset.rdatas.empty() ||
      from.rank < TrustRank::kAuthority)
    return StoreOutcome::kNotCacheable;
  if (rrset.rdatas.size() > limits::kMaxRrsetRecords ||
      rrset.rdatas.packed().size() > limits::kMaxRrsetOctets || rrsigs.size() > limits::kMaxRrsigsPerRrset)
    return StoreOutcome::kTooLarge;
  const Ttl ttl = std::min(std::max(rrset.ttl, Now(ttl_limits_.min)), Now(ttl_limits_.max));
  if (ttl.seconds() == 0) return StoreOutcome::kZeroTtl;

  CacheKey key;
  MakeKey(rrset.owner, key);
  CacheEntry* fresh = CacheEntry::Make({.kind = CacheKind::kRrset,
                                        .owner = key.name(),
                                        .type = rrset.type,
                                        .rank = from.rank,
                                        .security = from.security,
                                        .ttl = ttl,
                                        .original_ttl = rrset.ttl,
                                        .filler = from.filler,
                                        .rdatas = rrset.rdatas.packed(),
                                        .rdata_count = rrset.rdatas.size(),
                                        .rrsigs = rrsigs.packed(),
                                        .rrsig_count = rrsigs.size()},
                                       now);
  return ShardOf(key).Store(key, fresh, now);
}

StoreOutcome Cache::StoreNoData(NameView qname, RrType qtype, const Rrset& soa, const RdataSet& rrsigs,
                                const Provenance& from, Instant now) {
  if (!Cacheable(qtype)) return StoreOutcome::kNotCacheable;
  return StoreNegative(CacheKind::kNoData, qname, qtype, soa, rrsigs, from, now);
}

StoreOutcome Cache::StoreNxDomain(NameView qname, const Rrset& soa, const RdataSet& rrsigs,
                                  const Provenance& from, Instant now) {
  return StoreNegative(CacheKind::kNxDomain, qname, kNoSuchName.type, soa, rrsigs, from, now);
}

StoreOutcome Cache::StoreNegative(CacheKind kind, NameView qname, RrType qtype, const Rrset& soa,
                                  const RdataSet& rrsigs, const Provenance& from, Instant now) {
  // Without the SOA of a zone the name is in there is nothing that limits its life (RFC 2308 section 5).
  if (soa.type != rr::kSoa || soa.rr_class != kClassIn || soa.rdatas.size() != 1 ||
      soa.rdatas.front().size() < 22 || !qname.IsAtOrBelow(soa.owner) || from.rank < TrustRank::kAuthority)
    return StoreOutcome::kNotCacheable;
  if (rrsigs.size() > limits::kMaxRrsigsPerRrset) return StoreOutcome::kTooLarge;
  const Ttl came = std::min(soa.ttl, Ttl::FromWire(MinimumOf(soa.rdatas.front())));
  const Ttl ttl = std::min({came, Now(ttl_limits_.max_negative), Now(ttl_limits_.max)});
  if (ttl.seconds() == 0) return StoreOutcome::kZeroTtl;

  CacheKey key;
  MakeKey(qname, key);
  CacheEntry* fresh = CacheEntry::Make({.kind = kind,
                                        .owner = key.name(),
                                        .type = qtype,
                                        .rank = from.rank,
                                        .security = from.security,
                                        .ttl = ttl,
                                        .original_ttl = came,
                                        .filler = from.filler,
                                        .rdatas = soa.rdatas.packed(),
                                        .rdata_count = 1,
                                        .rrsigs = rrsigs.packed(),
                                        .rrsig_count = rrsigs.size(),
                                        .soa_offset = qname.size() - soa.owner.size()},
                                       now);
  return ShardOf(key).Store(key, fresh, now);
}

Duration Cache::StoreFailure(NameView qname, RrType qtype, ExtendedError why, Instant now) {
  if (!Cacheable(qtype)) return Duration::zero();
  CacheKey key;
  MakeKey(qname, key);
  return ShardOf(key).StoreFailure(key, qtype, why, now);
}

size_t Cache::Flush(NameView name) {
  CacheKey key;
  MakeKey(name, key);
  return ShardOf(key).RemoveIf([&](const CacheEntry& entry) { return entry.owner() == name; });
}

size_t Cache::FlushSubtree(NameView name) {
  size_t removed = 0;
  for (const auto& shard : shards_)
    removed += shard->RemoveIf([&](const CacheEntry& entry) { return entry.owner().IsAtOrBelow(name); });
  return removed;
}

void Cache::ForEach(const std::function<void(const CacheEntry&)>& visit) const {
  for (const auto& shard : shards_) shard->ForEach(visit);
}

Cache::Stats Cache::stats() const {
  Stats stats{.capacity_octets = size_octets_};
  for (const auto& shard : shards_) shard->AddTo(stats);
  return stats;
}

}  // namespace cairn
