#include "common/base/random.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace cairn {
namespace {

// ChaCha20 with key zero and nonce zero, first block: RFC 8439 appendix A.1, test vector 1.
TEST(SeededRandom, IsChaCha20) {
  const auto random = NewSeededRandom(0);
  std::array<uint8_t, 16> first;
  random->Fill(first);
  const std::array<uint8_t, 16> expected = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90,
                                            0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28};
  EXPECT_EQ(first, expected);
}

TEST(SeededRandom, EqualSeedsGiveEqualStreams) {
  const auto a = NewSeededRandom(42), b = NewSeededRandom(42), other = NewSeededRandom(43);
  std::vector<uint64_t> drawn_a, drawn_b, drawn_other;
  for (int i = 0; i < 1000; ++i) {
    drawn_a.push_back(a->U64());
    drawn_b.push_back(b->U64());
    drawn_other.push_back(other->U64());
  }
  EXPECT_EQ(drawn_a, drawn_b);
  EXPECT_NE(drawn_a, drawn_other);
}

TEST(Random, BelowStaysBelowAndReachesAll) {
  const auto random = NewSeededRandom(7);
  for (const uint64_t bound : {uint64_t{1}, uint64_t{2}, uint64_t{7}, uint64_t{13}}) {
    std::vector<int> seen(bound);
    for (int i = 0; i < 2000; ++i) {
      const uint64_t draw = random->Below(bound);
      ASSERT_LT(draw, bound);
      ++seen[draw];
    }
    for (const int times : seen) EXPECT_GT(times, 0);
  }
}

TEST(Random, UnitIsInItsInterval) {
  const auto random = NewSeededRandom(8);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double draw = random->Unit();
    ASSERT_GE(draw, 0.0);
    ASSERT_LT(draw, 1.0);
    sum += draw;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);
}

TEST(SystemRandom, TwoGeneratorsDiffer) {
  const auto a = NewSystemRandom(), b = NewSystemRandom();
  EXPECT_NE(a->U64(), b->U64());
}

}  // namespace
}  // namespace cairn
