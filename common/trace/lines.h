// How each kind of event reads in the tree: a word which says what happened, the sentence that goes with it,
// and lines of detail below (candidates, records). One overload of Describe a kind; tree.cc does the layout.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/trace/trace.h"

namespace cairn::trace {

// What the word's colour says.
enum class Tone : uint8_t { kQuiet, kPlain, kQuestion, kNetwork, kGood, kCare, kBad };

struct Line {
  Tone tone = Tone::kPlain;
  std::string_view word;
  std::string text{};
  std::vector<std::string> details{};
};

Line DescribeEvent(const EventBody& body);

// "1 server", "2 servers", "2 queries".
std::string Count(uint64_t count, std::string_view noun);

// "a.nic.lab. 127.0.0.3@53", or the address alone when there is no name.
std::string ServerText(const Name& server, const std::optional<Endpoint>& endpoint);

// A zone inside a sentence: "lab.", "the root".
std::string ZoneText(const Name& zone);

// "0.42 ms", "12.3 ms", "1.20 s": three digits, the unit a person would say.
std::string DurationText(Duration duration);

}  // namespace cairn::trace
