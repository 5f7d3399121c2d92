#include "common/dns/rr_types.h"

#include <charconv>
#include <iterator>

#include "fmt/format.h"

namespace cairn {
namespace {

constexpr uint16_t kDenseTypes = 265;  // the registry is dense below, and has two types far above
constexpr size_t kRows = std::size(kRrTypes);
constexpr uint8_t kNoRow = 0xff;
static_assert(kRows < kNoRow);

// Row by type number.
constexpr std::array<uint8_t, kDenseTypes> kRowOfType = [] {
  std::array<uint8_t, kDenseTypes> rows{};
  for (uint8_t& row : rows) row = kNoRow;
  for (uint8_t row = 0; row < kRows; ++row) {
    if (kRrTypes[row].type.value < kDenseTypes) rows[kRrTypes[row].type.value] = row;
  }
  return rows;
}();

constexpr char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// FNV-1a over the upper-cased text.
constexpr uint32_t MnemonicHash(std::string_view text) {
  uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(ToUpper(c))) * 16777619u;
  return hash ^ hash >> 15;
}

// Row by mnemonic: open addressing, built by the compiler.
constexpr size_t kSlots = 512;
constexpr std::array<uint8_t, kSlots> kRowOfMnemonic = [] {
  std::array<uint8_t, kSlots> slots{};
  for (uint8_t& slot : slots) slot = kNoRow;
  for (uint8_t row = 0; row < kRows; ++row) {
    size_t slot = MnemonicHash(kRrTypes[row].mnemonic) % kSlots;
    while (slots[slot] != kNoRow) slot = (slot + 1) % kSlots;
    slots[slot] = row;
  }
  return slots;
}();

bool EqualsIgnoringCase(std::string_view text, std::string_view upper) {
  if (text.size() != upper.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (ToUpper(text[i]) != upper[i]) return false;
  }
  return true;
}

constexpr size_t kLongestMnemonic = 10;  // NSEC3PARAM, OPENPGPKEY

}  // namespace

const RrTypeInfo& InfoOf(RrType type) {
  if (type.value < kDenseTypes) {
    const uint8_t row = kRowOfType[type.value];
    return row == kNoRow ? rr_table::kBlob : kRrTypes[row];
  }
  for (const RrTypeInfo& info : std::span(kRrTypes).last(2)) {
    if (info.type == type) return info;
  }
  return rr_table::kBlob;
}

std::string RrType::ToText() const {
  const RrTypeInfo& info = InfoOf(*this);
  return info.mnemonic.empty() ? fmt::format("TYPE{}", value) : std::string(info.mnemonic);
}

std::optional<RrType> RrType::FromText(std::string_view text) {
  if (text.size() <= kLongestMnemonic) {
    for (size_t slot = MnemonicHash(text) % kSlots; kRowOfMnemonic[slot] != kNoRow;
         slot = (slot + 1) % kSlots) {
      const RrTypeInfo& info = kRrTypes[kRowOfMnemonic[slot]];
      if (EqualsIgnoringCase(text, info.mnemonic)) return info.type;
    }
  }
  if (text.size() < 5 || text.size() > 9 || !EqualsIgnoringCase(text.substr(0, 4), "TYPE"))
    return std::nullopt;
  uint16_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 4, end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return RrType{number};
}

}  // namespace cairn
