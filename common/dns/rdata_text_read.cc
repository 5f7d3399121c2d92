// RDATA from text: one reader per kind of field, and the loop over the fields of a type.
#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <string>

#include "absl/container/inlined_vector.h"
#include "common/base/status.h"
#include "common/dns/address_text.h"
#include "common/dns/binary_text.h"
#include "common/dns/rdata.h"
#include "common/dns/rdata_fields.h"
#include "common/dns/rdata_text.h"
#include "common/dns/rdata_text_reader.h"
#include "common/dns/rr_types.h"
#include "fmt/format.h"

namespace cairn {

// --- What all field readers share

std::string RdataTextReader::FieldTitle() const { return fmt::format("{} {}", type.ToText(), field_name); }

bool RdataTextReader::Take(Token& token) {
  if (!tokens.has_token()) {
    return tokens.Fail(tokens.end_of_last(), fmt::format("{} is missing", FieldTitle()));
  }
  token = tokens.token();
  tokens.Advance();
  return !token.pair || Bad(token, "no quote inside of a word: quotes go around the whole string");
}

bool RdataTextReader::Bad(const Token& token, std::string_view expected) {
  return tokens.Fail(token.begin,
                     fmt::format("{} {}: expected {}", FieldTitle(), Quote(token.text()), expected));
}

bool RdataTextReader::BadField(std::string_view what) {
  return tokens.Fail(tokens.end_of_last(), fmt::format("{} {}", FieldTitle(), what));
}

bool NumberFromText(std::string_view text, uint64_t most, uint64_t& value) {
  if (text.empty()) return false;
  value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    if (digit > most || value > (most - digit) / 10) return false;
    value = value * 10 + digit;
  }
  return true;
}

bool RdataTextReader::Number(uint64_t most, uint64_t& value) {
  Token token;
  if (!Take(token)) return false;
  return NumberFromText(token.text(), most, value) || Bad(token, fmt::format("a number from 0 to {}", most));
}

bool RdataTextReader::Name() {
  Token token;
  if (!Take(token)) return false;
  const NameTextResult name = NameFromTextInto(token.text(), origin, out.Room());
  if (name.fault != NameTextFault::kNone) {
    return tokens.Fail(token.begin + name.position,
                       fmt::format("{}: {}", FieldTitle(), Explain(name, token.text())));
  }
  out.Took(name.octets);
  return true;
}

bool RdataTextReader::Ip4() {
  Token token;
  if (!Take(token)) return false;
  if (!Ip4FromText(token.text(), out.Room())) return Bad(token, "an IPv4 address like 192.0.2.1");
  out.Took(4);
  return true;
}

bool RdataTextReader::Ip6() {
  Token token;
  if (!Take(token)) return false;
  if (!Ip6FromText(token.text(), out.Room())) return Bad(token, "an IPv6 address like 2001:db8::1");
  out.Took(16);
  return true;
}

std::optional<uint32_t> PeriodFromText(std::string_view text) {
  constexpr uint64_t kMost = 0xffffffff;
  uint64_t total = 0;
  if (NumberFromText(text, kMost, total)) return static_cast<uint32_t>(total);
  if (text.empty()) return std::nullopt;
  total = 0;
  while (!text.empty()) {
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    uint64_t count = 0;
    if (digits == text.size() || !NumberFromText(text.substr(0, digits), kMost, count)) return std::nullopt;
    uint64_t unit = 0;
    switch (text[digits] | 0x20) {
      case 's':
        unit = 1;
        break;
      case 'm':
        unit = 60;
        break;
      case 'h':
        unit = 3600;
        break;
      case 'd':
        unit = 86400;
        break;
      case 'w':
        unit = 604800;
        break;
      default:
        return std::nullopt;
    }
    total += count * unit;
    if (total > kMost) return std::nullopt;
    text.remove_prefix(digits + 1);
  }
  return static_cast<uint32_t>(total);
}

