// The presentation form of RDATA (RFC 1035 section 5, RFC 3597 section 5 and each type's RFC), both ways, as
// loops over the fields of the type's row in rr_types.h.
//
// Reading is strict: what a person wrote and the type forbids is an error. Printing is total: an RDATA that
// is well formed on the wire but that reading would refuse (a digest of the wrong length, say, which only its
// sender can explain) is printed in the generic form of RFC 3597, so text written from wire data always reads
// back to the same octets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"
#include "common/dns/name.h"
#include "common/dns/rdata_buffer.h"
#include "common/dns/text_tokens.h"
#include "common/dns/types.h"

namespace cairn {

// The fields after the type, separated by single spaces: "10 mail.example.", "\# 3 0A0B0C" for types we do
// not know. `rdata` must be well formed.
std::string RdataToText(RrType type, ByteView rdata);
void AppendRdataText(RrType type, ByteView rdata, std::string& out);

// One whole RDATA as a zone file would have it, parentheses and comments included. Relative names are
// completed with `origin`. The error names the field, what stands there and what was expected.
absl::StatusOr<std::vector<uint8_t>> RdataFromText(RrType type, std::string_view text,
                                                   NameView origin = NameView());

// The same from the tokens of an entry, from the current one to the entry's end, into `out` (which it
// clears). False after a failure, which the tokens keep with its place.
bool ReadRdataText(RrType type, TextTokens& tokens, NameView origin, RdataBuffer& out);

// Seconds: "3600", or sums of w, d, h, m and s like "1h30m" (any case). nullopt when it is neither, or above
// 2^32-1.
std::optional<uint32_t> PeriodFromText(std::string_view text);

}  // namespace cairn
