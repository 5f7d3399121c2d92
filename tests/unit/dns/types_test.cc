// Texts of classes and RCODEs, the range of TTLs (RFC 2181 section 8, RFC 3597 section 5).
#include "common/dns/types.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(RrClass, HasATextBothWays) {
  struct Case {
    const char* text;
    uint16_t value;
    const char* printed;
  };
  const Case kCases[] = {
      {"IN", 1, "IN"},         {"in", 1, "IN"},
      {"Ch", 3, "CH"},         {"HS", 4, "HS"},
      {"NONE", 254, "NONE"},   {"any", 255, "ANY"},
      {"CLASS1", 1, "IN"},     {"class2", 2, "CLASS2"},
      {"CLASS0", 0, "CLASS0"}, {"CLASS65535", 65535, "CLASS65535"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const std::optional<RrClass> read = RrClass::FromText(c.text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->value, c.value);
    EXPECT_EQ(read->ToText(), c.printed);
  }
}

TEST(RrClass, RefusesOtherWords) {
  for (const char* text :
       {"", "I", "INN", "CLASS", "CLASS65536", "CLASS-1", "CLASS1x", "CLASS+1", "TYPE1", "1"}) {
    EXPECT_FALSE(RrClass::FromText(text)) << text;
  }
}

TEST(Rcode, HasAText) {
  EXPECT_EQ(ToText(Rcode::kNoError), "NOERROR");
  EXPECT_EQ(ToText(Rcode::kNxDomain), "NXDOMAIN");
  EXPECT_EQ(ToText(Rcode::kBadCookie), "BADCOOKIE");
  EXPECT_EQ(ToText(static_cast<Rcode>(3841)), "RCODE3841");
}

TEST(Opcode, HasAText) {
  EXPECT_EQ(ToText(Opcode::kUpdate), "UPDATE");
  EXPECT_EQ(ToText(static_cast<Opcode>(15)), "OPCODE15");
}

TEST(Ttl, TopBitFromTheWireCountsAsZero) {
  EXPECT_EQ(Ttl::FromWire(0).seconds(), 0u);
  EXPECT_EQ(Ttl::FromWire(0x7fffffff).seconds(), 0x7fffffffu);
  EXPECT_EQ(Ttl::FromWire(0x80000000).seconds(), 0u);
  EXPECT_EQ(Ttl::FromWire(0xffffffff).seconds(), 0u);
  EXPECT_EQ(Ttl::Seconds(0xffffffff).seconds(), 0x7fffffffu);
}

TEST(RrType, MetaTypesAreNeverData) {
  constexpr uint16_t kMeta[] = {0, 41, 128, 249, 250, 255};
  for (const uint16_t value : kMeta) EXPECT_TRUE(RrType{value}.IsMeta()) << value;
  constexpr uint16_t kData[] = {1, 40, 42, 127, 256, 65535};
  for (const uint16_t value : kData) EXPECT_FALSE(RrType{value}.IsMeta()) << value;
}

}  // namespace
}  // namespace cairn
