#include "common/dns/text_tokens.h"

#include <array>
#include <cstring>

#include "fmt/format.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace cairn {
namespace {

// What an octet means outside of quotes. Everything else, NUL and octets above 127 included, is part of
// words.
enum Meaning : uint8_t { kWord, kBlank, kLineEnd, kComment, kOpen, kClose, kQuote, kBackslash };

constexpr std::array<Meaning, 256> kMeaning = [] {
  std::array<Meaning, 256> meaning{};
  meaning[' '] = meaning['\t'] = meaning['\r'] = kBlank;
  meaning['\n'] = kLineEnd;
  meaning[';'] = kComment;
  meaning['('] = kOpen;
  meaning[')'] = kClose;
  meaning['"'] = kQuote;
  meaning['\\'] = kBackslash;
  return meaning;
}();

Meaning MeaningOf(char c) { return kMeaning[static_cast<uint8_t>(c)]; }

// The first octet from `at` that is not an ordinary part of a word.
const char* EndOfPlainWord(const char* at, const char* end) {
#if defined(__SSE2__)
  // Sixteen at a time: control characters, blank and the five special octets stop; which one it was, the
  // table tells.
  while (end - at >= 16) {
    const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(octets, _mm_set1_epi8(' ')), octets);
    const __m128i parenthesis = _mm_cmpeq_epi8(_mm_or_si128(octets, _mm_set1_epi8(1)), _mm_set1_epi8(')'));
    const __m128i quote = _mm_cmpeq_epi8(octets, _mm_set1_epi8('"'));
    const __m128i comment = _mm_cmpeq_epi8(octets, _mm_set1_epi8(';'));
    const __m128i backslash = _mm_cmpeq_epi8(octets, _mm_set1_epi8('\\'));
    const __m128i stops =
        _mm_or_si128(_mm_or_si128(low, parenthesis), _mm_or_si128(_mm_or_si128(quote, comment), backslash));
    const unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(stops));
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += __builtin_ctz(mask);
    if (MeaningOf(*at) != kWord) return at;
    ++at;
  }
#endif
  while (at < end && MeaningOf(*at) == kWord) ++at;
  return at;
}

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendEscape(uint8_t octet, std::string& out) {
  out += {'\\', static_cast<char>('0' + octet / 100), static_cast<char>('0' + octet / 10 % 10),
          static_cast<char>('0' + octet % 10)};
}

}  // namespace

TextTokens::TextTokens(std::string_view text, uint32_t line, bool complete)
    : at_(text.data()),
      end_(text.data() + text.size()),
      entry_begin_(at_),
      last_end_(at_),
      line_(line),
      entry_line_(line),
      complete_(complete) {}

void TextTokens::StartEntry() {
  entry_begin_ = last_end_ = at_;
  entry_line_ = line_;
  depth_ = 0;
  starved_ = false;
  if (!failure_.empty()) failure_.clear();
  indented_ = at_ != end_ && MeaningOf(*at_) == kBlank;
  has_token_ = true;  // as if one had been read before
  token_.end = at_;
  Advance();
}

void TextTokens::Advance() {
  last_end_ = token_.end;
  for (;;) {
    if (at_ == end_) return Stop();
    switch (MeaningOf(*at_)) {
      case kBlank:
        ++at_;
        break;
      case kWord:
      case kBackslash:
        return ReadWord();
      case kQuote:
        return ReadQuoted();
      case kLineEnd:
        if (depth_ == 0) return Stop();
        ++at_;
        ++line_;
        break;
      case kComment:
        SkipComment();
        break;
      case kOpen:
        OpenParenthesis();
        break;
      case kClose:
        if (!CloseParenthesis()) return Stop();
        break;
    }
  }
}

// A word ends at a blank, a line end, a comment or a parenthesis; a backslash takes the next octet's meaning
// away, but not a line end's: a stray backslash must not join two entries.
void TextTokens::ReadWord() {
  token_ = {.begin = at_};
  for (;;) {
    at_ = EndOfPlainWord(at_, end_);
    if (at_ == end_) break;
    if (*at_ == '\\') {
      token_.escaped = true;
      ++at_;
      if (at_ != end_ && *at_ != '\n') ++at_;
    } else if (*at_ == '"') {
      token_.pair = true;
      if (!SkipQuoted()) return Stop();
    } else {
      break;
    }
  }
  token_.end = at_;
  has_token_ = true;
  if (at_ == end_ && !complete_) Stop();
}

void TextTokens::ReadQuoted() {
  token_ = {.begin = at_ + 1, .quoted = true};
  if (!SkipQuoted()) return Stop();
  token_.end = at_ - 1;
  has_token_ = true;
}

