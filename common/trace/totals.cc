#include "common/trace/totals.h"

#include <variant>

namespace cairn {

TraceTotals CountTotals(const Trace& trace) {
  TraceTotals totals{.events_left_out = trace.left_out()};
  for (const TraceEvent& event : trace.events()) {
    if (const auto* sent = std::get_if<trace::QuerySent>(&event.body)) {
      ++(sent->transport == trace::Transport::kUdp ? totals.queries_udp : totals.queries_tcp);
      totals.octets_sent += sent->octets;
    } else if (const auto* reply = std::get_if<trace::ReplyReceived>(&event.body)) {
      ++totals.replies;
      totals.octets_received += reply->octets;
    } else if (std::holds_alternative<trace::QueryTimedOut>(event.body)) {
      ++totals.timeouts;
    } else if (std::holds_alternative<trace::ReplyIgnored>(event.body)) {
      ++totals.ignored;
    } else if (const auto* dropped = std::get_if<trace::RecordsDropped>(&event.body)) {
      totals.dropped_records += dropped->count;
    }
    totals.elapsed = event.at - trace.started();
  }
  return totals;
}

}  // namespace cairn
