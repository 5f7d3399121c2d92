// What clients get, octet for octet where it matters: refusals, the hit path, truncation, RD=0.
#include "resolver/client_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

constexpr char kReferral[] =
    "authority example. 3600 NS ns1.example.; additional ns1.example. 3600 A 192.0.2.1";
constexpr char kNegative[] = "authority example. 60 SOA ns1.example. h.example. 1 2 3 4 60";

Message Asking(std::string_view question) {
  Message query;
  query.header.id = 0x1234;
  query.header.recursion_desired = true;
  query.questions.push_back(QuestionFromText(question));
  return query;
}

void Populate(ScriptedWorld& world) {
  world.AddServer("198.51.100.1", {{"*", kReferral}});
  std::string large = "aa";
  for (int i = 0; i < 120; ++i) large += "; answer large.example. 300 A 192.0.2." + std::to_string(i);
  world.AddServer(
      "192.0.2.1",
      {{"www.example. A", "aa; answer www.example. 300 A 192.0.2.80; answer www.example. 300 A 192.0.2.81"},
       {"alias.example. A",
        "aa; answer alias.example. 300 CNAME www.example.;"
        "answer www.example. 300 A 192.0.2.80; answer www.example. 300 A 192.0.2.81"},
       {"www.example. MX", std::string("aa; ") + kNegative},
       {"alias.example. MX", std::string("aa; answer alias.example. 300 CNAME www.example.; ") + kNegative},
       {"nope.example. A", std::string("aa; rcode NXDOMAIN; ") + kNegative},
       {"broken.example. A", "rcode SERVFAIL"},
       {"large.example. A", "tc"},
       {"tcp large.example. A", large}});
}

// Summary of a reply: RCODE, flags, sections.
std::string Describe(const std::vector<uint8_t>& wire) {
  if (wire.empty()) return "silence";
  const absl::StatusOr<Message> reply = Message::Parse(wire);
  if (!reply.ok()) return "unreadable";
  std::string words = ToText(reply->rcode());
  if (reply->header.truncated) words += " TC";
  if (reply->header.authoritative) words += " AA";
  for (const Record& record : reply->answer) words += "; " + record.ToText();
  for (const Record& record : reply->authority)
    words += "; authority " + record.owner.ToText() + " " + record.type.ToText();
  if (reply->edns) {
    words += "; EDNS";
    for (const EdnsOption& option : reply->edns->options)
      words += " option " + std::to_string(static_cast<int>(option.code));
  }
  return words;
}

std::shared_ptr<const ZoneRules> RulesOf(const ZoneRuleOptions& options) {
  Complaints complaints;
  std::shared_ptr<const ZoneRules> rules = ZoneRules::Build(options, complaints);
  for (const Complaint& complaint : complaints) ADD_FAILURE() << complaint.ToText();
  return rules;
}

struct Case {
  const char* name;
  const char* question;
  void (*change)(Message& query);
  const char* expected;
};

