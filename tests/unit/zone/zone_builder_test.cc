#include "common/zone/zone_builder.h"

#include <algorithm>
#include <functional>
#include <string>
#include <thread>

#include "common/base/limits.h"
#include "common/base/random.h"
#include "common/zonefile/zone_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/zone/zone_from_text.h"

namespace cairn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kApex = "@ 3600 SOA ns host 1 2 3 4 5\n@ 3600 NS ns.elsewhere.\n";

struct CheckCase {
  const char* name;
  const char* records;   // after an SOA (line 1) and an NS (line 2)
  const char* expected;  // where and what; "" when there is nothing to say
};

constexpr CheckCase kCases[] = {
    {"nothing wrong", "www 3600 A 192.0.2.1\n", ""},
    {"a second SOA", "@ 3600 SOA ns host 2 2 3 4 5\n",
     "zone:3:8: error: a second, different SOA record for example."},
    {"the same SOA again", "@ 3600 SOA ns host 1 2 3 4 5\n", ""},
    {"the same SOA in other case", "@ 3600 SOA NS Host 1 2 3 4 5\n", ""},
    {"SOA elsewhere", "www 3600 SOA ns host 1 2 3 4 5\n",
     "zone:3:10: error: SOA at www.example., which is not the apex"},
    {"outside the zone", "www.example.org. 3600 A 192.0.2.1\n",
     "zone:3:23: error: www.example.org. is outside the zone example."},
    {"CNAME with other data", "www 3600 A 192.0.2.1\nwww 3600 CNAME ns\n",
     "zone:4:10: error: CNAME at www.example., which also has A (line 3)"},
    {"CNAME at the apex", "@ 3600 CNAME www\n",
     "zone:3:8: error: CNAME at example., which also has NS (line 2)"},
    {"CNAME with NSEC and RRSIG",
     "a 3600 CNAME b\na 3600 NSEC example. CNAME\na 3600 RRSIG CNAME 13 2 3600 20300101000000 20260101000000 "
     "1 example. AAAA\n",
     ""},
    {"two CNAMEs", "a 3600 CNAME b\na 3600 CNAME c\n",
     "zone:4:8: error: a second CNAME record at a.example."},
    {"the same CNAME twice", "a 3600 CNAME b\na 3600 CNAME B\n", ""},
    {"two DNAMEs", "a 3600 DNAME b\na 3600 DNAME c\n",
     "zone:4:8: error: a second DNAME record at a.example."},
    {"DNAME and CNAME", "a 3600 DNAME b\na 3600 CNAME c\n",
     "zone:4:8: error: CNAME at a.example., which also has DNAME"},
    {"a name below a DNAME", "a 3600 DNAME b\nx.a 3600 A 192.0.2.1\n",
     "zone:4:10: warning: x.a.example. A lies below a DNAME"},
    {"glue", "a 3600 NS ns.a\nns.a 3600 A 192.0.2.1\n", ""},
    {"data below a cut", "a 3600 NS ns.elsewhere.\nx.a 3600 TXT hidden\n",
     "zone:4:10: warning: x.a.example. TXT lies below a zone cut"},
    {"missing glue", "a 3600 NS ns.a\n",
     "zone:3:8: warning: a.example. is delegated to ns.a.example., which lies below the cut"},
    {"NS below a wildcard", "*.a 3600 NS ns.elsewhere.\n",
     "zone:3:10: warning: NS at the wildcard *.a.example."},
    {"DNAME at a wildcard", "*.a 3600 DNAME b\n", "zone:3:10: warning: DNAME at the wildcard *.a.example."},
    {"TTLs of one set", "a 600 A 192.0.2.1\na 300 A 192.0.2.2\n",
     "zone:4:7: warning: TTL 300 of a.example. A differs from its set's first, 600: 300 is used for all"},
    {"an alias with parameters", "a 60 SVCB 0 b port=1\n",
     "zone:3:6: warning: SVCB at a.example. has priority 0 and parameters"},
    {"an alias without parameters", "a 60 HTTPS 0 b\n", ""},
    {"a service with parameters", "a 60 HTTPS 1 b port=1\n", ""},
    {"a digest cut short", "a 60 TLSA 3 1 1 abcd\n",
     "zone:3:6: warning: TLSA at a.example. has matching type 1 and 2 octets instead of 32"},
    {"a certificate of any length", "a 60 SMIMEA 3 1 0 abcd\n", ""},
    {"TTL of a signature",
     "a 600 A 192.0.2.1\na 300 RRSIG A 13 2 600 20300101000000 20260101000000 1 example. AAAA\n",
     "zone:4:7: warning: TTL 300 of the RRSIG at a.example. is not that of the A set it covers: 600 is used"},
};

