// Facts about the server or one of its zones, in the order they are told: once for people, once for programs.
#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

struct Fact {
  Fact(std::string_view its_key, std::string text) : key(its_key), value(std::move(text)) {}
  template <std::integral Number>
  Fact(std::string_view its_key, Number number)
      : key(its_key), value(std::to_string(number)), is_number(true) {}

  std::string key;  // "load-ms"
  std::string value;
  bool is_number = false;
};

// "key value", a line each.
std::string FactsAsLines(std::span<const Fact> facts);
// One line: the first value alone, then key=value; values with blanks are quoted as in the log.
std::string FactsAsRow(std::span<const Fact> facts);
// One JSON object (RFC 8259), without a line end.
std::string FactsAsJson(std::span<const Fact> facts);

}  // namespace cairn
