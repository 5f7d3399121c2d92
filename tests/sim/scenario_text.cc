// Blocks are kept as they stand besides, because zone text has a grammar of its own (";" comments,
// parentheses).
#include "tests/sim/scenario_text.h"

#include <charconv>
#include <sstream>

namespace cairn::sim {
namespace {

bool IsIndented(const std::string& line) { return !line.empty() && (line[0] == ' ' || line[0] == '\t'); }

// Two spaces less: what is left of an indentation means "the owner of the line above" in a master file.
std::string Outdented(const std::string& line) {
  return line.starts_with("  ") ? line.substr(2) : line.substr(1);
}

// From a "#" that starts a word to the end of the line.
std::string WithoutComment(const std::string& line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ')) return line.substr(0, i);
  }
  return line;
}

ScenarioLine LineOf(const std::string& text, uint32_t number) {
  ScenarioLine line{.number = number};
  std::istringstream stream(WithoutComment(text));
  for (std::string word; stream >> word;) {
    line.text += (line.words.empty() ? "" : " ") + word;
    line.words.push_back(std::move(word));
  }
  return line;
}

}  // namespace

std::vector<ScenarioLine> ReadScenario(const std::string& text) {
  std::vector<ScenarioLine> statements;
  std::istringstream stream(text);
  uint32_t number = 0;
  for (std::string raw; std::getline(stream, raw);) {
    ScenarioLine line = LineOf(raw, ++number);
    if (!statements.empty() && (line.words.empty() || IsIndented(raw))) {
      statements.back().raw_block += (line.words.empty() ? "" : Outdented(raw)) + "\n";
    }
    if (line.words.empty()) continue;
    if (!statements.empty() && IsIndented(raw)) {
      statements.back().block.push_back(std::move(line));
    } else {
      statements.push_back(std::move(line));
    }
  }
  return statements;
}

std::optional<uint64_t> NumberFromText(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

std::optional<Duration> DurationFromText(std::string_view text) {
  const size_t digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  const std::optional<uint64_t> count = NumberFromText(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  if (!count || *count > 1'000'000) return std::nullopt;
  const auto number = static_cast<int64_t>(*count);
  if (unit == "ms") return std::chrono::milliseconds(number);
  if (unit == "s") return std::chrono::seconds(number);
  if (unit == "m") return std::chrono::minutes(number);
  if (unit == "h") return std::chrono::hours(number);
  return std::nullopt;
}

std::optional<double> ShareFromText(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const std::optional<uint64_t> percent = NumberFromText(text.substr(0, text.size() - 1));
  if (!percent || *percent > 100) return std::nullopt;
  return static_cast<double>(*percent) / 100;
}

}  // namespace cairn::sim