TEST(ZoneBuilder, ChecksEachRule) {
  for (const CheckCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const ZoneBuilder::Outcome outcome = testing::ZoneFromText("example.", std::string(kApex) + c.records);
    const std::string complaints = testing::ToText(outcome.complaints);
    if (*c.expected == 0) {
      EXPECT_EQ(complaints, "");
    } else {
      EXPECT_THAT(complaints, HasSubstr(c.expected));
    }
    EXPECT_EQ(outcome.zone == nullptr, HasErrors(outcome.complaints));
  }
}

// The reader's and ours, as somebody who mends the file from its top would have them.
TEST(ZoneBuilder, ComplaintsComeInTheOrderOfTheirPlaces) {
  const ZoneBuilder::Outcome outcome = testing::ZoneFromText(
      "example.",
      "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\na.org. 60 A 192.0.2.1\nb 60 A 1.2.3\nc 60 CNAME d\n"
      "c 60 CNAME e\nf 60 MX x\n");
  EXPECT_EQ(outcome.zone, nullptr);
  std::vector<std::string> places;
  for (const Complaint& complaint : outcome.complaints) places.push_back(complaint.where.ToText());
  EXPECT_THAT(places, ::testing::ElementsAre("zone:3:11", "zone:4:8", "zone:6:6", "zone:7:9"));
}

TEST(ZoneBuilder, TheFileOfAnotherZoneIsOneMistake) {
  std::string text = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\n";
  for (int i = 0; i < 200; ++i) text += "n" + std::to_string(i) + " 60 A 192.0.2.1\n";
  EXPECT_EQ(
      testing::ToText(testing::ZoneFromText("example.", "$ORIGIN example.org.\n" + text).complaints),
      "zone:2:6: error: this is the SOA of example.org., not of example.: the file is another zone's, or "
      "the zone was given a wrong name; 202 of its records lie outside\n");
}

// Where an $ORIGIN is wrong, a few records show it.
TEST(ZoneBuilder, OfManyRecordsOutsideAFewAreTold) {
  for (const int outside : {10, 11}) {
    std::string text(kApex);
    for (int i = 0; i < outside; ++i) text += "n" + std::to_string(i) + ".example.org. 60 A 192.0.2.1\n";
    const Complaints complaints =
        testing::ZoneFromText("example.", text + "a 60 CNAME b\na 60 CNAME c\n").complaints;
    ASSERT_EQ(complaints.size(), static_cast<size_t>(outside) + 1);
    EXPECT_THAT(complaints.front().ToText(),
                HasSubstr("zone:3:20: error: n0.example.org. is outside the zone"));
    EXPECT_THAT(complaints.back().ToText(), HasSubstr("a second CNAME record"));
    if (outside > 10) {
      EXPECT_EQ(complaints[10].ToText(), "zone:13:21: error: more records outside this zone are left out: 1");
    }
  }
}

TEST(ZoneBuilder, AForeignSoaBesideTheZonesOwnIsARecordOutside) {
  EXPECT_EQ(testing::ToText(
                testing::ZoneFromText("example.", std::string(kApex) + "org. 60 SOA ns host 1 2 3 4 5\n")
                    .complaints),
            "zone:3:9: error: org. is outside the zone example.: take it out, or mind the $ORIGIN\n");
}

