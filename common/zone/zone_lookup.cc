#include "common/zone/zone_lookup.h"

#include <algorithm>

namespace cairn {
namespace {

using namespace lookup;

// A zone cut hides everything at and below it, but for DS, which the parent holds (RFC 4035 section 3.1.4.1).
bool AnsweredByParent(const Descent& walk, RrType qtype) {
  return qtype == rr::kDs && walk.node == walk.zone_cut;
}

// Whether a set at a name is data of the name: an NSEC3 and what signs it are not (RFC 5155 section 7.2.8),
// though a name may read like a hash.
bool IsData(RrsetView rrset) {
  const auto is_of_nsec3 = [](ByteView rrsig) { return RrType{LoadU16(rrsig.data())} == rr::kNsec3; };
  return rrset.type() != rr::kNsec3 &&
         (rrset.type() != rr::kRrsig || !std::all_of(rrset.begin(), rrset.end(), is_of_nsec3));
}

// RFC 1034 section 4.3.2 step 3a, and the end of 3c for a wildcard.
LookupResult FromNode(Node node, RrType qtype, bool synthesised) {
  // An empty non-terminal (RFC 4592 section 2.2.2), also when it owns an NSEC3 and nothing else.
  if (node.empty() || node.Is(Node::kHashOwner)) return NoData{node, synthesised};
  if (qtype == rr::kAny && std::any_of(node.begin(), node.end(), IsData))
    return Answer{node, RrsetView(), synthesised};
  if (const RrsetView rrset = node.Find(qtype); rrset && IsData(rrset))
    return Answer{node, rrset, synthesised};
  if (const RrsetView cname = node.Find(rr::kCname)) return Alias{node, cname, synthesised};
  return NoData{node, synthesised};
}

}  // namespace

LookupResult Find(const Zone& zone, const LabelPath& qname, RrType qtype) {
  const Descent walk = zone.Descend(qname);  // from the apex; stops at the first zone cut or DNAME
  if (walk.zone_cut && !AnsweredByParent(walk, qtype)) {
    return Delegation{walk.zone_cut, walk.zone_cut.Find(rr::kNs)};  // 3b
  }
  if (walk.node) return FromNode(walk.node, qtype, false);                               // 3a
  if (walk.dname) return Redirection{walk.dname, walk.dname.Find(rr::kDname)};           // 3c, RFC 6672
  if (walk.source_of_synthesis) return FromNode(walk.source_of_synthesis, qtype, true);  // 3c, RFC 4592
  return NxDomain{walk.closest_encloser};                                                // 3c
}

LookupResult Find(const Zone& zone, NameView qname, RrType qtype) {
  return Find(zone, LabelPath(qname), qtype);
}

}  // namespace cairn
