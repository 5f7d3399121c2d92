// The presentation form of RDATA (RFC 1035 section 5, RFC 3597 section 5 and each type's RFC), both ways, as loops over
// the fields of the type's row in rr_types.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/bytes.h"
#include "common/dns/name.h"
#include "common/dns/types.h"

namespace cairn {

// The fields after the type, separated by single spaces: "10 mail.example.", "\# 3 0A0B0C" for types we do not know.
// `rdata` must be well formed.
std::string RdataToText(RrType type, ByteView rdata);
void AppendRdataText(RrType type, ByteView rdata, std::string& out);

// One whole RDATA as a zone file would have it on one line (parentheses are the zone file reader's). Relative names are
// completed with `origin`. The error names the field, what stands there and what was expected.
absl::StatusOr<std::vector<uint8_t>> RdataFromText(RrType type, std::string_view text, NameView origin = NameView());

}  // namespace cairn