TEST(ZoneBuilder, AnEntryOverSeveralLinesIsWhereItsTypeStands) {
  EXPECT_THAT(testing::ToText(testing::ZoneFromText(
                                  "example.", std::string(kApex) + "a ( 60\n  CNAME b )\na 60 A 192.0.2.1\n")
                                  .complaints),
              HasSubstr("zone:4:3: error: CNAME at a.example."));
}

TEST(ZoneBuilder, AZoneNeedsItsApex) {
  struct Case {
    const char* text;
    const char* soa;  // where it is missed; null: it is there
    const char* ns;
  };
  for (const Case& c :
       {Case{"", "zone:1:1: error: ", "zone:1:1: error: "},
        Case{"; nothing yet\n\n", "zone:1:1: error: ", "zone:1:1: error: "},
        Case{"\n\nb 1 A 192.0.2.1\na 1 A 192.0.2.1\n", "zone:3:5: error: ", "zone:3:5: error: "},
        Case{"a 1 TXT x\n\n@ 1 NS ns\n", "zone:1:5: error: ", nullptr},
        Case{"a 1 TXT x\n@ 1 SOA ns host 1 2 3 4 5\n", nullptr, "zone:2:5: error: "}}) {
    SCOPED_TRACE(c.text);
    std::string expected;
    if (c.ns != nullptr)
      expected +=
          std::string(c.ns) + "the zone example. has no NS record at its apex (RFC 1034 section 4.2.1)\n";
    if (c.soa != nullptr)
      expected +=
          std::string(c.soa) + "the zone example. has no SOA record at its apex (RFC 1035 section 5.2)\n";
    EXPECT_EQ(testing::ToText(testing::ZoneFromText("example.", c.text).complaints), expected);
  }
}

// For what is said about the zone as a whole.
TEST(ZoneBuilder, TellsWhereSoaAndZonemdStand) {
  const ZoneBuilder::Outcome both =
      testing::ZoneFromText("example.", std::string(kApex) + "a 60 ZONEMD 1 1 1 " + std::string(96, '0') +
                                            "\n@ 60 ZONEMD 1 1 1 " + std::string(96, '0') + "\n");
  EXPECT_EQ(both.soa.ToText(), "zone:1:8");
  EXPECT_EQ(both.zonemd.ToText(), "zone:4:6");
  EXPECT_EQ(testing::ZoneFromText("example.", kApex).zonemd.ToText(), "zone:1:8");
  EXPECT_EQ(testing::ZoneFromText("example.", "").soa.ToText(), "zone:1:1");
}

TEST(ZoneBuilder, RefusesClassesAndTypesThatNoZoneHolds) {
  const uint8_t address[] = {192, 0, 2, 1};
  const Name www = Name::Literal("www.example.");
  ZoneRecord record{.owner = www,
                    .type = rr::kA,
                    .rr_class = kClassCh,
                    .ttl = Ttl(),
                    .rdata = address,
                    .line = 7,
                    .column = 3};
  ZoneBuilder builder(Name::Literal("example."));
  builder.SetFileName(0, "transfer");
  builder.Add(record);
  for (const RrType meta : {RrType{0}, rr::kOpt, rr::kTsig, rr::kAny}) {
    record.rr_class = kClassIn;
    record.type = meta;
    record.line++;
    builder.Add(record);
  }
  const std::string complaints = testing::ToText(std::move(builder).Build().complaints);
  EXPECT_THAT(complaints, HasSubstr("transfer:7:3: error: class CH in a zone of class IN"));
  EXPECT_THAT(complaints, HasSubstr("transfer:8:3: error: TYPE0 is no type of data"));
  EXPECT_THAT(complaints, HasSubstr("transfer:9:3: error: OPT is no type of data"));
  EXPECT_THAT(complaints, HasSubstr("transfer:10:3: error: TSIG is no type of data"));
  EXPECT_THAT(complaints, HasSubstr("transfer:11:3: error: ANY is no type of data"));
}

