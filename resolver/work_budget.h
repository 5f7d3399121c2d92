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

// In the order of the table in work_budget.cc, where each has its number, its reach and its reason. At the
// first ones a path ends, which is counted; the others clip what goes on.
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
  kAddressDepth,
  kCachedRrsets,
  kServerNamesAtOnce,
  kMinimisationSteps,
  kDelegationServers,
  kServerAddresses,
  kGlueAddresses,
  kInvalidReplies,
};
inline constexpr size_t kLimitCount = 17;
inline constexpr size_t kStruckLimitCount = 10;  // of these, those at which a path ends

struct LimitRow {
  std::string_view name;  // as options (`limits`), counters, traces and extended errors call it
  uint32_t by_default;
  uint32_t highest;    // that may be configured
  bool of_each_fetch;  // counted in each fetch; otherwise over the whole client query
  std::string_view what;
  std::string_view reason;
};
const LimitRow& RowOf(Limit limit);
const LimitRow& RowOf(size_t index);

// The limits in force.
class WorkLimits {
 public:
  WorkLimits();
  uint32_t& operator[](Limit limit) { return most_[static_cast<size_t>(limit)]; }
  uint32_t operator[](Limit limit) const { return most_[static_cast<size_t>(limit)]; }

 private:
  std::array<uint32_t, kLimitCount> most_;
};

// No client query lives longer by default: stubs have given up, and waiting clients are what a slow upstream
// costs us. BIND and Knot Resolver wait 10 s too.
inline constexpr Duration kQueryWallClock = std::chrono::seconds(10);

// What one client query may cost.
struct WorkTerms {
  WorkLimits limits{};
  Duration wall_clock = kQueryWallClock;  // of all work
  Duration patience = kQueryWallClock;    // of who asked: afterwards nobody waits for what is under way
};

// The purse of a whole client query, shared by its fetches, and with it the trace that tells of them.
class WorkBudget {
 public:
  WorkBudget(Instant now, std::shared_ptr<TraceRecorder> trace, const WorkTerms& terms = {})
      : limits_(terms.limits),
        cacheable_rrsets_(static_cast<int>(terms.limits[Limit::kCachedRrsets])),
        deadline_(now + terms.wall_clock),
        patience_(now + std::min(terms.patience, terms.wall_clock)),
        trace_(std::move(trace)) {}

  // False when that much is not left; nothing is spent then.
  bool Spend(Limit limit, uint32_t amount = 1);
  Instant deadline() const { return deadline_; }  // of all work
  Instant patience() const { return patience_; }  // of who asked
  uint32_t spent(Limit limit) const { return spent_[static_cast<size_t>(limit)]; }
  uint32_t most(Limit limit) const { return limits_[limit]; }
  bool exhausted(Limit limit) const { return spent(limit) >= most(limit); }
  // Nothing was spent yet: whatever comes to be spent is for the question asked first.
  bool untouched() const { return spent(Limit::kUpstreamQueries) == 0; }
  // `limit` said no, without anything to be spent.
  void Strike(Limit limit) {
    if (!struck_) struck_ = limit;
  }
  // The first limit that said no.
  std::optional<Limit> struck() const { return struck_; }
  // How many more RRsets may enter the cache; Remember counts it down.
  int& cacheable_rrsets() { return cacheable_rrsets_; }
  const std::shared_ptr<TraceRecorder>& trace() const { return trace_; }

 private:
  friend class FetchBudget;
  std::array<uint32_t, kLimitCount> spent_{};
  const WorkLimits limits_;
  std::optional<Limit> struck_;
  int cacheable_rrsets_;
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
  // `limit` said no, without anything to be spent.
  void Strike(Limit limit, TracePoint at);
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