namespace {

// --- Numbers

bool ReadNumber(RdataTextReader& in, const Field& field, uint64_t most) {
  Token token;
  if (!in.Take(token)) return false;
  uint64_t value = 0;
  if (!NumberFromText(token.text(), most, value)) {
    const std::optional<uint16_t> word =
        field.words != nullptr ? field.words->Number(token.text()) : std::nullopt;
    if (!word) {
      return in.Bad(token, fmt::format("a number from 0 to {}{}", most,
                                       field.words != nullptr ? " or its mnemonic" : ""));
    }
    value = *word;
  }
  for (int octet = static_cast<int>(std::bit_width(most)) / 8 - 1; octet >= 0; --octet) {
    in.out.PutU8(static_cast<uint8_t>(value >> 8 * octet));
  }
  return true;
}

bool ReadPeriod(RdataTextReader& in) {
  Token token;
  if (!in.Take(token)) return false;
  const std::optional<uint32_t> seconds = PeriodFromText(token.text());
  if (!seconds) return in.Bad(token, "seconds from 0 to 4294967295, or a sum like 1h30m of w, d, h, m and s");
  in.out.PutU32(*seconds);
  return true;
}

// YYYYMMDDHHmmSS, as far as 32 bits of seconds since 1970 reach: RRSIG times are serial numbers (RFC 4034
// section 3.1.5).
std::optional<uint32_t> DateFromText(std::string_view text) {
  std::array<uint64_t, 6> parts;
  static constexpr std::array<size_t, 6> kDigits = {4, 2, 2, 2, 2, 2};
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!NumberFromText(text.substr(0, kDigits[i]), 9999, parts[i])) return std::nullopt;
    text.remove_prefix(kDigits[i]);
  }
  const auto [year, month, day, hour, minute, second] = parts;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t seconds = days * 86400 + static_cast<int64_t>(hour * 3600 + minute * 60 + second);
  return seconds >= 0 && seconds <= 0xffffffff ? std::optional(static_cast<uint32_t>(seconds)) : std::nullopt;
}

bool ReadTime(RdataTextReader& in) {
  Token token;
  if (!in.Take(token)) return false;
  std::optional<uint32_t> time;
  uint64_t seconds = 0;
  if (token.size() == 14) {
    time = DateFromText(token.text());
  } else if (NumberFromText(token.text(), 0xffffffff, seconds)) {
    time = static_cast<uint32_t>(seconds);
  }
  if (!time) return in.Bad(token, "a time as YYYYMMDDHHmmSS before 2106-02-07, or seconds since 1970");
  in.out.PutU32(*time);
  return true;
}

bool ReadType(RdataTextReader& in) {
  Token token;
  if (!in.Take(token)) return false;
  const std::optional<RrType> type = RrType::FromText(token.text());
  if (!type) return in.Bad(token, "an RR type, by its mnemonic or as TYPEn");
  in.out.PutU16(type->value);
  return true;
}

// `count` hex numbers of exactly `digits` digits (`at_least` for the shortest allowed), with `separator`
// between.
bool ReadHexGroups(RdataTextReader& in, int count, int at_least, int digits, char separator,
                   std::string_view expected) {
  Token token;
  if (!in.Take(token)) return false;
  std::string_view rest = token.text();
  for (int i = 0; i < count; ++i) {
    const size_t length = std::min(rest.find(separator), rest.size());
    if (length < static_cast<size_t>(at_least) || length > static_cast<size_t>(digits))
      return in.Bad(token, expected);
    std::string padded(static_cast<size_t>(digits) - length, '0');
    padded += rest.substr(0, length);
    if (!HexReader(in.out).Add(padded)) return in.Bad(token, expected);
    const bool last = i == count - 1;
    if (last != (length == rest.size())) return in.Bad(token, expected);
    rest.remove_prefix(last ? length : length + 1);
  }
  return true;
}

// --- Strings

