#include "authoritative/nsec_denial.h"

namespace cairn {
namespace {

// One outcome, one operator.
class NsecProver {
 public:
  NsecProver(const Zone& zone, const LabelPath& qname, DenialProofs& proofs)
      : zone_(zone), qname_(qname), proofs_(proofs) {}

  void operator()(const lookup::Answer& answer) const {
    if (answer.synthesised) Span(qname_.name());  // no closer name exists (3.1.3.3)
  }
  void operator()(const lookup::Alias& alias) const {
    if (alias.synthesised) Span(qname_.name());
  }
  void operator()(const lookup::Redirection&) const {}  // the DNAME exists, and it is signed
  void operator()(const lookup::NoData& none) const {
    if (none.synthesised) Span(qname_.name());  // 3.1.3.4
    SpanOwner(none.node);  // 3.1.3.1: its own, or for an empty non-terminal the one that spans it
  }
  void operator()(const lookup::NxDomain& nothing) const {
    NameBuffer wildcard;
    Span(qname_.name());  // 3.1.3.2
    Span(WildcardInto(nothing.closest_encloser, wildcard));
  }
  void operator()(const lookup::Delegation& delegation) const {
    if (!delegation.node.Find(rr::kDs)) SpanOwner(delegation.node);  // 3.1.4
  }

 private:
  void Span(NameView name) const { proofs_.Keep(zone_.NsecAtOrBefore(name), rr::kNsec); }
  void SpanOwner(Node node) const {
    NameBuffer owner;
    Span(node.OwnerInto(owner));
  }

  const Zone& zone_;
  const LabelPath& qname_;
  DenialProofs& proofs_;
};

}  // namespace

void ProveWithNsec(const Zone& zone, const LabelPath& qname, const LookupResult& result,
                   DenialProofs& proofs) {
  std::visit(NsecProver(zone, qname, proofs), result);
}

}  // namespace cairn
