#include "authoritative/denial.h"

#include <algorithm>

namespace cairn {

void NsecProofs::Add(const Zone& zone, NameView qname, const LookupResult& result) {
  if (!zone.has_nsec()) return;
  if (const auto* answer = std::get_if<lookup::Answer>(&result)) {
    if (answer->synthesised) Cover(zone, qname);  // no closer name exists (3.1.3.3)
  } else if (const auto* alias = std::get_if<lookup::Alias>(&result)) {
    if (alias->synthesised) Cover(zone, qname);
  } else if (const auto* none = std::get_if<lookup::NoData>(&result)) {
    NameBuffer owner;
    if (none->synthesised) Cover(zone, qname);  // 3.1.3.4
    Cover(zone, none->node.OwnerInto(
                    owner));  // 3.1.3.1: its own, or for an empty non-terminal the one that spans it
  } else if (const auto* nothing = std::get_if<lookup::NxDomain>(&result)) {
    Cover(zone, qname);  // 3.1.3.2
    CoverWildcard(zone, nothing->closest_encloser);
  } else if (const auto* delegation = std::get_if<lookup::Delegation>(&result)) {
    NameBuffer owner;
    if (!delegation->node.Find(rr::kDs)) Cover(zone, delegation->node.OwnerInto(owner));  // 3.1.4
  }
}

void NsecProofs::Cover(const Zone& zone, NameView name) { Keep(zone.NsecAtOrBefore(name)); }

void NsecProofs::CoverWildcard(const Zone& zone, Node closest_encloser) {
  // What was asked is at least one label below the closest encloser, so "*" fits there too.
  NameBuffer encloser;
  NameBuffer wildcard;
  closest_encloser.OwnerInto(encloser);
  wildcard.octets[0] = 1;
  wildcard.octets[1] = '*';
  std::copy_n(encloser.octets.data(), encloser.size, wildcard.octets.data() + 2);
  wildcard.size = encloser.size + 2;
  Cover(zone, wildcard.view());
}

void NsecProofs::Keep(Node node) {
  if (nodes_.size() == kMost || std::find(nodes_.begin(), nodes_.end(), node) != nodes_.end()) return;
  nodes_.push_back(node);
}

}  // namespace cairn
