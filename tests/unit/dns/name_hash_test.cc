// The hashes of a name's suffixes: those of the suffixes as names of their own, for one pass over the name.
#include "common/dns/name_hash.h"

#include <string>

#include "gtest/gtest.h"

namespace cairn {
namespace {

Name OfLabels(int count, const std::string& label) {
  std::string text;
  for (int i = 0; i < count; ++i) text += label + ".";
  return Name::Literal(text);
}

// Every length of a suffix, so of its head before the first whole block, in either case.
TEST(SuffixHashes, AreTheHashesOfTheSuffixes) {
  for (const Name& name : {OfLabels(127, "a"), OfLabels(60, "Abc"), OfLabels(4, std::string(61, 'X')),
                           Name::Literal("www.Example."), Name()}) {
    SuffixHashes hashes;
    for (NameView suffix = name;; suffix = suffix.Parent()) {
      EXPECT_EQ(hashes.Of(name, suffix.size()), Name(suffix).ToLower().view().Hash()) << suffix.ToText();
      if (suffix.IsRoot()) break;
    }
  }
}

// THREATS section 3: a name of 120 labels has 15 blocks, its suffixes together 855.
TEST(SuffixHashes, GoOverTheNameOnce) {
  const Name name = OfLabels(120, "a");
  SuffixHashes hashes;
  for (size_t octets = 1; octets <= name.view().size(); octets += 2) hashes.Of(name, octets);
  for (size_t octets = 1; octets <= name.view().size(); octets += 2) hashes.Of(name, octets);
  EXPECT_EQ(hashes.blocks(), name.view().size() / kHashBlockOctets);
}

TEST(SuffixHashes, ShortSuffixesLeaveTheRestOfTheNameAlone) {
  const Name name = OfLabels(120, "a");
  SuffixHashes hashes;
  hashes.Of(name, 33);
  EXPECT_EQ(hashes.blocks(), 2u);
  hashes.Reset();
  EXPECT_EQ(hashes.Of(Name::Literal("b."), 3), Name::Literal("b.").view().Hash());
}

}  // namespace
}  // namespace cairn
