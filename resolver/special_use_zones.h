// Names that never go to the DNS (RFC 6761): they mean something on this machine, in this house or in another
// protocol, so asking the root for them tells strangers what goes on here and gets no answer (RFC 6303
// section 1). Switched off by `special-use-zones: false`, one by one by a local, stub or forward zone of the
// same name.
#pragma once

#include <span>
#include <string_view>

#include "resolver/zone_rules.h"

namespace cairn {

struct SpecialUseZone {
  std::string_view name;
  std::string_view rfc;  // "RFC 6761 section 6.3"
  LocalZoneKind kind = LocalZoneKind::kStatic;
  std::string_view records;  // lines of a zone file; empty: an empty zone
};

std::span<const SpecialUseZone> SpecialUseZones();

}  // namespace cairn
