// RFC 1034 section 5.3.3 branch by branch: a small Internet in words, the question, and what must come of it.
// Beside the answer a row tells every query that was sent, in order: what is not asked is half of what a
// resolver must do.
#include "resolver/resolution.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

constexpr char kReferral[] =
    "authority example. 3600 NS ns1.example.; additional ns1.example. 3600 A 192.0.2.1";

struct Server {
  const char* address;
  std::vector<std::pair<std::string, std::string>> rows;
};

struct Case {
  const char* name;
  std::vector<Server> servers;
  const char* question;
  const char* answer;
  std::vector<std::string> asked;
};

const Case kCases[] = {
    {"root, then the zone",
     {{"198.51.100.1", {{"*", kReferral}}},
      {"192.0.2.1", {{"*", "aa; answer www.example. 300 A 192.0.2.80"}}}},
     "www.example. A",
     "NOERROR: www.example. 300 IN A 192.0.2.80",
     {"198.51.100.1 www.example. A", "192.0.2.1 www.example. A"}},
    {"no such name",
     {{"198.51.100.1", {{"*", kReferral}}},
      {"192.0.2.1",
       {{"*", "aa; rcode NXDOMAIN; authority example. 60 SOA ns1.example. h.example. 1 2 3 4 60"}}}},
     "nope.example. A",
     "NXDOMAIN: soa example.",
     {"198.51.100.1 nope.example. A", "192.0.2.1 nope.example. A"}},
    {"no such type",
     {{"198.51.100.1", {{"*", kReferral}}},
      {"192.0.2.1", {{"*", "aa; authority example. 60 SOA ns1.example. h.example. 1 2 3 4 60"}}}},
     "www.example. MX",
     "NOERROR: soa example.",
     {"198.51.100.1 www.example. MX", "192.0.2.1 www.example. MX"}},
    {"an alias out of the zone is asked anew",
     {{"198.51.100.1",
       {{"www.example. A", kReferral},
        {"www.test. A", "authority test. 3600 NS ns1.test.; additional ns1.test. 3600 A 192.0.2.2"}}},
      {"192.0.2.1",
       {{"*", "aa; answer www.example. 300 CNAME www.test.; answer www.test. 300 A 192.0.2.66"}}},
      {"192.0.2.2", {{"*", "aa; answer www.test. 300 A 192.0.2.81"}}}},
     "www.example. A",
     "NOERROR: www.example. 300 IN CNAME www.test.; www.test. 300 IN A 192.0.2.81",
     {"198.51.100.1 www.example. A", "192.0.2.1 www.example. A", "198.51.100.1 www.test. A",
      "192.0.2.2 www.test. A"}},
    {"an alias loop ends",
     {{"198.51.100.1", {{"*", kReferral}}},
      {"192.0.2.1",
       {{"a.example. A", "aa; answer a.example. 300 CNAME b.example."},
        {"b.example. A", "aa; answer b.example. 300 CNAME a.example."}}}},
     "a.example. A",
     "SERVFAIL: a.example. 300 IN CNAME b.example.; b.example. 300 IN CNAME a.example.",
     {"198.51.100.1 a.example. A", "192.0.2.1 a.example. A", "192.0.2.1 b.example. A"}},
    {"a referral with TTL 0 serves this question",
     {{"198.51.100.1",
       {{"*", "authority example. 0 NS ns1.example.; additional ns1.example. 0 A 192.0.2.1"}}},
      {"192.0.2.1", {{"*", "aa; answer www.example. 0 A 192.0.2.80"}}}},
     "www.example. A",
     "NOERROR: www.example. 0 IN A 192.0.2.80",
     {"198.51.100.1 www.example. A", "192.0.2.1 www.example. A"}},
    {"a server without glue is looked up",
     {{"198.51.100.1",
       {{"www.example. A", "authority example. 3600 NS ns1.test."},
        {"ns1.test. A", "authority test. 3600 NS ns.test.; additional ns.test. 3600 A 192.0.2.2"}}},
      {"192.0.2.2", {{"ns1.test. A", "aa; answer ns1.test. 300 A 192.0.2.3"}}},
      {"192.0.2.3", {{"*", "aa; answer www.example. 300 A 192.0.2.80"}}}},
     "www.example. A",
     "NOERROR: www.example. 300 IN A 192.0.2.80",
     {"198.51.100.1 www.example. A", "198.51.100.1 ns1.test. A", "192.0.2.2 ns1.test. A",
      "192.0.2.3 www.example. A"}},
    {"a server below its own cut and without glue cannot be found",
     {{"198.51.100.1", {{"*", "authority example. 3600 NS ns1.example."}}}},
     "www.example. A",
     "SERVFAIL",
     {"198.51.100.1 www.example. A"}},
    {"two zones whose servers lie in each other (TsuNAME)",
     {{"198.51.100.1",
       {{"www.a. A", "authority a. 3600 NS ns.b."},
        {"ns.b. A", "authority b. 3600 NS ns.a."},
        {"ns.a. A", "authority a. 3600 NS ns.b."}}}},
     "www.a. A",
     "SERVFAIL",
     {"198.51.100.1 www.a. A", "198.51.100.1 ns.b. A"}},
    {"a referral upwards is no way on",
     {{"198.51.100.1", {{"*", kReferral}}}, {"192.0.2.1", {{"*", "authority . 3600 NS a.root."}}}},
     "www.example. A",
     "SERVFAIL",
     {"198.51.100.1 www.example. A", "192.0.2.1 www.example. A"}},
    {"DS is asked above its cut",
     {{"198.51.100.1",
       {{"example. DS",
         "aa; answer example. 3600 DS 1 13 2 "
         "0000000000000000000000000000000000000000000000000000000000000000"}}}},
     "example. DS",
     "NOERROR: example. 3600 IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000",
     {"198.51.100.1 example. DS"}},
};

