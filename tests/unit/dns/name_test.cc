// Names: limits and escapes of the master file form (RFC 1035 section 5.1), comparison without case (RFC
// 4343), canonical order (RFC 4034 section 6.1), relations between names.
#include "common/dns/name.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "common/base/random.h"
#include "common/base/status.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

std::string Labels(size_t count, std::string_view label) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text.append(label).append(".");
  return text;
}

const std::string kLabel63(63, 'x');
// Four length octets, 63 + 63 + 63 + 61 octets and the root: 255.
const std::string kLongest = Labels(3, kLabel63) + std::string(61, 'y') + ".";

std::string TextOrError(const absl::StatusOr<Name>& name) {
  return name.ok() ? name->ToText() : "error: " + std::string(ErrorText(name.status()));
}

TEST(NameText, ReadsMasterFileForm) {
  struct Case {
    const char* name;
    std::string text;
    std::string expected;
  };
  const Case kCases[] = {
      {"root", ".", "."},
      {"absolute", "www.example.", "www.example."},
      {"relative", "www", "www.origin.example."},
      {"origin", "@", "origin.example."},
      {"at sign within a label", "a@b.", "a\\@b."},
      {"case is kept", "WwW.Example.", "WwW.Example."},
      {"escaped dot", "a\\.b.", "a\\.b."},
      {"escaped backslash", "a\\\\.", "a\\\\."},
      {"decimal escape of a letter", "\\065.", "A."},
      {"decimal escapes", "\\000\\032\\255.", "\\000\\032\\255."},
      {"escaped dot at the end stays relative", "a\\.", "a\\..origin.example."},
      {"specials", "\\\"\\;\\(\\)\\$.", "\\\"\\;\\(\\)\\$."},
      {"label of 63", kLabel63 + ".", kLabel63 + "."},
      {"label of 64", kLabel63 + "x.",
       "error: the label \"" + kLabel63 + "x\" has more than 63 octets (RFC 1035 section 2.3.4)"},
      {"name of 255", kLongest, kLongest},
      {"name of 256", Labels(3, kLabel63) + std::string(62, 'y') + ".",
       "error: the name \"" + Labels(3, kLabel63) + std::string(62, 'y') +
           ".\" has more than 255 octets, its origin included (RFC 1035 section 2.3.4)"},
      {"too long with its origin", Labels(3, kLabel63) + std::string(50, 'y'),
       "error: the name \"" + Labels(3, kLabel63) + std::string(50, 'y') +
           "\" has more than 255 octets, its origin included (RFC 1035 section 2.3.4)"},
      {"label of 300", std::string(300, 'z') + ".",
       "error: the label \"" + std::string(300, 'z') + "\" has more than 63 octets (RFC 1035 section 2.3.4)"},
      {"empty", "", "error: the name is empty; the root is written as \".\""},
      {"empty label", "a..b.", "error: the name \"a..b.\" has an empty label at column 3"},
      {"leading dot", ".a.", "error: the name \".a.\" has an empty label at column 1"},
      {"two dots", "..", "error: the name \"..\" has an empty label at column 1"},
      {"escape above 255", "a\\256.",
       "error: bad escape \"\\256\" in the name \"a\\256.\": write \\X or \\DDD with DDD from 000 to 255"},
      {"escape cut short", "a\\25",
       "error: bad escape \"\\25\" in the name \"a\\25\": write \\X or \\DDD with DDD from 000 to 255"},
      {"escape with a letter", "a\\2x5.",
       "error: bad escape \"\\2x5\" in the name \"a\\2x5.\": write \\X or \\DDD with DDD from 000 to 255"},
      {"backslash at the end", "a\\",
       "error: bad escape \"\\\" in the name \"a\\\": write \\X or \\DDD with DDD from 000 to 255"},
  };
  const Name origin = Name::Literal("origin.example.");
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(TextOrError(Name::FromText(c.text, origin)), c.expected);
  }
}

TEST(NameText, AnyOctetComesBack) {
  for (int octet = 0; octet < 256; ++octet) {
    SCOPED_TRACE(octet);
    const std::vector<uint8_t> wire = {2, static_cast<uint8_t>(octet), 'x', 0};
    const std::optional<Name> name = Name::FromWire(wire);
    ASSERT_TRUE(name);
    const absl::StatusOr<Name> again = Name::FromText(name->ToText());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->view().SameSpelling(*name));
  }
}

TEST(NameText, LongestNamesComeBack) {
  const Name most_labels = Name::Literal(Labels(127, "a"));
  EXPECT_EQ(most_labels.size(), kMaxNameOctets);
  EXPECT_EQ(most_labels.LabelCount(), 127);
  EXPECT_FALSE(Name::FromText(Labels(128, "a")).ok());
  EXPECT_EQ(Name::Literal(kLongest).size(), kMaxNameOctets);
  std::vector<uint8_t> unprintable(255, 0x80);
  for (const size_t at : {0u, 64u, 128u}) unprintable[at] = 63;
  unprintable[192] = 61;
  unprintable[254] = 0;
  const std::optional<Name> name = Name::FromWire(unprintable);
  ASSERT_TRUE(name);
  EXPECT_EQ(Name::Literal(name->ToText()), *name);
}

