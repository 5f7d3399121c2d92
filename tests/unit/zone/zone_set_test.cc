#include "common/zone/zone_set.h"

#include "gtest/gtest.h"
#include "tests/unit/zone/zone_from_text.h"

namespace cairn {
namespace {

std::shared_ptr<const Zone> EmptyZone(const char* apex) {
  return testing::ZoneFromText(apex, "@ 1 SOA . . 1 1 1 1 1\n@ 1 NS ns.invalid.\n").zone;
}

struct MatchCase {
  const char* name;
  const char* qname;
  const char* match;
  const char* above;
};

constexpr MatchCase kCases[] = {
    {"the apex", "example.", "example.", ""},
    {"below", "a.b.c.example.", "example.", "example."},
    {"the longest", "x.sub.example.", "sub.example.", "sub.example."},
    {"its apex", "SUB.example.", "sub.example.", "example."},
    {"a depth no apex has", "a.deep.er.example.", "example.", "example."},
    {"deep apex", "a.very.deep.er.example.", "very.deep.er.example.", "very.deep.er.example."},
    {"same ending, no boundary", "notexample.", "", ""},
    {"another tree", "example.org.", "", ""},
    {"the root", ".", "", ""},
};

TEST(ZoneSet, TheLongestApexMatches) {
  const auto set = ZoneSet::Of({EmptyZone("example."), EmptyZone("sub.example."),
                                EmptyZone("very.deep.er.example."), EmptyZone("org.example.net.")});
  for (const MatchCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const Name qname = Name::Literal(c.qname);
    const LabelPath path(qname);
    const ZoneSet::Entry* match = set->LongestMatch(path);
    const ZoneSet::Entry* above = set->LongestMatchAbove(path);
    EXPECT_EQ(match == nullptr ? "" : match->apex.ToText(), c.match);
    EXPECT_EQ(above == nullptr ? "" : above->apex.ToText(), c.above);
  }
}

TEST(ZoneSet, TheRootMatchesEverything) {
  const auto set = ZoneSet::Of({EmptyZone(".")});
  const Name qname = Name::Literal("www.example.");
  ASSERT_NE(set->LongestMatch(LabelPath(qname)), nullptr);
  EXPECT_EQ(set->LongestMatchAbove(LabelPath(Name::Literal("."))), nullptr);
}

TEST(ZoneSet, AnEmptySetHasNoMatch) {
  const ZoneSet set;
  const Name qname = Name::Literal("www.example.");
  EXPECT_EQ(set.LongestMatch(LabelPath(qname)), nullptr);
  EXPECT_EQ(set.Find(qname), nullptr);
}

TEST(ZoneSet, TheLastOfTwoEntriesWithOneApexCounts) {
  const std::shared_ptr<const Zone> first = EmptyZone("example.");
  const std::shared_ptr<const Zone> second = EmptyZone("example.");
  const ZoneSet set({{Name::Literal("example."), first}, {Name::Literal("Example."), second}});
  EXPECT_EQ(set.entries().size(), 1u);
  EXPECT_EQ(set.Find(Name::Literal("example."))->zone, second);
}

TEST(ZoneSet, ManyApexesAreFoundAgain) {
  std::vector<ZoneSet::Entry> entries;
  for (int i = 0; i < 2000; ++i)
    entries.push_back({Name::Literal("z" + std::to_string(i) + ".example."), nullptr});
  const ZoneSet set(std::move(entries));
  for (int i = 0; i < 2000; ++i) {
    const Name apex = Name::Literal("z" + std::to_string(i) + ".example.");
    ASSERT_NE(set.Find(apex), nullptr) << apex.ToText();
    EXPECT_TRUE(set.Find(apex)->apex == apex);
  }
  EXPECT_EQ(set.Find(Name::Literal("z2000.example.")), nullptr);
}

}  // namespace
}  // namespace cairn
