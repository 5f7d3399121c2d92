// Forward and stub zones, seen from their servers: what they are asked, and what of their replies counts. The
// simulator's scenarios (forward-*.scenario, stub-*.scenario) show the same from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

ResolverOptions With(ZoneRuleOptions zones) {
  ResolverOptions options = ScriptedWorld::DefaultOptions();
  zones.special_use_zones = false;
  Complaints complaints;
  options.zone_rules = ZoneRules::Build(zones, complaints);
  for (const Complaint& complaint : complaints) ADD_FAILURE() << complaint.ToText();
  return options;
}

UpstreamZoneOptions Zone(const char* name, std::vector<const char*> servers) {
  UpstreamZoneOptions zone{.name = Name::Literal(name), .servers = {}, .where = {}};
  for (const char* server : servers) zone.servers.push_back(*Endpoint::FromText(server, 53));
  return zone;
}

// A server that says in its answer what it was asked with.
void AddEcho(ScriptedWorld& world, const char* address) {
  world.network.servers[IpAddress::Literal(address)] = [](const Message& query, bool tcp) {
    const std::string words = "answer " + query.questions.at(0).qname.ToText() + " 60 TXT " +
                              (query.header.recursion_desired ? "rd" : "no-rd") + (tcp ? " tcp" : " udp");
    return std::optional(ReplyFromText(query, words).value().ToWire());
  };
}

TEST(UpstreamZone, AForwarderIsAskedWithRdAndNeedsNoAa) {
  ScriptedWorld world(With({.forward_zones = {Zone("corp.example.", {"192.0.2.53"})}}));
  AddEcho(world, "192.0.2.53");
  EXPECT_EQ(world.Ask("www.corp.example. TXT"), "NOERROR: www.corp.example. 60 IN TXT \"rd\" \"udp\"");
  EXPECT_THAT(world.network.asked, testing::ElementsAre("192.0.2.53 www.corp.example. TXT"));
}

TEST(UpstreamZone, AForwarderOverTcp) {
  UpstreamZoneOptions zone = Zone("corp.example.", {"192.0.2.53"});
  zone.over_tcp = true;
  ScriptedWorld world(With({.forward_zones = {zone}}));
  AddEcho(world, "192.0.2.53");
  EXPECT_EQ(world.Ask("www.corp.example. TXT"), "NOERROR: www.corp.example. 60 IN TXT \"rd\" \"tcp\"");
}

TEST(UpstreamZone, ServersMayBeOnLoopback) {
  ScriptedWorld world(With({.forward_zones = {Zone("corp.example.", {"127.0.0.53"})}}));
  AddEcho(world, "127.0.0.53");
  EXPECT_EQ(world.Ask("www.corp.example. TXT").substr(0, 7), "NOERROR");
}

UpstreamZoneOptions Named(const char* name, const char* server) {
  UpstreamZoneOptions zone{.name = Name::Literal(name), .servers = {}, .where = {}};
  zone.named_servers.push_back({.name = Name::Literal(server), .port = 5353});
  return zone;
}

// Its address is looked up like any other, once, and it is asked at the port that is configured.
TEST(UpstreamZone, AServerMayBeNamed) {
  ScriptedWorld world(With({.forward_zones = {Named("corp.example.", "dns.test.")}}));
  world.AddServer("198.51.100.1",
                  {{"*", "authority test. 3600 NS ns1.test.; additional ns1.test. 3600 A 192.0.2.1"}});
  world.AddServer("192.0.2.1", {{"dns.test. A", "aa; answer dns.test. 300 A 10.0.0.53"}});
  AddEcho(world, "10.0.0.53");
  std::vector<uint16_t> ports;
  world.network.on_udp = [&ports](const Endpoint&, const Endpoint& to, ByteView) {
    if (to.address == IpAddress::Literal("10.0.0.53")) ports.push_back(to.port);
  };
  EXPECT_EQ(world.Ask("www.corp.example. TXT"), "NOERROR: www.corp.example. 60 IN TXT \"rd\" \"udp\"");
  EXPECT_EQ(world.Ask("ftp.corp.example. TXT"), "NOERROR: ftp.corp.example. 60 IN TXT \"rd\" \"udp\"");
  EXPECT_THAT(ports, testing::ElementsAre(5353, 5353));
  EXPECT_EQ(std::ranges::count(world.network.asked, "192.0.2.1 dns.test. A"), 1);
}

// The root is forwarded to a server whose name only the root leads to.
TEST(UpstreamZone, TheAddressOfANamedServerIsNotAskedOfItself) {
  ScriptedWorld world(With({.forward_zones = {Named(".", "dns.test.")}}));
  world.AddServer("198.51.100.1",
                  {{"*", "authority test. 3600 NS ns1.test.; additional ns1.test. 3600 A 192.0.2.1"}});
  world.AddServer("192.0.2.1", {{"dns.test. A", "aa; answer dns.test. 300 A 10.0.0.53"}});
  AddEcho(world, "10.0.0.53");
  EXPECT_EQ(world.Ask("www.corp.example. TXT"), "NOERROR: www.corp.example. 60 IN TXT \"rd\" \"udp\"");
}

