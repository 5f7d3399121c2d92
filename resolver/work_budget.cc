#include "resolver/work_budget.h"

#include <string>

#include "common/base/limits.h"

namespace cairn {
namespace {

constexpr LimitRow kLimits[kLimitCount] = {
    {"upstream-queries", 200, false,
     "any amplification through sub-queries (CAMP, USENIX Security 2024); BIND and Unbound settled on 200 as "
     "well"},
    {"fetch-queries", 50, true, "one name must not eat the whole purse; BIND has 50, Unbound 32"},
    {"referrals", 32, true, "endless delegation (CVE-2014-8500); no real name lies deeper"},
    {"restarts", limits::kMaxAliases, false,
     "alias chains and loops, DNAME included (CVE-2019-19331); BIND and Unbound follow 11"},
    {"server-names", 10, false, "referrals made of names without glue (NXNSAttack, CVE-2020-12662)"},
    {"server-name-failures", 5, false,
     "the same, when the names do not exist (CVE-2020-8616); Unbound stops after 5"},
    {"tcp-connections", 8, false, "servers that truncate and then hang up (CVE-2023-46317)"},
    {"fetch-tcp-connections", 4, true, "the same, for one name"},
    {"reply-octets", 128 * 1024, false, "large replies: bandwidth and parsing are work too"},
};

bool Take(uint32_t& spent, uint32_t most, uint32_t amount) {
  if (amount > most - spent) return false;
  spent += amount;
  return true;
}

}  // namespace

const LimitRow& RowOf(Limit limit) { return kLimits[static_cast<size_t>(limit)]; }

bool WorkBudget::Spend(Limit limit, uint32_t amount) {
  if (Take(spent_[static_cast<size_t>(limit)], RowOf(limit).most, amount)) return true;
  if (!struck_) struck_ = limit;
  return false;
}

bool FetchBudget::Spend(Limit limit, TracePoint at, uint32_t amount) {
  const LimitRow& row = RowOf(limit);
  bool taken;
  if (row.of_each_fetch) {
    taken = Take(spent_[static_cast<size_t>(limit)], row.most, amount);
    if (!taken && !whole_->struck_) whole_->struck_ = limit;
  } else {
    taken = whole_->Spend(limit, amount);
  }
  if (!taken && at) {
    at.Add(trace::LimitReached{.limit = std::string(row.name),
                               .value = row.most,
                               .consequence = "this path ends; SERVFAIL if no other works"});
  }
  return taken;
}

}  // namespace cairn
