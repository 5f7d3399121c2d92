// What the cache knows of the way from a question to its answer: one link of it, or all the links there are.
// Nobody is asked. RFC 1034 section 4.3.2 step 4 for those who do not want recursion, and step 1 of section
// 5.3.3 for those who do.
#pragma once

#include "common/trace/trace.h"
#include "resolver/alias_chain.h"
#include "resolver/resolver_parts.h"

namespace cairn {

// Appends what the cache has for the chain's question: the set, an alias or a denial, a DNAME above it (RFC
// 6672 section 3.4), or the denial of a name above it (RFC 8020). False when there is nothing. The caller is
// reading the cache (CacheReading).
bool AppendKnownLink(ResolverParts& parts, AliasChain& chain, TracePoint at);

// All links that are written here or cached. Open at the end when the next one is not known.
AliasChain CollectKnownChain(ResolverParts& parts, Question asked);

}  // namespace cairn
