// Lays out a Zone: takes its nodes in canonical order, adds the empty non-terminals between them, and when
// all are there the hash of children, the places of glue, and the trie of NSEC owners or the list of NSEC3
// hashes. A large zone may be laid out in two parts at once, which are joined. Only ZoneBuilder uses it.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "common/zone/zone.h"
#include "common/zone/zone_checks.h"

namespace cairn {

class ZoneAssembly {
 public:
  // `octets_expected` saves moving the arena while it grows.
  ZoneAssembly(NameView apex, size_t octets_expected);
  ZoneAssembly(ZoneAssembly&&) noexcept;
  ~ZoneAssembly();

  // Canonical order, each owner once, the apex first.
  Node Add(const NodeDraft& draft);
  // For the nodes after some direct child of the apex: knows the apex of this assembly, which has no other
  // node yet, and is to be joined to it.
  ZoneAssembly ForLaterNodes(size_t octets_expected) const;
  // Takes over what `later` has.
  void Join(ZoneAssembly later);
  // Whether what was added fits into what a NodeId can tell apart, 31 bits of units: 8 GiB.
  bool TooLarge() const { return zone_->arena_.size() >= kMaxOctets; }
  // Whether `node`, an occluded one, lies below a DNAME rather than a zone cut.
  static bool IsBelowDname(Node node);

  std::shared_ptr<const Zone> Finish(CheckReport& report) &&;

 private:
  static constexpr size_t kMaxOctets = size_t{4} << 31;

  struct Placed {
    uint64_t hash;
    NodeId id;
  };
  // A set whose targets are looked for when all nodes are there.
  struct OpenTargets {
    NodeId node;
    RrType type;
    uint32_t line;
    uint32_t column;
    uint32_t file;
  };

  class GlueTable;

  NodeId Append(NodeId parent, ByteView label, NameView owner, const NodeDraft* draft);
  void AddReachable(NameView owner, NodeId id);
  uint8_t FlagsFor(NodeId parent, NameView owner, const NodeDraft* draft) const;
  void AppendRrset(NodeId node, const RrsetDraft& rrset);
  void SettleChild();
  bool SettleBelowCut(const OpenTargets& open);
  Node GlueChild(Node cut, ByteView label) const;
  static void MoveTargets(RrsetView rrset, NodeId shift);
  void FillSlots();
  void ResolveTargets(CheckReport& report);
  uint32_t FindTarget(const OpenTargets& open, ByteView rdata, CheckReport& report);
  Node AddressesOf(NameView target);
  bool IndexNsec3Owners(CheckReport& report);
  Nsec3Chain ChainOf(const Nsec3Params& params) const;
  void IndexNsecOwners();

  std::shared_ptr<Zone> zone_;
  std::array<NodeId, kMaxLabels + 1> chain_{};  // the node added last and its ancestors; the apex is [0]
  int depth_ = -1;                              // of the node added last
  size_t begin_ = 0;                            // where the nodes to be joined begin
  NodeId last_shown_ = kNoNode;                 // of the hash owners which are non-terminals
  Arena reachable_;                             // of Placed: what a descent may reach
  std::vector<OpenTargets> of_child_;           // of the child of the apex that is being added
  Arena open_targets_;                          // of OpenTargets, the others
  std::unique_ptr<GlueTable> glue_;             // once it is needed
  std::vector<NodeId> nsec3_owners_;            // in canonical order, which is that of their hashes
  DraftRecord nsec3_at_;  // of the NSEC3PARAM record, else of the first NSEC3: its place
};

}  // namespace cairn
