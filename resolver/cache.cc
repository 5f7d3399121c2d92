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

constexpr CacheAspect kNoSuchName{.type = RrType{0}};

bool Cacheable(RrType type) { return !type.IsMeta() && type != rr::kRrsig; }

uint32_t MinimumOf(ByteView soa_rdata) { return LoadU32(soa_rdata.data() + soa_rdata.size() - 4); }

CacheAspect Failing(RrType type) { return {.type = type, .failure = true}; }
CacheAspect FailingAt(RrType type, const IpAddress& server) {
  return {.type = type, .failure = true, .server = server.octets()};
}
// Type 0 is nobody's question.
CacheAspect FailingCut() { return Failing(RrType{0}); }

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
    case StoreOutcome::kTooManyTypes:
      return "not stored: too many types of one name";
    case StoreOutcome::kNotCacheable:
      return "not stored: nothing that may be cached";
  }
  return "unknown";
}

Cache::Cache(const CacheOptions& options, EpochDomain& epochs, Random& random)
    : size_octets_(options.size_octets), sip_key_(SipKey::Draw(random)) {
  Adopt(options);
  const size_t count =
      std::clamp(std::bit_floor(options.size_octets / kMinShardOctets), size_t{1}, kMaxShards);
  for (size_t i = 0; i < count; ++i)
    shards_.push_back(std::make_unique<CacheShard>(options.size_octets / count, limits_, sip_key_, epochs));
}

Cache::~Cache() = default;

