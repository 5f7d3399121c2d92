#include "resolver/cache.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/dns/rdata_text.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"

namespace cairn {
namespace {

using std::chrono::seconds;

const Instant kStart = Instant() + std::chrono::hours(1);
const IpAddress kServer = IpAddress::Literal("192.0.2.53");

Rrset SetOf(std::string_view owner, RrType type, uint32_t ttl, std::vector<std::string> texts) {
  Rrset rrset{.owner = Name::Literal(owner), .type = type, .ttl = Ttl::Seconds(ttl), .rdatas = {}};
  for (const std::string& text : texts) rrset.rdatas.Add(*RdataFromText(type, text));
  return rrset;
}

Rrset Address(std::string_view owner, uint32_t ttl, std::string address = "192.0.2.1") {
  return SetOf(owner, rr::kA, ttl, {std::move(address)});
}

Rrset Soa(std::string_view owner, uint32_t ttl, uint32_t minimum) {
  return SetOf(owner, rr::kSoa, ttl, {fmt::format("ns.{0} mail.{0} 1 7200 900 86400 {1}", owner, minimum)});
}

class CacheTest : public ::testing::Test {
 protected:
  std::string Ask(std::string_view name, RrType type, Instant now) const {
    const CacheHit hit = cache.Lookup(Name::Literal(name), type, now);
    return hit ? fmt::format("{}: {}", ToText(hit.outcome), hit.entry->ToText(now)) : "miss";
  }
  StoreOutcome Store(const Rrset& rrset, TrustRank rank = TrustRank::kAuthoritativeAnswer,
                     Instant now = kStart, Security security = Security::kUnchecked) {
    return cache.StoreRrset(rrset, {}, {.rank = rank, .security = security, .filler = kServer}, now);
  }

  EpochDomain epochs;
  std::unique_ptr<Random> random = NewSeededRandom(1);
  Cache cache{{.size_octets = 1 << 20}, epochs, *random};
  EpochReader reader{epochs};
};

TEST_F(CacheTest, GivesBackWhatWasStoredUntilItExpires) {
  EXPECT_EQ(Store(Address("www.Example.", 300)), StoreOutcome::kStored);
  EXPECT_EQ(Ask("WWW.example.", rr::kA, kStart + seconds(1)),
            "answer: www.example. A rrset, 299 s left, authoritative answer, from 192.0.2.53");
  EXPECT_EQ(Ask("www.example.", rr::kA, kStart + seconds(299) + std::chrono::milliseconds(999)),
            "answer: www.example. A rrset, 1 s left, authoritative answer, from 192.0.2.53");
  EXPECT_EQ(Ask("www.example.", rr::kA, kStart + seconds(300)), "miss");
  EXPECT_EQ(Ask("www.example.", rr::kAaaa, kStart), "miss");
  EXPECT_EQ(Ask("example.", rr::kA, kStart), "miss");
}

TEST_F(CacheTest, KeepsRdataSignaturesAndProvenance) {
  const Rrset mx = SetOf("example.", rr::kMx, 600, {"10 a.example.", "20 b.example."});
  RdataSet rrsigs;
  rrsigs.Add(*RdataFromText(rr::kRrsig, "MX 13 1 600 20300101000000 20200101000000 4711 example. AAAA"));
  cache.StoreRrset(mx, rrsigs, {.filler = IpAddress::Literal("2001:db8::53")}, kStart);
  const CacheEntry* entry = cache.Find(Name::Literal("example."), rr::kMx, kStart + seconds(9));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->ToRrset(kStart + seconds(9)).ToText(),
            "example. 591 IN MX 10 a.example.\nexample. 591 IN MX 20 b.example.");
  ASSERT_EQ(entry->rrsigs().size(), 1u);
  EXPECT_TRUE(std::ranges::equal(entry->rrsigs().front(), rrsigs.front()));
  EXPECT_EQ(entry->filler(), IpAddress::Literal("2001:db8::53"));
  EXPECT_EQ(entry->stored(), kStart);
  EXPECT_EQ(entry->original_ttl(), Ttl::Seconds(600));
}

TEST_F(CacheTest, CopiesRecordsAsTheWireHasThem) {
  Store(SetOf("www.example.", rr::kA, 300, {"192.0.2.1", "192.0.2.2"}));
  const CacheEntry* entry = cache.Find(Name::Literal("www.example."), rr::kA, kStart);
  ASSERT_NE(entry, nullptr);
  std::vector<uint8_t> out(32);
  ASSERT_EQ(entry->CopyRecords(out, 12, Ttl::Seconds(258)), 32u);
  EXPECT_EQ(out, (std::vector<uint8_t>{0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 2, 0, 4, 192, 0, 2, 1,
                                       0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 2, 0, 4, 192, 0, 2, 2}));
  EXPECT_EQ(entry->CopyRecords(std::span(out).first(31), 12, Ttl::Seconds(1)), 0u);
}

// THREATS section 4: higher replaces lower, equal replaces what is expired or not secure, lower never
// replaces.
TEST_F(CacheTest, RankDecidesWhoReplacesWhom) {
  using enum TrustRank;
  constexpr Security kUnchecked = Security::kUnchecked, kInsecure = Security::kInsecure;
  struct Case {
    const char* name;
    TrustRank old_rank;
    Security old_security;
    TrustRank new_rank;
    Security new_security;
    int after_s;
    StoreOutcome expected;
  };
  const Case cases[] = {
      {"higher", kAuthority, kUnchecked, kAuthoritativeAnswer, kUnchecked, 0, StoreOutcome::kReplacedWorse},
      {"equal", kAuthoritativeAnswer, kUnchecked, kAuthoritativeAnswer, kUnchecked, 0,
       StoreOutcome::kReplacedEqual},
      {"lower", kAuthoritativeAnswer, kUnchecked, kAuthoritativeAlias, kUnchecked, 0,
       StoreOutcome::kKeptBetter},
      {"lower, 1 s before expiry", kAuthoritativeAnswer, kUnchecked, kAuthority, kUnchecked, 99,
       StoreOutcome::kKeptBetter},
      {"lower, expired", kAuthoritativeAnswer, kUnchecked, kAuthority, kUnchecked, 100,
       StoreOutcome::kReplacedExpired},
      {"unchecked after secure", kSecure, Security::kSecure, kAuthoritativeAnswer, kUnchecked, 0,
       StoreOutcome::kKeptBetter},
      {"equal, insecure after secure", kSecure, Security::kSecure, kSecure, kInsecure, 0,
       StoreOutcome::kKeptSecure},
      {"equal, secure after secure", kSecure, Security::kSecure, kSecure, Security::kSecure, 0,
       StoreOutcome::kReplacedEqual},
      {"referral data", kAdditional, kUnchecked, kReferral, kUnchecked, 0, StoreOutcome::kNotCacheable},
      {"local over secure", kSecure, Security::kSecure, kLocal, kInsecure, 0, StoreOutcome::kReplacedWorse},
  };
  int number = 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string owner = fmt::format("n{}.example.", number++);
    Store(Address(owner, 100, "192.0.2.1"), c.old_rank, kStart, c.old_security);
    const Instant later = kStart + seconds(c.after_s);
    EXPECT_EQ(Store(Address(owner, 100, "192.0.2.2"), c.new_rank, later, c.new_security), c.expected);
    if (const CacheEntry* entry = cache.Find(Name::Literal(owner), rr::kA, later))
      EXPECT_EQ(entry->rdatas().front()[3], Stored(c.expected) ? 2 : 1);
    else
      EXPECT_EQ(c.expected, StoreOutcome::kNotCacheable);
  }
}

