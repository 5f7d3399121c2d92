#include "common/zone/zone_assembly.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "common/base/limits.h"
#include "common/dns/binary_text.h"
#include "common/dns/case_folding.h"
#include "common/dns/rdata.h"
#include "common/dns/rdata_buffer.h"
#include "common/zone/canonical_key.h"
#include "fmt/format.h"

namespace cairn {
namespace {

bool HasTargetIn(NameView apex, const RrsetDraft& rrset) {
  return std::any_of(rrset.records.begin(), rrset.records.end(), [&](const DraftRecord& record) {
    const ByteView target = AdditionalName(rrset.type, record.rdata);
    return !target.empty() && NameView::FromValidWire(target.data(), target.size()).IsAtOrBelow(apex);
  });
}

// Such owners are hashes, not names of the zone: a question for one is denied as any other (RFC 5155
// section 7.2.8).
bool IsHashOwner(const NodeDraft& draft) {
  return draft.Find(rr::kNsec3) != nullptr &&
         std::all_of(draft.rrsets.begin(), draft.rrsets.end(),
                     [](const auto& rrset) { return rrset.type == rr::kNsec3 || rrset.type == rr::kRrsig; });
}

// Of its first record, which may be staged no longer than the draft lives.
DraftRecord PlaceOf(const RrsetDraft& rrset) {
  DraftRecord place = rrset.records.front();
  place.rdata = {};
  return place;
}

// Slots of hashes are all over memory: they are asked for that many ahead of their turn.
constexpr size_t kAhead = 16;

// How many children of a zone cut are looked at, one after the other, before its glue is looked up by hash.
constexpr size_t kGlueChildren = 8;

bool HasAddresses(Node node) { return node.Find(rr::kA) || node.Find(rr::kAaaa); }

// Whether answers may be proved with that chain: a flag means that it is not whole yet (RFC 5155 section
// 4.1.2).
bool IsUsable(const Nsec3Params& params) {
  return params.algorithm == kNsec3Sha1 && params.flags == 0 && params.iterations <= limits::kNsec3Iterations;
}

// Whether an NSEC3 record belongs to that chain, whatever its own flags say of opt-out.
bool IsOf(const Nsec3Params& chain, ByteView nsec3) {
  const Nsec3Params params = Nsec3Params::Of(nsec3);
  return params.algorithm == chain.algorithm && params.iterations == chain.iterations &&
         std::equal(params.salt.begin(), params.salt.end(), chain.salt.begin(), chain.salt.end());
}

}  // namespace

// A hash of glue by its names, for while a zone is built.
class ZoneAssembly::GlueTable {
 public:
  // Of the nodes with addresses that no descent reaches.
  explicit GlueTable(const Zone& zone) : zone_(zone) {
    const auto count = std::count_if(zone.begin(), zone.end(), IsGlue);
    mask_ = std::bit_ceil(2 * static_cast<size_t>(count) + 2) - 1;
    memory_.Extend((mask_ + 1) * sizeof(Slot));
    slots_ = reinterpret_cast<Slot*>(memory_.data());
    for (const Node node : zone) {
      if (IsGlue(node)) Insert(node);
    }
  }

  Node Find(NameView name) const {
    const uint64_t hash = name.Hash();
    for (size_t at = hash & mask_; slots_[at].id != kNoNode; at = (at + 1) & mask_) {
      if (slots_[at].tag != static_cast<uint32_t>(hash >> 32)) continue;
      NameBuffer owner;
      const Node node(zone_, slots_[at].id);
      if (node.OwnerInto(owner) == name) return node;
    }
    return Node();
  }

 private:
  struct Slot {
    uint32_t tag = 0;
    NodeId id = kNoNode;
  };

  static bool IsGlue(Node node) { return node.Is(Node::kOccluded) && HasAddresses(node); }
  void Insert(Node node) {
    NameBuffer owner;
    const uint64_t hash = node.OwnerInto(owner).Hash();
    size_t at = hash & mask_;
    while (slots_[at].id != kNoNode) at = (at + 1) & mask_;
    slots_[at] = {static_cast<uint32_t>(hash >> 32), node.id()};
  }

