// `minimal-responses: false`: the name servers of the answer's zone in the authority section, and the
// addresses of the hosts which the answer names in the additional section (RFC 1034 section 4.3.2 steps 4 and
// 6), as far as the answer cache has them. What a parent's referral said, glue among it, is in another store
// and stays there (RFC 2181 section 5.4.1: it is never given as an answer); nobody is asked for the sake of
// these.
#pragma once

#include "common/base/clock.h"
#include "resolver/alias_chain.h"
#include "resolver/cache.h"
#include "resolver/rebinding_filter.h"

namespace cairn {

// The caller is reading the cache. Addresses which `filter` would leave out of answers stay out.
void AddCompanions(const Cache& cache, const RebindingFilter& filter, CollectedAnswer& answer, Instant now);

}  // namespace cairn