const Case kCases[] = {
    {"an address", "www.example. A", nullptr,
     "NOERROR; www.example. 300 IN A 192.0.2.80; www.example. 300 IN A 192.0.2.81"},
    {"with EDNS", "www.example. A", [](Message& query) { query.edns.emplace(); },
     "NOERROR; www.example. 300 IN A 192.0.2.80; www.example. 300 IN A 192.0.2.81; EDNS"},
    {"alias before target", "alias.example. A", nullptr,
     "NOERROR; alias.example. 300 IN CNAME www.example.; www.example. 300 IN A 192.0.2.80; www.example. 300 "
     "IN A "
     "192.0.2.81"},
    {"no data", "www.example. MX", nullptr, "NOERROR; authority example. SOA"},
    {"no data behind an alias", "alias.example. MX", nullptr,
     "NOERROR; alias.example. 300 IN CNAME www.example.; authority example. SOA"},
    {"no such name", "nope.example. A", nullptr, "NXDOMAIN; authority example. SOA"},
    {"failure says why", "broken.example. A", [](Message& query) { query.edns.emplace(); },
     "SERVFAIL; EDNS option 15"},
    {"too large for plain UDP", "large.example. A", nullptr, "NOERROR TC"},
    {"ANY is minimal (RFC 8482)", "www.example. ANY", nullptr,
     "NOERROR; www.example. 3600 IN HINFO \"RFC8482\" \"\""},
    {"zone transfer", "example. AXFR", nullptr, "REFUSED"},
    {"other meta types", "example. MAILB", nullptr, "NOTIMP"},
    {"class CH", "version.bind. TXT", [](Message& query) { query.questions[0].qclass = kClassCh; },
     "REFUSED"},
    {"class ANY", "www.example. A", [](Message& query) { query.questions[0].qclass = kClassAny; }, "REFUSED"},
    {"another opcode", "www.example. A", [](Message& query) { query.header.opcode = Opcode::kNotify; },
     "NOTIMP"},
    {"a response", "www.example. A", [](Message& query) { query.header.response = true; }, "silence"},
    {"no question", "www.example. A", [](Message& query) { query.questions.clear(); }, "FORMERR"},
    {"a cookie, cold and cached", "www.example. A",
     [](Message& query) {
       query.edns.emplace().options.push_back({EdnsOptionCode::kCookie, std::vector<uint8_t>(8, 'c')});
     },
     "NOERROR; www.example. 300 IN A 192.0.2.80; www.example. 300 IN A 192.0.2.81; EDNS option 10"},
    {"a cookie without question (RFC 7873 section 5.4)", "www.example. A",
     [](Message& query) {
       query.questions.clear();
       query.edns.emplace().options.push_back({EdnsOptionCode::kCookie, std::vector<uint8_t>(8, 'c')});
     },
     "NOERROR; EDNS option 10"},
    {"a cookie no cookie can be", "www.example. A",
     [](Message& query) {
       query.edns.emplace().options.push_back({EdnsOptionCode::kCookie, std::vector<uint8_t>(9, 'c')});
     },
     "FORMERR; EDNS"},
    {"EDNS version 1", "www.example. A",
     [](Message& query) {
       query.edns.emplace();
       query.edns->version = 1;
     },
     "BADVERS; EDNS"},
};

TEST(ClientService, AnswersColdAndFromTheCacheAlike) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    ScriptedWorld world;
    Populate(world);
    Message query = Asking(c.question);
    if (c.change) c.change(query);
    const std::vector<uint8_t> packet = query.ToWire();
    EXPECT_EQ(Describe(world.AskAsClient(packet)), c.expected);
    const size_t asked = world.network.asked.size();
    EXPECT_EQ(Describe(world.AskAsClient(packet)), c.expected) << "second time";
    EXPECT_EQ(world.network.asked.size(), asked) << "second time";
  }
}

TEST(ClientService, HeaderAndQuestionComeBackAsTheyWere) {
  ScriptedWorld world;
  Populate(world);
  Message query = Asking("WwW.ExAmPlE. A");
  query.header.checking_disabled = true;
  const std::vector<uint8_t> packet = query.ToWire();
  for (const char* round : {"cold", "cached"}) {
    SCOPED_TRACE(round);
    const std::vector<uint8_t> wire = world.AskAsClient(packet);
    const Message reply = Message::Parse(wire).value();
    EXPECT_EQ(reply.header.id, 0x1234);
    EXPECT_TRUE(reply.header.response);
    EXPECT_TRUE(reply.header.recursion_desired);
    EXPECT_TRUE(reply.header.recursion_available);
    EXPECT_TRUE(reply.header.checking_disabled);
    EXPECT_FALSE(reply.header.authentic_data);
    EXPECT_TRUE(reply.questions.at(0).qname.view().SameSpelling(query.questions[0].qname));
  }
}

TEST(ClientService, TtlCountsDown) {
  ScriptedWorld world;
  Populate(world);
  const std::vector<uint8_t> packet = Asking("www.example. A").ToWire();
  world.AskAsClient(packet);
  world.clock.now += std::chrono::seconds(100);
  const Message reply = Message::Parse(world.AskAsClient(packet)).value();
  EXPECT_EQ(reply.answer.at(0).ttl.seconds(), 200u);
}

TEST(ClientService, WholeAnswerOverTcpAndWithRoomEnough) {
  ScriptedWorld world;
  Populate(world);
  Message query = Asking("large.example. A");
  const std::vector<uint8_t> plain = query.ToWire();
  for (const char* round : {"cold", "cached"}) {
    SCOPED_TRACE(round);
    EXPECT_EQ(Message::Parse(world.AskAsClient(plain, true)).value().answer.size(), 120u);
  }
  query.edns.emplace().udp_payload_octets = 4096;
  const std::vector<uint8_t> reply = world.AskAsClient(query.ToWire());
  EXPECT_LE(reply.size(), 1232u);  // ours is the smaller limit (RFC 9715)
  EXPECT_EQ(Describe(reply), "NOERROR TC; EDNS");
}

