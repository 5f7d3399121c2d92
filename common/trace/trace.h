// The recorder of one client question: typed events, each with its cause and its moment.
// Code that may be traced holds a TracePoint: the place in the tree where its next event belongs. When nobody
// listens it is empty, and `if (at)` is all that it costs, so an event is built behind that question only:
//
//   TracePoint sent;
//   if (at) sent = at.Add(trace::QuerySent{.zone = zone, .endpoint = server, .question = question});
//   ...
//   if (sent) sent.Add(trace::ReplyReceived{.endpoint = server, .rtt = clock.Now() - start});
//
// A TraceRecorder belongs to one resolution on one worker and must outlive the TracePoints that lead to it.
// It takes a bounded number of events, whatever a hostile zone provokes, and counts the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "common/base/clock.h"
#include "common/trace/events.h"

namespace cairn {

// Position in the trace, from 1; 0 is "nobody asked for this": the parent of a root.
using EventId = uint32_t;

struct TraceEvent {
  EventId id = 0;
  EventId parent = 0;
  Instant at{};
  trace::EventBody body;
};

// What was recorded: a value, which the views look at, and which may be copied while the recorder goes on.
class Trace {
 public:
  Trace(Instant started, WallTime started_at) : started_(started), started_at_(started_at) {}

  Instant started() const { return started_; }
  WallTime started_at() const { return started_at_; }
  const std::deque<TraceEvent>& events() const { return events_; }  // in order of time; events()[id - 1]
  size_t left_out() const { return left_out_; }

  // Returns the new event's id; the parent's when the trace is full. `parent` is an event of this trace, or
  // 0.
  EventId Add(EventId parent, Instant at, trace::EventBody body);
  void LeaveOut(size_t events) { left_out_ += events; }

 private:
  Instant started_;
  WallTime started_at_;
  std::deque<TraceEvent> events_;  // blocks that never move: recording does not copy what was recorded
  size_t left_out_ = 0;
};

class TraceRecorder {
 public:
  explicit TraceRecorder(const Clock& clock) : clock_(clock), trace_(clock.Now(), clock.Wall()) {}
  TraceRecorder(const TraceRecorder&) = delete;
  TraceRecorder& operator=(const TraceRecorder&) = delete;

  EventId Add(EventId parent, trace::EventBody body) {
    return trace_.Add(parent, clock_.Now(), std::move(body));
  }
  const Trace& trace() const { return trace_; }

 private:
  const Clock& clock_;
  Trace trace_;
};

// A place in a trace, or nowhere. Two words; copy it freely.
class TracePoint {
 public:
  TracePoint() = default;  // nobody listens
  explicit TracePoint(TraceRecorder* trace, EventId parent = 0) : trace_(trace), parent_(parent) {}

  explicit operator bool() const { return trace_ != nullptr; }
  // Records `body` here (nothing when nobody listens) and returns the place of what it will cause.
  TracePoint Add(trace::EventBody body) const {
    if (trace_ == nullptr) return {};
    return TracePoint(trace_, trace_->Add(parent_, std::move(body)));
  }

 private:
  TraceRecorder* trace_ = nullptr;
  EventId parent_ = 0;
};

}  // namespace cairn
