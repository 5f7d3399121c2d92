#include "common/zone/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

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

uint8_t* Allocate(size_t capacity) {
  return OrThrow(IsMapped(capacity)
                     ? mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                     : std::calloc(capacity, 1));
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

Arena::~Arena() { Release(octets_, capacity_); }

void Arena::Grow(size_t needed) {
  // By half, at least: pages of a mapping that are never touched cost nothing.
  const size_t wanted = std::max({needed, capacity_ + capacity_ / 2, size_t{64}});
  Resize(IsMapped(wanted) ? RoundUp(wanted, kPageOctets) : wanted);
}

void Arena::ShrinkToFit() {
  const size_t used = std::max(size_, size_t{1});
  const size_t capacity = IsMapped(used) ? RoundUp(used, kPageOctets) : used;
  if (capacity < capacity_) Resize(capacity);
}

void Arena::Resize(size_t capacity) {
  if (IsMapped(capacity) && IsMapped(capacity_)) {
    octets_ = OrThrow(mremap(octets_, capacity_, capacity, MREMAP_MAYMOVE));
  } else {
    uint8_t* moved = Allocate(capacity);
    if (size_ > 0) std::memcpy(moved, octets_, size_);
    Release(octets_, capacity_);
    octets_ = moved;
  }
  capacity_ = capacity;
  if (capacity_ >= 4 * kHugePageOctets) madvise(octets_, capacity_, MADV_HUGEPAGE);
}

}  // namespace cairn
