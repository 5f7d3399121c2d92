#include "common/zone/qp_trie.h"

namespace cairn {

QpTrie QpTrie::FromSorted(const std::vector<ByteView>& keys, const std::vector<uint32_t>& leaves) {
  QpTrie trie;
  trie.leaf_count_ = keys.size();
  if (keys.empty()) return trie;
  trie.twigs_.reserve(keys.size() + keys.size() / 2 + 1);
  trie.twigs_.emplace_back();
  trie.Fill(0, keys, leaves, 0, keys.size());
  trie.twigs_.shrink_to_fit();
  return trie;
}

// Makes the twig at `place` stand for keys [from, to). Sorted keys differ first where the first and the last
// do, so the depth of the recursion is the depth of the trie: at most the nibbles of one key.
void QpTrie::Fill(uint32_t place, const std::vector<ByteView>& keys, const std::vector<uint32_t>& leaves,
                  size_t from, size_t to) {
  if (to - from == 1) {
    twigs_[place] = Twig::Leaf(leaves[from]);
    return;
  }
  const size_t offset = FirstDifference(keys[from], keys[to - 1])->offset;
  uint16_t bitmap = 0;
  for (size_t i = from; i < to; ++i) bitmap = static_cast<uint16_t>(bitmap | 1U << NibbleAt(keys[i], offset));
  const uint32_t first = static_cast<uint32_t>(twigs_.size());
  twigs_.resize(twigs_.size() + static_cast<size_t>(std::popcount(bitmap)));
  twigs_[place] = Twig::Branch(first, bitmap, offset);
  uint32_t child = first;
  for (size_t begin = from; begin < to; ++child) {
    size_t end = begin + 1;
    while (end < to && NibbleAt(keys[end], offset) == NibbleAt(keys[begin], offset)) ++end;
    Fill(child, keys, leaves, begin, end);
    begin = end;
  }
}

std::optional<QpTrie::Difference> QpTrie::FirstDifference(ByteView key, ByteView other) {
  const size_t common = key.size() < other.size() ? key.size() : other.size();
  for (size_t i = 0; i < common; ++i) {
    if (key[i] == other[i]) continue;
    const bool upper = (key[i] ^ other[i]) >> 4 != 0;
    return Difference{.offset = 2 * i + (upper ? 0 : 1), .below = key[i] < other[i]};
  }
  return std::nullopt;  // equal: no key is a prefix of another
}

// All keys below the branch that stands at or after `difference.offset` on the way share the key's octets up
// to there, so they are all above the key or all below it.
std::optional<uint32_t> QpTrie::BeforeDifference(ByteView key, Difference difference) const {
  std::optional<Twig> before;  // the nearest subtree to the left of the way
  Twig twig = twigs_[0];
  while (!twig.IsLeaf() && twig.offset() < difference.offset) {
    const unsigned nibble = NibbleAt(key, twig.offset());
    if (twig.Before(nibble) > 0) before = twigs_[twig.Child(nibble) - 1];
    twig = twigs_[twig.Child(nibble)];
  }
  if (!twig.IsLeaf() && twig.offset() == difference.offset) {
    const uint32_t less = twig.Before(NibbleAt(key, twig.offset()));
    if (less > 0) return LastLeaf(twigs_[twig.first() + less - 1]);
  } else if (!difference.below) {
    return LastLeaf(twig);
  }
  if (!before) return std::nullopt;
  return LastLeaf(*before);
}

uint32_t QpTrie::LastLeaf(Twig twig) const {
  while (!twig.IsLeaf()) twig = twigs_[twig.last()];
  return twig.leaf();
}

}  // namespace cairn