// Over UDP alone; a client that knows no cookies is sent to TCP.
TEST(ClientService, ARequiredCookieIsDemanded) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.cookies.require = true;
  ScriptedWorld world(options);
  Populate(world);
  Message query = Asking("www.example. A");
  EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())), "NOERROR TC");
  EXPECT_EQ(Describe(world.AskAsClient(query.ToWire(), true)).substr(0, 13), "NOERROR; www.");
  query.edns.emplace().options.push_back({EdnsOptionCode::kCookie, std::vector<uint8_t>(8, 'c')});
  const Message demand = Message::Parse(world.AskAsClient(query.ToWire())).value();
  EXPECT_EQ(demand.rcode(), Rcode::kBadCookie);
  ASSERT_TRUE(demand.edns && demand.edns->options.size() == 1);
  query.edns->options = demand.edns->options;
  EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())).substr(0, 13), "NOERROR; www.");
}

TEST(ClientService, SaysWhoItIsWhenItHasAName) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.identity = {.identity = "resolver 7", .version = ""};
  ScriptedWorld world(options);
  Message query = Asking("id.server. TXT");
  query.questions[0].qclass = kClassCh;
  EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())), "NOERROR AA; id.server. 0 CH TXT \"resolver 7\"");
  query.questions[0].qname = Name::Literal("version.server.");
  EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())), "REFUSED");
  query.edns.emplace().options.push_back({EdnsOptionCode::kNsid, {}});
  const Message reply = Message::Parse(world.AskAsClient(query.ToWire())).value();
  EXPECT_EQ(AsText(reply.edns->Find(EdnsOptionCode::kNsid)->value), "resolver 7");
}

TEST(ClientService, AccessIsDecidedFirst) {
  ScriptedWorld world;
  Populate(world);
  for (const char* question : {"www.example. A", "example. AXFR"})
    EXPECT_EQ(Describe(world.AskAsClient(Asking(question).ToWire(), false, "192.0.2.200")), "REFUSED");
  EXPECT_TRUE(world.network.asked.empty());
  EXPECT_EQ(Describe(world.AskAsClient(Asking("www.example. A").ToWire(), false, "::1")).substr(0, 7),
            "NOERROR");
}

TEST(ClientService, FirstRuleOfTheAccessListThatMatchesDecides) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.access = {{*Subnet::FromText("192.0.2.128/25"), AccessRule::Action::kRefuse},
                    {*Subnet::FromText("192.0.2.0/24"), AccessRule::Action::kAllow}};
  ScriptedWorld world(options);
  Populate(world);
  const std::vector<uint8_t> packet = Asking("nope.example. A").ToWire();
  EXPECT_EQ(Describe(world.AskAsClient(packet, false, "192.0.2.200")), "REFUSED");
  EXPECT_EQ(Describe(world.AskAsClient(packet, false, "192.0.2.100")), "NXDOMAIN; authority example. SOA");
  EXPECT_EQ(Describe(world.AskAsClient(packet, false, "127.0.0.1")), "REFUSED");
}

TEST(ClientService, WithoutRdNobodyIsAsked) {
  ScriptedWorld world;
  Populate(world);
  Message query = Asking("www.example. A");
  query.header.recursion_desired = false;
  EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())), "NOERROR; authority . NS");
  EXPECT_TRUE(world.network.asked.empty());
  world.AskAsClient(Asking("nope.example. A").ToWire());
  EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())), "NOERROR; authority example. NS");
  world.AskAsClient(Asking("www.example. A").ToWire());
  EXPECT_THAT(Describe(world.AskAsClient(query.ToWire())), testing::HasSubstr("192.0.2.80"));
}

// Half an alias is half an answer: what is known, and who could tell the rest.
TEST(ClientService, WithoutRdAnAliasWhoseTargetIsUnknownEndsInAReferral) {
  ScriptedWorld world;
  world.AddServer("198.51.100.1",
                  {{"alias.example. A", kReferral},
                   {"*", "authority test. 3600 NS ns1.test.; additional ns1.test. 3600 A 192.0.2.2"}});
  world.AddServer("192.0.2.1", {{"alias.example. A", "aa; answer alias.example. 300 CNAME www.test."}});
  world.AddServer("192.0.2.2", {{"www.test. A", "aa; answer www.test. 0 A 192.0.2.80"}});
  world.AskAsClient(Asking("alias.example. A").ToWire());
  Message query = Asking("alias.example. A");
  query.header.recursion_desired = false;
  const size_t asked = world.network.asked.size();
  EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())),
            "NOERROR; alias.example. 300 IN CNAME www.test.; authority test. NS");
  EXPECT_EQ(world.network.asked.size(), asked);
}

