// A trace as a cold resolution leaves it, made by hand on a clock that tests advance: every view is checked
// against it.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string_view>

#include "common/base/clock.h"
#include "common/dns/rdata_text.h"
#include "common/trace/trace.h"

namespace cairn::trace {

class ManualClock final : public Clock {
 public:
  Instant Now() const override { return now_; }
  WallTime Wall() const override { return {.seconds = 1'795'170'852}; }
  void Advance(Duration by) { now_ += by; }

 private:
  Instant now_{std::chrono::hours(7)};
};

inline Question Ask(std::string_view qname, RrType qtype = rr::kA) {
  return {.qname = Name::Literal(qname), .qtype = qtype};
}
inline Endpoint At(std::string_view text) { return *Endpoint::FromText(text, 53); }

inline Rrset Set(std::string_view owner, uint32_t ttl, RrType type,
                 std::initializer_list<std::string_view> rdatas) {
  Rrset set{.owner = Name::Literal(owner), .type = type, .ttl = Ttl::Seconds(ttl), .rdatas = {}};
  for (const std::string_view rdata : rdatas) set.rdatas.Add(*RdataFromText(type, rdata));
  return set;
}

// www.north.lab. A: a root server is silent, the next refers to lab., whose server answers and adds a lie.
void RecordSampleTrace(TraceRecorder& trace, ManualClock& clock);

}  // namespace cairn::trace