// Appends the octets of `token` with its escapes undone.
bool PutText(RdataTextReader& in, const Token& token) {
  const std::string_view text = token.text();
  if (!token.escaped) {
    in.out.Put(AsBytes(text));
    return true;
  }
  for (size_t i = 0; i < text.size();) {
    uint8_t octet = 0;
    const size_t escape = i;
    if (!ReadOctet(text, i, octet)) {
      return in.tokens.Fail(token.begin + escape,
                            fmt::format("bad escape {}: write \\X or \\DDD with DDD from 000 to 255",
                                        Quote(text.substr(escape, 4))));
    }
    in.out.PutU8(octet);
  }
  return true;
}

bool ReadString(RdataTextReader& in) {
  Token token;
  if (!in.Take(token)) return false;
  const size_t start = in.out.size();
  in.out.PutU8(0);
  if (!PutText(in, token)) return false;
  const size_t length = in.out.size() - start - 1;
  if (length > 255) return in.Bad(token, "at most 255 octets; write longer text as several strings");
  in.out.Set(start, static_cast<uint8_t>(length));
  return true;
}

bool ReadStrings(RdataTextReader& in) {
  do {
    if (!ReadString(in)) return false;
  } while (in.tokens.has_token());
  return true;
}

bool ReadTag(RdataTextReader& in) {
  const Token token = in.tokens.token();
  const size_t start = in.out.size();
  if (!ReadString(in)) return false;
  const ByteView tag = in.out.view().subspan(start + 1);
  const auto alphanumeric = [](uint8_t c) {
    const uint8_t lower = ToLower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
  };
  return (!tag.empty() && std::ranges::all_of(tag, alphanumeric)) || in.Bad(token, "letters and digits");
}

bool ReadText(RdataTextReader& in, const Field& field) {
  Token token;
  if (!in.Take(token)) return false;
  if (token.size() == 0 && field.empty == EmptyForm::kRefused) return in.Bad(token, "at least one octet");
  return PutText(in, token);
}

// --- Octets

// True when there is nothing to read because the blob is empty, in the form that the field allows.
bool IsEmptyBlob(RdataTextReader& in, const Field& field) {
  if (field.empty == EmptyForm::kOmitted) return !in.tokens.has_token();
  if (field.empty != EmptyForm::kDash || !in.tokens.has_token() || in.tokens.token().text() != "-")
    return false;
  in.tokens.Advance();
  return true;
}

bool CheckDigestLength(RdataTextReader& in, const Field& field, size_t start, const Token& first) {
  const size_t octets = in.out.size() - start;
  if (octets < field.shortest)
    return in.Bad(first, fmt::format("at least {} octets, these are {}", field.shortest, octets));
  for (const DigestLength& digest : field.digests) {
    if (digest.digest_type != in.out[start - 1] || digest.octets == octets) continue;
    return in.Bad(
        first, fmt::format("{} octets for type {}, these are {}", digest.octets, digest.digest_type, octets));
  }
  return true;
}

bool ReadHex(RdataTextReader& in, const Field& field) {
  if (IsEmptyBlob(in, field)) return true;
  const size_t start = in.out.size();
  HexReader hex(in.out);
  Token token;
  const Token first = in.tokens.token();
  do {
    if (!in.Take(token)) return false;
    if (!hex.Add(token.text())) return in.Bad(token, "hex digits");
  } while (in.tokens.has_token());
  if (!hex.Done()) return in.Bad(token, "an even number of hex digits");
  return CheckDigestLength(in, field, start, first);
}

bool ReadBase64(RdataTextReader& in, const Field& field) {
  if (IsEmptyBlob(in, field)) return true;
  Base64Reader base64(in.out);
  Token token;
  do {
    if (!in.Take(token)) return false;
    if (!base64.Add(token.text())) return in.Bad(token, "base64");
  } while (in.tokens.has_token());
  return base64.Done() || in.Bad(token, "base64 of whole groups of four, padded with =");
}

bool ReadSalt(RdataTextReader& in) {
  Token token;
  if (!in.Take(token)) return false;
  if (token.text() == "-") {
    in.out.PutU8(0);
    return true;
  }
  HexReader hex(in.out);
  if (token.size() / 2 > 255) return in.Bad(token, "at most 255 octets");
  in.out.PutU8(static_cast<uint8_t>(token.size() / 2));
  return (token.size() > 0 && hex.Add(token.text()) && hex.Done()) ||
         in.Bad(token, "hex digits, or - for no salt");
}

