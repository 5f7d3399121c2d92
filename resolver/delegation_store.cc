#include "resolver/delegation_store.h"

#include <algorithm>

#include "absl/container/btree_map.h"
#include "common/base/limits.h"
#include "fmt/format.h"
#include "resolver/keyed_hash.h"
#include "resolver/sieve_map.h"

namespace cairn {
namespace {

// The root is the root, whoever serves it: its cuts stay when the hints give way to what priming found.
constexpr uint64_t kRootIdentity = 1;

// What a cut costs beside its packed servers: node, links, index.
constexpr size_t kCutOverheadOctets = 200;

// A cut as it is kept. Its identity changes with its servers; a cut below it holds on to the identity it was
// learnt under.
struct Cut {
  std::vector<uint8_t> servers;  // packed: name, number of addresses, and each address after its length
  Instant learnt;
  Instant expires;
  uint64_t identity = 0;
  uint64_t upper_identity = 0;  // of the closest live cut above it, when it was learnt
  std::optional<IpAddress> filler;
  DsKnowledge ds = DsKnowledge::kUnknown;
  DelegationKind kind = DelegationKind::kIterate;
  bool permanent = false;
};

std::vector<uint8_t> Pack(const std::vector<DelegationServer>& servers) {
  std::vector<uint8_t> packed;
  size_t addresses_left = limits::kMaxGlueAddresses;
  for (const DelegationServer& server :
       std::span(servers).first(std::min(servers.size(), limits::kMaxNsNames))) {
    const size_t count = std::min({server.addresses.size(), limits::kMaxAddressesPerServer, addresses_left});
    addresses_left -= count;
    packed.insert(packed.end(), server.name.wire().begin(), server.name.wire().end());
    packed.push_back(static_cast<uint8_t>(count));
    for (const IpAddress& address : std::span(server.addresses).first(count)) {
      const ByteView octets = address.octets();
      packed.push_back(static_cast<uint8_t>(octets.size()));
      packed.insert(packed.end(), octets.begin(), octets.end());
    }
  }
  packed.shrink_to_fit();
  return packed;
}

std::vector<DelegationServer> Unpack(ByteView packed) {
  std::vector<DelegationServer> servers;
  for (const uint8_t* at = packed.data(); at != packed.data() + packed.size();) {
    DelegationServer server{Name(NameView::FromValidWire(at)), {}};
    at += server.name.size();
    for (uint8_t count = *at++; count > 0; --count) {
      const size_t octets = *at++;
      server.addresses.push_back(octets == 4 ? IpAddress::V4({at, octets}) : IpAddress::V6({at, octets}));
      at += octets;
    }
    servers.push_back(std::move(server));
  }
  return servers;
}

std::vector<Name> NamesOf(ByteView packed) {
  std::vector<Name> names;
  for (DelegationServer& server : Unpack(packed)) names.push_back(std::move(server.name));
  std::sort(names.begin(), names.end(), NameLess());
  return names;
}

Delegation ToDelegation(NameView name, const Cut& cut) {
  return Delegation{.kind = cut.kind,
                    .cut = Name(name),
                    .servers = Unpack(cut.servers),
                    .learnt = cut.learnt,
                    .expires = cut.expires,
                    .filler = cut.filler,
                    .ds = cut.ds};
}

}  // namespace

Ttl Delegation::RemainingTtl(Instant now) const {
  // What is configured has no TTL; whoever is told of it may keep it as long as we keep what others say.
  if (expires == Instant::max()) return Ttl::Seconds(86400);
  if (now >= expires) return Ttl::Seconds(0);
  const auto left = std::chrono::ceil<std::chrono::seconds>(expires - now).count();
  return Ttl::Seconds(static_cast<uint32_t>(std::min<int64_t>(left, Ttl::kMax)));
}

std::string Delegation::ToText(Instant now) const {
  std::string text = cut.ToText() + " by";
  for (const DelegationServer& server : servers) {
    text += " " + server.name.ToText() + " (";
    if (server.addresses.empty()) text += "no glue";
    for (const IpAddress& address : server.addresses)
      text += (address == server.addresses.front() ? "" : " ") + address.ToText();
    text += ")";
  }
  if (expires == Instant::max()) return text + ", permanent";
  return text + fmt::format(", {} s left", RemainingTtl(now).seconds());
}

std::string_view ToText(DelegationStore::Outcome outcome) {
  switch (outcome) {
    case DelegationStore::Outcome::kStored:
      return "stored";
    case DelegationStore::Outcome::kRefreshed:
      return "refreshed: the same servers";
    case DelegationStore::Outcome::kChanged:
      return "replaced: other servers, cuts below are forgotten";
    case DelegationStore::Outcome::kNoLiveParent:
      return "not stored: no live cut above it";
    case DelegationStore::Outcome::kNoServers:
      return "not stored: no servers";
    case DelegationStore::Outcome::kZeroTtl:
      return "not stored: TTL 0 serves one question only";
    case DelegationStore::Outcome::kTooLarge:
      return "not stored: too large";
    case DelegationStore::Outcome::kPermanent:
      return "not stored: configured here";
  }
  return "unknown";
}

struct DelegationStore::Table {
  Table(size_t size_octets, Random& random) : learnt(size_octets, KeyedNameHash{SipKey::Draw(random)}) {}

