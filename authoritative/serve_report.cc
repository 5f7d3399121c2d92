#include "authoritative/serve_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "common/base/limits.h"
#include "common/dns/message.h"
#include "common/service/version.h"

namespace cairn {
namespace {

// A new counter is its member in the struct and its row here.
constexpr MetricRow<ResponderCounters> kResponderRows[] = {
    {"cairn_auth_queries_total", "Queries received.", "transport", "udp", &ResponderCounters::queries_udp},
    {"cairn_auth_queries_total", "Queries received.", "transport", "tcp", &ResponderCounters::queries_tcp},
    {"cairn_auth_dropped_total", "Packets that were no queries and got no answer.", "", "",
     &ResponderCounters::dropped},
    {"cairn_auth_truncated_total", "Answers with TC set.", "", "", &ResponderCounters::truncated},
    {"cairn_auth_answers_copied_total", "Answers given out of the answer cache.", "", "",
     &ResponderCounters::copied},
};

constexpr std::string_view kCookiesHelp = "Queries with a COOKIE, by what it was.";
constexpr MetricRow<EdnsCounters> kEdnsRows[] = {
    {"cairn_cookies_total", kCookiesHelp, "cookie", "client-only", &EdnsCounters::cookies_client_only},
    {"cairn_cookies_total", kCookiesHelp, "cookie", "invalid", &EdnsCounters::cookies_invalid},
    {"cairn_cookies_total", kCookiesHelp, "cookie", "valid", &EdnsCounters::cookies_valid},
    {"cairn_cookies_demanded_total", "Queries that got no data for want of a valid cookie.", "", "",
     &EdnsCounters::cookies_demanded},
};

constexpr std::string_view kRateLimitHelp = "Responses over the rate limit, by what became of them.";
constexpr MetricRow<RateLimitCounters> kRateLimitRows[] = {
    {"cairn_auth_rate_limited_total", kRateLimitHelp, "what", "truncated", &RateLimitCounters::truncated},
    {"cairn_auth_rate_limited_total", kRateLimitHelp, "what", "dropped", &RateLimitCounters::dropped},
};

constexpr MetricRow<RateLimitCounters> kRateLimitAccounts[] = {
    {"cairn_auth_rate_limited_accounts_total", "Accounts of clients that went over the rate limit.", "", "",
     &RateLimitCounters::accounts},
};

constexpr MetricRow<TransferCounters> kTransferRows[] = {
    {"cairn_auth_transfers_total", "Zone transfers asked for, by what became of them.", "what", "started",
     &TransferCounters::started},
    {"cairn_auth_transfers_total", "Zone transfers asked for, by what became of them.", "what", "refused",
     &TransferCounters::refused},
    {"cairn_auth_transfers_total", "Zone transfers asked for, by what became of them.", "what", "over-udp",
     &TransferCounters::over_udp},
};

std::vector<NetworkFigures> NetworksOf(std::span<const WorkerCounters> workers) {
  std::vector<NetworkFigures> networks;
  for (const WorkerCounters& worker : workers) networks.push_back(worker.network);
  return networks;
}

template <typename Value>
uint64_t Sum(std::span<const WorkerCounters> workers, Value value) {
  uint64_t sum = 0;
  for (const WorkerCounters& worker : workers) sum += value(worker);
  return sum;
}

struct ZoneSums {
  uint64_t served = 0;
  uint64_t broken = 0;
  uint64_t refused = 0;  // a newer file was refused, or the only one
  uint64_t records = 0;
  uint64_t octets = 0;
};

ZoneSums SumsOf(const ServedZones::Table& zones) {
  ZoneSums sums;
  for (const auto& row : zones.rows) {
    ++(row->zone == nullptr ? sums.broken : sums.served);
    sums.refused += row->refused ? 1 : 0;
    if (row->zone == nullptr) continue;
    sums.records += row->zone->record_count();
    sums.octets += row->zone->MemoryOctets();
  }
  return sums;
}

std::string OpcodeText(size_t opcode) {
  constexpr const char* kNames[] = {"QUERY", "IQUERY", "STATUS", "", "NOTIFY", "UPDATE", "DSO"};
  const bool named = opcode < std::size(kNames) && *kNames[opcode] != '\0';
  return named ? kNames[opcode] : fmt::format("OPCODE{}", opcode);
}

std::string QtypeSlotText(size_t slot) {
  if (slot == kOtherQtypes) return "other";
  if (slot >= kQtypesOneByOne) return kQtypesAbove[slot - kQtypesOneByOne].ToText();
  return RrType{static_cast<uint16_t>(slot)}.ToText();
}

// A sample for each place of an array of counters that is not 0.
template <typename Array, typename TextOf>
void AddArray(MetricsText& metrics, std::span<const WorkerCounters> workers, Array ResponderCounters::* array,
              std::string_view label, TextOf text_of) {
  for (size_t i = 0; i < Array().size(); ++i) {
    const uint64_t count = Sum(workers, [&](const auto& each) { return (each.responder.*array)[i]; });
    if (count > 0) metrics.Sample(count, {{label, text_of(i)}});
  }
}

void QueryMetrics(MetricsText& metrics, std::span<const WorkerCounters> workers) {
  metrics.AddRows(kResponderRows, workers, &WorkerCounters::responder);
  metrics.Counter("cairn_auth_answers_total", "Answers by RCODE.");
  AddArray(metrics, workers, &ResponderCounters::by_rcode, "rcode",
           [](size_t rcode) { return ToText(static_cast<Rcode>(rcode)); });
  metrics.Counter("cairn_auth_queries_by_type_total", "Questions by QTYPE, the rare ones together.");
  AddArray(metrics, workers, &ResponderCounters::by_qtype, "qtype", QtypeSlotText);
  metrics.Counter("cairn_auth_queries_by_opcode_total", "Queries by OPCODE.");
  AddArray(metrics, workers, &ResponderCounters::by_opcode, "opcode", OpcodeText);
}

void ZoneMetrics(MetricsText& metrics, const ServedZones::Table& zones) {
  const ZoneSums sums = SumsOf(zones);
  metrics.Gauge("cairn_auth_zones", "Zones configured, by whether they are served.");
  metrics.Sample(sums.served, {{"state", "served"}});
  metrics.Sample(sums.broken, {{"state", "broken"}});
  metrics.Gauge("cairn_auth_zones_refused", "Zones whose file as it is now was refused.");
  metrics.Sample(sums.refused);
  metrics.Gauge("cairn_auth_records", "Records served.");
  metrics.Sample(sums.records);
  metrics.Gauge("cairn_auth_zone_octets", "Memory that zones occupy.");
  metrics.Sample(sums.octets);
  if (zones.rows.size() > limits::kMetricsZones) {
    metrics.Remark(fmt::format("no samples zone by zone: there are {} zones, more than {}", zones.rows.size(),
                               limits::kMetricsZones));
    return;
  }
  const auto each = [&](auto value) {
    for (const auto& row : zones.rows) {
      const std::string name = row->options.name.ToText();
      if (row->zone != nullptr) metrics.Sample(value(*row), {{"zone", name}});
    }
  };
  metrics.Gauge("cairn_auth_zone_serial", "Serial of the zone that is served.");
  each([](const ServedZone& row) { return row.zone->serial(); });
  metrics.Gauge("cairn_auth_zone_records", "Records of the zone.");
  each([](const ServedZone& row) { return row.zone->record_count(); });
  metrics.Counter("cairn_auth_zone_loads_total", "Readings of the zone's file, by their verdict.");
  for (const auto& row : zones.rows) {
    const std::string name = row->options.name.ToText();
    metrics.Sample(row->loads, {{"zone", name}, {"verdict", "accepted"}});
    metrics.Sample(row->failures, {{"zone", name}, {"verdict", "refused"}});
  }
}

std::string_view DnssecText(const Zone& zone) {
  if (zone.denial() == Denial::kNsec3) return zone.opt_out() ? "NSEC3 with opt-out" : "NSEC3";
  if (zone.denial() == Denial::kNsec) return "NSEC";
  return zone.is_signed() ? "signed without denial" : "unsigned";
}

std::string TimeText(WallTime time) {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(static_cast<std::time_t>(time.seconds)));
}

}  // namespace

