// The view of a trace for people: a tree in which each event stands below the one which asked for it, with
// the time since the start before it, the answer at its end and the totals under it. Reads well in 100
// columns and without colours; text from the wire is escaped (text.h).
#pragma once

#include <string>

#include "common/trace/trace.h"

namespace cairn {

struct TreeStyle {
  size_t columns = 100;  // longer lines are folded, and continue below their own text
  bool colours = false;  // ANSI colours, for a terminal
  bool why = false;      // three sentences at the end (why.h)
};

std::string RenderTree(const Trace& trace, TreeStyle style = {});

}  // namespace cairn
