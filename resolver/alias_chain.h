// The way from the client's question to its answer: SNAME and STYPE of RFC 1034 section 5.3.3, moved on by
// each CNAME (RFC 1034 section 3.6.2) and DNAME (RFC 6672 section 3.2), and the records collected on the way,
// in order, each once. Its length is bounded over the whole question, and a name visited twice ends it: no
// chain of aliases makes us walk for ever (CVE-2019-19331).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/dns/message.h"
#include "resolver/cache.h"
#include "resolver/finding.h"

namespace cairn {

// What was collected, for whoever composes the client's answer.
struct CollectedAnswer {
  Question asked;                 // as the client spelt it
  Rcode rcode = Rcode::kNoError;  // of the last name (RFC 6604 section 3)
  std::vector<Rrset> answer;      // aliases before their targets
  std::vector<RdataSet> rrsigs;   // of each set in `answer`, empty where there are none
  std::optional<Rrset> soa;       // of a negative answer
  // Beside a positive answer, for clients that are to have more than they need (full_answer.h), or where an
  // answer without recursion ends: the name servers of the zone of the last name, and addresses.
  std::optional<Rrset> ns{};
  std::vector<Rrset> additional{};
  std::optional<ExtendedError> extended_error;
  std::string explanation;  // of that, naming who or what is at fault; empty: in general words
  bool dropped = false;     // the client gets nothing, by a rule of the configuration
};

class AliasChain {
 public:
  enum class State : uint8_t {
    kOpen,      // question() is to be asked
    kComplete,  // answered, or known not to be there
    kLoop,  // an alias leads back to a name already visited: the chain so far is the answer (RFC 1034 3.6.2:
            // an error)
    kTooLong,  // more than limits::kMaxAliases
  };

  explicit AliasChain(Question asked);

  const Question& asked() const { return asked_; }
  // SNAME and STYPE now.
  const Question& question() const { return question_; }
  int restarts() const { return restarts_; }
  State state() const { return state_; }
  bool complete() const { return state_ != State::kOpen; }

  // A useful finding for question(): answer, alias, NODATA, NXDOMAIN or YXDOMAIN. Referrals are not for the
  // chain.
  void Append(const Finding& finding);
  // The same from the cache; `hit` must be a hit for question().
  void Append(const CacheHit& hit, Instant now);
  // A cached DNAME above question(): the CNAME is synthesised here (RFC 6672 section 3.1).
  void AppendDname(const CacheEntry& dname, Instant now);

  // Told to the client beside the answer.
  void Explain(ExtendedError why, std::string text);

  // The sets collected so far, in order.
  const std::vector<Rrset>& links() const { return collected_.answer; }
  // The records so far as an answer; SERVFAIL for kLoop and kTooLong with the chain that was found.
  CollectedAnswer TakeAnswer();

 private:
  // A CNAME that was asked for is the answer (RFC 1034 section 3.6.2).
  bool FollowsAliases() const { return asked_.qtype != rr::kCname && asked_.qtype != rr::kAny; }
  void AddCached(const CacheEntry& entry, Instant now);
  void AddSet(Rrset rrset, RdataSet rrsigs);
  // Moves on to `target`; notices loops and length.
  void Follow(NameView target);

  Question asked_;
  Question question_;
  CollectedAnswer collected_;
  std::vector<Name> visited_;
  int restarts_ = 0;
  State state_ = State::kOpen;
};
std::string_view ToText(AliasChain::State state);

}  // namespace cairn
