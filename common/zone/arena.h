// Octets that grow at the end and are never given back one by one: the body of a zone, and the place where
// one is staged while it is read. Large arenas are taken from the system directly, because half a gigabyte
// returned to an allocator may stay with it for as long as the process lives, and ask for huge pages, which
// halve the cost of a random access; small ones, of which a server of many zones has many, are on the heap.
// Memory that is not to be had, by the system's word or the limit's, is std::bad_alloc to whoever asks for
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "common/base/bytes.h"

namespace cairn {

class Arena {
 public:
  Arena() = default;
  Arena(Arena&& other) noexcept { *this = std::move(other); }
  Arena& operator=(Arena&& other) noexcept;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  uint8_t* data() { return octets_; }
  const uint8_t* data() const { return octets_; }
  size_t size() const { return size_; }

  // Room for `octets` more at the end, cleared; returns where it starts. Pointers into the arena may move.
  size_t Extend(size_t octets) {
    const size_t at = size_;
    if (octets > capacity_ - size_) Grow(size_ + octets);
    size_ += octets;
    return at;
  }
  size_t Append(ByteView octets) {
    const size_t at = Extend(octets.size());
    if (!octets.empty()) std::memcpy(octets_ + at, octets.data(), octets.size());
    return at;
  }
  // Room for `octets` in all without moving; address space only, until it is written to.
  void Reserve(size_t octets) {
    if (octets > capacity_) Grow(octets);
  }
  // Gives the unused rest back to the system.
  void ShrinkToFit();

  // What all arenas of the process may hold together, from now on; address space counts, touched or not.
  static void LimitAll(size_t octets);
  static size_t AllOctets();

 private:
  void Grow(size_t needed);
  void Resize(size_t capacity);
  void Move(size_t capacity);

  uint8_t* octets_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace cairn
