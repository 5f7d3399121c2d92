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

constexpr uint64_t kMostRepeats = 10'000;

// How many times a line stands for itself, which is left without the words `repeat N`; 1 when it does not
// say.
uint64_t TakeRepeats(std::string& raw) {
  const size_t start = raw.find_first_not_of(" \t");
  if (start == std::string::npos || raw.compare(start, 7, "repeat ") != 0) return 1;
  const size_t digits = start + 7;
  const size_t end = raw.find(' ', digits);
  const std::optional<uint64_t> times = NumberFromText(std::string_view(raw).substr(digits, end - digits));
  if (end == std::string::npos || !times || *times > kMostRepeats) return 1;
  raw.erase(start, end + 1 - start);
  return *times;
}

// A line of a block, and what it is as a line of a master file.
void AddToBlock(ScenarioLine& statement, const std::string& raw, uint32_t number) {
  ScenarioLine line = LineOf(raw, number);
  statement.raw_block += (line.words.empty() ? "" : Outdented(raw)) + "\n";
  if (!line.words.empty()) statement.block.push_back(std::move(line));
}

ScenarioLine Filled(ScenarioLine line, std::string_view i) {
  for (std::string& word : line.words) word = FillIn(std::move(word), "i", i);
  line.text = FillIn(std::move(line.text), "i", i);
  line.raw_block = FillIn(std::move(line.raw_block), "i", i);
  for (ScenarioLine& below : line.block) below = Filled(std::move(below), i);
  return line;
}

}  // namespace

std::string FillIn(std::string text, std::string_view what, std::string_view value) {
  const std::string place = "{" + std::string(what) + "}";
  for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + value.size()))
    text.replace(at, place.size(), value);
  return text;
}

std::vector<ScenarioLine> ReadScenario(const std::string& text) {
  std::vector<ScenarioLine> statements;
  std::vector<uint64_t> repeats;  // of each statement
  std::istringstream stream(text);
  uint32_t number = 0;
  for (std::string raw; std::getline(stream, raw);) {
    ++number;
    const bool empty = LineOf(raw, number).words.empty();
    const uint64_t times = TakeRepeats(raw);
    if (empty || IsIndented(raw)) {
      if (statements.empty()) continue;
      for (uint64_t i = 1; i <= times; ++i)
        AddToBlock(statements.back(), times == 1 ? raw : FillIn(raw, "i", std::to_string(i)), number);
    } else {
      statements.push_back(LineOf(raw, number));
      repeats.push_back(times);
    }
  }
  std::vector<ScenarioLine> expanded;
  for (size_t at = 0; at < statements.size(); ++at) {
    for (uint64_t i = 1; i <= repeats[at]; ++i)
      expanded.push_back(repeats[at] == 1 ? statements[at] : Filled(statements[at], std::to_string(i)));
  }
  return expanded;
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

std::optional<std::vector<uint8_t>> OctetsFromHex(std::string_view text) {
  std::vector<uint8_t> octets(text.size() / 2);
  for (size_t i = 0; i < octets.size(); ++i) {
    const char* const at = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, octets[i], 16);
    if (error != std::errc() || end != at + 2) return std::nullopt;
  }
  if (text.size() % 2 != 0) return std::nullopt;
  return octets;
}

}  // namespace cairn::sim