TEST(Resolution, FollowsRfc1034Section533) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    ScriptedWorld world;
    for (const Server& server : c.servers) world.AddServer(server.address, server.rows);
    EXPECT_EQ(world.Ask(c.question), c.answer);
    EXPECT_THAT(world.network.asked, ElementsAreArray(c.asked));
    EXPECT_EQ(world.resolver->active(), 0u);
    EXPECT_EQ(world.timers.size(), 0u);
  }
}

ScriptedWorld& WithExample(ScriptedWorld& world, const std::string& reply) {
  world.AddServer("198.51.100.1", {{"*", kReferral}});
  world.AddServer("192.0.2.1", {{"*", reply}});
  return world;
}

TEST(Resolution, SecondQuestionComesFromTheCacheAndTheCut) {
  ScriptedWorld world;
  world.AddServer("198.51.100.1", {{"*", kReferral}});
  world.AddServer("192.0.2.1", {{"www.example. A", "aa; answer www.example. 300 A 192.0.2.80"},
                                {"ftp.example. A", "aa; answer ftp.example. 300 A 192.0.2.21"}});
  world.Ask("www.example. A");
  world.network.asked.clear();
  EXPECT_EQ(world.Ask("WWW.example. A"), "NOERROR: WWW.example. 300 IN A 192.0.2.80");
  EXPECT_EQ(world.Ask("ftp.example. A"), "NOERROR: ftp.example. 300 IN A 192.0.2.21");
  EXPECT_THAT(world.network.asked, ElementsAre("192.0.2.1 ftp.example. A"));
}

TEST(Resolution, EveryServerIsAskedBeforeGivingUp) {
  for (const char* useless : {"rcode SERVFAIL", "rcode REFUSED", "rcode NOTIMP; no-edns",
                              "answer x.test. 1 A 192.0.2.9", "authority . 60 NS a.root.", "silence"}) {
    SCOPED_TRACE(useless);
    ScriptedWorld world;
    world.AddServer("198.51.100.1",
                    {{"*",
                      "authority example. 60 NS ns1.example.; authority example. 60 NS ns2.example.;"
                      "authority example. 60 NS ns3.example.; additional ns1.example. 60 A 192.0.2.1;"
                      "additional ns2.example. 60 A 192.0.2.2; additional ns3.example. 60 A 192.0.2.3"}});
    world.AddServer("192.0.2.1", {{"*", useless}});
    world.AddServer("192.0.2.2", {{"*", useless}});
    world.AddServer("192.0.2.3", {{"*", "aa; answer www.example. 300 A 192.0.2.80"}});
    EXPECT_EQ(world.Ask("www.example. A"), "NOERROR: www.example. 300 IN A 192.0.2.80");
  }
}

