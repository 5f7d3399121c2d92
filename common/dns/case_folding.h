// ASCII case folding (RFC 4343), eight octets at a time. A whole name in wire form is folded at once: its
// length octets are at most 63, below 'A', so folding never touches them, and octets above 127 are nobody's
// letters.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cairn {

// Lower case of one octet (RFC 4343 section 3).
constexpr uint8_t ToLower(uint8_t octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<uint8_t>(octet + 32) : octet;
}

// Lower case of each of the eight octets in `word`, whatever the machine's byte order. Within each octet,
// adding to its low seven bits carries into the eighth exactly when they reach a bound, and never into the
// neighbour.
constexpr uint64_t ToLower8(uint64_t word) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const uint64_t low_bits = word & 0x7f * kEach;
  const uint64_t from_a = low_bits + (0x80 - 'A') * kEach;
  const uint64_t after_z = low_bits + (0x80 - 'Z' - 1) * kEach;
  const uint64_t letters = (from_a ^ after_z) & ~word & 0x80 * kEach;
  return word | letters >> 2;  // 0x80 >> 2 is the case bit
}

inline uint64_t LoadWord(const uint8_t* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Up to seven octets as a word that is different for different octets of the same count.
inline uint64_t LoadFewer(const uint8_t* at, size_t octets) {
  if (octets >= 4) {
    uint32_t first, last;
    std::memcpy(&first, at, sizeof first);
    std::memcpy(&last, at + octets - sizeof last, sizeof last);
    return uint64_t{first} << 32 | last;
  }
  if (octets == 0) return 0;
  return uint64_t{at[0]} << 16 | uint64_t{at[octets / 2]} << 8 | at[octets - 1];
}

// Whether `octets` octets are equal but for case. The tail is read as a word that overlaps the one before it.
inline bool EqualIgnoringCase(const uint8_t* a, const uint8_t* b, size_t octets) {
  if (octets < 8) return ToLower8(LoadFewer(a, octets)) == ToLower8(LoadFewer(b, octets));
  const size_t last = octets - 8;
  for (size_t i = 0; i < last; i += 8) {
    if (ToLower8(LoadWord(a + i)) != ToLower8(LoadWord(b + i))) return false;
  }
  return ToLower8(LoadWord(a + last)) == ToLower8(LoadWord(b + last));
}

// Copies `octets` octets in lower case; `to` and `from` may be the same, but not overlap otherwise.
inline void CopyLower(uint8_t* to, const uint8_t* from, size_t octets) {
  size_t i = 0;
  for (; i + 8 <= octets; i += 8) {
    const uint64_t word = ToLower8(LoadWord(from + i));
    std::memcpy(to + i, &word, sizeof word);
  }
  for (; i < octets; ++i) to[i] = ToLower(from[i]);
}

// Order of two octet strings in lower case; a string sorts after its own prefixes (RFC 4034 section 6.1).
inline int CompareIgnoringCase(const uint8_t* a, size_t a_octets, const uint8_t* b, size_t b_octets) {
  const size_t common = a_octets < b_octets ? a_octets : b_octets;
  size_t i = 0;
  for (; i + 8 <= common; i += 8) {
    uint64_t x = ToLower8(LoadWord(a + i));
    uint64_t y = ToLower8(LoadWord(b + i));
    if (x == y) continue;
    if constexpr (std::endian::native == std::endian::little) {
      x = __builtin_bswap64(x);
      y = __builtin_bswap64(y);
    }
    return x < y ? -1 : 1;
  }
  for (; i < common; ++i) {
    const int difference = ToLower(a[i]) - ToLower(b[i]);
    if (difference != 0) return difference;
  }
  return a_octets < b_octets ? -1 : a_octets > b_octets ? 1 : 0;
}

}  // namespace cairn
