// RDATA as text: one printer per kind of field. A printer returns false when reading its text would not give
// the same octets back; the whole RDATA then takes the generic form.
#include <algorithm>
#include <chrono>
#include <iterator>

#include "common/dns/address_text.h"
#include "common/dns/binary_text.h"
#include "common/dns/rdata_fields.h"
#include "common/dns/rdata_text.h"
#include "common/dns/rdata_text_reader.h"
#include "common/dns/rr_types.h"
#include "fmt/format.h"

namespace cairn {
namespace {

void AppendNumber(uint64_t value, std::string& out) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

bool PrintNumber(const Field& field, uint64_t value, std::string& out) {
  if (field.words != nullptr && field.words->printed) {
    const std::string_view word = field.words->Name(static_cast<uint16_t>(value));
    out += word;
    if (!word.empty()) return true;
  }
  AppendNumber(value, out);
  return true;
}

bool PrintTime(uint32_t seconds, std::string& out) {
  const std::chrono::sys_days day(std::chrono::days(seconds / 86400));
  const std::chrono::year_month_day date(day);
  fmt::format_to(std::back_inserter(out), "{:04}{:02}{:02}{:02}{:02}{:02}", static_cast<int>(date.year()),
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), seconds / 3600 % 24,
                 seconds / 60 % 60, seconds % 60);
  return true;
}

bool PrintHexGroups(ByteView octets, size_t group, char separator, std::string& out) {
  for (size_t i = 0; i < octets.size(); ++i) {
    if (i != 0 && i % group == 0) out += separator;
    fmt::format_to(std::back_inserter(out), "{:02x}", octets[i]);
  }
  return true;
}

bool PrintName(ByteView name, std::string& out) {
  out += NameView::FromValidWire(name.data(), name.size()).ToText();
  return true;
}

bool PrintNames(ByteView names, std::string& out) {
  while (!names.empty()) {
    const NameView name = NameView::FromValidWire(names.data());
    out += name.ToText();
    names = names.subspan(name.size());
    if (!names.empty()) out += ' ';
  }
  return true;
}

bool PrintStrings(ByteView strings, std::string& out) {
  while (!strings.empty()) {
    const size_t length = strings[0];
    AppendQuoted(AsText(strings.subspan(1, length)), out);
    strings = strings.subspan(1 + length);
    if (!strings.empty()) out += ' ';
  }
  return true;
}

bool PrintText(const Field& field, ByteView text, std::string& out) {
  AppendQuoted(AsText(text), out);
  return !text.empty() || field.empty != EmptyForm::kRefused;
}

bool PrintEmptyBlob(const Field& field, std::string& out) {
  if (field.empty == EmptyForm::kDash) out += '-';
  return field.empty != EmptyForm::kRefused;
}

bool PrintHex(const Field& field, ByteView before, ByteView octets, std::string& out) {
  if (octets.empty()) return PrintEmptyBlob(field, out);
  AppendHex(octets, out);
  return octets.size() >= field.shortest && std::ranges::none_of(field.digests, [&](const DigestLength& digest) {
    return digest.digest_type == before.back() && digest.octets != octets.size();
  });
}

bool PrintBase64(const Field& field, ByteView octets, std::string& out) {
  if (octets.empty()) return PrintEmptyBlob(field, out);
  AppendBase64(octets, out);
  return true;
}

bool PrintSalt(ByteView salt, std::string& out) {
  if (salt.size() == 1) out += '-';
  AppendHex(salt.subspan(1), out);
  return true;
}

// Types in ascending order. Bitmaps with zero octets at their end are not what reading makes (RFC 4034
// section 4.1.2).
bool AppendTypes(uint8_t window, ByteView bits, std::string& out) {
  for (size_t bit = 0; bit < bits.size() * 8; ++bit) {
    if ((bits[bit / 8] & 0x80 >> bit % 8) == 0) continue;
    if (!out.empty() && out.back() != ' ') out += ' ';
    out += RrType{static_cast<uint16_t>(size_t{window} << 8 | bit)}.ToText();
  }
  return bits.back() != 0;
}

bool PrintTypeBitmap(ByteView bitmap, std::string& out) {
  while (!bitmap.empty()) {
    const size_t length = bitmap[1];
    if (!AppendTypes(bitmap[0], bitmap.subspan(2, length), out)) return false;
    bitmap = bitmap.subspan(2 + length);
  }
  return true;
}

bool PrintPorts(ByteView bits, std::string& out) {
  for (size_t port = 0; port < bits.size() * 8; ++port) {
    if ((bits[port / 8] & 0x80 >> port % 8) == 0) continue;
    if (out.back() != ' ') out += ' ';
    AppendNumber(port, out);
  }
  return bits.empty() || bits.back() != 0;
}

bool PrintApl(ByteView items, std::string& out) {
  while (!items.empty()) {
    const uint16_t family = LoadU16(items.data());
    const size_t length = items[3] & 0x7f;
    if (family != 1 && family != 2) return false;
    if (length > 0 && items[3 + length] == 0)
      return false;  // trailing zeros must not be sent (RFC 3123 section 4)
    uint8_t address[16] = {};
    std::ranges::copy(items.subspan(4, length), address);
    if ((items[3] & 0x80) != 0) out += '!';
    fmt::format_to(std::back_inserter(out), "{}:", family);
    family == 1 ? AppendIp4(address, out) : AppendIp6(address, out);
    fmt::format_to(std::back_inserter(out), "/{}", items[2]);
    items = items.subspan(4 + length);
    if (!items.empty()) out += ' ';
  }
  return true;
}

bool PrintNsap(ByteView octets, std::string& out) {
  out += "0x";
  AppendHex(octets, out);
  return true;
}

bool PrintAtmAddress(ByteView address, std::string& out) {
  const ByteView octets = address.subspan(1);
  if (address[0] == 0) {
    AppendHex(octets, out);
    return !octets.empty();
  }
  out += '+';
  out += AsText(octets);
  return address[0] == 1 && !octets.empty() &&
         std::ranges::all_of(octets, [](uint8_t c) { return c >= '0' && c <= '9'; });
}

bool PrintHip(ByteView identity, std::string& out) {
  const size_t tag_octets = identity[0];
  AppendNumber(identity[1], out);
  out += ' ';
  AppendHex(identity.subspan(4, tag_octets), out);
  out += ' ';
  AppendBase64(identity.subspan(4 + tag_octets), out);
  return true;
}

bool PrintGatewayOfType(uint8_t type, ByteView gateway, std::string& out) {
  switch (static_cast<GatewayType>(type)) {
    case GatewayType::kNone:
      out += '.';
      return true;
    case GatewayType::kIp4:
      AppendIp4(gateway.data(), out);
      return true;
    case GatewayType::kIp6:
      AppendIp6(gateway.data(), out);
      return true;
    case GatewayType::kName:
      return PrintName(gateway, out);
  }
  return false;
}

bool PrintRelay(ByteView relay, std::string& out) {
  const uint8_t type = relay[0] & 0x7f;
  fmt::format_to(std::back_inserter(out), "{} {} ", relay[0] >> 7, type);
  return PrintGatewayOfType(type, relay.subspan(1), out);
}

bool PrintA6Suffix(ByteView suffix, std::string& out) {
  if (suffix.empty()) return true;
  uint8_t address[16] = {};
  std::ranges::copy(suffix, address + 16 - suffix.size());
  AppendIp6(address, out);
  return true;
}

bool PrintField(const Field& field, ByteView before, ByteView octets, std::string& out) {
  switch (field.kind) {
    case FieldKind::kU8:
      return PrintNumber(field, octets[0], out);
    case FieldKind::kU16:
      return PrintNumber(field, LoadU16(octets.data()), out);
    case FieldKind::kU32:
    case FieldKind::kPeriod:
      return PrintNumber(field, LoadU32(octets.data()), out);
    case FieldKind::kU64:
      return PrintNumber(field, uint64_t{LoadU32(octets.data())} << 32 | LoadU32(octets.data() + 4), out);
    case FieldKind::kTime:
      return PrintTime(LoadU32(octets.data()), out);
    case FieldKind::kType:
      out += RrType{LoadU16(octets.data())}.ToText();
      return true;
    case FieldKind::kIp4:
      AppendIp4(octets.data(), out);
      return true;
    case FieldKind::kIp6:
      AppendIp6(octets.data(), out);
      return true;
    case FieldKind::kEui48:
    case FieldKind::kEui64:
      return PrintHexGroups(octets, 1, '-', out);
    case FieldKind::kLocator:
      return PrintHexGroups(octets, 2, ':', out);
    case FieldKind::kName:
      return PrintName(octets, out);
    case FieldKind::kNames:
      return PrintNames(octets, out);
    case FieldKind::kString:
    case FieldKind::kOptionalString:
    case FieldKind::kStrings:
      return PrintStrings(octets, out);
    case FieldKind::kText:
      return PrintText(field, octets, out);
    case FieldKind::kTag:
      out += AsText(octets.subspan(1));
      return true;
    case FieldKind::kHex:
      return PrintHex(field, before, octets, out);
    case FieldKind::kBase64:
      return PrintBase64(field, octets, out);
    case FieldKind::kSalt:
      return PrintSalt(octets, out);
    case FieldKind::kHashedName:
      AppendBase32Hex(octets.subspan(1), out);
      return true;
    case FieldKind::kOpaque:
      return false;
    case FieldKind::kTypeBitmap:
      return PrintTypeBitmap(octets, out);
    case FieldKind::kNxtBitmap:
      return AppendTypes(0, octets, out);
    case FieldKind::kPorts:
      return PrintPorts(octets, out);
    case FieldKind::kLoc:
      return AppendLocText(octets, out);
    case FieldKind::kApl:
      return PrintApl(octets, out);
    case FieldKind::kNsap:
      return PrintNsap(octets, out);
    case FieldKind::kAtmAddress:
      return PrintAtmAddress(octets, out);
    case FieldKind::kHip:
      return PrintHip(octets, out);
    case FieldKind::kGateway:
      return PrintGatewayOfType(before[1], octets, out);
    case FieldKind::kRelay:
      return PrintRelay(octets, out);
    case FieldKind::kA6Suffix:
      return PrintA6Suffix(octets, out);
    case FieldKind::kA6Prefix:
      return octets.empty() || PrintName(octets, out);
    case FieldKind::kSvcParams:
      return AppendSvcParamsText(octets, out);
  }
  return false;
}

// Fields that print nothing leave no blank behind.
bool PrintFields(RrType type, ByteView rdata, std::string& out) {
  size_t at = 0;
  for (const Field& field : InfoOf(type).fields()) {
    const FieldExtent extent = ExtentOf(field, rdata.first(at), rdata.subspan(at));
    if (!extent.ok()) return false;
    if (at != 0) out += ' ';
    const size_t blank_end = out.size();
    if (!PrintField(field, rdata.first(at), rdata.subspan(at, extent.octets), out)) return false;
    if (out.size() == blank_end && at != 0) out.pop_back();
    at += extent.octets;
  }
  return at == rdata.size();
}

void AppendGeneric(ByteView rdata, std::string& out) {
  fmt::format_to(std::back_inserter(out), "\\# {}", rdata.size());
  if (rdata.empty()) return;
  out += ' ';
  AppendHex(rdata, out);
}

}  // namespace

void AppendRdataText(RrType type, ByteView rdata, std::string& out) {
  const size_t start = out.size();
  if (PrintFields(type, rdata, out)) return;
  out.resize(start);
  AppendGeneric(rdata, out);
}

std::string RdataToText(RrType type, ByteView rdata) {
  std::string text;
  AppendRdataText(type, rdata, text);
  return text;
}

}  // namespace cairn