TEST(Resolution, SilenceEndsInServfailInTime) {
  ScriptedWorld world;
  WithExample(world, "silence");
  const Instant asked = world.clock.now;
  EXPECT_EQ(world.Ask("www.example. A"), "SERVFAIL");
  EXPECT_LE(world.clock.now - asked, kQueryWallClock);
  EXPECT_EQ(world.timers.size(), 0u);
}

// A server known to be fast gets little time for its first try, yet a burst of load on the only server of a
// zone must not make its names fail.
TEST(Resolution, TheOnlyServerIsWaitedFor) {
  ScriptedWorld world;
  world.AddServer("198.51.100.1", {{"*", kReferral}});
  world.AddServer("192.0.2.1", {{"fast.example. A", "aa; answer fast.example. 300 A 192.0.2.80"}});
  for (int i = 0; i < 5; ++i) world.Ask("fast.example. A");
  world.network.on_udp = [&world](const Endpoint& from, const Endpoint& to, ByteView query) {
    const Message asked = Message::Parse(query).value();
    const Message reply = ReplyFromText(asked, "aa; answer slow.example. 300 A 192.0.2.81").value();
    world.network.Inject(to, from, reply.ToWire(), std::chrono::milliseconds(350));
  };
  EXPECT_EQ(world.Ask("slow.example. A"), "NOERROR: slow.example. 300 IN A 192.0.2.81");
}

// Two hundred queries meet one stall; the server answers again a moment later, and is asked again at once.
TEST(Resolution, AStallDoesNotMakeAServerDead) {
  ScriptedWorld world;
  world.AddServer("198.51.100.1", {{"*", kReferral}});
  bool stalled = false;
  world.network.servers[IpAddress::Literal("192.0.2.1")] = [&stalled](const Message& query, bool) {
    std::optional<std::vector<uint8_t>> reply;
    const std::string owner = query.questions.at(0).qname.ToText();
    if (!stalled) reply = ReplyFromText(query, "aa; answer " + owner + " 300 A 192.0.2.80")->ToWire();
    return reply;
  };
  world.Ask("first.example. A");
  stalled = true;
  int answered = 0;
  for (int i = 0; i < 200; ++i)
    world.resolver->Resolve(
        QuestionFromText("n" + std::to_string(i) + ".example. A"), nullptr,
        [&answered](CollectedAnswer answer) { answered += answer.rcode == Rcode::kNoError; });
  world.Run(std::chrono::milliseconds(100));
  stalled = false;
  const ServerState state =
      world.resolver->servers().State({IpAddress::Literal("192.0.2.1"), 53}, world.clock.now);
  EXPECT_FALSE(state.dead_until.has_value());
  EXPECT_LE(state.timeouts_in_a_row, 2);
  world.Run();
  EXPECT_EQ(answered, 200);
}

TEST(Resolution, FailureIsRemembered) {
  ScriptedWorld world;
  WithExample(world, "rcode SERVFAIL");
  world.Ask("www.example. A");
  const size_t queries = world.network.asked.size();
  EXPECT_EQ(world.Ask("www.example. A"), "SERVFAIL");
  EXPECT_EQ(world.network.asked.size(), queries);  // RFC 9520 section 3.2
}

