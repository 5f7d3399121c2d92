// SipHash (Aumasson and Bernstein). With one round for each word and three at the end it is the keyed hash of
// every table an outsider can fill: who does not know the key cannot choose names or addresses that collide.
// With two and four it is the pseudorandom function of server cookies (RFC 9018 section 4.4), whose result
// outsiders see.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "common/base/bytes.h"
#include "common/base/random.h"

namespace cairn {

struct SipKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
  friend bool operator==(const SipKey&, const SipKey&) = default;
  static SipKey Draw(Random& random) { return SipKey{random.U64(), random.U64()}; }
};

template <int kWordRounds, int kLastRounds>
uint64_t SipHashOf(const SipKey& key, ByteView octets) {
  uint64_t v0 = key.k0 ^ 0x736f6d6570736575, v1 = key.k1 ^ 0x646f72616e646f6d;
  uint64_t v2 = key.k0 ^ 0x6c7967656e657261, v3 = key.k1 ^ 0x7465646279746573;
  const auto round = [&] {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  };
  const auto absorb = [&](uint64_t word) {
    v3 ^= word;
    for (int i = 0; i < kWordRounds; ++i) round();
    v0 ^= word;
  };

  const uint8_t* at = octets.data();
  size_t left = octets.size();
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    absorb(word);
  }
  uint64_t last = uint64_t{octets.size()} << 56;
  for (size_t i = 0; i < left; ++i) last |= uint64_t{at[i]} << (8 * i);
  absorb(last);

  v2 ^= 0xff;
  for (int i = 0; i < kLastRounds; ++i) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

inline uint64_t SipHash(const SipKey& key, ByteView octets) { return SipHashOf<1, 3>(key, octets); }
inline uint64_t SipHash24(const SipKey& key, ByteView octets) { return SipHashOf<2, 4>(key, octets); }

}  // namespace cairn