// RFC 2181 section 5.4.1: of each two ranks, and of equal ones too.
TEST_F(CacheTest, OfEachTwoRanksTheHigherIsKept) {
  for (int old_rank = 0; old_rank <= 8; ++old_rank) {
    for (int new_rank = 0; new_rank <= 8; ++new_rank) {
      SCOPED_TRACE(fmt::format("{} over {}", new_rank, old_rank));
      const std::string owner = fmt::format("o{}n{}.example.", old_rank, new_rank);
      const bool old_kept = old_rank >= static_cast<int>(TrustRank::kAuthority);
      EXPECT_EQ(Stored(Store(Address(owner, 100, "192.0.2.1"), static_cast<TrustRank>(old_rank))), old_kept);
      EXPECT_EQ(Stored(Store(Address(owner, 100, "192.0.2.2"), static_cast<TrustRank>(new_rank))),
                new_rank >= static_cast<int>(TrustRank::kAuthority) && (!old_kept || new_rank >= old_rank));
    }
  }
}

// A reload changes the limits while workers store.
TEST_F(CacheTest, TtlLimitsHoldForWhatIsStoredNext) {
  Store(Address("before.example.", 600));
  cache.Adopt(
      {.min_ttl = Ttl::Seconds(30), .max_ttl = Ttl::Seconds(60), .max_negative_ttl = Ttl::Seconds(40)});
  Store(Address("short.example.", 1));
  Store(Address("long.example.", 600));
  cache.StoreNxDomain(Name::Literal("no.example."), Soa("example.", 600, 600), {}, {}, kStart);
  const auto ttl_of = [this](std::string_view name) {
    return cache.Lookup(Name::Literal(name), rr::kA, kStart).entry->stored_ttl().seconds();
  };
  EXPECT_EQ(ttl_of("before.example."), 600u);
  EXPECT_EQ(ttl_of("short.example."), 30u);
  EXPECT_EQ(ttl_of("long.example."), 60u);
  EXPECT_EQ(ttl_of("no.example."), 40u);
}

TEST_F(CacheTest, TtlIsCappedAndNeverCountedFromZero) {
  struct Case {
    uint32_t ttl, kept;
  };
  for (const auto& [ttl, kept] :
       {Case{1, 1}, {86399, 86399}, {86400, 86400}, {86401, 86400}, {Ttl::kMax, 86400}}) {
    const std::string owner = fmt::format("t{}.example.", ttl);
    EXPECT_EQ(Store(Address(owner, ttl)), StoreOutcome::kStored);
    const CacheEntry* entry = cache.Find(Name::Literal(owner), rr::kA, kStart);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->RemainingTtl(kStart).seconds(), kept);
    EXPECT_EQ(entry->original_ttl().seconds(), ttl);
  }
  EXPECT_EQ(Store(Address("zero.example.", 0)), StoreOutcome::kZeroTtl);
  EXPECT_EQ(Ask("zero.example.", rr::kA, kStart), "miss");
}

