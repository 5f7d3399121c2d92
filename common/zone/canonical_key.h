// A name as octets whose plain order (memcmp) is the canonical order of names (RFC 4034 section 6.1): labels
// from the right, lower-cased, each ended by 0, so that a parent sorts before what is below it; an octet 0 or
// 1 inside a label becomes two octets, 1 and itself plus 1. A last 0 makes no key the prefix of another.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "common/base/bytes.h"
#include "common/dns/name.h"
#include "common/zone/label_path.h"

namespace cairn {

class CanonicalKey {
 public:
  // Of the labels below the last `skip_labels` ones, which all names of a zone share.
  CanonicalKey(const LabelPath& path, int skip_labels) {
    for (int labels = skip_labels + 1; labels <= path.labels(); ++labels) {
      for (const uint8_t octet : path.Label(labels)) {
        if (octet <= 1) octets_[size_++] = 1;
        octets_[size_++] = octet <= 1 ? static_cast<uint8_t>(octet + 1) : ToLower(octet);
      }
      octets_[size_++] = 0;
    }
    octets_[size_++] = 0;
  }

  ByteView octets() const { return {octets_.data(), size_}; }
  // Sixteen octets from the front, zeros where the key is shorter: unequal ones order as their keys do.
  struct Prefix {
    uint64_t high = 0;
    uint64_t low = 0;
    friend auto operator<=>(const Prefix&, const Prefix&) = default;
  };
  Prefix prefix() const {
    uint8_t padded[16] = {};
    std::memcpy(padded, octets_.data(), size_ < sizeof padded ? size_ : sizeof padded);
    return {.high = uint64_t{LoadU32(padded)} << 32 | LoadU32(padded + 4),
            .low = uint64_t{LoadU32(padded + 8)} << 32 | LoadU32(padded + 12)};
  }

 private:
  // Each octet of a name but its length octets may double.
  std::array<uint8_t, 2 * kMaxNameOctets + 2> octets_;
  size_t size_ = 0;
};

}  // namespace cairn
