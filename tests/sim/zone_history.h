// Whether an answer was true at some moment from which it may be: zones change while the world runs, and a
// cache may say what was so until the TTL of then is over (RFC 1034 section 3.6, RFC 2308 section 5). Each
// link of an answer is held against every version of its zone by itself, for one may be old and the next one
// new.
#pragma once

#include <optional>
#include <string>

#include "tests/sim/oracle.h"
#include "tests/sim/sim_resolver.h"

namespace cairn::sim {

// Between the moment at which a server reads its zone and that at which a cache has the answer: the slowest
// path there is, segments of TCP that are sent again included.
inline constexpr Duration kLongestWay = std::chrono::seconds(15);

class ZoneHistory {
 public:
  // `stale`: for how long what has expired may still be given out (RFC 8767).
  explicit ZoneHistory(const SimInternet& internet, Duration stale = {})
      : internet_(internet), oracle_(internet), stale_(stale) {}

  // Why the answer, which is not SERVFAIL, could never have been true; nothing when it could. Delegations
  // must not have changed.
  std::optional<std::string> Contradiction(const Conversation& conversation) const;

 private:
  const SimInternet& internet_;
  Oracle oracle_;
  Duration stale_;
};

}  // namespace cairn::sim
