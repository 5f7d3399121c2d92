// Which NSEC records prove what an answer says is not there (RFC 4035 section 3.1.3). NSEC3 (RFC 5155
// section 7.2) will be a class beside this one: the same outcomes, another chain.
#pragma once

#include <array>
#include <span>

#include "common/base/limits.h"
#include "common/zone/zone_lookup.h"

namespace cairn {

class NsecProofs {
 public:
  // Adds the owners of the NSECs that belong to `result`, the outcome of looking up `qname`; each once.
  // Nothing when the zone has no NSEC chain.
  void Add(const Zone& zone, NameView qname, const LookupResult& result);
  std::span<const Node> nodes() const { return {nodes_.data(), count_}; }

 private:
  void Cover(const Zone& zone, NameView name);
  void CoverWildcard(const Zone& zone, Node closest_encloser);
  void Keep(Node node);

  // One for each link that a wildcard made, and two for the end of the chain.
  std::array<Node, limits::kMaxAliasLinks + 3> nodes_;
  size_t count_ = 0;
};

}  // namespace cairn
