// The hash of names, and of all suffixes of one name: NH, the universal hash of UMAC (RFC 4418 section 5.2),
// over 64-bit words of the lower-cased form. Who does not know the key makes two names collide with a chance
// near 2^-64, however they are chosen.
//
// Blocks of sixteen octets are counted from the root's end, so that the blocks of a suffix are blocks of the
// name: one pass over the name gives the hashes of all its suffixes. A walk down a zone asks for each of
// them, and hashing each anew would cost a name of 120 labels the square of that (THREATS section 3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/dns/name.h"

namespace cairn {

inline constexpr size_t kHashBlockOctets = 16;

class SuffixHashes {
 public:
  // For another name.
  void Reset() { blocks_ = 0; }
  // NameView::Hash of the last `octets` octets of `name`, which begin with a label. Always of one name until
  // Reset.
  uint64_t Of(NameView name, size_t octets);
  // Those gone over since Reset, however many suffixes were asked for.
  size_t blocks() const { return blocks_; }

 private:
  __extension__ using Sum = unsigned __int128;

  size_t blocks_ = 0;
  std::array<Sum, kMaxNameOctets / kHashBlockOctets> sums_;  // [i]: of the last i + 1 blocks
};

}  // namespace cairn