// RFC 9520 section 2: an empty purse is no failure of the name. Who spends his time on a slow alias to a bank
// must not keep others from the bank.
TEST(Resolution, WhatOneClientHadNoTimeForIsNoFailureForOthers) {
  ScriptedWorld world;
  world.AddServer(
      "198.51.100.1",
      {{"www.slow. A", "authority slow. 3600 NS ns.slow.; additional ns.slow. 3600 A 192.0.2.1"},
       {"www.bank. A", "authority bank. 3600 NS ns.bank.; additional ns.bank. 3600 A 192.0.2.2"}});
  const Instant awake = world.clock.now + std::chrono::seconds(4);
  world.network.servers[IpAddress::Literal("192.0.2.1")] = [&world, awake](const Message& query, bool) {
    std::optional<std::vector<uint8_t>> reply;
    if (world.clock.now >= awake)
      reply = ReplyFromText(query, "aa; answer www.slow. 300 CNAME www.bank.")->ToWire();
    return reply;
  };
  bool bank_is_up = false;
  world.network.servers[IpAddress::Literal("192.0.2.2")] = [&bank_is_up](const Message& query, bool) {
    std::optional<std::vector<uint8_t>> reply;
    if (bank_is_up) reply = ReplyFromText(query, "aa; answer www.bank. 300 A 192.0.2.80")->ToWire();
    return reply;
  };
  EXPECT_EQ(world.Ask("www.slow. A"), "SERVFAIL: www.slow. 300 IN CNAME www.bank.");
  bank_is_up = true;
  EXPECT_EQ(world.Ask("www.bank. A"), "NOERROR: www.bank. 300 IN A 192.0.2.80");
}

// THREATS section 5: a server that folds the case of a question is asked over TCP once, which tells.
TEST(Resolution, AServerThatFoldsCaseIsComparedOverTcpOnce) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.case_randomisation = true;
  ScriptedWorld world(options);
  const auto fold = [](const Message& query, const std::string& reply) {
    Message folded = query;
    folded.questions[0].qname = Name::Literal("a-long-name-with-many-letters.example.");
    return ReplyFromText(folded, reply)->ToWire();
  };
  world.network.servers[IpAddress::Literal("198.51.100.1")] = [fold](const Message& query, bool) {
    return std::optional(fold(query, "aa; answer a-long-name-with-many-letters.example. 0 A 192.0.2.80"));
  };
  const auto over_tcp = [&world] {
    return std::count_if(world.network.asked.begin(), world.network.asked.end(),
                         [](const std::string& asked) { return asked.starts_with("tcp"); });
  };
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(world.Ask("a-long-name-with-many-letters.example. A"),
              "NOERROR: a-long-name-with-many-letters.example. 0 IN A 192.0.2.80");
  EXPECT_EQ(over_tcp(), 1);
  world.clock.now += std::chrono::minutes(16);  // it may have been replaced
  world.Ask("a-long-name-with-many-letters.example. A");
  EXPECT_EQ(over_tcp(), 2);
}

TEST(Resolution, EqualQuestionsShareOneFetchEvenWithTtlZero) {
  ScriptedWorld world;
  WithExample(world, "aa; answer www.example. 0 A 192.0.2.80");
  std::vector<std::string> answers;
  for (int i = 0; i < 200; ++i)
    world.resolver->Resolve(QuestionFromText("www.example. A"), nullptr,
                            [&answers](CollectedAnswer answer) { answers.push_back(InWords(answer)); });
  world.Run();
  EXPECT_EQ(answers.size(), 200u);
  EXPECT_THAT(answers, testing::Each("NOERROR: www.example. 0 IN A 192.0.2.80"));
  EXPECT_EQ(world.network.asked.size(), 2u);
  EXPECT_EQ(world.resolver->counters().joined.value(), 199u);
}

// RFC 2308 section 5: a denial without an SOA is not cached. The question is not asked anew for every client
// all the same.
TEST(Resolution, ADenialWithoutSoaIsToldForFiveSeconds) {
  ScriptedWorld world;
  WithExample(world, "aa; rcode NXDOMAIN");
  const auto asked = [&world] { return world.network.asked.size(); };
  EXPECT_EQ(world.Ask("www.example. A"), "NXDOMAIN");
  const size_t once = asked();
  EXPECT_EQ(world.Ask("www.example. A"), "NXDOMAIN");
  EXPECT_EQ(asked(), once);
  world.clock.now += std::chrono::seconds(4);
  EXPECT_EQ(world.Ask("www.example. A"), "NXDOMAIN");
  EXPECT_EQ(asked(), once);
  for (int again = 1; again <= 4; ++again) {  // and never for longer
    world.clock.now += std::chrono::seconds(6);
    EXPECT_EQ(world.Ask("www.example. A"), "NXDOMAIN");
    EXPECT_EQ(asked(), once + static_cast<size_t>(again));
  }
}

