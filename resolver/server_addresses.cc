#include "resolver/server_addresses.h"

#include <algorithm>
#include <utility>

#include "resolver/resolution.h"
#include "resolver/resolution_trace.h"

namespace cairn {
namespace {

IpAddress AddressIn(RrType type, ByteView rdata) {
  return type == rr::kA ? IpAddress::V4(rdata) : IpAddress::V6(rdata);
}

}  // namespace

void ServerAddresses::AddKnown(Slist& servers) {
  if (servers.names_without_address().empty()) return;
  const CacheReading reading(parts_.epoch);
  const Instant now = parts_.clock.Now();
  const std::vector<Name> names = servers.names_without_address();
  for (const Name& name : names) {
    std::vector<IpAddress> addresses;
    for (const RrType type : {rr::kA, rr::kAaaa}) {
      if (!(type == rr::kA ? parts_.options.ipv4 : parts_.options.ipv6)) continue;
      const CacheEntry* known = parts_.cache.Find(name, type, now);
      if (known == nullptr || known->kind() != CacheKind::kRrset) continue;
      for (const ByteView rdata : known->rdatas()) addresses.push_back(AddressIn(type, rdata));
    }
    const size_t most = fetch_.budget.whole()->most(Limit::kServerAddresses);
    if (addresses.size() > most) addresses.resize(most);
    if (at_) TraceSkipped(at_, name, servers.PortOf(name), addresses, servers.options());
    if (!addresses.empty()) servers.AddAddresses(name, addresses);
  }
}

bool ServerAddresses::Wanted(const Slist& servers) const {
  if (servers.names_without_address().empty()) return false;
  const auto has_its_turn = [](const SlistCandidate& candidate) {
    return candidate.tries == 0 && candidate.askable() && candidate.reason != ScoreReason::kDead;
  };
  return std::none_of(servers.candidates().begin(), servers.candidates().end(), has_its_turn);
}

Task<void> ServerAddresses::LookUpMore(Slist& servers) {
  const Instant deadline = fetch_.budget.deadline();
  while (!Collect(servers)) {
    StartLookups(servers);
    if (lookups_.empty()) co_return;
    news_.Reset();
    const bool news = co_await news_.WaitUntil(parts_.timers, deadline);
    if (news) continue;
    GiveUpOnAll(servers);
    co_return;
  }
}

// Starts with a name drawn by chance: an attacker who lists many must not know which are tried.
void ServerAddresses::StartLookups(Slist& servers) {
  // Below the cut nobody but these very servers could tell the address of a server. (Those of a configured
  // zone are looked up outside of it: Walk::ConfiguredCut.)
  if (servers.empty() && !configured_) {
    const std::vector<Name> names = servers.names_without_address();
    for (const Name& name : names)
      if (name.IsAtOrBelow(servers.zone_cut())) servers.GiveUpOn(name);
  }
  while (lookups_.size() < fetch_.budget.whole()->most(Limit::kServerNamesAtOnce)) {
    std::vector<Name> names = servers.names_without_address();
    std::erase_if(names, [this](const Name& name) { return BeingLookedUp(name); });
    if (names.empty()) return;
    const std::shared_ptr<WorkBudget>& budget = fetch_.budget.whole();
    // Those under way may fail as well: were more started beside them, the victim would see more names than
    // may fail (NXNSAttack).
    const size_t failing = budget->spent(Limit::kServerNameFailures) + lookups_.size();
    if (failing >= budget->most(Limit::kServerNameFailures) && !lookups_.empty()) return;
    const bool hopeless = budget->exhausted(Limit::kServerNameFailures);
    if (hopeless) fetch_.budget.Strike(Limit::kServerNameFailures, at_);
    if (hopeless || !fetch_.budget.Spend(Limit::kServerNames, at_)) {
      for (const Name& name : names) servers.GiveUpOn(name);
      return;
    }
    const Name name = names[parts_.random.Below(names.size())];
    Lookup& lookup = lookups_.emplace_back();
    lookup.server = name;
    lookup.addresses_left = budget->most(Limit::kServerAddresses);
    lookup.types_left = int{parts_.options.ipv4} + int{parts_.options.ipv6};
    if (parts_.options.ipv4) tasks_.Spawn(LookUp(name, rr::kA));
    if (parts_.options.ipv6) tasks_.Spawn(LookUp(name, rr::kAaaa));
  }
}

Task<void> ServerAddresses::LookUp(Name server, RrType type) {
  TracePoint wanted;
  if (at_) wanted = at_.Add(trace::ServerAddressWanted{.server = server, .type = type});
  Resolution resolution(parts_, fetch_.budget.whole(), wanted, &fetch_);
  Question question;
  question.qname = server;
  question.qtype = type;
  const Answer answer = co_await resolution.Run(std::move(question));

  const auto lookup = std::find_if(lookups_.begin(), lookups_.end(),
                                   [&server](const Lookup& other) { return other.server == server; });
  --lookup->types_left;
  for (const Rrset& rrset : answer.answer) {
    if (rrset.type != type) continue;
    for (const ByteView rdata : rrset.rdatas) {
      if (lookup->addresses_left == 0) break;
      --lookup->addresses_left;
      lookup->addresses.push_back(AddressIn(type, rdata));
    }
  }
  if (!lookup->addresses.empty()) lookup->fruitful = true;
  wake_.Set(parts_.clock.Now(), [this] { news_.Raise(); });
}

// Moves what was found into `servers`; true when that was anything.
bool ServerAddresses::Collect(Slist& servers) {
  bool found = false;
  for (Lookup& lookup : lookups_) {
    if (!lookup.addresses.empty()) {
      if (at_)
        TraceSkipped(at_, lookup.server, servers.PortOf(lookup.server), lookup.addresses, servers.options());
      servers.AddAddresses(lookup.server, lookup.addresses);
      lookup.addresses.clear();
      found = true;
    } else if (lookup.types_left == 0 && !lookup.fruitful) {
      fetch_.budget.Spend(Limit::kServerNameFailures, at_);
      servers.GiveUpOn(lookup.server);
    }
  }
  std::erase_if(lookups_, [](const Lookup& lookup) { return lookup.types_left == 0; });
  return found;
}

bool ServerAddresses::BeingLookedUp(NameView server) const {
  return std::any_of(lookups_.begin(), lookups_.end(),
                     [server](const Lookup& lookup) { return lookup.server == server; });
}

void ServerAddresses::GiveUpOnAll(Slist& servers) {
  const std::vector<Name> names = servers.names_without_address();
  for (const Name& name : names) servers.GiveUpOn(name);
}

}  // namespace cairn
