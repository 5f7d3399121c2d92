// What the rules of a configuration say to a question: one row for each branch of local zones, special-use
// names and the hosts file.
#include "resolver/local_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/hosts_file.h"
#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

LocalZoneOptions Zone(const char* name, LocalZoneKind kind, std::vector<const char*> lines = {}) {
  LocalZoneOptions zone{.name = Name::Literal(name), .kind = kind, .records = {}, .file = {}, .where = {}};
  for (const char* line : lines)
    zone.records.push_back({.text = line, .where = {.file = "c.yaml", .line = 7}});
  return zone;
}

UpstreamZoneOptions Upstream(const char* name) {
  return {.name = Name::Literal(name), .servers = {*Endpoint::FromText("192.0.2.53@53")}, .where = {}};
}

std::string Describe(const std::optional<LocalAnswer>& answer) {
  if (!answer) return "resolve";
  if (answer->what == LocalAnswer::What::kRefused) return "refuse";
  if (answer->what == LocalAnswer::What::kDropped) return "drop";
  const Finding& finding = answer->finding;
  std::string words(ToText(finding.kind));
  for (const KeptRrset& kept : finding.answer) words += "; " + kept.rrset.ToText();
  if (finding.soa) words += "; soa " + finding.soa->rrset.owner.ToText();
  return words;
}

struct Row {
  const char* name;
  const char* question;
  const char* expected;
};

ZoneRuleOptions Rules() {
  ZoneRuleOptions options;
  options.local_zones = {
      Zone("lan.", LocalZoneKind::kStatic,
           {"printer 300 A 192.168.1.9", "*.pool 300 A 192.168.2.1", "www CNAME printer",
            "ext CNAME www.example.", "d DNAME other.example.", "a.b.ent TXT x"}),
      Zone("clear.", LocalZoneKind::kTransparent, {"own 300 A 192.0.2.7", "a.ent 300 A 192.0.2.8"}),
      Zone("to.", LocalZoneKind::kRedirect, {"@ 60 A 192.0.2.9"}),
      Zone("nothing.", LocalZoneKind::kNoData),
      Zone("ads.example.", LocalZoneKind::kRefuse),
      Zone("silent.example.", LocalZoneKind::kDrop),
  };
  options.stub_zones = {Upstream("10.in-addr.arpa."), Upstream("corp.lan.")};
  options.forward_zones = {Upstream("in-addr.arpa."), Upstream("home.arpa.")};
  return options;
}

const Row kRows[] = {
    {"a record", "printer.lan. A", "answer; printer.lan. 300 IN A 192.168.1.9"},
    {"in another case", "PRINTER.Lan. A", "answer; PRINTER.Lan. 300 IN A 192.168.1.9"},
    {"without the type", "printer.lan. AAAA", "nodata; soa lan."},
    {"a name that is not there", "nobody.lan. A", "nxdomain; soa lan."},
    {"empty non-terminal", "b.ent.lan. A", "nodata; soa lan."},
    {"wildcard", "x.pool.lan. A", "answer; x.pool.lan. 300 IN A 192.168.2.1"},
    {"alias inside", "www.lan. A", "alias; www.lan. 3600 IN CNAME printer.lan."},
    {"alias to outside", "ext.lan. A", "alias; ext.lan. 3600 IN CNAME www.example."},
    {"DNAME (RFC 6672)", "x.d.lan. A",
     "alias; d.lan. 3600 IN DNAME other.example.; x.d.lan. 3600 IN CNAME x.other.example."},
    {"the apex has an SOA", "lan. SOA",
     "answer; lan. 10800 IN SOA lan. nobody.invalid. 1 3600 1200 604800 10800"},
    {"a stub zone below is longer", "www.corp.lan. A", "resolve"},
    {"DS of a local zone belongs to its parent", "lan. DS", "resolve"},
    {"DS below does not", "printer.lan. DS", "nodata; soa lan."},
    {"transparent: its own", "own.clear. A", "answer; own.clear. 300 IN A 192.0.2.7"},
    {"transparent: its own of another type", "own.clear. AAAA", "nodata; soa clear."},
    {"transparent: not its own", "www.clear. A", "resolve"},
    {"transparent: nothing written at an empty non-terminal", "ent.clear. A", "resolve"},
    {"transparent: the apex is not its own", "clear. NS", "resolve"},
    {"redirect", "a.b.to. A", "answer; a.b.to. 60 IN A 192.0.2.9"},
    {"redirect: a type the apex has not", "a.b.to. MX", "nodata; soa to."},
    {"redirect makes no apexes", "a.b.to. SOA", "nodata; soa to."},
    {"nodata", "any.nothing. A", "nodata; soa nothing."},
    {"refuse", "ads.example. A", "refuse"},
    {"refuse blocks its DS too", "ads.example. DS", "refuse"},
    {"refuse below", "x.ads.example. TXT", "refuse"},
    {"not beside", "example. A", "resolve"},
    {"no suffix of octets", "myads.example. A", "resolve"},
    {"drop", "silent.example. A", "drop"},
    {"localhost (RFC 6761 section 6.3)", "localhost. A", "answer; localhost. 10800 IN A 127.0.0.1"},
    {"below localhost", "www.localhost. AAAA", "answer; www.localhost. 10800 IN AAAA ::1"},
    {"invalid (section 6.4)", "www.invalid. A", "nxdomain; soa invalid."},
    {"test (section 6.2)", "www.test. A", "nxdomain; soa test."},
    {"onion (RFC 7686)", "x.onion. A", "nxdomain; soa onion."},
    {"home.arpa has a forward zone here", "nas.home.arpa. A", "resolve"},
    {"resolver.arpa (RFC 9462 section 4)", "_dns.resolver.arpa. SVCB", "nodata; soa resolver.arpa."},
    {"ipv4only.arpa (RFC 8880)", "ipv4only.arpa. A",
     "answer; ipv4only.arpa. 10800 IN A 192.0.0.170\nipv4only.arpa. 10800 IN A 192.0.0.171"},
    {"reverse of loopback (RFC 6303)", "1.0.0.127.in-addr.arpa. PTR",
     "answer; 1.0.0.127.in-addr.arpa. 10800 IN PTR localhost."},
    {"reverse of RFC 1918", "4.3.16.172.in-addr.arpa. PTR", "nxdomain; soa 16.172.in-addr.arpa."},
    {"not of its neighbour", "4.3.32.172.in-addr.arpa. PTR", "resolve"},
    {"an empty zone has NS", "168.192.in-addr.arpa. NS",
     "answer; 168.192.in-addr.arpa. 10800 IN NS 168.192.in-addr.arpa."},
    {"a stub zone of the same name stands", "1.0.0.10.in-addr.arpa. PTR", "resolve"},
    {"a forward zone above does not", "1.1.168.192.in-addr.arpa. PTR", "nxdomain; soa 168.192.in-addr.arpa."},
    {"documentation prefix", "0.8.b.d.0.1.0.0.2.ip6.arpa. PTR", "nxdomain; soa 8.b.d.0.1.0.0.2.ip6.arpa."},
};

