// Zones are kept as lists of records, so that they can be completed and changed; each build is a new
// snapshot.
#include "tests/sim/sim_internet.h"

#include <algorithm>
#include <optional>

#include "common/base/status.h"
#include "common/dns/rdata.h"
#include "common/dns/rdata_text.h"
#include "common/zone/zone_builder.h"
#include "common/zonefile/zone_reader.h"

namespace cairn::sim {
namespace {

constexpr Ttl kDefaultTtl = Ttl::Seconds(3600);
constexpr std::string_view kSoa = "ns hostmaster 1 7200 900 1209600 300";

bool Has(const std::vector<Record>& records, NameView owner, RrType type) {
  return std::any_of(records.begin(), records.end(),
                     [&](const Record& record) { return record.type == type && record.owner == owner; });
}

Record RecordAt(const Name& owner, RrType type, ByteView rdata) {
  return {.owner = owner, .type = type, .ttl = kDefaultTtl, .rdata = {rdata.begin(), rdata.end()}};
}

Record AddressOf(const Name& owner, const IpAddress& address) {
  return RecordAt(owner, address.is_v6() ? rr::kAaaa : rr::kA, address.octets());
}

ZoneReaderOptions ReadingAt(NameView origin) {
  ZoneReaderOptions options;
  options.origin = Name(origin);
  options.default_ttl = kDefaultTtl;
  return options;
}

absl::Status Explain(const Complaints& complaints) {
  std::string text;
  for (const Complaint& complaint : complaints) {
    if (complaint.severity == Severity::kError) text += complaint.ToText() + "\n";
  }
  return InvalidArgument(text);
}

absl::StatusOr<std::vector<Record>> ReadRecords(ZoneReader reader) {
  std::vector<Record> records;
  ZoneRecord record;
  while (reader.Next(record)) {
    records.push_back({.owner = Name(record.owner),
                       .type = record.type,
                       .rr_class = record.rr_class,
                       .ttl = record.ttl,
                       .rdata = {record.rdata.begin(), record.rdata.end()}});
  }
  if (HasErrors(reader.complaints())) return Explain(reader.complaints());
  return records;
}

}  // namespace

SimServer::SimServer(SimWorld& world, SimHost& host) : host_(host), liar_(world, host, responder_) {
  for (const IpAddress& address : host.addresses()) listeners_.push_back(*host.Listen({address, 53}, liar_));
}

SimServer& SimInternet::AddServer(std::string name, std::vector<IpAddress> addresses) {
  SimHost& host = world_.AddHost(std::move(name), std::move(addresses));
  servers_.push_back(std::make_unique<SimServer>(world_, host));
  return *servers_.back();
}

SimServer* SimInternet::ServerNamed(std::string_view name) const {
  for (const auto& server : servers_) {
    if (server->host().name() == name) return server.get();
  }
  return nullptr;
}

absl::Status SimInternet::Start() {
  for (const ZonePlan& plan : plans_) CAIRN_RETURN_IF_ERROR(Read(plan));
  for (auto& [apex, zone] : zones_) CompleteApex(apex, zone);
  for (auto& [apex, zone] : zones_) {
    if (zone.delegated && !apex.IsRoot()) CompleteParent(apex, zone);
  }
  for (auto& [apex, zone] : zones_) CAIRN_RETURN_IF_ERROR(Build(apex, zone));
  Serve();
  return absl::OkStatus();
}

absl::Status SimInternet::Read(const ZonePlan& plan) {
  LiveZone zone{.servers = plan.servers, .records = {}, .versions = {}, .delegated = plan.delegated};
  for (const std::string& server : plan.servers) {
    if (ServerNamed(server) == nullptr)
      return InvalidArgument("zone " + plan.apex.ToText() + ": no server " + server);
  }
  const ZoneReaderOptions options = ReadingAt(plan.apex);
  // Blank lines before the text make the reader count lines as the scenario does.
  const std::string text = std::string(plan.first_line - 1, '\n') + plan.text;
  absl::StatusOr<std::vector<Record>> records =
      ReadRecords(plan.file.empty() ? ZoneReader::FromText(text, plan.text_name, options)
                                    : ZoneReader::FromFile(plan.file, options));
  if (!records.ok()) return records.status();
  zone.records = *std::move(records);
  if (!zones_.emplace(plan.apex, std::move(zone)).second) {
    return InvalidArgument("zone " + plan.apex.ToText() + " is there twice");
  }
  apexes_.push_back(plan.apex);
  return absl::OkStatus();
}

void SimInternet::CompleteApex(const Name& apex, LiveZone& zone) {
  if (!Has(zone.records, apex, rr::kSoa)) {
    zone.records.push_back(RecordAt(apex, rr::kSoa, RdataFromText(rr::kSoa, kSoa, apex).value()));
  }
  if (Has(zone.records, apex, rr::kNs)) return;
  for (const std::string& server : zone.servers) {
    const Name name = Name::FromText(server, apex).value();
    zone.records.push_back(RecordAt(apex, rr::kNs, name.wire()));
    for (const IpAddress& address : ServerNamed(server)->host().addresses()) {
      zone.records.push_back(AddressOf(name, address));
    }
  }
}

void SimInternet::CompleteParent(const Name& apex, const LiveZone& zone) {
  Name parent = apex.Parent();
  while (!zones_.contains(parent)) {
    if (parent.IsRoot()) return;
    parent = parent.Parent();
  }
  std::vector<Record>& records = zones_.at(parent).records;
  if (Has(records, apex, rr::kNs)) return;
  for (const Record& ns : zone.records) {
    if (ns.type != rr::kNs || ns.owner != apex) continue;
    records.push_back(ns);
    const NameView target = LeadingName(ns.rdata);
    if (!target.IsAtOrBelow(apex)) continue;
    for (const Record& glue : zone.records) {
      if ((glue.type == rr::kA || glue.type == rr::kAaaa) && glue.owner == target) records.push_back(glue);
    }
  }
}

absl::Status SimInternet::Build(const Name& apex, LiveZone& zone) {
  ZoneBuilder builder(apex);
  builder.SetFileName(0, apex.ToText());
  for (const Record& record : zone.records) {
    builder.Add({.owner = record.owner,
                 .type = record.type,
                 .rr_class = record.rr_class,
                 .ttl = record.ttl,
                 .rdata = record.rdata});
  }
  ZoneBuilder::Outcome outcome = std::move(builder).Build();
  if (outcome.zone == nullptr) return Explain(outcome.complaints);
  const Instant now = world_.clock().Now();
  if (!zone.versions.empty()) zone.versions.back().until = now;
  zone.versions.push_back({.zone = std::move(outcome.zone), .since = now});
  return absl::OkStatus();
}

void SimInternet::Serve() {
  for (const auto& server : servers_) {
    std::vector<std::shared_ptr<const Zone>> served;
    for (const auto& [apex, zone] : zones_) {
      if (std::count(zone.servers.begin(), zone.servers.end(), server->host().name()) == 0) continue;
      served.push_back(zone.versions.back().zone);
    }
    server->SetZones(std::move(served));
  }
}

absl::Status SimInternet::Change(NameView apex, const std::function<void(std::vector<Record>&)>& edit) {
  const auto zone = zones_.find(apex);
  if (zone == zones_.end()) return InvalidArgument("no zone " + apex.ToText());
  edit(zone->second.records);
  CAIRN_RETURN_IF_ERROR(Build(zone->first, zone->second));
  Serve();
  return absl::OkStatus();
}

const std::vector<ZoneVersion>& SimInternet::VersionsOf(NameView apex) const {
  static const std::vector<ZoneVersion> kNone;
  const auto zone = zones_.find(apex);
  return zone == zones_.end() ? kNone : zone->second.versions;
}

const Zone* SimInternet::ZoneAt(NameView apex) const {
  const auto& versions = VersionsOf(apex);
  return versions.empty() ? nullptr : versions.back().zone.get();
}

std::vector<const SimServer*> SimInternet::ServersOf(NameView apex) const {
  std::vector<const SimServer*> found;
  const auto zone = zones_.find(apex);
  if (zone == zones_.end()) return found;
  for (const std::string& server : zone->second.servers) found.push_back(ServerNamed(server));
  return found;
}

absl::StatusOr<Record> RecordFromText(std::string_view line, NameView origin) {
  const std::string text = std::string(line) + "\n";
  absl::StatusOr<std::vector<Record>> records =
      ReadRecords(ZoneReader::FromText(text, "record", ReadingAt(origin)));
  if (!records.ok()) return records.status();
  if (records->size() != 1) return InvalidArgument("one record expected: " + std::string(line));
  return std::move(records->front());
}

}  // namespace cairn::sim