// Beside the answer what the cache has of it with authority; never what only a referral said.
TEST(ClientService, FullAnswersBringNameServersAndAddresses) {
  const auto additional = [](const std::vector<uint8_t>& wire) {
    std::string words;
    const Message reply = Message::Parse(wire).value();
    for (const Record& record : reply.additional) words += record.ToText() + "; ";
    return words;
  };
  for (const bool minimal : {false, true}) {
    SCOPED_TRACE(minimal);
    ResolverOptions options = ScriptedWorld::DefaultOptions();
    options.minimal_responses = minimal;
    ScriptedWorld world(options);
    world.AddServer("198.51.100.1", {{"*", kReferral}});
    world.AddServer("192.0.2.1", {{"example. MX", "aa; answer example. 300 MX 10 mail.example."},
                                  {"example. NS", "aa; answer example. 300 NS ns1.example."},
                                  {"mail.example. A", "aa; answer mail.example. 300 A 192.0.2.25"},
                                  {"ns1.example. A", "aa; answer ns1.example. 300 A 192.0.2.1"}});
    const auto ask = [&world](const char* question) { return world.AskAsClient(Asking(question).ToWire()); };
    const std::string bare = "NOERROR; example. 300 IN MX 10 mail.example.";
    for (const char* round : {"cold", "cached"}) {
      SCOPED_TRACE(round);
      const std::vector<uint8_t> reply = ask("example. MX");
      EXPECT_EQ(Describe(reply), bare) << "only the parent named the servers so far";
      EXPECT_EQ(additional(reply), "");
    }
    for (const char* question : {"mail.example. A", "example. NS", "ns1.example. A"}) ask(question);
    const std::vector<uint8_t> reply = ask("example. MX");
    EXPECT_EQ(Describe(reply), bare + (minimal ? "" : "; authority example. NS"));
    EXPECT_EQ(additional(reply),
              minimal ? "" : "mail.example. 300 IN A 192.0.2.25; ns1.example. 300 IN A 192.0.2.1; ");
  }
}

TEST(ClientService, AnyIsAnsweredInFullWhenTheOperatorSaysSo) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.any = AnyReply::kFull;
  ScriptedWorld world(options);
  world.AddServer("198.51.100.1", {{"*", kReferral}});
  world.AddServer("192.0.2.1",
                  {{"www.example. ANY",
                    "aa; answer www.example. 300 A 192.0.2.80; answer www.example. 300 MX 10 m.example."},
                   {"nope.example. A", std::string("aa; rcode NXDOMAIN; ") + kNegative}});
  EXPECT_EQ(Describe(world.AskAsClient(Asking("www.example. ANY").ToWire())),
            "NOERROR; www.example. 300 IN A 192.0.2.80; www.example. 300 IN MX 10 m.example.");
  const size_t asked = world.network.asked.size();
  EXPECT_EQ(Describe(world.AskAsClient(Asking("www.example. MX").ToWire())),
            "NOERROR; www.example. 300 IN MX 10 m.example.");
  EXPECT_EQ(world.network.asked.size(), asked) << "what came is cached by type";
  world.AskAsClient(Asking("nope.example. A").ToWire());
  EXPECT_EQ(Describe(world.AskAsClient(Asking("nope.example. ANY").ToWire())),
            "NXDOMAIN; authority example. SOA");
}

