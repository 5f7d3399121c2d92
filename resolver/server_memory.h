// What we remember about each server: how fast it answers (the estimator of RFC 6298 section 2), how often it
// was silent in a row, whether it speaks EDNS (RFC 6891 section 6.2.2) and UDP, and for which zones it is
// lame. It decides whom to ask (slist.h) and how (exchange). Each fact expires, so that nobody is condemned
// for ever. Shared by all workers behind one mutex: it is asked a few times per upstream query, beside
// microseconds of network work. Bounded: the least used servers are forgotten. Reads no clock, and draws
// nothing but the key of its index.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/dns/name.h"
#include "common/net/endpoint.h"

namespace cairn {

// Why a server is of no use for a zone, until it expires.
enum class Lameness : uint8_t {
  kNone,
  kNotAuthoritative,  // no AA and no useful referral (RFC 1912 section 2.8)
  kUpwardReferral,    // refers above or beside the zone
  kRefused,
  kServFail,
  kNotImp,
  kFormErr,
};
std::string_view ToText(Lameness lameness);

enum class EdnsSupport : uint8_t { kUnknown, kYes, kNo };
std::string_view ToText(EdnsSupport edns);

// What is known about one address at one moment; a value, to be printed and compared.
struct ServerState {
  bool known = false;     // it replied, not too long ago
  Duration srtt{};        // smoothed round-trip time
  Duration rttvar{};      // its mean deviation
  Duration last_rtt{};    // as measured last
  Duration late_after{};  // longer than its replies take as a rule: srtt + 4 rttvar, and some slack
  Duration steady_rto{};  // how long a reply takes at the most: srtt + 4 rttvar, within limits
  Duration rto{};         // the same, doubled with each time-out of the row
  int timeouts_in_a_row = 0;
  std::optional<Instant> dead_until{};  // silent too often: not asked before, then once; may have passed
  Instant touched{};                    // its last reply or probe, or when we first asked
  Instant probe_at{};                   // a probe may go there from then on: time-outs and probes put it off
  EdnsSupport edns = EdnsSupport::kUnknown;
  bool prefers_tcp = false;
  bool folds_case = false;  // it does not repeat the spelling of a question
  // The expected time to an answer, by which servers are ranked (slist.h): srtt + rttvar, or an assumption
  // where nothing was measured, and a time-out for each of the row.
  Duration Score() const;
  std::string ToText(Instant now) const;  // "srtt 12.3 ms, rttvar 4.0 ms, 2 time-outs in a row, dead for 7 s"
};

class ServerMemory {
 public:
  static constexpr Duration kMinRto = std::chrono::milliseconds(50);
  static constexpr Duration kMaxRto = std::chrono::milliseconds(3000);
  static constexpr Duration kUnknownRto = std::chrono::milliseconds(400);  // before the first reply
  // What somebody unknown is expected to need: more than a server near enough to stay with while probes find
  // out about the others, less than one across the world.
  static constexpr Duration kUnknownScore = std::chrono::milliseconds(100);
  // The least lateness there is (RFC 6298 section 2, G): what a busy moment of either end takes.
  static constexpr Duration kGranularity = std::chrono::milliseconds(5);
  // Silent that often in a row a server counts as dead, and is asked once in an interval (RFC 4697 section
  // 2.1; THREATS section 1). Where half of all exchanges are lost, one row in 256 is that long by accident;
  // three were one in 8. The interval does not grow, so that a server which is back is found in that time.
  static constexpr int kTimeoutsToDie = 8;
  static constexpr Duration kProbeInterval = std::chrono::seconds(10);

  ServerMemory(size_t max_servers, Random& random);
  ~ServerMemory();

  // A matching reply came after `rtt`, whatever it said.
  void OnReply(const Endpoint& server, Duration rtt, Instant now);
  // The reply to a query that was sent twice: `least` after the second copy and `most` after the first, and
  // nobody knows to which (Karn's algorithm, RFC 6298 section 3). It is measured only if it says that the
  // server became slower, or faster, whichever copy it was.
  void OnAmbiguousReply(const Endpoint& server, Duration least, Duration most, Instant now);
  // The reply to a probe, which stands for all the questions that went elsewhere since the last one. When two
  // in a row took less than half the time they used to take, the path is another, and measuring begins anew.
  void OnProbeReply(const Endpoint& server, Duration rtt, Instant now);
  // Nothing came to what was sent at `sent`, or the network said unreachable. Queries that were on their way
  // together fall silent together, in one stall of a link or of the server: the first of them counts, those
  // sent before that was noticed do not. Nor does one that was overtaken by a reply: the server lives, and a
  // packet was lost.
  void OnTimeout(const Endpoint& server, Instant sent, Instant now);
  // The same of a probe. Nobody waited, so it says that the server is worth less, and not that it is dead:
  // where packets get lost, probes would otherwise kill whom clients still reach.
  void OnProbeTimeout(const Endpoint& server, Instant sent, Instant now);
  // A question spent all its tries there and at its zone's other servers, in vain: dead, if it has not
  // replied to anybody since. The next question for the zone must not spend as much again.
  void OnGivenUp(const Endpoint& server, Instant now);
  // A probe goes there, or a question although it was dead: nobody else sends one for a while.
  void OnProbe(const Endpoint& server, Instant now);

  // What follows holds for 15 minutes, lameness for the time its row in server_memory.cc says.
  void SetEdns(const Endpoint& server, EdnsSupport edns, Instant now);
  void SetPrefersTcp(const Endpoint& server, Instant now);  // e.g. after near misses over UDP
  // Only when it did so over TCP: over UDP it may be somebody else who guessed all but the case.
  void SetFoldsCase(const Endpoint& server, Instant now);
  // At most 16 zones a server; the one noted longest ago gives way.
  void SetLame(const Endpoint& server, NameView zone, Lameness why, Instant now);

  ServerState State(const Endpoint& server, Instant now) const;
  Lameness LameFor(const Endpoint& server, NameView zone, Instant now) const;

  // One server a line, in order of address, with its score, and its lame zones indented below; as many as
  // `most_octets` hold, and how many more there are.
  std::string ToText(Instant now, size_t most_octets) const;
  size_t size() const;

 private:
  struct Table;
  mutable std::mutex mutex_;
  std::unique_ptr<Table> table_;
};

}  // namespace cairn
