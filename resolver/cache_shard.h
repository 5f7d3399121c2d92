// One shard of the cache: an index which readers probe without locks, and the queues of the S3-FIFO eviction
// behind one mutex. Private to cache.cc.
//
// The index is a fixed array of buckets, each one cache line of six slots: six 16-bit tags, six entry
// pointers, and the number of entries that wanted this bucket and had to go further. A reader leaves the
// probe at the first bucket with no such overflow, so a miss touches one cache line as a rule and nothing
// needs tombstones. Entries never move; a slot's number is its entry's name in the queues.
//
// S3-FIFO (Yang et al., SOSP 2023): a new entry waits in a small queue with a tenth of the room. Used before
// it reaches the end it goes over to the main queue; never used again it leaves, and only its fingerprint
// stays in a ghost table, so that a second coming soon after goes to the main queue at once. A flood of names
// asked once passes through the tenth.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "common/base/epoch.h"
#include "resolver/cache.h"

namespace cairn {

// What an entry is filed under beside its name: data (an RRset or NODATA) and failures of one type stand side
// by side. "No such name" is filed under type 0, the failure of a zone cut as well.
struct CacheAspect {
  RrType type;
  bool failure = false;
  ByteView server = {};  // of a failure: at this server alone
  bool Is(const CacheEntry& entry) const {
    if (entry.type() != type || (entry.kind() == CacheKind::kFailure) != failure) return false;
    return !failure || std::ranges::equal(entry.filler_octets(), server);
  }
  static CacheAspect Of(const CacheEntry& entry) {
    const bool failure = entry.kind() == CacheKind::kFailure;
    return {entry.type(), failure, failure ? entry.filler_octets() : ByteView()};
  }
};

class CacheShard {
 public:
  CacheShard(size_t capacity_octets, const CacheLimits& limits, const SipKey& sip_key, EpochDomain& epochs);
  ~CacheShard();

  void Prefetch(const CacheKey& key, const CacheAspect& aspect) const;
  void PrefetchEntry(const CacheKey& key, const CacheAspect& aspect) const;
  // Lock-free. The entry may be expired.
  const CacheEntry* Find(const CacheKey& key, const CacheAspect& aspect) const;

  // Files `fresh` if the rules let it; takes it in any case. With TTL 0 it only removes what it would have
  // replaced: stale data must not be served where fresh ones were seen.
  StoreOutcome Store(const CacheKey& key, CacheEntry* fresh, Instant now);
  struct Failure {
    ExtendedError why = ExtendedError::kOther;
    Rcode rcode = Rcode::kServFail;  // another one: a denial without an SOA
  };
  // Makes the entry of a failure out of the one before, if any, under the lock; returns how long it holds.
  Duration StoreFailure(const CacheKey& key, CacheAspect aspect, Failure failure, Instant now);
  void Remove(const CacheKey& key, CacheAspect aspect);
  size_t RemoveIf(const std::function<bool(const CacheEntry&)>& condition);
  void ForEach(const std::function<void(const CacheEntry&)>& visit) const;
  void AddTo(Cache::Stats& stats) const;

 private:
  static constexpr size_t kSlotsPerBucket = 6;
  static constexpr uint32_t kNoSlot = UINT32_MAX;
  static constexpr int kMaxSecondChances = 64;
  static constexpr size_t kBucketsAtOnce = 64;  // looked at before the lock is given up for others

  struct alignas(64) Bucket {
    std::array<std::atomic<CacheEntry*>, kSlotsPerBucket> entries{};
    std::array<std::atomic<uint16_t>, kSlotsPerBucket> tags{};
    std::atomic<uint32_t> overflow{0};
  };
  static_assert(sizeof(Bucket) == 64);

  // Entries from newest to oldest, chained by slot numbers.
  struct Queue {
    uint32_t newest = kNoSlot;
    uint32_t oldest = kNoSlot;
    size_t octets = 0;
  };

  uint64_t NameHash(const CacheEntry& entry) const { return SipHash(sip_key_, entry.owner().wire()); }
  uint64_t PlaceHash(uint64_t name_hash, const CacheAspect& aspect) const;
  uint64_t PlaceHash(const CacheEntry& entry) const {
    return PlaceHash(NameHash(entry), CacheAspect::Of(entry));
  }
  // Scales 32 bits of the hash to the number of buckets.
  size_t HomeOf(uint64_t place_hash) const {
    return uint64_t{static_cast<uint32_t>(place_hash)} * buckets_.size() >> 32;
  }
  size_t After(size_t bucket) const { return bucket + 1 == buckets_.size() ? 0 : bucket + 1; }
  size_t GhostOf(uint64_t place_hash) const {
    return uint64_t{static_cast<uint32_t>(place_hash)} * ghosts_.size() >> 32;
  }
  uint8_t& TypesOf(uint64_t name_hash) {
    return types_[uint64_t{static_cast<uint32_t>(name_hash)} * types_.size() >> 32];
  }
  static uint16_t TagOf(uint64_t place_hash) { return static_cast<uint16_t>(place_hash >> 48 | 1); }
  CacheEntry* EntryAt(uint32_t slot) const {
    return buckets_[slot / kSlotsPerBucket].entries[slot % kSlotsPerBucket].load(std::memory_order_relaxed);
  }

  // All below: under mutex_.
  uint32_t SlotOf(const CacheKey& key, const CacheAspect& aspect) const;
  StoreOutcome Judge(const CacheKey& key, uint32_t slot, const CacheEntry& fresh, Instant now);
  enum class Holding : uint8_t { kNothing, kStale, kLive };
  Holding HoldingFor(const CacheKey& key, RrType type, Instant now) const;
  void File(uint64_t name_hash, CacheEntry* entry);
  void Replace(uint32_t slot, CacheEntry* fresh);
  void RemoveAt(uint32_t slot);
  void RemoveAspect(const CacheKey& key, CacheAspect aspect, TrustRank up_to);
  void PutInPlace(const CacheKey& key, uint32_t slot, CacheEntry* fresh, Instant now);
  void MakeRoom(size_t needed_octets, Instant now);
  void EvictOne(Instant now);
  void Discard(CacheEntry* entry);
  template <typename Visit>
  void ForEachSlot(Visit visit) const;  // takes the lock itself, for some slots at a time

  Queue& QueueOf(const CacheEntry& entry) { return entry.in_main_queue_ ? main_ : small_; }
  void Enqueue(Queue& queue, uint32_t slot);
  void Dequeue(uint32_t slot);
  bool GhostHas(uint64_t place_hash) const;

  const CacheLimits& limits_;
  const SipKey sip_key_;
  EpochDomain& epochs_;
  std::vector<Bucket> buckets_;
  size_t entry_budget_octets_;  // what the index leaves
  size_t max_entries_;          // so that probes stay short

  mutable std::mutex mutex_;
  Queue small_;
  Queue main_;
  std::vector<uint32_t> ghosts_;  // fingerprints, each at the place its hash says; the younger overwrites
  // Entries with data, counted by the hash of their name: about one a place, so that a count near a hundred
  // is one name with as many types.
  std::vector<uint8_t> types_;
  size_t entries_ = 0;
  size_t octets_ = 0;
  uint64_t stored_ = 0;
  uint64_t evicted_ = 0;
  RetireList retired_;
};

}  // namespace cairn