void Cache::Adopt(const CacheOptions& options) {
  using std::chrono::duration_cast, std::chrono::seconds;
  limits_.failure_s.store(duration_cast<seconds>(options.failure).count(), std::memory_order_relaxed);
  limits_.longest_failure_s.store(duration_cast<seconds>(options.longest_failure).count(),
                                  std::memory_order_relaxed);
  const auto set = [](auto& limit, auto value) { limit.store(value, std::memory_order_relaxed); };
  set(limits_.min_ttl_s, options.min_ttl.seconds());
  set(limits_.max_ttl_s, options.max_ttl.seconds());
  set(limits_.max_negative_ttl_s, options.max_negative_ttl.seconds());
  set(limits_.max_stale_s, options.max_stale.seconds());
  set(limits_.max_rrset_records, options.max_rrset_records);
  set(limits_.max_types_per_name, options.max_types_per_name);
  set(limits_.nxdomain_cut, options.nxdomain_cut);
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

void Cache::Prefetch(const CacheKey& key, RrType type) const { ShardOf(key).Prefetch(key, {.type = type}); }

void Cache::PrefetchEntry(const CacheKey& key, RrType type) const {
  ShardOf(key).PrefetchEntry(key, {.type = type});
}

CacheHit Cache::Lookup(const CacheKey& key, RrType type, Instant now) const {
  using Outcome = CacheHit::Outcome;
  if (!Cacheable(type)) return {};
  const CacheShard& shard = ShardOf(key);
  const auto live = [&](CacheAspect aspect) -> const CacheEntry* {
    const CacheEntry* entry = shard.Find(key, aspect);
    return entry != nullptr && !entry->Expired(now) ? entry : nullptr;
  };
  if (const CacheEntry* entry = live({.type = type}))
    return {entry->kind() == CacheKind::kRrset ? Outcome::kAnswer : Outcome::kNoData, entry};
  if (type != rr::kCname) {
    const CacheEntry* alias = live({.type = rr::kCname});
    if (alias != nullptr && alias->kind() == CacheKind::kRrset) return {Outcome::kAlias, alias};
  }
  if (const CacheEntry* entry = live(kNoSuchName)) return {Outcome::kNxDomain, entry};
  if (const CacheEntry* entry = live(Failing(type))) return {Outcome::kFailure, entry};
  return {};
}

CacheHit Cache::Lookup(NameView name, RrType type, Instant now) const {
  CacheKey key;
  MakeKey(name, key);
  return Lookup(key, type, now);
}

bool Cache::Useful(Instant expires, Instant now) const { return now < limits_.UsefulUntil(expires); }

bool Cache::Useful(const CacheEntry& entry, Instant now) const {
  return Useful(entry.expires(), now) && entry.security() != Security::kBogus;
}

CacheHit Cache::LookupStale(NameView name, RrType type, Instant now) const {
  using Outcome = CacheHit::Outcome;
  CacheKey key;
  MakeKey(name, key);
  const CacheHit live = Lookup(key, type, now);
  if ((live && live.outcome != Outcome::kFailure) || !Cacheable(type)) return live ? live : CacheHit{};

  CacheHit latest;
  const auto consider = [&](CacheAspect aspect, CacheKind kind, Outcome outcome) {
    const CacheEntry* entry = ShardOf(key).Find(key, aspect);
    if (entry == nullptr || entry->kind() != kind || !Useful(*entry, now)) return;
    if (latest && latest.entry->stored() >= entry->stored()) return;
    latest = {outcome, entry};
  };
  consider({.type = type}, CacheKind::kRrset, Outcome::kAnswer);
  consider({.type = type}, CacheKind::kNoData, Outcome::kNoData);
  if (type != rr::kCname) consider({.type = rr::kCname}, CacheKind::kRrset, Outcome::kAlias);
  consider(kNoSuchName, CacheKind::kNxDomain, Outcome::kNxDomain);
  return latest;
}

const CacheEntry* Cache::Find(NameView name, RrType type, Instant now) const {
  if (!Cacheable(type)) return nullptr;
  CacheKey key;
  MakeKey(name, key);
  const CacheEntry* entry = ShardOf(key).Find(key, {.type = type});
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

// RFC 8020 section 2. From the closest name upwards.
const CacheEntry* Cache::FindNxDomainAbove(NameView name, Instant now) const {
  const NxDomainCut rule = limits_.nxdomain_cut.load(std::memory_order_relaxed);
  if (rule == NxDomainCut::kOff) return nullptr;
  while (!name.IsRoot()) {
    name = name.Parent();
    CacheKey key;
    MakeKey(name, key);
    const CacheEntry* entry = ShardOf(key).Find(key, kNoSuchName);
    if (entry == nullptr || entry->Expired(now)) continue;
    const bool believed =
        entry->security() == Security::kSecure ||
        (rule == NxDomainCut::kAuthoritative && entry->rank() >= TrustRank::kAuthoritativeAnswer);
    if (believed) return entry;
  }
  return nullptr;
}

Ttl Cache::Limited(Ttl ttl) const {
  const Ttl least = Ttl::Seconds(limits_.min_ttl_s.load(std::memory_order_relaxed));
  const Ttl most = Ttl::Seconds(limits_.max_ttl_s.load(std::memory_order_relaxed));
  return std::min(std::max(ttl, least), most);
}

Ttl Cache::LimitedNegative(const Rrset& soa) const {
  const Ttl most = Ttl::Seconds(limits_.max_negative_ttl_s.load(std::memory_order_relaxed));
  const Ttl minimum = Ttl::FromWire(MinimumOf(soa.rdatas.front()));
  return std::min(Limited(std::min(soa.ttl, minimum)), most);
}

StoreOutcome Cache::Count(StoreOutcome outcome) {
  outcomes_[static_cast<size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);
  return outcome;
}

StoreOutcome Cache::StoreRrset(const Rrset& rrset, const RdataSet& rrsigs, const Provenance& from,
                               Instant now) {
  return Count(Decide(rrset, rrsigs, from, now));
}

StoreOutcome Cache::Decide(const Rrset& rrset, const RdataSet& rrsigs, const Provenance& from, Instant now) {
  if (!Cacheable(rrset.type) || rrset.rr_class != kClassIn || rrset.rdatas.empty() ||
      from.rank < TrustRank::kAuthority)
    return StoreOutcome::kNotCacheable;
  if (rrset.rdatas.size() > limits_.max_rrset_records.load(std::memory_order_relaxed) ||
      rrset.rdatas.packed().size() > limits::kMaxRrsetOctets || rrsigs.size() > limits::kMaxRrsigsPerRrset)
    return StoreOutcome::kTooLarge;

  CacheKey key;
  MakeKey(rrset.owner, key);
  CacheEntry* fresh = CacheEntry::Make({.kind = CacheKind::kRrset,
                                        .owner = key.name(),
                                        .type = rrset.type,
                                        .rank = from.rank,
                                        .security = from.security,
                                        .ttl = Limited(rrset.ttl),
                                        .original_ttl = rrset.ttl,
                                        .filler = from.filler,
                                        .zone = from.zone,
                                        .rdatas = rrset.rdatas.packed(),
                                        .rdata_count = rrset.rdatas.size(),
                                        .rrsigs = rrsigs.packed(),
                                        .rrsig_count = rrsigs.size()},
                                       now);
  return ShardOf(key).Store(key, fresh, now);
}

StoreOutcome Cache::StoreNoData(NameView qname, RrType qtype, const Rrset& soa, const RdataSet& rrsigs,
                                const Provenance& from, Instant now) {
  if (!Cacheable(qtype)) return Count(StoreOutcome::kNotCacheable);
  return StoreNegative(CacheKind::kNoData, qname, qtype, soa, rrsigs, from, now);
}

StoreOutcome Cache::StoreNxDomain(NameView qname, const Rrset& soa, const RdataSet& rrsigs,
                                  const Provenance& from, Instant now) {
  return StoreNegative(CacheKind::kNxDomain, qname, kNoSuchName.type, soa, rrsigs, from, now);
}

StoreOutcome Cache::StoreNegative(CacheKind kind, NameView qname, RrType qtype, const Rrset& soa,
                                  const RdataSet& rrsigs, const Provenance& from, Instant now) {
  return Count(DecideNegative(kind, qname, qtype, soa, rrsigs, from, now));
}

StoreOutcome Cache::DecideNegative(CacheKind kind, NameView qname, RrType qtype, const Rrset& soa,
                                   const RdataSet& rrsigs, const Provenance& from, Instant now) {
  // Without the SOA of a zone the name is in there is nothing that limits its life (RFC 2308 section 5).
  if (soa.type != rr::kSoa || soa.rr_class != kClassIn || soa.rdatas.size() != 1 ||
      soa.rdatas.front().size() < 22 || !qname.IsAtOrBelow(soa.owner) || from.rank < TrustRank::kAuthority)
    return StoreOutcome::kNotCacheable;
  if (rrsigs.size() > limits::kMaxRrsigsPerRrset) return StoreOutcome::kTooLarge;

  CacheKey key;
  MakeKey(qname, key);
  CacheEntry* fresh =
      CacheEntry::Make({.kind = kind,
                        .owner = key.name(),
                        .type = qtype,
                        .rank = from.rank,
                        .security = from.security,
                        .ttl = LimitedNegative(soa),
                        .original_ttl = std::min(soa.ttl, Ttl::FromWire(MinimumOf(soa.rdatas.front()))),
                        .filler = from.filler,
                        .zone = from.zone,
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
  return ShardOf(key).StoreFailure(key, Failing(qtype), {.why = why}, now);
}

Duration Cache::StoreBareDenial(NameView qname, RrType qtype, Rcode rcode, Instant now) {
  if (!Cacheable(qtype)) return Duration::zero();
  CacheKey key;
  MakeKey(qname, key);
  return ShardOf(key).StoreFailure(key, Failing(qtype), {.rcode = rcode}, now);
}

Duration Cache::StoreServerFailure(NameView qname, RrType qtype, const IpAddress& server, ExtendedError why,
                                   Instant now) {
  if (!Cacheable(qtype)) return Duration::zero();
  CacheKey key;
  MakeKey(qname, key);
  return ShardOf(key).StoreFailure(key, FailingAt(qtype, server), {.why = why}, now);
}

Duration Cache::StoreCutFailure(NameView cut, ExtendedError why, Instant now) {
  CacheKey key;
  MakeKey(cut, key);
  return ShardOf(key).StoreFailure(key, FailingCut(), {.why = why}, now);
}

void Cache::ForgetCutFailure(NameView cut) {
  CacheKey key;
  MakeKey(cut, key);
  ShardOf(key).Remove(key, FailingCut());
}

const CacheEntry* Cache::FindServerFailure(NameView qname, RrType qtype, const IpAddress& server,
                                           Instant now) const {
  CacheKey key;
  MakeKey(qname, key);
  const CacheEntry* entry = ShardOf(key).Find(key, FailingAt(qtype, server));
  return entry != nullptr && !entry->Expired(now) ? entry : nullptr;
}

const CacheEntry* Cache::FindCutFailure(NameView cut, Instant now) const {
  CacheKey key;
  MakeKey(cut, key);
  const CacheEntry* entry = ShardOf(key).Find(key, FailingCut());
  return entry != nullptr && !entry->Expired(now) ? entry : nullptr;
}

size_t Cache::Flush(NameView name, std::optional<RrType> type) {
  CacheKey key;
  MakeKey(name, key);
  return ShardOf(key).RemoveIf(
      [&](const CacheEntry& entry) { return (!type || entry.type() == *type) && entry.owner() == name; });
}

size_t Cache::FlushSubtree(NameView name, std::optional<RrType> type) {
  size_t removed = 0;
  for (const auto& shard : shards_)
    removed += shard->RemoveIf([&](const CacheEntry& entry) {
      return (!type || entry.type() == *type) && entry.owner().IsAtOrBelow(name);
    });
  return removed;
}

std::vector<const CacheEntry*> Cache::Known(NameView name, RrType type) const {
  CacheKey key;
  MakeKey(name, key);
  std::vector<const CacheEntry*> known;
  for (const CacheAspect& aspect :
       {CacheAspect{.type = type}, CacheAspect{.type = rr::kCname}, kNoSuchName, Failing(type)}) {
    const CacheEntry* entry = ShardOf(key).Find(key, aspect);
    if (entry != nullptr && (known.empty() || known.front() != entry)) known.push_back(entry);
  }
  return known;
}

void Cache::ForEach(const std::function<void(const CacheEntry&)>& visit) const {
  for (const auto& shard : shards_) shard->ForEach(visit);
}

Cache::Stats Cache::stats() const {
  Stats stats{.capacity_octets = size_octets_};
  for (size_t i = 0; i < outcomes_.size(); ++i)
    stats.outcomes[i] = outcomes_[i].load(std::memory_order_relaxed);
  for (const auto& shard : shards_) shard->AddTo(stats);
  return stats;
}

}  // namespace cairn
