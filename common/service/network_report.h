// What became of the clients' packets and connections, for the metrics and the status of both programs.
#pragma once

#include <cstddef>
#include <span>

#include "common/net/uv_network.h"
#include "common/service/metrics_text.h"

namespace cairn {

// Of one worker, read on its own thread.
struct NetworkFigures {
  UvNetworkCounters counters;
  size_t tcp_connections = 0;  // open now
  size_t tcp_held_octets = 0;  // of half-sent queries and of answers not taken
};
NetworkFigures FiguresOf(const UvNetwork& network);

// The sums over all workers.
NetworkFigures Sum(std::span<const NetworkFigures> workers);
void AddNetworkMetrics(MetricsText& metrics, std::span<const NetworkFigures> workers);

}  // namespace cairn
