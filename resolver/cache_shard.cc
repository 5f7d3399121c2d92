#include "resolver/cache_shard.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cairn {
namespace {

constexpr int kLongestRow = 10;  // a second, doubled that often, is above any cap
// RFC 8767 section 5: servers that just failed are left alone for so long while clients get stale data.
constexpr int64_t kStaleRecheckSeconds = 30;

// What resolving itself and most clients ask for: stored however many types their name has already, or a
// stranger could keep a popular name's addresses out by asking for a hundred odd types of it.
bool AlwaysStored(RrType type) {
  constexpr RrType kTypes[] = {rr::kA,   rr::kAaaa,   rr::kCname, rr::kDname, rr::kNs,
                               rr::kSoa, rr::kMx,     rr::kTxt,   rr::kPtr,   rr::kSrv,
                               rr::kDs,  rr::kDnskey, rr::kHttps, rr::kSvcb,  RrType{0}};
  return std::ranges::find(kTypes, type) != std::end(kTypes);
}

// Entries in a real cache are rarely smaller; the index has a slot for each such share of the capacity.
constexpr size_t kExpectedEntryOctets = 112;
constexpr size_t kMinBuckets = 8;

// What an allocator gives for a block: size classes 16 octets apart up to 128, then four to each doubling.
size_t AllocatedOctets(const CacheEntry& entry) {
  const size_t size = entry.size_octets();
  const size_t step = size <= 128 ? 16 : std::bit_ceil(size) / 8;
  return (size + step - 1) / step * step;
}

// RFC 2181 section 5.4.1 with THREATS section 4. `old_entry` is live.
StoreOutcome Compare(const CacheEntry& old_entry, const CacheEntry& fresh) {
  if (fresh.rank() > old_entry.rank()) return StoreOutcome::kReplacedWorse;
  if (fresh.rank() < old_entry.rank()) return StoreOutcome::kKeptBetter;
  const bool keep = old_entry.security() == Security::kSecure && fresh.security() != Security::kSecure;
  return keep ? StoreOutcome::kKeptSecure : StoreOutcome::kReplacedEqual;
}

bool SameName(const CacheKey& key, const CacheEntry& entry) {
  const NameView owner = entry.owner();
  return owner.size() == key.size && std::memcmp(owner.data(), key.octets.data(), key.size) == 0;
}

}  // namespace

CacheShard::CacheShard(size_t capacity_octets, const CacheLimits& limits, const SipKey& sip_key,
                       EpochDomain& epochs)
    : limits_(limits),
      sip_key_(sip_key),
      epochs_(epochs),
      buckets_(std::max(kMinBuckets, capacity_octets / kExpectedEntryOctets * 4 / 3 / kSlotsPerBucket)),
      max_entries_(buckets_.size() * kSlotsPerBucket * 7 / 8),
      ghosts_(buckets_.size() * 2),
      types_(buckets_.size() * kSlotsPerBucket) {
  const size_t index_octets =
      buckets_.size() * sizeof(Bucket) + ghosts_.size() * sizeof(uint32_t) + types_.size();
  entry_budget_octets_ = capacity_octets - std::min(capacity_octets, index_octets);
}

CacheShard::~CacheShard() {
  for (Bucket& bucket : buckets_) {
    for (std::atomic<CacheEntry*>& entry : bucket.entries)
      CacheEntry::Free(entry.load(std::memory_order_relaxed));
  }
}

// The name's hash is keyed and uniform; type and kind only need to be spread, by an odd multiplier.
uint64_t CacheShard::PlaceHash(uint64_t name_hash, const CacheAspect& aspect) const {
  uint64_t salt = (uint64_t{aspect.type.value} << 1 | uint64_t{aspect.failure}) * 0x9e3779b97f4a7c15;
  if (!aspect.server.empty()) salt ^= SipHash(sip_key_, aspect.server);
  const uint64_t mixed = (name_hash ^ salt ^ salt >> 32) * 0xd6e8feb86659fd93;
  return mixed ^ mixed >> 32;
}

