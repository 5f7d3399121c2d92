#include "authoritative/serve_zones.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <functional>
#include <thread>
#include <utility>

#include "authoritative/zone_loader.h"

namespace cairn {
namespace {

// Calls `each` with 0 .. count-1 on all processors; returns when all are done.
void InParallel(size_t count, const std::function<void(size_t)>& each) {
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t index = next++; index < count; index = next++) each(index);
  };
  std::vector<std::thread> helpers;
  const size_t processors = std::max(1U, std::thread::hardware_concurrency());
  for (size_t i = 1; i < std::min(processors, count); ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
}

// RFC 1982 section 3.2: serials are points of a circle.
bool SerialIsBefore(uint32_t serial, uint32_t other) { return static_cast<int32_t>(serial - other) < 0; }

}  // namespace

std::string ServedZones::KeyOf(NameView apex) { return std::string(AsText(Name(apex).ToLower().wire())); }

ServedZones::FileStamp ServedZones::StampOf(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return {};
  return {.modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec,
          .octets = status.st_size,
          .inode = status.st_ino};
}

ServedZones::Outcome ServedZones::Read(const std::vector<ZoneOptions>& options) {
  Outcome outcome;
  absl::flat_hash_map<std::string, std::unique_ptr<Served>> before;
  for (std::unique_ptr<Served>& served : std::exchange(zones_, {})) {
    std::string key = KeyOf(served->options.name);
    before.emplace(std::move(key), std::move(served));
  }
  by_apex_.clear();

  std::vector<Served*> changed;
  for (const ZoneOptions& zone : options) {
    std::string key = KeyOf(zone.name);
    const auto known = before.find(key);
    zones_.push_back(known == before.end() ? std::make_unique<Served>() : std::move(known->second));
    if (known != before.end()) before.erase(known);
    Served& served = *zones_.back();
    const FileStamp stamp = StampOf(zone.file);
    // What a refused file includes may have been mended, and whoever reloads is to hear of it again.
    const bool same = !served.refused && stamp == served.stamp && zone.file == served.options.file &&
                      zone.zonemd == served.options.zonemd;
    served.options = zone;
    served.stamp = stamp;
    if (!same) changed.push_back(&served);
    by_apex_.emplace(std::move(key), &served);
  }
  outcome.removed = before.size();
  ReadFiles(changed, outcome);
  return outcome;
}

bool ServedZones::ReadOne(NameView apex, Outcome& outcome) {
  const auto place = by_apex_.find(KeyOf(apex));
  if (place == by_apex_.end()) return false;
  place->second->stamp = StampOf(place->second->options.file);
  ReadFiles({place->second}, outcome);
  return true;
}

void ServedZones::ReadFiles(const std::vector<Served*>& zones, Outcome& outcome) {
  std::vector<LoadedZone> loaded(zones.size());
  InParallel(zones.size(), [&](size_t i) {
    loaded[i] = LoadZone(zones[i]->options.name, zones[i]->options.file,
                         zones[i]->options.zonemd.value_or(ZonemdPolicy::kOff));
  });
  for (size_t i = 0; i < zones.size(); ++i)
    outcome.complaints += Accept(*zones[i], std::move(loaded[i]), outcome);
}

// Returns the complaints as lines; tells the log as well.
std::string ServedZones::Accept(Served& served, LoadedZone loaded, Outcome& outcome) {
  const std::string name = served.options.name.ToText();
  std::string lines;
  for (const Complaint& complaint : loaded.complaints) {
    const std::string text = complaint.ToText();
    lines += text + "\n";
    if (complaint.severity == Severity::kError) {
      log_.Error("zone-error", {{"zone", name}, {"complaint", text}});
    } else {
      log_.Warning("zone-warning", {{"zone", name}, {"complaint", text}});
    }
  }
  served.refused = loaded.zone == nullptr;
  if (served.refused) {
    ++outcome.refused;
    log_.Error("zone-refused", {{"zone", name},
                                {"file", served.options.file},
                                {"answers", served.zone == nullptr ? "SERVFAIL" : "from the data before"}});
    return lines;
  }
  ++outcome.loaded;
  if (served.zone != nullptr && SerialIsBefore(loaded.zone->serial(), served.zone->serial())) {
    const std::string text = fmt::format(
        "{}: warning: serial {} is before {}, which was served: secondaries keep the old zone "
        "(RFC 1982)",
        served.options.file, loaded.zone->serial(), served.zone->serial());
    lines += text + "\n";
    log_.Warning("zone-warning", {{"zone", name}, {"complaint", text}});
  }
  served.zone = std::move(loaded.zone);
  served.loaded_at = clock_.Wall();
  log_.Info("zone-loaded", {{"zone", name},
                            {"serial", served.zone->serial()},
                            {"records", served.zone->record_count()},
                            {"octets", served.zone->MemoryOctets()}});
  return lines;
}

std::shared_ptr<const ZoneSet> ServedZones::Snapshot() const {
  std::vector<ZoneSet::Entry> entries;
  entries.reserve(zones_.size());
  for (const std::unique_ptr<Served>& served : zones_)
    entries.push_back({served->options.name, served->zone});
  return std::make_shared<const ZoneSet>(std::move(entries));
}

std::string ServedZones::Status(const NameView* apex) const {
  std::string text;
  for (const std::unique_ptr<Served>& served : zones_) {
    if (apex != nullptr && served->options.name != *apex) continue;
    text += served->options.name.ToText();
    if (served->zone != nullptr) {
      text += fmt::format(" serial={} records={} octets={} loaded-at={:%FT%TZ}", served->zone->serial(),
                          served->zone->record_count(), served->zone->MemoryOctets(),
                          fmt::gmtime(static_cast<std::time_t>(served->loaded_at.seconds)));
    }
    const char* state = !served->refused          ? "served"
                        : served->zone == nullptr ? "SERVFAIL"
                                                  : "served, new file refused";
    text += fmt::format(" state=\"{}\" file={}\n", state, LogWord(served->options.file));
  }
  return text;
}

}  // namespace cairn
