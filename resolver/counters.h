// What one worker of the resolver has counted since its start, for metrics and for the checkers of the
// simulator.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "resolver/finding.h"
#include "resolver/work_budget.h"

namespace cairn {

// Written by one thread, read by any. No locked instruction: there is no second writer to lose a count to.
class Counter {
 public:
  void operator++() { Add(1); }
  void Add(uint64_t amount) { value_.store(value() + amount, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

struct ResolverCounters {
  Counter client_queries;           // all that came, dropped ones included
  Counter client_malformed;         // answered FORMERR, NOTIMP or BADVERS, or with silence
  Counter client_refused;           // by the access list, or by policy
  Counter client_dropped;           // by the access list, without an answer
  Counter client_cookies_valid;     // showed a cookie of ours: its address is not forged
  Counter client_cookies_invalid;   // showed another
  Counter client_cookies_demanded;  // got no data for want of a valid cookie
  Counter cache_hits;               // answered at once
  Counter stale_answers;            // from entries that had expired (RFC 8767)
  Counter prefetches;               // entries fetched anew before they expired
  Counter prefetches_declined;      // too many were under way
  Counter resolutions;              // questions that had to wait
  Counter local_answers;            // from local zones, special-use names and the hosts file
  Counter joined;                   // of their fetches: somebody else was asking already
  Counter servfails;
  Counter clients_turned_away;  // too many waited already
  Counter clients_over_share;   // too many queries of theirs did
  Counter clients_evicted;      // gave way to others when too many waited
  Counter answers_too_late;     // over UDP, and not sent (DNSBomb)
  Counter rebindings_stopped;   // answers that lost records to the filter against rebinding
  Counter upstream_udp;         // queries sent
  Counter upstream_tcp;
  Counter upstream_connections;  // opened for these
  Counter upstream_replies;
  Counter upstream_timeouts;
  Counter upstream_mismatches;   // datagrams which could not be the reply awaited
  Counter upstream_near_misses;  // of these: enough to ask again over TCP
  Counter zone_resting;          // fetches that ended at once: no server of the zone could be reached lately
  Counter zone_crowded;          // the same: too many wait in vain at the zone already
  Counter server_crowded;        // queries not sent: too many are on their way to the server
  Counter queries_out_of_time;   // client queries whose work ended at query-time
  Counter rrsets_not_cached;     // believed, but above what one client query may add to the cache
  std::array<Counter, kStruckLimitCount> limits_struck;  // by Limit: client queries that ran into it first
  std::array<Counter, kScrubRuleCount> records_dropped;  // by ScrubRule: records of replies not kept
};

}  // namespace cairn
