#include "common/zone/canonical_key.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace cairn {
namespace {

// RFC 4034 section 6.1's example, and what it leaves out.
constexpr const char* kInOrder[] = {
    "example.",        "\\000.example.",      "\\000\\000.example.", "\\001.example.",
    "a.example.",      "yljkjljk.a.example.", "Z.a.example.",        "zABC.a.EXAMPLE.",
    "a\\000.example.", "a\\001.example.",     "a-.example.",         "ab.example.",
    "z.example.",      "\\001.z.example.",    "*.z.example.",        "\\200.z.example.",
};

TEST(CanonicalKey, OrdersAsRfc4034Section61Says) {
  for (size_t i = 1; i < std::size(kInOrder); ++i) {
    SCOPED_TRACE(kInOrder[i]);
    const Name before = Name::Literal(kInOrder[i - 1]);
    const Name after = Name::Literal(kInOrder[i]);
    ASSERT_TRUE(before.view().CanonicalCompare(after) < 0);
    const CanonicalKey low(LabelPath(before), 1);
    const CanonicalKey high(LabelPath(after), 1);
    EXPECT_TRUE(std::lexicographical_compare(low.octets().begin(), low.octets().end(), high.octets().begin(),
                                             high.octets().end()));
    EXPECT_LE(low.prefix(), high.prefix());
  }
}

TEST(CanonicalKey, CaseDoesNotCount) {
  const Name upper = Name::Literal("WWW.Example.");
  const Name lower = Name::Literal("www.example.");
  const CanonicalKey a{LabelPath(upper), 0};
  const CanonicalKey b{LabelPath(lower), 0};
  EXPECT_TRUE(std::ranges::equal(a.octets(), b.octets()));
}

TEST(CanonicalKey, TheLongestNameOfDoubledOctetsFits) {
  std::vector<uint8_t> wire;
  for (int i = 0; i < 127; ++i) wire.insert(wire.end(), {1, 0});
  wire.push_back(0);
  const std::optional<Name> name = Name::FromWire(wire);
  ASSERT_TRUE(name);
  const CanonicalKey key{LabelPath(*name), 0};
  EXPECT_EQ(key.octets().size(), 127u * 3 + 1);
}

}  // namespace
}  // namespace cairn
