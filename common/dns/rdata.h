// RDATA of every type, as loops over the fields of its row in rr_types.h: checking and decompressing what
// came on the wire, writing it, canonical form (RFC 4034 section 6.2), and the names inside it. The
// presentation form is rdata_text.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/dns/message_writer.h"
#include "common/dns/name.h"
#include "common/dns/types.h"
#include "common/dns/wire_reader.h"

namespace cairn {

// Reads RDLENGTH octets at the reader's position as RDATA of `type` and appends its uncompressed form to
// `out`. Fails (in `wire`, nothing appended) when the content does not fit the type; unknown types are kept
// as they are.
void ReadRdata(WireReader& wire, RrType type, size_t rdlength, std::vector<uint8_t>& out);

// Whether uncompressed `rdata` is a well-formed RDATA of `type`, and which fault it has if not.
WireFault CheckRdata(RrType type, ByteView rdata);

// Writes `rdata` (uncompressed, well formed) after its two-octet length; names of RFC 1035 types are
// compressed. False when it does not fit; the writer is then where it was.
bool WriteRdata(MessageWriter& out, RrType type, ByteView rdata);

// Canonical form: names of the types in RFC 4034 section 6.2 (as corrected by RFC 6840 section 5.1) in lower
// case.
std::vector<uint8_t> CanonicalRdata(RrType type, ByteView rdata);

// Whether two well-formed RDATA are the same data: names of the types that fold case are compared without it,
// everything else octet for octet (RFC 3597 section 6).
bool SameRdata(RrType type, ByteView a, ByteView b);

// The name whose addresses belong into the additional section (RFC 1034 section 4.3.2 step 6: NS, MX, SRV,
// SVCB, ...); nullopt-like: an empty ByteView when the type has none, or the name is the root.
ByteView AdditionalName(RrType type, ByteView rdata);

// A name at the start of the RDATA: NS, CNAME, DNAME, PTR, SOA's MNAME. `rdata` must be well formed.
inline NameView LeadingName(ByteView rdata) { return NameView::FromValidWire(rdata.data()); }

}  // namespace cairn