bool ReadHashedName(RdataTextReader& in) {
  Token token;
  if (!in.Take(token)) return false;
  const size_t octets = token.size() * 5 / 8;
  if (octets == 0 || octets > 255) return in.Bad(token, "base32hex of 1 to 255 octets");
  in.out.PutU8(static_cast<uint8_t>(octets));
  return ReadBase32Hex(token.text(), in.out) || in.Bad(token, "base32hex without padding");
}

// --- The odd ones

using TypeList = absl::InlinedVector<uint16_t, 32>;

bool ReadTypeList(RdataTextReader& in, TypeList& types) {
  while (in.tokens.has_token()) {
    Token token;
    if (!in.Take(token)) return false;
    const std::optional<RrType> type = RrType::FromText(token.text());
    if (!type) return in.Bad(token, "an RR type, by its mnemonic or as TYPEn");
    types.push_back(type->value);
  }
  return true;
}

bool ReadTypeBitmap(RdataTextReader& in) {
  TypeList types;
  if (!ReadTypeList(in, types)) return false;
  std::ranges::sort(types);
  for (size_t i = 0; i < types.size();) {
    const uint8_t window = static_cast<uint8_t>(types[i] >> 8);
    std::array<uint8_t, 32> bits{};
    size_t length = 0;
    for (; i < types.size() && types[i] >> 8 == window; ++i) {
      const uint8_t low = static_cast<uint8_t>(types[i]);
      bits[low / 8u] = static_cast<uint8_t>(bits[low / 8u] | 0x80 >> low % 8);
      length = low / 8u + 1;
    }
    in.out.PutU8(window);
    in.out.PutU8(static_cast<uint8_t>(length));
    in.out.Put(ByteView(bits).first(length));
  }
  return true;
}

bool ReadNxtBitmap(RdataTextReader& in) {
  TypeList types;
  if (!ReadTypeList(in, types)) return false;
  std::array<uint8_t, 16> bits{};
  size_t length = 0;
  for (const uint16_t type : types) {
    if (type == 0 || type > 127)
      return in.BadField("can only name types from 1 to 127 (RFC 2535 section 5.2)");
    bits[type / 8u] = static_cast<uint8_t>(bits[type / 8u] | 0x80 >> type % 8);
    length = std::max(length, type / 8u + size_t{1});
  }
  if (length == 0) return in.BadField("is missing");
  in.out.Put(ByteView(bits).first(length));
  return true;
}

bool ReadPorts(RdataTextReader& in) {
  std::vector<uint8_t> bits;
  while (in.tokens.has_token()) {
    Token token;
    if (!in.Take(token)) return false;
    uint64_t port = 0;
    if (!NumberFromText(token.text(), 65535, port)) {
      const std::optional<uint16_t> word = vocabulary::kPort.Number(token.text());
      if (!word) return in.Bad(token, "a port from 0 to 65535 or a well-known service");
      port = *word;
    }
    if (bits.size() <= port / 8) bits.resize(port / 8 + 1);
    bits[port / 8] = static_cast<uint8_t>(bits[port / 8] | 0x80 >> port % 8);
  }
  in.out.Put(bits);
  return true;
}

// [!]family:address/prefix, trailing zero octets of the address cut off (RFC 3123 sections 4 and 5).
bool ReadAplItem(RdataTextReader& in, const Token& token) {
  std::string_view text = token.text();
  const bool negated = text.starts_with('!');
  if (negated) text.remove_prefix(1);
  const bool ip6 = text.starts_with("2:");
  const size_t slash = text.find('/');
  std::array<uint8_t, 16> address{};
  uint64_t prefix_bits = 0;
  const bool sound = (ip6 || text.starts_with("1:")) && slash != std::string_view::npos &&
                     NumberFromText(text.substr(slash + 1), ip6 ? 128 : 32, prefix_bits) &&
                     (ip6 ? Ip6FromText(text.substr(2, slash - 2), address.data())
                          : Ip4FromText(text.substr(2, slash - 2), address.data()));
  if (!sound) return in.Bad(token, "[!]family:address/prefix like 1:192.0.2.0/24 or !2:2001:db8::/32");
  size_t length = address.size();
  while (length > 0 && address[length - 1] == 0) --length;
  in.out.PutU16(ip6 ? 2 : 1);
  in.out.PutU8(static_cast<uint8_t>(prefix_bits));
  in.out.PutU8(static_cast<uint8_t>(length | (negated ? 0x80 : 0)));
  in.out.Put(ByteView(address).first(length));
  return true;
}

