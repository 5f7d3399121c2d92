// OPT as data (RFC 6891 section 6.1), and extended errors (RFC 8914).
#include "common/dns/edns.h"

#include <string>
#include <vector>

#include "common/base/limits.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

using namespace std::string_literals;

TEST(Edns, ReadsItsFields) {
  const std::optional<Edns> edns = ReadEdns(4096, 0x02018000,
                                            AsBytes("\0\x0a\0\x03"
                                                    "abc\xff\xfe\0\0"s));
  ASSERT_TRUE(edns);
  const Edns expected{.udp_payload_octets = 4096,
                      .extended_rcode = 2,
                      .version = 1,
                      .dnssec_ok = true,
                      .options = {{.code = EdnsOptionCode::kCookie, .value = {'a', 'b', 'c'}},
                                  {.code = static_cast<EdnsOptionCode>(0xfffe), .value = {}}}};
  EXPECT_EQ(*edns, expected);
  EXPECT_EQ(edns->TtlField(), 0x02018000u);
  EXPECT_EQ(edns->WireOctets(), kBareOptOctets + 11);
}

TEST(Edns, UnknownFlagsAreDropped) { EXPECT_EQ(ReadEdns(1232, 0x7fff, {})->TtlField(), 0u); }

TEST(Edns, SizesBelow512CountAs512) {
  constexpr uint16_t kSmall[] = {0, 1, 511, 512};
  for (const uint16_t size : kSmall) EXPECT_EQ(ReadEdns(size, 0, {})->udp_payload_octets, 512);
  EXPECT_EQ(ReadEdns(513, 0, {})->udp_payload_octets, 513);
}

TEST(Edns, OptionLengthsMustAddUp) {
  struct Case {
    const char* name;
    std::string rdata;
    bool well_formed;
  };
  const Case kCases[] = {
      {"none", "", true},
      {"empty option", "\0\3\0\0"s, true},
      {"header cut short", "\0\3\0"s, false},
      {"value cut short", "\0\3\0\2a"s, false},
      {"octet behind the last", "\0\3\0\1ab"s, false},
      {"length of 65535",
       "\0\3\xff\xff"
       "abcd"s,
       false},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(AreWellFormedOptions(AsBytes(c.rdata)), c.well_formed);
    EXPECT_EQ(ReadEdns(512, 0, AsBytes(c.rdata)).has_value(), c.well_formed);
  }
}

// CVE-2026-41292, from both sides of the limit.
TEST(Edns, OptionFloodIsRefused) {
  const std::vector<uint8_t> most(limits::kMaxEdnsOptions * 4, 0);
  EXPECT_EQ(ReadEdns(512, 0, most)->options.size(), limits::kMaxEdnsOptions);
  const std::vector<uint8_t> too_many((limits::kMaxEdnsOptions + 1) * 4, 0);
  EXPECT_FALSE(ReadEdns(512, 0, too_many));
}

TEST(Edns, FirstOfRepeatedOptionsCounts) {
  const std::optional<Edns> edns = ReadEdns(512, 0, AsBytes("\0\x0a\0\1a\0\x0a\0\1b"s));
  ASSERT_TRUE(edns);
  ASSERT_NE(edns->Find(EdnsOptionCode::kCookie), nullptr);
  EXPECT_EQ(edns->Find(EdnsOptionCode::kCookie)->value, std::vector<uint8_t>{'a'});
  EXPECT_EQ(edns->Find(EdnsOptionCode::kNsid), nullptr);
}

TEST(Edns, ExtendedErrorsCarryUtf8Only) {
  struct Case {
    const char* name;
    std::string text;
    bool kept;
  };
  const Case kCases[] = {
      {"no text", "", true},
      {"ASCII", "no server answered", true},
      {"two, three and four octets", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", true},
      {"last scalar value", "\xf4\x8f\xbf\xbf", true},
      {"lone continuation", "a\x80", false},
      {"sequence cut short", "a\xe2\x82", false},
      {"second octet is no continuation", "\xc3(", false},
      {"third octet is no continuation", "\xe2\x82(", false},
      {"overlong two octets", "\xc0\xaf", false},
      {"overlong three octets", "\xe0\x80\xaf", false},
      {"overlong four octets", "\xf0\x80\x80\xaf", false},
      {"surrogate", "\xed\xa0\x80", false},
      {"above U+10FFFF", "\xf4\x90\x80\x80", false},
      {"octet 255", "\xff", false},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Edns edns;
    edns.AddExtendedError(ExtendedError::kNoReachableAuthority, c.text);
    ASSERT_EQ(edns.options.size(), 1u);
    EXPECT_EQ(edns.options[0].code, EdnsOptionCode::kExtendedError);
    EXPECT_EQ(AsText(edns.options[0].value), "\0\x16"s + (c.kept ? c.text : ""));
  }
}

}  // namespace
}  // namespace cairn