TEST(Resolution, AnEmptyReplyIsBelievedWhenNobodySaysMore) {
  const char* const referral =
      "authority example. 3600 NS ns1.example.; authority example. 3600 NS ns2.example.; "
      "additional ns1.example. 3600 A 192.0.2.1; additional ns2.example. 3600 A 192.0.2.2";
  ScriptedWorld world;
  world.AddServer("198.51.100.1", {{"*", referral}});
  world.AddServer("192.0.2.1", {{"*", "aa"}});
  world.AddServer("192.0.2.2", {{"www.example. A", "aa; answer www.example. 0 A 192.0.2.80"}, {"*", "aa"}});
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(world.Ask("www.example. A"), "NOERROR: www.example. 0 IN A 192.0.2.80") << "one knows it";
  EXPECT_EQ(world.Ask("www.example. MX"), "NOERROR");
  const auto both = testing::IsSupersetOf({"192.0.2.1 www.example. MX", "192.0.2.2 www.example. MX"});
  EXPECT_THAT(world.network.asked, both);
  world.network.asked.clear();
  EXPECT_EQ(world.Ask("www.example. MX"), "NOERROR");
  EXPECT_THAT(world.network.asked, testing::IsEmpty());
  world.clock.now += std::chrono::seconds(6);
  EXPECT_EQ(world.Ask("www.example. MX"), "NOERROR");
  EXPECT_THAT(world.network.asked, both);
}

// All names of a zone take the same steps. What came of one may not be stored where its TTL is 0 or relaxed
// minimisation does not believe it, and is told to those who waited: 200 equal queries would be a birthday
// attack on ourselves.
TEST(Resolution, WhatAStepFoundIsToldToAllWhoWaited) {
  constexpr const char* kSteps[] = {
      "aa; rcode NXDOMAIN; authority example. 60 SOA ns1.example. h.example. 1 2 3 4 60",
      "aa; answer dept.example. 0 A 192.0.2.7", "aa"};
  for (const char* step : kSteps) {
    SCOPED_TRACE(step);
    ResolverOptions options = ScriptedWorld::DefaultOptions();
    options.qname_minimisation = QnameMinimisation::kRelaxed;
    ScriptedWorld world(options);
    world.AddServer("198.51.100.1", {{"*", kReferral}});
    std::vector<std::pair<std::string, std::string>> rows = {{"dept.example. A", step}};
    for (int i = 0; i < 100; ++i)
      rows.emplace_back(fmt::format("w{}.dept.example. A", i),
                        fmt::format("aa; answer w{}.dept.example. 60 A 192.0.2.80", i));
    world.AddServer("192.0.2.1", rows);
    int answers = 0;
    for (int i = 0; i < 100; ++i)
      world.resolver->Resolve(
          QuestionFromText(fmt::format("w{}.dept.example. A", i)), nullptr,
          [&answers](const CollectedAnswer& answer) { answers += !answer.answer.empty(); });
    world.Run();
    EXPECT_EQ(answers, 100);
    EXPECT_EQ(std::ranges::count(world.network.asked, "198.51.100.1 example. A"), 1);
    EXPECT_EQ(std::ranges::count(world.network.asked, "192.0.2.1 dept.example. A"), 1);
  }
}

// NXNSAttack (CVE-2020-8616): the victim sees no more than the budget, however long the list of servers.
TEST(Resolution, ReferralOfManyUnknownServersCostsLittle) {
  ScriptedWorld world;
  std::string referral;
  for (int i = 0; i < 13; ++i) referral += "authority attack. 60 NS n" + std::to_string(i) + ".victim.;";
  world.AddServer("198.51.100.1",
                  {{"www.attack. A", referral},
                   {"*", "authority victim. 60 NS ns.victim.; additional ns.victim. 60 A 192.0.2.5"}});
  world.AddServer("192.0.2.5",
                  {{"*", "aa; rcode NXDOMAIN; authority victim. 60 SOA ns.victim. h.victim. 1 2 3 4 60"}});
  EXPECT_EQ(world.Ask("www.attack. A"), "SERVFAIL");
  const auto at_victim =
      std::count_if(world.network.asked.begin(), world.network.asked.end(),
                    [](const std::string& line) { return line.starts_with("192.0.2.5 "); });
  EXPECT_LE(at_victim, 10);
  EXPECT_GE(at_victim, 1);
}

