// What a whole trace adds up to: the line under the tree, the last member of the JSON document.
#pragma once

#include <cstdint>

#include "common/trace/event_table.h"
#include "common/trace/trace.h"

namespace cairn {

struct TraceTotals {
  uint32_t queries_udp = 0;
  uint32_t queries_tcp = 0;
  uint32_t replies = 0;
  uint32_t timeouts = 0;
  uint32_t ignored = 0;
  uint32_t dropped_records = 0;
  uint64_t octets_sent = 0;  // of DNS messages, without headers of UDP, TCP and IP
  uint64_t octets_received = 0;
  uint64_t events_left_out = 0;  // when the trace was full
  Duration elapsed{};            // from the start of the trace to its last event
};

TraceTotals CountTotals(const Trace& trace);

template <>
inline constexpr auto trace::kRow<TraceTotals> = trace::MakeRow(
    "totals", "What the whole trace adds up to.",
    trace::Field{"queries_udp", &TraceTotals::queries_udp, "Queries sent over UDP."},
    trace::Field{"queries_tcp", &TraceTotals::queries_tcp, "Queries sent over TCP."},
    trace::Field{"replies", &TraceTotals::replies, "Replies which matched a query."},
    trace::Field{"timeouts", &TraceTotals::timeouts, "Queries without a reply in time."},
    trace::Field{"ignored", &TraceTotals::ignored, "Datagrams which matched no query."},
    trace::Field{"dropped_records", &TraceTotals::dropped_records,
                 "Records of replies which were not believed."},
    trace::Field{"octets_sent", &TraceTotals::octets_sent, "DNS octets of all queries."},
    trace::Field{"octets_received", &TraceTotals::octets_received, "DNS octets of all replies."},
    trace::Field{"events_left_out", &TraceTotals::events_left_out, "Events beyond the limit of one trace."},
    trace::Field{"elapsed_us", &TraceTotals::elapsed, "From the start of the trace to its last event."});

}  // namespace cairn
