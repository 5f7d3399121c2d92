// Where to ask: the zone cuts the resolver has been referred to, each with the parent's NS names and glue
// (RFC 1034 section 5.3.3 step 2; RFC 9471). Apart from the answer cache, because these data serve the walk
// only and are never answered to clients. Only parents fill it. A child's own NS set neither prolongs nor
// changes a cut, so a domain which its parent revoked is gone when the parent's TTL ends ("ghost domains",
// CVE-2022-30698). A cut is alive only while every cut above it is, and is the same that was there when this
// one was learnt: when `example.` is delegated elsewhere, what the old servers said about `sub.example.` dies
// with it ("phoenix domains", CVE-2022-30699). Shared by all workers behind one mutex: it is asked once per
// cache miss, beside microseconds of network work.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/dns/name.h"
#include "common/dns/rrset.h"
#include "common/net/endpoint.h"

namespace cairn {

// One server of a zone as the parent names it. Without glue its addresses must be looked up.
struct DelegationServer {
  Name name;
  std::vector<IpAddress> addresses;
  uint16_t port = 0;  // of one that is configured by name; 0: where all servers are asked
  friend bool operator==(const DelegationServer&, const DelegationServer&) = default;
};

// What the parent says about DS at a cut (RFC 4035 section 5.2); the validator decides what it is worth.
enum class DsKnowledge : uint8_t { kUnknown, kPresent, kAbsent };

// How the servers of a cut are asked, and what they are believed.
enum class DelegationKind : uint8_t {
  kIterate,  // the parent referred us to them: RD=0, their referrals lead on down
  kStub,     // configured, asked like the others
  kForward,  // configured: RD=1 and the whole name; they answer without AA for all below, and refer nowhere
};

struct Delegation {
  DelegationKind kind = DelegationKind::kIterate;
  Name cut;
  std::vector<DelegationServer> servers;
  Instant learnt;
  Instant expires;                  // by the parent's TTL
  std::optional<IpAddress> filler;  // who referred us
  DsKnowledge ds = DsKnowledge::kUnknown;
  // Of a configured cut: whom to ask, wherever they are; over TCP only; and whether what they cannot answer
  // is resolved from the root.
  std::vector<Endpoint> configured{};
  bool over_tcp = false;
  bool fall_back = false;

  Ttl RemainingTtl(Instant now) const;
  // "example. by ns1.example. (192.0.2.1) ns2.test. (no glue), 3599 s left".
  std::string ToText(Instant now) const;
};

class DelegationStore {
 public:
  struct Options {
    size_t size_octets = size_t{32} << 20;
    Ttl min_ttl = Ttl::Seconds(60);  // below it each question would walk from the parent again
    Ttl max_ttl = Ttl::Seconds(86400);
  };

  DelegationStore(const Options& options, Random& random);
  ~DelegationStore();
  // All of `options` but the size holds from now on. From any thread.
  void Adopt(const Options& options);

  // The root's servers from hints, or a zone's from configuration: stays until replaced, never evicted, and
  // no referral overrules it. Other ones than before end all that was learnt from those, below the cut
  // as well: it may be another root.
  void SetPermanent(Delegation delegation);

  enum class Outcome : uint8_t {
    kStored,
    kRefreshed,     // same servers as before: cuts below stay
    kChanged,       // other servers: cuts below died
    kNoLiveParent,  // nobody vouches for it
    kNoServers,
    kZeroTtl,  // good for the question that fetched it, and no other
    kTooLarge,
    kPermanent,  // configured here
  };
  // A parent's referral, or for the root what priming found (RFC 9609): that serves until its TTL ends, then
  // the hints again. Keeps the first 13 names, 6 addresses a name and 26 addresses in all (THREATS section
  // 1). The life that `delegation.expires` leaves is clipped to the options' cap and floor.
  Outcome Store(const Delegation& delegation, Instant now);

  // The deepest live cut at or above `qname`. Never empty once a root is set.
  std::optional<Delegation> Closest(NameView qname, Instant now) const;
  // The deepest live cut strictly above `cut`: whom to ask for DS of `cut` (RFC 4035 section 3.1.4.1).
  std::optional<Delegation> ClosestAbove(NameView cut, Instant now) const;
  // Exactly this cut, if alive.
  std::optional<Delegation> Find(NameView cut, Instant now) const;

  bool Forget(NameView cut);  // one cut; those below die with it
  size_t ForgetSubtree(NameView name);
  // Each cut that stays throughout, once. The lock is held for one of them at a time: those who resolve need
  // it.
  void ForEach(const std::function<void(const Delegation&)>& visit) const;

  struct Stats {
    size_t cuts = 0;
    size_t octets = 0;
    uint64_t evicted = 0;
  };
  Stats stats() const;

 private:
  struct Table;
  mutable std::mutex mutex_;
  Options options_;
  std::unique_ptr<Table> table_;
};
std::string_view ToText(DelegationStore::Outcome outcome);

}  // namespace cairn
