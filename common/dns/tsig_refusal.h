// What a server without the key says to a signed query: NOTAUTH with an unsigned TSIG whose error is BADKEY
// (RFC 8945 sections 5.2.1 and 5.3.2), so that the client knows which key was not taken.
#pragma once

#include "common/base/bytes.h"
#include "common/dns/message_writer.h"

namespace cairn {

// Adds that TSIG to a response, behind all other records; `tsig_offset` is where the query's stands in
// `packet`. Where the answer has no room for it, it goes without. False, and nothing is added, when the
// query's TSIG is malformed: FORMERR (RFC 8945 section 5.2).
bool AddBadKey(ByteView packet, size_t tsig_offset, MessageWriter& out);

}  // namespace cairn
