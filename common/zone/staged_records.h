// Records on their way into a zone, as they came, in a few octets more than their RDATA. Records of one owner
// that follow each other are a run; runs that follow each other and lie at or below one child of the apex are
// a stretch: a delegation with its glue, as a rule. Sorting moves the places of stretches alone, 24 octets
// each; the records stay where they were written, and the few runs of a child are sorted when it is its turn.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/zone/arena.h"
#include "common/zone/canonical_key.h"
#include "common/zone/zone_checks.h"
#include "common/zonefile/zone_reader.h"

namespace cairn {

class StagedRecords {
 public:
  // Where something begins, and its place in canonical order as far as sixteen octets tell it.
  struct Placed {
    CanonicalKey::Prefix prefix;
    uint64_t at;
  };
  using Stretch = Placed;  // by the child of the apex
  using Run = Placed;      // among the runs of one child

  // All owners have the apex's labels in common.
  explicit StagedRecords(NameView apex) : apex_labels_(apex.LabelCount()), apex_octets_(apex.size()) {}

  // Copies the record.
  void Add(const ZoneRecord& record);
  // Whether the record added last had that owner, letter for letter.
  bool LastOwnerIs(NameView owner) const { return !empty() && OwnerAt(last_run_).SameSpelling(owner); }

  // The stretches of the apex, and two sets of all others: those of `first` come before those of `second` in
  // canonical order, and no child of the apex is in both. Few stretches, or not to `halve`, leave `second`
  // empty.
  struct Parts {
    std::span<Stretch> apex;
    std::span<Stretch> first;
    std::span<Stretch> second;
  };
  Parts Split(bool halve);
  // By the child of the apex; stretches of one child, however spelled, in the order they came. Costs next to
  // nothing when they came so, as they do from programs.
  void Sort(std::span<Stretch> stretches) const;
  // The runs of that child of the apex whose stretches, of sorted ones, start at `begin`: owners in canonical
  // order, runs of one owner in the order they came. Returns the place of the next child.
  size_t TakeChild(std::span<const Stretch> sorted, size_t begin, std::vector<Run>& runs) const;

  bool empty() const { return stretches_.size() == 0; }
  NameView OwnerOf(const Run& run) const { return OwnerAt(run.at); }
  void AppendRecords(const Run& run, std::vector<DraftRecord>& records) const;
  // Sorted stretches lie all over the memory: ask for them some time ahead of their turn.
  void Prefetch(const Stretch& stretch) const;
  // Gives the memory back; nothing is staged then.
  void Release();
  // Of all records; a zone of them takes somewhat less.
  size_t octets() const { return staged_.size(); }

 private:
  void StartRun(NameView owner);
  NameView OwnerAt(uint64_t run) const;
  ByteView LabelsBelowChild(uint64_t run) const;
  ByteView ChildAt(uint64_t run) const;
  int CompareChildren(const Stretch& a, const Stretch& b) const;
  int CompareOwners(const Run& a, const Run& b) const;
  void AppendRuns(const Stretch& stretch, std::vector<Run>& runs) const;
  void SortRuns(std::vector<Run>& runs) const;
  Stretch MiddleOf(std::span<const Stretch> stretches) const;

  int apex_labels_;
  size_t apex_octets_;
  Arena staged_;
  Arena stretches_;  // of Stretch
  uint64_t last_stretch_ = 0;
  uint32_t last_stretch_runs_ = 0;
  uint64_t last_run_ = 0;
  uint32_t last_run_records_ = 0;
  uint32_t last_line_ = 0;
  uint32_t last_column_ = 0;
  uint32_t last_file_ = 0;
  Ttl last_ttl_;
};

}  // namespace cairn
