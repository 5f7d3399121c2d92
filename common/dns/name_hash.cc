#include "common/dns/name_hash.h"

#include "common/base/random.h"
#include "common/dns/case_folding.h"

namespace cairn {
namespace {

__extension__ using Uint128 = unsigned __int128;

// One key word for each word of the longest name, two for the end.
constexpr size_t kWords = (kMaxNameOctets + 7) / 8;
using Key = std::array<uint64_t, kWords + 2>;

// Arbitrary but fixed (SplitMix64 from zero): what tests and simulations use.
constexpr Key DefaultKey() {
  Key key{};
  uint64_t state = 0;
  for (uint64_t& word : key) {
    state += 0x9e3779b97f4a7c15;
    uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    word = z ^ z >> 31;
  }
  return key;
}

constinit Key hash_key = DefaultKey();

Uint128 OfWords(uint64_t first, uint64_t second, const uint64_t* key) {
  return Uint128{ToLower8(first) + key[0]} * (ToLower8(second) + key[1]);
}

Uint128 OfBlock(const uint8_t* block, const uint64_t* key) {
  return OfWords(LoadWord(block), LoadWord(block + 8), key);
}

// What stands before the first whole block: two words that may overlap. The length, added at the end, tells
// such heads apart.
Uint128 OfHead(const uint8_t* head, size_t octets, const uint64_t* key) {
  if (octets >= 8) return OfWords(LoadWord(head), LoadWord(head + octets - 8), key);
  return octets == 0 ? 0 : OfWords(LoadFewer(head, octets), 0, key);
}

uint64_t Finish(Uint128 sum, size_t octets) {
  const uint64_t* const key = hash_key.data() + kWords;
  const Uint128 mixed =
      Uint128{static_cast<uint64_t>(sum) ^ key[0]} * (static_cast<uint64_t>(sum >> 64) ^ key[1] ^ octets);
  return static_cast<uint64_t>(mixed) ^ static_cast<uint64_t>(mixed >> 64);
}

}  // namespace

void SetNameHashKey(Random& random) {
  for (uint64_t& word : hash_key) word = random.U64();
}

uint64_t NameView::Hash() const {
  const uint64_t* key = hash_key.data();
  Uint128 sum = 0;
  size_t left = octets_;
  for (; left >= kHashBlockOctets; left -= kHashBlockOctets, key += 2)
    sum += OfBlock(wire_ + left - kHashBlockOctets, key);
  return Finish(sum + OfHead(wire_, left, key), octets_);
}

uint64_t SuffixHashes::Of(NameView name, size_t octets) {
  const uint8_t* const end = name.data() + name.size();
  const size_t whole = octets / kHashBlockOctets;
  for (; blocks_ < whole; ++blocks_) {
    const Uint128 before = blocks_ == 0 ? 0 : sums_[blocks_ - 1];
    sums_[blocks_] = before + OfBlock(end - (blocks_ + 1) * kHashBlockOctets, hash_key.data() + 2 * blocks_);
  }
  const Uint128 sum = whole == 0 ? 0 : sums_[whole - 1];
  return Finish(sum + OfHead(end - octets, octets % kHashBlockOctets, hash_key.data() + 2 * whole), octets);
}

}  // namespace cairn