TEST(LocalAnswer, FollowsTheRules) {
  Complaints complaints;
  const std::shared_ptr<const ZoneRules> rules = ZoneRules::Build(Rules(), complaints);
  for (const Complaint& complaint : complaints) ADD_FAILURE() << complaint.ToText();
  ASSERT_NE(rules, nullptr);
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(Describe(AnswerLocally(*rules, QuestionFromText(row.question))), row.expected);
  }
}

TEST(LocalAnswer, SpecialUseNamesCanBeSwitchedOff) {
  ZoneRuleOptions options;
  options.special_use_zones = false;
  Complaints complaints;
  const std::shared_ptr<const ZoneRules> rules = ZoneRules::Build(options, complaints);
  for (const char* question : {"localhost. A", "www.test. A", "1.0.0.10.in-addr.arpa. PTR"})
    EXPECT_EQ(Describe(AnswerLocally(*rules, QuestionFromText(question))), "resolve") << question;
}

TEST(LocalAnswer, HostsFileAnswersForItsNamesAlone) {
  Complaints complaints;
  const std::vector<HostEntry> entries = ReadHostsText(
      "# comment\n"
      "192.0.2.1\tnas.lan nas  # the old one\r\n"
      "2001:db8::1 nas.lan\n"
      "192.0.2.1 other.lan\n"
      "fe80::1%lo0 lo\n"
      "192.0.2.9\n"
      "192.0.2.3 bad..name good.lan",
      "hosts", complaints);
  std::vector<std::string> warnings;
  for (const Complaint& complaint : complaints) warnings.push_back(complaint.ToText());
  EXPECT_THAT(warnings,
              testing::ElementsAre(testing::StartsWith("hosts:5:1: warning: \"fe80::1%lo0\""),
                                   testing::StartsWith("hosts:6:1: warning: \"192.0.2.9\" is left out: an"),
                                   testing::StartsWith("hosts:7:11: warning: \"bad..name\"")));
  std::vector<std::string> words;
  for (const HostEntry& entry : entries) {
    std::string line = entry.name.ToText();
    for (const IpAddress& address : entry.addresses) line += " " + address.ToText();
    for (const Name& name : entry.pointers) line += " -> " + name.ToText();
    words.push_back(line);
  }
  EXPECT_THAT(words,
              testing::ElementsAre(
                  "nas.lan. 192.0.2.1 2001:db8::1", "1.2.0.192.in-addr.arpa. -> nas.lan.", "nas. 192.0.2.1",
                  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. -> nas.lan.",
                  "other.lan. 192.0.2.1", "good.lan. 192.0.2.3"));
}

