#include "common/zone/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "absl/cleanup/cleanup.h"

namespace cairn {
namespace {

constexpr size_t kPageOctets = 4096;
constexpr size_t kHugePageOctets = size_t{2} << 20;
// Smaller arenas live on the heap: a hundred thousand small zones would each waste most of a page, and there
// are only some 65 000 mappings a process may have (vm.max_map_count).
constexpr size_t kMappedOctets = size_t{1} << 20;

size_t RoundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

bool IsMapped(size_t capacity) { return capacity >= kMappedOctets; }

uint8_t* OrThrow(void* octets) {
  if (octets == nullptr || octets == MAP_FAILED) throw std::bad_alloc();
  return static_cast<uint8_t*>(octets);
}

std::atomic<size_t> octets_of_all = 0;
std::atomic<size_t> most_octets_of_all = SIZE_MAX;

void GiveBack(size_t octets) { octets_of_all.fetch_sub(octets, std::memory_order_relaxed); }

void TakeOrThrow(size_t octets) {
  const size_t before = octets_of_all.fetch_add(octets, std::memory_order_relaxed);
  const size_t most = most_octets_of_all.load(std::memory_order_relaxed);
  if (before <= most && octets <= most - before) return;
  GiveBack(octets);
  throw std::bad_alloc();
}

bool HasHugePages(size_t capacity) { return capacity >= 4 * kHugePageOctets; }

uint8_t* Map(size_t capacity) {
  return OrThrow(mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

// At the start of a huge page: where the system puts it otherwise, each move of a growing arena (mremap)
// would break its huge pages up, and an arena of small ones costs a third more to fill and to read at random.
uint8_t* MapAligned(size_t capacity) {
  uint8_t* const wide = Map(capacity + kHugePageOctets);
  const size_t excess = reinterpret_cast<uintptr_t>(wide) % kHugePageOctets;
  const size_t before = excess == 0 ? 0 : kHugePageOctets - excess;
  if (before > 0) munmap(wide, before);
  munmap(wide + before + capacity, kHugePageOctets - before);
  return wide + before;
}

uint8_t* Allocate(size_t capacity) {
  if (!IsMapped(capacity)) return OrThrow(std::calloc(capacity, 1));
  return HasHugePages(capacity) ? MapAligned(capacity) : Map(capacity);
}

void Release(uint8_t* octets, size_t capacity) {
  if (octets == nullptr) return;
  if (IsMapped(capacity)) {
    munmap(octets, capacity);
  } else {
    std::free(octets);
  }
}

}  // namespace

Arena& Arena::operator=(Arena&& other) noexcept {
  std::swap(octets_, other.octets_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

Arena::~Arena() {
  Release(octets_, capacity_);
  GiveBack(capacity_);
}

void Arena::LimitAll(size_t octets) { most_octets_of_all = octets; }
size_t Arena::AllOctets() { return octets_of_all; }

void Arena::Grow(size_t needed) {
  // By half on the heap; pages of a mapping that are never touched cost nothing, moving it does.
  const size_t more = IsMapped(capacity_) ? 2 * capacity_ : capacity_ + capacity_ / 2;
  const size_t wanted = std::max({needed, more, size_t{64}});
  Resize(IsMapped(wanted) ? RoundUp(wanted, HasHugePages(wanted) ? kHugePageOctets : kPageOctets) : wanted);
}

void Arena::ShrinkToFit() {
  const size_t used = std::max(size_, size_t{1});
  const size_t capacity = IsMapped(used) ? RoundUp(used, kPageOctets) : used;
  if (capacity < capacity_) Resize(capacity);
}

void Arena::Resize(size_t capacity) {
  const size_t more = capacity > capacity_ ? capacity - capacity_ : 0;
  if (more > 0) TakeOrThrow(more);
  absl::Cleanup not_given = [more] { GiveBack(more); };
  Move(capacity);
  std::move(not_given).Cancel();
  if (capacity < capacity_) GiveBack(capacity_ - capacity);
  capacity_ = capacity;
  if (HasHugePages(capacity_)) madvise(octets_, capacity_, MADV_HUGEPAGE);
}

// Leaves everything as it was when it throws. A target that mremap refuses cannot be given back: the kernel
// may have unmapped it before it failed and does not say so, and another thread may have mapped something
// there since. Its pages were never touched, so what is lost is address space; only arenas of huge pages need
// one.
void Arena::Move(size_t capacity) {
  if (IsMapped(capacity) && IsMapped(capacity_)) {
    const bool to_target = capacity > capacity_ && HasHugePages(capacity);
    octets_ = to_target ? OrThrow(mremap(octets_, capacity_, capacity, MREMAP_MAYMOVE | MREMAP_FIXED,
                                         MapAligned(capacity)))
                        : OrThrow(mremap(octets_, capacity_, capacity, MREMAP_MAYMOVE));
  } else {
    uint8_t* moved = Allocate(capacity);
    if (size_ > 0) std::memcpy(moved, octets_, size_);
    Release(octets_, capacity_);
    octets_ = moved;
  }
}

}  // namespace cairn
