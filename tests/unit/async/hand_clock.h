// A clock that stands still until a test moves it.
#pragma once

#include "common/base/clock.h"

namespace cairn {

class HandClock final : public Clock {
 public:
  Instant Now() const override { return now_; }
  WallTime Wall() const override { return {}; }
  void Advance(Duration by) { now_ += by; }

 private:
  Instant now_ = Instant{} + std::chrono::hours(1);
};

}  // namespace cairn
