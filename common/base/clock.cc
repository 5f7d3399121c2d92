#include "common/base/clock.h"

#include <ctime>

namespace cairn {
namespace {

timespec Read(clockid_t which) {
  timespec now{};
  clock_gettime(which, &now);
  return now;
}

}  // namespace

Instant SystemClock::Now() const {
  const timespec now = Read(CLOCK_MONOTONIC);
  return Instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

WallTime SystemClock::Wall() const { return WallTime{Read(CLOCK_REALTIME).tv_sec}; }

}  // namespace cairn
