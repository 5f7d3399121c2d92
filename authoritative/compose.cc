#include "authoritative/compose.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <type_traits>
#include <utility>

#include "authoritative/alias_trail.h"
#include "authoritative/denial.h"
#include "common/base/limits.h"
#include "common/dns/rdata.h"

namespace cairn {
namespace {

// The type a signature is for: the first field of an RRSIG (RFC 4034 section 3.1.1).
RrType CoveredType(ByteView rrsig) { return RrType{LoadU16(rrsig.data())}; }

// The set that QTYPE ANY gets alone: rather data than what DNSSEC added, and never an NSEC3.
RrsetView ChosenForAny(Node node) {
  RrsetView chosen;
  for (const RrsetView rrset : node) {
    if (rrset.type() == rr::kNsec3) continue;
    if (!chosen || chosen.type() == rr::kRrsig || chosen.type() == rr::kNsec) chosen = rrset;
  }
  return chosen;
}

// One answer in the making. Lives on the stack; the names it follows are in the zones' arenas, or in its
// AliasTrail when a DNAME made them.
class Composition {
 public:
  Composition(const ComposeRequest& request, MessageWriter& out)
      : request_(request),
        out_(out),
        zone_(&request.zone),
        path_(&request.qname),
        trail_(request.qname.name()) {}

  Composed Run() {
    const MessageWriter::Mark question_only = out_.mark();
    out_.SetAuthoritative(true);
    if (WriteAnswer() && WriteAuthority()) {
      WriteAdditional();
    } else {
      // What did not fit is asked again over TCP: the less we send now the better (RFC 2181 section 9).
      out_.Rewind(question_only);
      composed_.truncated = !unprovable_;
    }
    if (unprovable_) {
      out_.SetAuthoritative(false);
      composed_.rcode = Rcode::kServFail;
    }
    if (composed_.truncated) {
      out_.SetTruncated();
      composed_.complete = false;
    }
    out_.SetRcode(composed_.rcode);
    return composed_;
  }

 private:
  // RFC 1034 section 4.3.2 steps 2 and 3, from alias to alias. False when something did not fit, or could not
  // be proved.
  bool WriteAnswer();
  bool Take(const lookup::Answer& answer);
  bool Take(const lookup::NoData&) { return true; }
  bool Take(const lookup::NxDomain&);
  bool Take(const lookup::Delegation&);
  bool Take(const lookup::Alias& alias);
  bool Take(const lookup::Redirection& redirection);
  bool GoOnWith(NameView target);

  // Whether signatures and proofs belong to what a zone says: the client asked for them, and there are
  // any.
  bool Secured(const Zone& zone) const { return request_.dnssec_ok && zone.is_signed(); }

  bool WriteAuthority();
  bool WriteReferral(const lookup::Delegation& delegation);
  bool WriteSoa();
  bool WriteProofs();

  void WriteAdditional();
  bool AddAddresses(size_t index, ByteView rdata);

  // Each adds all or nothing; false when there was no room. AddSet adds signatures too when they are wanted.
  bool AddSet(Node node, RrsetView rrset, NameView owner) { return AddSet(node, rrset, owner, rrset.ttl()); }
  bool AddSet(Node node, RrsetView rrset, NameView owner, Ttl ttl);
  bool AddRecords(RrsetView rrset, NameView owner, Ttl ttl);
  bool AddSignatures(Node node, RrType covered, NameView owner, Ttl ttl);
  bool AddSignatureSet(Node node, RrsetView rrsig, NameView owner);
  bool AddAny(Node node, NameView owner);

  const ComposeRequest& request_;
  MessageWriter& out_;
  Composed composed_;

  // The name that is looked up now, and the zone it is looked up in.
  const Zone* zone_;
  const LabelPath* path_;
  LabelPath alias_path_;
  AliasTrail trail_;
  bool goes_on_ = false;
  // Where the aliases ended; none when they lead out of our zones or in a circle.
  std::optional<LookupResult> end_;

