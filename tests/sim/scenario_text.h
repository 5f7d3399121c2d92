// The lines of a scenario file: words, with the place they stand, and the block that is indented below each.
// `repeat N LINE` stands for N lines in which {i} is 1, 2, ... N; before a statement, for N of them with
// their blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"

namespace cairn::sim {

struct ScenarioLine {
  uint32_t number = 0;
  std::vector<std::string> words{};
  std::string text{};                 // without indentation and comment
  std::vector<ScenarioLine> block{};  // of a statement: the indented lines below
  std::string raw_block{};            // the same as a master file, two spaces less indented
};

std::vector<ScenarioLine> ReadScenario(const std::string& text);

// `text` with each `{WHAT}` in it replaced: FillIn("w{i}.test.", "i", "7") is "w7.test.".
std::string FillIn(std::string text, std::string_view what, std::string_view value);

// "250ms", "2s", "5m", "1h".
std::optional<Duration> DurationFromText(std::string_view text);
// "12%" is 0.12.
std::optional<double> ShareFromText(std::string_view text);
std::optional<uint64_t> NumberFromText(std::string_view text);
// "0a0B" is two octets.
std::optional<std::vector<uint8_t>> OctetsFromHex(std::string_view text);

}  // namespace cairn::sim
