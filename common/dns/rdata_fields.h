// How far one field of an RR type reaches: the only place where the layout of each FieldKind is walked and
// bounded, shared by everything that loops over the fields of an uncompressed RDATA.
#pragma once

#include "common/base/bytes.h"
#include "common/dns/rr_types.h"
#include "common/dns/wire_reader.h"

namespace cairn {

// What a field takes at the front of what is left; `octets` counts only when `fault` is kNone.
struct FieldExtent {
  size_t octets = 0;
  WireFault fault = WireFault::kNone;
  bool ok() const { return fault == WireFault::kNone; }
};

// `before`: the octets of this RDATA in front of the field, which some fields depend on (a gateway's type
// stands two fields ahead of it). Names count without compression.
FieldExtent ExtentOf(const Field& field, ByteView before, ByteView rest);

// Whether the field is exactly one name (or none, for an A6 prefix of length 0).
constexpr bool IsName(const Field& field) {
  return field.kind == FieldKind::kName || field.kind == FieldKind::kA6Prefix;
}

// The octets of an A6 address suffix (RFC 2874 section 3.1.1); prefix_bits <= 128.
inline size_t A6SuffixOctets(uint8_t prefix_bits) { return (128 - size_t{prefix_bits} + 7) / 8; }

// Gateway types of RFC 4025 section 2.3, which RFC 8777 section 4.2.3 shares.
enum class GatewayType : uint8_t { kNone = 0, kIp4 = 1, kIp6 = 2, kName = 3 };

}  // namespace cairn
