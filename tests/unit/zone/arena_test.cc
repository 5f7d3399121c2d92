#include "common/zone/arena.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

// From the heap over into a mapping, in steps of an odd size: what was written stays, what was not is
// cleared.
TEST(Arena, GrowsWithWhatItHolds) {
  Arena arena;
  constexpr size_t kStep = 7919;
  for (size_t i = 0; i < 500; ++i) {
    const size_t at = arena.Extend(kStep);
    EXPECT_EQ(at, i * kStep);
    ASSERT_TRUE(
        std::all_of(arena.data() + at, arena.data() + at + kStep, [](uint8_t octet) { return octet == 0; }));
    arena.data()[at] = static_cast<uint8_t>(i);
    arena.data()[at + kStep - 1] = static_cast<uint8_t>(~i);
  }
  arena.ShrinkToFit();
  ASSERT_EQ(arena.size(), 500 * kStep);
  for (size_t i = 0; i < 500; ++i) {
    EXPECT_EQ(arena.data()[i * kStep], static_cast<uint8_t>(i));
    EXPECT_EQ(arena.data()[(i + 1) * kStep - 1], static_cast<uint8_t>(~i));
  }
}

TEST(Arena, ShrinksFromAMappingToTheHeap) {
  Arena arena;
  arena.Reserve(size_t{8} << 20);
  const uint8_t octets[] = {1, 2, 3};
  EXPECT_EQ(arena.Append(octets), 0u);
  arena.ShrinkToFit();
  EXPECT_TRUE(std::equal(std::begin(octets), std::end(octets), arena.data()));
  EXPECT_EQ(arena.Append(octets), 3u);
  EXPECT_EQ(arena.size(), 6u);
}

TEST(Arena, MovesWithoutCopying) {
  Arena arena;
  const uint8_t octets[] = {1, 2, 3};
  arena.Append(octets);
  const uint8_t* const before = arena.data();
  const Arena moved = std::move(arena);
  EXPECT_EQ(moved.data(), before);
  EXPECT_EQ(moved.size(), 3u);
}

}  // namespace
}  // namespace cairn
