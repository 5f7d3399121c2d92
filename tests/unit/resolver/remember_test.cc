#include "resolver/remember.h"

#include <string>

#include "common/base/epoch.h"
#include "gtest/gtest.h"
#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

const Instant kStart = Instant() + std::chrono::hours(1);
const IpAddress kServer = IpAddress::Literal("192.0.2.53");

class RememberTest : public ::testing::Test {
 protected:
  RememberTest() {
    Delegation root;
    root.servers.push_back({Name::Literal("a.root."), {IpAddress::Literal("192.0.2.1")}});
    delegations.SetPermanent(root);
  }
  Remembered After(std::string_view asked, std::string_view zone_cut, std::string_view reply) {
    Message query;
    query.questions.push_back(QuestionFromText(asked));
    const Finding finding = Judge(*ReplyFromText(query, reply), query.questions[0], Name::Literal(zone_cut));
    return Remember(finding, kServer, cache, delegations, budget, kStart);
  }
  std::string Decisions(const Remembered& remembered) {
    std::string text;
    for (const StoreDecision& decision : remembered.cached) text += decision.ToText() + "\n";
    if (remembered.referral) text += "referral " + std::string(ToText(*remembered.referral)) + "\n";
    return text;
  }

  EpochDomain epochs;
  std::unique_ptr<Random> random = NewSeededRandom(1);
  Cache cache{{.size_octets = 1 << 20}, epochs, *random};
  DelegationStore delegations{{}, *random};
  EpochReader reader{epochs};
  int budget = 64;
};

TEST_F(RememberTest, StoresAnswersAndSaysSo) {
  EXPECT_EQ(
      Decisions(After("www.example. A", "example.",
                      "aa; answer www.example. 300 CNAME web.example.; answer web.example. 0 A 192.0.2.1")),
      "www.example. CNAME rrset, ttl 300, authoritative answer: stored\n"
      "web.example. A rrset, ttl 0, authoritative alias target: not stored: TTL 0 serves one question "
      "only\n");
  EXPECT_EQ(cache.Find(Name::Literal("www.example."), rr::kCname, kStart)->filler(), kServer);
}

TEST_F(RememberTest, StoresNegativeAnswersForTheLastName) {
  EXPECT_EQ(Decisions(After("www.example. A", "example.",
                            "aa; rcode NXDOMAIN; answer www.example. 300 CNAME web.example.; "
                            "authority example. 900 SOA ns.example. mail.example. 1 7200 900 86400 300")),
            "www.example. CNAME rrset, ttl 300, authoritative answer: stored\n"
            "web.example. nxdomain, ttl 300, authoritative alias target: stored\n");
  EXPECT_EQ(cache.Lookup(Name::Literal("web.example."), rr::kMx, kStart).outcome,
            CacheHit::Outcome::kNxDomain);
  EXPECT_EQ(cache.Lookup(Name::Literal("www.example."), rr::kA, kStart).outcome, CacheHit::Outcome::kAlias);
}

TEST_F(RememberTest, ReferralsGoToTheDelegationStoreOnly) {
  EXPECT_EQ(
      Decisions(After("www.example. A", ".",
                      "authority example. 3600 NS ns.example.; additional ns.example. 600 A 192.0.2.9")),
      "referral stored\n");
  EXPECT_EQ(cache.stats().entries, 0u) << "glue is never answered";
  const std::optional<Delegation> cut = delegations.Closest(Name::Literal("www.example."), kStart);
  EXPECT_EQ(cut->ToText(kStart), "example. by ns.example. (192.0.2.9), 600 s left")
      << "no longer than its glue";
  EXPECT_EQ(cut->filler, kServer);
}

// Nor its CNAME: an answer would have that without the DNAME it follows from (RFC 6672 section 3.4).
TEST_F(RememberTest, OverUdpADnameServesOneQuestionOnly) {
  After("www.sub.example. A", "example.", "aa; answer sub.example. 300 DNAME new.test.");
  EXPECT_EQ(cache.FindDname(Name::Literal("www.sub.example."), kStart), nullptr);
  EXPECT_FALSE(cache.Lookup(Name::Literal("www.sub.example."), rr::kA, kStart));
  EXPECT_FALSE(cache.Lookup(Name::Literal("mail.sub.example."), rr::kA, kStart));
}

TEST_F(RememberTest, StopsAtTheBudgetOfTheQuestion) {
  budget = 1;
  EXPECT_EQ(
      Decisions(After("www.example. A", "example.",
                      "aa; answer www.example. 300 CNAME web.example.; answer web.example. 300 A 192.0.2.1")),
      "www.example. CNAME rrset, ttl 300, authoritative answer: stored\n");
  EXPECT_EQ(budget, 0);
}

TEST_F(RememberTest, NothingOfAUselessReplyIsStored) {
  EXPECT_EQ(
      Decisions(After("www.example. A", "example.", "rcode SERVFAIL; answer www.example. 300 A 192.0.2.1")),
      "");
  EXPECT_EQ(cache.stats().entries, 0u);
}

}  // namespace
}  // namespace cairn