TEST(ZoneBuilder, ComplaintsBeyondTheLimitAreCounted) {
  std::string text(kApex);
  for (int i = 0; i < 103; ++i) text += "n" + std::to_string(i) + " 3600 SOA ns host 1 2 3 4 5\n";
  const ZoneBuilder::Outcome outcome = testing::ZoneFromText("example.", text);
  EXPECT_EQ(outcome.complaints.size(), 101u);
  EXPECT_EQ(outcome.complaints.back().ToText(),
            "zone:100:10: error: more complaints about this zone are left out: 3");
}

TEST(ZoneBuilder, HugeSetsAreServedAndTold) {
  for (const size_t count : {limits::kZoneRrsetRecords, limits::kZoneRrsetRecords + 1}) {
    std::string text(kApex);
    for (size_t i = 0; i < count; ++i)
      text += "big 60 A 192.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "\n";
    const ZoneBuilder::Outcome outcome = testing::ZoneFromText("example.", text);
    EXPECT_NE(outcome.zone, nullptr);
    EXPECT_EQ(testing::ToText(outcome.complaints), count == limits::kZoneRrsetRecords
                                                       ? ""
                                                       : "zone:259:8: warning: the A set of big.example. has "
                                                         "257 records: resolvers may refuse sets of more "
                                                         "than 256\n");
  }
}

TEST(ZoneBuilder, NamesOfManyTypesAreServedAndTold) {
  for (const size_t count : {limits::kZoneTypesPerName, limits::kZoneTypesPerName + 1}) {
    std::string text(kApex);
    for (size_t i = 0; i < count; ++i) text += "many 60 TYPE" + std::to_string(1000 + i) + " \\# 0\n";
    const ZoneBuilder::Outcome outcome = testing::ZoneFromText("example.", text);
    EXPECT_NE(outcome.zone, nullptr);
    EXPECT_EQ(testing::ToText(outcome.complaints), count == limits::kZoneTypesPerName
                                                       ? ""
                                                       : "zone:103:9: warning: many.example. has 101 types: "
                                                         "resolvers may refuse names with more than 100\n");
  }
}

TEST(ZoneBuilder, ASetThatNoMessageHoldsIsAnError) {
  std::string text(kApex);
  for (int i = 0; i < 300; ++i) text += "big 3600 TXT " + std::string(220, 'x') + std::to_string(i) + "\n";
  EXPECT_THAT(testing::ToText(testing::ZoneFromText("example.", text).complaints),
              HasSubstr("error: the TXT set of big.example. takes"));
}

// Compression may bring a set of names below the limit, so this one is served, and told.
TEST(ZoneBuilder, ASetThatHardlyFitsIntoAMessageIsAWarning) {
  std::string text(kApex);
  for (int i = 0; i < 4100; ++i)
    text += "big 3600 A 192.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "\n";
  const ZoneBuilder::Outcome outcome = testing::ZoneFromText("example.", text);
  EXPECT_NE(outcome.zone, nullptr);
  EXPECT_THAT(testing::ToText(outcome.complaints),
              HasSubstr("warning: the A set of big.example. takes 65600 octets"));
}

std::vector<std::string> Lines(const Zone& zone) {
  std::vector<std::string> lines;
  for (const Node node : zone) {
    for (const RrsetView rrset : node) {
      for (const ByteView rdata : rrset) {
        std::string line;
        AppendZoneLine(node.owner(), node.TtlOf(rrset, rdata), kClassIn, rrset.type(), rdata, line);
        lines.push_back(line);
      }
    }
  }
  return lines;
}