// From a quote behind the one that closes it; false, at the line end, when none does. A newline does not
// belong into quotes: a forgotten quote would swallow the rest of the file.
bool TextTokens::SkipQuoted() {
  const char* const open = at_++;
  for (; at_ != end_ && *at_ != '\n'; ++at_) {
    if (*at_ == '"') {
      ++at_;
      return true;
    }
    if (*at_ == '\\') {
      token_.escaped = true;
      if (at_ + 1 != end_ && at_[1] != '\n') ++at_;
    }
  }
  if (at_ == end_ && !complete_) return false;
  return Fail(open, "the quoted string is not closed on its line; a line end is written \\010");
}

// No further token in this entry.
void TextTokens::Stop() {
  has_token_ = false;
  if (at_ != end_ || failed()) return;
  if (!complete_) {
    starved_ = true;
  } else if (depth_ > 0) {
    Fail(open_, "the parenthesis is never closed");
  }
}

void TextTokens::SkipComment() {
  const void* line_end = std::memchr(at_, '\n', static_cast<size_t>(end_ - at_));
  at_ = line_end == nullptr ? end_ : static_cast<const char*>(line_end);
}

void TextTokens::OpenParenthesis() {
  if (depth_++ == 0) open_ = at_;
  ++at_;
}

bool TextTokens::CloseParenthesis() {
  if (depth_ == 0) return Fail(at_, "this parenthesis closes none that is open");
  --depth_;
  ++at_;
  return true;
}

void TextTokens::FinishEntry() {
  if (!has_token_ && failure_.empty()) return StepOverLineEnd();
  const std::string failure =
      std::move(failure_);  // skipping may meet further mistakes: one entry, one failure
  const char* const failed_at = failed_at_;
  SkipToLineEnd();
  failure_ = failure;
  failed_at_ = failed_at;
  if (starved_) return;
  if (depth_ > 0) return AbandonEntry();
  StepOverLineEnd();
}

// Moves to the line end outside of parentheses, over whatever stops the tokens before it.
void TextTokens::SkipToLineEnd() {
  for (;;) {
    failure_.clear();
    while (has_token_) Advance();
    if (starved_ || at_ == end_ || (depth_ == 0 && *at_ == '\n')) return;
    StepOverLineEnd();
    has_token_ = true;
  }
}

void TextTokens::AbandonEntry() {
  at_ = entry_begin_;
  line_ = entry_line_;
  depth_ = 0;
  has_token_ = false;
  starved_ = false;
  SkipComment();
  StepOverLineEnd();
}

void TextTokens::StepOverLineEnd() {
  if (at_ == end_) return;
  if (*at_++ == '\n') ++line_;
}

bool TextTokens::Fail(const char* at, std::string text) {
  if (failure_.empty() && !starved_) {  // what looks missing may only not be read yet
    failed_at_ = at;
    failure_ = std::move(text);
  }
  return false;
}

TextTokens::Position TextTokens::Locate(const char* at) const {
  Position position{.line = entry_line_};
  if (line_ == entry_line_) {  // nearly always
    position.column = static_cast<uint32_t>(at - entry_begin_) + 1;
    return position;
  }
  const char* line_begin = entry_begin_;
  for (const char* c = entry_begin_; c < at; ++c) {
    if (*c != '\n') continue;
    ++position.line;
    line_begin = c + 1;
  }
  position.column = static_cast<uint32_t>(at - line_begin) + 1;
  return position;
}

std::string Quote(std::string_view text) {
  constexpr size_t kShown = 40;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kShown)) {
    if (c >= ' ' && c <= '~') {
      quoted += c;
    } else {
      AppendEscape(static_cast<uint8_t>(c), quoted);
    }
  }
  return quoted + (text.size() > kShown ? "...\"" : "\"");
}

bool ReadOctet(std::string_view text, size_t& i, uint8_t& octet) {
  octet = static_cast<uint8_t>(text[i++]);
  if (octet != '\\') return true;
  if (i == text.size()) return false;
  if (!IsDigit(text[i])) {
    octet = static_cast<uint8_t>(text[i++]);
    return true;
  }
  if (text.size() - i < 3 || !IsDigit(text[i + 1]) || !IsDigit(text[i + 2])) return false;
  const int value = (text[i] - '0') * 100 + (text[i + 1] - '0') * 10 + (text[i + 2] - '0');
  if (value > 255) return false;
  octet = static_cast<uint8_t>(value);
  i += 3;
  return true;
}

void AppendQuoted(std::string_view octets, std::string& out) {
  out += '"';
  for (const char c : octets) {
    if (c < ' ' || c > '~') {
      AppendEscape(static_cast<uint8_t>(c), out);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

}  // namespace cairn
