#include "common/zone/zone_lookup.h"

#include "fmt/format.h"

namespace cairn {
namespace {

using namespace lookup;

// A zone cut hides everything at and below it, but for DS, which the parent holds (RFC 4035 section 3.1.4.1).
bool AnsweredByParent(const Descent& walk, RrType qtype) {
  return qtype == rr::kDs && walk.node == walk.zone_cut;
}

// RFC 1034 section 4.3.2 step 3a, and the end of 3c for a wildcard.
LookupResult FromNode(Node node, RrType qtype, bool synthesised) {
  // An empty non-terminal (RFC 4592 section 2.2.2), also when an NSEC3 is there: that is nobody's data (RFC
  // 5155 section 7.2.8).
  if (node.empty() || node.Is(Node::kHashOwner)) return NoData{node, synthesised};
  if (qtype == rr::kAny) return Answer{node, RrsetView(), synthesised};
  if (const RrsetView rrset = node.Find(qtype); rrset && qtype != rr::kNsec3) {
    return Answer{node, rrset, synthesised};
  }
  if (const RrsetView cname = node.Find(rr::kCname)) return Alias{node, cname, synthesised};
  return NoData{node, synthesised};
}

// Names of nodes for people, "www.example.".
std::string Owner(Node node) { return node.owner().ToText(); }

std::string FromWildcard(Node node, bool synthesised) { return synthesised ? " from " + Owner(node) : ""; }

struct Describer {
  std::string operator()(const Answer& answer) const {
    return fmt::format("answer {} {}{}", QnameOf(answer.node, answer.synthesised),
                       answer.rrset ? answer.rrset.type().ToText() : "ANY",
                       FromWildcard(answer.node, answer.synthesised));
  }
  std::string operator()(const NoData& none) const {
    return fmt::format("nodata{}, soa {}", FromWildcard(none.node, none.synthesised),
                       none.node.zone().apex().ToText());
  }
  std::string operator()(const Alias& alias) const {
    return fmt::format("alias {} to {}{}", QnameOf(alias.node, alias.synthesised),
                       NameView::FromValidWire(alias.cname.front().data()).ToText(),
                       FromWildcard(alias.node, alias.synthesised));
  }
  std::string operator()(const Redirection& redirection) const {
    return fmt::format("redirection {} to {}", Owner(redirection.node),
                       NameView::FromValidWire(redirection.dname.front().data()).ToText());
  }
  std::string operator()(const Delegation& delegation) const {
    std::string text = "referral " + Owner(delegation.node);
    for (size_t i = 0; i < delegation.ns.size(); ++i) {
      const NodeId glue = delegation.ns.TargetNode(i);
      if (glue == kNoNode) continue;
      text += fmt::format(", {} {}", delegation.ns.TargetInDomain(i) ? "glue" : "sibling",
                          Owner(Node(delegation.node.zone(), glue)));
    }
    return text;
  }
  std::string operator()(const NxDomain& none) const {
    return "nxdomain, closest encloser " + Owner(none.closest_encloser);
  }

  std::string QnameOf(Node node, bool synthesised) const {
    return synthesised ? qname.ToText() : Owner(node);
  }
  NameView qname;
};

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

std::string Describe(const LookupResult& result, NameView qname) {
  return std::visit(Describer{qname}, result);
}

}  // namespace cairn