// The order of the input leaves no trace; duplicates fold; iteration is canonical.
TEST(ZoneBuilder, AnyOrderGivesTheSameZone) {
  std::vector<std::string> records = {"@ 3600 SOA ns host 1 2 3 4 5\n", "@ 3600 NS ns.elsewhere.\n"};
  for (int i = 0; i < 200; ++i) {
    const std::string n = std::to_string(i);
    records.push_back("d" + n + " 3600 NS ns.d" + n + "\n");
    records.push_back("ns.D" + n + " 3600 A 192.0.2." + n + "\n");
    records.push_back("many 3600 A 198.51.100." + n + "\n");
    records.push_back("a.b.c" + n + " 3600 TXT deep\n");
  }
  records.push_back("many 3600 A 198.51.100.7\n");
  const auto build = [&]() {
    std::string text;
    for (const std::string& record : records) text += record;
    ZoneBuilder::Outcome outcome = testing::ZoneFromText("example.", text);
    EXPECT_NE(outcome.zone, nullptr) << testing::ToText(outcome.complaints);
    return std::move(outcome.zone);
  };
  const std::shared_ptr<const Zone> zone = build();
  EXPECT_EQ(zone->record_count(), 802u);
  EXPECT_EQ(zone->node_count(), 1u + 200 + 200 + 1 + 3 * 200);
  std::vector<std::string> expected = Lines(*zone);
  std::sort(expected.begin(), expected.end());
  const std::unique_ptr<Random> random = NewSeededRandom(3);
  for (int round = 0; round < 5; ++round) {
    for (size_t i = records.size() - 1; i > 0; --i) std::swap(records[i], records[random->Below(i + 1)]);
    const std::shared_ptr<const Zone> shuffled = build();
    Name before;
    for (const Node node : *shuffled) {
      const Name owner = node.owner();
      if (!node.IsApex()) {
        ASSERT_TRUE(before.view().CanonicalCompare(owner) < 0) << owner.ToText();
      }
      before = owner;
    }
    std::vector<std::string> lines = Lines(*shuffled);
    std::sort(lines.begin(), lines.end());
    for (std::vector<std::string>* both : {&lines, &expected}) {
      for (std::string& line : *both) std::transform(line.begin(), line.end(), line.begin(), ::tolower);
    }
    EXPECT_EQ(lines, expected);
  }
}

// Names below one child of the apex come in many stretches, and are many enough to be sorted by keys.
TEST(ZoneBuilder, OneChildInManyStretches) {
  std::string text(kApex);
  const auto add = [&text](const std::string& owner) { text += owner + " 60 TXT \"" + owner + "\"\n"; };
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i * 7919 % 300);
    add("host" + n + (i % 2 == 0 ? ".one" : ".ONE"));
    if (i % 3 == 0) add("elsewhere" + n);
    if (i % 5 == 0) add("deep.under.host" + n + ".one");
    if (i % 7 == 0) add("one");
  }
  const ZoneBuilder::Outcome outcome = testing::ZoneFromText("example.", text);
  ASSERT_NE(outcome.zone, nullptr) << testing::ToText(outcome.complaints);
  Name before;
  size_t owners = 0;
  for (const Node node : *outcome.zone) {
    const Name owner = node.owner();
    if (!node.IsApex()) {
      EXPECT_TRUE(before.view().CanonicalCompare(owner) < 0) << owner.ToText();
    }
    before = owner;
    owners += node.empty() ? 0u : 1u;
  }
  EXPECT_EQ(owners, 1u + 300 + 100 + 60 + 1);
  EXPECT_EQ(outcome.zone->record_count(), 2u + 300 + 100 + 60 + 1);
}