TEST_F(CacheTest, AFloorRaisesShortTtls) {
  Cache floored({.size_octets = 1 << 20, .min_ttl = Ttl::Seconds(60)}, epochs, *random);
  EXPECT_EQ(floored.StoreRrset(Address("zero.example.", 0), {}, {}, kStart), StoreOutcome::kStored);
  EXPECT_NE(floored.Find(Name::Literal("zero.example."), rr::kA, kStart + seconds(59)), nullptr);
  EXPECT_EQ(floored.Find(Name::Literal("zero.example."), rr::kA, kStart + seconds(60)), nullptr);
  // Denials too, whichever of the two of RFC 2308 section 5 is short.
  for (const auto& [ttl, minimum] : {std::pair{600u, 5u}, {5u, 600u}, {0u, 0u}}) {
    const Name name = Name::Literal(fmt::format("no{}-{}.example.", ttl, minimum));
    EXPECT_TRUE(Stored(floored.StoreNxDomain(name, Soa("example.", ttl, minimum), {}, {}, kStart)));
    EXPECT_TRUE(floored.Lookup(name, rr::kA, kStart + seconds(59)));
    EXPECT_FALSE(floored.Lookup(name, rr::kA, kStart + seconds(60)));
  }
}

// RFC 2308 section 5: as long as the SOA's TTL and MINIMUM both allow.
TEST_F(CacheTest, NegativeAnswersLiveByTheirSoa) {
  struct Case {
    const char* name;
    uint32_t ttl, minimum;
    const char* soa_owner;
    StoreOutcome expected;
    uint32_t kept;
  };
  const Case cases[] = {
      {"minimum is less", 900, 300, "example.", StoreOutcome::kStored, 300},
      {"ttl is less", 60, 300, "example.", StoreOutcome::kStored, 60},
      {"capped", 86400, 86400, "example.", StoreOutcome::kStored, 3600},
      {"minimum with the top bit", 900, 0x80000000, "example.", StoreOutcome::kZeroTtl, 0},
      {"minimum 0", 900, 0, "example.", StoreOutcome::kZeroTtl, 0},
      {"another zone's SOA", 900, 300, "test.", StoreOutcome::kNotCacheable, 0},
      {"an SOA below the name", 900, 300, "x.y.z.example.", StoreOutcome::kNotCacheable, 0},
  };
  int number = 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Name nodata = Name::Literal(fmt::format("d{}.example.", number));
    const Name gone = Name::Literal(fmt::format("x{}.example.", number++));
    const Rrset soa = Soa(c.soa_owner, c.ttl, c.minimum);
    EXPECT_EQ(cache.StoreNoData(nodata, rr::kA, soa, {}, {}, kStart), c.expected);
    EXPECT_EQ(cache.StoreNxDomain(gone, soa, {}, {}, kStart), c.expected);
    const CacheHit hit = cache.Lookup(nodata, rr::kA, kStart);
    ASSERT_EQ(bool{hit}, c.kept > 0);
    if (!hit) continue;
    EXPECT_EQ(hit.outcome, CacheHit::Outcome::kNoData);
    EXPECT_EQ(hit.entry->RemainingTtl(kStart).seconds(), c.kept);
    EXPECT_EQ(hit.entry->SoaRrset(kStart).owner, soa.owner);
    EXPECT_EQ(hit.entry->SoaRrset(kStart).rdatas, soa.rdatas);
    EXPECT_EQ(cache.Lookup(nodata, rr::kAaaa, kStart).outcome, CacheHit::Outcome::kMiss);
    EXPECT_EQ(cache.Lookup(gone, rr::kAaaa, kStart).outcome, CacheHit::Outcome::kNxDomain);
  }
}

TEST_F(CacheTest, AnswersInOrderTypeAliasNameFailure) {
  const Name name = Name::Literal("www.example.");
  const auto outcome = [&](RrType type) { return cache.Lookup(name, type, kStart).outcome; };
  cache.StoreFailure(name, rr::kA, ExtendedError::kNoReachableAuthority, kStart);
  EXPECT_EQ(outcome(rr::kA), CacheHit::Outcome::kFailure);
  EXPECT_EQ(outcome(rr::kMx), CacheHit::Outcome::kMiss);
  cache.StoreNxDomain(name, Soa("example.", 300, 300), {}, {}, kStart);
  EXPECT_EQ(outcome(rr::kA), CacheHit::Outcome::kNxDomain);
  Store(SetOf("www.example.", rr::kCname, 300, {"web.example."}));
  EXPECT_EQ(outcome(rr::kA), CacheHit::Outcome::kAlias);
  EXPECT_EQ(outcome(rr::kCname), CacheHit::Outcome::kAnswer);
  Store(Address("www.example.", 300));
  EXPECT_EQ(outcome(rr::kA), CacheHit::Outcome::kAnswer);
  EXPECT_EQ(outcome(rr::kAny), CacheHit::Outcome::kMiss);
}

