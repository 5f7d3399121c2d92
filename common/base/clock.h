// The two clocks of a DNS server, and the only way to read them.
// TTLs, timers and failure memory follow the monotonic clock; RRSIG and TSIG times, and the stamps people read,
// follow the wall clock. Both arrive through `Clock`, which production reads from the system (SystemClock) and the
// simulator advances by hand, so that a run with a seed is the same run each time.
#pragma once

#include <chrono>
#include <cstdint>

namespace cairn {

using Duration = std::chrono::nanoseconds;

// Tag of the monotonic time line; its origin means nothing, only differences do.
struct MonotonicTimeline {
  using rep = int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicTimeline, Duration>;
  static constexpr bool is_steady = true;
};

// A point of monotonic time. Instant{} lies before every instant a Clock returns.
using Instant = MonotonicTimeline::time_point;

// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
struct WallTime {
  int64_t seconds = 0;
  friend auto operator<=>(const WallTime&, const WallTime&) = default;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
  virtual WallTime Wall() const = 0;
};

// CLOCK_MONOTONIC and CLOCK_REALTIME.
class SystemClock final : public Clock {
 public:
  Instant Now() const override;
  WallTime Wall() const override;
};

}  // namespace cairn
