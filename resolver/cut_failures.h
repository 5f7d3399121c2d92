// Zone cuts at which no server could be reached for two questions in a row (RFC 9520 section 3.2): for a
// while, 5 s at first and twice as long after each further failure, up to 300 s, questions below them fail at
// once and send nothing. One question alone does not count, nor what a server says about a name (SERVFAIL,
// REFUSED): its servers may drop that very name, and who asks for it must not make the zone unreachable for
// others. When several zones failed and nobody replied for a while, it was our own network that was down: the
// next reply ends all rests, and the root never rests, so that there is one.
#pragma once

#include <optional>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/dns/name.h"
#include "resolver/keyed_hash.h"
#include "resolver/sieve_map.h"

namespace cairn {

class CutFailures {
 public:
  static constexpr Duration kFirstRest = std::chrono::seconds(5);
  static constexpr Duration kLongestRest = std::chrono::seconds(300);
  // Without a reply from anybody for that long, the next one says that our network is back.
  static constexpr Duration kPause = std::chrono::seconds(2);

  CutFailures(size_t most, Random& random) : cuts_(most, KeyedNameHash{SipKey::Draw(random)}) {}

  // How long the servers of `cut` are still left alone; zero: they may be asked.
  Duration RestOf(NameView cut, Instant now);
  void OnFailure(const Name& cut, Instant now);
  // A useful reply from a server of `cut`.
  void OnUseful(NameView cut) {
    if (cuts_.size() > 0) cuts_.Erase(cut);
  }
  // Any reply of any server.
  void OnReply(Instant now);

 private:
  struct Failing {
    Duration rest{};
    Instant until{};
  };
  SieveMap<Name, Failing, KeyedNameHash, NameEq> cuts_;
  Instant heard_{};
  Name failed_;  // the last since then
  bool several_failed_ = false;
};

}  // namespace cairn
