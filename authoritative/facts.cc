#include "authoritative/facts.h"

#include <fmt/format.h>

#include "common/service/log.h"

namespace cairn {
namespace {

// RFC 8259 section 7. What is not ASCII is the path of a file in an encoding we do not know: octet by octet.
std::string JsonString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c >= ' ' && c < 0x7F) {
      out += c;
    } else {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
  return out + '"';
}

}  // namespace

std::string FactsAsLines(std::span<const Fact> facts) {
  std::string text;
  for (const Fact& fact : facts) text += fmt::format("{} {}\n", fact.key, fact.value);
  return text;
}

std::string FactsAsRow(std::span<const Fact> facts) {
  std::string text;
  for (const Fact& fact : facts)
    text += text.empty() ? fact.value : fmt::format(" {}={}", fact.key, LogWord(fact.value));
  return text + "\n";
}

std::string FactsAsJson(std::span<const Fact> facts) {
  std::string text;
  for (const Fact& fact : facts) {
    text += fmt::format("{}{}: {}", text.empty() ? "{" : ", ", JsonString(fact.key),
                        fact.is_number ? fact.value : JsonString(fact.value));
  }
  return text + "}";
}

}  // namespace cairn
