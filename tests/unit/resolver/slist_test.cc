#include "resolver/slist.h"

#include <map>
#include <string>

#include "gtest/gtest.h"

namespace cairn {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant kStart = Instant() + std::chrono::hours(1);

Delegation Servers(std::vector<std::pair<std::string, std::vector<std::string>>> servers) {
  Delegation delegation;
  delegation.cut = Name::Literal("example.");
  for (const auto& [name, addresses] : servers) {
    DelegationServer server{Name::Literal(name), {}};
    for (const std::string& address : addresses) server.addresses.push_back(IpAddress::Literal(address));
    delegation.servers.push_back(std::move(server));
  }
  return delegation;
}

Endpoint At(std::string_view address) { return {IpAddress::Literal(address), 53}; }

class SlistTest : public ::testing::Test {
 protected:
  std::string Pick(Slist& slist, Instant now = kStart) {
    const std::optional<SlistPick> pick = slist.Pick(memory, *random, now);
    return pick ? pick->endpoint.address.ToText() : "nobody";
  }

  std::unique_ptr<Random> random = NewSeededRandom(1);
  ServerMemory memory{100, *random};
  const Delegation two = Servers({{"ns1.example.", {"192.0.2.1"}}, {"ns2.example.", {"192.0.2.2"}}});
};

TEST_F(SlistTest, AsksTheFastestServerThatIsKnown) {
  memory.OnReply(At("192.0.2.1"), milliseconds(14), kStart);
  memory.OnReply(At("192.0.2.2"), milliseconds(10), kStart);
  Slist slist(two, {});
  EXPECT_EQ(Pick(slist), "192.0.2.2");
  EXPECT_EQ(slist.ToText(kStart),
            "ns2.example. 192.0.2.2@53, score 15.0 ms, measured (srtt 10.0 ms, rttvar 5.0 ms), asked 1 time\n"
            "ns1.example. 192.0.2.1@53, score 21.0 ms, measured (srtt 14.0 ms, rttvar 7.0 ms)\n");
}

TEST_F(SlistTest, TriesTheUnknownBeforeTheSlow) {
  memory.OnReply(At("192.0.2.1"), milliseconds(80), kStart);
  Slist slist(two, {});
  EXPECT_EQ(Pick(slist), "192.0.2.2");
}

TEST_F(SlistTest, DrawsAmongEquals) {
  std::map<std::string, int> picked;
  for (int i = 0; i < 200; ++i) {
    Slist slist(two, {});
    ++picked[Pick(slist)];
  }
  EXPECT_GT(picked["192.0.2.1"], 60);
  EXPECT_GT(picked["192.0.2.2"], 60);
}

TEST_F(SlistTest, GoesOnToTheNextAndAsksNobodyMoreThanThreeTimes) {
  memory.OnReply(At("192.0.2.1"), milliseconds(10), kStart);
  memory.OnReply(At("192.0.2.2"), milliseconds(12), kStart);
  Slist slist(two, {});
  std::map<std::string, int> asked;
  EXPECT_EQ(Pick(slist), "192.0.2.1");
  EXPECT_EQ(Pick(slist), "192.0.2.2");
  for (int i = 0; i < 4; ++i) ++asked[Pick(slist)];
  EXPECT_EQ(asked["192.0.2.1"], 2);
  EXPECT_EQ(asked["192.0.2.2"], 2);
  EXPECT_EQ(Pick(slist), "nobody");
  EXPECT_EQ(slist.candidates()[0].reason, ScoreReason::kExhausted);
}

TEST_F(SlistTest, WaitsAsLongAsTheServersHistorySaysAndLongerEachTime) {
  memory.OnReply(At("192.0.2.1"), milliseconds(40), kStart);  // RTO 120 ms
  Slist slist(Servers({{"ns1.example.", {"192.0.2.1"}}}), {});
  EXPECT_EQ(slist.Pick(memory, *random, kStart)->timeout, milliseconds(120));
  EXPECT_EQ(slist.Pick(memory, *random, kStart)->timeout, milliseconds(240));
  EXPECT_EQ(slist.Pick(memory, *random, kStart)->timeout, milliseconds(480));
}

TEST_F(SlistTest, LeavesADyingServer) {
  memory.OnReply(At("192.0.2.1"), milliseconds(10), kStart);
  memory.OnReply(At("192.0.2.2"), milliseconds(50), kStart);
  memory.OnTimeout(At("192.0.2.1"), kStart);
  memory.OnTimeout(At("192.0.2.1"), kStart);
  Slist slist(two, {});
  EXPECT_EQ(Pick(slist), "192.0.2.2");
  EXPECT_EQ(slist.candidates()[0].reason, ScoreReason::kBackingOff);
}

TEST_F(SlistTest, DoesNotAskTheDeadTheLameOrTheUseless) {
  for (int i = 0; i < 3; ++i) memory.OnTimeout(At("192.0.2.1"), kStart);
  memory.SetLame(At("192.0.2.2"), Name::Literal("example."), Lameness::kRefused, kStart);
  Slist slist(Servers({{"ns.example.", {"192.0.2.1", "192.0.2.2", "192.0.2.3"}}}), {});
  EXPECT_EQ(Pick(slist), "192.0.2.3");
  slist.Discard(At("192.0.2.3"));
  EXPECT_EQ(Pick(slist), "nobody");
  EXPECT_EQ(slist.ToText(kStart),
            "ns.example. 192.0.2.1@53, dead (never measured, 3 time-outs in a row, dead for 10 s)\n"
            "ns.example. 192.0.2.2@53, lame: refuses\n"
            "ns.example. 192.0.2.3@53, asked enough (never measured), asked 1 time\n");
}

TEST_F(SlistTest, AsksOneDeadServerOnceWhenAllAreDead) {
  for (int i = 0; i < 3; ++i) memory.OnTimeout(At("192.0.2.1"), kStart);
  for (int i = 0; i < 3; ++i) memory.OnTimeout(At("192.0.2.2"), kStart + seconds(1));
  Slist slist(two, {});
  EXPECT_EQ(Pick(slist, kStart + seconds(2)), "192.0.2.1");
  EXPECT_EQ(Pick(slist, kStart + seconds(2)), "nobody");
}

TEST_F(SlistTest, OneQuestionProbesADeadServerWhenItsTimeHasCome) {
  for (int i = 0; i < 3; ++i) memory.OnTimeout(At("192.0.2.1"), kStart);
  const Delegation one = Servers({{"ns1.example.", {"192.0.2.1"}}});
  const Instant later = kStart + seconds(10);
  Slist first(one, {});
  EXPECT_EQ(first.Pick(memory, *random, later)->reason, ScoreReason::kProbe);
  Slist second(two, {});
  EXPECT_EQ(Pick(second, later), "192.0.2.2");
  EXPECT_EQ(second.candidates()[0].reason, ScoreReason::kDead);
}

// At most 5 % more traffic, and nobody waits for it.
TEST_F(SlistTest, ProbesAnotherServerNowAndThen) {
  memory.OnReply(At("192.0.2.1"), milliseconds(10), kStart);
  memory.OnReply(At("192.0.2.2"), milliseconds(90), kStart);
  int probes = 0;
  for (int i = 0; i < 2000; ++i) {
    Slist slist(two, {});
    const std::optional<SlistPick> pick = slist.Pick(memory, *random, kStart);
    const std::optional<SlistPick> probe = slist.ProbeCandidate(*pick, memory, *random, kStart);
    if (!probe) continue;
    ++probes;
    EXPECT_EQ(probe->endpoint, At("192.0.2.2"));
    EXPECT_EQ(slist.candidates()[1].tries, 0);
  }
  EXPECT_GT(probes, 50);
  EXPECT_LT(probes, 150);
}

TEST_F(SlistTest, SkipsAddressesThatAreOffOrCannotBe) {
  struct Case {
    const char* name;
    Slist::Options options;
    std::vector<std::string> expected;
  };
  const Delegation all =
      Servers({{"ns.example.", {"192.0.2.1", "10.0.0.1", "127.0.0.1", "0.0.0.0", "255.255.255.255"}},
               {"ns6.example.", {"2001:db8::1", "fd00::1", "::1", "::", "::ffff:192.0.2.1", "ff02::1"}}});
  const Case cases[] = {
      {"default", {}, {"192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1"}},
      {"no IPv6", {.ipv6 = false}, {"192.0.2.1", "10.0.0.1"}},
      {"no IPv4", {.ipv4 = false}, {"2001:db8::1", "fd00::1"}},
      {"lab",
       {.query_loopback = true},
       {"192.0.2.1", "10.0.0.1", "127.0.0.1", "2001:db8::1", "fd00::1", "::1"}},
      {"public only", {.query_private = false}, {"192.0.2.1", "2001:db8::1"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Slist slist(all, c.options);
    std::vector<std::string> addresses;
    for (const SlistCandidate& candidate : slist.candidates())
      addresses.push_back(candidate.endpoint.address.ToText());
    EXPECT_EQ(addresses, c.expected);
  }
}

TEST_F(SlistTest, TakesAddressesThatWereLookedUp) {
  Slist slist(Servers({{"ns1.test.", {}}, {"ns2.test.", {}}}), {.port = 5353});
  EXPECT_EQ(Pick(slist), "nobody");
  EXPECT_EQ(slist.names_without_address().size(), 2u);
  std::vector<IpAddress> many;
  for (int i = 1; i <= 10; ++i) many.push_back(IpAddress::Literal("192.0.2." + std::to_string(i)));
  slist.AddAddresses(Name::Literal("NS1.test."), many);
  slist.GiveUpOn(Name::Literal("ns2.test."));
  EXPECT_TRUE(slist.names_without_address().empty());
  EXPECT_EQ(slist.candidates().size(), 6u);
  EXPECT_EQ(slist.Pick(memory, *random, kStart)->endpoint.port, 5353);
}

}  // namespace
}  // namespace cairn
