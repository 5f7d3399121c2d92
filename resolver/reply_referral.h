// The authority and additional sections of a reply that refers us on: one delegation strictly below the zone
// asked and on the way to the name (RFC 1034 section 5.3.3 step 4b), its servers, and of their addresses
// those which the zone can speak for (RFC 9471). Long lists are cut here, before anything is looked up or
// stored (NRDelegation, CVE-2022-3204).
#pragma once

#include "resolver/judging.h"

namespace cairn {

// Takes the referral into the finding and concludes it. False, and nothing is changed, when there is none.
bool TakeReferral(Judging& judging);

}  // namespace cairn