// Where each name server's addresses are found, and whether a referral needs them.
TEST(ZoneBuilder, TargetsAreFoundWhereverTheyAre) {
  std::string text(kApex);
  for (const char* glue : {"ns", "ns.far", "b", "c", "d", "e", "f", "g", "h", "ninth"})
    text += std::string(glue) + ".cut 60 A 192.0.2.1\n";
  text +=
      "cut 60 NS ns.cut\ncut 60 NS ns.far.cut\ncut 60 NS ninth.cut\ncut 60 NS host\n"
      "cut 60 NS ns.other\ncut 60 NS deep.ns.other\ncut 60 NS other\ncut 60 NS ns.alias\n"
      "other 60 NS NS.other\nother 60 A 192.0.2.1\nns.Other 60 AAAA ::1\ndeep.ns.other 60 A 192.0.2.1\n"
      "host 60 A 192.0.2.1\nalias 60 DNAME elsewhere\nns.alias 60 A 192.0.2.1\n"
      "mail 60 MX 1 host\nmail 60 MX 1 ns.cut\n";
  const ZoneBuilder::Outcome outcome = testing::ZoneFromText("example.", text);
  ASSERT_NE(outcome.zone, nullptr) << testing::ToText(outcome.complaints);
  const auto targets = [&](std::string_view owner, RrType type) {
    const RrsetView rrset = outcome.zone->Descend(LabelPath(Name::Literal(owner))).node.Find(type);
    std::vector<std::string> found;
    for (size_t i = 0; i < rrset.size(); ++i) {
      const NodeId target = rrset.TargetNode(i);
      found.push_back(target == kNoNode ? "-"
                                        : Node(*outcome.zone, target).owner().ToText() +
                                              (rrset.TargetInDomain(i) ? " in-domain" : ""));
    }
    return found;
  };
  EXPECT_THAT(targets("cut.example.", rr::kNs),
              ElementsAre("ns.cut.example. in-domain", "ns.far.cut.example. in-domain",
                          "ninth.cut.example. in-domain", "host.example.", "ns.other.example.",
                          "deep.ns.other.example.", "other.example.", "-"));
  EXPECT_THAT(targets("other.example.", rr::kNs), ElementsAre("ns.other.example. in-domain"));
  EXPECT_THAT(targets("mail.example.", rr::kMx), ElementsAre("host.example.", "-"));
}

// No name is a child of the apex that has records, as in a zone of names under dates or customers.
TEST(ZoneBuilder, TargetsAreFoundBelowChildrenWithoutRecords) {
  std::string text(kApex);
  for (const char* child : {"x", "y"}) {
    for (const char* cut : {"a", "b"}) {
      const std::string owner = std::string(cut) + "." + child;
      text += owner + " 60 NS ns." + owner + "\nns." + owner + " 60 A 192.0.2.1\n";
    }
  }
  const ZoneBuilder::Outcome outcome = testing::ZoneFromText("example.", text);
  ASSERT_NE(outcome.zone, nullptr) << testing::ToText(outcome.complaints);
  EXPECT_EQ(testing::ToText(outcome.complaints), "");
  size_t cuts = 0;
  for (const Node node : *outcome.zone) {
    if (!node.Is(Node::kZoneCut)) continue;
    ++cuts;
    const RrsetView servers = node.Find(rr::kNs);
    EXPECT_TRUE(servers.TargetInDomain(0));
    ASSERT_NE(servers.TargetNode(0), kNoNode);
    EXPECT_EQ(Node(*outcome.zone, servers.TargetNode(0)).owner(),
              NameView::FromValidWire(servers.front().data()));
  }
  EXPECT_EQ(cuts, 4u);
}

ZoneBuilder::Outcome BuildInHalves(std::string_view text) {
  const Name apex = Name::Literal("example.");
  ZoneReader reader = ZoneReader::FromText(text, "zone", testing::ReaderOptions(apex));
  ZoneBuilder builder(apex);
  builder.AddAll(reader);
  return std::move(builder).Build([](const std::function<void()>& one, const std::function<void()>& other) {
    std::thread helper(other);
    one();
    helper.join();
  });
}