void CacheShard::Prefetch(const CacheKey& key, const CacheAspect& aspect) const {
  __builtin_prefetch(&buckets_[HomeOf(PlaceHash(key.hash, aspect))]);
}

// Of the home bucket alone: few entries lie further on.
void CacheShard::PrefetchEntry(const CacheKey& key, const CacheAspect& aspect) const {
  const uint64_t place_hash = PlaceHash(key.hash, aspect);
  const Bucket& bucket = buckets_[HomeOf(place_hash)];
  for (size_t i = 0; i < kSlotsPerBucket; ++i) {
    if (bucket.tags[i].load(std::memory_order_relaxed) != TagOf(place_hash)) continue;
    const CacheEntry* entry = bucket.entries[i].load(std::memory_order_relaxed);
    __builtin_prefetch(entry);
    __builtin_prefetch(reinterpret_cast<const uint8_t*>(entry) + 64);  // most names and addresses end in here
  }
}

const CacheEntry* CacheShard::Find(const CacheKey& key, const CacheAspect& aspect) const {
  const uint64_t place_hash = PlaceHash(key.hash, aspect);
  const uint16_t tag = TagOf(place_hash);
  size_t at = HomeOf(place_hash);
  for (size_t probes = 0; probes < buckets_.size(); ++probes) {
    const Bucket& bucket = buckets_[at];
    for (size_t i = 0; i < kSlotsPerBucket; ++i) {
      if (bucket.tags[i].load(std::memory_order_relaxed) != tag) continue;
      const CacheEntry* entry = bucket.entries[i].load(std::memory_order_acquire);
      if (entry == nullptr || !aspect.Is(*entry) || !SameName(key, *entry)) continue;
      entry->NoteUse();
      return entry;
    }
    if (bucket.overflow.load(std::memory_order_relaxed) == 0) return nullptr;
    at = After(at);
  }
  return nullptr;
}

StoreOutcome CacheShard::Judge(const CacheKey& key, uint32_t slot, const CacheEntry& fresh, Instant now) {
  if (slot != kNoSlot) {
    const CacheEntry& old_entry = *EntryAt(slot);
    return old_entry.Expired(now) ? StoreOutcome::kReplacedExpired : Compare(old_entry, fresh);
  }
  const bool full = TypesOf(key.hash) >= limits_.max_types_per_name.load(std::memory_order_relaxed);
  return full && !AlwaysStored(fresh.type()) ? StoreOutcome::kTooManyTypes : StoreOutcome::kStored;
}

StoreOutcome CacheShard::Store(const CacheKey& key, CacheEntry* fresh, Instant now) {
  const std::lock_guard lock(mutex_);
  const CacheAspect aspect = CacheAspect::Of(*fresh);
  const uint32_t slot = SlotOf(key, aspect);
  StoreOutcome outcome = AllocatedOctets(*fresh) > entry_budget_octets_ ? StoreOutcome::kTooLarge
                                                                        : Judge(key, slot, *fresh, now);
  const bool kept = Stored(outcome) && fresh->stored_ttl().seconds() > 0;
  // Now that the name is known to exist, it cannot be told otherwise for its other types; and this type no
  // longer fails.
  if (Stored(outcome) && fresh->kind() != CacheKind::kNxDomain) {
    RemoveAspect(key, {.type = RrType{0}}, fresh->rank());
    RemoveAspect(key, {.type = fresh->type(), .failure = true}, TrustRank::kLocal);
  }
  if (kept) {
    PutInPlace(key, SlotOf(key, aspect), fresh, now);
    ++stored_;
    return outcome;
  }
  if (Stored(outcome)) RemoveAspect(key, aspect, TrustRank::kLocal);
  if (fresh->stored_ttl().seconds() == 0 && outcome != StoreOutcome::kTooLarge)
    outcome = StoreOutcome::kZeroTtl;
  CacheEntry::Free(fresh);
  return outcome;
}