bool ReadApl(RdataTextReader& in) {
  while (in.tokens.has_token()) {
    Token token;
    if (!in.Take(token) || !ReadAplItem(in, token)) return false;
  }
  return true;
}

// Hex digits with dots between them wherever their writer liked.
bool PutDottedHex(RdataTextReader& in, std::string_view text) {
  std::string digits(text);
  std::erase(digits, '.');
  HexReader hex(in.out);
  return !digits.empty() && hex.Add(digits) && hex.Done();
}

bool ReadNsap(RdataTextReader& in) {
  Token token;
  if (!in.Take(token)) return false;
  const std::string_view text = token.text();
  const bool marked = text.starts_with("0x") || text.starts_with("0X");
  return (marked && PutDottedHex(in, text.substr(2))) || in.Bad(token, "0x and an even number of hex digits");
}

// "+" and decimal digits for E.164 (format 1), else hex for an AESA (format 0).
bool ReadAtmAddress(RdataTextReader& in) {
  Token token;
  if (!in.Take(token)) return false;
  std::string_view text = token.text();
  if (!text.starts_with('+')) {
    in.out.PutU8(0);
    return PutDottedHex(in, text) || in.Bad(token, "an even number of hex digits, or + and decimal digits");
  }
  text.remove_prefix(1);
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits) return in.Bad(token, "decimal digits after the +");
  in.out.PutU8(1);
  in.out.Put(AsBytes(text));
  return true;
}

// Text has algorithm, tag, key; the wire has their lengths first (RFC 8005 sections 5 and 6).
bool ReadHip(RdataTextReader& in) {
  uint64_t algorithm = 0;
  if (!in.Number(255, algorithm)) return false;
  const size_t start = in.out.size();
  in.out.PutU8(0);
  in.out.PutU8(static_cast<uint8_t>(algorithm));
  in.out.PutU16(0);
  Token token;
  if (!in.Take(token)) return false;
  HexReader hex(in.out);
  const size_t tag_octets = token.size() / 2;
  if (tag_octets == 0 || tag_octets > 255 || !hex.Add(token.text()) || !hex.Done()) {
    return in.Bad(token, "a host identity tag of 1 to 255 octets in hex");
  }
  if (!in.Take(token)) return false;
  const size_t key_start = in.out.size();
  Base64Reader base64(in.out);
  if (!base64.Add(token.text()) || !base64.Done() || in.out.size() == key_start) {
    return in.Bad(token, "a public key in base64, in one piece");
  }
  const size_t key_octets = in.out.size() - key_start;
  in.out.Set(start, static_cast<uint8_t>(tag_octets));
  in.out.Set(start + 2, static_cast<uint8_t>(key_octets >> 8));
  in.out.Set(start + 3, static_cast<uint8_t>(key_octets));
  return true;
}

bool ReadGatewayOfType(RdataTextReader& in, uint64_t type) {
  switch (static_cast<GatewayType>(type)) {
    case GatewayType::kNone: {
      Token token;
      if (!in.Take(token)) return false;
      return token.text() == "." || in.Bad(token, "\".\", since its type is 0");
    }
    case GatewayType::kIp4:
      return in.Ip4();
    case GatewayType::kIp6:
      return in.Ip6();
    case GatewayType::kName:
      return in.Name();
  }
  return in.BadField(fmt::format("has the type {}; known are 0 none, 1 IPv4, 2 IPv6, 3 name", type));
}