  const Zone& zone_;
  size_t mask_;
  Arena memory_;  // given back to the system with the table
  Slot* slots_;
};

ZoneAssembly::ZoneAssembly(ZoneAssembly&&) noexcept = default;
ZoneAssembly::~ZoneAssembly() = default;

ZoneAssembly::ZoneAssembly(NameView apex, size_t octets_expected) : zone_(new Zone) {
  zone_->apex_ = Name(apex);
  zone_->apex_labels_ = apex.LabelCount();
  zone_->arena_.Reserve(octets_expected);
  zone_->arena_.Extend(size_t{Zone::kApexId} * 4);
}

Node ZoneAssembly::Add(const NodeDraft& draft) {
  const LabelPath path(draft.owner);
  const int depth = path.labels() - zone_->apex_labels_;
  const auto label = [&](int d) { return path.Label(zone_->apex_labels_ + d); };
  // How far the way down is that of the node before.
  int common = depth_ < 0 ? -1 : 0;
  while (common >= 0 && common < std::min(depth, depth_)) {
    const ByteView had = Node(*zone_, chain_[static_cast<size_t>(common + 1)]).label();
    const ByteView has = label(common + 1);
    if (had.size() != has.size() || !EqualIgnoringCase(had.data(), has.data(), has.size())) break;
    ++common;
  }
  if (common < 1) SettleChild();  // below another child of the apex, which itself may have no record
  for (int d = common + 1; d < depth; ++d) {  // empty non-terminals (RFC 4592 section 2.2.2)
    chain_[static_cast<size_t>(d)] =
        Append(chain_[static_cast<size_t>(d - 1)], label(d), path.Suffix(zone_->apex_labels_ + d), nullptr);
  }
  const NodeId parent = depth == 0 ? kNoNode : chain_[static_cast<size_t>(depth - 1)];
  const NodeId id = Append(parent, depth == 0 ? ByteView() : label(depth), draft.owner, &draft);
  chain_[static_cast<size_t>(depth)] = id;
  depth_ = depth;
  return Node(*zone_, id);
}

NodeId ZoneAssembly::Append(NodeId parent, ByteView label, NameView owner, const NodeDraft* draft) {
  Arena& arena = zone_->arena_;
  arena.Extend((4 - arena.size() % 4) % 4);
  const uint8_t flags = FlagsFor(parent, owner, draft);
  const size_t at = arena.Extend(Node::kHeaderOctets);
  const NodeId id = static_cast<NodeId>(at / 4);
  uint8_t* header = arena.data() + at;
  StoreU32(header, parent);
  header[4] = flags;
  header[5] = static_cast<uint8_t>(label.size());
  StoreU16(header + 6, static_cast<uint16_t>(draft == nullptr ? 0 : draft->rrsets.size()));
  arena.Append(label);
  ++zone_->node_count_;

  if ((flags & (Node::kOccluded | Node::kHashOwner)) == 0) {
    // A hash owner with a name below it is a non-terminal after all.
    if (parent != kNoNode && parent != last_shown_ && Node(*zone_, parent).Is(Node::kHashOwner)) {
      AddReachable(owner.Parent(), parent);
      last_shown_ = parent;
    }
    if (parent != kNoNode) AddReachable(owner, id);
  }
  if (parent != kNoNode && owner.IsWildcard()) arena.data()[size_t{parent} * 4 + 4] |= Node::kWildcardChild;
  if (draft == nullptr) return id;
  if (parent == Zone::kApexId && draft->Find(rr::kNsec3) != nullptr) {
    if (nsec3_at_.line == 0) nsec3_at_ = PlaceOf(*draft->Find(rr::kNsec3));
    nsec3_owners_.push_back(id);
  } else if (draft->at_apex && draft->Find(rr::kNsec3param) != nullptr) {
    nsec3_at_ = PlaceOf(*draft->Find(rr::kNsec3param));
  }
  for (const RrsetDraft& rrset : draft->rrsets) AppendRrset(id, rrset);
  return id;
}

void ZoneAssembly::AddReachable(NameView owner, NodeId id) {
  const Placed placed{owner.Hash(), id};
  reachable_.Append({reinterpret_cast<const uint8_t*>(&placed), sizeof placed});
}

uint8_t ZoneAssembly::FlagsFor(NodeId parent, NameView owner, const NodeDraft* draft) const {
  unsigned flags = 0;
  if (draft != nullptr && IsHashOwner(*draft)) {
    if (parent == Zone::kApexId)
      return Node::kHashOwner;  // also below a DNAME at the apex (RFC 6672 section 2.3)
    flags |= Node::kHashOwner;
  }
  if (parent != kNoNode) {
    const Node above(*zone_, parent);
    if (above.Is(Node::kOccluded) || above.Is(Node::kZoneCut) || above.Is(Node::kDname))
      flags |= Node::kOccluded;
  }
  if (draft == nullptr || owner.IsWildcard())
    return static_cast<uint8_t>(flags);  // RFC 4592 sections 4.2 and 4.4
  if (parent != kNoNode && draft->Find(rr::kNs) != nullptr) {
    flags |= Node::kZoneCut;  // a DNAME beside it is the child's
  } else if (draft->Find(rr::kDname) != nullptr) {
    flags |= Node::kDname;
  }
  return static_cast<uint8_t>(flags);
}

void ZoneAssembly::AppendRrset(NodeId node, const RrsetDraft& rrset) {
  Arena& arena = zone_->arena_;
  const bool has_targets = HasTargetIn(zone_->apex_, rrset);
  size_t octets = 0;
  for (const DraftRecord& record : rrset.records) octets += 2 + record.rdata.size();
  const size_t at =
      arena.Extend(RrsetView::kHeaderOctets + octets + (has_targets ? 4 * rrset.records.size() : 0));
  uint8_t* out = arena.data() + at;
  StoreU16(out, rrset.type.value);
  StoreU16(out + 2, static_cast<uint16_t>(rrset.records.size()));
  StoreU32(out + 4, rrset.ttl.seconds() | (has_targets ? RrsetView::kHasTargets : 0));
  StoreU16(out + 8, static_cast<uint16_t>(octets));
  out += RrsetView::kHeaderOctets;
  for (const DraftRecord& record : rrset.records) {
    StoreU16(out, static_cast<uint16_t>(record.rdata.size()));
    if (!record.rdata.empty()) std::memcpy(out + 2, record.rdata.data(), record.rdata.size());
    out += 2 + record.rdata.size();
  }
  zone_->record_count_ += rrset.records.size();
  if (has_targets) {
    const DraftRecord& first = rrset.records.front();
    of_child_.push_back({node, rrset.type, first.line, first.column, first.file});
  }
}

// Those that are settled already.
void ZoneAssembly::MoveTargets(RrsetView rrset, NodeId shift) {
  for (size_t index = 0; rrset.HasTargets() && index < rrset.size(); ++index) {
    if (rrset.TargetNode(index) == kNoNode) continue;
    uint8_t* const target = const_cast<uint8_t*>(rrset.TargetAt(index));
    StoreU32(target, LoadU32(target) + shift);
  }
}

ZoneAssembly ZoneAssembly::ForLaterNodes(size_t octets_expected) const {
  ZoneAssembly later(zone_->apex_, octets_expected);
  Arena& arena = later.zone_->arena_;
  arena.Append(ByteView(zone_->arena_.data(), zone_->arena_.size()).subspan(arena.size()));
  later.begin_ = arena.size();
  later.chain_[0] = Zone::kApexId;
  later.depth_ = 0;
  return later;
}

void ZoneAssembly::Join(ZoneAssembly later) {
  assert(later.begin_ != 0);  // it is of ForLaterNodes: both hold the apex
  SettleChild();
  later.SettleChild();
  Arena& arena = zone_->arena_;
  Arena& more = later.zone_->arena_;
  const auto aligned = [](size_t octets) { return (octets + 3) / 4 * 4; };
  const size_t from = std::min(aligned(later.begin_), more.size());
  arena.Extend(aligned(arena.size()) - arena.size());
  const NodeId shift = static_cast<NodeId>((arena.size() - from) / 4);
  const auto moved = [shift](NodeId id) { return id == Zone::kApexId ? id : id + shift; };

  if (from < more.size()) {
    for (Node node(*later.zone_, static_cast<NodeId>(from / 4)); node; node = later.zone_->Next(node)) {
      StoreU32(more.data() + size_t{node.id()} * 4, moved(node.parent_id()));
      for (const RrsetView rrset : node) MoveTargets(rrset, shift);
    }
  }
  arena.Append(ByteView(more.data(), more.size()).subspan(from));
  if (later.zone_->apex_node().Is(Node::kWildcardChild))
    arena.data()[size_t{Zone::kApexId} * 4 + 4] |= Node::kWildcardChild;
  zone_->node_count_ += later.zone_->node_count_;
  zone_->record_count_ += later.zone_->record_count_;

  for (Placed& each : std::span(reinterpret_cast<Placed*>(later.reachable_.data()),
                                later.reachable_.size() / sizeof(Placed)))
    each.id = moved(each.id);
  for (OpenTargets& each : std::span(reinterpret_cast<OpenTargets*>(later.open_targets_.data()),
                                     later.open_targets_.size() / sizeof(OpenTargets)))
    each.node = moved(each.node);
  const auto take = [](Arena& to, const Arena& taken) { to.Append({taken.data(), taken.size()}); };
  take(reachable_, later.reachable_);
  take(open_targets_, later.open_targets_);
  for (const NodeId id : later.nsec3_owners_) nsec3_owners_.push_back(moved(id));
  if (nsec3_at_.line == 0) nsec3_at_ = later.nsec3_at_;
}

std::shared_ptr<const Zone> ZoneAssembly::Finish(CheckReport& report) && {
  SettleChild();
  zone_->arena_.ShrinkToFit();
  FillSlots();
  ResolveTargets(report);
  if (!IndexNsec3Owners(report)) IndexNsecOwners();
  const RrsetView soa = zone_->soa();
  // SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM (RFC 1035 section 3.3.13).
  const ByteView fields = soa.front().last(20);
  zone_->is_signed_ = static_cast<bool>(zone_->apex_node().Find(rr::kRrsig));
  zone_->serial_ = LoadU32(fields.data());
  zone_->negative_ttl_ = std::min(soa.ttl(), Ttl::FromWire(LoadU32(fields.data() + 16)));
  return std::move(zone_);
}

void ZoneAssembly::FillSlots() {
  const size_t count = reachable_.size() / sizeof(Placed);
  const Placed* placed = reinterpret_cast<const Placed*>(reachable_.data());
  zone_->slot_count_ = 2 * count + 2;
  zone_->slots_.Extend(zone_->slot_count_ * sizeof(Zone::Slot));
  Zone::Slot* slots = reinterpret_cast<Zone::Slot*>(zone_->slots_.data());
  for (size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) __builtin_prefetch(&slots[zone_->SlotOf(placed[i + kAhead].hash)], 1);
    size_t at = zone_->SlotOf(placed[i].hash);
    while (slots[at].node != kNoNode) at = at + 1 == zone_->slot_count_ ? 0 : at + 1;
    slots[at] = {.tag = static_cast<uint32_t>(placed[i].hash), .node = placed[i].id};
  }
  zone_->slots_.ShrinkToFit();
  reachable_ = Arena();
}

