#include "authoritative/serve_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/dns/message.h"
#include "common/service/metrics_text.h"
#include "common/service/version.h"

namespace cairn {
namespace {

template <typename Value>
uint64_t Sum(std::span<const WorkerCounters> workers, Value value) {
  uint64_t sum = 0;
  for (const WorkerCounters& worker : workers) sum += value(worker);
  return sum;
}

size_t Broken(const ZoneSet& zones) {
  return static_cast<size_t>(std::ranges::count_if(
      zones.entries(), [](const ZoneSet::Entry& entry) { return entry.zone == nullptr; }));
}

uint64_t Records(const ZoneSet& zones) {
  uint64_t sum = 0;
  for (const ZoneSet::Entry& entry : zones.entries())
    sum += entry.zone == nullptr ? 0 : entry.zone->record_count();
  return sum;
}

void QueryMetrics(MetricsText& metrics, std::span<const WorkerCounters> workers) {
  metrics.Counter("cairn_auth_queries_total", "Queries received.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.responder.queries_udp; }),
                 {{"transport", "udp"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.responder.queries_tcp; }),
                 {{"transport", "tcp"}});
  metrics.Counter("cairn_auth_dropped_total", "Packets that were no queries and got no answer.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.responder.dropped; }));
  metrics.Counter("cairn_auth_truncated_total", "Answers with TC set.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.responder.truncated; }));
  metrics.Counter("cairn_auth_answers_total", "Answers by RCODE.");
  for (size_t rcode = 0; rcode < ResponderCounters{}.by_rcode.size(); ++rcode) {
    const uint64_t count = Sum(workers, [rcode](const auto& each) { return each.responder.by_rcode[rcode]; });
    const std::string name = ToText(static_cast<Rcode>(rcode));
    if (count > 0) metrics.Sample(count, {{"rcode", name}});
  }
}

void ClientMetrics(MetricsText& metrics, std::span<const WorkerCounters> workers) {
  metrics.Counter("cairn_cookies_total", "Queries with a COOKIE, by what it was.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.edns.cookies_client_only; }),
                 {{"cookie", "client-only"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.edns.cookies_invalid; }),
                 {{"cookie", "invalid"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.edns.cookies_valid; }),
                 {{"cookie", "valid"}});
  metrics.Counter("cairn_cookies_demanded_total", "Queries that got no data for want of a valid cookie.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.edns.cookies_demanded; }));
  metrics.Counter("cairn_auth_rate_limited_total", "Responses over the rate limit, by what became of them.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.rate_limit.truncated; }),
                 {{"what", "truncated"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.rate_limit.dropped; }),
                 {{"what", "dropped"}});
}

void TransferMetrics(MetricsText& metrics, std::span<const WorkerCounters> workers) {
  metrics.Counter("cairn_auth_transfers_total", "Zone transfers asked for, by what became of them.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.transfers.started; }),
                 {{"what", "started"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.transfers.refused; }),
                 {{"what", "refused"}});
}

void SocketMetrics(MetricsText& metrics, std::span<const WorkerCounters> workers) {
  metrics.Counter("cairn_udp_send_failures_total", "Answers the system did not take.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.network.udp_send_failures; }));
  metrics.Counter("cairn_tcp_connections_total", "TCP connections of clients by what became of them.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.network.tcp_accepted; }),
                 {{"what", "accepted"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.network.tcp_refused; }),
                 {{"what", "refused"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.network.tcp_evicted; }),
                 {{"what", "evicted"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.network.tcp_idle; }), {{"what", "idle"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.network.tcp_slow_messages; }),
                 {{"what", "slow-message"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.network.tcp_slow_readers; }),
                 {{"what", "slow-reader"}});
  metrics.Sample(Sum(workers, [](const auto& each) { return each.network.tcp_unanswered; }),
                 {{"what", "unanswered"}});
  metrics.Counter("cairn_tcp_paused_total", "Times the reading of a TCP connection paused at a limit.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.network.tcp_paused; }));
  metrics.Gauge("cairn_tcp_connections", "TCP connections open now.");
  metrics.Sample(Sum(workers, [](const auto& each) { return each.tcp_connections; }));
}

}  // namespace

std::string StatusText(Duration running, const ZoneSet& zones, std::span<const WorkerCounters> workers) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(running).count();
  const uint64_t udp = Sum(workers, [](const auto& each) { return each.responder.queries_udp; });
  const uint64_t tcp = Sum(workers, [](const auto& each) { return each.responder.queries_tcp; });
  const std::string broken =
      Broken(zones) == 0 ? "" : fmt::format(", {} of them cannot be served", Broken(zones));
  return fmt::format(
      "version {}\nrunning {} s, {} threads\nzones {}{}\nrecords {}\n"
      "queries {} over UDP, {} over TCP\n",
      Version(), seconds, workers.size(), zones.entries().size(), broken, Records(zones), udp, tcp);
}

std::string MetricsReport(const ZoneSet& zones, std::span<const WorkerCounters> workers) {
  MetricsText metrics;
  QueryMetrics(metrics, workers);
  ClientMetrics(metrics, workers);
  TransferMetrics(metrics, workers);
  SocketMetrics(metrics, workers);
  metrics.Gauge("cairn_auth_zones", "Zones configured, by whether they are served.");
  metrics.Sample(zones.entries().size() - Broken(zones), {{"state", "served"}});
  metrics.Sample(Broken(zones), {{"state", "broken"}});
  metrics.Gauge("cairn_auth_records", "Records served.");
  metrics.Sample(Records(zones));
  return metrics.text();
}

}  // namespace cairn
