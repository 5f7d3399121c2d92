// Text for the tokens of one zone file: either all of it in memory, or a window that moves along a file, so
// that a zone of gigabytes is read in constant memory. Files are read, not mapped: an editor that truncates a
// mapped file kills its reader.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/dns/text_tokens.h"

namespace cairn {

class TextSource {
 public:
  static TextSource OfText(std::string_view text);
  // The error is the system's: "No such file or directory".
  static absl::StatusOr<TextSource> OfFile(const std::string& path);

  TextTokens tokens;

  // After the tokens starved: more text behind the entry they are at, and the entry's start again. False when
  // the entry already fills the window (limits::kZoneEntryOctets).
  bool Refill();
  // Reading failed on the way: the system's error, once.
  std::string TakeReadError();

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  TextSource() = default;
  void ReadBehind(size_t kept);

  std::unique_ptr<std::FILE, CloseFile> file_;
  std::unique_ptr<char[]> window_;
  std::string read_error_;
};

}  // namespace cairn