bool ZoneAssembly::IsBelowDname(Node node) {
  bool dname = false;  // the topmost one rules
  while (!node.IsApex()) {
    node = node.parent();
    if (node.Is(Node::kDname) || node.Is(Node::kZoneCut)) dname = node.Is(Node::kDname);
  }
  return dname;
}

// What the name servers of a delegation need is mostly glue right behind it: looked up while it is warm, and
// all there once the next child of the apex comes.
void ZoneAssembly::SettleChild() {
  for (const OpenTargets& open : of_child_) {
    if (!SettleBelowCut(open)) open_targets_.Append({reinterpret_cast<const uint8_t*>(&open), sizeof open});
  }
  of_child_.clear();
}

// Whether all targets of the set are children of its own zone cut, with addresses, among the first few.
bool ZoneAssembly::SettleBelowCut(const OpenTargets& open) {
  const Node cut(*zone_, open.node);
  if (open.type != rr::kNs || !cut.Is(Node::kZoneCut) || cut.Is(Node::kOccluded)) return false;
  NameBuffer buffer;
  const NameView owner = cut.OwnerInto(buffer);
  const RrsetView rrset = cut.Find(rr::kNs);
  size_t index = 0;
  for (const ByteView rdata : rrset) {
    const NameView target = NameView::FromValidWire(rdata.data(), rdata.size());
    const Node glue =
        target.IsBelow(owner) && target.Parent() == owner ? GlueChild(cut, target.FirstLabel()) : Node();
    if (!glue) return false;
    StoreU32(const_cast<uint8_t*>(rrset.TargetAt(index++)), glue.id() | RrsetView::kInDomain);
  }
  return true;
}

