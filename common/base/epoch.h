// Reclaiming memory which readers use without locks: quiescent-state based reclamation (QSBR).
// Each thread that reads owns an EpochReader and says once per turn of its loop "I hold nothing" (Quiesce),
// or leaves for a while (GoOffline around a blocking wait). A writer first unpublishes an object, then
// retires it under the epoch that starts at this moment; the object dies once every reader has announced that
// epoch or is away. Reading costs nothing at all; what a reader found stays valid until its own next Quiesce
// or GoOffline.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <type_traits>

namespace cairn {

// Objects that are no longer published and wait for their last readers. Protected by its owner's lock; its
// owner dies after the last reader.
class RetireList {
 public:
  using Free = void (*)(void*);

  RetireList() = default;
  ~RetireList() { Reclaim(UINT64_MAX); }
  RetireList(const RetireList&) = delete;
  RetireList& operator=(const RetireList&) = delete;

  // Epochs must not descend.
  void Add(uint64_t epoch, void* object, Free free) { waiting_.push_back({epoch, object, free}); }
  // Frees what was retired under an epoch up to `oldest_reader`.
  void Reclaim(uint64_t oldest_reader);
  size_t size() const { return waiting_.size(); }

 private:
  struct Retired {
    uint64_t epoch;
    void* object;
    Free free;
  };
  std::deque<Retired> waiting_;
};

class EpochDomain {
 public:
  // The most workers a configuration takes, and a few threads beside them. One more is a mistake of ours and
  // stops the process.
  static constexpr size_t kMaxReaders = 256 + 16;

  EpochDomain() = default;  // on destruction no reader may be left
  EpochDomain(const EpochDomain&) = delete;
  EpochDomain& operator=(const EpochDomain&) = delete;

  // Starts an epoch: what was unpublished before this call may be freed once OldestReader() is at least the
  // result.
  uint64_t Advance() { return epoch_.fetch_add(1, std::memory_order_acq_rel) + 1; }
  // The oldest epoch an online reader has announced; the greatest number when none is online.
  uint64_t OldestReader() const;

  // Takes `object`, already unpublished, and frees it when no reader can hold it. From any thread.
  template <typename T>
  void Retire(std::unique_ptr<T> object) {
    RetireRaw(const_cast<std::remove_const_t<T>*>(object.release()),
              [](void* it) { delete static_cast<T*>(it); });
  }
  // Frees what can be freed; Retire does so too. Returns how many objects still wait.
  size_t Reclaim();

 private:
  friend class EpochReader;
  // One reader's announcement, on a cache line of its own. 0: offline or nobody.
  struct alignas(64) Seat {
    std::atomic<uint64_t> announced{0};
    std::atomic<bool> taken{false};
  };

  void RetireRaw(void* object, RetireList::Free free);
  Seat& TakeSeat();

  std::atomic<uint64_t> epoch_{1};
  std::atomic<size_t> seats_used_{0};  // seats from here on were never taken
  std::array<Seat, kMaxReaders> seats_;
  std::mutex mutex_;
  RetireList retired_;  // under mutex_
};

// A thread's membership; online from its birth to its death. Used by one thread at a time.
class EpochReader {
 public:
  explicit EpochReader(EpochDomain& domain);
  ~EpochReader();
  EpochReader(const EpochReader&) = delete;
  EpochReader& operator=(const EpochReader&) = delete;

  // "Whatever I looked up before, I no longer use it."
  void Quiesce() {
    seat_.announced.store(domain_.epoch_.load(std::memory_order_acquire), std::memory_order_release);
  }
  void GoOffline() { seat_.announced.store(0, std::memory_order_release); }
  void GoOnline();

 private:
  EpochDomain& domain_;
  EpochDomain::Seat& seat_;
};

}  // namespace cairn
