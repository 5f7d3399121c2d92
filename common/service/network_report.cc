#include "common/service/network_report.h"

namespace cairn {
namespace {

constexpr std::string_view kTcpHelp = "TCP connections of clients by what became of them.";
constexpr MetricRow<UvNetworkCounters> kRows[] = {
    {"cairn_udp_send_failures_total", "Answers the system did not take.", "", "",
     &UvNetworkCounters::udp_send_failures},
    {"cairn_tcp_connections_total", kTcpHelp, "what", "accepted", &UvNetworkCounters::tcp_accepted},
    {"cairn_tcp_connections_total", kTcpHelp, "what", "refused", &UvNetworkCounters::tcp_refused},
    {"cairn_tcp_connections_total", kTcpHelp, "what", "evicted", &UvNetworkCounters::tcp_evicted},
    {"cairn_tcp_connections_total", kTcpHelp, "what", "idle", &UvNetworkCounters::tcp_idle},
    {"cairn_tcp_connections_total", kTcpHelp, "what", "slow-message", &UvNetworkCounters::tcp_slow_messages},
    {"cairn_tcp_connections_total", kTcpHelp, "what", "slow-reader", &UvNetworkCounters::tcp_slow_readers},
    {"cairn_tcp_connections_total", kTcpHelp, "what", "unanswered", &UvNetworkCounters::tcp_unanswered},
    {"cairn_tcp_paused_total", "Times the reading of a TCP connection paused at a limit.", "", "",
     &UvNetworkCounters::tcp_paused},
};

}  // namespace

NetworkFigures FiguresOf(const UvNetwork& network) {
  return {.counters = network.counters(),
          .tcp_connections = network.tcp_connections(),
          .tcp_held_octets = network.tcp_held_octets()};
}

NetworkFigures Sum(std::span<const NetworkFigures> workers) {
  NetworkFigures sum;
  for (const NetworkFigures& worker : workers) {
    for (const auto& row : kRows) sum.counters.*row.counter += worker.counters.*row.counter;
    sum.tcp_connections += worker.tcp_connections;
    sum.tcp_held_octets += worker.tcp_held_octets;
  }
  return sum;
}

void AddNetworkMetrics(MetricsText& metrics, std::span<const NetworkFigures> workers) {
  metrics.AddRows(kRows, workers, &NetworkFigures::counters);
  metrics.Gauge("cairn_tcp_connections", "TCP connections open now.");
  metrics.Sample(Sum(workers).tcp_connections);
  metrics.Gauge("cairn_tcp_held_octets", "Octets of half-sent queries and of answers not taken, over TCP.");
  metrics.Sample(Sum(workers).tcp_held_octets);
}

}  // namespace cairn
