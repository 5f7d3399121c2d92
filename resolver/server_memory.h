// What we remember about each server: how fast it answers (the estimator of RFC 6298 section 2), how often it
// was silent in a row, whether it speaks EDNS (RFC 6891 section 6.2.2) and UDP, and for which zones it is
// lame. It decides whom to ask (slist.h) and how (exchange). Each fact expires, so that nobody is condemned
// for ever. Shared by all workers behind one mutex: it is asked a few times per upstream query, beside
// microseconds of network work. Bounded: the least used servers are forgotten. Reads no clock, and draws
// nothing but the key of its index.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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
  kMalformed,     // replies that cannot be read
  kNoSignatures,  // DNSSEC-lame: the parent's DS says they must be there
};
std::string_view ToText(Lameness lameness);

enum class EdnsSupport : uint8_t { kUnknown, kYes, kNo };
std::string_view ToText(EdnsSupport edns);

// What is known about one address at one moment; a value, to be printed and compared.
struct ServerState {
  bool known = false;     // it replied, not too long ago
  Duration srtt{};        // smoothed round-trip time
  Duration rttvar{};      // its mean deviation
  Duration steady_rto{};  // how long a reply takes at the most: srtt + 4 rttvar, within limits
  Duration rto{};         // the same, doubled with each time-out of the row
  int timeouts_in_a_row = 0;
  std::optional<Instant> dead_until{};  // silent too often: not asked before, then once; may have passed
  Instant heard{};                      // its last reply, or when we first asked
  EdnsSupport edns = EdnsSupport::kUnknown;
  bool prefers_tcp = false;
  bool folds_case = false;                // it does not repeat the spelling of a question
  std::string ToText(Instant now) const;  // "srtt 12.3 ms, rttvar 4.0 ms, 2 time-outs in a row, dead for 7 s"
};

class ServerMemory {
 public:
  static constexpr Duration kMinRto = std::chrono::milliseconds(50);
  static constexpr Duration kMaxRto = std::chrono::milliseconds(3000);
  static constexpr Duration kUnknownRto = std::chrono::milliseconds(400);  // before the first reply
  // Silent that often in a row a server counts as dead, and is asked once in an interval which doubles from
  // the first of these to the second (RFC 4697 section 2.1; THREATS section 1: at most one probe in 10 s).
  // Where half of all exchanges are lost, one row in 256 is that long by accident; three were one in 8.
  static constexpr int kTimeoutsToDie = 8;
  static constexpr Duration kFirstProbeInterval = std::chrono::seconds(10);
  static constexpr Duration kLongestProbeInterval = std::chrono::seconds(80);

  ServerMemory(size_t max_servers, Random& random);
  ~ServerMemory();

  // A matching reply came after `rtt`, whatever it said. Not for repeated questions whose first copy may have
  // been answered (Karn's algorithm, RFC 6298 section 3): the caller passes the time since the copy that was
  // matched.
  void OnReply(const Endpoint& server, Duration rtt, Instant now);
  // Nothing came to what was sent at `sent`, or the network said unreachable. Queries that were on their way
  // together fall silent together, in one stall of a link or of the server: the first of them counts, those
  // sent before that was noticed do not. Nor does one that was overtaken by a reply: the server lives, and a
  // packet was lost.
  void OnTimeout(const Endpoint& server, Instant sent, Instant now);
  // A question spent all its tries there and at its zone's other servers, in vain: dead, if it has not
  // replied to anybody since. The next question for the zone must not spend as much again.
  void OnGivenUp(const Endpoint& server, Instant now);
  // A server that was dead is being asked: nobody else asks it before the next interval is over.
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

  // In order of address, so that a dump of equal memories is equal.
  void ForEach(Instant now, const std::function<void(const Endpoint&, const ServerState&)>& visit) const;
  // One server a line, its lame zones indented below.
  std::string ToText(Instant now) const;
  size_t size() const;

 private:
  struct Table;
  mutable std::mutex mutex_;
  std::unique_ptr<Table> table_;
};

}  // namespace cairn
