// A qp-trie (Tony Finch's quelques-bits popcount trie): a radix tree that tests four bits at a time and packs
// the children that exist behind a bitmap. Built once from sorted keys; finds the last key at or before a
// given one, which is what a proof of non-existence needs (RFC 4035 section 3.1.3).
//
// Keys are not stored: a leaf is a number, and whoever asks says how to get that number's key. No key may be
// a prefix of another (canonical_key.h sees to that).
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/bytes.h"

namespace cairn {

class QpTrie {
 public:
  QpTrie() = default;

  // `keys` ascending and distinct; leaf number i stands for keys[i] and is stored as leaves[i].
  static QpTrie FromSorted(const std::vector<ByteView>& keys, const std::vector<uint32_t>& leaves);

  size_t size() const { return leaf_count_; }
  size_t MemoryOctets() const { return twigs_.capacity() * sizeof(Twig); }

  // The leaf with the greatest key not above `key`; nullopt when all keys are above. `key_of(leaf)` returns
  // something with octets(). Two walks: one to a leaf that shares the key's longest known prefix, one to the
  // branch where they part.
  template <typename KeyOf>
  std::optional<uint32_t> AtOrBefore(ByteView key, const KeyOf& key_of) const {
    if (twigs_.empty()) return std::nullopt;
    Twig twig = twigs_[0];
    while (!twig.IsLeaf()) {
      const unsigned nibble = NibbleAt(key, twig.offset());
      twig = twigs_[twig.Has(nibble) ? twig.Child(nibble) : twig.first()];
    }
    const auto found = key_of(twig.leaf());
    const std::optional<Difference> difference = FirstDifference(key, found.octets());
    if (!difference) return twig.leaf();
    return BeforeDifference(key, *difference);
  }

 private:
  // Eight octets: a leaf's number; or a branch's nibble offset, bitmap of children, and where the first child
  // stands.
  class Twig {
   public:
    Twig() = default;
    static Twig Leaf(uint32_t leaf) { return Twig(leaf, 0, kLeaf); }
    static Twig Branch(uint32_t first, uint16_t bitmap, size_t offset) {
      return Twig(first, bitmap, static_cast<uint16_t>(offset));
    }
    bool IsLeaf() const { return offset_ == kLeaf; }
    uint32_t leaf() const { return index_; }
    size_t offset() const { return offset_; }
    uint32_t first() const { return index_; }
    uint32_t last() const { return index_ + static_cast<uint32_t>(std::popcount(bitmap_)) - 1; }
    bool Has(unsigned nibble) const { return (bitmap_ >> nibble & 1) != 0; }
    uint32_t Child(unsigned nibble) const { return index_ + Before(nibble); }
    // How many children have a lesser nibble.
    uint32_t Before(unsigned nibble) const {
      return static_cast<uint32_t>(std::popcount(static_cast<uint16_t>(bitmap_ & ((1U << nibble) - 1))));
    }

   private:
    Twig(uint32_t index, uint16_t bitmap, uint16_t offset)
        : index_(index), bitmap_(bitmap), offset_(offset) {}
    static constexpr uint16_t kLeaf = 0xffff;
    uint32_t index_ = 0;
    uint16_t bitmap_ = 0;
    uint16_t offset_ = kLeaf;
  };

  struct Difference {
    size_t offset;  // in nibbles
    bool below;     // the key sought is below the other there
  };

  // Beyond its end a key counts as zeros.
  static unsigned NibbleAt(ByteView key, size_t offset) {
    if (offset / 2 >= key.size()) return 0;
    const uint8_t octet = key[offset / 2];
    return offset % 2 == 0 ? octet >> 4 : octet & 15U;
  }
  static std::optional<Difference> FirstDifference(ByteView key, ByteView other);
  std::optional<uint32_t> BeforeDifference(ByteView key, Difference difference) const;
  uint32_t LastLeaf(Twig twig) const;
  void Fill(uint32_t place, const std::vector<ByteView>& keys, const std::vector<uint32_t>& leaves,
            size_t from, size_t to);

  std::vector<Twig> twigs_;  // [0] is the root; siblings lie together
  size_t leaf_count_ = 0;
};

}  // namespace cairn
