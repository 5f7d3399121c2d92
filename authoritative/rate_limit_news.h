// What workers have to tell about clients over their rate limit, until somebody with time writes it down.
// Each forged network that goes over its limit is an event: a worker that wrote it itself would wait for
// whoever reads standard error, and with it all of DNS. So putting one here neither waits nor allocates; what
// finds no room is counted.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "absl/container/inlined_vector.h"
#include "authoritative/rate_limit.h"
#include "common/net/endpoint.h"

namespace cairn {

class RateLimitNews {
 public:
  static constexpr size_t kMostWaiting = 256;

  struct Event {
    IpAddress client;
    ResponseRateLimiter::Scope scope = ResponseRateLimiter::Scope::kSubject;
  };
  struct Taken {
    absl::InlinedVector<Event, kMostWaiting> events;  // in their order
    uint64_t untold = 0;                              // that found no room
  };

  // On any thread. True: it is the first, and somebody should be sent for Take.
  bool Put(const IpAddress& client, ResponseRateLimiter::Scope scope);
  Taken Take();  // allocates nothing either: were it to fail, nobody would be sent for again

 private:
  std::mutex mutex_;  // never waited for by Put
  std::array<Event, kMostWaiting> events_;
  size_t count_ = 0;
  std::atomic<uint64_t> untold_ = 0;
};

}  // namespace cairn
