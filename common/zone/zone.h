// A zone as it is served: immutable, whole, and shared by all workers as shared_ptr<const Zone>.
//
// All of it lies in one arena. A node (RFC 1034 section 3.1: an owner name or an empty non-terminal) is its
// parent's place, flags, its one label and then its RRsets in wire form; nodes follow each other in canonical
// order (RFC 4034 section 6.1), so a delegation and its glue share cache lines and iteration is a walk.
// Children are found through a hash of (path, label); names below a zone cut or a DNAME are not in it,
// because no question may reach them. Names that own an NSEC are in a qp-trie besides, which gives the
// predecessor of a name that does not exist; those that own an NSEC3 are not names but hashes of names, and
// in a list of these (nsec3_chain.h).
//
// Built by zone_builder.h, asked through zone_lookup.h.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>

#include "common/base/bytes.h"
#include "common/dns/name.h"
#include "common/dns/packed_rdata.h"
#include "common/dns/types.h"
#include "common/zone/arena.h"
#include "common/zone/label_path.h"
#include "common/zone/nsec3_chain.h"
#include "common/zone/qp_trie.h"

namespace cairn {

class Zone;

// Where a node begins in its zone's arena, in units of four octets. 0 is no node.
using NodeId = uint32_t;
inline constexpr NodeId kNoNode = 0;

// Room for any name, for owner names put together from labels without allocating.
struct NameBuffer {
  std::array<uint8_t, kMaxNameOctets> octets;
  size_t size = 0;
  NameView view() const { return NameView::FromValidWire(octets.data(), size); }
};

// An RRset inside the arena: type (2 octets), count (2), TTL with the flag kHasTargets (4), octets of RDATA
// (2), each RDATA after its two-octet length, and then, flagged, one NodeId per record: the node that holds
// the target's addresses.
class RrsetView {
 public:
  using Iterator = PackedRdata::Iterator;

  RrsetView() = default;  // no set
  explicit RrsetView(const uint8_t* at) : at_(at) {}
  explicit operator bool() const { return at_ != nullptr; }

  RrType type() const { return RrType{LoadU16(at_)}; }
  size_t size() const { return LoadU16(at_ + 2); }
  Ttl ttl() const { return Ttl::Seconds(LoadU32(at_ + 4) & ~kHasTargets); }
  Iterator begin() const { return Iterator(at_ + kHeaderOctets); }
  Iterator end() const { return Iterator(at_ + kHeaderOctets + PackedOctets()); }
  ByteView front() const { return *begin(); }

  // The node that holds addresses for the target of record `index` (NS, MX, SRV, SVCB, ...); kNoNode when the
  // target lies outside the zone or has none.
  NodeId TargetNode(size_t index) const {
    return HasTargets() ? LoadU32(TargetAt(index)) & ~kInDomain : kNoNode;
  }
  // Whether that node is at or below the owner of this NS set: glue a referral cannot do without (RFC 9471
  // section 3.1).
  bool TargetInDomain(size_t index) const {
    return HasTargets() && (LoadU32(TargetAt(index)) & kInDomain) != 0;
  }
  bool HasTargets() const { return (LoadU32(at_ + 4) & kHasTargets) != 0; }

  static constexpr size_t kHeaderOctets = 10;
  static constexpr uint32_t kHasTargets = 0x80000000;  // beside a TTL of 31 bits
  static constexpr uint32_t kInDomain = 0x80000000;    // beside a NodeId of 31 bits

 private:
  friend class Node;
  friend class ZoneAssembly;
  size_t PackedOctets() const { return LoadU16(at_ + 8); }
  const uint8_t* TargetAt(size_t index) const { return at_ + kHeaderOctets + PackedOctets() + 4 * index; }
  RrsetView Next() const { return RrsetView(TargetAt(HasTargets() ? size() : 0)); }

