// Resource records in memory: RDATA is kept in wire form without compression, exactly what RFC 3597 section 3
// calls for, whatever its type. A set shares owner, class, type and TTL (RFC 2181 section 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "common/dns/name.h"
#include "common/dns/packed_rdata.h"
#include "common/dns/types.h"

namespace cairn {

// The RDATA of one set, packed, in the order they came.
class RdataSet {
 public:
  using Iterator = PackedRdata::Iterator;

  void Add(ByteView rdata);        // at most 65535 octets
  bool AddUnique(ByteView rdata);  // false when an octet-identical RDATA is there already
  bool Contains(ByteView rdata) const;
  Iterator begin() const { return Iterator(packed_.data()); }
  Iterator end() const { return Iterator(packed_.data() + packed_.size()); }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  ByteView front() const { return *begin(); }
  ByteView packed() const { return packed_; }
  friend bool operator==(const RdataSet&, const RdataSet&) = default;

 private:
  std::vector<uint8_t> packed_;
  size_t count_ = 0;
};

struct Rrset {
  Name owner;
  RrType type;
  RrClass rr_class = kClassIn;
  Ttl ttl;
  RdataSet rdatas;

  // One line a record, as a zone file has them, the last without a newline.
  std::string ToText() const;
};

// One record as it came in a message.
struct Record {
  Name owner;
  RrType type;
  RrClass rr_class = kClassIn;
  Ttl ttl;
  std::vector<uint8_t> rdata;  // uncompressed

  std::string ToText() const;  // "www.example. 3600 IN A 192.0.2.1"
  friend bool operator==(const Record&, const Record&) = default;
};

// Records with one owner, class and type merged into sets, in order of first appearance; the TTL of a set is
// its records' minimum (RFC 2181 section 5.2), identical RDATA folds into one (section 5).
std::vector<Rrset> GroupIntoRrsets(const std::vector<Record>& records);

}  // namespace cairn