// Cache snooping: who may ask may not look at what others asked, unless he is allowed to.
TEST(ClientService, WithoutRdTheCacheIsForWhomItIsAllowed) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.access = {{*Subnet::FromText("192.0.2.0/25"), AccessRule::Action::kAllow},
                    {*Subnet::FromText("192.0.2.128/25"), AccessRule::Action::kAllowSnoop}};
  options.zone_rules = RulesOf({.local_zones = {{.name = Name::Literal("lan."),
                                                 .records = {{.text = "@ 60 A 192.0.2.7", .where = {}}},
                                                 .file = {},
                                                 .where = {}}}});
  ScriptedWorld world(options);
  Populate(world);
  Message query = Asking("www.example. A");
  query.edns.emplace();
  world.AskAsClient(query.ToWire(), false, "192.0.2.1");
  query.header.recursion_desired = false;
  EXPECT_EQ(Describe(world.AskAsClient(query.ToWire(), false, "192.0.2.1")), "REFUSED; EDNS option 15");
  EXPECT_THAT(Describe(world.AskAsClient(query.ToWire(), false, "192.0.2.200")),
              testing::HasSubstr("192.0.2.80"));
  Message local = Asking("lan. A");
  local.header.recursion_desired = false;
  EXPECT_EQ(Describe(world.AskAsClient(local.ToWire(), false, "192.0.2.1")),
            "NOERROR; lan. 60 IN A 192.0.2.7");
}

TEST(ClientService, WhomTheAccessListDropsGetsNothing) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.access = {{*Subnet::FromText("192.0.2.0/24"), AccessRule::Action::kDrop}};
  ScriptedWorld world(options);
  Populate(world);
  EXPECT_EQ(Describe(world.AskAsClient(Asking("www.example. A").ToWire(), false, "192.0.2.1")), "silence");
  EXPECT_EQ(world.resolver->counters().client_dropped.value(), 1u);
}

ZoneRuleOptions LocalZones() {
  const auto zone = [](const char* name, LocalZoneKind kind, std::vector<const char*> lines) {
    LocalZoneOptions made{.name = Name::Literal(name), .kind = kind, .records = {}, .file = {}, .where = {}};
    for (const char* line : lines) made.records.push_back({.text = line, .where = {}});
    return made;
  };
  return {.local_zones = {
              zone("lan.", LocalZoneKind::kStatic, {"nas 60 A 192.0.2.7", "ext 60 CNAME www.example."}),
              zone("ads.example.", LocalZoneKind::kRefuse, {}),
              zone("silent.example.", LocalZoneKind::kDrop, {}),
              zone("own.example.", LocalZoneKind::kTransparent, {"@ 60 A 192.0.2.8"}),
          }};
}

const Case kLocalCases[] = {
    {"local data", "nas.lan. A", nullptr, "NOERROR; nas.lan. 60 IN A 192.0.2.7"},
    {"case kept", "NaS.lan. A", nullptr, "NOERROR; NaS.lan. 60 IN A 192.0.2.7"},
    {"a negative answer says whose", "x.lan. A", [](Message& query) { query.edns.emplace(); },
     "NXDOMAIN; authority lan. SOA; EDNS option 15"},
    {"an alias leads out", "ext.lan. A", nullptr,
     "NOERROR; ext.lan. 60 IN CNAME www.example.; www.example. 300 IN A 192.0.2.80; www.example. 300 IN A "
     "192.0.2.81"},
    {"and without RD no further", "ext.lan. A",
     [](Message& query) { query.header.recursion_desired = false; },
     "NOERROR; ext.lan. 60 IN CNAME www.example."},
    {"refused", "x.ads.example. A", [](Message& query) { query.edns.emplace(); }, "REFUSED; EDNS option 15"},
    {"refused without RD", "ads.example. A", [](Message& query) { query.header.recursion_desired = false; },
     "REFUSED"},
    {"dropped", "silent.example. A", nullptr, "silence"},
    {"dropped without RD", "silent.example. A",
     [](Message& query) { query.header.recursion_desired = false; }, "silence"},
    {"transparent", "own.example. A", nullptr, "NOERROR; own.example. 60 IN A 192.0.2.8"},
    {"special use", "localhost. A", nullptr, "NOERROR; localhost. 10800 IN A 127.0.0.1"},
    {"an alias of the world leads to a blocked name", "toads.example. A", nullptr,
     "REFUSED; toads.example. 300 IN CNAME ads.example."},
};

TEST(ClientService, WhatIsWrittenHereComesBeforeTheCache) {
  for (const Case& c : kLocalCases) {
    SCOPED_TRACE(c.name);
    ResolverOptions options = ScriptedWorld::DefaultOptions();
    options.zone_rules = RulesOf(LocalZones());
    ScriptedWorld world(options);
    Populate(world);
    world.AddServer(
        "192.0.2.1",
        {{"www.example. A", "aa; answer www.example. 300 A 192.0.2.80; answer www.example. 300 A 192.0.2.81"},
         {"toads.example. A",
          "aa; answer toads.example. 300 CNAME ads.example.; answer ads.example. 300 A 192.0.2.66"}});
    Message query = Asking(c.question);
    if (c.change) c.change(query);
    EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())), c.expected);
    EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())), c.expected) << "second time";
  }
}