CacheShard::Holding CacheShard::HoldingFor(const CacheKey& key, RrType type, Instant now) const {
  Holding holding = Holding::kNothing;
  for (const RrType its_type : {type, rr::kCname, RrType{0}}) {
    const uint32_t slot = SlotOf(key, {.type = its_type});
    if (slot == kNoSlot) continue;
    const CacheEntry& entry = *EntryAt(slot);
    if (its_type != type && entry.kind() == CacheKind::kNoData) continue;  // no alias: says nothing of `type`
    if (!entry.Expired(now)) return Holding::kLive;
    if (now < limits_.UsefulUntil(entry.expires())) holding = Holding::kStale;
  }
  return holding;
}

Duration CacheShard::StoreFailure(const CacheKey& key, CacheAspect aspect, Failure failure, Instant now) {
  const std::lock_guard lock(mutex_);
  const bool of_question = aspect.type != RrType{0} && aspect.server.empty();
  const Holding holding = of_question ? HoldingFor(key, aspect.type, now) : Holding::kNothing;
  if (holding == Holding::kLive) return Duration::zero();
  const int64_t first_s = limits_.failure_s.load(std::memory_order_relaxed);
  const int64_t longest_s = limits_.longest_failure_s.load(std::memory_order_relaxed);
  const uint32_t slot = SlotOf(key, aspect);
  int row = 1;
  if (slot != kNoSlot && failure.rcode == Rcode::kServFail) {
    const CacheEntry& before = *EntryAt(slot);
    const bool forgotten = now >= before.expires() + std::chrono::seconds(longest_s);
    if (!forgotten) row = std::min(before.failures_in_a_row() + 1, kLongestRow);
  }
  int64_t seconds = std::min(first_s << (row - 1), longest_s);
  if (holding == Holding::kStale && failure.rcode == Rcode::kServFail)
    seconds = std::max(seconds, kStaleRecheckSeconds);
  uint8_t code[3];
  StoreU16(code, static_cast<uint16_t>(failure.why));
  code[2] = static_cast<uint8_t>(failure.rcode);
  const Ttl ttl = Ttl::Seconds(static_cast<uint32_t>(seconds));
  std::optional<IpAddress> server;
  if (!aspect.server.empty())
    server = aspect.server.size() == 4 ? IpAddress::V4(aspect.server) : IpAddress::V6(aspect.server);
  CacheEntry* fresh = CacheEntry::Make({.kind = CacheKind::kFailure,
                                        .owner = key.name(),
                                        .type = aspect.type,
                                        .ttl = ttl,
                                        .original_ttl = ttl,
                                        .filler = server,
                                        .rdatas = code,
                                        .rdata_count = static_cast<size_t>(row)},
                                       now);
  PutInPlace(key, slot, fresh, now);
  return std::chrono::seconds(seconds);
}

void CacheShard::Remove(const CacheKey& key, CacheAspect aspect) {
  const std::lock_guard lock(mutex_);
  RemoveAspect(key, aspect, TrustRank::kLocal);
}

void CacheShard::PutInPlace(const CacheKey& key, uint32_t slot, CacheEntry* fresh, Instant now) {
  if (slot != kNoSlot) {
    Replace(slot, fresh);
    MakeRoom(0, now);
    return;
  }
  MakeRoom(AllocatedOctets(*fresh), now);
  File(key.hash, fresh);
}

uint32_t CacheShard::SlotOf(const CacheKey& key, const CacheAspect& aspect) const {
  const uint64_t place_hash = PlaceHash(key.hash, aspect);
  size_t at = HomeOf(place_hash);
  for (size_t probes = 0; probes < buckets_.size(); ++probes) {
    const Bucket& bucket = buckets_[at];
    for (size_t i = 0; i < kSlotsPerBucket; ++i) {
      const CacheEntry* entry = bucket.entries[i].load(std::memory_order_relaxed);
      if (entry != nullptr && aspect.Is(*entry) && SameName(key, *entry))
        return static_cast<uint32_t>(at * kSlotsPerBucket + i);
    }
    if (bucket.overflow.load(std::memory_order_relaxed) == 0) return kNoSlot;
    at = After(at);
  }
  return kNoSlot;
}

