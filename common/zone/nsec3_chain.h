// The NSEC3 records of a zone, found by the hash they stand for: those of the one chain that answers are
// proved with (RFC 5155 section 7.3). Hashes are spread evenly, so their first bits point into the sorted
// list almost exactly: a look costs two or three cache lines however many there are.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/bytes.h"
#include "common/dns/name.h"
#include "common/dnssec/nsec3_hash.h"

namespace cairn {

class Nsec3Chain {
 public:
  struct Link {
    Nsec3Hash hash;  // that of the owner name
    uint32_t node;   // NodeId of the owner
  };
  struct Found {
    uint32_t node;
    bool matches;  // the hash itself; else the one whose span holds it
  };

  Nsec3Chain() = default;  // no chain
  // `links` ascending by hash. `opt_out`: some of them say that they may span insecure delegations.
  Nsec3Chain(const Nsec3Params& params, std::vector<Link> links, bool opt_out = false);

  bool empty() const { return links_.empty(); }
  size_t size() const { return links_.size(); }
  bool opt_out() const { return opt_out_; }
  Nsec3Hash HashOf(NameView name) const { return HashOwnerName(name, iterations_, salt_); }
  size_t DigestsPerHash() const { return size_t{iterations_} + 1; }
  // The link that has this hash, or the last before it; before the first it is the last of all, for the chain
  // is a circle. Not for an empty chain.
  Found Find(const Nsec3Hash& hash) const;
  size_t MemoryOctets() const;

 private:
  size_t BucketOf(const Nsec3Hash& hash) const { return LoadU32(hash.data()) >> shift_; }

  uint16_t iterations_ = 0;
  bool opt_out_ = false;
  std::vector<uint8_t> salt_;
  std::vector<Link> links_;
  unsigned shift_ = 31;
  std::vector<uint32_t> bucket_starts_;  // where links with these first bits begin; the end of all comes last
};

}  // namespace cairn
