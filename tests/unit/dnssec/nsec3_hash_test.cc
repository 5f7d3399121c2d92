// RFC 5155 section 5 against the hashes which its appendix A lists.
#include "common/dnssec/nsec3_hash.h"

#include <string>
#include <vector>

#include "common/dns/binary_text.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

struct HashCase {
  const char* name;
  uint16_t iterations;
  std::vector<uint8_t> salt;
  const char* expected;
};

TEST(HashOwnerName, IsThatOfRfc5155) {
  const std::vector<uint8_t> salt = {0xaa, 0xbb, 0xcc, 0xdd};
  const HashCase cases[] = {
      // Appendix A.
      {"example.", 12, salt, "0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM"},
      {"a.example.", 12, salt, "35MTHGPGCU1QG68FAB165KLNSNK3DPVL"},
      {"ai.example.", 12, salt, "GJEQE526PLBF1G8MKLP59ENFD789NJGI"},
      {"ns1.example.", 12, salt, "2T7B4G4VSA5SMI47K61MV5BV1A22BOJR"},
      {"ns2.example.", 12, salt, "Q04JKCEVQVMU85R014C7DKBA38O0JI5R"},
      {"w.example.", 12, salt, "K8UDEMVP1J2F7EG6JEBPS17VP3N8I58H"},
      {"*.w.example.", 12, salt, "R53BQ7CC2UVMUBFU5OCMM6PERS9TK9EN"},
      {"x.w.example.", 12, salt, "B4UM86EGHHDS6NEA196SMVMLO4ORS995"},
      {"y.w.example.", 12, salt, "JI6NEOAEPV8B5O6K4EV33ABHA8HT9FGC"},
      {"x.y.w.example.", 12, salt, "2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S"},
      {"xx.example.", 12, salt, "T644EBQK9BIBCNA874GIVR6JOJ62MLHV"},
      {"2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.", 12, salt, "KOHAR7MBB8DC2CE8A9QVL8HON4K53UHI"},
      // Section 5: over the canonical form of the name.
      {"X.y.W.eXAMPLE.", 12, salt, "2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S"},
      // SHA-1 of one octet 0, and of "\7example\0": no salt, no iterations.
      {".", 0, {}, "BEKJP7DGPVSJUKLL47BK43I3URMQ4U2F"},
      {"example.", 0, {}, "3MSEV9USMD4BR9S97V51R2TDVMR9IQO1"},
  };
  for (const HashCase& c : cases) {
    std::string text;
    AppendBase32Hex(HashOwnerName(Name::Literal(c.name), c.iterations, c.salt), text);
    EXPECT_EQ(text, c.expected) << c.name;
  }
}

// The longest name with the longest salt, and the most iterations that RFC 5155 section 10.3 ever allowed.
TEST(HashOwnerName, TakesTheLargestInput) {
  const std::string label(63, 'a');
  const Name name = Name::Literal(label + "." + label + "." + label + "." + std::string(61, 'a') + ".");
  ASSERT_EQ(name.size(), kMaxNameOctets);
  const std::vector<uint8_t> salt(255, 0xff);
  EXPECT_EQ(HashOwnerName(name, 2500, salt), HashOwnerName(name, 2500, salt));
  EXPECT_NE(HashOwnerName(name, 2500, salt), HashOwnerName(name, 2499, salt));
}

TEST(Nsec3Params, BorrowsTheSalt) {
  const std::vector<uint8_t> rdata = {1, 0, 0x09, 0xc4, 2, 0xab, 0xcd};
  const Nsec3Params params = Nsec3Params::Of(rdata);
  EXPECT_EQ(params.algorithm, kNsec3Sha1);
  EXPECT_EQ(params.flags, 0);
  EXPECT_EQ(params.iterations, 2500);
  EXPECT_EQ(params.salt.size(), 2u);
  EXPECT_EQ(params.salt.data(), rdata.data() + 5);
}

}  // namespace
}  // namespace cairn
