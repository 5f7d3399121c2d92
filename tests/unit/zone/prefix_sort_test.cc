#include "common/zone/prefix_sort.h"

#include <vector>

#include "common/base/random.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

struct Item {
  CanonicalKey::Prefix prefix;
  uint64_t number;
};

bool Before(const Item& a, const Item& b) {
  return a.prefix != b.prefix ? a.prefix < b.prefix : a.number < b.number;
}

struct Mix {
  const char* name;
  size_t count;
  uint64_t high_values;  // as many different ones
  uint64_t low_values;
};

constexpr Mix kMixes[] = {
    {"none", 0, 1, 1},
    {"one", 1, 1, 1},
    {"few", kFewToSort, 1000, 1000},
    {"one more than few", kFewToSort + 1, 1000, 1000},
    {"all different", 5000, UINT64_MAX, UINT64_MAX},
    {"all the same", 5000, 1, 1},
    {"two kinds", 5000, 1, 2},
    {"equal in front", 5000, 1, UINT64_MAX},
    {"many twice", 5000, 50, 50},
};

TEST(PrefixSort, GivesTheOrderThatComparingGives) {
  const std::unique_ptr<Random> random = NewSeededRandom(11);
  for (const Mix& mix : kMixes) {
    SCOPED_TRACE(mix.name);
    std::vector<Item> items;
    for (size_t i = 0; i < mix.count; ++i) {
      // Different from the first octet on, or in the last alone.
      const uint64_t high = mix.high_values == UINT64_MAX ? random->U64() : random->U64() % mix.high_values;
      const uint64_t low = mix.low_values == UINT64_MAX ? random->U64() : random->U64() % mix.low_values;
      items.push_back({.prefix = {.high = high, .low = low}, .number = random->U64()});
    }
    std::vector<Item> expected = items;
    std::sort(expected.begin(), expected.end(), Before);
    SortByPrefix(std::span(items), Before);
    ASSERT_EQ(items.size(), expected.size());
    for (size_t i = 0; i < items.size(); ++i) ASSERT_EQ(items[i].number, expected[i].number) << i;
  }
}

}  // namespace
}  // namespace cairn
