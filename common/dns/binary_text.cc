#include "common/dns/binary_text.h"

#include <array>

namespace cairn {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";
constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kBase32HexDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
constexpr uint8_t kForeign = 0xff;

using DigitValues = std::array<uint8_t, 256>;

constexpr DigitValues ValuesOf(std::string_view digits, bool any_case) {
  DigitValues values{};
  for (uint8_t& value : values) value = kForeign;
  for (size_t i = 0; i < digits.size(); ++i) {
    const uint8_t digit = static_cast<uint8_t>(digits[i]);
    values[digit] = static_cast<uint8_t>(i);
    if (any_case && digit >= 'A' && digit <= 'Z') values[digit + 32u] = static_cast<uint8_t>(i);
  }
  return values;
}
constexpr DigitValues kHexValues = ValuesOf(kHexDigits, true);
constexpr DigitValues kBase64Values = ValuesOf(kBase64Digits, false);
constexpr DigitValues kBase32HexValues = ValuesOf(kBase32HexDigits, true);

uint8_t ValueOf(const DigitValues& values, char digit) { return values[static_cast<uint8_t>(digit)]; }

}  // namespace

bool HexReader::Add(std::string_view digits) {
  for (const char digit : digits) {
    const uint8_t value = ValueOf(kHexValues, digit);
    if (value == kForeign) return false;
    if (half_) out_.PutU8(static_cast<uint8_t>(high_ << 4 | value));
    high_ = value;
    half_ = !half_;
  }
  return true;
}

bool Base64Reader::Add(std::string_view digits) {
  size_t i = 0;
  while (i < digits.size()) {
    // Whole groups, the usual case.
    while (count_ == 0 && padding_ == 0 && digits.size() - i >= 4) {
      const uint32_t a = ValueOf(kBase64Values, digits[i]), b = ValueOf(kBase64Values, digits[i + 1]);
      const uint32_t c = ValueOf(kBase64Values, digits[i + 2]), d = ValueOf(kBase64Values, digits[i + 3]);
      if ((a | b | c | d) > 63) break;
      const uint32_t group = a << 18 | b << 12 | c << 6 | d;
      const uint8_t octets[3] = {static_cast<uint8_t>(group >> 16), static_cast<uint8_t>(group >> 8),
                                 static_cast<uint8_t>(group)};
      out_.Put(octets);
      i += 4;
    }
    if (i == digits.size()) break;
    const char digit = digits[i++];
    if (digit == '=') {
      if (count_ < 2) return false;
      ++padding_;
    } else {
      const uint8_t value = ValueOf(kBase64Values, digit);
      if (value == kForeign || padding_ != 0) return false;
      group_ = group_ << 6 | value;
    }
    if (++count_ < 4) continue;
    const uint32_t group = group_ << 6 * padding_;
    out_.PutU8(static_cast<uint8_t>(group >> 16));
    if (padding_ < 2) out_.PutU8(static_cast<uint8_t>(group >> 8));
    if (padding_ < 1) out_.PutU8(static_cast<uint8_t>(group));
    group_ = 0;
    count_ = 0;
  }
  return true;
}

bool ReadBase32Hex(std::string_view digits, RdataBuffer& out) {
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char digit : digits) {
    const uint8_t value = ValueOf(kBase32HexValues, digit);
    if (value == kForeign) return false;
    bits = bits << 5 | value;
    bit_count += 5;
    if (bit_count < 8) continue;
    bit_count -= 8;
    out.PutU8(static_cast<uint8_t>(bits >> bit_count));
  }
  return bit_count < 5;  // a digit more than the octets need
}

void AppendHex(ByteView octets, std::string& out) {
  for (const uint8_t octet : octets) {
    out += kHexDigits[octet >> 4];
    out += kHexDigits[octet & 15];
  }
}

void AppendBase64(ByteView octets, std::string& out) {
  for (size_t i = 0; i < octets.size(); i += 3) {
    const size_t count = std::min<size_t>(3, octets.size() - i);
    uint32_t group = uint32_t{octets[i]} << 16;
    if (count > 1) group |= uint32_t{octets[i + 1]} << 8;
    if (count > 2) group |= octets[i + 2];
    out += kBase64Digits[group >> 18];
    out += kBase64Digits[group >> 12 & 63];
    out += count > 1 ? kBase64Digits[group >> 6 & 63] : '=';
    out += count > 2 ? kBase64Digits[group & 63] : '=';
  }
}

void AppendBase32Hex(ByteView octets, std::string& out) {
  uint32_t bits = 0;
  int bit_count = 0;
  for (const uint8_t octet : octets) {
    bits = bits << 8 | octet;
    bit_count += 8;
    while (bit_count >= 5) {
      bit_count -= 5;
      out += kBase32HexDigits[bits >> bit_count & 31];
    }
  }
  if (bit_count > 0) out += kBase32HexDigits[bits << (5 - bit_count) & 31];
}

}  // namespace cairn
