// What one answer may hold and cost, whatever the zone says: THREATS section 3.
#include <algorithm>
#include <set>
#include <string>

#include "common/base/limits.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/unit/authoritative/ask.h"

namespace cairn {
namespace {

constexpr const char* kHead = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n";

Message Answer(const std::string& zone, const char* qname, const char* qtype) {
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::ZoneOf("z.", kHead + zone)}));
  const testing::Asked asked{.qname = qname, .qtype = qtype, .edns_octets = 1232, .tcp = true};
  return *Message::Parse(testing::ReplyTo(responder, testing::PacketFor(asked), true));
}

size_t Count(const std::vector<Record>& records, RrType type) {
  return static_cast<size_t>(std::count_if(records.begin(), records.end(),
                                           [&](const Record& record) { return record.type == type; }));
}

// CVE-2024-11187: the set is answered whole, but addresses are looked for thirteen times only.
TEST(AnswerBounds, AThousandMxBringTheAddressesOfThirteen) {
  std::string zone;
  for (int i = 0; i < 1000; ++i)
    zone += fmt::format("@ 60 MX {} m{}\nm{} 60 A 192.0.2.1\nm{} 60 AAAA ::1\n", i, i, i, i);
  const Message reply = Answer(zone, "z.", "MX");
  EXPECT_EQ(reply.answer.size(), 1000u);
  std::set<std::string> owners;
  for (const Record& record : reply.additional) owners.insert(record.owner.ToText());
  EXPECT_EQ(owners.size(), limits::kMaxAdditionalNames);
  EXPECT_FALSE(reply.header.truncated);
}

// A thousand MX that name one host bring its addresses once.
TEST(AnswerBounds, OneTargetIsToldOnce) {
  std::string zone = "m 60 A 192.0.2.1\n";
  for (int i = 0; i < 1000; ++i) zone += fmt::format("@ 60 MX {} m\n", i);
  EXPECT_EQ(Answer(zone, "z.", "MX").additional.size(), 1u);
}

TEST(AnswerBounds, AChainOfSixtyAliasesEndsAfterSixteenLinks) {
  std::string zone = "c60 60 A 192.0.2.1\n";
  for (int i = 0; i < 60; ++i) zone += fmt::format("c{} 60 CNAME c{}\n", i, i + 1);
  const Message reply = Answer(zone, "c0.z.", "A");
  EXPECT_EQ(reply.rcode(), Rcode::kNoError);
  EXPECT_EQ(reply.answer.size(), limits::kMaxAliasLinks + 1);
  EXPECT_EQ(Count(reply.answer, rr::kA), 0u);
  EXPECT_EQ(Answer(zone, "c44.z.", "A").answer.size(),
            limits::kMaxAliasLinks + 1);  // the last that reaches its end
  EXPECT_EQ(Count(Answer(zone, "c44.z.", "A").answer, rr::kA), 1u);
  EXPECT_TRUE(reply.authority.empty());
}

// Each link of these is two records; none is told that is not applied.
TEST(AnswerBounds, AChainOfSixtyDnamesEndsAfterSixteenLinks) {
  std::string zone = "q.d60 60 A 192.0.2.1\n";
  for (int i = 0; i < 60; ++i) zone += fmt::format("d{} 60 DNAME d{}\n", i, i + 1);
  const Message reply = Answer(zone, "q.d0.z.", "A");
  EXPECT_EQ(reply.rcode(), Rcode::kNoError);
  EXPECT_EQ(Count(reply.answer, rr::kDname), limits::kMaxAliasLinks);
  EXPECT_EQ(Count(reply.answer, rr::kCname), limits::kMaxAliasLinks);
  EXPECT_EQ(Count(Answer(zone, "q.d44.z.", "A").answer, rr::kA), 1u);
}

// RFC 6672 section 2.2: where the name that would be made is too long, YXDOMAIN with what was gathered.
TEST(AnswerBounds, ASpiralThatGrowsTooLongIsYxdomain) {
  const std::string label(60, 'x');
  const Message reply = Answer("s 60 DNAME " + label + ".s\n", "q.s.z.", "A");
  EXPECT_EQ(reply.rcode(), Rcode::kYxDomain);
  EXPECT_EQ(Count(reply.answer, rr::kDname), 1u);
  EXPECT_EQ(Count(reply.answer, rr::kCname), 4u);
  EXPECT_TRUE(reply.header.authoritative);
}

// RFC 8482: `any: full` gives all sets over UDP too, in so far as they fit.
TEST(AnswerBounds, AnyInFullIsWholeOrTruncated) {
  ResponderOptions options;
  options.any = AnyAnswer::kFull;
  Responder responder(options);
  std::string zone = std::string(kHead) + "a 60 A 192.0.2.1\na 60 TXT text\n";
  for (int i = 0; i < 100; ++i) zone += fmt::format("b 60 A 192.0.2.{}\n", i);
  responder.SetZones(ZoneSet::Of({testing::ZoneOf("z.", zone)}));
  EXPECT_EQ(testing::Ask(responder, {.qname = "a.z.", .qtype = "ANY", .edns_octets = {}}),
            "aa noerror; answer a.z. A, a.z. TXT");
  EXPECT_EQ(testing::Ask(responder, {.qname = "b.z.", .qtype = "ANY", .edns_octets = 1232}), "aa tc noerror");
}

}  // namespace
}  // namespace cairn
