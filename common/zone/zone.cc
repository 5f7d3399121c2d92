#include "common/zone/zone.h"

#include "common/dns/case_folding.h"
#include "common/zone/canonical_key.h"

namespace cairn {
namespace {

// Upper half of the product: spreads a 64-bit hash over any number of slots.
size_t Scale(uint64_t hash, size_t slots) {
  __extension__ using Uint128 = unsigned __int128;
  return static_cast<size_t>(Uint128{hash} * slots >> 64);
}

}  // namespace

NameView Node::OwnerInto(NameBuffer& out) const {
  out.size = 0;
  const NameView apex = zone_->apex();
  for (Node node = *this; !node.IsApex(); node = node.parent()) {
    const ByteView label = node.label();
    out.octets[out.size] = static_cast<uint8_t>(label.size());
    std::memcpy(out.octets.data() + out.size + 1, label.data(), label.size());
    out.size += 1 + label.size();
  }
  std::memcpy(out.octets.data() + out.size, apex.data(), apex.size());
  out.size += apex.size();
  return out.view();
}

Name Node::owner() const {
  NameBuffer buffer;
  return Name(OwnerInto(buffer));
}

int Node::LabelCount() const {
  int labels = zone_->apex_labels_;
  for (Node node = *this; !node.IsApex(); node = node.parent()) ++labels;
  return labels;
}

Ttl Node::TtlOf(RrsetView rrset, ByteView rdata) const {
  if (rrset.type() != rr::kRrsig) return rrset.ttl();
  const RrsetView covered = Find(RrType{LoadU16(rdata.data())});
  return covered ? covered.ttl() : rrset.ttl();
}

const uint8_t* Node::End() const {
  RrsetView set = first();
  for (size_t left = rrset_count(); left > 0; --left) set = set.Next();
  return set.at_;
}

Node Zone::Next(Node node) const {
  const size_t end = static_cast<size_t>(node.End() - arena_.data());
  const size_t next = (end + 3) / 4 * 4;
  return next < arena_.size() ? Node(*this, static_cast<NodeId>(next / 4)) : Node();
}

size_t Zone::SlotOf(uint64_t hash) const { return Scale(hash, slot_count_); }

Node Zone::Child(Node parent, uint64_t hash, ByteView label) const {
  const Slot* slots = reinterpret_cast<const Slot*>(slots_.data());
  const uint32_t tag = static_cast<uint32_t>(hash);
  for (size_t i = SlotOf(hash);; i = i + 1 == slot_count_ ? 0 : i + 1) {
    const Slot slot = slots[i];
    if (slot.node == kNoNode) return Node();
    if (slot.tag != tag) continue;
    const Node node(*this, slot.node);
    if (node.parent_id() == parent.id() && node.label().size() == label.size() &&
        EqualIgnoringCase(node.label().data(), label.data(), label.size())) {
      return node;
    }
  }
}

Descent Zone::Descend(const LabelPath& path) const {
  Descent descent;
  Node node = apex_node();
  for (int labels = apex_labels_; labels < path.labels(); ++labels) {
    if (node.Is(Node::kDname)) {
      descent.dname = node;
      descent.closest_encloser = node;
      return descent;
    }
    const Node child = Child(node, path.Hash(labels + 1), path.Label(labels + 1));
    if (!child) {
      descent.closest_encloser = node;
      if (node.Is(Node::kWildcardChild))
        descent.source_of_synthesis = WildcardBelow(node, path.Suffix(labels));
      return descent;
    }
    node = child;
    if (node.Is(Node::kZoneCut)) {
      descent.zone_cut = node;
      if (labels + 1 < path.labels()) {
        descent.closest_encloser = node;
        return descent;
      }
    }
  }
  descent.node = node;
  descent.closest_encloser = node;
  return descent;
}

Node Zone::WildcardBelow(Node parent, NameView parent_name) const {
  // What lies below the parent on the way was longer than "*", so this fits.
  NameBuffer wildcard;
  wildcard.octets[0] = 1;
  wildcard.octets[1] = '*';
  std::memcpy(wildcard.octets.data() + 2, parent_name.data(), parent_name.size());
  wildcard.size = 2 + parent_name.size();
  return Child(parent, wildcard.view().Hash(), wildcard.view().FirstLabel());
}

Node Zone::NsecAtOrBefore(NameView name) const {
  const auto key_of = [this](uint32_t id) {
    NameBuffer buffer;
    return CanonicalKey(LabelPath(Node(*this, id).OwnerInto(buffer)), apex_labels_);
  };
  const CanonicalKey key(LabelPath(name), apex_labels_);
  const std::optional<uint32_t> found = nsec_owners_.AtOrBefore(key.octets(), key_of);
  return Node(*this, found.value_or(last_nsec_owner_));
}

Zone::Nsec3Owner Zone::Nsec3AtOrBefore(NameView name) const {
  const Nsec3Chain::Found found = nsec3_chain_.Find(nsec3_chain_.HashOf(name));
  return {Node(*this, found.node), found.matches};
}

// The slot that holds `hash`, or one that looks like it: within a cache line, which is where most are.
NodeId Zone::LikelyNode(uint64_t hash) const {
  const Slot* const slots = reinterpret_cast<const Slot*>(slots_.data());
  const Slot* slot = slots + SlotOf(hash);
  do {
    if (slot->tag == static_cast<uint32_t>(hash) || slot->node == kNoNode) return slot->node;
    ++slot;
  } while (slot != slots + slot_count_ && reinterpret_cast<uintptr_t>(slot) % 64 != 0);
  return kNoNode;
}

void Zone::Prefetch() const { __builtin_prefetch(this); }

void Zone::PrefetchSlot(const LabelPath& path) const {
  // The apex: its flags, for every name; its SOA, for those which do not exist; all of it, when it was asked.
  __builtin_prefetch(At(kApexId));
  __builtin_prefetch(At(kApexId) + 64);
  if (path.labels() <= apex_labels_) {
    __builtin_prefetch(At(kApexId) + 128);
    __builtin_prefetch(At(kApexId) + 192);
    return;
  }
  __builtin_prefetch(slots_.data() + SlotOf(path.Hash(apex_labels_ + 1)) * sizeof(Slot));
}

void Zone::PrefetchNode(const LabelPath& path) const {
  if (path.labels() <= apex_labels_) return;
  const NodeId likely = LikelyNode(path.Hash(apex_labels_ + 1));
  if (likely == kNoNode) return;
  // A delegation and its glue: three lines as a rule.
  const uint8_t* node = At(likely);
  __builtin_prefetch(node);
  __builtin_prefetch(node + 64);
  __builtin_prefetch(node + 128);
}

size_t Zone::MemoryOctets() const {
  return sizeof *this + arena_.size() + slots_.size() + nsec_owners_.MemoryOctets() +
         nsec3_chain_.MemoryOctets();
}

}  // namespace cairn
