#include "common/zone/arena.h"

#include <algorithm>
#include <new>
#include <utility>

#include "absl/cleanup/cleanup.h"
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

// What may be had together: one octet more is refused, and what was there before stays usable.
TEST(Arena, AllTogetherKeepTheirLimit) {
  for (const size_t octets : {size_t{1000}, size_t{3} << 20}) {  // on the heap, in a mapping
    Arena other;
    other.Reserve(octets);
    Arena::LimitAll(Arena::AllOctets() + octets);
    const absl::Cleanup no_limit = [] { Arena::LimitAll(SIZE_MAX); };
    Arena arena;
    EXPECT_THROW(arena.Reserve(octets + 1), std::bad_alloc);
    arena.Reserve(octets);
    EXPECT_THROW(arena.Reserve(octets + 4096), std::bad_alloc);
    EXPECT_EQ(arena.Extend(octets), 0u);
    arena.data()[octets - 1] = 7;
    other = Arena();
    EXPECT_NO_THROW(Arena().Reserve(octets));
  }
  EXPECT_EQ(Arena::AllOctets(), 0u);
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
