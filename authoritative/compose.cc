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

// The RDATA of records that stand in a message one behind the other.
class WrittenRdatas {
 public:
  WrittenRdatas(ByteView message, size_t at) : message_(message), at_(at) {}
  // Where the next begins.
  size_t Next() {
    while (message_[at_] != 0 && message_[at_] < 0xc0) at_ += 1 + size_t{message_[at_]};
    at_ += message_[at_] == 0 ? 1U : 2U;
    constexpr size_t kTypeClassTtlOctets = 8;
    const size_t rdata = at_ + kTypeClassTtlOctets + 2;
    at_ = rdata + LoadU16(message_.data() + rdata - 2);
    return rdata;
  }

 private:
  ByteView message_;
  size_t at_;
};

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
  bool GoOnWith(NameView target, size_t cname_at);

  // Whether signatures and proofs belong to what a zone says: the client asked for them, and there are
  // any.
  bool Secured(const Zone& zone) const { return request_.dnssec_ok && zone.is_signed(); }

  bool WriteAuthority();
  bool WriteReferral(const lookup::Delegation& delegation);
  bool WriteSoa();
  bool WriteProofs();

  void WriteAdditional();
  bool AddAddresses(size_t index, const KnownName& owner);
  KnownName TargetIn(ByteView rdata, size_t at) const;

  // The name that is looked up, or its end.
  KnownName Sname() const { return {path_->name(), sname_at_}; }
  KnownName EndOfSname(size_t octets) const;

  // Each adds all or nothing; false when there was no room. AddSet adds signatures too when they are wanted.
  bool AddSet(Node node, RrsetView rrset, const KnownName& owner) {
    return AddSet(node, rrset, owner, rrset.ttl());
  }
  bool AddSet(Node node, RrsetView rrset, const KnownName& owner, Ttl ttl);
  bool AddRecords(RrsetView rrset, const KnownName& owner, Ttl ttl);
  bool AddSignatures(Node node, RrType covered, const KnownName& owner, Ttl ttl);
  bool AddSignatureSet(Node node, RrsetView rrsig, const KnownName& owner);
  bool AddAny(Node node, const KnownName& owner);

  const ComposeRequest& request_;
  MessageWriter& out_;
  Composed composed_;

  // The name that is looked up now (SNAME), where it stands in the message, and the zone it is looked up in.
  const Zone* zone_;
  const LabelPath* path_;
  size_t sname_at_ = kHeaderOctets;  // in the question
  LabelPath alias_path_;
  AliasTrail trail_;
  bool goes_on_ = false;
  // Where the aliases ended; none when they lead out of our zones or in a circle.
  std::optional<LookupResult> end_;

  DenialProofs proofs_;
  bool unprovable_ = false;
  // NS, MX, SRV, ... that was written last (RFC 1034 section 4.3.2 step 6), and where.
  RrsetView brings_addresses_;
  size_t brings_at_ = 0;
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
  if (!answer.rrset) return AddAny(answer.node, Sname());
  if (answer.rrset.type() == rr::kRrsig) return AddSignatureSet(answer.node, answer.rrset, Sname());
  if (answer.rrset.HasTargets()) {
    brings_addresses_ = answer.rrset;
    brings_at_ = out_.size();
  }
  return AddSet(answer.node, answer.rrset, Sname());
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
  const size_t cname_at = out_.size();
  if (!AddSet(alias.node, alias.cname, Sname())) return false;
  return GoOnWith(LeadingName(alias.cname.front()), cname_at);
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
  if (trail_.IsNew(redirection.node) &&
      !AddSet(redirection.node, redirection.dname, EndOfSname(owner.size()))) {
    return false;
  }
  if (!alias) return true;
  const size_t cname_at = out_.size();
  if (!out_.AddRecord(Sname(), rr::kCname, kClassIn, redirection.dname.ttl(), alias->wire())) return false;
  if (request_.qtype == rr::kCname || request_.qtype == rr::kAny) return true;
  return GoOnWith(*alias, cname_at);
}