  DenialProofs proofs_;
  bool unprovable_ = false;
  RrsetView brings_addresses_;  // NS, MX, SRV, ... that was written last (RFC 1034 section 4.3.2 step 6)
};

bool Composition::WriteAnswer() {
  out_.StartSection(Section::kAnswer);
  const LookupResult* found = request_.found;
  do {
    goes_on_ = false;
    const LookupResult result =
        found != nullptr ? *std::exchange(found, nullptr) : Find(*zone_, *path_, request_.qtype);
    unprovable_ = Secured(*zone_) && !proofs_.Add(*zone_, *path_, result);
    if (unprovable_) return false;
    end_ = result;
    composed_.subject = SubjectOf(*zone_, result);
    if (!std::visit([this](const auto& outcome) { return Take(outcome); }, result)) return false;
  } while (goes_on_);
  return true;
}

bool Composition::Take(const lookup::Answer& answer) {
  const NameView owner = path_->name();
  if (!answer.rrset) return AddAny(answer.node, owner);
  if (answer.rrset.type() == rr::kRrsig) return AddSignatureSet(answer.node, answer.rrset, owner);
  if (answer.rrset.HasTargets()) brings_addresses_ = answer.rrset;
  return AddSet(answer.node, answer.rrset, owner);
}

bool Composition::Take(const lookup::NxDomain&) {
  composed_.rcode = Rcode::kNxDomain;  // that of the last name of a chain (RFC 6604 section 3)
  return true;
}

bool Composition::Take(const lookup::Delegation&) {
  // After an alias AA speaks of the first owner name of the answer (RFC 1035 section 4.1.1).
  if (trail_.at_start()) out_.SetAuthoritative(false);
  return true;
}

bool Composition::Take(const lookup::Alias& alias) {
  if (!AddSet(alias.node, alias.cname, path_->name())) return false;
  return GoOnWith(LeadingName(alias.cname.front()));
}

// RFC 6672 section 3.2: the DNAME, and a CNAME made from it with its TTL. No signature covers that CNAME
// (section 5.3.1).
bool Composition::Take(const lookup::Redirection& redirection) {
  end_.reset();
  if (trail_.full()) return true;
  const NameView qname = path_->name();
  const NameView owner = path_->Suffix(redirection.node.LabelCount());
  const std::optional<NameView> alias = trail_.Redirect(qname, owner, LeadingName(redirection.dname.front()));
  if (!alias) composed_.rcode = Rcode::kYxDomain;  // also when the DNAME does not fit
  if (trail_.IsNew(redirection.node) && !AddSet(redirection.node, redirection.dname, owner)) return false;
  if (!alias) return true;
  if (!out_.AddRecord(qname, rr::kCname, kClassIn, redirection.dname.ttl(), alias->wire())) return false;
  if (request_.qtype == rr::kCname || request_.qtype == rr::kAny) return true;
  return GoOnWith(*alias);
}

// Always true; where nothing more is to be said about `target`, the answer just ends: the trail does, or the
// name is not ours. What was gathered is an answer (RFC 1034 section 4.3.2 step 3a, RFC 2308 section 2).
bool Composition::GoOnWith(NameView target) {
  end_.reset();
  if (!trail_.Follow(target)) return true;
  alias_path_.Reset(target);
  path_ = &alias_path_;
  const ZoneSet::Entry* entry = ZoneFor(request_.zones, *path_, request_.qtype);
  if (entry == nullptr || entry->zone == nullptr) return true;
  zone_ = entry->zone.get();
  goes_on_ = true;
  return true;
}

bool Composition::WriteAuthority() {
  out_.StartSection(Section::kAuthority);
  if (!end_) return WriteProofs();
  if (const auto* delegation = std::get_if<lookup::Delegation>(&*end_)) return WriteReferral(*delegation);
  const bool negative =
      std::holds_alternative<lookup::NoData>(*end_) || std::holds_alternative<lookup::NxDomain>(*end_);
  return (!negative || WriteSoa()) && WriteProofs();
}

// NS without signatures, for the child signs them; DS with them, or the proof that there is none (RFC 4035
// section 3.1.4).
bool Composition::WriteReferral(const lookup::Delegation& delegation) {
  const NameView cut = path_->Suffix(delegation.node.LabelCount());
  if (!AddRecords(delegation.ns, cut, delegation.ns.ttl())) return false;
  brings_addresses_ = delegation.ns.HasTargets() ? delegation.ns : RrsetView();
  if (!Secured(*zone_)) return true;
  if (const RrsetView ds = delegation.node.Find(rr::kDs)) {
    if (!AddSet(delegation.node, ds, cut)) return false;
  }
  return WriteProofs();
}

bool Composition::WriteSoa() {
  return AddSet(zone_->apex_node(), zone_->soa(), zone_->apex(), zone_->negative_ttl());
}

bool Composition::WriteProofs() {
  NameBuffer buffer;
  for (const auto& [owner, type] : proofs_.records()) {
    if (!AddSet(owner, owner.Find(type), owner.OwnerInto(buffer))) return false;
  }
  return true;
}

// Step 6. Glue of in-domain name servers is part of a referral, and TC says that some is missing (RFC 9471
// section 3.1); all else comes along when there is room.
void Composition::WriteAdditional() {
  if (!brings_addresses_) return;
  out_.StartSection(Section::kAdditional);
  size_t index = 0;
  for (const ByteView rdata : brings_addresses_) {
    if (brings_addresses_.TargetInDomain(index) && !AddAddresses(index, rdata)) {
      composed_.truncated = true;
      return;
    }
    ++index;
  }
  std::array<NodeId, limits::kMaxAdditionalNames> added;
  size_t count = 0;
  index = 0;
  for (const ByteView rdata : brings_addresses_) {
    const NodeId target = brings_addresses_.TargetNode(index);
    if (target != kNoNode && !brings_addresses_.TargetInDomain(index) &&
        std::find(added.begin(), added.begin() + count, target) == added.begin() + count) {
      if (count == added.size() || !AddAddresses(index, rdata)) return;
      added[count++] = target;
    }
    ++index;
  }
}

bool Composition::AddAddresses(size_t index, ByteView rdata) {
  const Node node(*zone_, brings_addresses_.TargetNode(index));
  const NameView owner = NameView::FromValidWire(AdditionalName(brings_addresses_.type(), rdata).data());
  const MessageWriter::Mark before = out_.mark();
  for (const RrType type : {rr::kA, rr::kAaaa}) {
    const RrsetView addresses = node.Find(type);
    if (!addresses) continue;
    if (!AddRecords(addresses, owner, addresses.ttl())) {
      out_.Rewind(before);
      composed_.complete = false;
      return false;
    }
    // Signatures are a bonus here: without room for them the addresses stay (RFC 4035 section 3.1.1).
    if (Secured(*zone_) && !node.Is(Node::kOccluded) && !AddSignatures(node, type, owner, addresses.ttl())) {
      composed_.complete = false;
    }
  }
  return true;
}

// The whole set or none of it (RFC 2181 section 9).
bool Composition::AddRecords(RrsetView rrset, NameView owner, Ttl ttl) {
  return out_.AddRrset(owner, rrset.type(), kClassIn, ttl, rrset);
}

bool Composition::AddSet(Node node, RrsetView rrset, NameView owner, Ttl ttl) {
  return AddRecords(rrset, owner, ttl) &&
         (!Secured(node.zone()) || AddSignatures(node, rrset.type(), owner, ttl));
}

bool Composition::AddSignatures(Node node, RrType covered, NameView owner, Ttl ttl) {
  const RrsetView rrsig = node.Find(rr::kRrsig);
  if (!rrsig) return true;
  const MessageWriter::Mark before = out_.mark();
  for (const ByteView rdata : rrsig) {
    if (CoveredType(rdata) != covered || out_.AddRecord(owner, rr::kRrsig, kClassIn, ttl, rdata)) continue;
    out_.Rewind(before);
    return false;
  }
  return true;
}

// QTYPE RRSIG: signatures over one type form a set (RFC 4034 section 3); RFC 8482 section 4.1 lets one stand
// for all.
bool Composition::AddSignatureSet(Node node, RrsetView rrsig, NameView owner) {
  for (const ByteView rdata : rrsig) {
    const RrType covered = CoveredType(rdata);
    if (covered == rr::kNsec3) continue;  // not of this name, but of a hash that reads the same
    if (request_.any == AnyAnswer::kMinimal)
      return AddSignatures(node, covered, owner, node.TtlOf(rrsig, rdata));
    if (!out_.AddRecord(owner, rr::kRrsig, kClassIn, node.TtlOf(rrsig, rdata), rdata)) return false;
  }
  return true;
}

// QTYPE ANY: all sets of the name, or one that stands for them (RFC 8482 section 4.1).
bool Composition::AddAny(Node node, NameView owner) {
  if (request_.any == AnyAnswer::kMinimal) {
    const RrsetView chosen = ChosenForAny(node);
    return chosen.type() == rr::kRrsig ? AddSignatureSet(node, chosen, owner)
                                       : AddSet(node, chosen, owner, chosen.ttl());
  }
  for (const RrsetView rrset : node) {
    if (rrset.type() == rr::kNsec3) continue;  // nobody's data (RFC 5155 section 7.2.8)
    const bool added = rrset.type() == rr::kRrsig ? AddSignatureSet(node, rrset, owner)
                                                  : AddRecords(rrset, owner, rrset.ttl());
    if (!added) return false;
  }
  return true;
}

// Whether the DS of an apex is for the zone `above` it to tell: that is its parent zone, and not one further
// up which has delegated the parent to others. One that could not be loaded is taken for the parent.
bool AnswersForDs(const ZoneSet::Entry& above, const LabelPath& apex) {
  if (above.zone == nullptr) return true;
  const Node cut = above.zone->Descend(apex).zone_cut;
  return !cut || cut.LabelCount() == apex.labels();
}

}  // namespace

// Nodes have numbers of their own in each zone: zones are spread so far that these do not meet.
uint64_t SubjectOf(const Zone& zone, const LookupResult& found) {
  const uint64_t zone_number = std::bit_cast<uintptr_t>(&zone) * 0x9e3779b97f4a7c15;
  return std::visit(
      [zone_number]<typename Found>(const Found& outcome) {
        if constexpr (std::is_same_v<Found, lookup::NxDomain>) {
          return zone_number;
        } else {
          return zone_number + uint64_t{outcome.node.id()};
        }
      },
      found);
}

const ZoneSet::Entry* ZoneFor(const ZoneSet& zones, const LabelPath& qname, RrType qtype) {
  const ZoneSet::Entry* entry = zones.LongestMatch(qname);
  if (qtype != rr::kDs || entry == nullptr || entry->apex.size() != qname.name().size()) return entry;
  const ZoneSet::Entry* above = zones.LongestMatchAbove(qname);
  return above != nullptr && AnswersForDs(*above, qname) ? above : entry;
}

Composed Compose(const ComposeRequest& request, MessageWriter& out) {
  return Composition(request, out).Run();
}

}  // namespace cairn
