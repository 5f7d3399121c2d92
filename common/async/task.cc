// The frame pool behind Task: per-thread free lists, one per size class. A frame that ends on another thread
// than it began on simply joins that thread's list. The lists keep what the busiest moment needed, which the
// cap on client queries in flight bounds (THREATS section 1). Under a sanitizer each frame is an allocation
// of its own, so that a use after its end is seen.
#include "common/async/task.h"

#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CAIRN_POOL_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define CAIRN_POOL_FRAMES 0
#endif
#endif
#ifndef CAIRN_POOL_FRAMES
#define CAIRN_POOL_FRAMES 1
#endif

namespace cairn {
namespace {

constexpr size_t kClassOctets = 64;  // leaf frames are 48 to 64 octets, a resolution's some hundred
constexpr size_t kClasses = 32;      // frames above 2 KiB are rare and go to the allocator

struct FreeBlock {
  FreeBlock* next;
};

// Trivially destructible, so that a task which some other thread_local owns may still end after
// FreeListsGuard has.
struct FreeLists {
  FreeBlock* heads[kClasses];
  bool closed;
};
constinit thread_local FreeLists free_lists{};

struct FreeListsGuard {
  ~FreeListsGuard() {
    free_lists.closed = true;
    for (FreeBlock*& head : free_lists.heads) {
      while (head != nullptr) ::operator delete(std::exchange(head, head->next));
    }
  }
};

constexpr size_t SizeClass(size_t octets) { return (octets + kClassOctets - 1) / kClassOctets - 1; }

constexpr bool Pooled(size_t octets) {
  return CAIRN_POOL_FRAMES != 0 && octets > 0 && octets <= kClasses * kClassOctets;
}

}  // namespace

void* AllocateFrame(size_t octets) {
  if (!Pooled(octets)) return ::operator new(octets);
  const size_t size_class = SizeClass(octets);
  FreeBlock*& head = free_lists.heads[size_class];
  if (head == nullptr) {
    static thread_local FreeListsGuard guard;  // drains the lists when the thread ends
    return ::operator new((size_class + 1) * kClassOctets);
  }
  return std::exchange(head, head->next);
}

void FreeFrame(void* frame, size_t octets) noexcept {
  if (!Pooled(octets) || free_lists.closed) return ::operator delete(frame);
  FreeBlock*& head = free_lists.heads[SizeClass(octets)];
  head = ::new (frame) FreeBlock{head};
}

}  // namespace cairn