  SieveMap<Name, Cut, KeyedNameHash, NameEq> learnt;
  absl::btree_map<Name, Cut, NameLess> permanent;
  uint64_t last_identity = kRootIdentity;

  struct Found {
    NameView name;
    const Cut* cut = nullptr;
  };

  uint64_t IdentityFor(NameView cut) { return cut.IsRoot() ? kRootIdentity : ++last_identity; }

  // From the root down to `name`, taking each live cut whose upper cut is the one we came by.
  Found Descend(NameView name, Instant now) {
    Found deepest;
    const int labels = name.LabelCount();
    for (int depth = 0; depth <= labels; ++depth) {
      const NameView here = name.Ancestor(depth);
      const uint64_t upper = deepest.cut != nullptr ? deepest.cut->identity : 0;
      if (const Cut* cut = LiveAt(here, upper, now)) deepest = {here, cut};
    }
    return deepest;
  }

  const Cut* LiveAt(NameView here, uint64_t upper, Instant now) {
    const auto configured = permanent.empty() ? permanent.end() : permanent.find(here);
    if (configured != permanent.end() && !here.IsRoot()) return &configured->second;
    if (const Cut* cut = learnt.Find(here); cut != nullptr && now < cut->expires) {
      if (here.IsRoot() || (upper != 0 && cut->upper_identity == upper)) return cut;
    }
    return configured != permanent.end() ? &configured->second : nullptr;
  }
};

DelegationStore::DelegationStore(const Options& options, Random& random)
    : options_(options), table_(std::make_unique<Table>(options.size_octets, random)) {}
DelegationStore::~DelegationStore() = default;

void DelegationStore::Adopt(const Options& options) {
  const std::lock_guard lock(mutex_);
  options_ = options;
}

void DelegationStore::SetPermanent(Delegation delegation) {
  const std::lock_guard lock(mutex_);
  std::vector<uint8_t> servers = Pack(delegation.servers);
  const auto before = table_->permanent.find(delegation.cut);
  if (before != table_->permanent.end() && before->second.servers != servers)
    table_->learnt.EraseIf([&](const Name& cut, const Cut&) { return cut.IsAtOrBelow(delegation.cut); });
  table_->permanent[delegation.cut] = Cut{.servers = std::move(servers),
                                          .learnt = delegation.learnt,
                                          .expires = Instant::max(),
                                          .identity = table_->IdentityFor(delegation.cut),
                                          .filler = std::nullopt,
                                          .ds = delegation.ds,
                                          .kind = delegation.kind,
                                          .permanent = true};
}

DelegationStore::Outcome DelegationStore::Store(const Delegation& delegation, Instant now) {
  if (delegation.servers.empty()) return Outcome::kNoServers;
  if (delegation.expires <= now) return Outcome::kZeroTtl;
  const std::lock_guard lock(mutex_);
  const NameView name = delegation.cut;
  if (!name.IsRoot() && table_->permanent.contains(name)) return Outcome::kPermanent;
  const Cut* upper = name.IsRoot() ? nullptr : table_->Descend(name.Parent(), now).cut;
  if (!name.IsRoot() && upper == nullptr) return Outcome::kNoLiveParent;

  const Duration least = std::chrono::seconds(options_.min_ttl.seconds());
  const Duration most = std::chrono::seconds(options_.max_ttl.seconds());
  Cut fresh{.servers = Pack(delegation.servers),
            .learnt = now,
            .expires = now + std::clamp(delegation.expires - now, least, most),
            .upper_identity = upper != nullptr ? upper->identity : 0,
            .filler = delegation.filler,
            .ds = delegation.ds};
  Outcome outcome = Outcome::kStored;
  if (const Cut* before = table_->learnt.Peek(name)) {
    const bool same =
        before->upper_identity == fresh.upper_identity && NamesOf(before->servers) == NamesOf(fresh.servers);
    outcome = same ? Outcome::kRefreshed : Outcome::kChanged;
    if (same) fresh.identity = before->identity;
  }
  if (fresh.identity == 0) fresh.identity = table_->IdentityFor(name);
  const size_t weight = kCutOverheadOctets + delegation.cut.size() + fresh.servers.size();
  return table_->learnt.Put(delegation.cut, std::move(fresh), weight) != nullptr ? outcome
                                                                                 : Outcome::kTooLarge;
}

std::optional<Delegation> DelegationStore::Closest(NameView qname, Instant now) const {
  const std::lock_guard lock(mutex_);
  const Table::Found found = table_->Descend(qname, now);
  if (found.cut == nullptr) return std::nullopt;
  return ToDelegation(found.name, *found.cut);
}

std::optional<Delegation> DelegationStore::ClosestAbove(NameView cut, Instant now) const {
  if (cut.IsRoot()) return std::nullopt;
  return Closest(cut.Parent(), now);
}

std::optional<Delegation> DelegationStore::Find(NameView cut, Instant now) const {
  std::optional<Delegation> closest = Closest(cut, now);
  if (closest && closest->cut == cut) return closest;
  return std::nullopt;
}

bool DelegationStore::Forget(NameView cut) {
  const std::lock_guard lock(mutex_);
  return table_->learnt.Erase(cut);
}

size_t DelegationStore::ForgetSubtree(NameView name) {
  const std::lock_guard lock(mutex_);
  return table_->learnt.EraseIf([&](const Name& cut, const Cut&) { return cut.IsAtOrBelow(name); });
}

void DelegationStore::ForEach(const std::function<void(const Delegation&)>& visit) const {
  std::vector<Delegation> configured;
  std::vector<Name> learnt;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, cut] : table_->permanent) configured.push_back(ToDelegation(name, cut));
    table_->learnt.ForEach([&](const Name& name, const Cut&) { learnt.push_back(name); });
  }
  for (const Delegation& delegation : configured) visit(delegation);
  for (const Name& name : learnt) {
    std::unique_lock lock(mutex_);
    const Cut* cut = table_->learnt.Peek(name);
    if (cut == nullptr) continue;
    const Delegation delegation = ToDelegation(name, *cut);
    lock.unlock();
    visit(delegation);
  }
}

DelegationStore::Stats DelegationStore::stats() const {
  const std::lock_guard lock(mutex_);
  return {.cuts = table_->learnt.size() + table_->permanent.size(),
          .octets = table_->learnt.weight(),
          .evicted = table_->learnt.evicted()};
}

}  // namespace cairn
