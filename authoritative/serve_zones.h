// The zones as the server last read them. Reading again builds the next table beside the present one: files
// that did not change since they were accepted are not opened, a zone whose new file is bad keeps its old
// data, and a zone that never could be read answers SERVFAIL while the others are served.
//
// Rows and tables are immutable. One thread reads at a time; any thread may look at the present table
// meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "authoritative/auth_options.h"
#include "authoritative/file_stamp.h"
#include "authoritative/zone_loader.h"
#include "common/base/clock.h"
#include "common/service/log.h"
#include "common/zone/zone_set.h"

namespace cairn {

// One zone as it was last read.
struct ServedZone {
  ZoneOptions options;
  std::vector<std::pair<std::string, FileStamp>> files;  // the zone's own, then those it includes
  std::shared_ptr<const Zone> zone;                      // null: SERVFAIL
  WallTime loaded_at;                                    // of `zone`
  Duration load_time{};
  ZonemdVerdict zonemd = ZonemdVerdict::kNotChecked;  // of `zone`
  // The file as it is now was refused; `zone` is what stood there before, if anything.
  bool refused = false;
  std::string last_complaint;  // of the last reading; an error before a warning
  std::string last_refusal;    // why the file was refused when that last happened; empty: never
  WallTime refused_at;
  uint64_t loads = 0;  // readings that gave a zone, and those that did not
  uint64_t failures = 0;
};

class ServedZones {
 public:
  struct Table {
    std::vector<std::shared_ptr<const ServedZone>> rows;  // in the order of the configuration
    absl::flat_hash_map<Name, size_t, NameHash, NameEq> by_apex;
    std::shared_ptr<const ZoneSet> zones = std::make_shared<const ZoneSet>();  // for the workers

    const ServedZone* Find(NameView apex) const;
  };

  ServedZones(const Clock& clock, Log& log) : clock_(clock), log_(log) {}

  // What a reading did; files which had not changed are in none of the numbers.
  struct Outcome {
    size_t loaded = 0;
    size_t refused = 0;
    size_t removed = 0;
    std::string complaints;  // lines for whoever asked for the reading
  };

  // Makes the served zones those of `options`; reads changed files on all processors.
  Outcome Read(const std::vector<ZoneOptions>& options);
  // Reads the file of one zone again, changed or not. False: there is no such zone.
  bool ReadOne(NameView apex, Outcome& outcome);

  // What stands there now.
  std::shared_ptr<const Table> table() const;

 private:
  ServedZone ReadZone(const ZoneOptions& options, const ServedZone* before, Complaints& complaints) const;
  void Report(const ServedZone& read, const ServedZone* before, const Complaints& complaints,
              Outcome& outcome);
  void Publish(std::vector<std::shared_ptr<const ServedZone>> rows);

  const Clock& clock_;
  Log& log_;
  mutable std::mutex mutex_;  // of table_, the pointer
  std::shared_ptr<const Table> table_ = std::make_shared<const Table>();
};

}  // namespace cairn
