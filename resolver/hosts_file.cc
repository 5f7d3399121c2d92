#include "resolver/hosts_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/status.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// The words of one line and where each begins.
struct Word {
  std::string_view text;
  uint32_t column = 0;
};

std::vector<Word> WordsOf(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<Word> words;
  constexpr std::string_view kBlanks = " \t\r";
  for (size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    words.push_back({line.substr(at, end - at), static_cast<uint32_t>(at + 1)});
    at = line.find_first_not_of(kBlanks, end);
  }
  return words;
}

// Entries in the order of the file, one for each name.
class Table {
 public:
  Table(const std::string& file_name, Complaints& complaints)
      : file_name_(file_name), complaints_(complaints) {}

  void AddLine(uint32_t number, std::string_view line) {
    const std::vector<Word> words = WordsOf(line);
    if (words.empty()) return;
    const absl::StatusOr<IpAddress> address = IpAddress::FromText(words[0].text);
    if (!address.ok()) return Warn(number, words[0], std::string(ErrorText(address.status())));
    if (words.size() == 1) return Warn(number, words[0], "an address without a name");
    for (size_t i = 1; i < words.size(); ++i) {
      absl::StatusOr<Name> name = Name::FromText(words[i].text);
      if (!name.ok()) {
        Warn(number, words[i], std::string(ErrorText(name.status())));
        continue;
      }
      AddAddress(*name, *address);
      if (i == 1) AddPointer(*address, *std::move(name));
    }
  }

  std::vector<HostEntry> Take() { return std::move(entries_); }

 private:
  HostEntry& EntryOf(const Name& name) {
    const auto [at, added] = index_.try_emplace(name, entries_.size());
    if (added) entries_.push_back({.name = name, .addresses = {}, .pointers = {}});
    return entries_[at->second];
  }
  void AddAddress(const Name& name, const IpAddress& address) {
    std::vector<IpAddress>& addresses = EntryOf(name).addresses;
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  void AddPointer(const IpAddress& address, Name name) {
    std::vector<Name>& pointers = EntryOf(ReverseName(address)).pointers;
    if (pointers.empty()) pointers.push_back(std::move(name));
  }
  void Warn(uint32_t line, const Word& word, std::string text) {
    complaints_.push_back({.severity = Severity::kWarning,
                           .where = {.file = file_name_, .line = line, .column = word.column},
                           .text = fmt::format("\"{}\" is left out: {}", word.text, text)});
  }

  const std::string& file_name_;
  Complaints& complaints_;
  std::vector<HostEntry> entries_;
  absl::flat_hash_map<Name, size_t, NameHash, NameEq> index_;
};

}  // namespace

std::vector<HostEntry> ReadHostsText(std::string_view text, const std::string& file_name,
                                     Complaints& complaints) {
  Table table(file_name, complaints);
  uint32_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    table.AddLine(++number, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return table.Take();
}

std::vector<HostEntry> ReadHostsFile(const std::string& path, Complaints& complaints) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (std::filesystem::is_directory(path)) errno = EISDIR, file.setstate(std::ios::failbit);
  if (file) text << file.rdbuf();
  if (!file) {
    complaints.push_back(
        {.where = {.file = path},
         .text = fmt::format("hosts-file: cannot read it: {}", std::generic_category().message(errno))});
    return {};
  }
  return ReadHostsText(text.str(), path, complaints);
}

Name ReverseName(const IpAddress& address) {
  const ByteView octets = address.octets();
  std::string text;
  for (size_t i = octets.size(); i-- > 0;) {
    if (address.is_v6()) {
      fmt::format_to(std::back_inserter(text), "{:x}.{:x}.", octets[i] & 15, octets[i] >> 4);
    } else {
      fmt::format_to(std::back_inserter(text), "{}.", octets[i]);
    }
  }
  return Name::Literal(text + (address.is_v6() ? "ip6.arpa." : "in-addr.arpa."));
}

}  // namespace cairn
