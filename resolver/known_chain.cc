#include "resolver/known_chain.h"

#include <utility>

#include "resolver/local_answer.h"
#include "resolver/refresher.h"
#include "resolver/resolution_trace.h"

namespace cairn {
namespace {

// Neither a DNAME above a zone of ours nor the denial of a name there speaks for what is below our rule.
bool UnderOneRule(const ZoneRules* rules, NameView one, NameView other) {
  return rules == nullptr || rules->Match(one) == rules->Match(other);
}

// ANY is a question about the name, and no cache knows all of its types; that it does not exist, or is an
// alias and nothing else, is all there is to know.
CacheHit LookupName(const Cache& cache, const CacheKey& key, Instant now) {
  const CacheHit hit = cache.Lookup(key, rr::kCname, now);
  const bool all_there_is =
      hit.outcome == CacheHit::Outcome::kAnswer || hit.outcome == CacheHit::Outcome::kNxDomain;
  return all_there_is ? hit : CacheHit{};
}

}  // namespace

bool AppendKnownLink(ResolverParts& parts, AliasChain& chain, TracePoint at) {
  const Instant now = parts.clock.Now();
  const NameView qname = chain.question().qname;
  const RrType qtype = chain.question().qtype;
  CacheKey key;
  parts.cache.MakeKey(qname, key);
  const CacheHit hit =
      qtype == rr::kAny ? LookupName(parts.cache, key, now) : parts.cache.Lookup(key, qtype, now);
  if (at) TraceCacheProbe(at, chain.question(), hit, now);
  if (hit) {
    const Refresher::Decision refresh = parts.refresher.Consider(*hit.entry, now);
    if (at) TraceRefresh(at, *hit.entry, refresh, now);
    chain.Append(hit, now);
    return true;
  }
  const ZoneRules* rules = parts.options.zone_rules.get();
  const CacheEntry* dname = parts.cache.FindDname(qname, now);
  if (dname && UnderOneRule(rules, dname->owner(), qname)) {
    if (at) TraceCachedAbove(at, CacheHit::Outcome::kAlias, *dname, now);
    chain.AppendDname(*dname, now);
    return true;
  }
  const CacheEntry* denied = parts.cache.FindNxDomainAbove(qname, now);
  if (denied == nullptr || !UnderOneRule(rules, denied->owner(), qname)) return false;
  if (at) TraceCachedAbove(at, CacheHit::Outcome::kNxDomain, *denied, now);
  chain.Append(CacheHit{CacheHit::Outcome::kNxDomain, denied}, now);
  return true;
}

AliasChain CollectKnownChain(ResolverParts& parts, Question asked) {
  const ZoneRules* rules = parts.options.zone_rules.get();
  AliasChain chain(std::move(asked));
  while (!chain.complete()) {
    std::optional<LocalAnswer> local;
    if (rules) local = AnswerLocally(*rules, chain.question());
    if (local && local->blocks()) break;
    if (local)
      Append(chain, *local);
    else if (!AppendKnownLink(parts, chain, {}))
      break;
  }
  return chain;
}

}  // namespace cairn
