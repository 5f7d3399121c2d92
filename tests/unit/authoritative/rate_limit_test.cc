// Response rate limiting in virtual time: what one network gets, what others get meanwhile, and what is
// exempt.
#include "authoritative/rate_limit.h"

#include <array>
#include <string>

#include "common/base/random.h"
#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"

namespace cairn {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Verdict = ResponseRateLimiter::Verdict;

constexpr SipKey kKey{.k0 = 1, .k1 = 2};
constexpr Instant kStart{std::chrono::hours(1000)};

struct Counted {
  int sent = 0;
  int truncated = 0;
  int dropped = 0;
  friend bool operator==(const Counted&, const Counted&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Counted& c) {
    return out << c.sent << " sent, " << c.truncated << " truncated, " << c.dropped << " dropped";
  }
};

void Count(Verdict verdict, Counted& counted) {
  if (verdict == Verdict::kSend) ++counted.sent;
  if (verdict == Verdict::kTruncate) ++counted.truncated;
  if (verdict == Verdict::kDrop) ++counted.dropped;
}

// `per_second` responses a second for ten seconds.
Counted TenSeconds(ResponseRateLimiter& limiter, const char* client, int per_second, uint64_t subject = 7,
                   Instant start = kStart) {
  Counted counted;
  const IpAddress address = IpAddress::Literal(client);
  for (int i = 0; i < 10 * per_second; ++i) {
    const Instant now = start + microseconds(int64_t{1'000'000} * i / per_second);
    Count(limiter.Take(address, subject, now), counted);
  }
  return counted;
}

TEST(ResponseRateLimiter, UpToTheRateAllIsSent) {
  ResponseRateLimiter limiter({}, kKey);
  EXPECT_EQ(TenSeconds(limiter, "192.0.2.1", 200), (Counted{.sent = 2000}));
}

TEST(ResponseRateLimiter, OverItTheRateAndTheBurstAreSentAndHalfTheRestTruncated) {
  ResponseRateLimiter limiter({}, kKey);
  const Counted counted = TenSeconds(limiter, "192.0.2.1", 2000);
  EXPECT_NEAR(counted.sent, 400 + 10 * 200, 2);
  EXPECT_NEAR(counted.truncated, counted.dropped, 1);
  EXPECT_EQ(counted.sent + counted.truncated + counted.dropped, 20'000);
  EXPECT_EQ(limiter.counters().truncated, static_cast<uint64_t>(counted.truncated));
  EXPECT_EQ(limiter.counters().dropped, static_cast<uint64_t>(counted.dropped));
}

// Queries of 40 octets, answers of 500: what leaves is at most three times what came.
TEST(ResponseRateLimiter, AmplificationIsBounded) {
  ResponseRateLimiter limiter({}, kKey);
  TenSeconds(limiter, "192.0.2.1", 2000);
  const Counted counted = TenSeconds(limiter, "192.0.2.1", 2000, 7, kStart + std::chrono::seconds(10));
  const int octets_in = 20'000 * 40;
  const int octets_out = counted.sent * 500 + counted.truncated * 40;
  EXPECT_LE(octets_out, 3 * octets_in);
}

TEST(ResponseRateLimiter, SlipSaysHowManyAreTruncated) {
  struct Case {
    uint32_t slip;
    int truncated;
    int dropped;
  };
  for (const Case& c : {Case{0, 0, 12}, Case{1, 12, 0}, Case{2, 6, 6}, Case{3, 4, 8}}) {
    SCOPED_TRACE(c.slip);
    ResponseRateLimiter limiter({.burst = 1, .slip = c.slip}, kKey);
    Counted counted;
    for (int i = 0; i < 13; ++i) Count(limiter.Take(IpAddress::Literal("192.0.2.1"), 7, kStart), counted);
    EXPECT_EQ(counted, (Counted{.sent = 1, .truncated = c.truncated, .dropped = c.dropped}));
  }
}

struct NeighbourCase {
  const char* name;
  const char* client;
  uint64_t subject;
  bool same_account;
};

const NeighbourCase kNeighbours[] = {
    {"the same client", "192.0.2.1", 7, true},
    {"another of the /24", "192.0.2.254", 7, true},
    {"the next /24", "192.0.3.1", 7, false},
    {"another subject", "192.0.2.1", 8, false},
    {"IPv6 with the same octets", "c000:0201::", 7, false},
};
const NeighbourCase kV6Neighbours[] = {
    {"another of the /56", "2001:db8:0:ff::9", 7, true},
    {"the next /56", "2001:db8:0:100::1", 7, false},
};

void ExpectNeighbours(const char* flooder, std::span<const NeighbourCase> cases) {
  for (const NeighbourCase& c : cases) {
    SCOPED_TRACE(c.name);
    ResponseRateLimiter limiter({}, kKey);
    const IpAddress address = IpAddress::Literal(flooder);
    while (limiter.Take(address, 7, kStart) == Verdict::kSend) continue;
    const bool sent = limiter.Take(IpAddress::Literal(c.client), c.subject, kStart) == Verdict::kSend;
    EXPECT_EQ(sent, !c.same_account);
  }
}

TEST(ResponseRateLimiter, NetworksAndSubjectsHaveAccountsOfTheirOwn) {
  ExpectNeighbours("192.0.2.1", kNeighbours);
  ExpectNeighbours("2001:db8:0:1::1", kV6Neighbours);
}

// Who knows many names: each subject is below its limit, all together are not.
TEST(ResponseRateLimiter, ANetworkAsAWholeHasALimitWhenOneIsSet) {
  for (const bool limited : {false, true}) {
    ResponseRateLimiter limiter({.network_responses_per_second = limited ? 500U : 0U}, kKey);
    Counted counted;
    Counted neighbour;
    for (int i = 0; i < 20'000; ++i) {
      const Instant now = kStart + microseconds(500 * i);
      Count(limiter.Take(IpAddress::Literal("192.0.2.1"), uint64_t(i % 100), now), counted);
      if (i % 20 == 0) Count(limiter.Take(IpAddress::Literal("192.0.3.1"), uint64_t(i), now), neighbour);
    }
    EXPECT_NEAR(counted.sent, limited ? 2 * 500 + 10 * 500 : 20'000, 2);
    EXPECT_NEAR(counted.truncated, counted.dropped, 1);
    EXPECT_EQ(neighbour, (Counted{.sent = 1000}));
    EXPECT_EQ(limiter.counters().accounts, limited ? 1u : 0u);
  }
}

// A response over the limit of its subject takes nothing from its network.
TEST(ResponseRateLimiter, OneSubjectDoesNotEmptyTheNetworksAccount) {
  ResponseRateLimiter limiter({.responses_per_second = 1, .burst = 1, .network_responses_per_second = 2},
                              kKey);
  const IpAddress client = IpAddress::Literal("192.0.2.1");
  Counted counted;
  for (int i = 0; i < 100; ++i) Count(limiter.Take(client, 7, kStart), counted);
  EXPECT_EQ(counted.sent, 1);
  for (uint64_t subject = 8; subject < 20; ++subject) Count(limiter.Take(client, subject, kStart), counted);
  EXPECT_EQ(counted.sent, 4) << "twice the rate of the network at once";
}

TEST(ResponseRateLimiter, EachAccountOverItsLimitIsToldOnceUntilItHasRested) {
  std::string told;
  ResponseRateLimiter limiter({.network_responses_per_second = 1000}, kKey,
                              [&](const IpAddress& client, ResponseRateLimiter::Scope scope) {
                                told += NetworkText(client);
                                told += scope == ResponseRateLimiter::Scope::kNetwork ? " all; " : "; ";
                              });
  TenSeconds(limiter, "192.0.2.1", 200);
  EXPECT_EQ(told, "");
  TenSeconds(limiter, "192.0.2.1", 900, 7, kStart + std::chrono::seconds(10));
  TenSeconds(limiter, "2001:db8:0:1::1", 900, 7, kStart + std::chrono::seconds(20));
  EXPECT_EQ(told, "192.0.2.0/24; 2001:db8::/56; ");
  TenSeconds(limiter, "192.0.2.1", 900, 7, kStart + std::chrono::seconds(32));
  EXPECT_EQ(told, "192.0.2.0/24; 2001:db8::/56; 192.0.2.0/24; ");
  for (int i = 0; i < 20'000; ++i)
    limiter.Take(IpAddress::Literal("192.0.4.1"), uint64_t(i), kStart + std::chrono::seconds(60));
  EXPECT_EQ(told, "192.0.2.0/24; 2001:db8::/56; 192.0.2.0/24; 192.0.4.0/24 all; ");
  EXPECT_EQ(limiter.counters().accounts, 4u);
}

TEST(ResponseRateLimiter, WorkersDivideTheLimits) {
  const RateLimitOptions share =
      RateLimitOptions{.responses_per_second = 100, .burst = 3, .network_responses_per_second = 1000}.ShareOf(
          4);
  EXPECT_EQ(share.responses_per_second, 25u);
  EXPECT_EQ(share.burst, 1u);
  EXPECT_EQ(share.network_responses_per_second, 250u);
  EXPECT_EQ(RateLimitOptions{}.ShareOf(4).network_responses_per_second, 0u) << "none is none";
}

TEST(ResponseRateLimiter, ARestedAccountHasItsBurstAgain) {
  ResponseRateLimiter limiter({}, kKey);
  TenSeconds(limiter, "192.0.2.1", 2000);
  const Instant later = kStart + std::chrono::seconds(13);
  Counted counted;
  for (int i = 0; i < 500; ++i) Count(limiter.Take(IpAddress::Literal("192.0.2.1"), 7, later), counted);
  EXPECT_EQ(counted.sent, 400);
}

TEST(ResponseRateLimiter, ExemptNetworksAndADisabledLimiterSendAll) {
  ResponseRateLimiter limiter({.exempt = {*Subnet::FromText("198.51.100.0/24")}}, kKey);
  EXPECT_EQ(TenSeconds(limiter, "198.51.100.9", 2000).sent, 20'000);
  EXPECT_LT(TenSeconds(limiter, "127.0.0.1", 2000).sent, 20'000) << "an own list replaces the usual one";
  ResponseRateLimiter usual({}, kKey);
  EXPECT_EQ(TenSeconds(usual, "127.0.0.1", 2000).sent, 20'000);
  EXPECT_EQ(TenSeconds(usual, "::1", 2000).sent, 20'000);
  ResponseRateLimiter off({.enabled = false}, kKey);
  EXPECT_EQ(TenSeconds(off, "192.0.2.1", 2000).sent, 20'000);
}

// A flood from all over the address space takes the places of others, at worst to their advantage, and one
// that is over its limit keeps its place among accounts that have more left.
TEST(ResponseRateLimiter, AFullTableStaysSafe) {
  ResponseRateLimiter limiter({}, kKey);
  const std::unique_ptr<Random> random = NewSeededRandom(1);
  const IpAddress flooder = IpAddress::Literal("192.0.2.1");
  const testing::AllocationCounter counter;
  int sent = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (limiter.Take(flooder, 7, kStart) == Verdict::kSend) ++sent;
    std::array<uint8_t, 4> anywhere;
    random->Fill(anywhere);
    limiter.Take(IpAddress::V4(anywhere), random->U64(), kStart);
  }
  EXPECT_EQ(counter.count(), 0u);
  EXPECT_LT(sent, 1000);
}

}  // namespace
}  // namespace cairn