// max_entries_ leaves an eighth of the slots free, so there is one.
void CacheShard::File(uint64_t name_hash, CacheEntry* entry) {
  const uint64_t place_hash = PlaceHash(name_hash, CacheAspect::Of(*entry));
  if (entry->kind() != CacheKind::kFailure) ++TypesOf(name_hash);
  size_t at = HomeOf(place_hash);
  while (true) {
    Bucket& bucket = buckets_[at];
    for (size_t i = 0; i < kSlotsPerBucket; ++i) {
      if (bucket.entries[i].load(std::memory_order_relaxed) != nullptr) continue;
      entry->in_main_queue_ = GhostHas(place_hash);
      bucket.entries[i].store(entry, std::memory_order_release);
      bucket.tags[i].store(TagOf(place_hash), std::memory_order_relaxed);
      Enqueue(QueueOf(*entry), static_cast<uint32_t>(at * kSlotsPerBucket + i));
      ++entries_;
      octets_ += AllocatedOctets(*entry);
      return;
    }
    bucket.overflow.fetch_add(1, std::memory_order_relaxed);
    at = After(at);
  }
}

// The fresh entry inherits place and use of the old one: a refresh is no new arrival.
void CacheShard::Replace(uint32_t slot, CacheEntry* fresh) {
  CacheEntry* old_entry = EntryAt(slot);
  fresh->in_main_queue_ = old_entry->in_main_queue_;
  fresh->newer_ = old_entry->newer_;
  fresh->older_ = old_entry->older_;
  fresh->marks_.store(old_entry->marks_.load(std::memory_order_relaxed) & CacheEntry::kUses,
                      std::memory_order_relaxed);
  const size_t old_octets = AllocatedOctets(*old_entry), fresh_octets = AllocatedOctets(*fresh);
  octets_ += fresh_octets - old_octets;
  QueueOf(*fresh).octets += fresh_octets - old_octets;
  buckets_[slot / kSlotsPerBucket].entries[slot % kSlotsPerBucket].store(fresh, std::memory_order_release);
  Discard(old_entry);
}

void CacheShard::RemoveAt(uint32_t slot) {
  CacheEntry* entry = EntryAt(slot);
  Dequeue(slot);
  const uint64_t name_hash = NameHash(*entry);
  if (entry->kind() != CacheKind::kFailure) --TypesOf(name_hash);
  const size_t lies_in = slot / kSlotsPerBucket;
  for (size_t at = HomeOf(PlaceHash(name_hash, CacheAspect::Of(*entry))); at != lies_in; at = After(at))
    buckets_[at].overflow.fetch_sub(1, std::memory_order_relaxed);
  buckets_[lies_in].tags[slot % kSlotsPerBucket].store(0, std::memory_order_relaxed);
  buckets_[lies_in].entries[slot % kSlotsPerBucket].store(nullptr, std::memory_order_relaxed);
  --entries_;
  octets_ -= AllocatedOctets(*entry);
  Discard(entry);
}

void CacheShard::RemoveAspect(const CacheKey& key, CacheAspect aspect, TrustRank up_to) {
  const uint32_t slot = SlotOf(key, aspect);
  if (slot != kNoSlot && EntryAt(slot)->rank() <= up_to) RemoveAt(slot);
}

void CacheShard::Discard(CacheEntry* entry) {
  retired_.Add(epochs_.Advance(), entry, [](void* it) { CacheEntry::Free(static_cast<CacheEntry*>(it)); });
  retired_.Reclaim(epochs_.OldestReader());
}