TEST(NameFromWire, TakesExactlyOneName) {
  struct Case {
    const char* name;
    std::vector<uint8_t> wire;
    const char* expected;
  };
  std::vector<uint8_t> too_long;
  for (int i = 0; i < 128; ++i) too_long.insert(too_long.end(), {1, 'a'});
  too_long.push_back(0);
  const Case kCases[] = {
      {"nothing", {}, "-"},
      {"root", {0}, "."},
      {"one label", {1, 'a', 0}, "a."},
      {"no root", {1, 'a'}, "-"},
      {"label beyond the end", {5, 'a', 0}, "-"},
      {"octets after the root", {1, 'a', 0, 0}, "-"},
      {"pointer", {0xc0, 0}, "-"},
      {"label type 01", {0x41, 'a', 0}, "-"},
      {"257 octets", too_long, "-"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const std::optional<Name> name = Name::FromWire(c.wire);
    EXPECT_EQ(name ? name->ToText() : "-", c.expected);
  }
}

TEST(NameCompare, EqualsWithoutCaseOfAsciiLettersOnly) {
  struct Case {
    const char* a;
    const char* b;
    bool equal;
  };
  const Case kCases[] = {
      {"www.example.", "WWW.eXAMPLE.", true},
      {"a.", "A.", true},
      {"a.", "b.", false},
      {"[.", "{.", false},          // 0x5b and 0x7b differ in the case bit alone
      {"@.", "`.", false},          // 0x40 and 0x60, just below 'A' and 'a'
      {"\\193.", "\\225.", false},  // letters of Latin-1 are not ours
      {"\\129.", "\\161.", false},
      {"ab.c.", "a.bc.", false},  // the same octets but for the lengths
      {"a-long-label-of-more-than-16-octets.example.", "A-LONG-LABEL-OF-MORE-THAN-16-OCTETS.EXAMPLE.", true},
      {"a-long-label-of-more-than-16-octets.example.", "a-long-label-of-more-than-16-octets.examplf.", false},
      {"a-long-label-of-more-than-16-octets.example.", "b-long-label-of-more-than-16-octets.example.", false},
      {".", ".", true},
      {".", "a.", false},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(std::string(c.a) + " and " + c.b);
    const Name a = Name::Literal(c.a);
    const Name b = Name::Literal(c.b);
    EXPECT_EQ(a == b, c.equal);
    EXPECT_EQ(a.view().CanonicalCompare(b) == 0, c.equal);
    EXPECT_EQ(a.view().Hash() == b.view().Hash(), c.equal);
    EXPECT_EQ(a.ToLower().view().SameSpelling(b.ToLower()), c.equal);
  }
}

TEST(NameCompare, FoldsEveryOctetLikeTheTable) {
  for (int octet = 0; octet < 256; ++octet) {
    const uint64_t lower = ToLower(static_cast<uint8_t>(octet));
    for (int place = 0; place < 8; ++place) {
      // Neighbours of all ones would show a carry.
      const uint64_t mask = uint64_t{0xff} << 8 * place;
      const uint64_t word = (uint64_t{static_cast<uint8_t>(octet)} << 8 * place) | ~mask;
      EXPECT_EQ(ToLower8(word), lower << 8 * place | ~mask) << octet << " at " << place;
    }
  }
}

// The example of RFC 4034 section 6.1, and what sorts around it.
TEST(NameCompare, OrdersCanonically) {
  const std::vector<std::string> kSorted = {
      ".",
      "example.",
      "a.example.",
      "yljkjljk.a.example.",
      "Z.a.example.",
      "zABC.a.EXAMPLE.",
      "z.example.",
      "\\001.z.example.",
      "*.z.example.",
      "\\200.z.example.",
      "z0123456789.example.",
      "z01234567890123456789.example.",
      "z01234567890123456789-.example.",
      "Z0123456789012345678A.example.",
      "z0123456789a.example.",
      "example0.",
      "f.",
  };
  for (size_t i = 0; i < kSorted.size(); ++i) {
    for (size_t j = 0; j < kSorted.size(); ++j) {
      EXPECT_EQ(Name::Literal(kSorted[i]).view().CanonicalCompare(Name::Literal(kSorted[j])), i <=> j)
          << kSorted[i] << " and " << kSorted[j];
    }
  }
}

TEST(NameRelations, FollowLabelBoundaries) {
  struct Case {
    const char* name;
    const char* other;
    bool at_or_below;
    bool below;
    int common;
  };
  const Case kCases[] = {
      {"www.example.", "EXAMPLE.", true, true, 1},
      {"www.example.", "www.Example.", true, false, 2},
      {"example.", "www.example.", false, false, 1},
      {"wwwexample.", "example.", false, false, 0},
      {"a.b.c.", "x.b.c.", false, false, 2},
      {"a.b.c.", ".", true, true, 0},
      {".", ".", true, false, 0},
      // The octets of the ancestor end the name, but do not start at a label: 7 is the length of "example".
      {"a\\007example.", "example.", false, false, 0},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(std::string(c.name) + " and " + c.other);
    const Name name = Name::Literal(c.name);
    const Name other = Name::Literal(c.other);
    EXPECT_EQ(name.IsAtOrBelow(other), c.at_or_below);
    EXPECT_EQ(name.IsBelow(other), c.below);
    EXPECT_EQ(name.view().CommonLabels(other), c.common);
    EXPECT_EQ(other.view().CommonLabels(name), c.common);
  }
}

TEST(NameRelations, AncestorsAndLabels) {
  const Name name = Name::Literal("a.b.example.");
  EXPECT_EQ(name.LabelCount(), 3);
  EXPECT_EQ(name.Parent().ToText(), "b.example.");
  EXPECT_EQ(Name(name.view().Ancestor(3)).ToText(), "a.b.example.");
  EXPECT_EQ(Name(name.view().Ancestor(1)).ToText(), "example.");
  EXPECT_EQ(Name(name.view().Ancestor(0)).ToText(), ".");
  EXPECT_EQ(AsText(name.view().FirstLabel()), "a");
  EXPECT_TRUE(NameView().FirstLabel().empty());
  EXPECT_EQ(NameView::FromValidWire(name.wire().data()).size(), name.size());
}

TEST(NameRelations, Wildcards) {
  EXPECT_TRUE(Name::Literal("*.example.").view().IsWildcard());
  EXPECT_TRUE(Name::Literal("\\042.example.").view().IsWildcard());
  EXPECT_FALSE(Name::Literal("**.example.").view().IsWildcard());
  EXPECT_FALSE(Name::Literal("a.*.example.").view().IsWildcard());
  EXPECT_EQ(Name::Wildcard(Name::Literal("example."))->ToText(), "*.example.");
  EXPECT_EQ(Name::Wildcard(NameView())->ToText(), "*.");
  EXPECT_FALSE(Name::Wildcard(Name::Literal(kLongest)));
}

TEST(NameRelations, ReplacedSuffixesMayGrowTooLong) {
  struct Case {
    std::string name, from, to, expected;
  };
  const std::string long_origin = Labels(3, kLabel63);
  const Case kCases[] = {
      {"a.old.example.", "old.example.", "new.", "a.new."},
      {"OLD.example.", "old.example.", "new.", "new."},
      {"a.b.", ".", "c.", "a.b.c."},
      {"a.b.", "b.", ".", "a."},
      {std::string(61, 'y') + ".b.", "b.", long_origin, std::string(61, 'y') + "." + long_origin},
      {std::string(62, 'y') + ".b.", "b.", long_origin, "-"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const std::optional<Name> replaced =
        Name::ReplaceSuffix(Name::Literal(c.name), Name::Literal(c.from), Name::Literal(c.to));
    EXPECT_EQ(replaced ? replaced->ToText() : "-", c.expected);
  }
  EXPECT_EQ(Name::Concatenate(Name::Literal("a.b."), Name::Literal("c."))->ToText(), "a.b.c.");
  EXPECT_FALSE(Name::Concatenate(Name::Literal(kLongest), Name::Literal("c.")));
}

// Every length takes its own path through the words of the hash; names of one length which differ in one
// octet must too.
TEST(NameHash, TellsNamesOfEachLengthApart) {
  absl::flat_hash_set<uint64_t> hashes;
  size_t names = 0;
  for (size_t octets = 1; octets <= 59; ++octets) {
    for (size_t place = 0; place < octets; ++place) {
      std::string label(octets, 'a');
      label[place] = 'b';
      hashes.insert(Name::Literal(label + ".example.").view().Hash());
      hashes.insert(Name::Literal(label + ".").view().Hash());
      names += 2;
    }
  }
  EXPECT_EQ(hashes.size(), names);
}

TEST(NameHash, DependsOnItsKey) {
  const Name name = Name::Literal("www.example.");
  const uint64_t before = name.view().Hash();
  SetNameHashKey(*NewSeededRandom(1));
  const uint64_t with_one = name.view().Hash();
  SetNameHashKey(*NewSeededRandom(2));
  const uint64_t with_two = name.view().Hash();
  SetNameHashKey(*NewSeededRandom(1));
  EXPECT_EQ(name.view().Hash(), with_one);
  EXPECT_NE(with_one, with_two);
  EXPECT_NE(with_one, before);
}

TEST(NameLiteral, StopsTheProcessOnNonsense) { EXPECT_DEATH(Name::Literal("a..b."), "empty label"); }

}  // namespace
}  // namespace cairn