// CVE-2014-8500: each referral leads one label deeper, for ever.
TEST(Resolution, EndlessDelegationEnds) {
  ScriptedWorld world;
  std::string name = "x.";
  for (int i = 0; i < 60; ++i) name = "a." + name;
  const Script deeper = [](const Message& query, bool) -> std::optional<std::vector<uint8_t>> {
    static int labels = 0;
    const Name cut(query.questions.at(0).qname.view().Ancestor(++labels));
    return ReplyFromText(query, "authority " + cut.ToText() + " 60 NS ns." + cut.ToText() +
                                    "; additional ns." + cut.ToText() + " 60 A 198.51.100.1")
        ->ToWire();
  };
  world.network.servers[IpAddress::Literal("198.51.100.1")] = deeper;
  EXPECT_EQ(world.Ask(name + " A"), "SERVFAIL");
  EXPECT_EQ(world.network.asked.size(), RowOf(Limit::kReferrals).by_default);
}

TEST(Resolution, EndlessAliasesEnd) {
  ScriptedWorld world;
  world.AddServer("198.51.100.1", {{"*", kReferral}});
  int links = 0;
  world.network.servers[IpAddress::Literal("192.0.2.1")] = [&links](const Message& query, bool) {
    const std::string owner = query.questions.at(0).qname.ToText();
    return std::optional(
        ReplyFromText(query, "aa; answer " + owner + " 300 CNAME c" + std::to_string(++links) + ".example.")
            ->ToWire());
  };
  EXPECT_THAT(world.Ask("www.example. A"), HasSubstr("SERVFAIL"));
  EXPECT_LE(world.network.asked.size(), 14u);  // THREATS section 1
}

TEST(Resolution, DestroyingTheResolverCancelsEverything) {
  ScriptedWorld world;
  WithExample(world, "silence");
  bool answered = false;
  world.resolver->Resolve(QuestionFromText("www.example. A"), nullptr,
                          [&answered](CollectedAnswer) { answered = true; });
  world.Run(std::chrono::milliseconds(100));
  EXPECT_GT(world.resolver->active(), 0u);
  world.resolver.reset();
  EXPECT_FALSE(answered);
  EXPECT_EQ(world.network.open_sockets, 0u);
}

// A reload builds the next resolver of a worker beside the others, whose clients may still wait.
TEST(Resolution, ManyResolversOfOneWorkerAreOneReader) {
  ScriptedWorld world;
  const auto options = std::make_shared<const ResolverOptions>(ScriptedWorld::DefaultOptions());
  std::vector<std::unique_ptr<Resolver>> retired;
  for (size_t i = 0; i <= EpochDomain::kMaxReaders; ++i)
    retired.push_back(Resolver::Create({world.clock, world.network, *world.random, world.timers},
                                       {world.epoch, world.cache, world.delegations}, options)
                          .value());
  EXPECT_EQ(world.epochs.OldestReader(), UINT64_MAX);  // none of them reads
}

// What the options say of limits reaches those who keep them, and the client is told which one it was.
TEST(Resolution, LimitsAreOptions) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.limits[Limit::kRestarts] = 2;
  options.limits[Limit::kCachedRrsets] = 2;
  ScriptedWorld world(options);
  world.AddServer("198.51.100.1", {{"*", kReferral}});
  std::vector<std::pair<std::string, std::string>> links;
  for (int i = 1; i <= 4; ++i)
    links.emplace_back(fmt::format("a{}.example. A", i),
                       fmt::format("aa; answer a{}.example. 300 CNAME a{}.example.", i, i + 1));
  links.emplace_back("a5.example. A", "aa; answer a5.example. 300 A 192.0.2.80");
  world.AddServer("192.0.2.1", links);
  EXPECT_THAT(world.Ask("a3.example. A"), HasSubstr("NOERROR")) << "two aliases";
  EXPECT_EQ(world.resolver->counters().rrsets_not_cached.value(), 1u) << "and their target";
  EXPECT_THAT(world.Ask("a2.example. A"), HasSubstr("SERVFAIL")) << "three";
  const auto struck = static_cast<size_t>(Limit::kRestarts);
  EXPECT_EQ(world.resolver->counters().limits_struck[struck].value(), 1u);

  std::string told;
  world.resolver->Resolve(QuestionFromText("a1.example. A"), nullptr,
                          [&told](const CollectedAnswer& answer) { told = answer.explanation; });
  world.Run();
  EXPECT_THAT(told, HasSubstr("limit restarts (2) reached"));
}

