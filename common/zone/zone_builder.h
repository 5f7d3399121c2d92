// Makes a Zone out of records in any order, or says with positions why not. Records are staged as they come;
// Build sorts the owner names canonically, checks each (zone_checks.h) and lays them out (zone_assembly.h).
// When the input is sorted already, as zones written by programs are, the sorting costs nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/complaint.h"
#include "common/zone/arena.h"
#include "common/zone/canonical_key.h"
#include "common/zone/zone.h"
#include "common/zone/zone_checks.h"
#include "common/zonefile/zone_reader.h"

namespace cairn {

class ZoneBuilder {
 public:
  struct Outcome {
    std::shared_ptr<const Zone> zone;  // null when `complaints` holds an error
    Complaints complaints;
  };

  explicit ZoneBuilder(Name apex, RrClass rr_class = kClassIn, size_t max_complaints = 100);

  // What positions call the files of the records that come.
  void SetFileName(uint32_t file, std::string name);
  // Copies the record. Records of one owner that follow each other cost least.
  void Add(const ZoneRecord& record);
  // Everything the reader has, and its complaints.
  void AddAll(ZoneReader& reader);

  Outcome Build() &&;

 private:
  // A stretch of records with one owner, in the staging arena: number of records (4), the owner's octets (1),
  // the owner; each record line (4), file (2), type (2), TTL (4), octets of RDATA (2), RDATA.
  struct Run {
    CanonicalKey::Prefix prefix;
    uint64_t at;
  };

  bool Accept(const ZoneRecord& record);
  void StartRun(NameView owner);
  NameView OwnerOf(uint64_t run) const;
  void SortRuns();
  bool RunBefore(const Run& a, const Run& b) const;
  void PrefetchRun(const Run& run) const;
  std::span<Run> runs() { return {reinterpret_cast<Run*>(runs_.data()), runs_.size() / sizeof(Run)}; }
  void AppendRecords(const Run& run, std::vector<DraftRecord>& records) const;

  Name apex_;
  int apex_labels_;
  RrClass rr_class_;
  std::vector<std::string> file_names_;
  CheckReport report_;
  Complaints reader_complaints_;
  Arena staged_;
  Arena runs_;
  uint64_t last_run_ = 0;
  uint32_t last_run_records_ = 0;
};

}  // namespace cairn
