#include "resolver/work_budget.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

constexpr Limit kAll[] = {Limit::kUpstreamQueries, Limit::kFetchQueries,        Limit::kReferrals,
                          Limit::kRestarts,        Limit::kServerNames,         Limit::kServerNameFailures,
                          Limit::kTcpConnections,  Limit::kFetchTcpConnections, Limit::kReplyOctets};

std::shared_ptr<WorkBudget> Whole() { return std::make_shared<WorkBudget>(Instant(), nullptr); }

TEST(WorkBudget, EachLimitIsReachedFromBothSides) {
  for (const Limit limit : kAll) {
    SCOPED_TRACE(RowOf(limit).name);
    FetchBudget fetch(Whole());
    for (uint32_t i = 0; i < RowOf(limit).by_default; ++i) ASSERT_TRUE(fetch.Spend(limit, {}));
    EXPECT_FALSE(fetch.Spend(limit, {}));
    EXPECT_EQ(fetch.whole()->struck(), limit);
  }
}

TEST(WorkBudget, LimitsOfTheQueryAreSharedByItsFetchesAndOthersAreNot) {
  for (const Limit limit : kAll) {
    SCOPED_TRACE(RowOf(limit).name);
    const std::shared_ptr<WorkBudget> whole = Whole();
    FetchBudget first(whole);
    FetchBudget second(whole);
    ASSERT_TRUE(first.Spend(limit, {}, RowOf(limit).by_default));
    EXPECT_EQ(second.Spend(limit, {}), RowOf(limit).of_each_fetch);
  }
}

// The table's numbers are defaults: options give others.
TEST(WorkBudget, ConfiguredLimitsHoldInsteadOfTheDefaults) {
  for (const Limit limit : kAll) {
    SCOPED_TRACE(RowOf(limit).name);
    WorkTerms terms;
    terms.limits[limit] = 3;
    FetchBudget fetch(std::make_shared<WorkBudget>(Instant(), nullptr, terms));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(fetch.Spend(limit, {}));
    EXPECT_TRUE(fetch.whole()->exhausted(limit) || RowOf(limit).of_each_fetch);
    EXPECT_FALSE(fetch.Spend(limit, {}));
    EXPECT_EQ(fetch.whole()->struck(), limit);
  }
}

TEST(WorkBudget, EachRowSaysWhatItIs) {
  for (size_t i = 0; i < kLimitCount; ++i) {
    const LimitRow& row = RowOf(i);
    EXPECT_FALSE(row.name.empty() || row.what.empty() || row.reason.empty()) << i;
    EXPECT_LE(row.by_default, row.highest) << row.name;
    EXPECT_EQ(WorkLimits()[static_cast<Limit>(i)], row.by_default) << row.name;
  }
}

TEST(WorkBudget, WhatIsNotThereIsNotSpent) {
  FetchBudget fetch(Whole());
  const uint32_t most = RowOf(Limit::kReplyOctets).by_default;
  EXPECT_FALSE(fetch.Spend(Limit::kReplyOctets, {}, most + 1));
  EXPECT_TRUE(fetch.Spend(Limit::kReplyOctets, {}, most));
  EXPECT_FALSE(fetch.Spend(Limit::kReplyOctets, {}, 0xffffffff));
}

TEST(WorkBudget, OneFetchCannotSpendTheWholePurse) {
  const std::shared_ptr<WorkBudget> whole = Whole();
  uint32_t queries = 0;
  for (int fetches = 0; fetches < 10; ++fetches) {
    FetchBudget fetch(whole);
    while (fetch.SpendQuery({})) ++queries;
    if (fetches == 0) {
      EXPECT_EQ(queries, RowOf(Limit::kFetchQueries).by_default);
    }
  }
  EXPECT_EQ(queries, RowOf(Limit::kUpstreamQueries).by_default);
}

TEST(WorkBudget, TheDeadlineIsTheClientsAndTheTraceHearsOfLimits) {
  struct StillClock final : Clock {
    Instant Now() const override { return Instant() + std::chrono::seconds(7); }
    WallTime Wall() const override { return {}; }
  } clock;
  auto recorder = std::make_shared<TraceRecorder>(clock);
  FetchBudget fetch(std::make_shared<WorkBudget>(clock.Now(), recorder));
  EXPECT_EQ(fetch.deadline(), Instant() + std::chrono::seconds(17));
  const TracePoint at(recorder.get());
  EXPECT_TRUE(fetch.Spend(Limit::kReferrals, at, RowOf(Limit::kReferrals).by_default));
  EXPECT_TRUE(recorder->trace().events().empty());
  EXPECT_FALSE(fetch.Spend(Limit::kReferrals, at));
  ASSERT_EQ(recorder->trace().events().size(), 1u);
  EXPECT_EQ(std::get<trace::LimitReached>(recorder->trace().events().front().body).limit, "referrals");
}

}  // namespace
}  // namespace cairn
