// Zone files to zones and back (RFC 1035 section 5): what `serve`, `reload` and `check-zone` do with a path.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/complaint.h"
#include "common/dns/name.h"
#include "common/zone/zone.h"
#include "common/zone/zonemd.h"

namespace cairn {

struct LoadedZone {
  std::shared_ptr<const Zone> zone;  // null when `complaints` holds an error: nothing of it may be served
  Complaints complaints;
  std::vector<std::string> files;  // all that were read: the zone's own, then those it includes
  TextPosition soa;                // where it stands
  ZonemdVerdict zonemd = ZonemdVerdict::kNotChecked;
};

LoadedZone LoadZone(const Name& apex, const std::string& path, ZonemdPolicy zonemd = ZonemdPolicy::kOff);
// The same from memory; positions call it `file_name`.
LoadedZone LoadZoneText(const Name& apex, std::string_view text, std::string file_name,
                        ZonemdPolicy zonemd = ZonemdPolicy::kOff);

// Calls `each` with 0 .. count-1 on all processors, in any order, and returns when all are done: how many
// zones are loaded. Memory that `each` lacks (std::bad_alloc) ends its thread's share of them and is thrown
// when all threads have ended.
void InParallel(size_t count, const std::function<void(size_t)>& each);

// The whole zone in canonical form and order, one record a line: OWNER TTL CLASS TYPE RDATA, all names
// absolute. Reading it again gives the same zone. `line` is called with each, its newline included; the text
// lives during the call.
void DumpZone(const Zone& zone, const std::function<void(std::string_view)>& line);
// Into a file: beside it first, then renamed, so that a crash leaves the old or the new one, whole.
absl::Status WriteZone(const Zone& zone, const std::string& path);

}  // namespace cairn
