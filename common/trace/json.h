// The JSON view of a trace, for programs; packaging/schema/trace.schema.json describes it. One event a line,
// so that ordinary text tools work on it too. Strings are ASCII: names and RDATA are in master file form, and
// any other octet stands as \DDD there, whatever a hostile zone held.
#pragma once

#include <string>
#include <string_view>

#include "common/trace/trace.h"

namespace cairn {

// Grows when a field or kind changes its meaning or goes away; a new one leaves it.
inline constexpr int kTraceFormatVersion = 1;

// `program` is name and version of who recorded it. With `why` the document ends with the three sentences of
// why.h.
std::string RenderJson(const Trace& trace, std::string_view program, bool why = false);

// The schema of that document (JSON Schema, draft 2020-12), made from the rows of event_table.h. A unit test
// holds the published file to it.
std::string TraceSchema();

}  // namespace cairn
