#include "authoritative/nsec3_denial.h"

#include <optional>

namespace cairn {
namespace {

// One outcome, one operator. After its first failure it proves nothing more.
class Nsec3Prover {
 public:
  Nsec3Prover(const Zone& zone, const LabelPath& qname, DenialProofs& proofs)
      : zone_(zone), qname_(qname), proofs_(proofs) {}

  bool ok() const { return ok_; }

  // 7.2.6: that the wildcard exists its signature says, by its count of labels (RFC 4035 section 5.3.4).
  void operator()(const lookup::Answer& answer) {
    if (answer.synthesised) CoverNextCloser(answer.node.parent());
  }
  void operator()(const lookup::Alias& alias) {
    if (alias.synthesised) CoverNextCloser(alias.node.parent());
  }
  void operator()(const lookup::Redirection&) {}  // the DNAME exists, and it is signed
  void operator()(const lookup::NoData& none) {
    if (!none.synthesised) return ProveNode(none.node);  // 7.2.3, 7.2.4
    ProveClosestEncloser(none.node.parent());            // 7.2.5
    if (!Match(none.node)) CoverWildcard(none.node.parent());
  }
  void operator()(const lookup::NxDomain& nothing) {  // 7.2.2
    CoverWildcard(ProveClosestEncloser(nothing.closest_encloser));
  }
  void operator()(const lookup::Delegation& delegation) {  // 7.2.7
    if (!delegation.node.Find(rr::kDs)) ProveNode(delegation.node);
  }

 private:
  // That `node`, at or above the name asked for, has no more types than its NSEC3 says; or that it lies in an
  // opt-out span.
  void ProveNode(Node node) {
    if (!Match(node) && ok_) ProveClosestEncloser(node.parent());
  }

  // 7.2.1. Ends at the apex, whose hash every chain holds. Returns the closest provable encloser.
  Node ProveClosestEncloser(Node encloser) {
    while (!Match(encloser) && ok_) encloser = encloser.parent();
    CoverNextCloser(encloser);
    return encloser;
  }

  void CoverNextCloser(Node encloser) {
    const std::optional<Zone::Nsec3Owner> found = Look(qname_.Suffix(encloser.LabelCount() + 1));
    if (!found) return;
    ok_ = !found->matches;  // 7.2.9: a collision, for what exists is never next closer
    Keep(found->node);
  }
  // Not when it exists: possible below an encloser that is provable, but not the closest.
  void CoverWildcard(Node parent) {
    NameBuffer wildcard;
    const std::optional<Zone::Nsec3Owner> found = Look(WildcardInto(parent, wildcard));
    if (found && !found->matches) Keep(found->node);
  }
  bool Match(Node node) {
    NameBuffer owner;
    const std::optional<Zone::Nsec3Owner> found = Look(node.OwnerInto(owner));
    if (!found || !found->matches) return false;
    Keep(found->node);
    return true;
  }

  std::optional<Zone::Nsec3Owner> Look(NameView name) {
    ok_ = ok_ && proofs_.SpendDigests(zone_.Nsec3HashDigests());
    return ok_ ? std::optional(zone_.Nsec3AtOrBefore(name)) : std::nullopt;
  }
  void Keep(Node owner) { proofs_.Keep(owner, rr::kNsec3); }

  const Zone& zone_;
  const LabelPath& qname_;
  DenialProofs& proofs_;
  bool ok_ = true;
};

}  // namespace

bool ProveWithNsec3(const Zone& zone, const LabelPath& qname, const LookupResult& result,
                    DenialProofs& proofs) {
  Nsec3Prover prover(zone, qname, proofs);
  std::visit([&prover](const auto& outcome) { prover(outcome); }, result);
  return prover.ok();
}

}  // namespace cairn