std::vector<Fact> StatusFacts(Duration running, std::span<const Endpoint> listening,
                              const ServedZones::Table& zones, std::span<const WorkerCounters> workers) {
  const ZoneSums sums = SumsOf(zones);
  std::string addresses;
  for (const Endpoint& local : listening) addresses += (addresses.empty() ? "" : " ") + local.ToText();
  return {{"version", std::string(Version())},
          {"running-s", std::chrono::floor<std::chrono::seconds>(running).count()},
          {"threads", workers.size()},
          {"listen", addresses},
          {"zones", zones.rows.size()},
          {"zones-broken", sums.broken},
          {"zones-refused", sums.refused},
          {"records", sums.records},
          {"zone-octets", sums.octets},
          {"queries-udp", Sum(workers, [](const auto& each) { return each.responder.queries_udp; })},
          {"queries-tcp", Sum(workers, [](const auto& each) { return each.responder.queries_tcp; })},
          {"tcp-connections", Sum(NetworksOf(workers)).tcp_connections}};
}

std::vector<Fact> ZoneFacts(const ServedZone& zone) {
  std::vector<Fact> facts = {{"zone", zone.options.name.ToText()}};
  if (zone.zone != nullptr) {
    facts.insert(facts.end(),
                 {{"serial", zone.zone->serial()},
                  {"records", zone.zone->record_count()},
                  {"octets", zone.zone->MemoryOctets()},
                  {"dnssec", std::string(DnssecText(*zone.zone))},
                  {"zonemd", std::string(ToText(zone.zonemd))},
                  {"loaded-at", TimeText(zone.loaded_at)},
                  {"load-ms", std::chrono::ceil<std::chrono::milliseconds>(zone.load_time).count()}});
  }
  const bool served = zone.zone != nullptr;
  facts.emplace_back("state", std::string(!zone.refused ? "served"
                                          : served      ? "served, new file refused"
                                                        : "SERVFAIL"));
  facts.emplace_back("file", zone.options.file);
  if (!zone.last_complaint.empty()) facts.emplace_back("complaint", zone.last_complaint);
  if (!zone.last_refusal.empty()) {
    facts.emplace_back("refused-at", TimeText(zone.refused_at));
    facts.emplace_back("refusal", zone.last_refusal);
  }
  return facts;
}

MetricsText MetricsReport(const ServedZones::Table& zones, std::span<const WorkerCounters> workers) {
  MetricsText metrics;
  QueryMetrics(metrics, workers);
  metrics.AddRows(kEdnsRows, workers, &WorkerCounters::edns);
  metrics.AddRows(kRateLimitRows, workers, &WorkerCounters::rate_limit);
  metrics.AddRows(kRateLimitAccounts, workers, &WorkerCounters::rate_limit);
  metrics.AddRows(kTransferRows, workers, &WorkerCounters::transfers);
  AddNetworkMetrics(metrics, NetworksOf(workers));
  ZoneMetrics(metrics, zones);
  return metrics;
}

}  // namespace cairn