// Delegations with glue here and there, empty non-terminals, a wildcard at the end of the alphabet, which
// marks the apex.
std::string LargeZone() {
  std::string text(kApex);
  for (int i = 0; i < 12'000; ++i) {
    const std::string n = std::to_string(i * 7919 % 12'000);
    text += "d" + n + " 3600 NS ns.d" + n + "\n" + "ns.D" + n + " 3600 A 192.0.2.1\n";
    text += "x.y.e" + n + " 60 MX 10 ns.d" + std::to_string(i) + "\n";
  }
  return text + "zz 60 A 192.0.2.2\n* 60 TXT wild\n";
}

TEST(ZoneBuilder, HalvesGiveTheSameZone) {
  const std::string text = LargeZone();
  const ZoneBuilder::Outcome whole = testing::ZoneFromText("example.", text);
  const ZoneBuilder::Outcome halves = BuildInHalves(text);
  ASSERT_NE(halves.zone, nullptr) << testing::ToText(halves.complaints);
  EXPECT_EQ(testing::ToText(halves.complaints), testing::ToText(whole.complaints));
  EXPECT_EQ(Lines(*halves.zone), Lines(*whole.zone));
  EXPECT_EQ(halves.zone->record_count(), whole.zone->record_count());
  EXPECT_EQ(halves.zone->node_count(), whole.zone->node_count());
  EXPECT_TRUE(halves.zone->apex_node().Is(Node::kWildcardChild));
  // Parents, the hash of children and the places of targets lead where they should.
  size_t targets = 0;
  for (const Node node : *halves.zone) {
    if (!node.IsApex()) {
      EXPECT_TRUE(node.owner().IsBelow(node.parent().owner()));
    }
    if (!node.Is(Node::kOccluded)) {
      const Name owner = node.owner();
      EXPECT_EQ(halves.zone->Descend(LabelPath(owner)).node, node) << owner.ToText();
    }
    for (const RrsetView rrset : node) {
      if (const NodeId target = rrset.TargetNode(0); target != kNoNode) {
        ++targets;
        const Node found(*halves.zone, target);
        EXPECT_TRUE(found.Find(rr::kA));
        EXPECT_EQ(found.owner(), NameView::FromValidWire(rrset.front().data()));
      }
    }
  }
  EXPECT_EQ(targets, 12'000u);  // the name servers; an address below a cut comes with no MX
}

TEST(ZoneBuilder, HalvesGiveTheSameComplaints) {
  std::string text = LargeZone();
  for (int i = 0; i < 12'000; i += 100) text += "d" + std::to_string(i) + " 60 CNAME x\n";
  const std::string complaints = testing::ToText(BuildInHalves(text).complaints);
  EXPECT_THAT(complaints, HasSubstr("more complaints about this zone are left out: 20"));
  EXPECT_EQ(complaints, testing::ToText(testing::ZoneFromText("example.", text).complaints));
}

// What is known before anything is laid out leaves two halves without a node to join.
TEST(ZoneBuilder, HalvesOfAZoneThatWasRefusedAlreadyGiveTheSameComplaints) {
  for (const char* mistake : {"www.example.org. 60 A 192.0.2.1\n", "x 60 CH TXT y\n", "x 60 A 192.0.2\n"}) {
    const std::string text = LargeZone() + mistake;
    const ZoneBuilder::Outcome halves = BuildInHalves(text);
    EXPECT_EQ(halves.zone, nullptr) << mistake;
    EXPECT_EQ(halves.complaints.size(), 1u) << mistake;
    EXPECT_EQ(testing::ToText(halves.complaints),
              testing::ToText(testing::ZoneFromText("example.", text).complaints));
  }
}

TEST(ZoneBuilder, NegativeTtlIsTheLesserOfTwo) {
  EXPECT_EQ(
      testing::ZoneFromText("a.", "@ 10 SOA . . 7 1 1 1 20\n@ 1 NS b.\n").zone->negative_ttl().seconds(),
      10u);
  EXPECT_EQ(
      testing::ZoneFromText("a.", "@ 30 SOA . . 7 1 1 1 20\n@ 1 NS b.\n").zone->negative_ttl().seconds(),
      20u);
  EXPECT_EQ(testing::ZoneFromText("a.", "@ 30 SOA . . 7 1 1 1 20\n@ 1 NS b.\n").zone->serial(), 7u);
}

}  // namespace
}  // namespace cairn
