#include "resolver/work_budget.h"

#include <string>

#include "common/base/limits.h"

namespace cairn {
namespace {

constexpr LimitRow kLimits[kLimitCount] = {
    {"upstream-queries", 200, 1000, false, "queries to servers for one client query",
     "any amplification through sub-queries (CAMP, USENIX Security 2024); BIND and Unbound settled on 200 as "
     "well"},
    {"fetch-queries", 50, 1000, true, "of these, for one name and type",
     "one name must not eat the whole purse; BIND has 50, Unbound 32"},
    {"referrals", 32, 128, true, "zone cuts on the way to one name",
     "endless delegation (CVE-2014-8500); no real name lies deeper"},
    {"restarts", limits::kMaxAliases, limits::kMaxAliases, false, "aliases followed for one client query",
     "alias chains and loops, DNAME included (CVE-2019-19331); BIND and Unbound follow 11"},
    {"server-names", 10, 100, false, "server names looked up for one client query",
     "referrals made of names without glue (NXNSAttack, CVE-2020-12662)"},
    {"server-name-failures", 5, 100, false, "of these, that may turn out to have no address",
     "the same, when the names do not exist (CVE-2020-8616); Unbound stops after 5"},
    {"tcp-connections", 8, 100, false, "connections to servers for one client query",
     "servers that truncate and then hang up (CVE-2023-46317)"},
    {"fetch-tcp-connections", 4, 100, true, "of these, for one name and type", "the same, for one name"},
    {"reply-octets", 128 * 1024, 16 << 20, false, "octets of replies to one client query",
     "large replies: bandwidth and parsing are work too"},
    {"address-depth", 7, 32, false, "look-ups of server addresses that wait for each other",
     "servers named below zones whose servers are named below zones; BIND stops at 7, PowerDNS at 16"},
    {"cached-rrsets", 64, 10000, false, "RRsets that one client query may add to the cache",
     "a list of records must not push out what others need (CacheFlush, USENIX Security 2024)"},
    {"server-names-at-once", 2, 16, true, "server names looked up at the same time for one name",
     "NXNSAttack, CVE-2020-8616: nobody needs all servers of a zone"},
    {"minimisation-steps", 10, 127, true, "names shown to servers on the way to one name, besides itself",
     "a name of 127 labels must not cost 127 queries (RFC 9156 section 2.3)"},
    {"delegation-servers", limits::kMaxNsNames, limits::kMaxNsNames, true, "server names of one referral",
     "huge referrals (NRDelegation, CVE-2022-3204)"},
    {"server-addresses", limits::kMaxAddressesPerServer, limits::kMaxAddressesPerServer, true,
     "addresses of one server name", "the same; BIND keeps 6"},
    {"glue-addresses", limits::kMaxGlueAddresses, limits::kMaxGlueAddresses, true,
     "addresses in one referral", "the same: 13 servers with two addresses each"},
    {"invalid-replies", 4, 100, true, "datagrams that cannot be the reply, before TCP is tried",
     "guesses, and packets made to be mistaken for the end of it (TuDoor, IEEE S&P 2024)"},
};

bool Take(uint32_t& spent, uint32_t most, uint32_t amount) {
  if (amount > most - spent) return false;
  spent += amount;
  return true;
}

}  // namespace

const LimitRow& RowOf(Limit limit) { return kLimits[static_cast<size_t>(limit)]; }
const LimitRow& RowOf(size_t index) { return kLimits[index]; }

WorkLimits::WorkLimits() {
  for (size_t i = 0; i < kLimitCount; ++i) most_[i] = kLimits[i].by_default;
}

bool WorkBudget::Spend(Limit limit, uint32_t amount) {
  if (Take(spent_[static_cast<size_t>(limit)], limits_[limit], amount)) return true;
  Strike(limit);
  return false;
}

bool FetchBudget::Spend(Limit limit, TracePoint at, uint32_t amount) {
  const bool taken = RowOf(limit).of_each_fetch
                         ? Take(spent_[static_cast<size_t>(limit)], whole_->most(limit), amount)
                         : whole_->Spend(limit, amount);
  if (!taken) Strike(limit, at);
  return taken;
}

void FetchBudget::Strike(Limit limit, TracePoint at) {
  whole_->Strike(limit);
  if (!at) return;
  at.Add(trace::LimitReached{.limit = std::string(RowOf(limit).name),
                             .value = whole_->most(limit),
                             .consequence = "this path ends; SERVFAIL if no other works"});
}

}  // namespace cairn
