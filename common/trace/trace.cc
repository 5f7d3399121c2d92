#include "common/trace/trace.h"

#include "common/base/limits.h"

namespace cairn {

EventId Trace::Add(EventId parent, Instant at, trace::EventBody body) {
  const bool the_end =
      std::holds_alternative<trace::Answered>(body);  // never left out: what all the rest led to
  if (events_.size() >= limits::kMaxTraceEvents && !the_end) {
    ++left_out_;
    return parent;
  }
  const EventId id = static_cast<EventId>(events_.size() + 1);
  events_.push_back(TraceEvent{.id = id, .parent = parent, .at = at, .body = std::move(body)});
  return id;
}

}  // namespace cairn