// A child of `cut` with addresses, when it is among the first few.
Node ZoneAssembly::GlueChild(Node cut, ByteView label) const {
  Node child = zone_->Next(cut);
  for (size_t left = kGlueChildren; left > 0 && child && child.parent_id() == cut.id(); --left) {
    if (child.label().size() == label.size() &&
        EqualIgnoringCase(child.label().data(), label.data(), label.size())) {
      return HasAddresses(child) ? child : Node();
    }
    child = zone_->Next(child);
  }
  return Node();
}

void ZoneAssembly::ResolveTargets(CheckReport& report) {
  const OpenTargets* open = reinterpret_cast<const OpenTargets*>(open_targets_.data());
  for (size_t i = 0; i < open_targets_.size() / sizeof(OpenTargets); ++i) {
    const RrsetView rrset = Node(*zone_, open[i].node).Find(open[i].type);
    size_t index = 0;
    for (const ByteView rdata : rrset)
      StoreU32(const_cast<uint8_t*>(rrset.TargetAt(index++)), FindTarget(open[i], rdata, report));
  }
}

// What RrsetView::TargetNode and TargetInDomain will say of this record.
uint32_t ZoneAssembly::FindTarget(const OpenTargets& open, ByteView rdata, CheckReport& report) {
  const ByteView wire = AdditionalName(open.type, rdata);
  if (wire.empty()) return kNoNode;
  const NameView target = NameView::FromValidWire(wire.data(), wire.size());
  if (!target.IsAtOrBelow(zone_->apex_)) return kNoNode;
  const Node node(*zone_, open.node);
  NameBuffer buffer;
  const NameView owner = node.OwnerInto(buffer);
  const bool in_domain = open.type == rr::kNs && node.Is(Node::kZoneCut) && target.IsAtOrBelow(owner);
  const Node found = AddressesOf(target);
  if (!found) {
    const DraftRecord at{.type = open.type,
                         .ttl = Ttl(),
                         .rdata = rdata,
                         .line = open.line,
                         .column = open.column,
                         .file = open.file};
    if (in_domain && !node.Is(Node::kOccluded)) CheckGlue(owner, target, at, report);
    return kNoNode;
  }
  // At and below a cut lies glue, for delegations alone; below a DNAME nothing that may be told.
  const bool hidden = found.Is(Node::kZoneCut) || found.Is(Node::kOccluded);
  if (hidden && (open.type != rr::kNs || IsBelowDname(found))) return kNoNode;
  return found.id() | (in_domain ? RrsetView::kInDomain : 0);
}

