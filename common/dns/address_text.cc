#include "common/dns/address_text.h"

#include <cstddef>
#include <cstring>
#include <iterator>

#include "common/base/bytes.h"
#include "fmt/format.h"

namespace cairn {
namespace {

constexpr int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The longest run of two or more zero groups, the first of equals (RFC 5952 section 4.2).
struct ZeroRun {
  int begin = -1;
  int length = 1;
};
ZeroRun LongestZeroRun(const uint8_t* address) {
  ZeroRun longest;
  for (int begin = 0; begin < 8;) {
    int end = begin;
    while (end < 8 && LoadU16(address + 2 * end) == 0) ++end;
    if (end - begin > longest.length) longest = {begin, end - begin};
    begin = end + 1;
  }
  return longest;
}

// ::ffff:0:0/96 is read best with its IPv4 part in decimal (RFC 5952 section 5).
bool IsIp4Mapped(const uint8_t* address) {
  static constexpr uint8_t kPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(address, kPrefix, sizeof kPrefix) == 0;
}

}  // namespace

bool Ip4FromText(std::string_view text, uint8_t* out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int part = 0; part < 4; ++part) {
    if (part != 0 && (at == end || *at++ != '.')) return false;
    const char* const begin = at;
    unsigned value = 0;
    while (at != end && *at >= '0' && *at <= '9' && at - begin < 3)
      value = value * 10 + static_cast<unsigned>(*at++ - '0');
    if (at == begin || value > 255 || (*begin == '0' && at - begin > 1)) return false;
    out[part] = static_cast<uint8_t>(value);
  }
  return at == end;
}

bool Ip6FromText(std::string_view text, uint8_t* out) {
  uint8_t octets[16] = {};
  size_t count = 0;                // octets stored
  size_t gap = sizeof octets + 1;  // where "::" stood
  size_t i = 0;
  if (text.substr(0, 2) == "::") {
    gap = 0;
    i = 2;
  }
  while (i < text.size()) {
    if (count == 16) return false;
    const size_t begin = i;
    unsigned value = 0;
    int digit = 0;
    while (i < text.size() && i - begin < 4 && (digit = HexDigit(text[i])) >= 0) {
      value = value << 4 | static_cast<unsigned>(digit);
      ++i;
    }
    if (i < text.size() && text[i] == '.') {  // an IPv4 tail
      if (count > 12 || !Ip4FromText(text.substr(begin), octets + count)) return false;
      count += 4;
      break;
    }
    if (i == begin) return false;
    StoreU16(octets + count, static_cast<uint16_t>(value));
    count += 2;
    if (i == text.size()) break;
    if (text[i++] != ':' || i == text.size()) return false;
    if (text[i] == ':') {
      if (gap <= sizeof octets) return false;
      gap = count;
      ++i;
    }
  }
  if (gap > sizeof octets) {
    if (count != sizeof octets) return false;
    std::memcpy(out, octets, sizeof octets);
    return true;
  }
  if (count > 14) return false;  // "::" stands for at least one group
  std::memset(out, 0, sizeof octets);
  std::memcpy(out, octets, gap);
  std::memcpy(out + sizeof octets - (count - gap), octets + gap, count - gap);
  return true;
}

void AppendIp4(const uint8_t* address, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}.{}.{}.{}", address[0], address[1], address[2], address[3]);
}

void AppendIp6(const uint8_t* address, std::string& out) {
  if (IsIp4Mapped(address)) {
    out += "::ffff:";
    return AppendIp4(address + 12, out);
  }
  const ZeroRun zeros = LongestZeroRun(address);
  for (int group = 0; group < 8; ++group) {
    if (group == zeros.begin) {
      out += "::";
      group += zeros.length - 1;
      continue;
    }
    if (group != 0 && out.back() != ':') out += ':';
    fmt::format_to(std::back_inserter(out), "{:x}", LoadU16(address + 2 * group));
  }
}

}  // namespace cairn
