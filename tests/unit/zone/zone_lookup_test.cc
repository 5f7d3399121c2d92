#include "common/zone/zone_lookup.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/source_path.h"
#include "tests/unit/zone/zone_from_text.h"

namespace cairn {
namespace {

struct LookupCase {
  const char* name;
  const char* qname;
  const char* qtype;
  const char* expected;
};

constexpr LookupCase kCases[] = {
    // RFC 1034 section 4.3.2 step 3a.
    {"type present", "www.example.", "A", "answer www.example. A"},
    {"case does not count", "WwW.eXaMpLe.", "A", "answer www.example. A"},
    {"apex", "example.", "SOA", "answer example. SOA"},
    {"apex NS is no delegation", "example.", "NS", "answer example. NS"},
    {"type absent", "www.example.", "MX", "nodata, soa example."},
    {"unknown type present", "type65280.odd.example.", "TYPE65280",
     "answer TYPE65280.odd.example. TYPE65280"},
    {"unknown type absent", "www.example.", "TYPE65280", "nodata, soa example."},
    {"obsolete type", "www.example.", "MAILA", "nodata, soa example."},
    {"any", "www.example.", "ANY", "answer www.example. ANY"},
    {"octets 0, 255 and dot in a label", "\\000\\255\\..odd.example.", "A",
     "nxdomain, closest encloser odd.example."},
    {"the label with those octets", "\\000\\255\\.odd.example.", "A", "answer \\000\\255\\.odd.example. A"},
    {"a prefix of a label", "ww.example.", "A", "nxdomain, closest encloser example."},
    {"empty non-terminal", "ent.example.", "A", "nodata, soa example."},
    {"empty non-terminal, any", "ent.example.", "ANY", "nodata, soa example."},
    {"empty non-terminal above glue only", "ent2.example.", "A", "nodata, soa example."},
    {"empty non-terminal of a service", "_tcp.example.", "SRV", "nodata, soa example."},
    {"below an empty non-terminal", "x.ent.example.", "A", "nxdomain, closest encloser ent.example."},
    {"alias", "alias.example.", "A", "alias alias.example. to www.example."},
    {"alias itself", "alias.example.", "CNAME", "answer alias.example. CNAME"},
    {"alias, any", "alias.example.", "ANY", "answer alias.example. ANY"},
    {"below an alias", "x.alias.example.", "A", "nxdomain, closest encloser alias.example."},
    // 3b.
    {"zone cut", "sub.example.", "A",
     "referral sub.example., glue ns.sub.example., sibling ns1.sibling.example."},
    {"NS at the cut", "sub.example.", "NS",
     "referral sub.example., glue ns.sub.example., sibling ns1.sibling.example."},
    {"below a zone cut", "x.y.sub.example.", "A",
     "referral sub.example., glue ns.sub.example., sibling ns1.sibling.example."},
    {"glue is no answer", "ns.sub.example.", "A",
     "referral sub.example., glue ns.sub.example., sibling ns1.sibling.example."},
    {"the upper of two cuts", "deep.sub.example.", "NS",
     "referral sub.example., glue ns.sub.example., sibling ns1.sibling.example."},
    {"any at the cut", "signed.example.", "ANY", "referral signed.example."},
    {"DS belongs to the parent", "signed.example.", "DS", "answer signed.example. DS"},
    {"DS absent at the cut", "sub.example.", "DS", "nodata, soa example."},
    {"DS below the cut", "x.signed.example.", "DS", "referral signed.example."},
    {"DS at the apex", "example.", "DS", "nodata, soa example."},
    {"DS where no cut is", "www.example.", "DS", "nodata, soa example."},
    // 3c: wildcards.
    {"wildcard", "q.w.example.", "TXT", "answer q.w.example. TXT from *.w.example."},
    {"wildcard over several labels", "q.r.s.w.example.", "A", "answer q.r.s.w.example. A from *.w.example."},
    {"wildcard without the type", "q.w.example.", "MX", "nodata from *.w.example., soa example."},
    {"wildcard, any", "q.w.example.", "ANY", "answer q.w.example. ANY from *.w.example."},
    {"sibling stops wildcard", "x.a.w.example.", "TXT", "nxdomain, closest encloser a.w.example."},
    {"existing name stops wildcard", "a.w.example.", "TXT", "nodata, soa example."},
    {"empty non-terminal stops wildcard", "ent.w.example.", "A", "nodata, soa example."},
    {"below an empty non-terminal beside a wildcard", "x.ent.w.example.", "A",
     "nxdomain, closest encloser ent.w.example."},
    {"the wildcard's parent", "w.example.", "A", "nodata, soa example."},
    {"the wildcard by its name", "*.w.example.", "A", "answer *.w.example. A"},
    {"an asterisk inside the name asked", "*.q.w.example.", "A", "answer *.q.w.example. A from *.w.example."},
    {"wildcard alias", "q.alias-w.example.", "A",
     "alias q.alias-w.example. to www.example. from *.alias-w.example."},
    {"wildcard alias itself", "q.alias-w.example.", "CNAME",
     "answer q.alias-w.example. CNAME from *.alias-w.example."},
    {"a wildcard that is an empty non-terminal", "q.star.example.", "A",
     "nodata from *.star.example., soa example."},
    {"below the name of a wildcard", "sub.*.star.example.", "A", "answer sub.*.star.example. A"},
    {"beside a name below a wildcard", "x.*.star.example.", "A",
     "nxdomain, closest encloser *.star.example."},
    {"wildcard NS does not delegate", "x.ns-w.example.", "A", "nodata from *.ns-w.example., soa example."},
    {"wildcard NS is data", "x.ns-w.example.", "NS", "answer x.ns-w.example. NS from *.ns-w.example."},
    // 3c with RFC 6672 section 3.2: DNAME.
    {"below a DNAME", "q.moved.example.", "A", "redirection moved.example. to w.example."},
    {"a name hidden by a DNAME", "hidden.moved.example.", "A", "redirection moved.example. to w.example."},
    {"the DNAME's owner", "moved.example.", "A", "answer moved.example. A"},
    {"the DNAME itself", "moved.example.", "DNAME", "answer moved.example. DNAME"},
    {"the DNAME's owner without the type", "moved.example.", "MX", "nodata, soa example."},
    {"no such name", "nothing.example.", "A", "nxdomain, closest encloser example."},
    {"no such name, deep", "a.b.c.d.e.nothing.example.", "A", "nxdomain, closest encloser example."},
    {"no such name below a leaf", "x.www.example.", "A", "nxdomain, closest encloser www.example."},
};

TEST(ZoneLookup, FollowsRfc1034Section432) {
  const ZoneBuilder::Outcome outcome =
      testing::ZoneFromFile("example.", testing::SourcePath("zones/golden/lookup.zone"));
  ASSERT_NE(outcome.zone, nullptr) << testing::ToText(outcome.complaints);
  for (const LookupCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const Name qname = Name::Literal(c.qname);
    EXPECT_EQ(Describe(Find(*outcome.zone, qname.view(), *RrType::FromText(c.qtype)), qname), c.expected);
  }
}

// RFC 5155 section 7.2.8: what owns nothing but NSEC3 is no name of the zone.
TEST(ZoneLookup, HashOwnersAreNoNames) {
  const ZoneBuilder::Outcome outcome = testing::ZoneFromText(
      "example.",
      "@ 1 SOA ns host 1 1 1 1 1\n@ 1 NS ns.invalid.\n"
      "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom 1 NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A\n"
      "2t7b4g4vsa5smi47k61mv5bv1a22bojr 1 NSEC3 1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A\n"
      "2t7b4g4vsa5smi47k61mv5bv1a22bojr 1 TXT \"a name all the same\"\n"
      "35mthgpgcu1qg68fab165klnsnk3dpvl 1 NSEC3 1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A\n"
      "a.35mthgpgcu1qg68fab165klnsnk3dpvl 1 A 192.0.2.1\n"
      "b.35mthgpgcu1qg68fab165klnsnk3dpvl 1 A 192.0.2.2\n"
      "b4um86eghhds6nea196smvmlo4ors995 1 NSEC3 1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A\n"
      "b4um86eghhds6nea196smvmlo4ors995 1 CNAME a\n");
  ASSERT_NE(outcome.zone, nullptr) << testing::ToText(outcome.complaints);
  const Name hash = Name::Literal("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.");
  EXPECT_EQ(Describe(Find(*outcome.zone, hash.view(), rr::kNsec3), hash),
            "nxdomain, closest encloser example.");
  const Name both = Name::Literal("2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.");
  EXPECT_EQ(Describe(Find(*outcome.zone, both.view(), rr::kTxt), both), "answer " + both.ToText() + " TXT");
  EXPECT_EQ(Describe(Find(*outcome.zone, both.view(), rr::kNsec3), both), "nodata, soa example.");
  // With a name below it is an empty non-terminal.
  const Name above = Name::Literal("35mthgpgcu1qg68fab165klnsnk3dpvl.example.");
  EXPECT_EQ(Describe(Find(*outcome.zone, above.view(), rr::kNsec3), above), "nodata, soa example.");
  EXPECT_EQ(Describe(Find(*outcome.zone, above.view(), rr::kAny), above), "nodata, soa example.");
  const Name below = Name::Literal("b." + above.ToText());
  EXPECT_EQ(Describe(Find(*outcome.zone, below.view(), rr::kA), below), "answer " + below.ToText() + " A");
  const Name alias = Name::Literal("b4um86eghhds6nea196smvmlo4ors995.example.");
  EXPECT_EQ(Describe(Find(*outcome.zone, alias.view(), rr::kNsec3), alias),
            "alias " + alias.ToText() + " to a.example.");
}

// However deep the question.
TEST(ZoneLookup, TheLongestNameIsJustAnotherOne) {
  const ZoneBuilder::Outcome outcome =
      testing::ZoneFromText(".", ". 1 SOA . . 1 1 1 1 1\n. 1 NS ns.\n*.a. 1 TXT wild\n");
  ASSERT_NE(outcome.zone, nullptr) << testing::ToText(outcome.complaints);
  std::vector<uint8_t> wire;
  for (int i = 0; i < 126; ++i) wire.insert(wire.end(), {1, 'x'});
  wire.insert(wire.end(), {1, 'a', 0});
  const Name longest = *Name::FromWire(wire);
  EXPECT_EQ(longest.size(), kMaxNameOctets);
  const LookupResult result = Find(*outcome.zone, longest.view(), rr::kTxt);
  ASSERT_TRUE(std::holds_alternative<lookup::Answer>(result));
  EXPECT_TRUE(std::get<lookup::Answer>(result).synthesised);
}

}  // namespace
}  // namespace cairn
