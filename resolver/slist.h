// SLIST of RFC 1034 section 5.3.2: the servers of one zone cut for one question, and which of them to ask
// next. Asked is the one with the lowest expected time to a useful answer: smoothed RTT plus its deviation,
// and for each recent or own try without an answer what waiting in vain once more would cost. A server nobody
// knows gets an optimistic score, so that each is tried once. How often a server is asked for one question is
// bounded (RFC 4697 section 2.1); dead and lame ones are asked only when nobody else is left, and once. Every
// candidate keeps its score and the reason for it, so a trace
// prints why this one was asked and the others were not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/dns/name.h"
#include "resolver/delegation_store.h"
#include "resolver/server_memory.h"

namespace cairn {

// Why a candidate has its score.
enum class ScoreReason : uint8_t {
  kMeasured,    // srtt + rttvar
  kUnknown,     // never asked: optimistic
  kBackingOff,  // silent lately: penalty per time-out
  kProbe,       // was dead, may be asked once now
  kDead,        // not to be asked now, but once when nobody else is left
  kLame,        // for this zone; the same
  kExhausted,   // asked as often as may be, or its reply was of no use for this question
};
std::string_view ToText(ScoreReason reason);

struct SlistCandidate {
  Name server{};
  Endpoint endpoint{};
  int tries = 0;
  bool discarded = false;
  // Asked in spite of being that (kDead, kLame): it was its only try.
  std::optional<ScoreReason> asked_in_spite_of{};
  // As of the last Pick: the expected time to a useful answer, and where that comes from.
  Duration score{};
  ScoreReason reason = ScoreReason::kUnknown;
  Lameness lameness = Lameness::kNone;
  ServerState state{};

  bool askable() const { return reason < ScoreReason::kDead; }
  // "ns1.example. 192.0.2.1@53, score 15.0 ms, measured (srtt 13.0 ms, rttvar 2.0 ms), asked 1 time".
  std::string ToText(Instant now) const;
};

// Whom to ask, and how long to wait.
struct SlistPick {
  size_t index = 0;  // into candidates()
  Name server{};
  Endpoint endpoint{};
  Duration timeout{};
  Duration score{};
  ScoreReason reason = ScoreReason::kUnknown;
};

class Slist {
 public:
  struct Options {
    bool ipv4 = true;
    bool ipv6 = true;
    uint16_t port = 53;
    bool query_loopback = false;  // else loopback addresses of servers are skipped
    bool query_private = false;   // RFC 1918 and unique local addresses
    // Where this program itself listens, so that it does not ask itself; outlives the list.
    const std::vector<Endpoint>* own = nullptr;
  };
  // Tries at one address for one question; in a cut of fewer than four addresses more of them, up to twelve
  // in all. Where packets get lost 30 % each way one exchange in two fails, and six tries one time in 56;
  // names must resolve there as well (THREATS section 1).
  static constexpr int kTriesPerAddress = 3;
  static constexpr int kTriesPerCut = 12;

  // Why nobody is asked at `endpoint`: its family is off, it is nobody's (0.0.0.0, ::, multicast, broadcast),
  // or it is on the inside and we must not go there. Empty: he may be.
  static std::string_view WhyNotAsked(const Endpoint& endpoint, const Options& options);

  // Takes names and glue of the cut. Addresses that may not be asked are skipped.
  Slist(const Delegation& delegation, const Options& options);

  const Name& zone_cut() const { return zone_cut_; }
  // Which addresses may be asked here: those of configured servers wherever they are.
  const Options& options() const { return options_; }
  // Server names whose addresses are not known; they may be looked up when the candidates run out.
  const std::vector<Name>& names_without_address() const { return names_without_address_; }
  // Addresses found by a lookup of `server`: at most 6 (THREATS section 1). The name leaves
  // names_without_address().
  void AddAddresses(NameView server, const std::vector<IpAddress>& addresses);
  // Where `server` is asked: at its own port when the configuration names one.
  uint16_t PortOf(NameView server) const;
  // All who may be asked were asked in vain. Servers named outside the cut, whose glue the parent gave, may
  // have other addresses by their own zone's word: their names are offered for look-up, once. False: none.
  bool DoubtGlue();
  // A lookup of `server` gave nothing; it is not offered again.
  void GiveUpOn(NameView server);

  // Scores all candidates and returns the best, counting a try; nullopt when none may be asked. Equal scores
  // are drawn.
  std::optional<SlistPick> Pick(ServerMemory& memory, Random& random, Instant now);
  // Now and then (one question in 20, and never the one just picked) a server worth measuring: the one heard
  // of longest ago or never. A copy of the question may go there, and nobody waits for it. It counts as no
  // try. Scores all anew.
  std::optional<SlistPick> ProbeCandidate(const SlistPick& picked, ServerMemory& memory, Random& random,
                                          Instant now);
  // The candidate's reply was of no use (lame, error, malformed): it is not asked again for this question.
  void Discard(const Endpoint& endpoint);

  // Pick gave nobody. Those who were silent all the time count as dead from now on.
  void GiveUp(ServerMemory& memory, Instant now) const;

  // Scored as of the last Pick, best first.
  std::vector<SlistCandidate> Ranked() const;
  const std::vector<SlistCandidate>& candidates() const { return candidates_; }
  bool empty() const { return candidates_.empty(); }
  // A line per candidate, best first.
  std::string ToText(Instant now) const;

 private:
  void AddAddress(NameView server, const IpAddress& address);
  void Score(SlistCandidate& candidate, const ServerMemory& memory, Instant now) const;
  void ScoreAll(const ServerMemory& memory, Instant now);
  std::optional<size_t> LastResort() const;
  int MostTries() const;
  Duration Patience(const SlistCandidate& candidate) const;
  SlistPick PickOf(size_t index) const;

  Name zone_cut_;
  Options options_;
  std::vector<SlistCandidate> candidates_;
  std::vector<Name> names_without_address_;
  std::vector<std::pair<Name, uint16_t>> ports_;  // of configured servers
  bool glue_doubted_ = false;
};

}  // namespace cairn