TEST_F(CacheTest, ANameThatExistsIsNoLongerDenied) {
  const Name name = Name::Literal("new.example.");
  cache.StoreNxDomain(name, Soa("example.", 300, 300), {}, {}, kStart);
  cache.StoreNoData(name, rr::kMx, Soa("example.", 300, 300), {}, {}, kStart);
  EXPECT_EQ(cache.Lookup(name, rr::kA, kStart).outcome, CacheHit::Outcome::kMiss);

  // But an alias target which another reply brought along does not overrule what was asked for.
  const Name gone = Name::Literal("gone.example.");
  cache.StoreNxDomain(gone, Soa("example.", 300, 300), {}, {}, kStart);
  Store(Address("gone.example.", 300), TrustRank::kAuthoritativeAlias);
  EXPECT_EQ(cache.Lookup(gone, rr::kMx, kStart).outcome, CacheHit::Outcome::kNxDomain);
}

// RFC 9520 section 3.2.
TEST_F(CacheTest, FailuresBackOffAndAnAnswerEndsTheRow) {
  const Name name = Name::Literal("dead.example.");
  Instant now = kStart;
  const auto fail = [&] {
    return cache.StoreFailure(name, rr::kA, ExtendedError::kNoReachableAuthority, now);
  };
  for (const int expected : {5, 10, 20, 40, 80, 160, 300, 300}) {
    EXPECT_EQ(fail(), seconds(expected));
    const CacheHit hit = cache.Lookup(name, rr::kA, now + seconds(expected) - Duration(1));
    ASSERT_EQ(hit.outcome, CacheHit::Outcome::kFailure);
    EXPECT_EQ(hit.entry->failure(), ExtendedError::kNoReachableAuthority);
    EXPECT_FALSE(cache.Lookup(name, rr::kA, now + seconds(expected)));
    now += seconds(expected);
  }
  Store(Address("dead.example.", 1), TrustRank::kAuthoritativeAnswer, now);
  now += seconds(1);
  EXPECT_EQ(fail(), seconds(5));
  now += seconds(5 + 300);
  EXPECT_EQ(fail(), seconds(5)) << "a row is forgotten after the longest back-off";
}

// RFC 9520 section 3.1 names what may fail: the question, the question at one server, a whole zone.
TEST_F(CacheTest, FailuresOfServersAndCutsStandBesideThoseOfQuestions) {
  const Name name = Name::Literal("www.example."), cut = Name::Literal("example.");
  const IpAddress other = IpAddress::Literal("2001:db8::53");
  const ExtendedError why = ExtendedError::kNetworkError;
  EXPECT_EQ(cache.StoreServerFailure(name, rr::kA, kServer, why, kStart), seconds(5));
  EXPECT_EQ(cache.StoreServerFailure(name, rr::kA, kServer, why, kStart), seconds(10));
  EXPECT_EQ(cache.StoreServerFailure(name, rr::kA, other, why, kStart), seconds(5));
  EXPECT_EQ(cache.StoreCutFailure(cut, why, kStart), seconds(5));
  EXPECT_FALSE(cache.Lookup(name, rr::kA, kStart)) << "one server's failure is not the question's";
  const CacheEntry* at_server = cache.FindServerFailure(name, rr::kA, kServer, kStart + seconds(9));
  ASSERT_NE(at_server, nullptr);
  EXPECT_EQ(at_server->ToText(kStart), "www.example. A failure, 10 s left, 2 in a row, at 192.0.2.53");
  EXPECT_EQ(cache.FindServerFailure(name, rr::kA, kServer, kStart + seconds(10)), nullptr);
  EXPECT_NE(cache.FindServerFailure(name, rr::kA, other, kStart + seconds(4)), nullptr);
  EXPECT_EQ(cache.FindServerFailure(name, rr::kAaaa, kServer, kStart), nullptr);
  EXPECT_NE(cache.FindCutFailure(cut, kStart + seconds(4)), nullptr);
  EXPECT_FALSE(cache.Lookup(cut, rr::kNs, kStart)) << "nor does a cut's failure answer questions";
  cache.ForgetCutFailure(cut);
  EXPECT_EQ(cache.FindCutFailure(cut, kStart), nullptr);
  EXPECT_EQ(cache.StoreCutFailure(cut, why, kStart), seconds(5)) << "the row has ended";
}

TEST_F(CacheTest, AFailureIsRememberedUnlessLiveDataAnswerTheQuestion) {
  const ExtendedError why = ExtendedError::kNetworkError;
  const auto fail = [&](std::string_view name) {
    return cache.StoreFailure(Name::Literal(name), rr::kA, why, kStart);
  };
  Store(Address("data.example.", 300));
  EXPECT_EQ(fail("data.example."), seconds(0));
  Store(SetOf("alias.example.", rr::kCname, 300, {"data.example."}));
  EXPECT_EQ(fail("alias.example."), seconds(0));
  cache.StoreNxDomain(Name::Literal("no.example."), Soa("example.", 300, 300), {}, {}, kStart);
  EXPECT_EQ(fail("no.example."), seconds(0));
  cache.StoreNoData(Name::Literal("plain.example."), rr::kCname, Soa("example.", 300, 300), {}, {}, kStart);
  EXPECT_EQ(fail("plain.example."), seconds(5)) << "that it is no alias says nothing of its addresses";
  Store(SetOf("txt.example.", rr::kTxt, 300, {"x"}));
  EXPECT_EQ(fail("txt.example."), seconds(5));
}