// The node of that name when it has addresses: one that questions may reach, or one below a cut or a DNAME.
Node ZoneAssembly::AddressesOf(NameView target) {
  const Descent descent = zone_->Descend(LabelPath(target));
  if (descent.node) return HasAddresses(descent.node) ? descent.node : Node();
  if (!descent.zone_cut && !descent.dname) return Node();
  if (descent.zone_cut && descent.zone_cut.LabelCount() + 1 == target.LabelCount()) {
    if (const Node child = GlueChild(descent.zone_cut, target.FirstLabel())) return child;
  }
  if (glue_ == nullptr) glue_ = std::make_unique<GlueTable>(*zone_);
  return glue_->Find(target);
}

// False when no NSEC3PARAM at the apex names a chain that begins there (RFC 5155 section 7.3).
bool ZoneAssembly::IndexNsec3Owners(CheckReport& report) {
  if (nsec3_owners_.empty()) return false;
  if (const RrsetView nsec3param = zone_->apex_node().Find(rr::kNsec3param)) {
    for (const ByteView rdata : nsec3param) {
      const Nsec3Params params = Nsec3Params::Of(rdata);
      if (!IsUsable(params)) continue;
      Nsec3Chain chain = ChainOf(params);
      if (chain.empty() || !chain.Find(chain.HashOf(zone_->apex())).matches) continue;
      zone_->nsec3_chain_ = std::move(chain);
      return true;
    }
  }
  report.Warning(
      nsec3_at_,
      fmt::format("no NSEC3PARAM record of {} names a usable chain that holds the hash of the apex: "
                  "the NSEC3 records prove nothing (RFC 5155 section 7.3)",
                  zone_->apex().ToText()));
  return false;
}

