#include "common/zone/qp_trie.h"

#include <algorithm>
#include <string>

#include "common/base/random.h"
#include "common/zone/canonical_key.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

using Keys = std::vector<std::vector<uint8_t>>;

std::vector<uint8_t> KeyOf(const Name& name) {
  const CanonicalKey key(LabelPath(name), 0);
  return {key.octets().begin(), key.octets().end()};
}

QpTrie TrieOf(const Keys& keys) {
  std::vector<uint32_t> leaves;
  for (size_t i = 0; i < keys.size(); ++i) leaves.push_back(static_cast<uint32_t>(i));
  return QpTrie::FromSorted({keys.begin(), keys.end()}, leaves);
}

struct StoredKey {
  ByteView view;
  ByteView octets() const { return view; }
};

std::optional<uint32_t> AtOrBefore(const QpTrie& trie, const Keys& keys, const std::vector<uint8_t>& key) {
  return trie.AtOrBefore(key, [&](uint32_t leaf) { return StoredKey{keys[leaf]}; });
}

TEST(QpTrie, AnEmptyOneHoldsNothing) {
  EXPECT_EQ(AtOrBefore(TrieOf({}), {}, KeyOf(Name::Literal("a."))), std::nullopt);
}

TEST(QpTrie, OneKeyIsBeforeWhatFollowsIt) {
  const Keys keys = {KeyOf(Name::Literal("m."))};
  const QpTrie trie = TrieOf(keys);
  EXPECT_EQ(AtOrBefore(trie, keys, KeyOf(Name::Literal("l."))), std::nullopt);
  EXPECT_EQ(AtOrBefore(trie, keys, KeyOf(Name::Literal("M."))), 0u);
  EXPECT_EQ(AtOrBefore(trie, keys, KeyOf(Name::Literal("a.m."))), 0u);
  EXPECT_EQ(AtOrBefore(trie, keys, KeyOf(Name::Literal("z."))), 0u);
}

// Short labels over few letters, so that names are dense, nested and often equal; and raw octets among them.
Name RandomName(Random& random) {
  std::vector<uint8_t> wire;
  for (uint64_t labels = random.Below(4); labels > 0; --labels) {
    const uint64_t octets = 1 + random.Below(3);
    wire.push_back(static_cast<uint8_t>(octets));
    for (uint64_t i = 0; i < octets; ++i) {
      wire.push_back(static_cast<uint8_t>(random.Below(8) == 0 ? random.Below(256) : 'a' + random.Below(4)));
    }
  }
  wire.push_back(0);
  return *Name::FromWire(wire);
}

TEST(QpTrie, FindsWhatASortedListFinds) {
  const std::unique_ptr<Random> random = NewSeededRandom(1);
  for (const size_t size : {2u, 3u, 17u, 300u, 3000u}) {
    Keys keys;
    for (size_t i = 0; i < size; ++i) keys.push_back(KeyOf(RandomName(*random)));
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    const QpTrie trie = TrieOf(keys);
    EXPECT_EQ(trie.size(), keys.size());
    for (int i = 0; i < 3000; ++i) {
      const std::vector<uint8_t> key = KeyOf(RandomName(*random));
      const auto above = std::upper_bound(keys.begin(), keys.end(), key);
      const std::optional<uint32_t> expected =
          above == keys.begin() ? std::nullopt
                                : std::optional<uint32_t>(static_cast<uint32_t>(above - keys.begin() - 1));
      ASSERT_EQ(AtOrBefore(trie, keys, key), expected) << size << " keys, probe " << i;
    }
  }
}

}  // namespace
}  // namespace cairn
