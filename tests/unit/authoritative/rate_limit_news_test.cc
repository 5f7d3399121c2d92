#include "authoritative/rate_limit_news.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

using Scope = ResponseRateLimiter::Scope;

TEST(RateLimitNews, KeepsTheOrderAndSendsForAReaderOnce) {
  RateLimitNews news;
  EXPECT_TRUE(news.Put(IpAddress::Literal("192.0.2.1"), Scope::kSubject));
  EXPECT_FALSE(news.Put(IpAddress::Literal("2001:db8::1"), Scope::kNetwork))
      << "somebody was sent for already";
  const RateLimitNews::Taken taken = news.Take();
  ASSERT_EQ(taken.events.size(), 2u);
  EXPECT_EQ(taken.events[0].client, IpAddress::Literal("192.0.2.1"));
  EXPECT_EQ(taken.events[0].scope, Scope::kSubject);
  EXPECT_EQ(taken.events[1].client, IpAddress::Literal("2001:db8::1"));
  EXPECT_EQ(taken.events[1].scope, Scope::kNetwork);
  EXPECT_EQ(taken.untold, 0u);
  EXPECT_TRUE(news.Take().events.empty());
  EXPECT_TRUE(news.Put(IpAddress::Literal("192.0.2.1"), Scope::kSubject));
}

// As long as nobody reads, as behind a standard error that stands still.
TEST(RateLimitNews, WhatFindsNoRoomIsCounted) {
  RateLimitNews news;
  for (size_t i = 0; i < RateLimitNews::kMostWaiting + 3; ++i)
    EXPECT_EQ(news.Put(IpAddress::Literal("192.0.2.1"), Scope::kSubject), i == 0);
  RateLimitNews::Taken taken = news.Take();
  EXPECT_EQ(taken.events.size(), RateLimitNews::kMostWaiting);
  EXPECT_EQ(taken.untold, 3u);
  EXPECT_TRUE(news.Put(IpAddress::Literal("192.0.2.1"), Scope::kSubject));
  EXPECT_EQ(news.Take().untold, 0u) << "told once";
}

}  // namespace
}  // namespace cairn