  const uint8_t* at_ = nullptr;
};

// A node of a zone. A small value; valid as long as the zone lives.
class Node {
 public:
  enum Flag : uint8_t {
    kZoneCut = 1,   // NS below the apex: its subtree belongs to somebody else (RFC 9499 section 7)
    kDname = 2,     // a DNAME rules what is below (RFC 6672)
    kOccluded = 4,  // below a zone cut or a DNAME: glue, or hidden; never an answer (RFC 2136 section 7.18)
    kWildcardChild = 8,  // a child "*" exists: the source of synthesis (RFC 4592 section 3.3.1)
    kHashOwner =
        16,  // NSEC3 and its signatures alone: for questions it is not there (RFC 5155 section 7.2.8)
  };

  Node() = default;  // no node
  Node(const Zone& zone, NodeId id);
  explicit operator bool() const { return at_ != nullptr; }
  friend bool operator==(const Node& a, const Node& b) { return a.at_ == b.at_; }

  const Zone& zone() const { return *zone_; }
  NodeId id() const;
  bool Is(Flag flag) const { return (at_[4] & flag) != 0; }
  bool IsApex() const;
  bool IsWildcard() const { return at_[5] == 1 && at_[kHeaderOctets] == '*'; }
  ByteView label() const {
    return {at_ + kHeaderOctets, at_[5]};
  }  // in the case of the zone file; empty at the apex
  NodeId parent_id() const { return LoadU32(at_); }
  Node parent() const { return Node(*zone_, parent_id()); }
  // The whole owner name, put together in `out`; the view borrows from there.
  NameView OwnerInto(NameBuffer& out) const;
  Name owner() const;
  int LabelCount() const;  // of the owner name

  size_t rrset_count() const { return LoadU16(at_ + 6); }
  bool empty() const { return rrset_count() == 0; }  // an empty non-terminal
  RrsetView Find(RrType type) const {
    RrsetView set = first();
    for (size_t left = rrset_count(); left > 0; --left, set = set.Next()) {
      if (set.type() == type) return set;
    }
    return RrsetView();
  }
  // The TTL with which `rdata` of `rrset` at this node is served: the set's, but a signature has that of what
  // it covers (RFC 4034 section 3).
  Ttl TtlOf(RrsetView rrset, ByteView rdata) const;

  class RrsetIterator {
   public:
    using value_type = RrsetView;
    using difference_type = std::ptrdiff_t;
    RrsetIterator() = default;
    RrsetIterator(RrsetView set, size_t left) : set_(set), left_(left) {}
    RrsetView operator*() const { return set_; }
    RrsetIterator& operator++() {
      if (--left_ > 0) set_ = set_.Next();
      return *this;
    }
    RrsetIterator operator++(int) {
      RrsetIterator old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const RrsetIterator& a, const RrsetIterator& b) { return a.left_ == b.left_; }

   private:
    RrsetView set_;
    size_t left_ = 0;
  };
  RrsetIterator begin() const { return {first(), rrset_count()}; }  // in ascending order of type
  RrsetIterator end() const { return {}; }

  // Parent (4 octets), flags (1), length of the label (1), number of RRsets (2); the label and the RRsets
  // follow.
  static constexpr size_t kHeaderOctets = 8;

 private:
  friend class Zone;
  RrsetView first() const { return RrsetView(at_ + kHeaderOctets + at_[5]); }
  const uint8_t* End() const;

  const Zone* zone_ = nullptr;
  const uint8_t* at_ = nullptr;
};

// What a walk from the apex towards a name met, up to the first zone cut or DNAME.
struct Descent {
  Node node;                 // the name itself, when it was reached
  Node closest_encloser;     // the deepest existing ancestor, or the name itself (RFC 4592 section 3.3.1)
  Node zone_cut;             // the name is at or below this delegation
  Node dname;                // the name is strictly below this DNAME
  Node source_of_synthesis;  // the "*" child of the closest encloser, when the name does not exist
};

// Which chain of records proves what a zone does not hold.
enum class Denial : uint8_t { kNone, kNsec, kNsec3 };

class alignas(64) Zone {
 public:
  // Nodes in canonical order, glue and other occluded data included.
  class Iterator {
   public:
    using value_type = Node;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(Node node) : node_(node) {}
    Node operator*() const { return node_; }
    Iterator& operator++() {
      node_ = node_.zone().Next(node_);
      return *this;
    }
    Iterator operator++(int) {
      Iterator old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    Node node_;
  };
  Iterator begin() const { return Iterator(apex_node()); }
  Iterator end() const { return Iterator(); }