TEST(ClientService, RebindingIsStoppedColdAndFromTheCache) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.rebinding.on = true;
  ScriptedWorld world(options);
  Populate(world);
  world.AddServer("192.0.2.1", {{"evil.example. A", "aa; answer evil.example. 300 A 127.0.0.1"},
                                {"alias.example. A", "aa; answer alias.example. 300 CNAME evil.example."},
                                {"www.example. A", "aa; answer www.example. 300 A 192.0.2.80"}});
  for (const char* round : {"cold", "cached"}) {
    SCOPED_TRACE(round);
    Message query = Asking("evil.example. A");
    query.edns.emplace();
    EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())), "NOERROR; EDNS option 15");
    query = Asking("alias.example. A");
    EXPECT_EQ(Describe(world.AskAsClient(query.ToWire())),
              "NOERROR; alias.example. 300 IN CNAME evil.example.");
    EXPECT_EQ(Describe(world.AskAsClient(Asking("www.example. A").ToWire())),
              "NOERROR; www.example. 300 IN A 192.0.2.80");
  }
  EXPECT_EQ(world.resolver->counters().rebindings_stopped.value(), 4u);
}

// Hands a query to the resolver, and does not wait.
void Begin(ScriptedWorld& world, std::string_view question, const char* client) {
  const std::vector<uint8_t> packet = Asking(question).ToWire();
  std::array<uint8_t, 4096> reply{};
  Query query{.packet = packet,
              .to = {.listener = &world.listener,
                     .client = {IpAddress::Literal(client), 40000},
                     .local = IpAddress::Literal("127.0.0.1")},
              .tcp = false,
              .reply = reply};
  world.resolver->OnQueries({&query, 1});
  if (query.reply_octets > 0)
    world.listener.replies.emplace_back(reply.begin(),
                                        reply.begin() + static_cast<std::ptrdiff_t>(query.reply_octets));
}

TEST(ClientService, WaitingClientsAreBounded) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  options.access = {{*Subnet::FromText("192.0.2.0/24"), AccessRule::Action::kAllow}};
  options.clients.clients = 4;
  options.clients.per_address = 2;
  ScriptedWorld world(options);  // its servers are silent
  Begin(world, "a.example. A", "192.0.2.1");
  Begin(world, "b.example. A", "192.0.2.1");
  EXPECT_TRUE(world.listener.replies.empty());
  Begin(world, "c.example. A", "192.0.2.1");
  ASSERT_EQ(world.listener.replies.size(), 1u);
  EXPECT_EQ(Describe(world.listener.replies[0]), "SERVFAIL");
  EXPECT_EQ(world.resolver->counters().clients_over_share.value(), 1u);

  Begin(world, "d.example. A", "192.0.2.2");
  Begin(world, "e.example. A", "192.0.2.3");
  Begin(world, "f.example. A", "192.0.2.4");
  EXPECT_EQ(world.resolver->counters().clients_turned_away.value(), 1u);
  world.clock.now += std::chrono::milliseconds(200);
  Begin(world, "g.example. A", "192.0.2.4");  // the first of those who are slow now gives way
  EXPECT_EQ(world.resolver->counters().clients_evicted.value(), 1u);
  EXPECT_EQ(world.resolver->counters().clients_turned_away.value(), 1u);
  EXPECT_EQ(Describe(world.listener.replies.back()), "SERVFAIL");
}

// DNSBomb (CVE-2024-33655): what piled up is not sent at once; the client's next query finds it in the cache.
TEST(ClientService, AnswersThatCameTooLateAreNotSent) {
  for (const auto& [client, late, expected] :
       {std::tuple("192.0.2.9", false, "NOERROR"), std::tuple("192.0.2.9", true, "silence"),
        std::tuple("127.0.0.1", true, "NOERROR")}) {
    SCOPED_TRACE(std::string(client) + (late ? " late" : " in time"));
    ResolverOptions options = ScriptedWorld::DefaultOptions();
    options.access = {{*Subnet::FromText("0.0.0.0/0"), AccessRule::Action::kAllow}};
    options.clients.answer_within = late ? std::chrono::milliseconds(15) : std::chrono::milliseconds(25);
    ScriptedWorld world(options);  // two exchanges of 10 ms
    Populate(world);
    Begin(world, "www.example. A", client);
    world.Run();
    ASSERT_EQ(world.listener.replies.size(), 1u);
    EXPECT_EQ(Describe(world.listener.replies[0]).substr(0, 7), expected);
    EXPECT_EQ(world.resolver->counters().answers_too_late.value(),
              std::string(expected) == "silence" ? 1u : 0u);
    EXPECT_THAT(Describe(world.AskAsClient(Asking("www.example. A").ToWire(), false, client)),
                testing::HasSubstr("192.0.2.80"));
  }
}

