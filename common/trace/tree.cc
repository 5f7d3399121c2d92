#include "common/trace/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "common/trace/lines.h"
#include "common/trace/text.h"
#include "common/trace/totals.h"
#include "common/trace/why.h"

namespace cairn {
namespace {

constexpr size_t kTimeColumns = 10;
// What lies deeper stands beside its parent: indentation must leave room for text, and a hostile zone must
// not choose how deep we recurse.
constexpr size_t kMaxDepth = 16;
constexpr size_t kLeastTextColumns = 40;

// What is drawn before a line at some depth; three columns a level.
struct Indent {
  std::string text;  // box drawing characters: more octets than columns
  size_t columns = 0;
  Indent Deeper(std::string_view three_columns) const {
    return {text + std::string(three_columns), columns + 3};
  }
};

std::string_view Colour(trace::Tone tone) {
  switch (tone) {
    case trace::Tone::kQuiet:
      return "\x1b[2m";
    case trace::Tone::kPlain:
      return "\x1b[1m";
    case trace::Tone::kQuestion:
      return "\x1b[1;35m";
    case trace::Tone::kNetwork:
      return "\x1b[1;36m";
    case trace::Tone::kGood:
      return "\x1b[1;32m";
    case trace::Tone::kCare:
      return "\x1b[1;33m";
    case trace::Tone::kBad:
      return "\x1b[1;31m";
  }
  return "";
}

// `text` cut into pieces of at most `columns`, at blanks where there are some.
std::vector<std::string_view> Fold(std::string_view text, size_t columns) {
  std::vector<std::string_view> pieces;
  while (text.size() > columns) {
    size_t cut = text.rfind(' ', columns);
    if (cut == std::string_view::npos || cut == 0) cut = columns;
    pieces.push_back(text.substr(0, cut));
    text.remove_prefix(cut);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  pieces.push_back(text);
  return pieces;
}

class TreeWriter {
 public:
  TreeWriter(const Trace& trace, TreeStyle style) : trace_(trace), style_(style) {
    struct Place {
      EventId drawn_below = 0;
      size_t depth = 0;
    };
    std::vector<Place> places(trace.events().size() + 1);
    children_.resize(places.size());
    for (const TraceEvent& event : trace.events()) {
      const EventId below =
          places[event.parent].depth == kMaxDepth ? places[event.parent].drawn_below : event.parent;
      places[event.id] = {.drawn_below = below, .depth = places[below].depth + 1};
      children_[below].push_back(event.id);
    }
  }

  std::string Write() && {
    out_ = fmt::format("      ms  since {}\n", UtcText(trace_.started_at()));
    for (const EventId root : children_[0]) WriteEvent(root, {}, {});
    return std::move(out_);
  }

 private:
  // `first` stands before the event's own line, `rest` before all that belongs to it.
  void WriteEvent(EventId id, const Indent& first, const Indent& rest) {
    const TraceEvent& event = trace_.events()[id - 1];
    const std::vector<EventId>& children = children_[id];
    WriteLine(event.at, trace::DescribeEvent(event.body), first,
              rest.Deeper(children.empty() ? "   " : "│  "));
    for (const EventId child : children) {
      const bool last = child == children.back();
      WriteEvent(child, rest.Deeper(last ? "└─ " : "├─ "), rest.Deeper(last ? "   " : "│  "));
    }
  }

  void WriteLine(Instant at, const trace::Line& line, const Indent& first, const Indent& below) {
    const std::string text = PrintableText(line.text);
    const size_t word_columns = line.word.size() + 1;
    const std::vector<std::string_view> pieces = Fold(text, Room(first, word_columns));
    fmt::format_to(std::back_inserter(out_), "{:>8.2f}  {}", Milliseconds(at), first.text);
    WriteWord(line);
    out_ += pieces.front();
    out_ += '\n';
    for (size_t i = 1; i < pieces.size(); ++i) WriteBelow(below, pieces[i]);
    for (const std::string& detail : line.details) {
      const std::string printable = PrintableText(detail);
      for (const std::string_view piece : Fold(printable, Room(below, 0))) WriteBelow(below, piece);
    }
  }

  void WriteWord(const trace::Line& line) {
    if (style_.colours) out_ += Colour(line.tone);
    out_ += line.word;
    if (style_.colours) out_ += "\x1b[0m";
    if (!line.text.empty()) out_ += ' ';
  }

  void WriteBelow(const Indent& below, std::string_view text) {
    out_.append(kTimeColumns, ' ');
    out_ += below.text;
    out_ += text;
    out_ += '\n';
  }

  size_t Room(const Indent& indent, size_t used) const {
    const size_t taken = kTimeColumns + indent.columns + used;
    return std::max(style_.columns, taken + kLeastTextColumns) - taken;
  }

  double Milliseconds(Instant at) const {
    return std::chrono::duration<double, std::milli>(at - trace_.started()).count();
  }

  const Trace& trace_;
  const TreeStyle style_;
  std::vector<std::vector<EventId>> children_;  // of each event; [0] are the roots
  std::string out_;
};

// "sent 3 queries (2 UDP, 1 TCP), 126 octets; got 2 replies, 207 octets; 1 timeout; 378 ms"
std::string TotalsText(const TraceTotals& totals) {
  using trace::Count;
  std::string out = fmt::format("sent {} ({} UDP, {} TCP), {}; got {}, {}",
                                Count(totals.queries_udp + totals.queries_tcp, "query"), totals.queries_udp,
                                totals.queries_tcp, Count(totals.octets_sent, "octet"),
                                Count(totals.replies, "reply"), Count(totals.octets_received, "octet"));
  const auto add = [&out](uint64_t count, std::string_view noun, std::string_view rest) {
    if (count != 0) out += fmt::format("; {}{}", Count(count, noun), rest);
  };
  add(totals.timeouts, "timeout", "");
  add(totals.ignored, "datagram", " ignored");
  add(totals.dropped_records, "record", " not believed");
  add(totals.events_left_out, "event", " left out since the trace was full");
  return out + fmt::format("; {}\n", trace::DurationText(totals.elapsed));
}

// One sentence each, below a word that says which.
std::string WhyText(const Why& why, size_t columns) {
  constexpr size_t kWordColumns = 16;
  std::string out = "\n";
  const auto add = [&](std::string_view word, const std::string& sentence) {
    const std::string printable = PrintableText(sentence);
    for (const std::string_view piece :
         Fold(printable, std::max(columns, kWordColumns + kLeastTextColumns) - kWordColumns))
      out += fmt::format("{:<{}}{}\n", std::exchange(word, ""), kWordColumns, piece);
  };
  add("what happened", why.what_happened);
  add("whose fault", why.whose_fault);
  add("what to do", why.what_to_do);
  return out;
}

}  // namespace

std::string RenderTree(const Trace& trace, TreeStyle style) {
  std::string out = TreeWriter(trace, style).Write() + "\n" + TotalsText(CountTotals(trace));
  if (style.why) out += WhyText(Explain(trace), style.columns);
  return out;
}

}  // namespace cairn
