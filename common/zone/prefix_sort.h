// Sorting things by their CanonicalKey::Prefix: octet by octet from the first as long as there are many, each
// put where its octet says (MSD radix sort, in place, after McIlroy, Bostic and McIlroy, "Engineering Radix
// Sort"), by comparing when there are few. Names have few letters in common places, so a million are dealt
// out after four or five octets, at a fifth of what comparing all costs.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "common/zone/canonical_key.h"

namespace cairn {

inline constexpr size_t kFewToSort = 32;
inline constexpr size_t kPrefixOctets = sizeof(CanonicalKey::Prefix);

inline uint8_t OctetOf(const CanonicalKey::Prefix& prefix, size_t octet) {
  const uint64_t half = octet < 8 ? prefix.high : prefix.low;
  return static_cast<uint8_t>(half >> (56 - 8 * (octet % 8)));
}

// `all` have equal octets before `octet`. `before` is the whole order, which that of the prefixes begins.
template <typename T, typename Before>
void SortByPrefix(std::span<T> all, const Before& before, size_t octet = 0) {
  if (all.size() <= kFewToSort || octet == kPrefixOctets) {
    std::sort(all.begin(), all.end(), before);
    return;
  }
  std::array<size_t, 257> ends{};  // of each octet's share; first the counts, one place up
  for (const T& each : all) ++ends[size_t{OctetOf(each.prefix, octet)} + 1];
  for (size_t value = 0; value < 256; ++value) ends[value + 1] += ends[value];
  std::array<size_t, 256> next;  // place in each share
  std::copy_n(ends.begin(), next.size(), next.begin());
  for (size_t value = 0; value < 256; ++value) {
    while (next[value] < ends[value + 1]) {
      const size_t belongs = OctetOf(all[next[value]].prefix, octet);
      if (belongs == value) {
        ++next[value];
      } else {
        std::swap(all[next[value]], all[next[belongs]++]);
      }
    }
  }
  for (size_t value = 0; value < 256; ++value) {
    const std::span<T> share = all.subspan(ends[value], ends[value + 1] - ends[value]);
    if (share.size() > 1) SortByPrefix(share, before, octet + 1);
  }
}

}  // namespace cairn
