// Which records prove what an answer says is not there. The chain of the zone decides how: NSEC (RFC 4035
// section 3.1.3, nsec_denial.h) or NSEC3 (RFC 5155 section 7.2, nsec3_denial.h). An answer that goes from
// alias to alias, maybe through several zones, gathers the proofs of all its links here, each record once.
#pragma once

#include <span>

#include "absl/container/inlined_vector.h"
#include "common/base/limits.h"
#include "common/zone/zone_lookup.h"

namespace cairn {

class DenialProofs {
 public:
  struct Record {
    Node owner;
    RrType type;  // NSEC or NSEC3
    friend bool operator==(const Record&, const Record&) = default;
  };

  // Adds what proves `result`, the outcome of looking up `qname`; nothing for a zone without a chain. False
  // when no proof can be had, and the answer is SERVFAIL: see ProveWithNsec3.
  [[nodiscard]] bool Add(const Zone& zone, const LabelPath& qname, const LookupResult& result);
  std::span<const Record> records() const { return {records_.data(), records_.size()}; }

  // For the two that know how.
  void Keep(Node owner, RrType type);
  // False, and nothing spent, when the answer has used up what it may (limits::kNsec3DigestsPerAnswer).
  bool SpendDigests(size_t digests);

 private:
  // A link which a wildcard made needs one, the end of the chain three: never more than it holds inline.
  static constexpr size_t kMost = limits::kMaxAliasLinks + 3;
  absl::InlinedVector<Record, kMost> records_;
  size_t digests_left_ = limits::kNsec3DigestsPerAnswer;
};

// The name of the wildcard below a node that is shorter than the name asked for by a label at least, so that
// "*" fits there too.
NameView WildcardInto(Node parent, NameBuffer& out);

}  // namespace cairn
