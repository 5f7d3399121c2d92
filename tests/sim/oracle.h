// What the simulated zones hold for a question, found without packets: from the root down, cut by cut, and
// along aliases. The resolver may know no more than this and, where no fault stops it, no less.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/dns/message.h"
#include "tests/sim/sim_internet.h"

namespace cairn::sim {

struct Truth {
  // Of the last name (RFC 6604 section 3); SERVFAIL when the way ends before any zone that knows: a
  // delegation to a zone which does not exist here, an alias loop, or a chain of more than kMaxAliases.
  Rcode rcode = Rcode::kServFail;
  std::vector<Rrset> answer;          // aliases before their targets, TTLs as the zones have them
  std::optional<Name> negative_apex;  // of the zone which denies
  Ttl negative_ttl{};
  std::vector<Name> zones_on_the_way;  // each cut passed and each zone that answered
  int aliases = 0;
  std::string ToText() const;
};

inline constexpr int kMaxAliases = 11;  // THREATS section 1: restarts of one query

class Oracle {
 public:
  explicit Oracle(const SimInternet& internet) : internet_(internet) {}
  Truth Ask(const Question& asked) const;
  // The zone that has the last word on the name, or null when a delegation leads out of this world.
  const Zone* ZoneOf(const Question& question) const;
  // Adds what `zone` says; true when an alias moved `question` on.
  static bool Append(const Zone& zone, Question& question, Truth& truth);

 private:
  const Zone* ZoneFor(NameView qname, RrType qtype, Truth& truth) const;

  const SimInternet& internet_;
};

}  // namespace cairn::sim