// Its name is an alias into the zone that it serves: nobody can find it, and nobody waits for ever.
TEST(UpstreamZone, ANamedServerBehindItselfIsNotFound) {
  ScriptedWorld world(With({.forward_zones = {Named("corp.example.", "dns.test.")}}));
  world.AddServer("198.51.100.1",
                  {{"*", "authority test. 3600 NS ns1.test.; additional ns1.test. 3600 A 192.0.2.1"}});
  world.AddServer("192.0.2.1", {{"dns.test. A", "aa; answer dns.test. 300 CNAME dns.corp.example."}});
  const Instant asked = world.clock.now;
  EXPECT_EQ(world.Ask("www.corp.example. TXT"), "SERVFAIL");
  EXPECT_LT(world.clock.now - asked, std::chrono::seconds(1));
  EXPECT_LE(world.network.asked.size(), 3u);
}

TEST(UpstreamZone, AStubZoneIsAskedWithoutRdAndMustHaveAuthority) {
  ScriptedWorld world(With({.stub_zones = {Zone("lab.example.", {"192.0.2.53"})}}));
  AddEcho(world, "192.0.2.53");
  EXPECT_EQ(world.Ask("www.lab.example. TXT"), "SERVFAIL");  // it has no AA: lame
  world.AddServer("192.0.2.53", {{"ftp.lab.example. A", "aa; answer ftp.lab.example. 60 A 192.0.2.1"}});
  EXPECT_EQ(world.Ask("ftp.lab.example. A"), "NOERROR: ftp.lab.example. 60 IN A 192.0.2.1");
}

TEST(UpstreamZone, TheNextForwarderIsAskedAfterServfailAndSilence) {
  ScriptedWorld world(
      With({.forward_zones = {Zone("corp.example.", {"192.0.2.51", "192.0.2.52", "192.0.2.53"})}}));
  world.AddServer("192.0.2.51", {{"*", "rcode SERVFAIL"}});
  AddEcho(world, "192.0.2.53");
  for (const char* question : {"a.corp.example. TXT", "b.corp.example. TXT", "c.corp.example. TXT"})
    EXPECT_EQ(world.Ask(question).substr(0, 7), "NOERROR") << question;
}

// MaginotDNS: a forwarder's referral is no referral.
TEST(UpstreamZone, AForwarderRefersNowhere) {
  ScriptedWorld world(With({.forward_zones = {Zone("example.", {"192.0.2.53"})}}));
  world.AddServer("192.0.2.53",
                  {{"*",
                    "authority www.example. 3600 NS ns.www.example.; additional ns.www.example. "
                    "3600 A 192.0.2.66"}});
  EXPECT_EQ(world.Ask("a.www.example. A"), "SERVFAIL");
  EXPECT_EQ(world.delegations.Find(Name::Literal("www.example."), world.clock.now), std::nullopt);
}

TEST(UpstreamZone, AnAliasFromOutsideIsAskedOfTheForwarder) {
  ScriptedWorld world(With({.forward_zones = {Zone("corp.example.", {"192.0.2.53"})}}));
  world.AddServer("198.51.100.1", {{"*",
                                    "aa; answer www.example. 60 CNAME in.corp.example.; answer "
                                    "in.corp.example. 60 TXT outside"}});
  AddEcho(world, "192.0.2.53");
  const std::string expected =
      "NOERROR: www.example. 60 IN CNAME in.corp.example.; in.corp.example. 60 IN TXT \"rd\" \"udp\"";
  EXPECT_EQ(world.Ask("www.example. TXT"), expected);
  EXPECT_EQ(world.Ask("www.example. TXT"), expected) << "from the cache";
}

TEST(UpstreamZone, ADnameAboveDoesNotLeadOutOfIt) {
  ScriptedWorld world(With({.forward_zones = {Zone("corp.example.", {"192.0.2.53"})}}));
  AddEcho(world, "192.0.2.53");
  Rrset dname{.owner = Name::Literal("example."), .type = rr::kDname, .ttl = Ttl::Seconds(60), .rdatas = {}};
  dname.rdatas.Add(Name::Literal("evil.").wire());
  world.cache.StoreRrset(dname, {}, Provenance{}, world.clock.now);
  EXPECT_EQ(world.Ask("www.corp.example. TXT").substr(0, 7), "NOERROR");
  EXPECT_THAT(world.network.asked, testing::ElementsAre("192.0.2.53 www.corp.example. TXT"));
}

TEST(UpstreamZone, FallBackResolvesFromTheRoot) {
  for (const bool fall_back : {false, true}) {
    UpstreamZoneOptions zone = Zone("corp.example.", {"192.0.2.53"});
    zone.fall_back = fall_back;
    ScriptedWorld world(With({.forward_zones = {zone}}));
    world.AddServer("192.0.2.53", {{"*", "rcode SERVFAIL"}});
    world.AddServer("198.51.100.1", {{"*", "aa; answer www.corp.example. 60 A 192.0.2.1"}});
    EXPECT_EQ(world.Ask("www.corp.example. A"),
              fall_back ? "NOERROR: www.corp.example. 60 IN A 192.0.2.1" : "SERVFAIL");
  }
}

}  // namespace
}  // namespace cairn
