// The lines of a scenario file: words, with the place they stand, and the block that is indented below each.
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

// "250ms", "2s", "5m", "1h".
std::optional<Duration> DurationFromText(std::string_view text);
// "12%" is 0.12.
std::optional<double> ShareFromText(std::string_view text);
std::optional<uint64_t> NumberFromText(std::string_view text);

}  // namespace cairn::sim