TEST(LocalAnswer, HostsFileComesBeforeZones) {
  const std::string path = testing::TempDir() + "/hosts";
  std::FILE* file = std::fopen(path.c_str(), "w");
  std::fputs("192.0.2.1 nas.home.arpa nas.corp.example\n192.0.2.2 localhost\n", file);
  std::fclose(file);
  ZoneRuleOptions options;
  options.hosts_file = path;
  Complaints complaints;
  const std::shared_ptr<const ZoneRules> rules = ZoneRules::Build(options, complaints);
  ASSERT_NE(rules, nullptr);
  const Row rows[] = {
      {"address", "nas.home.arpa. A", "answer; nas.home.arpa. 3600 IN A 192.0.2.1"},
      {"address of another family", "nas.corp.example. AAAA", "nodata; soa nas.corp.example."},
      {"another type is resolved", "nas.corp.example. MX", "resolve"},
      {"or answered by the zone", "nas.home.arpa. MX", "nxdomain; soa home.arpa."},
      {"below is not meant", "x.nas.corp.example. A", "resolve"},
      {"above neither", "corp.example. A", "resolve"},
      {"reverse, although 192.0.2.0/24 is a special zone", "1.2.0.192.in-addr.arpa. PTR",
       "answer; 1.2.0.192.in-addr.arpa. 3600 IN PTR nas.home.arpa."},
      {"a special name", "localhost. A", "answer; localhost. 3600 IN A 192.0.2.2"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(Describe(AnswerLocally(*rules, QuestionFromText(row.question))), row.expected);
    EXPECT_TRUE(rules->Match(QuestionFromText(row.question).qname).may_answer() ==
                    (std::string(row.expected) != "resolve") ||
                std::string(row.name) == "another type is resolved");
  }
}

std::vector<std::string> Mistakes(const ZoneRuleOptions& options) {
  Complaints complaints;
  EXPECT_EQ(ZoneRules::Build(options, complaints), nullptr);
  std::vector<std::string> texts;
  for (const Complaint& complaint : complaints) texts.push_back(complaint.ToText());
  return texts;
}

TEST(ZoneRules, SaysWhatIsWrongAndWhere) {
  ZoneRuleOptions options;
  options.local_zones = {Zone("lan.", LocalZoneKind::kStatic, {"printer A 192.0.2.256"})};
  EXPECT_THAT(Mistakes(options),
              testing::ElementsAre(testing::StartsWith(
                  "c.yaml:7: error: A address \"192.0.2.256\": expected an IPv4 address")));
  options.local_zones = {Zone("lan.", LocalZoneKind::kStatic, {"sub NS ns.example."})};
  EXPECT_THAT(Mistakes(options),
              testing::ElementsAre(testing::HasSubstr("NS records at sub.lan. delegate it away")));
  options.local_zones = {Zone("lan.", LocalZoneKind::kStatic), Zone("LAN.", LocalZoneKind::kRefuse)};
  EXPECT_THAT(Mistakes(options), testing::ElementsAre(testing::HasSubstr("LAN. is a local zone already")));
  options.local_zones = {Zone("lan.", LocalZoneKind::kStatic)};
  options.stub_zones = {Upstream("lan.")};
  EXPECT_THAT(Mistakes(options), testing::ElementsAre(testing::HasSubstr("leaves nothing to ask")));
  options.local_zones.clear();
  options.forward_zones = {Upstream("lan.")};
  EXPECT_THAT(Mistakes(options),
              testing::ElementsAre(testing::HasSubstr("lan. is a forward or stub zone already")));
  options.stub_zones.clear();
  options.forward_zones[0].servers.clear();
  EXPECT_THAT(Mistakes(options), testing::ElementsAre(testing::HasSubstr("lan. has no servers")));
  options.forward_zones.clear();
  options.hosts_file = "/nowhere/hosts";
  EXPECT_THAT(Mistakes(options),
              testing::ElementsAre(testing::HasSubstr("hosts-file: cannot read it: No such file")));
}

TEST(ZoneRules, TheLongestMatchDecidesWhateverItsKind) {
  ZoneRuleOptions options;
  options.forward_zones = {Upstream("."), Upstream("b.a.example.")};
  options.stub_zones = {Upstream("a.example."), Upstream("c.b.a.example.")};
  options.local_zones = {Zone("b.a.example.", LocalZoneKind::kTransparent, {"own A 192.0.2.1"})};
  Complaints complaints;
  const std::shared_ptr<const ZoneRules> rules = ZoneRules::Build(options, complaints);
  ASSERT_NE(rules, nullptr);
  const auto upstream = [&](const char* name, RrType qtype = rr::kA) {
    const UpstreamZone* zone = rules->MatchFor(Name::Literal(name), qtype).upstream;
    return zone ? zone->apex.ToText() + (zone->recursive ? " forward" : " stub") : "none";
  };
  EXPECT_EQ(upstream("www.example."), ". forward");
  EXPECT_EQ(upstream("x.a.example."), "a.example. stub");
  EXPECT_EQ(upstream("b.a.example."), "b.a.example. forward");
  EXPECT_EQ(upstream("x.C.b.a.example."), "c.b.a.example. stub");
  EXPECT_EQ(upstream("a.example.", rr::kDs),
            ". forward");  // DS of a stub zone is its parent's (RFC 4035 3.1.4.1)
  EXPECT_EQ(upstream("b.a.example.", rr::kDs),
            "b.a.example. forward");  // a forwarder finds the parent itself
  EXPECT_EQ(upstream("x.localhost."), "none");
}

}  // namespace
}  // namespace cairn
