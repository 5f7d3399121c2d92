// How much work one client query may cause (THREATS.md section 1). The budget belongs to the client's
// question and everything done for it spends from it: server address look-ups, alias targets, retries,
// restarts. Nothing resets it; validators and prefetchers that come later inherit it like the rest
// (CVE-2026-50045 was a budget that restarted). Each fetch, the walk for one name and type, has a smaller
// purse of its own inside the whole.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/clock.h"
#include "common/trace/trace.h"

namespace cairn {

// In the order of the table in work_budget.cc, where each has its number, its reach and its reason.
enum class Limit : uint8_t {
  kUpstreamQueries,
  kFetchQueries,
  kReferrals,
  kRestarts,
  kServerNames,
  kServerNameFailures,
  kTcpConnections,
  kFetchTcpConnections,
  kReplyOctets,
};
inline constexpr size_t kLimitCount = 9;

struct LimitRow {
  std::string_view name;  // as options, counters and traces call it
  uint32_t most;
  bool of_each_fetch;  // counted in each fetch; otherwise over the whole client query
  std::string_view reason;
};
const LimitRow& RowOf(Limit limit);

// No client query lives longer: stubs have given up, and waiting clients are what a slow upstream costs us.
// BIND and Knot Resolver wait 10 s too.
inline constexpr Duration kQueryWallClock = std::chrono::seconds(10);
// How many look-ups of server addresses may lead from the client's question to a fetch: servers named below
// zones whose servers are named below zones ... BIND stops at 7, PowerDNS at 16.
inline constexpr int kAddressDepth = 7;
// RRsets that one client query may add to the cache (CacheFlush, USENIX Security 2024).
inline constexpr int kCachedRrsets = 64;
// Look-ups of name server addresses that run at the same time for one fetch (NXNSAttack, CVE-2020-8616).
inline constexpr size_t kServerNamesAtOnce = 2;

// The purse of a whole client query, shared by its fetches, and with it the trace that tells of them.
class WorkBudget {
 public:
  WorkBudget(Instant now, std::shared_ptr<TraceRecorder> trace)
      : WorkBudget(now, kQueryWallClock, std::move(trace)) {}
  // A client that waits less long: after `patience` nobody waits for what is under way, and it still ends.
  WorkBudget(Instant now, Duration patience, std::shared_ptr<TraceRecorder> trace)
      : deadline_(now + kQueryWallClock),
        patience_(now + std::min(patience, kQueryWallClock)),
        trace_(std::move(trace)) {}

  // False when that much is not left; nothing is spent then.
  bool Spend(Limit limit, uint32_t amount = 1);
  Instant deadline() const { return deadline_; }  // of all work
  Instant patience() const { return patience_; }  // of who asked
  uint32_t spent(Limit limit) const { return spent_[static_cast<size_t>(limit)]; }
  // Nothing was spent yet: whatever comes to be spent is for the question asked first.
  bool untouched() const { return spent(Limit::kUpstreamQueries) == 0; }
  // The first limit that said no.
  std::optional<Limit> struck() const { return struck_; }
  // How many more RRsets may enter the cache; Remember counts it down.
  int& cacheable_rrsets() { return cacheable_rrsets_; }
  const std::shared_ptr<TraceRecorder>& trace() const { return trace_; }

 private:
  friend class FetchBudget;
  std::array<uint32_t, kLimitCount> spent_{};
  std::optional<Limit> struck_;
  int cacheable_rrsets_ = kCachedRrsets;
  Instant deadline_;
  Instant patience_;
  std::shared_ptr<TraceRecorder> trace_;  // outlives every TracePoint held by those who spend from here
};

// The purse of one fetch.
class FetchBudget {
 public:
  explicit FetchBudget(std::shared_ptr<WorkBudget> whole) : whole_(std::move(whole)) {}

  // False when this fetch or the whole query has not that much left. The trace is told which limit it was.
  bool Spend(Limit limit, TracePoint at, uint32_t amount = 1);
  // One upstream query: counts in the fetch and in the whole.
  bool SpendQuery(TracePoint at) {
    return Spend(Limit::kFetchQueries, at) && Spend(Limit::kUpstreamQueries, at);
  }
  bool SpendTcpConnection(TracePoint at) {
    return Spend(Limit::kFetchTcpConnections, at) && Spend(Limit::kTcpConnections, at);
  }

  Instant deadline() const { return whole_->deadline(); }
  const std::shared_ptr<WorkBudget>& whole() const { return whole_; }

 private:
  std::shared_ptr<WorkBudget> whole_;
  std::array<uint32_t, kLimitCount> spent_{};
};

}  // namespace cairn
