// The end of a trace in three plain sentences: what happened, whose fault it was, what to do about it
// (`--why`). A pure function of the recorded events, whoever recorded them: a trace from a cold cache, one
// through a running server, or one read from a file. It tells what the trace shows and no more: where the
// cause lies in what somebody else's query did, it says so.
#pragma once

#include <string>

#include "common/trace/event_table.h"
#include "common/trace/trace.h"

namespace cairn {

struct Why {
  std::string what_happened{};
  std::string whose_fault{};
  std::string what_to_do{};
};

Why Explain(const Trace& trace);

template <>
inline constexpr auto trace::kRow<Why> =
    trace::MakeRow("why", "The trace in three sentences.",
                   trace::Field{"what_happened", &Why::what_happened, "What happened."},
                   trace::Field{"whose_fault", &Why::whose_fault, "Whose fault it was."},
                   trace::Field{"what_to_do", &Why::what_to_do, "What to do about it."});

}  // namespace cairn
