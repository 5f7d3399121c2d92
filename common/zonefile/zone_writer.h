// Records as lines of a zone file: absolute names, one record a line, nothing left out. Reading the lines
// back gives the same records, whatever octets they hold.
#pragma once

#include <string>

#include "common/base/bytes.h"
#include "common/dns/name.h"
#include "common/dns/types.h"
#include "common/zonefile/zone_reader.h"

namespace cairn {

// Appends "OWNER TTL CLASS TYPE RDATA\n".
void AppendZoneLine(NameView owner, Ttl ttl, RrClass rr_class, RrType type, ByteView rdata, std::string& out);
inline void AppendZoneLine(const ZoneRecord& record, std::string& out) {
  AppendZoneLine(record.owner, record.ttl, record.rr_class, record.type, record.rdata, out);
}

}  // namespace cairn
