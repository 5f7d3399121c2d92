// The text of LOC (RFC 1876 section 3), in whole thousandths of an arc second and centimetres: no floating
// point, so what is printed reads back to the same octets.
//
//   d1 [m1 [s1]] N|S d2 [m2 [s2]] E|W alt["m"] [size["m"] [horizontal["m"] [vertical["m"]]]]
#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "common/base/bytes.h"
#include "common/dns/rdata_text_reader.h"
#include "fmt/format.h"

namespace cairn {
namespace {

constexpr uint32_t kEquator = 1u << 31;         // and the prime meridian
constexpr uint64_t kAltitudeBase = 10'000'000;  // centimetres below the reference spheroid
constexpr uint32_t kThousandthsPerDegree = 3'600'000;

// A decimal number in units of 10^-decimals: "12.5" with 3 decimals is 12500.
std::optional<uint64_t> FixedPoint(std::string_view text, size_t decimals, uint64_t most) {
  const size_t point = text.find('.');
  uint64_t value = 0;
  if (!NumberFromText(text.substr(0, point), most, value)) return std::nullopt;
  const std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  if (fraction.size() > decimals || (point != std::string_view::npos && fraction.empty()))
    return std::nullopt;
  for (size_t i = 0; i < decimals; ++i) {
    const char digit = i < fraction.size() ? fraction[i] : '0';
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(digit - '0');
  }
  return value <= most ? std::optional(value) : std::nullopt;
}

bool IsLetter(const Token& token, char letter) {
  return token.size() == 1 && (*token.begin & ~0x20) == letter;
}

// Degrees, then minutes and seconds if they are there, then one of two letters; `positive` is north or east.
bool ReadAngle(RdataTextReader& in, uint32_t most_degrees, char positive, char negative) {
  static constexpr std::array<std::string_view, 3> kExpected = {
      "degrees", "minutes from 0 to 59, or the direction", "seconds from 0 to 59.999, or the direction"};
  static constexpr std::array<uint64_t, 3> kUnit = {kThousandthsPerDegree, 60'000, 1};
  uint64_t angle = 0;
  Token token;
  for (size_t part = 0;; ++part) {
    if (!in.Take(token)) return false;
    const bool is_positive = IsLetter(token, positive);
    if (part > 0 && (is_positive || IsLetter(token, negative))) {
      if (angle > uint64_t{most_degrees} * kThousandthsPerDegree) {
        return in.Bad(token, fmt::format("at most {} degrees before it", most_degrees));
      }
      const uint32_t offset = static_cast<uint32_t>(angle);
      in.out.PutU32(is_positive ? kEquator + offset : kEquator - offset);
      return true;
    }
    if (part == 3) return in.Bad(token, fmt::format("{} or {}", positive, negative));
    const std::optional<uint64_t> value = part == 2
                                              ? FixedPoint(token.text(), 3, 59'999)
                                              : FixedPoint(token.text(), 0, part == 0 ? most_degrees : 59);
    if (!value) {
      return in.Bad(token, part == 0 ? fmt::format("degrees from 0 to {}", most_degrees)
                                     : std::string(kExpected[part]));
    }
    angle += *value * kUnit[part];
  }
}

std::string_view WithoutMetreSign(std::string_view text) {
  return !text.empty() && (text.back() | 0x20) == 'm' ? text.substr(0, text.size() - 1) : text;
}

bool ReadAltitude(RdataTextReader& in) {
  Token token;
  if (!in.Take(token)) return false;
  std::string_view text = WithoutMetreSign(token.text());
  const bool below = !text.empty() && text.front() == '-';
  if (below) text.remove_prefix(1);
  const std::optional<uint64_t> centimetres =
      FixedPoint(text, 2, below ? kAltitudeBase : 0xffffffff - kAltitudeBase);
  if (!centimetres) return in.Bad(token, "an altitude from -100000.00m to 42849672.95m");
  in.out.PutU32(static_cast<uint32_t>(below ? kAltitudeBase - *centimetres : kAltitudeBase + *centimetres));
  return true;
}

// Centimetres as one digit and a power of ten; what lies below that digit is lost (RFC 1876 section 2).
uint8_t EncodeSize(uint64_t centimetres) {
  uint8_t exponent = 0;
  for (; centimetres >= 10; centimetres /= 10) ++exponent;
  return static_cast<uint8_t>(centimetres << 4 | exponent);
}

bool ReadSize(RdataTextReader& in, size_t at) {
  Token token;
  if (!in.Take(token)) return false;
  const std::optional<uint64_t> centimetres = FixedPoint(WithoutMetreSign(token.text()), 2, 9'000'000'000);
  if (!centimetres) return in.Bad(token, "a size from 0 to 90000000.00m");
  in.out.Set(at, EncodeSize(*centimetres));
  return true;
}

bool AppendAngle(uint32_t value, uint32_t most_degrees, char positive, char negative, std::string& out) {
  const uint32_t angle = value >= kEquator ? value - kEquator : kEquator - value;
  if (angle > most_degrees * kThousandthsPerDegree) return false;
  fmt::format_to(std::back_inserter(out), "{} {} {}.{:03} {} ", angle / kThousandthsPerDegree,
                 angle / 60'000 % 60, angle / 1000 % 60, angle % 1000,
                 value >= kEquator ? positive : negative);
  return true;
}

bool AppendSize(uint8_t size, std::string& out) {
  uint64_t centimetres = size >> 4;
  const int exponent = size & 15;
  if (centimetres > 9 || exponent > 9 || (centimetres == 0 && exponent != 0)) return false;
  for (int i = 0; i < exponent; ++i) centimetres *= 10;
  fmt::format_to(std::back_inserter(out), " {}.{:02}m", centimetres / 100, centimetres % 100);
  return true;
}

}  // namespace

bool ReadLocText(RdataTextReader& in) {
  // Version, then size and precisions with their defaults: 1 m, 10 km, 10 m.
  const size_t start = in.out.size();
  static constexpr uint8_t kVersionAndDefaults[] = {0x00, 0x12, 0x16, 0x13};
  in.out.Put(kVersionAndDefaults);
  if (!ReadAngle(in, 90, 'N', 'S') || !ReadAngle(in, 180, 'E', 'W') || !ReadAltitude(in)) return false;
  for (size_t at = start + 1; at < start + 4 && in.tokens.has_token(); ++at) {
    if (!ReadSize(in, at)) return false;
  }
  return true;
}

bool AppendLocText(ByteView location, std::string& out) {
  if (location[0] != 0) return false;
  if (!AppendAngle(LoadU32(&location[4]), 90, 'N', 'S', out)) return false;
  if (!AppendAngle(LoadU32(&location[8]), 180, 'E', 'W', out)) return false;
  const uint64_t altitude = LoadU32(&location[12]);
  const bool below = altitude < kAltitudeBase;
  const uint64_t centimetres = below ? kAltitudeBase - altitude : altitude - kAltitudeBase;
  fmt::format_to(std::back_inserter(out), "{}{}.{:02}m", below ? "-" : "", centimetres / 100,
                 centimetres % 100);
  return std::ranges::all_of(location.subspan(1, 3), [&out](uint8_t size) { return AppendSize(size, out); });
}

}  // namespace cairn
