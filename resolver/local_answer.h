// Answers from what is configured here: the hosts file and local zones (RFC 1034 section 5.3.3 step 1, "local
// information"). Pure: a question in, a value out, which the alias chain takes like a server's finding; so an
// alias of a local zone leads out of it, and one of the Internet into it.
#pragma once

#include <optional>
#include <string>

#include "common/dns/message.h"
#include "resolver/alias_chain.h"
#include "resolver/finding.h"
#include "resolver/zone_rules.h"

namespace cairn {

struct LocalAnswer {
  enum class What : uint8_t { kFinding, kRefused, kDropped };
  What what = What::kFinding;
  Finding finding{};     // of kFinding
  std::string rule{};    // what decided, for people: "home.arpa. static (special-use-zones, RFC 8375)"
  bool blocked = false;  // somebody decided that this name is to have no answer
  bool blocks() const { return what != What::kFinding; }
};

// Nothing when the question is to be resolved.
std::optional<LocalAnswer> AnswerLocally(const ZoneRules& rules, const Question& question);

// The chain goes on, or ends, with what is written here. The client is told where a negative answer is
// written: a name that is not there by a rule, and not in the DNS, is what people look for.
void Append(AliasChain& chain, const LocalAnswer& local);
// What a chain gets which comes to a name that is blocked: REFUSED, with the aliases before it; or nothing,
// when that is the name asked.
CollectedAnswer Block(AliasChain& chain, const LocalAnswer& local);

// The answer as far as it is written here: what clients get who did not ask for recursion. Nothing when none
// of it is.
std::optional<CollectedAnswer> CollectLocally(const ZoneRules& rules, const Question& asked);

}  // namespace cairn
