#include "authoritative/serve_zones.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cairn {
namespace {

// Lines for whoever asked; with a hundred thousand broken zones nobody reads them all, and the log has them
// too.
constexpr size_t kMostComplaintOctets = 1 << 20;

// RFC 1982 section 3.2: serials are points of a circle.
bool SerialIsBefore(uint32_t serial, uint32_t other) { return static_cast<int32_t>(serial - other) < 0; }

// What a refused file includes may have been mended, and whoever reloads is to hear of it again.
bool Unchanged(const ServedZone& read, const ZoneOptions& options) {
  return !read.refused && read.options.file == options.file && read.options.zonemd == options.zonemd &&
         std::ranges::all_of(read.files,
                             [](const auto& each) { return FileStamp::Of(each.first) == each.second; });
}

// The error that matters most to an operator is the first.
std::string MainComplaint(const Complaints& complaints) {
  const auto error = std::ranges::find(complaints, Severity::kError, &Complaint::severity);
  if (error != complaints.end()) return error->ToText();
  return complaints.empty() ? std::string() : complaints.front().ToText();
}

}  // namespace

const ServedZone* ServedZones::Table::Find(NameView apex) const {
  const auto place = by_apex.find(apex);
  return place == by_apex.end() ? nullptr : rows[place->second].get();
}

std::shared_ptr<const ServedZones::Table> ServedZones::table() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

ServedZones::Outcome ServedZones::Read(const std::vector<ZoneOptions>& options) {
  const std::shared_ptr<const Table> before = table();
  std::vector<std::shared_ptr<const ServedZone>> rows(options.size());
  std::vector<Complaints> complaints(options.size());
  std::vector<char> read(options.size());  // not vector<bool>: each is written by one thread alone
  InParallel(options.size(), [&](size_t i) {
    const ServedZone* const its = before->Find(options[i].name);
    read[i] = its == nullptr || !Unchanged(*its, options[i]) ? 1 : 0;
    ServedZone row = read[i] != 0 ? ReadZone(options[i], its, complaints[i]) : *its;
    row.options = options[i];
    rows[i] = std::make_shared<const ServedZone>(std::move(row));
  });

  Outcome outcome;
  size_t kept = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const ServedZone* const its = before->Find(options[i].name);
    kept += its == nullptr ? 0 : 1;
    if (read[i] != 0) Report(*rows[i], its, complaints[i], outcome);
  }
  outcome.removed = before->rows.size() - kept;
  Publish(std::move(rows));
  return outcome;
}

bool ServedZones::ReadOne(NameView apex, Outcome& outcome) {
  const std::shared_ptr<const Table> before = table();
  const auto place = before->by_apex.find(apex);
  if (place == before->by_apex.end()) return false;
  std::vector<std::shared_ptr<const ServedZone>> rows = before->rows;
  const ServedZone& its = *before->rows[place->second];
  Complaints complaints;
  rows[place->second] = std::make_shared<const ServedZone>(ReadZone(its.options, &its, complaints));
  Report(*rows[place->second], &its, complaints, outcome);
  Publish(std::move(rows));
  return true;
}

ServedZone ServedZones::ReadZone(const ZoneOptions& options, const ServedZone* before,
                                 Complaints& complaints) const {
  ServedZone row = before == nullptr ? ServedZone() : *before;
  row.options = options;
  const WallTime started_at = clock_.Wall();
  const Instant started = clock_.Now();
  const FileStamp stamp = FileStamp::Of(options.file);  // before it is opened: what comes later is a change
  LoadedZone loaded = LoadZone(options.name, options.file, options.zonemd.value_or(ZonemdPolicy::kOff));

  row.files = {{options.file, stamp}};
  for (size_t i = 1; i < loaded.files.size(); ++i) {
    const FileStamp included = FileStamp::Of(loaded.files[i]);
    // Written while we read, it may have been read before or after: no stamp is the right one.
    row.files.emplace_back(loaded.files[i],
                           included.ChangedSince(started_at) ? FileStamp::Unsettled() : included);
  }
  row.refused = loaded.zone == nullptr;
  ++(row.refused ? row.failures : row.loads);
  if (!row.refused) {
    row.zone = std::move(loaded.zone);
    row.zonemd = loaded.zonemd;
    row.loaded_at = clock_.Wall();
    row.load_time = clock_.Now() - started;
  }
  complaints = std::move(loaded.complaints);
  if (!row.refused && before != nullptr && before->zone != nullptr &&
      SerialIsBefore(row.zone->serial(), before->zone->serial())) {
    complaints.push_back(
        {Severity::kWarning, std::move(loaded.soa),
         fmt::format("serial {} is before {}, which was served: secondaries keep the old zone "
                     "(RFC 1982)",
                     row.zone->serial(), before->zone->serial())});
  }
  row.last_complaint = MainComplaint(complaints);
  if (row.refused) {
    row.last_refusal = row.last_complaint;
    row.refused_at = started_at;
  }
  return row;
}

void ServedZones::Report(const ServedZone& read, const ServedZone* before, const Complaints& complaints,
                         Outcome& outcome) {
  const std::string name = read.options.name.ToText();
  for (const Complaint& complaint : complaints) {
    const std::string text = complaint.ToText();
    if (outcome.complaints.size() < kMostComplaintOctets) outcome.complaints += text + "\n";
    if (complaint.severity == Severity::kError) {
      log_.Error("zone-error", {{"zone", name}, {"complaint", text}});
    } else {
      log_.Warning("zone-warning", {{"zone", name}, {"complaint", text}});
    }
  }
  ++(read.refused ? outcome.refused : outcome.loaded);
  if (read.refused) {
    const bool has_data = before != nullptr && before->zone != nullptr;
    log_.Error("zone-refused", {{"zone", name},
                                {"file", read.options.file},
                                {"answers", has_data ? "from the data before" : "SERVFAIL"}});
    return;
  }
  log_.Info("zone-loaded", {{"zone", name},
                            {"serial", read.zone->serial()},
                            {"records", read.zone->record_count()},
                            {"octets", read.zone->MemoryOctets()}});
}

void ServedZones::Publish(std::vector<std::shared_ptr<const ServedZone>> rows) {
  auto next = std::make_shared<Table>();
  next->by_apex.reserve(rows.size());
  std::vector<ZoneSet::Entry> entries;
  entries.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    next->by_apex.emplace(rows[i]->options.name, i);
    entries.push_back({rows[i]->options.name, rows[i]->zone});
  }
  next->rows = std::move(rows);
  next->zones = std::make_shared<const ZoneSet>(std::move(entries));
  const std::lock_guard lock(mutex_);
  table_ = std::move(next);
}

}  // namespace cairn
