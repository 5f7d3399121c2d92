#include "common/zonefile/generate.h"

#include <charconv>
#include <cstdlib>

#include "common/base/limits.h"
#include "common/dns/text_tokens.h"
#include "fmt/format.h"

namespace cairn {
namespace {

constexpr uint32_t kMostNumber = 0x7fffffff;
constexpr uint32_t kMostWidth = 255;

// ${offset,width,base}; the last two may be missing.
struct Modifier {
  int64_t offset = 0;
  uint32_t width = 0;
  char base = 'd';
};

// Takes an integer off the front of `text`.
template <typename Integer>
bool TakeInteger(std::string_view& text, Integer& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  return true;
}

bool TakeCharacter(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Modifier> ModifierFromText(std::string_view text) {
  Modifier modifier;
  int32_t offset = 0;
  if (!TakeInteger(text, offset)) return std::nullopt;
  modifier.offset = offset;
  if (text.empty()) return modifier;
  if (!TakeCharacter(text, ',') || !TakeInteger(text, modifier.width) || modifier.width > kMostWidth)
    return std::nullopt;
  if (text.empty()) return modifier;
  if (!TakeCharacter(text, ',') || text.size() != 1) return std::nullopt;
  modifier.base = text[0];
  if (std::string_view("doxXnN").find(modifier.base) == std::string_view::npos) return std::nullopt;
  return modifier;
}

// Hex nibbles, lowest first, each with a dot behind it but for the last; the width counts both, so an even
// one ends with a dot, ready for the nibbles which the pattern itself has.
std::string Nibbles(uint64_t value, uint32_t width, bool upper) {
  std::string text;
  do {
    text += (upper ? "0123456789ABCDEF" : "0123456789abcdef")[value & 15];
    value >>= 4;
    if (value != 0 || text.size() < width) text += '.';
  } while (value != 0 || text.size() < width);
  return text;
}

std::string NumberText(uint64_t value, const Modifier& modifier) {
  switch (modifier.base) {
    case 'o':
      return fmt::format("{:0{}o}", value, modifier.width);
    case 'x':
      return fmt::format("{:0{}x}", value, modifier.width);
    case 'X':
      return fmt::format("{:0{}X}", value, modifier.width);
    case 'n':
      return Nibbles(value, modifier.width, false);
    case 'N':
      return Nibbles(value, modifier.width, true);
    default:
      return fmt::format("{:0{}}", value, modifier.width);
  }
}

}  // namespace

std::optional<GenerateRange> GenerateRangeFromText(std::string_view text) {
  GenerateRange range;
  if (!TakeInteger(text, range.start) || !TakeCharacter(text, '-') || !TakeInteger(text, range.stop))
    return std::nullopt;
  if (!text.empty() && (!TakeCharacter(text, '/') || !TakeInteger(text, range.step))) return std::nullopt;
  const bool sound =
      text.empty() && range.start <= range.stop && range.stop <= kMostNumber && range.step >= 1;
  return sound ? std::optional(range) : std::nullopt;
}

std::string ExpandGenerate(std::string_view pattern, uint32_t number, std::string& out) {
  out.clear();
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern[i++];
      out += pattern[i];
    } else if (pattern[i] != '$') {
      out += pattern[i];
    } else {
      Modifier modifier;
      if (i + 1 < pattern.size() && pattern[i + 1] == '{') {
        const std::string_view inside = pattern.substr(i + 2, pattern.find('}', i) - i - 2);
        const std::optional<Modifier> read = ModifierFromText(inside);
        if (!read || i + 2 + inside.size() >= pattern.size()) {
          return fmt::format("{}: expected ${{offset,width,base}} with base d, o, x, X, n or N",
                             Quote(pattern.substr(i)));
        }
        modifier = *read;
        i += 2 + inside.size();
      }
      const int64_t value = number + modifier.offset;
      if (value < 0) return fmt::format("{}: the offset makes {} negative", Quote(pattern), number);
      out += NumberText(static_cast<uint64_t>(value), modifier);
    }
    if (out.size() > limits::kZoneGeneratedOctets) {
      return fmt::format("one record of $GENERATE has more than {} octets of text",
                         limits::kZoneGeneratedOctets);
    }
  }
  return {};
}

}  // namespace cairn
