// Virtual time: it stands still while code runs and jumps to the next thing that happens. The wall clock goes
// along, and can be set wrong as people do.
#pragma once

#include "common/base/clock.h"

namespace cairn::sim {

class SimClock final : public Clock {
 public:
  Instant Now() const override { return now_; }
  WallTime Wall() const override {
    const auto run = std::chrono::duration_cast<std::chrono::seconds>(now_ - kStart);
    return {wall_start_.seconds + run.count()};
  }

  void AdvanceTo(Instant at) {
    if (at > now_) now_ = at;
  }
  // The wall clock alone; monotonic time never jumps.
  void JumpWall(int64_t by_s) { wall_start_.seconds += by_s; }

  // Instant{} lies before every instant of a Clock.
  static constexpr Instant kStart = Instant{} + std::chrono::seconds(1);

 private:
  Instant now_ = kStart;
  WallTime wall_start_{1'767'225'600};  // 2026-01-01T00:00:00Z
};

}  // namespace cairn::sim
