// What a question cost: what went over the wire for it, and what it left in the cache. THREATS sections 1 and
// 2 bound these for each attack; attack_costs_test.cc compares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/sim/sim_resolver.h"

namespace cairn::sim {

struct Cost {
  size_t queries = 0;        // sent upstream, over UDP and TCP
  size_t query_octets = 0;   // of these
  size_t connections = 0;    // opened upstream
  size_t reply_octets = 0;   // that came back, forged ones included
  size_t reply_records = 0;  // in readable replies: what there was to parse and to judge
  size_t cache_entries = 0;  // more than before
  size_t cache_octets = 0;   // more than before
  std::string ToText() const;
};

// Between its making and Spent(). The cache may shrink meanwhile: then it cost nothing.
class CostMeter {
 public:
  explicit CostMeter(SimResolver& resolver);
  Cost Spent() const;
  size_t first_packet() const { return first_packet_; }
  size_t first_trace() const { return first_trace_; }

 private:
  SimResolver& resolver_;
  size_t first_packet_;
  size_t first_trace_;
  Cache::Stats before_;
};

}  // namespace cairn::sim
