#include "authoritative/zone_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "common/base/status.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".zone";
constexpr std::string_view kRootWord = "@";

bool IsPlain(uint8_t octet) {
  return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-' || octet == '_';
}

std::optional<uint8_t> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

// One label's text; nullopt when a "%" does not lead two hexadecimal digits.
std::optional<std::string> LabelOf(std::string_view text) {
  std::string label;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      label += text[i];
      continue;
    }
    const auto high = i + 1 < text.size() ? HexDigit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? HexDigit(text[i + 2]) : std::nullopt;
    if (!high || !low) return std::nullopt;
    label += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  return label;
}

// The words of one line, and the column where each begins.
struct Word {
  std::string_view text;
  uint32_t column = 0;
};
std::vector<Word> WordsOf(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  line = line.substr(0, line.find('#'));
  std::vector<Word> words;
  for (size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos;
       at = line.find_first_not_of(kBlanks, at)) {
    const std::string_view text = line.substr(at, line.find_first_of(kBlanks, at) - at);
    words.push_back({.text = text, .column = static_cast<uint32_t>(at) + 1});
    at += text.size();
  }
  return words;
}

}  // namespace

std::string FileWordOf(NameView apex) {
  if (apex.IsRoot()) return std::string(kRootWord);
  const Name lower = Name(apex).ToLower();
  std::string word;
  for (NameView rest = lower; !rest.IsRoot(); rest = rest.Parent()) {
    if (!word.empty()) word += '.';
    for (const uint8_t octet : rest.FirstLabel())
      word += IsPlain(octet) ? std::string(1, static_cast<char>(octet)) : fmt::format("%{:02x}", octet);
  }
  return word;
}

absl::StatusOr<Name> ApexOfFileWord(std::string_view word) {
  if (word == kRootWord) return Name();
  std::vector<uint8_t> wire;
  std::string_view rest = word;
  while (true) {
    const size_t dot = rest.find('.');
    const std::optional<std::string> label = LabelOf(rest.substr(0, dot));
    if (!label)
      return InvalidArgument(fmt::format("\"{}\": after % two hexadecimal digits are expected", word));
    if (label->empty()) return InvalidArgument(fmt::format("\"{}\" has an empty label", word));
    if (label->size() > kMaxLabelOctets) {
      return InvalidArgument(
          fmt::format("\"{}\" has a label of {} octets, more than {} (RFC 1035 section 2.3.4)", word,
                      label->size(), kMaxLabelOctets));
    }
    wire.push_back(static_cast<uint8_t>(label->size()));
    wire.insert(wire.end(), label->begin(), label->end());
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  wire.push_back(0);
  std::optional<Name> name = Name::FromWire(wire);
  if (!name) {
    return InvalidArgument(fmt::format("\"{}\" is a name of {} octets, more than {} (RFC 1035 section 2.3.4)",
                                       word, wire.size(), kMaxNameOctets));
  }
  return *std::move(name);
}

std::string ExpandPattern(std::string_view pattern, NameView apex) {
  std::string path;
  for (size_t at = pattern.find("%s"); at != std::string_view::npos; at = pattern.find("%s")) {
    path += pattern.substr(0, at);
    path += FileWordOf(apex);
    pattern.remove_prefix(at + 2);
  }
  return path += pattern;
}

std::vector<FoundZone> ZonesOfFolder(const std::string& folder, const TextPosition& named_at,
                                     Complaints& complaints) {
  std::vector<FoundZone> zones;
  std::error_code failure;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    const std::string file = it->path().filename().string();
    std::error_code unknown;
    if (file.starts_with('.') || !file.ends_with(kEnding) || it->is_directory(unknown)) continue;
    FoundZone zone{.name = {}, .file = it->path().string(), .where = {.file = it->path().string()}};
    absl::StatusOr<Name> name =
        ApexOfFileWord(std::string_view(file).substr(0, file.size() - kEnding.size()));
    if (name.ok()) {
      zone.name = *std::move(name);
      zones.push_back(std::move(zone));
    } else {
      complaints.push_back(
          {Severity::kWarning, std::move(zone.where),
           fmt::format("passed over, its name is not a zone's: {}", ErrorText(name.status()))});
    }
  }
  if (failure) {
    complaints.push_back({Severity::kError, named_at,
                          fmt::format("cannot read the folder of zones {}: {}", folder, failure.message())});
  }
  std::ranges::sort(zones, {}, &FoundZone::file);  // folders have no order of their own
  return zones;
}

std::vector<FoundZone> ZonesOfList(const std::string& path, const TextPosition& named_at,
                                   Complaints& complaints) {
  std::vector<FoundZone> zones;
  std::ifstream input(path);
  if (!input) {
    complaints.push_back({Severity::kError, named_at,
                          fmt::format("cannot read the list of zones {}: {}", path, std::strerror(errno))});
    return zones;
  }
  const fs::path folder = fs::path(path).parent_path();
  std::string line;
  for (uint32_t number = 1; std::getline(input, line); ++number) {
    const std::vector<Word> words = WordsOf(line);
    if (words.empty()) continue;
    const auto complain = [&](const Word& word, std::string text) {
      complaints.push_back({Severity::kError, {path, number, word.column}, std::move(text)});
    };
    if (words.size() > 2) {
      complain(words[2],
               fmt::format("\"{}\" is one word too many; a line is NAME or NAME FILE", words[2].text));
      continue;
    }
    absl::StatusOr<Name> name = Name::FromText(words[0].text);
    if (!name.ok()) {
      complain(words[0], std::string(ErrorText(name.status())));
      continue;
    }
    FoundZone zone{.name = *std::move(name), .file = {}, .where = {path, number, words[0].column}};
    if (words.size() == 2) zone.file = (folder / words[1].text).string();
    zones.push_back(std::move(zone));
  }
  // Half a list would take the zones of the other half out of service.
  if (input.bad()) {
    complaints.push_back({Severity::kError, named_at,
                          fmt::format("cannot read the list of zones {} to its end: is it a file?", path)});
  }
  return zones;
}

}  // namespace cairn