void CacheShard::MakeRoom(size_t needed_octets, Instant now) {
  while (entries_ != 0 && (octets_ + needed_octets > entry_budget_octets_ || entries_ >= max_entries_))
    EvictOne(now);
}

// One entry leaves. Used ones get another round, but not more than so many at once: the lock is never held
// for long.
void CacheShard::EvictOne(Instant now) {
  for (int chances = kMaxSecondChances;; --chances) {
    const bool from_small = small_.octets > entry_budget_octets_ / 10 || main_.oldest == kNoSlot;
    const uint32_t slot = from_small ? small_.oldest : main_.oldest;
    CacheEntry& entry = *EntryAt(slot);
    const uint8_t marks = entry.marks_.load(std::memory_order_relaxed);
    const uint8_t uses = marks & CacheEntry::kUses;
    const bool useless = now >= limits_.UsefulUntil(entry.expires());
    if (uses == 0 || chances == 0 || useless) {
      if (from_small && !useless) {
        const uint64_t place_hash = PlaceHash(entry);
        ghosts_[GhostOf(place_hash)] = static_cast<uint32_t>(place_hash >> 32);
      }
      RemoveAt(slot);
      ++evicted_;
      return;
    }
    Dequeue(slot);
    entry.in_main_queue_ = true;
    entry.marks_.store(static_cast<uint8_t>(marks - (from_small ? uses : 1)), std::memory_order_relaxed);
    Enqueue(main_, slot);
  }
}

bool CacheShard::GhostHas(uint64_t place_hash) const {
  return ghosts_[GhostOf(place_hash)] == static_cast<uint32_t>(place_hash >> 32);
}

void CacheShard::Enqueue(Queue& queue, uint32_t slot) {
  CacheEntry& entry = *EntryAt(slot);
  entry.newer_ = kNoSlot;
  entry.older_ = queue.newest;
  (queue.newest == kNoSlot ? queue.oldest : EntryAt(queue.newest)->newer_) = slot;
  queue.newest = slot;
  queue.octets += AllocatedOctets(entry);
}

void CacheShard::Dequeue(uint32_t slot) {
  CacheEntry& entry = *EntryAt(slot);
  Queue& queue = QueueOf(entry);
  (entry.newer_ == kNoSlot ? queue.newest : EntryAt(entry.newer_)->older_) = entry.older_;
  (entry.older_ == kNoSlot ? queue.oldest : EntryAt(entry.older_)->newer_) = entry.newer_;
  queue.octets -= AllocatedOctets(entry);
}

size_t CacheShard::RemoveIf(const std::function<bool(const CacheEntry&)>& condition) {
  size_t removed = 0;
  ForEachSlot([&](uint32_t slot) {
    if (!condition(*EntryAt(slot))) return;
    RemoveAt(slot);
    ++removed;
  });
  return removed;
}

void CacheShard::ForEach(const std::function<void(const CacheEntry&)>& visit) const {
  ForEachSlot([&](uint32_t slot) { visit(*EntryAt(slot)); });
}

// Entries never move, so one that is there throughout is met once however often the lock changes hands.
template <typename Visit>
void CacheShard::ForEachSlot(Visit visit) const {
  for (size_t bucket = 0; bucket < buckets_.size();) {
    const std::lock_guard lock(mutex_);
    for (const size_t end = std::min(bucket + kBucketsAtOnce, buckets_.size()); bucket < end; ++bucket) {
      for (size_t i = 0; i < kSlotsPerBucket; ++i) {
        const auto slot = static_cast<uint32_t>(bucket * kSlotsPerBucket + i);
        if (EntryAt(slot) != nullptr) visit(slot);
      }
    }
  }
}

void CacheShard::AddTo(Cache::Stats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.entries += entries_;
  stats.octets +=
      octets_ + buckets_.size() * sizeof(Bucket) + ghosts_.size() * sizeof(uint32_t) + types_.size();
  stats.stored += stored_;
  stats.evicted += evicted_;
  stats.waiting_for_readers += retired_.size();
}

}  // namespace cairn