TEST(Resolution, WorkEndsAtTheTimeOfTheQuery) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.query_time = std::chrono::seconds(1);
  ScriptedWorld world(options);
  WithExample(world, "silence");
  const Instant asked = world.clock.now;
  EXPECT_EQ(world.Ask("www.example. A"), "SERVFAIL");
  EXPECT_LE(world.clock.now - asked, std::chrono::seconds(1));
  EXPECT_EQ(world.resolver->counters().queries_out_of_time.value(), 1u);
}

TEST(Resolution, WhatIsNotKeptOfRepliesIsCounted) {
  ScriptedWorld world;
  WithExample(world, "aa; answer www.example. 300 A 192.0.2.80; answer www.bank. 300 A 203.0.113.66");
  world.Ask("www.example. A");
  const auto& dropped = world.resolver->counters().records_dropped;
  EXPECT_EQ(dropped[static_cast<size_t>(ScrubRule::kOutsideZone)].value(), 1u);
  EXPECT_EQ(dropped[static_cast<size_t>(ScrubRule::kTooMany)].value(), 0u);
}

// A reload: what is under way may come from forwarders that are not to be asked any more.
TEST(Resolution, ARetiredResolverAnswersAndStoresNothing) {
  ScriptedWorld world;
  WithExample(world, "aa; answer www.example. 300 A 192.0.2.80");
  std::string answer;
  world.resolver->Resolve(QuestionFromText("www.example. A"), nullptr,
                          [&answer](const CollectedAnswer& its) { answer = InWords(its); });
  std::string failure;
  world.resolver->Resolve(QuestionFromText("dead.example. A"), nullptr,
                          [&failure](const CollectedAnswer& its) { failure = InWords(its); });
  world.resolver->Retire();
  world.Run();
  EXPECT_EQ(answer, "NOERROR: www.example. 300 IN A 192.0.2.80");
  EXPECT_EQ(failure, "SERVFAIL");
  EXPECT_EQ(world.cache.stats().entries, 0u);
  EXPECT_TRUE(world.delegations.Closest(Name::Literal("www.example."), world.clock.now)->cut.IsRoot());
}

TEST(Resolution, APreparedResolverChangesNothingUntilItTakesOver) {
  ScriptedWorld world;
  const auto options = std::make_shared<const ResolverOptions>(ScriptedWorld::DefaultOptions());
  const auto servers = [&world] {
    return world.delegations.Closest(Name(), world.clock.now)->servers.size();
  };
  const std::unique_ptr<Resolver> next =
      Resolver::Prepare({world.clock, world.network, *world.random, world.timers},
                        {world.epoch, world.cache, world.delegations}, options)
          .value();
  EXPECT_EQ(servers(), 1u);
  next->TakeOver();
  EXPECT_EQ(servers(), 13u);
}

TEST(Resolution, TraceTellsTheStory) {
  ScriptedWorld world;
  WithExample(world, "aa; answer www.example. 300 A 192.0.2.80; authority example. 60 NS evil.test.");
  const auto recorder = std::make_shared<TraceRecorder>(world.clock);
  world.Ask("www.example. A", recorder);
  std::vector<size_t> kinds(std::variant_size_v<trace::EventBody>);
  for (const TraceEvent& event : recorder->trace().events()) ++kinds[event.body.index()];
  const auto count = [&kinds](const trace::EventBody& kind) { return kinds[kind.index()]; };
  EXPECT_EQ(count(trace::QuerySent{}), 2u);
  EXPECT_EQ(count(trace::ReplyReceived{}), 2u);
  EXPECT_EQ(count(trace::ReplyJudged{}), 2u);
  EXPECT_EQ(count(trace::ZoneCutPicked{}), 2u);
  EXPECT_EQ(count(trace::ServerChosen{}), 2u);
  EXPECT_EQ(count(trace::CacheProbed{}), 1u);
  EXPECT_EQ(count(trace::RecordsDropped{}), 1u);
  EXPECT_EQ(count(trace::Answered{}), 1u);
}

