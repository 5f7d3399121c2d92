#include "common/trace/json_value.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"

namespace cairn {
namespace {

constexpr int kMaxDepth = 32;

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool ParseDocument(JsonValue& value) {
    if (!Value(value, 0)) return false;
    SkipBlanks();
    return at_ == text_.size() || Fail("nothing more");
  }
  size_t at() const { return at_; }
  std::string_view expected() const { return expected_; }

 private:
  // What stood in the way: where, and what should be there.
  bool Fail(std::string_view expected) {
    expected_ = expected;
    return false;
  }

  void SkipBlanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(char c) {
    if (Peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool Value(JsonValue& value, int depth) {
    SkipBlanks();
    value.offset = at_;
    if (depth > kMaxDepth) return Fail("a document less deep");
    if (Peek() == '{') return Object(value, depth);
    if (Peek() == '[') return Array(value, depth);
    if (Peek() == '"') {
      value.kind = JsonValue::Kind::kString;
      return String(value.text);
    }
    if (Peek() == '-' || IsDigit(Peek())) return Number(value);
    value.kind = JsonValue::Kind::kBool;
    if (TakeWord("true")) return value.boolean = true;
    if (TakeWord("false")) return true;
    value.kind = JsonValue::Kind::kNull;
    return TakeWord("null") || Fail("a value");
  }

  bool Object(JsonValue& value, int depth) {
    value.kind = JsonValue::Kind::kObject;
    Take('{');
    SkipBlanks();
    if (Take('}')) return true;
    do {
      SkipBlanks();
      if (!String(value.names.emplace_back())) return false;
      SkipBlanks();
      if (!Take(':')) return Fail("':'");
      if (!Value(value.items.emplace_back(), depth + 1)) return false;
      SkipBlanks();
    } while (Take(','));
    return Take('}') || Fail("',' or '}'");
  }

  bool Array(JsonValue& value, int depth) {
    value.kind = JsonValue::Kind::kArray;
    Take('[');
    SkipBlanks();
    if (Take(']')) return true;
    do {
      if (!Value(value.items.emplace_back(), depth + 1)) return false;
      SkipBlanks();
    } while (Take(','));
    return Take(']') || Fail("',' or ']'");
  }

  bool Digits() {
    const size_t begin = at_;
    while (IsDigit(Peek())) ++at_;
    return at_ > begin || Fail("a digit");
  }

  bool Number(JsonValue& value) {
    value.kind = JsonValue::Kind::kNumber;
    const size_t begin = at_;
    Take('-');
    if (!Take('0') && !Digits()) return false;
    if (Take('.') && !Digits()) return false;
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!Digits()) return false;
    }
    value.text = text_.substr(begin, at_ - begin);
    return true;
  }

  bool String(std::string& out) {
    if (!Take('"')) return Fail("'\"'");
    while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) >= 0x20) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (c != '\\')
        out += c;
      else if (!Escape(out))
        return false;
    }
    return Fail("'\"' at the end of the string");
  }

  bool Escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    if (Take('u')) return Hex(out);
    const size_t letter = at_ < text_.size() ? kLetters.find(text_[at_]) : std::string_view::npos;
    if (letter == std::string_view::npos) return Fail("an escape of JSON");
    out += kMeant[letter];
    ++at_;
    return true;
  }

  // Halves of a surrogate pair are taken one by one: our documents are ASCII and hold none.
  bool Hex(std::string& out) {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = Peek();
      const uint32_t digit = IsDigit(c)             ? static_cast<uint32_t>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<uint32_t>(c - 'a' + 10)
                             : c >= 'A' && c <= 'F' ? static_cast<uint32_t>(c - 'A' + 10)
                                                    : 16;
      if (digit == 16) return Fail("four hexadecimal digits");
      code = code << 4 | digit;
      ++at_;
    }
    AppendUtf8(out, code);
    return true;
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::string_view expected_;
};

}  // namespace

const JsonValue* JsonValue::Find(std::string_view name) const {
  const auto at = std::ranges::find(names, name);
  return at == names.end() ? nullptr : &items[static_cast<size_t>(at - names.begin())];
}

TextPosition PositionIn(std::string_view document, std::string_view file, size_t offset) {
  const std::string_view before = document.substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {.file = std::string(file),
          .line = static_cast<uint32_t>(std::ranges::count(before, '\n') + 1),
          .column = static_cast<uint32_t>(offset - line_start + 1)};
}

absl::StatusOr<JsonValue> ParseJson(std::string_view document, std::string_view file) {
  Parser parser(document);
  JsonValue value;
  if (parser.ParseDocument(value)) return value;
  return InvalidArgument(fmt::format("{}: this is no JSON: expected {}",
                                     PositionIn(document, file, parser.at()).ToText(), parser.expected()));
}

}  // namespace cairn
