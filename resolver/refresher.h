// Fetches anew, before it expires, what clients keep asking for (option prefetch), so that nobody has to wait
// at the expiry. Considered is a positive answer in the last tenth of its life which was asked for at least
// twice; it is fetched once, over the same fetches which clients wait for. The client that set it off got its
// answer before; a refresh that fails changes nothing: the entry lives to its end and is then fetched as
// ever.
#pragma once

#include <cstddef>
#include <vector>

#include "common/async/task.h"
#include "common/async/timer_queue.h"
#include "common/dns/message.h"
#include "resolver/cache_entry.h"
#include "resolver/resolver_parts.h"

namespace cairn {

class Refresher {
 public:
  // Under way at one time in one worker; beyond them entries expire as if the option were off.
  static constexpr size_t kAtOnce = 32;

  explicit Refresher(ResolverParts& parts) : parts_(parts), timer_(parts.timers) {}

  enum class Decision : uint8_t { kNotYet, kWanted, kDeclined };

  // `entry` has answered a client. Starts nothing here: the caller is reading the cache.
  Decision Consider(const CacheEntry& entry, Instant now) {
    return parts_.options.prefetch && entry.Ageing(now) ? Want(entry, now) : Decision::kNotYet;
  }

 private:
  Decision Want(const CacheEntry& entry, Instant now);
  void StartAll();
  Task<void> Refresh(Question question);

  ResolverParts& parts_;
  std::vector<Question> wanted_;
  size_t under_way_ = 0;
  Timer timer_;
};

}  // namespace cairn