// A family that is switched off: the other address of the same server may be found elsewhere.
TEST(Resolution, AServerWithAddressesOfTheOtherFamilyIsLookedUp) {
  ScriptedWorld world;  // IPv4 only
  world.AddServer(
      "198.51.100.1",
      {{"www.example. A", "authority example. 3600 NS ns1.test.; additional ns1.test. 3600 AAAA 2001:db8::1"},
       {"*", "authority test. 3600 NS ns.test.; additional ns.test. 3600 A 192.0.2.2"}});
  world.AddServer("192.0.2.2", {{"ns1.test. A", "aa; answer ns1.test. 300 A 192.0.2.3"}});
  world.AddServer("192.0.2.3", {{"*", "aa; answer www.example. 300 A 192.0.2.80"}});
  EXPECT_EQ(world.Ask("www.example. A"), "NOERROR: www.example. 300 IN A 192.0.2.80");
}

// A delegation that names our own address would have us wait for ourselves, each time one question deeper.
TEST(Resolution, NobodyAsksHimself) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.own = {*Endpoint::FromText("192.0.2.1@53")};
  ScriptedWorld world(options);
  WithExample(world, "aa; answer www.example. 300 A 192.0.2.80");
  EXPECT_EQ(world.Ask("www.example. A"), "SERVFAIL");
  EXPECT_THAT(world.network.asked, ElementsAre("198.51.100.1 www.example. A"));
}

TEST(Resolution, TraceSaysWhichAddressesMayNotBeAsked) {
  ScriptedWorld world;
  world.AddServer("198.51.100.1",
                  {{"www.example. A",
                    "authority example. 300 NS ns.example.; additional ns.example. 300 A 127.0.0.2; "
                    "additional ns.example. 300 AAAA 2001:db8::1"}});
  const auto recorder = std::make_shared<TraceRecorder>(world.clock);
  EXPECT_EQ(world.Ask("www.example. A", recorder).substr(0, 8), "SERVFAIL");
  std::vector<std::string> skipped;
  for (const TraceEvent& event : recorder->trace().events()) {
    if (const auto* skip = std::get_if<trace::ServerSkipped>(&event.body))
      skipped.push_back(skip->endpoint->ToText() + " " + skip->rule);
  }
  // IPv6 is off in this world, which its owner knows.
  EXPECT_EQ(skipped,
            std::vector<std::string>{"127.0.0.2@53 a loopback address, and query-loopback is false"});
}

TEST(Priming, RootsOwnServersReplaceTheHints) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.prime_root = true;
  ScriptedWorld world(options);
  const char* kExample = "authority example. 3600 NS ns1.example.; additional ns1.example. 3600 A 192.0.2.1";
  world.AddServer(
      "198.51.100.1",
      {{". NS", "aa; answer . 3600 NS b.root.; additional b.root. 3600 A 198.51.100.2"}, {"*", kExample}});
  world.AddServer("198.51.100.2", {{"*", kExample}});
  world.AddServer("192.0.2.1", {{"*", "aa; answer www.example. 300 A 192.0.2.80"}});
  world.Ask("www.example. A");
  world.network.asked.clear();
  world.Ask("www.test. A");
  EXPECT_EQ(world.network.asked.front(), "198.51.100.2 www.test. A");
}

TEST(Priming, HintsServeWhenItFails) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.prime_root = true;
  ScriptedWorld world(options);
  world.AddServer("198.51.100.1", {{". NS", "rcode SERVFAIL"}, {"*", kReferral}});
  world.AddServer("192.0.2.1", {{"*", "aa; answer www.example. 300 A 192.0.2.80"}});
  EXPECT_EQ(world.Ask("www.example. A"), "NOERROR: www.example. 300 IN A 192.0.2.80");
  EXPECT_EQ(world.resolver->active(), 0u);
}

}  // namespace
}  // namespace cairn
