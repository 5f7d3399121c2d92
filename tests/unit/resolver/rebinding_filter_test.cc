// What the filter against rebinding leaves out, and whose names it leaves alone.
#include "resolver/rebinding_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/dns/rdata_text.h"
#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

// Records in words, as ReplyFromText has them.
CollectedAnswer AnswerOf(std::string_view question, std::string_view records) {
  Message query;
  query.questions.push_back(QuestionFromText(question));
  const Message reply = ReplyFromText(query, records).value();
  CollectedAnswer answer;
  answer.asked = query.questions[0];
  answer.answer = GroupIntoRrsets(reply.answer);
  answer.rrsigs.resize(answer.answer.size());
  return answer;
}

std::string Filtered(const RebindingFilter& filter, std::string_view question, std::string_view records) {
  CollectedAnswer answer = AnswerOf(question, records);
  const std::optional<std::string> said = filter.Apply(answer);
  std::string words;
  for (const Rrset& rrset : answer.answer) words += (words.empty() ? "" : "; ") + rrset.ToText();
  return words + (said ? " | " + *said : "");
}

struct Row {
  const char* name;
  const char* question;
  const char* records;
  const char* expected;
};

const Row kRows[] = {
    {"public", "w.example. A", "answer w.example. 60 A 192.0.2.1", "w.example. 60 IN A 192.0.2.1"},
    {"loopback", "w.example. A", "answer w.example. 60 A 127.0.0.1",
     " | rebinding-filter: w.example. A 127.0.0.1 is a loopback address"},
    {"private", "w.example. A", "answer w.example. 60 A 172.31.0.1",
     " | rebinding-filter: w.example. A 172.31.0.1 is a private address"},
    {"beside private", "w.example. A", "answer w.example. 60 A 172.32.0.1", "w.example. 60 IN A 172.32.0.1"},
    {"link-local", "w.example. A", "answer w.example. 60 A 169.254.1.1",
     " | rebinding-filter: w.example. A 169.254.1.1 is a private address"},
    {"this host", "w.example. A", "answer w.example. 60 A 0.0.0.0",
     " | rebinding-filter: w.example. A 0.0.0.0 is an address of nobody"},
    {"IPv6 loopback", "w.example. AAAA", "answer w.example. 60 AAAA ::1",
     " | rebinding-filter: w.example. AAAA ::1 is a loopback address"},
    {"unique local", "w.example. AAAA", "answer w.example. 60 AAAA fd00::1",
     " | rebinding-filter: w.example. AAAA fd00::1 is a private address"},
    {"IPv4 in IPv6", "w.example. AAAA", "answer w.example. 60 AAAA ::ffff:10.0.0.1",
     " | rebinding-filter: w.example. AAAA ::ffff:10.0.0.1 is an address of nobody"},
    {"the public one of two stays", "w.example. A",
     "answer w.example. 60 A 192.0.2.1; answer w.example. 60 A 10.0.0.1",
     "w.example. 60 IN A 192.0.2.1 | rebinding-filter: w.example. A 10.0.0.1 is a private address"},
    {"an alias stays, its target's address does not", "w.example. A",
     "answer w.example. 60 CNAME nas.corp.test.; answer nas.corp.test. 60 A 10.0.0.1",
     "w.example. 60 IN CNAME nas.corp.test. | rebinding-filter: nas.corp.test. A 10.0.0.1 is a private "
     "address"},
    {"hints (RFC 9460)", "w.example. HTTPS",
     "answer w.example. 60 HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1,10.0.0.1",
     " | rebinding-filter: w.example. HTTPS 10.0.0.1 is a private address"},
    {"IPv6 hints", "w.example. SVCB", "answer w.example. 60 SVCB 1 . ipv6hint=fe80::1",
     " | rebinding-filter: w.example. SVCB fe80::1 is a private address"},
    {"public hints", "w.example. HTTPS", "answer w.example. 60 HTTPS 1 . ipv4hint=192.0.2.1",
     "w.example. 60 IN HTTPS 1 . ipv4hint=192.0.2.1"},
    {"other types hold no addresses", "w.example. TXT", "answer w.example. 60 TXT 10.0.0.1",
     "w.example. 60 IN TXT \"10.0.0.1\""},
    {"allowed name", "w.corp.test. A", "answer w.corp.test. 60 A 10.0.0.1", "w.corp.test. 60 IN A 10.0.0.1"},
    {"local zone", "w.lan. A", "answer w.lan. 60 A 10.0.0.1", "w.lan. 60 IN A 10.0.0.1"},
    {"stub zone", "w.stub.example. A", "answer w.stub.example. 60 A 10.0.0.1",
     "w.stub.example. 60 IN A 10.0.0.1"},
    {"localhost", "localhost. A", "answer localhost. 60 A 127.0.0.1", "localhost. 60 IN A 127.0.0.1"},
};

TEST(RebindingFilter, LeavesOutWhatLeadsInside) {
  ZoneRuleOptions zones;
  zones.local_zones = {{.name = Name::Literal("lan."), .records = {}, .file = {}, .where = {}}};
  const std::vector<Endpoint> servers = {*Endpoint::FromText("192.0.2.53@53")};
  zones.stub_zones = {{.name = Name::Literal("stub.example."), .servers = servers, .where = {}}};
  zones.forward_zones = {
      {.name = Name(), .servers = servers, .where = {}}};  // the root's is nobody's own name
  Complaints complaints;
  const std::shared_ptr<const ZoneRules> rules = ZoneRules::Build(zones, complaints);
  const RebindingOptions options{.on = true, .allow = {Name::Literal("corp.test.")}};
  const RebindingFilter filter(options, rules.get());
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(Filtered(filter, row.question, row.records), row.expected);
  }
}

TEST(RebindingFilter, IsOffByDefault) {
  const RebindingOptions options;
  const RebindingFilter filter(options, nullptr);
  EXPECT_EQ(Filtered(filter, "w.example. A", "answer w.example. 60 A 127.0.0.1"),
            "w.example. 60 IN A 127.0.0.1");
}

TEST(RebindingFilter, SignaturesOfASetThatLostRecordsGoToo) {
  CollectedAnswer answer =
      AnswerOf("w.example. A", "answer w.example. 60 A 192.0.2.1; answer w.example. 60 A 10.0.0.1");
  answer.rrsigs[0].Add(std::vector<uint8_t>{1, 2, 3});
  const RebindingOptions options{.on = true, .allow = {}};
  RebindingFilter(options, nullptr).Apply(answer);
  EXPECT_TRUE(answer.rrsigs[0].empty());
}

}  // namespace
}  // namespace cairn
