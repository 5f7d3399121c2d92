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

  void Kill(std::string_view address, Instant when) {
    for (int i = 0; i < ServerMemory::kTimeoutsToDie; ++i) memory.OnTimeout(At(address), when, when);
  }

  std::unique_ptr<Random> random = NewSeededRandom(1);
  ServerMemory memory{100, *random};
  const Delegation two = Servers({{"ns1.example.", {"192.0.2.1"}}, {"ns2.example.", {"192.0.2.2"}}});
};

// One of ours is an address and a port: at another port of it there may be another server.
TEST_F(SlistTest, AsksNotItself) {
  const std::vector<Endpoint> own = {At("192.0.2.1")};
  const Slist::Options options{.own = &own};
  EXPECT_EQ(Slist::WhyNotAsked(At("192.0.2.1"), options), "that is ourselves");
  EXPECT_EQ(Slist::WhyNotAsked({IpAddress::Literal("192.0.2.1"), 5300}, options), "");

  Delegation named = two;
  named.servers[0].port = 5300;
  Slist slist(named, options);
  EXPECT_EQ(slist.candidates().size(), 2u);
  EXPECT_EQ(Slist(two, options).candidates().size(), 1u);
}

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

// RFC 4697 section 2.1 bounds the tries; THREATS section 1 says how many.
TEST_F(SlistTest, AsksEachServerItsTimesAndThenNobody) {
  struct Case {
    int servers;
    int tries_each;
  };
  for (const Case& c : {Case{1, 12}, Case{2, 6}, Case{3, 4}, Case{4, 3}, Case{13, 3}}) {
    SCOPED_TRACE(c.servers);
    std::vector<std::string> addresses;
    for (int i = 1; i <= c.servers; ++i) addresses.push_back("192.0.2." + std::to_string(i));
    Delegation cut;
    cut.cut = Name::Literal("example.");
    for (const std::string& address : addresses)
      cut.servers.push_back({Name::Literal("ns.example."), {IpAddress::Literal(address)}});
    Slist slist(cut, {});
    std::map<std::string, int> asked;
    for (std::string picked = Pick(slist); picked != "nobody"; picked = Pick(slist)) ++asked[picked];
    EXPECT_EQ(asked.size(), addresses.size());
    for (const auto& [address, times] : asked) EXPECT_EQ(times, c.tries_each) << address;
    EXPECT_EQ(slist.candidates()[0].reason, ScoreReason::kExhausted);
  }
}

TEST_F(SlistTest, GoesOnToTheNextServer) {
  memory.OnReply(At("192.0.2.1"), milliseconds(10), kStart);
  memory.OnReply(At("192.0.2.2"), milliseconds(12), kStart);
  Slist slist(two, {});
  EXPECT_EQ(Pick(slist), "192.0.2.1");
  EXPECT_EQ(Pick(slist), "192.0.2.2");
}

// The first try is as short as the server is fast, and the last as long as clients are patient.
TEST_F(SlistTest, WaitsAsLongAsRepliesTakeAndAtTheEndLonger) {
  memory.OnReply(At("192.0.2.1"), milliseconds(40), kStart);  // RTO 120 ms
  Slist slist(Servers({{"ns1.example.", {"192.0.2.1"}}}), {});
  std::vector<int64_t> waits_ms;
  Instant now = kStart;
  while (const std::optional<SlistPick> pick = slist.Pick(memory, *random, now)) {
    waits_ms.push_back(std::chrono::duration_cast<milliseconds>(pick->timeout).count());
    memory.OnTimeout(pick->endpoint, now, now + pick->timeout);
    now += pick->timeout;
  }
  EXPECT_EQ(waits_ms, (std::vector<int64_t>{120, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 1600}));
}

// RFC 6298 section 5.5, but a row of losses must not make every later question slow.
TEST_F(SlistTest, WhatOthersWaitedInVainDoublesTheFirstTryOnce) {
  memory.OnReply(At("192.0.2.1"), milliseconds(40), kStart);  // RTO 120 ms
  for (const int expected_ms : {120, 240, 240, 240}) {
    Slist slist(Servers({{"ns1.example.", {"192.0.2.1"}}}), {});
    EXPECT_EQ(slist.Pick(memory, *random, kStart)->timeout, milliseconds(expected_ms));
    memory.OnTimeout(At("192.0.2.1"), kStart, kStart);
  }
}

TEST_F(SlistTest, LeavesADyingServer) {
  memory.OnReply(At("192.0.2.1"), milliseconds(10), kStart);
  memory.OnReply(At("192.0.2.2"), milliseconds(50), kStart);
  memory.OnTimeout(At("192.0.2.1"), kStart, kStart);
  memory.OnTimeout(At("192.0.2.1"), kStart, kStart);
  Slist slist(two, {});
  EXPECT_EQ(Pick(slist), "192.0.2.2");
  EXPECT_EQ(slist.candidates()[0].reason, ScoreReason::kBackingOff);
}

