// Which chain of a signed zone proves denials: RFC 5155 sections 4.1.2, 7.3 and 10.4, RFC 9276 section 3.
#include <string>

#include "common/dns/binary_text.h"
#include "common/dnssec/nsec3_hash.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/zone/zone_from_text.h"

namespace cairn {
namespace {

constexpr const char* kBegin = "@ 60 SOA ns.a. host 1 2 3 4 5\n@ 60 NS ns.a.\n";
constexpr const char* kNsec = "@ 60 NSEC @ NS SOA NSEC\n";

// The NSEC3 of the apex "z." under these parameters.
std::string ApexNsec3(uint16_t iterations, std::vector<uint8_t> salt) {
  std::string hash;
  std::string salt_text;
  AppendBase32Hex(HashOwnerName(Name::Literal("z."), iterations, salt), hash);
  AppendHex(salt, salt_text);
  return fmt::format("{0} 60 NSEC3 1 1 {1} {2} {0} NS SOA\n", hash, iterations,
                     salt.empty() ? "-" : salt_text);
}

struct ChainCase {
  const char* name;
  std::string records;
  Denial expected;
  const char* complaint;  // part of one; "" for none
};

TEST(Denial, IsByTheChainThatIsWhole) {
  const std::string plain = ApexNsec3(0, {});
  const std::string salted = ApexNsec3(0, {0xab});
  const ChainCase cases[] = {
      {"unsigned", "", Denial::kNone, ""},
      {"NSEC", kNsec, Denial::kNsec, ""},
      {"NSEC3", "@ 60 NSEC3PARAM 1 0 0 -\n" + plain, Denial::kNsec3, ""},
      {"NSEC3 with a salt", "@ 60 NSEC3PARAM 1 0 0 AB\n" + salted, Denial::kNsec3, ""},
      {"both: NSEC3PARAM decides", kNsec + ("@ 60 NSEC3PARAM 1 0 0 -\n" + plain), Denial::kNsec3, ""},
      {"both, no NSEC3PARAM", kNsec + plain, Denial::kNsec, "zone:4:37: warning: no NSEC3PARAM record of z."},
      {"both, a chain not yet whole", kNsec + ("@ 60 NSEC3PARAM 1 1 0 -\n" + plain), Denial::kNsec,
       "zone:4:6: warning: flags 1 in NSEC3PARAM"},
      {"no NSEC3PARAM", plain, Denial::kNone, "zone:3:37: warning: no NSEC3PARAM record of z."},
      {"NSEC3PARAM below the apex", "a 60 NSEC3PARAM 1 0 0 -\n" + plain, Denial::kNone,
       "zone:4:37: warning: no NSEC3PARAM record of z."},
      {"NSEC3PARAM without NSEC3", kNsec + std::string("@ 60 NSEC3PARAM 1 0 0 -\n"), Denial::kNsec, ""},
      {"unknown algorithm", "@ 60 NSEC3PARAM 2 0 0 -\n" + plain, Denial::kNone,
       "zone:3:6: warning: NSEC3 hash algorithm 2 is not known"},
      {"another salt", "@ 60 NSEC3PARAM 1 0 0 CD\n" + salted, Denial::kNone,
       "zone:3:6: warning: no NSEC3PARAM record of z."},
      {"a salt that begins alike", "@ 60 NSEC3PARAM 1 0 0 ABAB\n" + salted, Denial::kNone,
       "zone:3:6: warning: no NSEC3PARAM record of z."},
      {"other iterations", "@ 60 NSEC3PARAM 1 0 0 -\n" + ApexNsec3(1, {}), Denial::kNone,
       "zone:3:6: warning: no NSEC3PARAM record of z."},
      {"the apex is missing",
       "@ 60 NSEC3PARAM 1 0 0 -\n0p9mhaveqvm6t7vbl5lop2u3t2rp3tom 60 NSEC3 1 0 0 - "
       "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A\n",
       Denial::kNone, "zone:3:6: warning: no NSEC3PARAM record of z."},
      {"owners that are no hashes",
       "@ 60 NSEC3PARAM 1 0 0 -\n" + plain +
           "short 60 NSEC3 1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A\n"
           "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww 60 NSEC3 1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A\n",
       Denial::kNsec3, ""},
      {"two chains, one known", "@ 60 NSEC3PARAM 2 0 0 -\n@ 60 NSEC3PARAM 1 0 0 AB\n" + plain + salted,
       Denial::kNsec3, "zone:3:6: warning: NSEC3 hash algorithm 2 is not known"},
      {"iterations cost", "@ 60 NSEC3PARAM 1 0 10 -\n" + ApexNsec3(10, {}), Denial::kNsec3,
       "zone:3:6: warning: 10 NSEC3 iterations cost work"},
      {"the most iterations", "@ 60 NSEC3PARAM 1 0 2500 -\n" + ApexNsec3(2500, {}), Denial::kNsec3,
       "zone:3:6: warning: 2500 NSEC3 iterations cost work"},
      {"too many iterations", "@ 60 NSEC3PARAM 1 0 2501 -\n" + ApexNsec3(2501, {}), Denial::kNone,
       "zone:3:6: warning: 2501 NSEC3 iterations: above 2500"},
      {"below a DNAME at the apex", "@ 60 DNAME b.\n@ 60 NSEC3PARAM 1 0 0 -\n" + plain, Denial::kNsec3, ""},
  };
  for (const ChainCase& c : cases) {
    SCOPED_TRACE(c.name);
    const ZoneBuilder::Outcome outcome = testing::ZoneFromText("z.", kBegin + c.records);
    ASSERT_NE(outcome.zone, nullptr) << testing::ToText(outcome.complaints);
    EXPECT_EQ(outcome.zone->denial(), c.expected);
    EXPECT_THAT(testing::ToText(outcome.complaints), ::testing::HasSubstr(c.complaint));
    EXPECT_EQ(outcome.complaints.empty(), *c.complaint == '\0') << testing::ToText(outcome.complaints);
  }
}

// RFC 5155 section 6: one record of the chain that says so is enough; other chains do not count.
TEST(Denial, OptOutIsTheChains) {
  const auto nsec3 = [](const char* owner, const char* params) {
    return fmt::format("{0} 60 NSEC3 1 {1} {0} A\n", owner, params);
  };
  constexpr const char* kApexHash = "s4nsfbqlv7g61inco06qt7sdighk0773";
  constexpr const char* kOther = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom";
  const std::string apex = kBegin + std::string("@ 60 NSEC3PARAM 1 0 0 -\n") + nsec3(kApexHash, "0 0 -");
  EXPECT_FALSE(testing::ZoneFromText("z.", apex).zone->opt_out());
  EXPECT_TRUE(testing::ZoneFromText("z.", apex + nsec3(kOther, "1 0 -")).zone->opt_out());
  EXPECT_FALSE(testing::ZoneFromText("z.", apex + nsec3(kOther, "1 0 AB")).zone->opt_out());
}

}  // namespace
}  // namespace cairn
