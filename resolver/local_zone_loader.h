// The records of a local zone, read by the reader of zone files and held as the authority holds its zones, so
// that wildcards, aliases and empty non-terminals mean here what they mean there. What every zone must have
// and nobody wants to write, SOA and NS, is added (RFC 6303 section 3).
#pragma once

#include <memory>
#include <string_view>

#include "common/base/complaint.h"
#include "common/dns/rrset.h"
#include "common/zone/zone.h"
#include "resolver/zone_rules.h"

namespace cairn {

struct LoadedLocalZone {
  std::shared_ptr<const Zone> zone;  // null without records, or when `complaints` has errors
  Complaints complaints;
};

LoadedLocalZone LoadLocalZone(const LocalZoneOptions& options);

// Of records that stand in the program, which must be good.
std::shared_ptr<const Zone> LoadBuiltIn(const Name& apex, std::string_view records);

// The SOA and NS of a zone that gives none. "nobody.invalid." is whom RFC 6303 section 3 suggests to write
// to.
Rrset DefaultSoa(NameView apex);
Rrset DefaultNs(NameView apex);

}  // namespace cairn
