// Denial by NSEC3 (RFC 5155 section 7.2): hashes of names in order, each record spans the gap to the next. A
// name that is not there is denied through its closest encloser, whose hash an NSEC3 matches, and the next
// closer name, one label longer, whose hash one covers. With opt-out, insecure delegations have no NSEC3, nor
// have empty non-terminals which exist through these alone: the closest encloser that has one, the closest
// provable encloser, then speaks for them.
#pragma once

#include "authoritative/denial.h"

namespace cairn {

// `zone` has an NSEC3 chain. False when there is no proof: a name that does not exist has the hash of one
// that does (section 7.2.9 asks for SERVFAIL), or hashing would cost more than one answer may.
bool ProveWithNsec3(const Zone& zone, const LabelPath& qname, const LookupResult& result,
                    DenialProofs& proofs);

}  // namespace cairn
