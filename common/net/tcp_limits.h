// What the TCP clients of a listener may hold (RFC 7766 section 6.2, RFC 9210 section 4): places, time, and
// memory for queries and answers. The defaults, with their reasons, are in common/base/limits.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "common/base/clock.h"
#include "common/base/limits.h"

namespace cairn {

struct TcpLimits {
  size_t connections = limits::kTcpConnections;
  size_t connections_per_address = limits::kTcpConnectionsPerAddress;  // of one IPv4 address or IPv6 /64
  Duration idle = std::chrono::milliseconds(limits::kTcpIdleMs);
  Duration idle_under_load = std::chrono::milliseconds(limits::kTcpIdleUnderLoadMs);
  Duration message = std::chrono::milliseconds(limits::kTcpMessageMs);  // from its first octet to its last
  size_t queries_in_flight = limits::kTcpQueriesInFlight;
  size_t unsent_octets = limits::kTcpUnsentOctets;
  Duration stalled = std::chrono::milliseconds(limits::kTcpStalledMs);
  // Who has answers waiting for longer than `stalled` must have taken so many octets in each second since:
  // 256 KiB taken one octet at a time would keep a place for days.
  size_t least_octets_per_second = 512;
  friend bool operator==(const TcpLimits&, const TcpLimits&) = default;

  // The share of one of several workers, among which the system spreads connections.
  TcpLimits ShareOf(size_t workers) const;
};

}  // namespace cairn
