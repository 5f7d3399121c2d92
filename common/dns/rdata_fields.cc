#include "common/dns/rdata_fields.h"

namespace cairn {
namespace {

constexpr FieldExtent Octets(size_t octets) { return {octets, WireFault::kNone}; }
constexpr FieldExtent Bad(WireFault fault) { return {0, fault}; }

FieldExtent Fixed(size_t octets, ByteView rest) {
  return rest.size() < octets ? Bad(WireFault::kRdataLength) : Octets(octets);
}

// Everything that is left, and at least one octet.
FieldExtent Rest(ByteView rest) { return rest.empty() ? Bad(WireFault::kRdataLength) : Octets(rest.size()); }

FieldExtent NameExtent(ByteView rest) {
  size_t at = 0;
  while (at < rest.size()) {
    const uint8_t length = rest[at];
    if (length > kMaxLabelOctets) return Bad(WireFault::kLabelType);
    at += 1 + size_t{length};
    if (at > kMaxNameOctets) return Bad(WireFault::kNameTooLong);
    if (length == 0) return Octets(at);
  }
  return Bad(WireFault::kRdataLength);
}

FieldExtent NamesExtent(ByteView rest) {
  size_t at = 0;
  while (at < rest.size()) {
    const FieldExtent name = NameExtent(rest.subspan(at));
    if (!name.ok()) return name;
    at += name.octets;
  }
  return Octets(at);
}

// A length octet and as many octets as it says.
FieldExtent StringExtent(ByteView rest) {
  return rest.empty() ? Bad(WireFault::kRdataLength) : Fixed(1 + size_t{rest[0]}, rest);
}

FieldExtent StringsExtent(ByteView rest) {
  size_t at = 0;
  do {
    const FieldExtent string = StringExtent(rest.subspan(at));
    if (!string.ok()) return string;
    at += string.octets;
  } while (at < rest.size());
  return Octets(at);
}

// RFC 8659 section 4.1: letters and digits, at least one.
FieldExtent TagExtent(ByteView rest) {
  const FieldExtent tag = StringExtent(rest);
  if (!tag.ok()) return tag;
  if (tag.octets == 1) return Bad(WireFault::kRdataValue);
  for (const uint8_t c : rest.subspan(1, tag.octets - 1)) {
    const uint8_t lower = ToLower(c);
    if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9')) return Bad(WireFault::kRdataValue);
  }
  return tag;
}

// Windows in ascending order, each of 1 to 32 octets (RFC 4034 section 4.1.2).
FieldExtent TypeBitmapExtent(ByteView rest) {
  int last_window = -1;
  size_t at = 0;
  while (at < rest.size()) {
    if (rest.size() - at < 2) return Bad(WireFault::kRdataLength);
    const int window = rest[at];
    const size_t length = rest[at + 1];
    if (window <= last_window || length == 0 || length > 32) return Bad(WireFault::kRdataValue);
    if (rest.size() - at - 2 < length) return Bad(WireFault::kRdataLength);
    last_window = window;
    at += 2 + length;
  }
  return Octets(at);
}

// Types below 128, in up to 16 octets; bit 0 set would mean another format (RFC 2535 section 5.2).
FieldExtent NxtBitmapExtent(ByteView rest) {
  if (rest.size() > 16 || (!rest.empty() && (rest[0] & 0x80) != 0)) return Bad(WireFault::kRdataValue);
  return Rest(rest);
}

// One bit for each of 65536 ports.
FieldExtent PortsExtent(ByteView rest) {
  return rest.size() > 8192 ? Bad(WireFault::kRdataValue) : Octets(rest.size());
}

// The layout is that of version 0; other versions are octets to us (RFC 1876 section 2).
FieldExtent LocExtent(ByteView rest) {
  if (rest.empty()) return Bad(WireFault::kRdataLength);
  return rest[0] != 0 ? Octets(rest.size()) : Fixed(16, rest);
}

// RFC 3123 section 4. A prefix beyond its family's width has no meaning, and printing one has overflowed
// elsewhere.
FieldExtent AplExtent(ByteView rest) {
  size_t at = 0;
  while (at < rest.size()) {
    if (rest.size() - at < 4) return Bad(WireFault::kRdataLength);
    const uint16_t family = LoadU16(&rest[at]);
    const uint8_t prefix_bits = rest[at + 2];
    const size_t length = rest[at + 3] & 0x7f;
    if (family == 1 && (prefix_bits > 32 || length > 4)) return Bad(WireFault::kRdataValue);
    if (family == 2 && (prefix_bits > 128 || length > 16)) return Bad(WireFault::kRdataValue);
    if (rest.size() - at - 4 < length) return Bad(WireFault::kRdataLength);
    at += 4 + length;
  }
  return Octets(at);
}

// Host identity tag length, algorithm, key length, tag, key (RFC 8005 section 5).
FieldExtent HipExtent(ByteView rest) {
  if (rest.size() < 4) return Bad(WireFault::kRdataLength);
  const size_t tag_octets = rest[0];
  const size_t key_octets = LoadU16(&rest[2]);
  if (tag_octets == 0 || key_octets == 0) return Bad(WireFault::kRdataValue);
  return Fixed(4 + tag_octets + key_octets, rest);
}

FieldExtent GatewayExtent(uint8_t type, ByteView rest) {
  switch (static_cast<GatewayType>(type)) {
    case GatewayType::kNone:
      return Octets(0);
    case GatewayType::kIp4:
      return Fixed(4, rest);
    case GatewayType::kIp6:
      return Fixed(16, rest);
    case GatewayType::kName:
      return NameExtent(rest);
  }
  return Bad(WireFault::kRdataValue);
}

// The D bit and the relay type share an octet (RFC 8777 section 4.2). Relays of unknown types are octets.
FieldExtent RelayExtent(ByteView rest) {
  if (rest.empty()) return Bad(WireFault::kRdataLength);
  const uint8_t type = rest[0] & 0x7f;
  if (type > static_cast<uint8_t>(GatewayType::kName)) return Octets(rest.size());
  const FieldExtent relay = GatewayExtent(type, rest.subspan(1));
  return relay.ok() ? Octets(1 + relay.octets) : relay;
}

FieldExtent A6SuffixExtent(ByteView before, ByteView rest) {
  const uint8_t prefix_bits = before[0];
  return prefix_bits > 128 ? Bad(WireFault::kRdataValue) : Fixed(A6SuffixOctets(prefix_bits), rest);
}

// Keys in strictly ascending order, so none twice (RFC 9460 section 2.2). What the values mean is the text
// form's matter: a server passes on keys and values that it does not know.
FieldExtent SvcParamsExtent(ByteView rest) {
  int last_key = -1;
  size_t at = 0;
  while (at < rest.size()) {
    if (rest.size() - at < 4) return Bad(WireFault::kRdataLength);
    const int key = LoadU16(&rest[at]);
    const size_t length = LoadU16(&rest[at + 2]);
    if (key <= last_key) return Bad(WireFault::kRdataValue);
    if (rest.size() - at - 4 < length) return Bad(WireFault::kRdataLength);
    last_key = key;
    at += 4 + length;
  }
  return Octets(at);
}

}  // namespace

FieldExtent ExtentOf(const Field& field, ByteView before, ByteView rest) {
  switch (field.kind) {
    case FieldKind::kU8:
      return Fixed(1, rest);
    case FieldKind::kU16:
    case FieldKind::kType:
      return Fixed(2, rest);
    case FieldKind::kU32:
    case FieldKind::kPeriod:
    case FieldKind::kTime:
    case FieldKind::kIp4:
      return Fixed(4, rest);
    case FieldKind::kEui48:
      return Fixed(6, rest);
    case FieldKind::kU64:
    case FieldKind::kEui64:
    case FieldKind::kLocator:
      return Fixed(8, rest);
    case FieldKind::kIp6:
      return Fixed(16, rest);
    case FieldKind::kName:
      return NameExtent(rest);
    case FieldKind::kNames:
      return NamesExtent(rest);
    case FieldKind::kString:
    case FieldKind::kSalt:
      return StringExtent(rest);
    case FieldKind::kOptionalString:
      return rest.empty() ? Octets(0) : StringExtent(rest);
    case FieldKind::kStrings:
      return StringsExtent(rest);
    case FieldKind::kTag:
      return TagExtent(rest);
    case FieldKind::kHashedName:
      return rest.empty() || rest[0] == 0 ? Bad(WireFault::kRdataLength) : StringExtent(rest);
    case FieldKind::kText:
    case FieldKind::kHex:
    case FieldKind::kBase64:
    case FieldKind::kOpaque:
      return Octets(rest.size());
    case FieldKind::kNsap:
    case FieldKind::kAtmAddress:
      return Rest(rest);
    case FieldKind::kTypeBitmap:
      return TypeBitmapExtent(rest);
    case FieldKind::kNxtBitmap:
      return NxtBitmapExtent(rest);
    case FieldKind::kPorts:
      return PortsExtent(rest);
    case FieldKind::kLoc:
      return LocExtent(rest);
    case FieldKind::kApl:
      return AplExtent(rest);
    case FieldKind::kHip:
      return HipExtent(rest);
    case FieldKind::kGateway:
      return GatewayExtent(before[1], rest);
    case FieldKind::kRelay:
      return RelayExtent(rest);
    case FieldKind::kA6Suffix:
      return A6SuffixExtent(before, rest);
    case FieldKind::kA6Prefix:
      return before[0] == 0 ? Octets(0) : NameExtent(rest);
    case FieldKind::kSvcParams:
      return SvcParamsExtent(rest);
  }
  return Bad(WireFault::kRdataValue);
}

}  // namespace cairn
