// The tokens of one entry of a master file (RFC 1035 section 5.1): words and quoted strings, with blanks,
// comments and line ends inside parentheses gone. Tokens point into the text, nothing is copied; the zone
// file reader and RdataFromText read through the same cursor. It looks one token ahead, so whoever reads a
// field decides by `token()`.
//
//   tokens.StartEntry();                  // at the start of a line
//   while (tokens.has_token()) { use(tokens.token()); tokens.Advance(); }
//   if (tokens.failed()) ...              // a lexical mistake, or one that a field's reader found
//   tokens.FinishEntry();                 // behind the line end
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn {

struct Token {
  const char* begin = nullptr;  // of the content: behind the opening quote
  const char* end = nullptr;
  bool quoted = false;
  bool escaped = false;  // there is a backslash in it
  bool pair = false;     // a word with a quoted end: key="value" (RFC 9460 section 2.1)

  std::string_view text() const { return {begin, static_cast<size_t>(end - begin)}; }
  size_t size() const { return static_cast<size_t>(end - begin); }
};

class TextTokens {
 public:
  TextTokens() = default;
  // `text` starts at the start of line `line`. With `complete` its end is the end of the input; without, a
  // token or entry that reaches the end is `starved`: whoever owns the text reads more and starts the entry
  // again.
  explicit TextTokens(std::string_view text, uint32_t line = 1, bool complete = true);

  // Begins the entry at the cursor, which stands at the start of a line, and looks at its first token.
  void StartEntry();
  // The first token stands behind blanks: an omitted owner.
  bool indented() const { return indented_; }

  bool has_token() const { return has_token_; }
  const Token& token() const { return token_; }
  void Advance();

  // Leaves the entry, whose tokens have all been read or which has failed, and stands at the start of the
  // next line. After a failure the rest of the entry is skipped; when its parentheses never close, only its
  // first line is.
  void FinishEntry();
  // Leaves the entry at the end of its first line.
  void AbandonEntry();
  bool AtEnd() const { return at_ == end_; }

  bool starved() const { return starved_; }
  bool failed() const { return !failure_.empty(); }
  // Records what is wrong at `at`; the first failure stays. Returns false, so that readers can `return
  // tokens.Fail(...)`.
  bool Fail(const char* at, std::string text);
  const char* failed_at() const { return failed_at_; }
  const std::string& failure() const { return failure_; }

  struct Position {
    uint32_t line = 1;
    uint32_t column = 1;
  };
  // Of a place in the current entry.
  Position Locate(const char* at) const;
  // Where a missing token would have been: behind what was read last.
  const char* end_of_last() const { return last_end_; }
  const char* entry_begin() const { return entry_begin_; }
  uint32_t entry_line() const { return entry_line_; }
  const char* text_end() const { return end_; }
  // The outermost parenthesis that is open; nullptr outside of them.
  const char* open_parenthesis() const { return depth_ > 0 ? open_ : nullptr; }

 private:
  void ReadWord();
  void ReadQuoted();
  bool SkipQuoted();
  void Stop();
  void SkipComment();
  void SkipToLineEnd();
  void StepOverLineEnd();
  void OpenParenthesis();
  bool CloseParenthesis();

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const char* entry_begin_ = nullptr;
  const char* last_end_ = nullptr;
  const char* open_ = nullptr;
  uint32_t line_ = 1;  // of at_
  uint32_t entry_line_ = 1;
  uint32_t depth_ = 0;
  bool complete_ = true;
  bool starved_ = false;
  bool indented_ = false;
  bool has_token_ = false;
  Token token_;
  const char* failed_at_ = nullptr;
  std::string failure_;
};

// `text` in quotes for an error message: at most 40 octets, unprintable ones as \DDD.
std::string Quote(std::string_view text);

// Reads the octet at text[i], which may be an escape \X or \DDD, and moves i behind it. False for a bad
// escape.
bool ReadOctet(std::string_view text, size_t& i, uint8_t& octet);

// Appends `octets` as a quoted <character-string>: what comes back from ReadOctet is the same octets.
void AppendQuoted(std::string_view octets, std::string& out);

}  // namespace cairn