// Always true; where nothing more is to be said about `target`, the answer just ends: the trail does, or the
// name is not ours. What was gathered is an answer (RFC 1034 section 4.3.2 step 3a, RFC 2308 section 2).
bool Composition::GoOnWith(NameView target, size_t cname_at) {
  end_.reset();
  if (!trail_.Follow(target)) return true;
  alias_path_.Reset(target);
  path_ = &alias_path_;
  sname_at_ = WrittenRdatas(out_.written(), cname_at).Next();
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
  const KnownName cut = EndOfSname(path_->Suffix(delegation.node.LabelCount()).size());
  brings_at_ = out_.size();
  if (!AddRecords(delegation.ns, cut, delegation.ns.ttl())) return false;
  brings_addresses_ = delegation.ns.HasTargets() ? delegation.ns : RrsetView();
  if (!Secured(*zone_)) return true;
  if (const RrsetView ds = delegation.node.Find(rr::kDs)) {
    if (!AddSet(delegation.node, ds, cut)) return false;
  }
  return WriteProofs();
}

bool Composition::WriteSoa() {
  KnownName apex = EndOfSname(zone_->apex().size());
  if (!apex.name.SameSpelling(zone_->apex())) apex = {zone_->apex()};
  return AddSet(zone_->apex_node(), zone_->soa(), apex, zone_->negative_ttl());
}

// Where that stands in the message is known for the question, which is written whole, and for all of a name.
KnownName Composition::EndOfSname(size_t octets) const {
  const NameView sname = path_->name();
  const size_t before = sname.size() - octets;
  const bool known = before == 0 || path_ == &request_.qname;
  return {NameView::FromValidWire(sname.data() + before, octets), known ? sname_at_ + before : 0};
}

bool Composition::WriteProofs() {
  NameBuffer buffer;
  for (const auto& [owner, type] : proofs_.records()) {
    if (!AddSet(owner, owner.Find(type), {owner.OwnerInto(buffer)})) return false;
  }
  return true;
}

// Step 6. Glue of in-domain name servers is part of a referral, and TC says that some is missing (RFC 9471
// section 3.1); all else comes along when there is room.
void Composition::WriteAdditional() {
  if (!brings_addresses_) return;
  out_.StartSection(Section::kAdditional);
  size_t index = 0;
  WrittenRdatas written(out_.written(), brings_at_);
  for (const ByteView rdata : brings_addresses_) {
    const size_t at = written.Next();
    if (brings_addresses_.TargetInDomain(index) && !AddAddresses(index, TargetIn(rdata, at))) {
      composed_.truncated = true;
      return;
    }
    ++index;
  }
  std::array<NodeId, limits::kMaxAdditionalNames> added;
  size_t count = 0;
  index = 0;
  written = WrittenRdatas(out_.written(), brings_at_);
  for (const ByteView rdata : brings_addresses_) {
    const size_t at = written.Next();
    const NodeId target = brings_addresses_.TargetNode(index);
    if (target != kNoNode && !brings_addresses_.TargetInDomain(index) &&
        std::find(added.begin(), added.begin() + count, target) == added.begin() + count) {
      if (count == added.size() || !AddAddresses(index, TargetIn(rdata, at))) return;
      added[count++] = target;
    }
    ++index;
  }
}

// The name in that RDATA, which was written at `at`. An NS record's is all of it; another stands behind other
// fields, and may be none of those that are compressed.
KnownName Composition::TargetIn(ByteView rdata, size_t at) const {
  if (brings_addresses_.type() == rr::kNs) return {NameView::FromValidWire(rdata.data(), rdata.size()), at};
  return {NameView::FromValidWire(AdditionalName(brings_addresses_.type(), rdata).data())};
}

bool Composition::AddAddresses(size_t index, const KnownName& owner) {
  const Node node(*zone_, brings_addresses_.TargetNode(index));
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
bool Composition::AddRecords(RrsetView rrset, const KnownName& owner, Ttl ttl) {
  return out_.AddRrset(owner, rrset.type(), kClassIn, ttl, rrset);
}

bool Composition::AddSet(Node node, RrsetView rrset, const KnownName& owner, Ttl ttl) {
  return AddRecords(rrset, owner, ttl) &&
         (!Secured(node.zone()) || AddSignatures(node, rrset.type(), owner, ttl));
}

bool Composition::AddSignatures(Node node, RrType covered, const KnownName& owner, Ttl ttl) {
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
bool Composition::AddSignatureSet(Node node, RrsetView rrsig, const KnownName& owner) {
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
bool Composition::AddAny(Node node, const KnownName& owner) {
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
