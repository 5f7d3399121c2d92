#include "common/zonefile/text_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/limits.h"
#include "common/base/status.h"

namespace cairn {
namespace {

// Read at once: what the second-level cache holds.
constexpr size_t kReadOctets = 256 << 10;
constexpr size_t kWindowOctets = limits::kZoneEntryOctets + kReadOctets;

// Some editors put a byte order mark in front of UTF-8.
std::string_view WithoutByteOrderMark(std::string_view text) {
  return text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text;
}

}  // namespace

TextSource TextSource::OfText(std::string_view text) {
  TextSource source;
  source.tokens = TextTokens(WithoutByteOrderMark(text));
  return source;
}

absl::StatusOr<TextSource> TextSource::OfFile(const std::string& path) {
  TextSource source;
  source.file_.reset(std::fopen(path.c_str(), "rbe"));
  if (source.file_ == nullptr) return Err(absl::ErrnoToStatusCode(errno), std::strerror(errno));
  std::setvbuf(source.file_.get(), nullptr, _IONBF, 0);
  source.window_.reset(new char[kWindowOctets]);
  source.ReadBehind(0);
  if (std::string error = source.TakeReadError(); !error.empty()) return InvalidArgument(error);
  return source;
}

bool TextSource::Refill() {
  const char* const begin = tokens.entry_begin();
  const size_t kept = static_cast<size_t>(tokens.text_end() - begin);
  if (kept > limits::kZoneEntryOctets) return false;
  std::memmove(window_.get(), begin, kept);
  ReadBehind(kept);
  return true;
}

void TextSource::ReadBehind(size_t kept) {
  const bool first = tokens.entry_begin() == nullptr;
  const size_t wanted = std::min(kReadOctets, kWindowOctets - kept);
  const size_t got = std::fread(window_.get() + kept, 1, wanted, file_.get());
  if (std::ferror(file_.get()) != 0) read_error_ = std::strerror(errno);
  std::string_view text(window_.get(), kept + got);
  if (first) text = WithoutByteOrderMark(text);
  tokens = TextTokens(text, first ? 1 : tokens.entry_line(), /*complete=*/got < wanted);
}

std::string TextSource::TakeReadError() { return std::exchange(read_error_, {}); }

}  // namespace cairn
