// Digests of zones and what becomes of a zone that does not match (RFC 8976 sections 2.2, 3 and 4); other
// people's digests of other zones are compared in tests/interop/zonemd_test.py.
#include "common/zone/zonemd.h"

#include <string>

#include "common/dns/binary_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/zone/zone_from_text.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// RFC 8976 appendix A.1.
const std::string kSimple =
    "@ 86400 IN SOA ns1 admin 2018031900 1800 900 604800 86400\n"
    "@ 86400 IN NS ns1\n"
    "@ 86400 IN NS ns2\n"
    "ns1 3600 IN A 203.0.113.63\n"
    "ns2 3600 IN AAAA 2001:db8::63\n";
const std::string kSha384 =
    "C68090D90A7AED716BC459F9340E3D7C1370D4D24B7E2FC3A1DDC0B9A87153B9A9713B3C9AE5CC27777F98B8E730044C";
const std::string kSha512 =
    "500D47A50C572D7F9501A01A5FA1FC2B64B1E9A58198784A6D9B0AB95FBBA8A1"
    "DC9C7836C9AC4960A5625A7A67E3ABE963A4D870CB97E3E67FB0A130463B33F1";

std::shared_ptr<const Zone> Build(const std::string& text) {
  ZoneBuilder::Outcome outcome = testing::ZoneFromText("example.", text);
  EXPECT_NE(outcome.zone, nullptr) << testing::ToText(outcome.complaints);
  return std::move(outcome.zone);
}

std::string DigestOf(const std::string& text, ZonemdHash hash) {
  std::string digest;
  AppendHex(ZoneDigest(*Build(text), hash), digest);
  return digest;
}

TEST(Zonemd, DigestsTheExampleOfTheRfc) {
  EXPECT_EQ(DigestOf(kSimple, ZonemdHash::kSha384), kSha384);
  EXPECT_EQ(DigestOf(kSimple, ZonemdHash::kSha512), kSha512);
}

// Section 3.4.1: what does not change a digest, and what does.
TEST(Zonemd, DigestsContentAndNotSpelling) {
  const std::string same[] = {
      kSimple + "@ 60 ZONEMD 1 1 1 " + kSha384 + "\n",
      kSimple + "@ 60 RRSIG ZONEMD 13 1 60 20380101000000 20200101000000 1 example. AAAA\n",
      kSimple + "ns1 3600 A 203.0.113.63\n",
      "ns2 3600 AAAA 2001:DB8:0::63\n@ 86400 SOA NS1 Admin 2018031900 30m 15m 1w 1d\n@ 86400 NS NS2\n"
      "@ 86400 NS ns1.EXAMPLE.\nNS1 3600 A 203.0.113.63\n",
  };
  for (const std::string& text : same) EXPECT_EQ(DigestOf(text, ZonemdHash::kSha384), kSha384) << text;
  const std::string other[] = {
      kSimple + "a 60 TXT x\n",
      kSimple + "ns1 60 ZONEMD 1 1 1 " + kSha384 + "\n",  // not at the apex: data like any other
      kSimple + "@ 60 RRSIG SOA 13 1 86400 20380101000000 20200101000000 1 example. AAAA\n",
      kSimple + "a 60 NS ns.a\nns.a 60 A 192.0.2.1\n",
  };
  for (const std::string& text : other) EXPECT_NE(DigestOf(text, ZonemdHash::kSha384), kSha384) << text;
}

std::string Verdict(const std::string& zonemd, ZonemdPolicy policy) {
  return testing::ToText(CheckZonemd(*Build(kSimple + zonemd), policy, {"file", 7, 3}).complaints);
}

TEST(Zonemd, OneMatchIsEnough) {
  const std::string good384 = "@ 60 ZONEMD 2018031900 1 1 " + kSha384 + "\n";
  const std::string good512 = "@ 60 ZONEMD 2018031900 1 2 " + kSha512 + "\n";
  const std::string bad384 = "@ 60 ZONEMD 2018031900 1 1 " + std::string(96, 'A') + "\n";
  const std::string bad512 = "@ 60 ZONEMD 2018031900 1 2 " + std::string(128, 'A') + "\n";
  const std::string old384 = "@ 60 ZONEMD 2018031899 1 1 " + kSha384 + "\n";
  const std::string unknown = "@ 60 ZONEMD 2018031900 1 240 " + std::string(96, 'A') + "\n" +
                              "@ 60 ZONEMD 2018031900 240 1 " + kSha384 + "\n";
  for (const ZonemdPolicy policy : {ZonemdPolicy::kCheck, ZonemdPolicy::kRequire}) {
    EXPECT_EQ(Verdict(good384, policy), "");
    EXPECT_EQ(Verdict(good512, policy), "");
    EXPECT_EQ(Verdict(bad384 + good512, policy), "");
    EXPECT_EQ(Verdict(old384 + good512, policy), "");
    EXPECT_EQ(Verdict(unknown + good384, policy), "");
    EXPECT_THAT(Verdict(bad384, policy), StartsWith("file:7:3: error: the zone's SHA-384 digest is " +
                                                    kSha384 + " and not what its ZONEMD record"));
    EXPECT_THAT(Verdict(bad512, policy),
                StartsWith("file:7:3: error: the zone's SHA-512 digest is " + kSha512));
    EXPECT_THAT(
        Verdict(old384, policy),
        StartsWith("file:7:3: error: the ZONEMD record is of serial 2018031899, the SOA has 2018031900"));
    // Two of one scheme and hash: neither counts (section 2.2.3).
    EXPECT_EQ(Verdict(good384 + bad384 + good512, policy), "");
  }
  for (const std::string& zonemd : {unknown, good384 + bad384}) {
    EXPECT_THAT(Verdict(zonemd, ZonemdPolicy::kCheck),
                StartsWith("file:7:3: warning: no ZONEMD record has a scheme"));
    EXPECT_THAT(Verdict(zonemd, ZonemdPolicy::kRequire),
                StartsWith("file:7:3: error: no ZONEMD record has a scheme"));
  }
  EXPECT_EQ(Verdict("", ZonemdPolicy::kCheck), "");
  EXPECT_THAT(Verdict("", ZonemdPolicy::kRequire), HasSubstr("error: there is no ZONEMD record at the apex"));
  EXPECT_EQ(Verdict(bad384, ZonemdPolicy::kOff), "");
}

TEST(Zonemd, HasAWordForEachVerdict) {
  const std::string good = "@ 60 ZONEMD 2018031900 1 1 " + kSha384 + "\n";
  const std::string bad = "@ 60 ZONEMD 2018031900 1 1 " + std::string(96, 'A') + "\n";
  const std::string unknown = "@ 60 ZONEMD 2018031900 1 240 " + std::string(96, 'A') + "\n";
  const auto word = [](const std::string& zonemd, ZonemdPolicy policy) {
    return ToText(CheckZonemd(*Build(kSimple + zonemd), policy, {}).verdict);
  };
  EXPECT_EQ(word(good, ZonemdPolicy::kOff), "not checked");
  EXPECT_EQ(word("", ZonemdPolicy::kCheck), "none");
  EXPECT_EQ(word(good, ZonemdPolicy::kCheck), "matches");
  EXPECT_EQ(word(bad, ZonemdPolicy::kCheck), "does not match");
  EXPECT_EQ(word(unknown, ZonemdPolicy::kCheck), "unknown scheme or hash");
}

}  // namespace
}  // namespace cairn
