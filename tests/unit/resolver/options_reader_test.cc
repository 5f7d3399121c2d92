// Reading the resolver's configuration: what is understood, and what a person is told about a mistake and
// where.
#include "resolver/options_reader.h"
#include "tests/support/source_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace cairn {
namespace {

ProgramOptions MustRead(std::string_view text) {
  Complaints complaints;
  std::optional<ProgramOptions> options = ReadOptions(text, "c.yaml", complaints);
  for (const Complaint& complaint : complaints) ADD_FAILURE() << complaint.ToText();
  return options.value_or(ProgramOptions());
}

std::vector<std::string> Mistakes(std::string_view text) {
  Complaints complaints;
  EXPECT_FALSE(ReadOptions(text, "c.yaml", complaints).has_value()) << text;
  std::vector<std::string> texts;
  for (const Complaint& complaint : complaints) texts.push_back(complaint.ToText());
  return texts;
}

TEST(OptionsReader, AnEmptyFileGivesTheDefaults) {
  EXPECT_EQ(PrintOptions(MustRead("")), PrintOptions(ProgramOptions()));
}

TEST(OptionsReader, ReadsEveryOption) {
  const ProgramOptions options = MustRead(R"(
server:
  listen: [127.0.0.1@5353, "::1@5354"]
  threads: 3
  user: cairn
  state-dir: /var/lib/cairn-resolver
  control-socket: /run/cairn-resolver/control
  outgoing: [192.0.2.7]
log: { target: stderr, level: warning }
access:
- { net: 10.0.0.0/8, action: refuse }
- { net: 0.0.0.0/0, action: allow }
- { net: 192.0.2.0/24, action: drop }
- { net: 192.0.2.0/25, action: allow-snoop }
resolver:
  root-hints: lab.hints
  prime-root: false
  ipv6: false
  upstream-port: 5300
  query-loopback: true
  query-private: false
  case-randomisation: true
  upstream-sockets: 8
  waiting-clients: 100
  waiting-per-client: 10
  waiting-with-cookie: 20
  slow-client: 50ms
  answer-within: 3s
  hosts-file: ""
  rebinding-filter: true
  rebinding-allow: [corp.example]
  edns-buffer-size: 1400
  minimal-responses: false
  any: full
  limits: { upstream-queries: 100, cached-rrsets: 5, query-time: 5s, tcp-retry: 1s }
  failure-ttl: 2s
  failure-max-ttl: 60s
  delegations-size: 4MiB
  delegation-min-ttl: 10
  delegation-max-ttl: 600
  qname-minimisation: strict
  client-timeout: 3000
  cache-size: 8MiB
  cache-min-ttl: 1
  cache-max-ttl: 100
  cache-max-negative-ttl: 50
  special-use-zones: false
dnssec: { enabled: false, anchors: builtin, insecure: [] }
local-zones:
- { name: lan, type: transparent, records: ["www 300 TXT \"a b\""] }
forward-zones: [{ name: corp.example, servers: [192.0.2.53@53, "::1@5353"], tcp: true, fall-back: true }]
stub-zones: [{ name: lab.example, servers: [127.0.0.1@5300, dns.lab.example, "ns.lab.example@5301"] }]
)");
  EXPECT_EQ(options.server.listen,
            (std::vector<Endpoint>{*Endpoint::FromText("127.0.0.1@5353"), *Endpoint::FromText("::1@5354")}));
  EXPECT_EQ(options.server.threads, 3u);
  EXPECT_EQ(options.server.user, "cairn");
  EXPECT_EQ(options.server.state_dir, "/var/lib/cairn-resolver");
  EXPECT_EQ(options.server.control_socket, "/run/cairn-resolver/control");
  EXPECT_EQ(options.server.log_level, LogLevel::kWarning);
  const ResolverOptions& resolver = options.resolver;
  EXPECT_EQ(resolver.outgoing, std::vector<IpAddress>{IpAddress::Literal("192.0.2.7")});
  ASSERT_EQ(resolver.access.size(), 4u);
  EXPECT_EQ(resolver.access[0].net, *Subnet::FromText("10.0.0.0/8"));
  EXPECT_EQ(resolver.access[0].action, AccessRule::Action::kRefuse);
  EXPECT_EQ(resolver.access[1].action, AccessRule::Action::kAllow);
  EXPECT_EQ(resolver.access[2].action, AccessRule::Action::kDrop);
  EXPECT_EQ(resolver.access[3].action, AccessRule::Action::kAllowSnoop);
  EXPECT_EQ(resolver.root_hints, "lab.hints");
  EXPECT_FALSE(resolver.prime_root);
  EXPECT_TRUE(resolver.ipv4);
  EXPECT_FALSE(resolver.ipv6);
  EXPECT_EQ(resolver.upstream_port, 5300);
  EXPECT_TRUE(resolver.query_loopback);
  EXPECT_FALSE(resolver.query_private);
  EXPECT_TRUE(resolver.case_randomisation);
  EXPECT_EQ(resolver.qname_minimisation, QnameMinimisation::kStrict);
  EXPECT_EQ(resolver.client_timeout_ms, 3000u);
  EXPECT_EQ(resolver.upstream_sockets, 8u);
  EXPECT_EQ(resolver.clients.clients, 100u);
  EXPECT_EQ(resolver.clients.per_address, 10u);
  EXPECT_EQ(resolver.clients.per_verified_address, 20u);
  EXPECT_EQ(resolver.clients.slow, std::chrono::milliseconds(50));
  EXPECT_EQ(resolver.clients.answer_within, std::chrono::seconds(3));
  EXPECT_FALSE(resolver.zones.special_use_zones);
  EXPECT_TRUE(resolver.rebinding.on);
  EXPECT_EQ(resolver.rebinding.allow, std::vector<Name>{Name::Literal("corp.example.")});
  ASSERT_EQ(resolver.zones.local_zones.size(), 1u);
  EXPECT_EQ(resolver.zones.local_zones[0].name, Name::Literal("lan."));
  EXPECT_EQ(resolver.zones.local_zones[0].kind, LocalZoneKind::kTransparent);
  EXPECT_EQ(resolver.zones.local_zones[0].records.at(0).text, "www 300 TXT \"a b\"");
  ASSERT_EQ(resolver.zones.forward_zones.size(), 1u);
  EXPECT_EQ(resolver.zones.forward_zones[0].servers,
            (std::vector<Endpoint>{*Endpoint::FromText("192.0.2.53@53"), *Endpoint::FromText("::1@5353")}));
  EXPECT_TRUE(resolver.zones.forward_zones[0].over_tcp);
  EXPECT_TRUE(resolver.zones.forward_zones[0].fall_back);
  ASSERT_EQ(resolver.zones.stub_zones.size(), 1u);
  EXPECT_FALSE(resolver.zones.stub_zones[0].fall_back);
  EXPECT_EQ(resolver.zones.stub_zones[0].named_servers,
            (std::vector<NamedServer>{{.name = Name::Literal("dns.lab.example."), .port = 53},
                                      {.name = Name::Literal("ns.lab.example."), .port = 5301}}));
  EXPECT_FALSE(resolver.minimal_responses);
  EXPECT_EQ(resolver.any, AnyReply::kFull);
  EXPECT_EQ(resolver.limits[Limit::kUpstreamQueries], 100u);
  EXPECT_EQ(resolver.limits[Limit::kCachedRrsets], 5u);
  EXPECT_EQ(resolver.limits[Limit::kReferrals], 32u);
  EXPECT_EQ(resolver.query_time, std::chrono::seconds(5));
  EXPECT_EQ(resolver.tcp_retry, std::chrono::seconds(1));
  EXPECT_EQ(resolver.failure_ttl, std::chrono::seconds(2));
  EXPECT_EQ(resolver.failure_max_ttl, std::chrono::seconds(60));
  EXPECT_EQ(resolver.delegations_size_octets, size_t{4} << 20);
  EXPECT_EQ(resolver.delegation_min_ttl_s, 10u);
  EXPECT_EQ(resolver.delegation_max_ttl_s, 600u);
  ASSERT_NE(resolver.zone_rules, nullptr);
  EXPECT_TRUE(resolver.zone_rules->Match(Name::Literal("www.lan.")).may_answer());
  EXPECT_EQ(resolver.edns_buffer_size_octets, 1400);
  EXPECT_EQ(resolver.cache_size_octets, size_t{8} << 20);
  EXPECT_EQ(resolver.cache_min_ttl_s, 1u);
  EXPECT_EQ(resolver.cache_max_ttl_s, 100u);
  EXPECT_EQ(resolver.cache_max_negative_ttl_s, 50u);
}

TEST(OptionsReader, WhatItPrintsReadsBack) {
  const ProgramOptions options = MustRead(
      "server: {listen: [\"0.0.0.0@5353\"], threads: 2}\n"
      "access: [{net: \"2001:db8::/32\", action: allow}]\n"
      "resolver: {cache-size: 3MiB, root-hints: \"a b\", rebinding-allow: [a.example, b.example]}\n"
      "local-zones: [{name: lan, records: ['www TXT \"a \\\\ b\"', www A 192.0.2.1]}, {name: ads., type: "
      "drop}]\n"
      "forward-zones: [{name: ., servers: [192.0.2.53, dns.example], fall-back: true}]\n");
  const std::string printed = PrintOptions(options);
  EXPECT_EQ(PrintOptions(MustRead(printed)), printed);
  EXPECT_THAT(printed, ::testing::HasSubstr("cache-size: 3MiB\n"));
}

struct Mistake {
  const char* text;
  const char* complaint;  // how it begins
};

TEST(OptionsReader, SaysWhatIsWrongAndWhere) {
  const Mistake mistakes[] = {
      {"resolver:\n  cache-sise: 8MiB\n",
       "c.yaml:2:3: error: no option 'cache-sise' here; did you mean 'cache-size'?"},
      {"resolver: {ipv4: yes}\n", "c.yaml:1:18: error: ipv4 'yes': expected true or false"},
      {"server: {threads: 0}\n", "c.yaml:1:19: error: threads: expected auto, or a number from 1 to 256"},
      {"server: {threads: [1]}\n", "c.yaml:1:19: error: threads: expected auto, or a number from 1 to 256"},
      {"server: {listen: []}\n", "c.yaml:1:18: error: listen: at least one ADDRESS@PORT is needed"},
      {"resolver: {root-hints: \"\"}\n", "c.yaml:1:24: error: root-hints: write builtin, or the path"},
      {"server:\n  listen: [\"::@53\"]\n",
       "c.yaml:2:11: error: listen ::@53 takes queries on every address, but"},
      {"access: [{net: 10.0.0.0/33, action: allow}]\n", "c.yaml:1:16: error: net: "},
      {"access: [{net: 10.0.0.0/8}]\n", "c.yaml:1:10: error: 'action' is missing"},
      {"resolver: {ipv4: false, ipv6: false}\n", "c.yaml:1:31: error: ipv4 and ipv6 are both false"},
      {"resolver: {serve-stale: true, stale-client-timeout: 2s, answer-within: 2s}\n",
       "c.yaml:1:53: error: stale-client-timeout is not below answer-within: stale answers would be made and "
       "not sent"},
      {"resolver: {cache-min-ttl: 9, cache-max-ttl: 8}\n",
       "c.yaml:1:27: error: cache-min-ttl 9 is above cache-max-ttl 8"},
      {"resolver: {qname-minimisation: some}\n",
       "c.yaml:1:32: error: qname-minimisation 'some': expected one of off, relaxed"},
      {"resolver: {client-timeout: 99}\n", "c.yaml:1:28: error: client-timeout"},
      {"dnssec: {enabled: true}\n",
       "c.yaml:1:19: error: enabled: not available in this version of Cairn; write false"},
      {"dnssec: {anchors: [\". DS 1 8 2 00\"]}\n",
       "c.yaml:1:19: error: anchors: not available in this version"},
      {"resolver: {aggressive-nsec: true}\n",
       "c.yaml:1:29: error: aggressive-nsec: not available in this version"},
      {"resolver: {cache-file: cache}\n",
       "c.yaml:1:24: error: cache-file: give server.state-dir too, or a path from the root"},
      {"resolver: {stale-client-timeout: 11s}\n", "c.yaml:1:34: error: stale-client-timeout"},
      {"resolver: {cache-max-types: 201}\n", "c.yaml:1:29: error: cache-max-types"},
      {"resolver: {nxdomain-cut: true}\n", "c.yaml:1:26: error: nxdomain-cut"},
      {"forward-zones: [{name: corp.example}]\n", "c.yaml:1:17: error: 'servers' is missing"},
      {"forward-zones: [{name: corp.example, servers: []}]\n",
       "c.yaml:1:17: error: corp.example. has no servers: at least one ADDRESS@PORT"},
      {"forward-zones: [{name: corp.example, servers: [192.0.2.999]}]\n", "c.yaml:1:47: error: "},
      {"forward-zones: [{name: corp.example, servers: [dns.example@0]}]\n",
       "c.yaml:1:47: error: servers: 'dns.example@0': expected a port from 1 to 65535 behind the @"},
      {"server: {listen: [127.0.0.1@5353]}\nstub-zones: [{name: a.example, servers: [127.0.0.1@5353]}]\n",
       "c.yaml:2:14: error: a.example. is to be asked of 127.0.0.1@5353, where this server itself listens"},
      {"local-zones: [{name: lan, type: statik}]\n", "c.yaml:1:33: error: type 'statik'"},
      {"local-zones: [{name: lan, records: [www A 1.2.3]}]\n",
       "c.yaml:1:37: error: A address \"1.2.3\": expected an IPv4 address"},
      {"local-zones: [{name: lan, records: www A 192.0.2.1}]\n",
       "c.yaml:1:36: error: records: expected a list"},
      {"local-zones: [{name: lan}, {name: lan}]\n", "c.yaml:1:28: error: lan. is a local zone already"},
      {"resolver: {rebinding-allow: [a..b]}\n", "c.yaml:1:29: error: rebinding-allow: 'a..b': "},
      {"resolver: {hosts-file: /nowhere/hosts}\n", "/nowhere/hosts: error: hosts-file: cannot read it"},
      {"log: {target: syslog}\n",
       "c.yaml:1:15: error: target: not available in this version of Cairn; write stderr"},
  };
  for (const Mistake& m : mistakes) {
    SCOPED_TRACE(m.text);
    EXPECT_THAT(Mistakes(m.text), ::testing::ElementsAre(::testing::StartsWith(m.complaint)));
  }
}

TEST(OptionsReader, TheManualNamesEveryOption) {
  std::ifstream file(testing::SourcePath("packaging/man/cairn-resolver.yaml.5"));
  std::ostringstream manual;
  manual << file.rdbuf();
  std::istringstream printed(PrintOptions(ProgramOptions()));
  for (std::string line; std::getline(printed, line);) {
    const std::string option = line.substr(0, line.find(':'));
    const size_t word = option.find_first_not_of(" -");
    if (line.find('#') != std::string::npos || option.size() == line.size() || option[0] != ' ') continue;
    EXPECT_THAT(manual.str(), ::testing::HasSubstr(option.substr(word)));
  }
}

TEST(OptionsReader, AnAccessListMakesAWildcardAChoice) {
  EXPECT_EQ(OpenByAccident(MustRead("server: {listen: 0.0.0.0@53}\naccess: []\n")), std::nullopt);
  EXPECT_EQ(OpenByAccident(MustRead("server: {listen: 192.0.2.1@53}\n")), std::nullopt);
}

TEST(OptionsReader, NeighboursMayAskWhereNobodySaysWhoMay) {
  const std::vector<Subnet> networks = {*Subnet::FromText("192.0.2.0/24")};
  const IpAddress neighbour = IpAddress::Literal("192.0.2.9");
  ProgramOptions options = MustRead("");
  AdmitNetworks(options, networks);
  EXPECT_TRUE(options.resolver.access.back().net.Contains(neighbour));
  EXPECT_EQ(options.resolver.access.back().action, AccessRule::Action::kAllow);
  options = MustRead("access: []\n");
  AdmitNetworks(options, networks);
  EXPECT_TRUE(options.resolver.access.empty());
}

}  // namespace
}  // namespace cairn
