// A name seen from the root down, as zones are walked: how many labels it has, each suffix, and the hash of a
// suffix. Borrows the name; lives on the stack or in a worker's scratch space. However many suffixes are
// hashed, the name is gone over once.
#pragma once

#include <array>
#include <cstdint>

#include "common/dns/name.h"
#include "common/dns/name_hash.h"

namespace cairn {

class LabelPath {
 public:
  LabelPath() = default;
  explicit LabelPath(NameView name) { Reset(name); }

  void Reset(NameView name) {
    name_ = name;
    labels_ = 0;
    hashed_ = 0;
    deep_.Reset();
    const uint8_t* wire = name.data();
    size_t at = 0;
    for (; wire[at] != 0; at += 1 + size_t{wire[at]})
      starts_[static_cast<size_t>(labels_++)] = static_cast<uint8_t>(at);
    starts_[static_cast<size_t>(labels_)] = static_cast<uint8_t>(at);
  }

  NameView name() const { return name_; }
  int labels() const { return labels_; }
  // The last `labels` labels; 0 is the root.
  NameView Suffix(int labels) const {
    const size_t start = starts_[static_cast<size_t>(labels_ - labels)];
    return NameView::FromValidWire(name_.data() + start, name_.size() - start);
  }
  // The first label of that suffix; labels > 0.
  ByteView Label(int labels) const { return Suffix(labels).FirstLabel(); }
  // Of that suffix. Those which zone sets and apexes ask for again and again are remembered.
  uint64_t Hash(int labels) const {
    if (labels >= kRemembered) return deep_.Of(name_, Suffix(labels).size());
    const size_t i = static_cast<size_t>(labels);
    if ((hashed_ >> i & 1) == 0) {
      hashes_[i] = Suffix(labels).Hash();
      hashed_ |= 1U << i;
    }
    return hashes_[i];
  }

 private:
  // Suffixes of fewer labels are hashed one by one: most names have no others, and need no sums.
  static constexpr int kRemembered = 8;

  NameView name_;
  int labels_ = 0;
  mutable uint32_t hashed_ = 0;  // which of `hashes_` are known
  mutable std::array<uint64_t, kRemembered> hashes_;
  std::array<uint8_t, kMaxLabels + 1> starts_;  // where each label begins, the root's last
  mutable SuffixHashes deep_;                   // of the others
};

}  // namespace cairn
