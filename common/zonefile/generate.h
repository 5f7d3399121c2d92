// $GENERATE of BIND: many records from one line, for reverse zones and pools of hosts.
//
//   $GENERATE start-stop[/step] owner [TTL] [class] type rdata
//
// In owner and RDATA "$" stands for the number of the record, and ${offset,width,base} for that number plus
// an offset, padded with zeros, in base d, o, x, X, or n and N: hex nibbles in reverse with dots between, as
// ip6.arpa has them (an even width, which counts the dots, ends with one). "\$" is a "$".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

struct GenerateRange {
  uint32_t start = 0;
  uint32_t stop = 0;
  uint32_t step = 1;
  uint64_t count() const { return (uint64_t{stop} - start) / step + 1; }
};

// "1-254", "0-100/5"; nullopt when it is not a range of numbers below 2^31, ascending, with a step of at
// least 1.
std::optional<GenerateRange> GenerateRangeFromText(std::string_view text);

// `pattern` for one number, into `out` (which it clears). Empty when all is well, else what is wrong with the
// pattern.
std::string ExpandGenerate(std::string_view pattern, uint32_t number, std::string& out);

}  // namespace cairn
