// Which NSEC records prove what an answer says is not there (RFC 4035 section 3.1.3). NSEC3 (RFC 5155
// section 7.2) will be a class beside this one: the same outcomes, another chain.
#pragma once

#include <span>

#include "absl/container/inlined_vector.h"
#include "common/base/limits.h"
#include "common/zone/zone_lookup.h"

namespace cairn {

class NsecProofs {
 public:
  // Adds the owners of the NSECs that belong to `result`, the outcome of looking up `qname`; each once.
  // Nothing when the zone has no NSEC chain.
  void Add(const Zone& zone, NameView qname, const LookupResult& result);
  std::span<const Node> nodes() const { return {nodes_.data(), nodes_.size()}; }

 private:
  void Cover(const Zone& zone, NameView name);
  void CoverWildcard(const Zone& zone, Node closest_encloser);
  void Keep(Node node);

  // One for each link that a wildcard made, and two for the end of the chain: never more than it holds
  // inline.
  static constexpr size_t kMost = limits::kMaxAliasLinks + 3;
  absl::InlinedVector<Node, kMost> nodes_;
};

}  // namespace cairn
