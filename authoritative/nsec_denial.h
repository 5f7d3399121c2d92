// Denial by NSEC (RFC 4035 sections 3.1.3 and 3.1.4): names in canonical order, each record spans the gap to
// the next.
#pragma once

#include "authoritative/denial.h"

namespace cairn {

// `zone` has an NSEC chain.
void ProveWithNsec(const Zone& zone, const LabelPath& qname, const LookupResult& result,
                   DenialProofs& proofs);

}  // namespace cairn
