// Makes a Zone out of records in any order, or says with positions why not. Records are staged as they come;
// Build sorts the owner names canonically, checks each (zone_checks.h) and lays them out (zone_assembly.h).
// When the input is sorted already, as zones written by programs are, the sorting costs nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/complaint.h"
#include "common/zone/staged_records.h"
#include "common/zone/zone.h"
#include "common/zone/zone_checks.h"
#include "common/zonefile/zone_reader.h"

namespace cairn {

class ZoneBuilder {
 public:
  struct Outcome {
    std::shared_ptr<const Zone> zone;  // null when `complaints` holds an error
    Complaints complaints;
    // Of the SOA and of the first ZONEMD record, for what is said about the zone later; where there is none,
    // of the zone's first record.
    TextPosition soa;
    TextPosition zonemd;
  };

  explicit ZoneBuilder(Name apex, RrClass rr_class = kClassIn, size_t max_complaints = 100);

  // What positions call the files of the records that come.
  void SetFileName(uint32_t file, std::string name);
  // Copies the record. Records of one owner that follow each other cost least.
  void Add(const ZoneRecord& record);
  // Everything the reader has, and its complaints.
  void AddAll(ZoneReader& reader);

  // Calls both, at once when it can.
  using RunBoth = std::function<void(const std::function<void()>&, const std::function<void()>&)>;
  // With `run_both` a large zone is sorted, checked and laid out in two halves; zone and complaints are the
  // same.
  Outcome Build(const RunBoth& run_both = nullptr) &&;

 private:
  struct ForeignSoa {
    DraftRecord at;
    Name owner;
  };

  struct Part;

  bool Accept(const ZoneRecord& record);
  void NotePlaces(const ZoneRecord& record);
  // Otherwise what seems to be missing may be what could not be read.
  bool AllRead() const { return !HasErrors(reader_complaints_); }
  void Lay(std::span<StagedRecords::Stretch> stretches, bool sound, Part& part) const;
  void LayChild(bool sound, Part& part) const;
  Complaints TakeComplaints();

  Name apex_;
  RrClass rr_class_;
  size_t max_complaints_;
  std::vector<std::string> file_names_;
  CheckReport report_;
  CheckReport outside_;  // about records that are not at or below the apex
  std::optional<ForeignSoa> foreign_soa_;
  DraftRecord first_{.line = 1, .column = 1};  // of the zone; places alone, as in those below
  std::optional<DraftRecord> soa_;             // of the apex
  std::optional<DraftRecord> zonemd_;          // likewise
  Complaints reader_complaints_;
  StagedRecords staged_;
};

}  // namespace cairn
