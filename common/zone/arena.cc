#include "common/zone/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace cairn {
namespace {

constexpr size_t kPageOctets = 4096;
constexpr size_t kHugePageOctets = size_t{2} << 20;

size_t RoundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

Arena& Arena::operator=(Arena&& other) noexcept {
  std::swap(octets_, other.octets_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

Arena::~Arena() {
  if (octets_ != nullptr) munmap(octets_, capacity_);
}

void Arena::Grow(size_t needed) {
  // By half: pages that are never touched cost nothing.
  Remap(RoundUp(std::max(needed, capacity_ + capacity_ / 2), kPageOctets));
}

void Arena::ShrinkToFit() {
  const size_t used = RoundUp(std::max(size_, size_t{1}), kPageOctets);
  if (used < capacity_) Remap(used);
}

void Arena::Remap(size_t capacity) {
  void* moved = octets_ == nullptr
                    ? mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                    : mremap(octets_, capacity_, capacity, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) throw std::bad_alloc();
  octets_ = static_cast<uint8_t*>(moved);
  capacity_ = capacity;
  if (capacity_ >= 4 * kHugePageOctets) madvise(octets_, capacity_, MADV_HUGEPAGE);
}

}  // namespace cairn
