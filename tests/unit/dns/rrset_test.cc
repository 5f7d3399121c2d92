// Records become sets (RFC 2181 section 5).
#include "common/dns/rrset.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

Record Address(std::string_view owner, uint32_t ttl, uint8_t last) {
  return {
      .owner = Name::Literal(owner), .type = rr::kA, .ttl = Ttl::Seconds(ttl), .rdata = {192, 0, 2, last}};
}

std::string Describe(const std::vector<Rrset>& sets) {
  std::string text;
  for (const Rrset& set : sets) text += set.ToText() + "\n";
  return text;
}

TEST(RdataSet, KeepsEachRdataInOrder) {
  RdataSet set;
  EXPECT_TRUE(set.empty());
  const std::vector<uint8_t> longest(65535, 7);
  set.Add(AsBytes("b"));
  set.Add({});
  set.Add(longest);
  EXPECT_EQ(set.size(), 3u);
  EXPECT_EQ(AsText(set.front()), "b");
  std::vector<size_t> sizes;
  for (const ByteView rdata : set) sizes.push_back(rdata.size());
  EXPECT_EQ(sizes, (std::vector<size_t>{1, 0, 65535}));
  EXPECT_EQ(set.packed().size(), 3 * 2 + 65536u);
}

TEST(RdataSet, TakesUniqueRdataOnce) {
  RdataSet set;
  EXPECT_TRUE(set.AddUnique(AsBytes("a")));
  EXPECT_TRUE(set.AddUnique(AsBytes("ab")));
  EXPECT_FALSE(set.AddUnique(AsBytes("a")));
  EXPECT_EQ(set.size(), 2u);
  EXPECT_TRUE(set.Contains(AsBytes("ab")));
  EXPECT_FALSE(set.Contains(AsBytes("b")));
}

TEST(GroupIntoRrsets, MergesWhatSharesOwnerClassAndType) {
  Record text = Address("a.example.", 9, 1);
  text.type = rr::kTxt;
  text.rdata = {1, 'x'};
  Record chaos = Address("a.example.", 7, 1);
  chaos.rr_class = kClassCh;
  chaos.type = rr::kTxt;
  chaos.rdata = {1, 'y'};
  const std::vector<Record> records = {
      Address("a.example.", 300, 1), Address("b.example.", 60, 1),  text,
      Address("A.EXAMPLE.", 200, 2), Address("a.example.", 100, 1), chaos,
  };
  EXPECT_EQ(Describe(GroupIntoRrsets(records)),
            "a.example. 100 IN A 192.0.2.1\n"
            "a.example. 100 IN A 192.0.2.2\n"
            "b.example. 60 IN A 192.0.2.1\n"
            "a.example. 9 IN TXT \"x\"\n"
            "a.example. 7 CH TXT \"y\"\n");
  EXPECT_TRUE(GroupIntoRrsets({}).empty());
}

TEST(GroupIntoRrsets, SameRdataOfTwoOwnersIsNoDuplicate) {
  const std::vector<Rrset> sets = GroupIntoRrsets({Address("a.", 1, 1), Address("b.", 1, 1)});
  ASSERT_EQ(sets.size(), 2u);
  EXPECT_EQ(sets[1].rdatas.size(), 1u);
}

}  // namespace
}  // namespace cairn
