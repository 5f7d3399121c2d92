// SipHash-2-4 and 1-3 of the octets 0, 1, 2, ... under the key 00 01 .. 0f: the vectors of the paper
// (Aumasson and Bernstein, appendix A) and of its reference code.
#include "common/base/siphash.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "gtest/gtest.h"

namespace cairn {
namespace {

constexpr SipKey kKey{.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};

ByteView Counting(size_t octets) {
  static const std::array<uint8_t, 64> all = [] {
    std::array<uint8_t, 64> filled{};
    std::iota(filled.begin(), filled.end(), uint8_t{0});
    return filled;
  }();
  return ByteView(all).first(octets);
}

TEST(SipHash, TwoFourIsThatOfThePaper) {
  EXPECT_EQ(SipHash24(kKey, Counting(0)), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(SipHash24(kKey, Counting(1)), 0x74f839c593dc67fdu);
  EXPECT_EQ(SipHash24(kKey, Counting(8)), 0x93f5f5799a932462u);
  EXPECT_EQ(SipHash24(kKey, Counting(15)), 0xa129ca6149be45e5u);
}

TEST(SipHash, OneThreeDependsOnKeyAndEachOctet) {
  EXPECT_EQ(SipHash(kKey, Counting(0)), 0xabac0158050fc4dcu);
  const uint64_t hash = SipHash(kKey, Counting(20));
  EXPECT_NE(hash, SipHash({.k0 = kKey.k0 ^ 1, .k1 = kKey.k1}, Counting(20)));
  EXPECT_NE(hash, SipHash({.k0 = kKey.k0, .k1 = kKey.k1 ^ 1}, Counting(20)));
  std::array<uint8_t, 20> changed;
  for (size_t i = 0; i < changed.size(); ++i) {
    std::ranges::copy(Counting(20), changed.begin());
    changed[i] ^= 0x80;
    EXPECT_NE(hash, SipHash(kKey, changed)) << i;
  }
}

}  // namespace
}  // namespace cairn