  NameView apex() const { return apex_; }
  Node apex_node() const { return Node(*this, kApexId); }
  RrsetView soa() const { return apex_node().Find(rr::kSoa); }
  uint32_t serial() const { return serial_; }
  // TTL of a negative answer: the lesser of the SOA's own TTL and its MINIMUM field (RFC 2308 section 3).
  Ttl negative_ttl() const { return negative_ttl_; }
  // Whether its apex is signed. What is signed elsewhere in a zone whose apex is not, nobody can validate
  // (RFC 4035 section 2.2).
  bool is_signed() const { return is_signed_; }
  // NSEC3 when an NSEC3PARAM names a chain that is there, for it is added last and removed first when a zone
  // goes from one to the other (RFC 5155 sections 10.4 and 10.5).
  Denial denial() const {
    if (!nsec3_chain_.empty()) return Denial::kNsec3;
    return nsec_owners_.size() > 0 ? Denial::kNsec : Denial::kNone;
  }

  // Whether the NSEC3 chain may span insecure delegations (RFC 5155 section 6).
  bool opt_out() const { return nsec3_chain_.opt_out(); }

  // `path` is that of a name at or below the apex.
  Descent Descend(const LabelPath& path) const;
  // Owner of the NSEC whose span holds `name` (or begins at it): the last NSEC owner at or before it in
  // canonical order, or the last of the zone when there is none. Needs Denial::kNsec.
  Node NsecAtOrBefore(NameView name) const;
  // The same by the hash of `name`, and whether the NSEC3 stands for `name` itself. Needs Denial::kNsec3.
  struct Nsec3Owner {
    Node node;
    bool matches;
  };
  Nsec3Owner Nsec3AtOrBefore(NameView name) const;
  // SHA-1 digests that one such question costs.
  size_t Nsec3HashDigests() const { return nsec3_chain_.DigestsPerHash(); }

  // Each fetches the cache lines which Descend(path) will touch next: the zone itself, the slot of the name
  // below the apex, and its node. Calling each for a whole batch overlaps the waits; lines that are asked for
  // in vain make others wait.
  void Prefetch() const;
  void PrefetchSlot(const LabelPath& path) const;
  void PrefetchNode(const LabelPath& path) const;

  size_t node_count() const { return node_count_; }
  size_t record_count() const { return record_count_; }
  // Octets of memory this zone occupies.
  size_t MemoryOctets() const;

 private:
  friend class Node;
  friend class ZoneAssembly;
  static constexpr NodeId kApexId = 1;

  // Open addressing with linear probing; half of the slots at least stay empty, so that a name which does not
  // exist costs one cache line: a tag that differs needs no look at the node.
  struct Slot {
    uint32_t tag = 0;  // lower half of the hash of the node's whole name
    NodeId node = kNoNode;
  };

  Zone() = default;
  const uint8_t* At(NodeId id) const { return arena_.data() + size_t{id} * 4; }
  Node Next(Node node) const;
  size_t SlotOf(uint64_t hash) const;
  Node Child(Node parent, uint64_t hash, ByteView label) const;
  NodeId LikelyNode(uint64_t hash) const;
  Node WildcardBelow(Node parent, NameView parent_name) const;

  // What a lookup reads comes first, in one cache line.
  Arena arena_;  // starts with four octets that no node uses
  Arena slots_;  // of Slot
  size_t slot_count_ = 0;
  int apex_labels_ = 0;
  bool is_signed_ = false;

  Ttl negative_ttl_;
  Name apex_;
  uint32_t serial_ = 0;
  size_t node_count_ = 0;
  size_t record_count_ = 0;
  QpTrie nsec_owners_;
  NodeId last_nsec_owner_ = kNoNode;
  Nsec3Chain nsec3_chain_;
};

inline Node::Node(const Zone& zone, NodeId id) : zone_(&zone), at_(zone.At(id)) {}
inline NodeId Node::id() const { return static_cast<NodeId>((at_ - zone_->arena_.data()) / 4); }
inline bool Node::IsApex() const { return parent_id() == kNoNode; }

}  // namespace cairn
