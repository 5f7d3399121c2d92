// The zones as the server last read them. Reading again builds the next set of snapshots beside the present
// one: files that did not change since they were accepted are not opened, a zone whose new file is bad keeps
// its old data, and a zone that never could be read answers SERVFAIL while the others are served.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "authoritative/auth_options.h"
#include "common/base/clock.h"
#include "common/service/log.h"
#include "common/zone/zone_set.h"

namespace cairn {

class ServedZones {
 public:
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
  // Reads the file of one zone again, changed or not (what it includes may have changed). False: there is no
  // such zone.
  bool ReadOne(NameView apex, Outcome& outcome);

  // What stands there now, for the workers.
  std::shared_ptr<const ZoneSet> Snapshot() const;

  // A line for each zone, or for `apex` alone; empty when there is no such zone.
  std::string Status(const NameView* apex = nullptr) const;

 private:
  // What tells a changed file without opening it.
  struct FileStamp {
    int64_t modified_ns = 0;
    int64_t octets = -1;
    uint64_t inode = 0;
    friend bool operator==(const FileStamp&, const FileStamp&) = default;
  };
  struct Served {
    ZoneOptions options;
    FileStamp stamp;
    std::shared_ptr<const Zone> zone;  // null: SERVFAIL
    WallTime loaded_at;
    bool refused =
        false;  // the file as it is now was refused; `zone` is what stood there before, if anything
  };

  static std::string KeyOf(NameView apex);
  static FileStamp StampOf(const std::string& path);
  void ReadFiles(const std::vector<Served*>& zones, Outcome& outcome);
  std::string Accept(Served& served, struct LoadedZone loaded, Outcome& outcome);

  const Clock& clock_;
  Log& log_;
  std::vector<std::unique_ptr<Served>> zones_;  // in the order of the configuration
  absl::flat_hash_map<std::string, Served*> by_apex_;
};

}  // namespace cairn