TEST(ClientService, GarbageNeitherHarmsNorIsAnswered) {
  ScriptedWorld world;
  Populate(world);
  world.AddServer("198.51.100.1", {{"www.example. A", kReferral}});  // silent about what the garbage asks
  const std::vector<uint8_t> good = Asking("www.example. A").ToWire();
  for (size_t cut = 0; cut < good.size(); ++cut) {
    const std::vector<uint8_t> packet(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(cut));
    EXPECT_EQ(Describe(world.AskAsClient(packet)), cut < kHeaderOctets ? "silence" : "FORMERR") << cut;
  }
  std::unique_ptr<Random> random = NewSeededRandom(3);
  for (int i = 0; i < 2000; ++i) {
    std::vector<uint8_t> packet = good;
    packet[random->Below(packet.size())] = static_cast<uint8_t>(random->U16());
    world.AskAsClient(packet);
  }
  EXPECT_THAT(Describe(world.AskAsClient(good)), testing::HasSubstr("192.0.2.80"));
}

TEST(ClientService, BatchLargerThanOursIsAnsweredWhole) {
  ScriptedWorld world;
  Populate(world);
  const std::vector<uint8_t> packet = Asking("www.example. A").ToWire();
  world.AskAsClient(packet);
  std::vector<Query> batch(100);
  std::vector<std::array<uint8_t, 4096>> replies(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    batch[i].packet = packet;
    batch[i].to.client = {IpAddress::Literal("127.0.0.1"), 4242};
    batch[i].reply = replies[i];
  }
  world.resolver->OnQueries(batch);
  for (const Query& query : batch) EXPECT_GT(query.reply_octets, 0u);
  EXPECT_EQ(world.resolver->counters().cache_hits.value(), 100u);
}

class RecordingTap final : public TraceTap {
 public:
  explicit RecordingTap(const Clock& clock) : clock_(clock) {}
  bool Wants(NameView qname) const override { return qname != Name::Literal("unwanted.example."); }
  std::shared_ptr<TraceRecorder> Begin(const Question& asked, const Endpoint&) override {
    return asked.qtype == rr::kA ? std::make_shared<TraceRecorder>(clock_) : nullptr;
  }
  void End(const Question& asked, std::shared_ptr<TraceRecorder> trace) override {
    ended.push_back(asked.ToText());
    events += trace->trace().events().size();
  }
  std::vector<std::string> ended;
  size_t events = 0;

 private:
  const Clock& clock_;
};

TEST(ClientService, TapSeesColdAndCachedAnswers) {
  ScriptedWorld world;
  Populate(world);
  RecordingTap tap(world.clock);
  world.resolver->SetTraceTap(&tap);
  for (const char* question : {"www.example. A", "www.example. MX", "www.example. A"})
    world.AskAsClient(Asking(question).ToWire());
  EXPECT_THAT(tap.ended, testing::ElementsAre("www.example. A", "www.example. A"));
  EXPECT_GT(tap.events, 8u);
}

// Over TCP a connection keeps a place for each answer to come (common/net/network.h).
TEST(ClientService, SaysWhatItWillNeverAnswer) {
  ScriptedWorld world;
  Message response = Asking("www.example. A");
  response.header.response = true;
  for (const auto& [message, dropped] :
       {std::pair(response, true), std::pair(Asking("www.example. A"), false)}) {
    const std::vector<uint8_t> packet = message.ToWire();
    std::vector<uint8_t> reply(4096);
    Query query{.packet = packet,
                .to = {.listener = &world.listener,
                       .client = {IpAddress::Literal("127.0.0.1"), 40000},
                       .local = IpAddress::Literal("127.0.0.1")},
                .tcp = true,
                .reply = reply};
    world.resolver->OnQueries({&query, 1});
    EXPECT_EQ(query.dropped, dropped);
  }
}

}  // namespace
}  // namespace cairn