bool ReadRelay(RdataTextReader& in) {
  uint64_t discovery_optional = 0;
  uint64_t type = 0;
  if (!in.Number(1, discovery_optional) || !in.Number(127, type)) return false;
  in.out.PutU8(static_cast<uint8_t>(discovery_optional << 7 | type));
  return ReadGatewayOfType(in, type);
}

// The low bits of an IPv6 address, as whole octets; nothing when the prefix covers all (RFC 2874
// section 3.1).
bool ReadA6Suffix(RdataTextReader& in) {
  const uint8_t prefix_bits = in.out[0];
  if (prefix_bits > 128) return in.BadField("needs a prefix length of at most 128");
  if (prefix_bits == 128) return true;
  const Token token = in.tokens.token();
  const size_t start = in.out.size();
  if (!in.Ip6()) return false;
  std::array<uint8_t, 16> address;
  std::ranges::copy(in.out.view().subspan(start, 16), address.begin());
  const size_t octets = A6SuffixOctets(prefix_bits);
  const size_t above = address.size() - octets;
  if (std::ranges::any_of(ByteView(address).first(above), [](uint8_t octet) { return octet != 0; })) {
    return in.Bad(token, fmt::format("zeros in the first {} octets, which the prefix gives", above));
  }
  for (size_t i = 0; i < octets; ++i) in.out.Set(start + i, address[above + i]);
  in.out.Shrink(start + octets);
  return true;
}

bool ReadNames(RdataTextReader& in) {
  while (in.tokens.has_token()) {
    if (!in.Name()) return false;
  }
  return true;
}

// --- One field, one RDATA

bool ReadField(RdataTextReader& in, const Field& field) {
  switch (field.kind) {
    case FieldKind::kU8:
      return ReadNumber(in, field, 0xff);
    case FieldKind::kU16:
      return ReadNumber(in, field, 0xffff);
    case FieldKind::kU32:
      return ReadNumber(in, field, 0xffffffff);
    case FieldKind::kU64:
      return ReadNumber(in, field, 0xffffffffffffffff);
    case FieldKind::kPeriod:
      return ReadPeriod(in);
    case FieldKind::kTime:
      return ReadTime(in);
    case FieldKind::kType:
      return ReadType(in);
    case FieldKind::kIp4:
      return in.Ip4();
    case FieldKind::kIp6:
      return in.Ip6();
    case FieldKind::kEui48:
      return ReadHexGroups(in, 6, 2, 2, '-', "six pairs of hex digits like 00-00-5e-00-53-2a");
    case FieldKind::kEui64:
      return ReadHexGroups(in, 8, 2, 2, '-', "eight pairs of hex digits like 00-00-5e-ef-10-00-00-2a");
    case FieldKind::kLocator:
      return ReadHexGroups(in, 4, 1, 4, ':', "four groups of hex digits like 2001:db8:1140:1000");
    case FieldKind::kName:
      return in.Name();
    case FieldKind::kNames:
      return ReadNames(in);
    case FieldKind::kString:
      return ReadString(in);
    case FieldKind::kOptionalString:
      return !in.tokens.has_token() || ReadString(in);
    case FieldKind::kStrings:
      return ReadStrings(in);
    case FieldKind::kText:
      return ReadText(in, field);
    case FieldKind::kTag:
      return ReadTag(in);
    case FieldKind::kHex:
      return ReadHex(in, field);
    case FieldKind::kBase64:
      return ReadBase64(in, field);
    case FieldKind::kSalt:
      return ReadSalt(in);
    case FieldKind::kHashedName:
      return ReadHashedName(in);
    case FieldKind::kOpaque:
      return in.BadField("of this type can only be written as \\# length hex (RFC 3597 section 5)");
    case FieldKind::kTypeBitmap:
      return ReadTypeBitmap(in);
    case FieldKind::kNxtBitmap:
      return ReadNxtBitmap(in);
    case FieldKind::kPorts:
      return ReadPorts(in);
    case FieldKind::kLoc:
      return ReadLocText(in);
    case FieldKind::kApl:
      return ReadApl(in);
    case FieldKind::kNsap:
      return ReadNsap(in);
    case FieldKind::kAtmAddress:
      return ReadAtmAddress(in);
    case FieldKind::kHip:
      return ReadHip(in);
    case FieldKind::kGateway:
      return ReadGatewayOfType(in, in.out[1]);
    case FieldKind::kRelay:
      return ReadRelay(in);
    case FieldKind::kA6Suffix:
      return ReadA6Suffix(in);
    case FieldKind::kA6Prefix:
      return in.out[0] == 0 || in.Name();
    case FieldKind::kSvcParams:
      return ReadSvcParamsText(in);
  }
  return false;
}

