#include "common/dns/mnemonics.h"

#include <algorithm>

namespace cairn {
namespace {

char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

bool SameWord(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ToUpper(x) == ToUpper(y); });
}

std::optional<uint16_t> OneWord(std::span<const NumberName> names, std::string_view text) {
  for (const NumberName& row : names) {
    if (SameWord(row.name, text)) return row.number;
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint16_t> Vocabulary::Number(std::string_view text) const {
  if (!combined) return OneWord(names, text);
  uint16_t sum = 0;
  for (;;) {
    const size_t bar = text.find('|');
    const std::optional<uint16_t> word = OneWord(names, text.substr(0, bar));
    if (!word) return std::nullopt;
    sum |= *word;
    if (bar == std::string_view::npos) return sum;
    text.remove_prefix(bar + 1);
  }
}

std::string_view Vocabulary::Name(uint16_t number) const {
  for (const NumberName& row : names) {
    if (row.number == number) return row.name;
  }
  return {};
}

}  // namespace cairn
