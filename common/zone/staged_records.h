// Records on their way into a zone, as they came, in runs: records of one owner that follow each other.
// Sorting moves the runs' places alone, 24 octets each; the records stay where they were written, in a few
// octets more than their RDATA.
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
  // The owner's place in canonical order, as far as sixteen octets tell it, and where the run begins.
  struct Run {
    CanonicalKey::Prefix prefix;
    uint64_t at;
  };

  // All owners have the apex's labels in common.
  explicit StagedRecords(int apex_labels) : apex_labels_(apex_labels) {}

  // Copies the record.
  void Add(const ZoneRecord& record);
  // Whether the record added last had that owner, letter for letter.
  bool LastOwnerIs(NameView owner) const { return !empty() && OwnerOf(last_run_).SameSpelling(owner); }

  // The runs of the apex, and two sets of all others: those of `first` come before those of `second` in
  // canonical order, and no direct child of the apex has names in both. Few runs, or not to `halve`, leave
  // `second` empty.
  struct Parts {
    std::span<Run> apex;
    std::span<Run> first;
    std::span<Run> second;
  };
  Parts Split(bool halve);
  // Owners in canonical order; runs of one owner, however spelled, in the order they came. Costs next to
  // nothing when they came so, as they do from programs.
  void Sort(std::span<Run> runs) const;

  bool empty() const { return runs_.size() == 0; }
  NameView OwnerOf(const Run& run) const { return OwnerOf(run.at); }
  void AppendRecords(const Run& run, std::vector<DraftRecord>& records) const;
  // Sorted runs lie all over the memory: ask for them some time ahead of their turn.
  void Prefetch(const Run& run) const;
  // Gives the memory back; nothing is staged then.
  void Release();
  // Of all records; a zone of them takes somewhat less.
  size_t octets() const { return staged_.size(); }

 private:
  void StartRun(NameView owner);
  NameView OwnerOf(uint64_t at) const;
  bool Before(const Run& a, const Run& b) const;
  Name MiddleChild(std::span<const Run> runs) const;

  int apex_labels_;
  Arena staged_;
  Arena runs_;  // of Run
  uint64_t last_run_ = 0;
  uint32_t last_run_records_ = 0;
  uint32_t last_line_ = 0;
  uint32_t last_column_ = 0;
  uint32_t last_file_ = 0;
  Ttl last_ttl_;
};

}  // namespace cairn