// \# length hex (RFC 3597 section 5), for a known type too, which must then be able to have these octets.
bool ReadGeneric(RdataTextReader& in) {
  in.field_name = "RDATA";
  const Token marker = in.tokens.token();
  in.tokens.Advance();
  uint64_t octets = 0;
  if (!in.Number(0xffff, octets)) return false;
  HexReader hex(in.out);
  Token token = marker;
  while (in.tokens.has_token()) {
    if (!in.Take(token)) return false;
    if (!hex.Add(token.text())) return in.Bad(token, "hex digits");
  }
  if (!hex.Done()) return in.Bad(token, "an even number of hex digits");
  if (in.out.size() != octets || in.out.overflowed()) {
    return in.Bad(marker, fmt::format("as many octets as it says: {}, not {}", octets, in.out.size()));
  }
  const WireFault fault = CheckRdata(in.type, in.out.view());
  if (fault == WireFault::kNone) return true;
  return in.Bad(marker, fmt::format("octets that are RDATA of {} ({})", in.type.ToText(), ToText(fault)));
}

// A token too many; inside of parentheses the mistake is often that they are still open.
bool FailAtExcess(RrType type, TextTokens& tokens) {
  const Token& token = tokens.token();
  std::string text = fmt::format("unexpected {} behind the RDATA of {}", Quote(token.text()), type.ToText());
  if (tokens.open_parenthesis() != nullptr) {
    const TextTokens::Position open = tokens.Locate(tokens.open_parenthesis());
    text += fmt::format(", in the parenthesis opened at {}:{}", open.line, open.column);
  }
  return tokens.Fail(token.begin, std::move(text));
}

bool IsGenericMarker(const Token& token) {
  return token.size() == 2 && !token.quoted && token.begin[0] == '\\' && token.begin[1] == '#';
}

}  // namespace

bool ReadRdataText(RrType type, TextTokens& tokens, NameView origin, RdataBuffer& out) {
  out.Clear();
  RdataTextReader in(type, tokens, origin, out);
  if (tokens.has_token() && IsGenericMarker(tokens.token())) {
    if (!ReadGeneric(in)) return false;
  } else {
    for (const Field& field : InfoOf(type).fields()) {
      in.field_name = field.name;
      if (!ReadField(in, field)) return false;
    }
  }
  if (tokens.has_token()) return FailAtExcess(type, tokens);
  if (tokens.failed() || tokens.starved()) return false;
  return !out.overflowed() ||
         tokens.Fail(tokens.end_of_last(),
                     fmt::format("the RDATA of {} has more than 65535 octets", type.ToText()));
}

absl::StatusOr<std::vector<uint8_t>> RdataFromText(RrType type, std::string_view text, NameView origin) {
  RdataBuffer out;
  TextTokens tokens(text);
  tokens.StartEntry();
  if (ReadRdataText(type, tokens, origin, out)) {
    if (tokens.AtEnd()) return std::vector<uint8_t>(out.view().begin(), out.view().end());
    tokens.Fail(tokens.end_of_last(), "a line end outside of parentheses");
  }
  const TextTokens::Position at = tokens.Locate(tokens.failed_at());
  const std::string line = at.line == 1 ? "" : fmt::format("line {}, ", at.line);
  return InvalidArgument(fmt::format("{}column {}: {}", line, at.column, tokens.failure()));
}

}  // namespace cairn
