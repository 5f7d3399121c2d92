// What a lookup found, in words, for tests and people.
#include "common/zone/zone_lookup.h"
#include "fmt/format.h"

namespace cairn {
namespace {

using namespace lookup;

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

std::string Describe(const LookupResult& result, NameView qname) {
  return std::visit(Describer{qname}, result);
}

}  // namespace cairn