Nsec3Chain ZoneAssembly::ChainOf(const Nsec3Params& params) const {
  std::vector<Nsec3Chain::Link> links;
  bool opt_out = false;
  RdataBuffer octets;
  for (const NodeId id : nsec3_owners_) {
    const Node node(*zone_, id);
    const RrsetView nsec3 = node.Find(rr::kNsec3);
    const auto its =
        std::find_if(nsec3.begin(), nsec3.end(), [&](ByteView rdata) { return IsOf(params, rdata); });
    if (its == nsec3.end()) continue;
    opt_out = opt_out || (Nsec3Params::Of(*its).flags & kNsec3OptOut) != 0;
    octets.Clear();
    Nsec3Chain::Link& link = links.emplace_back(Nsec3Chain::Link{.hash = {}, .node = id});
    if (ReadBase32Hex(AsText(node.label()), octets) && octets.size() == link.hash.size()) {
      std::copy_n(octets.view().begin(), link.hash.size(), link.hash.begin());
    } else {
      links.pop_back();  // its owner is no hash
    }
  }
  return Nsec3Chain(params, std::move(links), opt_out);
}

void ZoneAssembly::IndexNsecOwners() {
  if (!zone_->apex_node().Find(rr::kNsec)) return;
  struct Key {
    size_t at;
    size_t octets;
  };
  std::vector<uint8_t> octets;
  std::vector<Key> spans;
  std::vector<uint32_t> owners;
  NameBuffer buffer;
  for (const Node node : *zone_) {
    if (node.Is(Node::kOccluded) || !node.Find(rr::kNsec)) continue;
    const CanonicalKey key(LabelPath(node.OwnerInto(buffer)), zone_->apex_labels_);
    spans.push_back({octets.size(), key.octets().size()});
    octets.insert(octets.end(), key.octets().begin(), key.octets().end());
    owners.push_back(node.id());
  }
  std::vector<ByteView> keys;
  keys.reserve(spans.size());
  for (const Key& key : spans) keys.emplace_back(octets.data() + key.at, key.octets);
  zone_->nsec_owners_ = QpTrie::FromSorted(keys, owners);
  zone_->last_nsec_owner_ = owners.back();
}

}  // namespace cairn
