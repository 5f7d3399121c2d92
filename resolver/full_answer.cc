#include "resolver/full_answer.h"

#include <algorithm>
#include <span>

#include "common/base/limits.h"
#include "common/dns/rdata.h"

namespace cairn {
namespace {

// Only what was an answer may be one.
const CacheEntry* FindAnswer(const Cache& cache, NameView name, RrType type, Instant now) {
  const CacheEntry* entry = cache.Find(name, type, now);
  const bool is_answer =
      entry != nullptr && entry->kind() == CacheKind::kRrset && entry->rank() >= TrustRank::kNonAuthoritative;
  return is_answer ? entry : nullptr;
}

// Hosts that `rrset` names, each once, until there are as many as an answer may bring along.
void ListHosts(const Rrset& rrset, std::vector<Name>& hosts) {
  for (const ByteView rdata : rrset.rdatas) {
    const ByteView wire = AdditionalName(rrset.type, rdata);
    if (wire.empty()) continue;
    const NameView host = NameView::FromValidWire(wire.data());
    const bool known = std::ranges::any_of(hosts, [host](const Name& name) { return name == host; });
    if (!known && hosts.size() < limits::kMaxAdditionalNames) hosts.emplace_back(host);
  }
}

bool Holds(std::span<const Rrset> sets, const Name& owner, RrType type) {
  return std::ranges::any_of(sets, [&](const Rrset& set) { return set.type == type && set.owner == owner; });
}

}  // namespace

void AddCompanions(const Cache& cache, const RebindingFilter& filter, CollectedAnswer& answer, Instant now) {
  if (answer.rcode != Rcode::kNoError || answer.answer.empty() || answer.soa) return;
  const Rrset& last = answer.answer.back();
  const CacheEntry* found = FindAnswer(cache, last.owner, last.type, now);
  const std::optional<NameView> zone = found ? found->zone() : std::nullopt;
  const CacheEntry* ns = zone ? FindAnswer(cache, *zone, rr::kNs, now) : nullptr;
  if (ns && !Holds(answer.answer, Name(ns->owner()), rr::kNs)) answer.ns = ns->ToRrset(now);

  std::vector<Name> hosts;
  for (const Rrset& rrset : answer.answer) ListHosts(rrset, hosts);
  if (answer.ns) ListHosts(*answer.ns, hosts);
  for (const Name& host : hosts) {
    for (const RrType type : {rr::kA, rr::kAaaa}) {
      const CacheEntry* addresses = FindAnswer(cache, host, type, now);
      if (!addresses || Holds(answer.answer, host, type)) continue;
      if (!filter.LeavesOut(*addresses)) answer.additional.push_back(addresses->ToRrset(now));
    }
  }
}

}  // namespace cairn