TEST_F(CacheTest, FailuresMakeRoomLikeEverythingElse) {
  Cache small({.size_octets = 64 << 10}, epochs, *random);
  for (int i = 0; i < 3000; ++i)
    small.StoreServerFailure(Name::Literal(fmt::format("n{}.example.", i)), rr::kA, kServer,
                             ExtendedError::kNetworkError, kStart);
  EXPECT_LE(small.stats().octets, small.stats().capacity_octets);
  EXPECT_GT(small.stats().evicted, 2000u);
}

// RFC 8020 section 2; whom to believe so much is the operator's choice.
TEST_F(CacheTest, ADeniedNameDeniesWhatIsBelowItIfTheRuleSaysSo) {
  struct Case {
    const char* name;
    NxDomainCut rule;
    TrustRank rank;
    Security security;
    bool denies;
  };
  using enum TrustRank;
  const Case cases[] = {
      {"off, secure", NxDomainCut::kOff, kSecure, Security::kSecure, false},
      {"secure, secure", NxDomainCut::kSecure, kSecure, Security::kSecure, true},
      {"secure, unchecked", NxDomainCut::kSecure, kAuthoritativeAnswer, Security::kUnchecked, false},
      {"any, secure", NxDomainCut::kAuthoritative, kSecure, Security::kSecure, true},
      {"any, unchecked", NxDomainCut::kAuthoritative, kAuthoritativeAnswer, Security::kUnchecked, true},
      {"any, behind an alias", NxDomainCut::kAuthoritative, kAuthoritativeAlias, Security::kUnchecked, false},
      {"any, of a forwarder", NxDomainCut::kAuthoritative, kNonAuthoritative, Security::kUnchecked, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Cache cut({.size_octets = 1 << 20, .nxdomain_cut = c.rule}, epochs, *random);
    const auto above = [&](std::string_view name, int after_s) {
      const CacheEntry* entry = cut.FindNxDomainAbove(Name::Literal(name), kStart + seconds(after_s));
      return entry == nullptr ? "nobody" : entry->owner().ToText();
    };
    cut.StoreNxDomain(Name::Literal("gone.example."), Soa("example.", 300, 300), {},
                      {.rank = c.rank, .security = c.security}, kStart);
    EXPECT_EQ(above("a.b.gone.example.", 0), c.denies ? "gone.example." : "nobody");
    EXPECT_EQ(above("a.b.gone.example.", 300), "nobody") << "expired";
    EXPECT_EQ(above("gone.example.", 0), "nobody") << "not above itself";
    EXPECT_EQ(above("agone.example.", 0), "nobody");
  }
}

class StaleCacheTest : public CacheTest {
 protected:
  StaleCacheTest() { cache.Adopt({.max_stale = Ttl::Seconds(86400)}); }
  std::string AskStale(std::string_view name, RrType type, Instant now) const {
    const CacheHit hit = cache.LookupStale(Name::Literal(name), type, now);
    return hit ? fmt::format("{}{}", hit.entry->Expired(now) ? "stale " : "", ToText(hit.outcome)) : "miss";
  }
};

// RFC 8767 section 4.
TEST_F(StaleCacheTest, WhatHasExpiredServesUntilItIsTooOld) {
  Store(Address("www.example.", 300));
  EXPECT_EQ(AskStale("www.example.", rr::kA, kStart + seconds(299)), "answer");
  EXPECT_EQ(AskStale("www.example.", rr::kA, kStart + seconds(300)), "stale answer");
  EXPECT_EQ(Ask("www.example.", rr::kA, kStart + seconds(300)), "miss") << "but only to who asks for it";
  EXPECT_EQ(AskStale("www.example.", rr::kA, kStart + seconds(300 + 86399)), "stale answer");
  EXPECT_EQ(AskStale("www.example.", rr::kA, kStart + seconds(300 + 86400)), "miss");
  cache.Adopt({});
  EXPECT_EQ(AskStale("www.example.", rr::kA, kStart + seconds(300)), "miss") << "off";
}

TEST_F(StaleCacheTest, FreshDataOfAnyKindGoBeforeStaleOnes) {
  const Instant later = kStart + seconds(300);
  Store(Address("www.example.", 300));
  Store(SetOf("www.example.", rr::kCname, 300, {"web.example."}), TrustRank::kAuthoritativeAnswer, later);
  EXPECT_EQ(AskStale("www.example.", rr::kA, later), "alias");
  EXPECT_EQ(AskStale("www.example.", rr::kA, later + seconds(300)), "stale alias")
      << "of two stale ones the one learnt last";
  cache.StoreNxDomain(Name::Literal("www.example."), Soa("example.", 60, 60), {}, {}, later + seconds(300));
  EXPECT_EQ(AskStale("www.example.", rr::kA, later + seconds(301)), "nxdomain");
  EXPECT_EQ(AskStale("www.example.", rr::kA, later + seconds(360)), "stale nxdomain");
  cache.StoreNoData(Name::Literal("www.example."), rr::kA, Soa("example.", 60, 60), {}, {},
                    later + seconds(400));
  EXPECT_EQ(AskStale("www.example.", rr::kA, later + seconds(460)), "stale nodata");
}

// A fresh answer that may not be kept has still shown that the old one no longer holds.
TEST_F(StaleCacheTest, TtlZeroEndsWhatItWouldHaveReplaced) {
  Store(Address("www.example.", 300));
  EXPECT_EQ(
      Store(Address("www.example.", 0, "192.0.2.2"), TrustRank::kAuthoritativeAnswer, kStart + seconds(300)),
      StoreOutcome::kZeroTtl);
  EXPECT_EQ(AskStale("www.example.", rr::kA, kStart + seconds(300)), "miss");
  Store(Address("good.example.", 300));
  Store(Address("good.example.", 0, "192.0.2.2"), TrustRank::kAuthority);
  EXPECT_EQ(AskStale("good.example.", rr::kA, kStart), "answer") << "of lower rank it shows nothing";
}

TEST_F(StaleCacheTest, BogusDataAreNeverStale) {
  Store(Address("www.example.", 300), TrustRank::kAuthoritativeAnswer, kStart, Security::kBogus);
  EXPECT_EQ(AskStale("www.example.", rr::kA, kStart + seconds(300)), "miss");
}

// The failure recheck timer of RFC 8767 section 5.
TEST_F(StaleCacheTest, WhileStaleDataAnswerServersAreLeftAloneLonger) {
  Store(Address("www.example.", 300));
  const ExtendedError why = ExtendedError::kNoReachableAuthority;
  const Name name = Name::Literal("www.example.");
  EXPECT_EQ(cache.StoreFailure(name, rr::kA, why, kStart + seconds(299)), seconds(0))
      << "a refresh that failed does not stand in the way of who asks after the expiry";
  EXPECT_EQ(cache.StoreFailure(name, rr::kA, why, kStart + seconds(310)), seconds(30));
  EXPECT_EQ(AskStale("www.example.", rr::kA, kStart + seconds(311)), "stale answer");
  EXPECT_EQ(cache.StoreBareDenial(name, rr::kA, Rcode::kNxDomain, kStart + seconds(350)), seconds(5))
      << "which is no failure of the servers";
  EXPECT_EQ(cache.StoreFailure(Name::Literal("other.example."), rr::kA, why, kStart), seconds(5));
}

TEST_F(StaleCacheTest, StaleDataStayWhileThereIsRoom) {
  for (int i = 0; i < 1000; ++i) Store(Address(fmt::format("n{}.example.", i), 10));
  for (int i = 0; i < 1000; ++i)
    Store(Address(fmt::format("m{}.example.", i), 10), TrustRank::kAuthoritativeAnswer, kStart + seconds(60));
  EXPECT_EQ(AskStale("n999.example.", rr::kA, kStart + seconds(60)), "stale answer");
}

// Who is told so fetches the entry anew before it expires.
TEST_F(CacheTest, OneReaderIsToldToRefreshWhatIsAskedForAndAges) {
  Store(Address("www.example.", 300));
  const auto ask = [&](int after_s) {
    const CacheHit hit = cache.Lookup(Name::Literal("www.example."), rr::kA, kStart + seconds(after_s));
    return hit.entry->Ageing(kStart + seconds(after_s)) && hit.entry->ClaimRefresh();
  };
  EXPECT_FALSE(ask(270)) << "asked once";
  EXPECT_TRUE(ask(271)) << "asked twice, in the last tenth";
  EXPECT_FALSE(ask(272)) << "somebody does it already";
  Store(Address("www.example.", 300), TrustRank::kAuthoritativeAnswer, kStart + seconds(273));
  EXPECT_FALSE(ask(273 + 270)) << "a new life begins at nothing";
  EXPECT_TRUE(ask(273 + 270));
  const auto ageing = [&](uint32_t ttl, int after_ms) {
    const std::string owner = fmt::format("t{}.example.", ttl);
    Store(Address(owner, ttl));
    return cache.Find(Name::Literal(owner), rr::kA, kStart)
        ->Ageing(kStart + std::chrono::milliseconds(after_ms));
  };
  EXPECT_FALSE(ageing(100, 89'999));
  EXPECT_TRUE(ageing(100, 90'000));
  EXPECT_TRUE(ageing(10, 9'500));
  EXPECT_FALSE(ageing(9, 8'900)) << "a resolution takes longer than what is left";
}

TEST_F(CacheTest, FindsTheClosestDnameAbove) {
  Store(SetOf("example.", rr::kDname, 300, {"test."}));
  Store(SetOf("sub.example.", rr::kDname, 300, {"test."}));
  const CacheEntry* dname = cache.FindDname(Name::Literal("a.b.sub.example."), kStart);
  ASSERT_NE(dname, nullptr);
  EXPECT_EQ(dname->owner().ToText(), "sub.example.");
  ASSERT_NE(cache.FindDname(Name::Literal("sub.example."), kStart), nullptr);
  EXPECT_EQ(cache.FindDname(Name::Literal("sub.example."), kStart)->owner().ToText(), "example.");
  EXPECT_EQ(cache.FindDname(Name::Literal("example."), kStart), nullptr);
}

// CVE-2024-1737.
TEST_F(CacheTest, RefusesSetsAboveTheLimits) {
  Rrset many = Address("many.example.", 300);
  for (int i = 1; i < 256; ++i) many.rdatas.Add(*RdataFromText(rr::kA, fmt::format("192.0.3.{}", i)));
  EXPECT_EQ(Store(many), StoreOutcome::kStored);
  many.owner = Name::Literal("more.example.");
  many.rdatas.Add(*RdataFromText(rr::kA, "192.0.4.1"));
  EXPECT_EQ(Store(many), StoreOutcome::kTooLarge);
  EXPECT_EQ(Store(SetOf("sig.example.", rr::kRrsig, 300,
                        {"A 13 2 300 20300101000000 20200101000000 1 example. AAAA"})),
            StoreOutcome::kNotCacheable);
}

// A hundred types of one name are kept; beyond them those alone which others need.
TEST_F(CacheTest, OneNameDoesNotFillTheCacheWithItsTypes) {
  const Name name = Name::Literal("example.");
  const auto deny = [&](uint16_t type) {
    return cache.StoreNoData(name, RrType{type}, Soa("example.", 300, 300), {}, {}, kStart);
  };
  for (uint16_t type = 1000; type < 1100; ++type) EXPECT_EQ(deny(type), StoreOutcome::kStored);
  EXPECT_EQ(deny(1100), StoreOutcome::kTooManyTypes);
  EXPECT_EQ(deny(1099), StoreOutcome::kReplacedEqual) << "what is there may be renewed";
  EXPECT_EQ(Store(Address("example.", 300)), StoreOutcome::kStored);
  EXPECT_EQ(
      cache.StoreNoData(Name::Literal("b.example."), RrType{1100}, Soa("example.", 300, 300), {}, {}, kStart),
      StoreOutcome::kStored);
  EXPECT_EQ(cache.stats().outcomes[static_cast<size_t>(StoreOutcome::kTooManyTypes)], 1u);
  EXPECT_EQ(cache.Flush(name), 101u);
  EXPECT_EQ(deny(1100), StoreOutcome::kStored) << "types that left are no longer counted";
}

TEST_F(CacheTest, KnowsAsWhatZonesServerSomebodyWasBelieved) {
  const Name zone = Name::Literal("Example.");
  cache.StoreRrset(Address("www.example.", 300), {}, {.filler = kServer, .zone = zone}, kStart);
  EXPECT_EQ(Ask("www.example.", rr::kA, kStart),
            "answer: www.example. A rrset, 300 s left, authoritative answer, from 192.0.2.53 for example.");
  cache.StoreRrset(Address("com.", 300), {}, {.filler = kServer, .zone = NameView()}, kStart);
  EXPECT_EQ(cache.Find(Name::Literal("com."), rr::kA, kStart)->zone()->ToText(), ".");
  Store(Address("org.", 300));
  EXPECT_EQ(cache.Find(Name::Literal("org."), rr::kA, kStart)->zone(), std::nullopt);
}

TEST_F(CacheTest, FlushOfOneTypeLeavesTheOthers) {
  Store(Address("www.example.", 300));
  Store(SetOf("www.example.", rr::kTxt, 300, {"x"}));
  Store(SetOf("a.www.example.", rr::kTxt, 300, {"x"}));
  cache.StoreServerFailure(Name::Literal("www.example."), rr::kTxt, kServer, ExtendedError::kOther, kStart);
  EXPECT_EQ(cache.Flush(Name::Literal("www.example."), rr::kTxt), 2u);
  EXPECT_NE(Ask("www.example.", rr::kA, kStart), "miss");
  EXPECT_EQ(cache.FlushSubtree(Name::Literal("example."), rr::kTxt), 1u);
  EXPECT_EQ(cache.stats().entries, 1u);
}

TEST_F(CacheTest, FlushTakesTheNameOrTheTree) {
  for (const char* owner : {"example.", "www.example.", "a.www.example.", "wwwexample."})
    Store(Address(owner, 300));
  Store(SetOf("www.example.", rr::kTxt, 300, {"x"}));
  EXPECT_EQ(cache.Flush(Name::Literal("WWW.example.")), 2u);
  EXPECT_EQ(Ask("www.example.", rr::kA, kStart), "miss");
  EXPECT_EQ(cache.FlushSubtree(Name::Literal("example.")), 2u);
  EXPECT_NE(Ask("wwwexample.", rr::kA, kStart), "miss");
  EXPECT_EQ(cache.stats().entries, 1u);
}

TEST_F(CacheTest, AHitAllocatesNothing) {
  Store(Address("www.example.", 300));
  const Name name = Name::Literal("www.example.");
  const testing::AllocationCounter allocations;
  CacheKey key;
  cache.MakeKey(name, key);
  cache.Prefetch(key, rr::kA);
  cache.PrefetchEntry(key, rr::kA);
  const CacheHit hit = cache.Lookup(key, rr::kA, kStart);
  EXPECT_EQ(allocations.count(), 0u);
  EXPECT_TRUE(hit);
}

TEST_F(CacheTest, AnAddressOfAnOrdinaryNameCostsLittle) {
  const Cache::Stats before = cache.stats();
  Store(Address("www.host.example.org.", 300));  // 20 octets of text
  EXPECT_LE(cache.stats().octets - before.octets, 96u);
}

TEST_F(CacheTest, NeverGrowsBeyondItsSize) {
  for (int i = 0; i < 30'000; ++i) {
    Store(Address(fmt::format("n{}.example.", i), 300));
    if (i % 100 == 0) reader.Quiesce();
    ASSERT_LE(cache.stats().octets, cache.stats().capacity_octets);
  }
  const Cache::Stats stats = cache.stats();
  EXPECT_GT(stats.evicted, 10'000u);
  EXPECT_GT(stats.octets, stats.capacity_octets * 3 / 4) << "but uses what it was given";
  size_t visited = 0;
  cache.ForEach([&](const CacheEntry&) { ++visited; });
  EXPECT_EQ(visited, stats.entries);
  EXPECT_NE(Ask("n29999.example.", rr::kA, kStart), "miss");
}

// CacheFlush (USENIX Security 2024): names asked once pass through; names asked again stay. One in ten
// questions is hostile, and each of these stores as many RRsets as one client query may (64).
TEST_F(CacheTest, HostileQuestionsCostTheOthersFewHits) {
  constexpr int kHot = 250, kQuestions = 4000, kRrsetsPerQuestion = 64;
  Rrset flooding = Address("flood.example.", 3600);
  const auto share_of_hits = [&](bool hostile) {
    Cache its({.size_octets = 256 << 10}, epochs, *random);
    std::unique_ptr<Random> order = NewSeededRandom(7);
    int hits = 0, asked = 0, flood = 0;
    for (int i = 0; i < kQuestions; ++i) {
      if (hostile && i % 10 == 0) {
        for (int n = 0; n < kRrsetsPerQuestion; ++n) {
          flooding.owner = Name::Literal(fmt::format("flood{}.example.", flood++));
          its.StoreRrset(flooding, {}, {}, kStart);
        }
        continue;
      }
      const Rrset hot = Address(fmt::format("hot{}.example.", order->Below(kHot)), 3600);
      ++asked;
      if (its.Lookup(hot.owner, rr::kA, kStart))
        ++hits;
      else
        its.StoreRrset(hot, {}, {}, kStart);
      if (i % 100 == 0) reader.Quiesce();
    }
    return static_cast<double>(hits) / asked;
  };
  const double calm = share_of_hits(false), attacked = share_of_hits(true);
  EXPECT_GT(calm, 0.9);
  EXPECT_GT(attacked, calm - 0.05) << calm << " without them";
}

// One million slots are not needed to meet every path: a small cache, few names, and all at once.
TEST_F(CacheTest, ReadersAndWritersAgreeInManyThreads) {
  Cache small({.size_octets = 64 << 10}, epochs, *random);
  constexpr uint32_t kNames = 2000;
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0}, hits{0};
  const auto name_of = [](uint32_t i) { return fmt::format("n{}.example.", i); };
  // The address of name i is always 10.x.y.z with i in it: whatever is found must agree.
  const auto write = [&](uint32_t seed) {
    EpochReader own(epochs);
    for (uint32_t i = 0; i < 6'000; ++i) {
      const uint32_t n = (i * 7919 + seed) % kNames;
      const Instant now = kStart + std::chrono::milliseconds(i);
      if (i % 17 == 0)
        small.StoreFailure(Name::Literal(name_of(n)), rr::kA, ExtendedError::kOther, now);
      else if (i % 13 == 0)
        small.Flush(Name::Literal(name_of(n)));
      else
        small.StoreRrset(Address(name_of(n), 5, fmt::format("10.0.{}.{}", n / 256, n % 256)), {}, {}, now);
      own.Quiesce();
    }
    done = true;
  };
  const auto read = [&](uint32_t seed) {
    EpochReader own(epochs);
    for (uint32_t i = 0; !done; ++i) {
      const uint32_t n = (i * 104729 + seed) % kNames;
      const CacheEntry* entry = small.Find(Name::Literal(name_of(n)), rr::kA, kStart);
      if (entry != nullptr) {
        ++hits;
        const ByteView rdata = entry->rdatas().front();
        if (rdata[2] * 256u + rdata[3] != n) ++wrong;
      }
      if (i % 32 == 0) own.Quiesce();
    }
  };
  reader.GoOffline();
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < 2; ++i) threads.emplace_back(write, i * 1000), threads.emplace_back(read, i);
  for (std::thread& thread : threads) thread.join();
  reader.GoOnline();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(hits.load(), 0);
  EXPECT_LE(small.stats().octets, small.stats().capacity_octets);
}

}  // namespace
}  // namespace cairn