// Not before everybody else had his turn, and then each kind once: they may have been repaired, or it was our
// own network that was down.
TEST_F(SlistTest, AsksTheLameAndTheDeadLastAndOnce) {
  Kill("192.0.2.1", kStart);
  memory.SetLame(At("192.0.2.2"), Name::Literal("example."), Lameness::kUpwardReferral, kStart);
  Slist slist(Servers({{"ns.example.", {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}}}), {});
  memory.SetLame(At("192.0.2.4"), Name::Literal("example."), Lameness::kUpwardReferral, kStart);
  memory.OnReply(At("192.0.2.4"), milliseconds(90), kStart);
  EXPECT_EQ(Pick(slist), "192.0.2.3");
  EXPECT_EQ(slist.ToText(kStart),
            "ns.example. 192.0.2.3@53, score 20.0 ms, not measured yet (never measured), asked 1 time\n"
            "ns.example. 192.0.2.1@53, dead (never measured, 8 time-outs in a row, dead for 10 s)\n"
            "ns.example. 192.0.2.2@53, lame: refers upwards or sideways\n"
            "ns.example. 192.0.2.4@53, lame: refers upwards or sideways\n");
  slist.Discard(At("192.0.2.3"));
  EXPECT_EQ(Pick(slist), "192.0.2.2");
  EXPECT_EQ(Pick(slist), "192.0.2.1");
  EXPECT_EQ(Pick(slist), "nobody");
}

TEST_F(SlistTest, AsksOneLameServerWhenAllAreLame) {
  memory.SetLame(At("192.0.2.1"), Name::Literal("example."), Lameness::kNotAuthoritative, kStart);
  memory.SetLame(At("192.0.2.2"), Name::Literal("example."), Lameness::kNotAuthoritative, kStart);
  Slist slist(two, {});
  EXPECT_NE(Pick(slist), "nobody");
  EXPECT_EQ(Pick(slist), "nobody");
}

TEST_F(SlistTest, AsksOneDeadServerOnceWhenAllAreDead) {
  Kill("192.0.2.1", kStart);
  Kill("192.0.2.2", kStart + seconds(1));
  Slist slist(two, {});
  EXPECT_NE(Pick(slist, kStart + seconds(2)), "nobody");
  EXPECT_EQ(Pick(slist, kStart + seconds(2)), "nobody");
}

// The tries of a question go on although they made the server count as dead; the next question has one.
TEST_F(SlistTest, AQuestionEndsTheTriesItBegan) {
  Slist slist(Servers({{"ns1.example.", {"192.0.2.1"}}}), {});
  int tries = 0;
  for (; Pick(slist) != "nobody"; ++tries) memory.OnTimeout(At("192.0.2.1"), kStart, kStart);
  EXPECT_EQ(tries, Slist::kTriesPerCut);
  EXPECT_TRUE(memory.State(At("192.0.2.1"), kStart).dead_until.has_value());
  Slist next(Servers({{"ns1.example.", {"192.0.2.1"}}}), {});
  EXPECT_EQ(Pick(next), "192.0.2.1");
  EXPECT_EQ(Pick(next), "nobody");
}

// A dead zone costs the first question its tries, and the others one.
TEST_F(SlistTest, WhoWasSilentForAWholeQuestionIsDead) {
  Slist slist(two, {});
  while (const std::optional<SlistPick> pick = slist.Pick(memory, *random, kStart))
    memory.OnTimeout(pick->endpoint, kStart, kStart);
  memory.OnReply(At("192.0.2.2"), milliseconds(20), kStart);  // to somebody else
  slist.GiveUp(memory, kStart);
  EXPECT_TRUE(memory.State(At("192.0.2.1"), kStart).dead_until.has_value());
  EXPECT_FALSE(memory.State(At("192.0.2.2"), kStart).dead_until.has_value());
}

TEST_F(SlistTest, OneQuestionProbesADeadServerWhenItsTimeHasCome) {
  Kill("192.0.2.1", kStart);
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
      {"default", {}, {"192.0.2.1", "2001:db8::1"}},
      {"no IPv6", {.ipv6 = false}, {"192.0.2.1"}},
      {"no IPv4", {.ipv4 = false}, {"2001:db8::1"}},
      {"lab",
       {.query_loopback = true, .query_private = true},
       {"192.0.2.1", "10.0.0.1", "127.0.0.1", "2001:db8::1", "fd00::1", "::1"}},
      {"an inside network", {.query_private = true}, {"192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1"}},
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
