#include "resolver/cache_shard.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cairn {
namespace {

// RFC 9520 section 3.2: at least one second, at most five minutes, growing.
constexpr int64_t kFirstFailureSeconds = 5;
constexpr int64_t kLongestFailureSeconds = 300;
constexpr int kLongestRow = 7;  // 5 s * 2^6 is above the cap

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

CacheShard::CacheShard(size_t capacity_octets, const SipKey& sip_key, EpochDomain& epochs)
    : sip_key_(sip_key),
      epochs_(epochs),
      buckets_(std::max(kMinBuckets, capacity_octets / kExpectedEntryOctets * 4 / 3 / kSlotsPerBucket)),
      max_entries_(buckets_.size() * kSlotsPerBucket * 7 / 8),
      ghosts_(buckets_.size() * 2) {
  const size_t index_octets = buckets_.size() * sizeof(Bucket) + ghosts_.size() * sizeof(uint32_t);
  entry_budget_octets_ = capacity_octets - std::min(capacity_octets, index_octets);
}

CacheShard::~CacheShard() {
  for (Bucket& bucket : buckets_) {
    for (std::atomic<CacheEntry*>& entry : bucket.entries)
      CacheEntry::Free(entry.load(std::memory_order_relaxed));
  }
}

// The name's hash is keyed and uniform; type and kind only need to be spread, by an odd multiplier.
uint64_t CacheShard::PlaceHash(uint64_t name_hash, CacheAspect aspect) const {
  const uint64_t salt = (uint64_t{aspect.type.value} << 1 | uint64_t{aspect.failure}) * 0x9e3779b97f4a7c15;
  const uint64_t mixed = (name_hash ^ salt ^ salt >> 32) * 0xd6e8feb86659fd93;
  return mixed ^ mixed >> 32;
}

uint64_t CacheShard::PlaceHash(const CacheEntry& entry) const {
  return PlaceHash(SipHash(sip_key_, entry.owner().wire()), CacheAspect::Of(entry));
}

void CacheShard::Prefetch(const CacheKey& key, CacheAspect aspect) const {
  __builtin_prefetch(&buckets_[HomeOf(PlaceHash(key.hash, aspect))]);
}

// Of the home bucket alone: few entries lie further on.
void CacheShard::PrefetchEntry(const CacheKey& key, CacheAspect aspect) const {
  const uint64_t place_hash = PlaceHash(key.hash, aspect);
  const Bucket& bucket = buckets_[HomeOf(place_hash)];
  for (size_t i = 0; i < kSlotsPerBucket; ++i) {
    if (bucket.tags[i].load(std::memory_order_relaxed) != TagOf(place_hash)) continue;
    const CacheEntry* entry = bucket.entries[i].load(std::memory_order_relaxed);
    __builtin_prefetch(entry);
    __builtin_prefetch(reinterpret_cast<const uint8_t*>(entry) + 64);  // most names and addresses end in here
  }
}

const CacheEntry* CacheShard::Find(const CacheKey& key, CacheAspect aspect) const {
  const uint64_t place_hash = PlaceHash(key.hash, aspect);
  const uint16_t tag = TagOf(place_hash);
  size_t at = HomeOf(place_hash);
  for (size_t probes = 0; probes < buckets_.size(); ++probes) {
    const Bucket& bucket = buckets_[at];
    for (size_t i = 0; i < kSlotsPerBucket; ++i) {
      if (bucket.tags[i].load(std::memory_order_relaxed) != tag) continue;
      const CacheEntry* entry = bucket.entries[i].load(std::memory_order_acquire);
      if (entry == nullptr || CacheAspect::Of(*entry) != aspect || !SameName(key, *entry)) continue;
      const uint8_t uses = entry->uses_.load(std::memory_order_relaxed);
      if (uses < 3)
        entry->uses_.store(uses + 1, std::memory_order_relaxed);  // hot entries are not written to
      return entry;
    }
    if (bucket.overflow.load(std::memory_order_relaxed) == 0) return nullptr;
    at = After(at);
  }
  return nullptr;
}

StoreOutcome CacheShard::Store(const CacheKey& key, CacheEntry* fresh, Instant now) {
  const std::lock_guard lock(mutex_);
  if (AllocatedOctets(*fresh) > entry_budget_octets_) {
    CacheEntry::Free(fresh);
    return StoreOutcome::kTooLarge;
  }
  const CacheAspect aspect = CacheAspect::Of(*fresh);
  const uint32_t slot = SlotOf(key, aspect);
  StoreOutcome outcome = StoreOutcome::kStored;
  if (slot != kNoSlot) {
    const CacheEntry& old_entry = *EntryAt(slot);
    outcome = old_entry.Expired(now) ? StoreOutcome::kReplacedExpired : Compare(old_entry, *fresh);
  }
  if (!Stored(outcome)) {
    CacheEntry::Free(fresh);
    return outcome;
  }
  // Now that the name is known to exist, it cannot be told otherwise for its other types; and this type no
  // longer fails.
  if (fresh->kind() != CacheKind::kNxDomain) {
    RemoveAspect(key, {RrType{0}, false}, fresh->rank());
    RemoveAspect(key, {fresh->type(), true}, TrustRank::kLocal);
  }
  PutInPlace(key, SlotOf(key, aspect), fresh, now);
  ++stored_;
  return outcome;
}

Duration CacheShard::StoreFailure(const CacheKey& key, RrType type, ExtendedError why, Instant now) {
  const std::lock_guard lock(mutex_);
  const uint32_t slot = SlotOf(key, {type, true});
  int row = 1;
  if (slot != kNoSlot) {
    const CacheEntry& before = *EntryAt(slot);
    const bool forgotten = now >= before.expires() + std::chrono::seconds(kLongestFailureSeconds);
    if (!forgotten) row = std::min(before.failures_in_a_row() + 1, kLongestRow);
  }
  const int64_t seconds = std::min(kFirstFailureSeconds << (row - 1), kLongestFailureSeconds);
  uint8_t code[2];
  StoreU16(code, static_cast<uint16_t>(why));
  const Ttl ttl = Ttl::Seconds(static_cast<uint32_t>(seconds));
  CacheEntry* fresh = CacheEntry::Make({.kind = CacheKind::kFailure,
                                        .owner = key.name(),
                                        .type = type,
                                        .ttl = ttl,
                                        .original_ttl = ttl,
                                        .rdatas = code,
                                        .rdata_count = static_cast<size_t>(row)},
                                       now);
  PutInPlace(key, slot, fresh, now);
  return std::chrono::seconds(seconds);
}

void CacheShard::PutInPlace(const CacheKey& key, uint32_t slot, CacheEntry* fresh, Instant now) {
  if (slot != kNoSlot) {
    Replace(slot, fresh);
    MakeRoom(0, now);
    return;
  }
  MakeRoom(AllocatedOctets(*fresh), now);
  const uint64_t place_hash = PlaceHash(key.hash, CacheAspect::Of(*fresh));
  File(place_hash, fresh, GhostHas(place_hash));
}

uint32_t CacheShard::SlotOf(const CacheKey& key, CacheAspect aspect) const {
  const uint64_t place_hash = PlaceHash(key.hash, aspect);
  size_t at = HomeOf(place_hash);
  for (size_t probes = 0; probes < buckets_.size(); ++probes) {
    const Bucket& bucket = buckets_[at];
    for (size_t i = 0; i < kSlotsPerBucket; ++i) {
      const CacheEntry* entry = bucket.entries[i].load(std::memory_order_relaxed);
      if (entry != nullptr && CacheAspect::Of(*entry) == aspect && SameName(key, *entry))
        return static_cast<uint32_t>(at * kSlotsPerBucket + i);
    }
    if (bucket.overflow.load(std::memory_order_relaxed) == 0) return kNoSlot;
    at = After(at);
  }
  return kNoSlot;
}

// max_entries_ leaves an eighth of the slots free, so there is one.
void CacheShard::File(uint64_t place_hash, CacheEntry* entry, bool into_main) {
  size_t at = HomeOf(place_hash);
  while (true) {
    Bucket& bucket = buckets_[at];
    for (size_t i = 0; i < kSlotsPerBucket; ++i) {
      if (bucket.entries[i].load(std::memory_order_relaxed) != nullptr) continue;
      entry->in_main_queue_ = into_main;
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
  fresh->uses_.store(old_entry->uses_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  const size_t old_octets = AllocatedOctets(*old_entry), fresh_octets = AllocatedOctets(*fresh);
  octets_ += fresh_octets - old_octets;
  QueueOf(*fresh).octets += fresh_octets - old_octets;
  buckets_[slot / kSlotsPerBucket].entries[slot % kSlotsPerBucket].store(fresh, std::memory_order_release);
  Discard(old_entry);
}

void CacheShard::Remove(uint32_t slot) {
  CacheEntry* entry = EntryAt(slot);
  Dequeue(slot);
  const size_t lies_in = slot / kSlotsPerBucket;
  for (size_t at = HomeOf(PlaceHash(*entry)); at != lies_in; at = After(at))
    buckets_[at].overflow.fetch_sub(1, std::memory_order_relaxed);
  buckets_[lies_in].tags[slot % kSlotsPerBucket].store(0, std::memory_order_relaxed);
  buckets_[lies_in].entries[slot % kSlotsPerBucket].store(nullptr, std::memory_order_relaxed);
  --entries_;
  octets_ -= AllocatedOctets(*entry);
  Discard(entry);
}

void CacheShard::RemoveAspect(const CacheKey& key, CacheAspect aspect, TrustRank up_to) {
  const uint32_t slot = SlotOf(key, aspect);
  if (slot != kNoSlot && EntryAt(slot)->rank() <= up_to) Remove(slot);
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
    const uint8_t uses = entry.uses_.load(std::memory_order_relaxed);
    if (uses == 0 || chances == 0 || entry.Expired(now)) {
      if (from_small && !entry.Expired(now)) {
        const uint64_t place_hash = PlaceHash(entry);
        ghosts_[GhostOf(place_hash)] = static_cast<uint32_t>(place_hash >> 32);
      }
      Remove(slot);
      ++evicted_;
      return;
    }
    Dequeue(slot);
    entry.in_main_queue_ = true;
    entry.uses_.store(from_small ? 0 : static_cast<uint8_t>(uses - 1), std::memory_order_relaxed);
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
  const std::lock_guard lock(mutex_);
  size_t removed = 0;
  for (uint32_t slot = 0; slot < buckets_.size() * kSlotsPerBucket; ++slot) {
    const CacheEntry* entry = EntryAt(slot);
    if (entry == nullptr || !condition(*entry)) continue;
    Remove(slot);
    ++removed;
  }
  return removed;
}

void CacheShard::ForEach(const std::function<void(const CacheEntry&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (uint32_t slot = 0; slot < buckets_.size() * kSlotsPerBucket; ++slot) {
    if (const CacheEntry* entry = EntryAt(slot)) visit(*entry);
  }
}

void CacheShard::AddTo(Cache::Stats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.entries += entries_;
  stats.octets += octets_ + buckets_.size() * sizeof(Bucket) + ghosts_.size() * sizeof(uint32_t);
  stats.stored += stored_;
  stats.evicted += evicted_;
  stats.waiting_for_readers += retired_.size();
}

}  // namespace cairn
