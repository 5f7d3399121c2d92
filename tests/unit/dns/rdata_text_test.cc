// RDATA in the presentation form: what is read, how mistakes are told, and that what is printed reads back to
// the same octets. One line for each type stands in zones/golden/every_type.zone; here are the edges.
#include "common/dns/rdata_text.h"

#include <string>

#include "common/base/status.h"
#include "common/dns/binary_text.h"
#include "common/dns/rdata.h"
#include "common/dns/rr_types.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

// What `text` is after reading and printing, or what is wrong with it.
std::string ReadAndPrint(const char* type_text, std::string_view text) {
  const RrType type = *RrType::FromText(type_text);
  const absl::StatusOr<std::vector<uint8_t>> rdata = RdataFromText(type, text, Name::Literal("example."));
  if (!rdata.ok()) return std::string(ErrorText(rdata.status()));
  const std::string printed = RdataToText(type, *rdata);
  const absl::StatusOr<std::vector<uint8_t>> again =
      RdataFromText(type, printed, Name::Literal("elsewhere."));
  EXPECT_TRUE(again.ok() && *again == *rdata) << printed;
  return printed;
}

struct Case {
  const char* type;
  std::string text;
  std::string expected;
};

void Check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.type) + " " + c.text.substr(0, 200));
    EXPECT_EQ(ReadAndPrint(c.type, c.text), c.expected);
  }
}

TEST(RdataText, NumbersKeepTheirRange) {
  Check({
      {"MX", "0 a", "0 a.example."},
      {"MX", "65535 a", "65535 a.example."},
      {"MX", "65536 a", "column 1: MX preference \"65536\": expected a number from 0 to 65535"},
      {"MX", "-1 a", "column 1: MX preference \"-1\": expected a number from 0 to 65535"},
      {"MX", "1x a", "column 1: MX preference \"1x\": expected a number from 0 to 65535"},
      {"MX", "99999999999999999999 a",
       "column 1: MX preference \"99999999999999999999\": expected a number from 0 to 65535"},
      {"IPN", "18446744073709551616",
       "column 1: IPN node number \"18446744073709551616\": expected a number from 0 to "
       "18446744073709551615"},
      {"DNSKEY", "256 3 256 AA==",
       "column 7: DNSKEY algorithm \"256\": expected a number from 0 to 255 or its mnemonic"},
      {"DNSKEY", "256 3 rsasha256 AA==", "256 3 8 AA=="},
  });
}

TEST(RdataText, CountsFields) {
  Check({
      {"MX", "", "column 1: MX preference is missing"},
      {"MX", "10", "column 3: MX exchange is missing"},
      {"MX", "10 ; only a comment", "column 3: MX exchange is missing"},
      {"MX", "10 a b", "column 6: unexpected \"b\" behind the RDATA of MX"},
      {"A", "192.0.2.1 192.0.2.2", "column 11: unexpected \"192.0.2.2\" behind the RDATA of A"},
      {"HINFO", "PC", "column 3: HINFO OS is missing"},
      {"DS", "1 8 2", "column 6: DS digest is missing"},
      {"TXT", "", "column 1: TXT text is missing"},
  });
}

TEST(RdataText, AddressesAreExact) {
  Check({
      {"A", "192.0.2", "column 1: A address \"192.0.2\": expected an IPv4 address like 192.0.2.1"},
      {"A", "192.0.2.01", "column 1: A address \"192.0.2.01\": expected an IPv4 address like 192.0.2.1"},
      {"A", "192.0.2.256", "column 1: A address \"192.0.2.256\": expected an IPv4 address like 192.0.2.1"},
      {"A", "192.0.2.1.", "column 1: A address \"192.0.2.1.\": expected an IPv4 address like 192.0.2.1"},
      {"A", "0.0.0.0", "0.0.0.0"},
      {"AAAA", "::", "::"},
      {"AAAA", "::1", "::1"},
      {"AAAA", "1::", "1::"},
      {"AAAA", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"AAAA", "1:0:0:2:0:0:0:3", "1:0:0:2::3"},
      {"AAAA", "2001:DB8::192.0.2.1", "2001:db8::c000:201"},
      {"AAAA", "1:2:3:4:5:6:7:8:9",
       "column 1: AAAA address \"1:2:3:4:5:6:7:8:9\": expected an IPv6 address like 2001:db8::1"},
      {"AAAA", "1:2:3:4:5:6:7",
       "column 1: AAAA address \"1:2:3:4:5:6:7\": expected an IPv6 address like 2001:db8::1"},
      {"AAAA", "1::2::3", "column 1: AAAA address \"1::2::3\": expected an IPv6 address like 2001:db8::1"},
      {"AAAA", "1:2:3:4::5:6:7:8",
       "column 1: AAAA address \"1:2:3:4::5:6:7:8\": expected an IPv6 address like 2001:db8::1"},
      {"AAAA", "12345::", "column 1: AAAA address \"12345::\": expected an IPv6 address like 2001:db8::1"},
      {"AAAA", ":1", "column 1: AAAA address \":1\": expected an IPv6 address like 2001:db8::1"},
      {"AAAA", "1:", "column 1: AAAA address \"1:\": expected an IPv6 address like 2001:db8::1"},
      {"AAAA", ":::", "column 1: AAAA address \":::\": expected an IPv6 address like 2001:db8::1"},
      {"AAAA", "::1.2.3", "column 1: AAAA address \"::1.2.3\": expected an IPv6 address like 2001:db8::1"},
      {"AAAA", "fe80::1%eth0",
       "column 1: AAAA address \"fe80::1%eth0\": expected an IPv6 address like 2001:db8::1"},
  });
}

TEST(RdataText, NamesAreCompletedAndChecked) {
  Check({
      {"NS", "@", "example."},
      {"NS", "a\\.b", "a\\.b.example."},
      {"NS", "a..b", "column 3: NS name server: the name \"a..b\" has an empty label at column 3"},
      {"NS", ".a", "column 1: NS name server: the name \".a\" has an empty label at column 1"},
      {"NS", "a\\256.",
       "column 2: NS name server: bad escape \"\\256\" in the name \"a\\256.\": write \\X or \\DDD with DDD "
       "from 000 to 255"},
  });
}

TEST(RdataText, StringsMayBeQuotedOrBareAndStayApart) {
  Check({
      {"TXT", "a b", "\"a\" \"b\""},
      {"TXT", "\"a b\"", "\"a b\""},
      {"TXT", "\"a\"\"b\"", "\"a\" \"b\""},
      {"TXT", "\"\"", "\"\""},
      {"TXT", "\"; ( ) \\\" \\\\\"", "\"; ( ) \\\" \\\\\""},
      {"TXT", "a\\ b\\;\\(", "\"a b;(\""},
      {"TXT", "\\097\\000\\255", "\"a\\000\\255\""},
      {"TXT", "\xc3\xa9", "\"\\195\\169\""},
      {"TXT", std::string("a\0b", 3), "\"a\\000b\""},
      {"TXT", "(a\n b ; comment\n c)", "\"a\" \"b\" \"c\""},
      {"TXT", "\"a\\256\"", "column 3: bad escape \"\\256\": write \\X or \\DDD with DDD from 000 to 255"},
      {"TXT", "\"a\\25\"", "column 3: bad escape \"\\25\": write \\X or \\DDD with DDD from 000 to 255"},
      {"TXT", "\"open", "column 1: the quoted string is not closed on its line; a line end is written \\010"},
      {"TXT", "\"open\n\"",
       "column 1: the quoted string is not closed on its line; a line end is written \\010"},
      {"TXT", "(a", "column 1: the parenthesis is never closed"},
      {"TXT", "a)", "column 2: this parenthesis closes none that is open"},
      {"TXT", "a\nb", "column 2: a line end outside of parentheses"},
      {"TXT", "k=\"a b\"",
       "column 1: TXT text \"k=\"a b\"\": expected no quote inside of a word: quotes go around the whole "
       "string"},
      {"TXT", std::string(255, 'x'), "\"" + std::string(255, 'x') + "\""},
      {"TXT", std::string(256, 'x'),
       "column 1: TXT text \"" + std::string(40, 'x') +
           "...\": expected at most 255 octets; write longer text as several strings"},
      {"CAA", "0 issue a b", "column 11: unexpected \"b\" behind the RDATA of CAA"},
      {"CAA", "0 is-sue a", "column 3: CAA tag \"is-sue\": expected letters and digits"},
      {"CAA", "0 \"\" a", "column 4: CAA tag \"\": expected letters and digits"},
      {"URI", "1 1 \"\"", "column 6: URI target \"\": expected at least one octet"},
  });
}

TEST(RdataText, OctetsInHexAndBase64MayBeSplit) {
  Check({
      {"DS", "1 8 240 0 1 2 3", "1 8 240 0123"},
      {"DS", "1 8 240 012", "column 9: DS digest \"012\": expected an even number of hex digits"},
      {"DS", "1 8 240 01 xy", "column 12: DS digest \"xy\": expected hex digits"},
      {"DS", "1 8 2 0123", "column 7: DS digest \"0123\": expected 32 octets for type 2, these are 2"},
      {"ZONEMD", "1 1 1 000102030405060708090A0B",
       "column 7: ZONEMD digest \"000102030405060708090A0B\": expected 48 octets for type 1, these are 12"},
      {"ZONEMD", "1 1 240 000102030405060708090A",
       "column 9: ZONEMD digest \"000102030405060708090A\": expected at least 12 octets, these are 11"},
      {"DNSKEY", "256 3 8 A Q I D BA U=", "256 3 8 AQIDBAU="},
      {"DNSKEY", "256 3 8 AQI",
       "column 9: DNSKEY public key \"AQI\": expected base64 of whole groups of four, padded with ="},
      {"DNSKEY", "256 3 8 AQ==AQ==", "column 9: DNSKEY public key \"AQ==AQ==\": expected base64"},
      {"DNSKEY", "256 3 8 A===", "column 9: DNSKEY public key \"A===\": expected base64"},
      {"DNSKEY", "256 3 8 A*==", "column 9: DNSKEY public key \"A*==\": expected base64"},
      {"NSEC3PARAM", "1 0 0 aab", "column 7: NSEC3PARAM salt \"aab\": expected hex digits, or - for no salt"},
      {"NSEC3PARAM", "1 0 0 " + std::string(512, 'a'),
       "column 7: NSEC3PARAM salt \"" + std::string(40, 'a') + "...\": expected at most 255 octets"},
      {"NSEC3", "1 0 0 - 2T7B4G",
       "column 9: NSEC3 next hashed name \"2T7B4G\": "
       "expected base32hex without padding"},
      {"NSEC3", "1 0 0 - =", "column 9: NSEC3 next hashed name \"=\": expected base32hex of 1 to 255 octets"},
      {"EUI48", "00-00-5e-00-53-2a", "00-00-5e-00-53-2a"},
      {"EUI48", "00-00-5e-00-53",
       "column 1: EUI48 address \"00-00-5e-00-53\": expected six pairs of hex digits like 00-00-5e-00-53-2a"},
      {"EUI48", "0-00-5e-00-53-2a",
       "column 1: EUI48 address \"0-00-5e-00-53-2a\": expected six pairs of hex digits like "
       "00-00-5e-00-53-2a"},
      {"EUI48", "00-00-5e-00-53-2a-00",
       "column 1: EUI48 address \"00-00-5e-00-53-2a-00\": expected six pairs of hex digits like "
       "00-00-5e-00-53-2a"},
      {"NID", "10 1:2:3:4", "10 0001:0002:0003:0004"},
      {"NID", "10 1:2:3:45678",
       "column 4: NID node identifier \"1:2:3:45678\": expected four groups of hex digits like "
       "2001:db8:1140:1000"},
      {"NID", "10 1::3:4",
       "column 4: NID node identifier \"1::3:4\": expected four groups of hex digits like "
       "2001:db8:1140:1000"},
  });
}

TEST(RdataText, TimesAreDatesOrSeconds) {
  constexpr const char* kExpected =
      "expected a time as YYYYMMDDHHmmSS before 2106-02-07, or seconds since 1970";
  const auto rrsig = [](std::string_view time) { return "A 8 1 1h " + std::string(time) + " 0 1 . AAAA"; };
  const auto printed = [](std::string_view time) {
    return "A 8 1 3600 " + std::string(time) + " 19700101000000 1 . AAAA";
  };
  const auto refused = [&](std::string_view time) {
    return "column 10: RRSIG expiration \"" + std::string(time) + "\": " + kExpected;
  };
  Check({
      {"RRSIG", rrsig("20260228235959"), printed("20260228235959")},
      {"RRSIG", rrsig("20280229000000"), printed("20280229000000")},
      {"RRSIG", rrsig("2147483648"), printed("20380119031408")},  // year 2038
      {"RRSIG", rrsig("20380119031408"), printed("20380119031408")},
      {"RRSIG", rrsig("4294967295"), printed("21060207062815")},  // year 2106
      {"RRSIG", rrsig("21060207062815"), printed("21060207062815")},
      {"RRSIG", rrsig("21060207062816"), refused("21060207062816")},
      {"RRSIG", rrsig("4294967296"), refused("4294967296")},
      {"RRSIG", rrsig("20260229000000"), refused("20260229000000")},
      {"RRSIG", rrsig("20261301000000"), refused("20261301000000")},
      {"RRSIG", rrsig("20260101240000"), refused("20260101240000")},
      {"RRSIG", rrsig("19691231235959"), refused("19691231235959")},
      {"RRSIG", rrsig("2026010100000x"), refused("2026010100000x")},
  });
}

TEST(PeriodFromText, TakesSecondsOrSumsOfUnits) {
  struct PeriodCase {
    const char* text;
    std::optional<uint32_t> expected;
  };
  const PeriodCase kCases[] = {
      {"0", 0},
      {"3600", 3600},
      {"1h", 3600},
      {"1H30M", 5400},
      {"1w2d3h4m5s", 788645},
      {"4294967295", 4294967295u},
      {"4294967296", std::nullopt},
      {"7102w", std::nullopt},
      {"1h30", std::nullopt},
      {"", std::nullopt},
      {"h", std::nullopt},
      {"1y", std::nullopt},
      {"1 h", std::nullopt},
      {"-1", std::nullopt},
  };
  for (const PeriodCase& c : kCases) EXPECT_EQ(PeriodFromText(c.text), c.expected) << c.text;
}

TEST(RdataText, TypeBitmapsComeInAnyOrder) {
  Check({
      {"NSEC", "a. CAA A A NS TYPE1", "a. A NS CAA"},
      {"NSEC", "a.", "a."},
      {"NSEC", "a. A FOO", "column 6: NSEC types \"FOO\": expected an RR type, by its mnemonic or as TYPEn"},
      {"CSYNC", "1 0 TYPE65535 A", "1 0 A TYPE65535"},
      {"NXT", "a.", "column 3: NXT types is missing"},
      {"NXT", "a. CAA", "column 7: NXT types can only name types from 1 to 127 (RFC 2535 section 5.2)"},
  });
}

TEST(RdataText, LocHasDefaultsAndLimits) {
  Check({
      {"LOC", "0 N 0 E 0", "0 0 0.000 N 0 0 0.000 E 0.00m 1.00m 10000.00m 10.00m"},
      {"LOC", "90 S 180 W -100000m", "90 0 0.000 S 180 0 0.000 W -100000.00m 1.00m 10000.00m 10.00m"},
      {"LOC", "1 2 3.4 n 5 6 7.89 e 42849672.95 9 0.05m 55m",
       "1 2 3.400 N 5 6 7.890 E 42849672.95m 9.00m 0.05m 50.00m"},
      {"LOC", "91 N 0 E 0", "column 1: LOC location \"91\": expected degrees from 0 to 90"},
      {"LOC", "90 0 0.001 N 0 E 0", "column 12: LOC location \"N\": expected at most 90 degrees before it"},
      {"LOC", "1 60 N 0 E 0",
       "column 3: LOC location \"60\": expected minutes from 0 to 59, or the direction"},
      {"LOC", "1 1 60 N 0 E 0",
       "column 5: LOC location \"60\": expected seconds from 0 to 59.999, or the direction"},
      {"LOC", "1 1 1.0001 N 0 E 0",
       "column 5: LOC location \"1.0001\": expected seconds from 0 to 59.999, or the direction"},
      {"LOC", "1 E 0 E 0", "column 3: LOC location \"E\": expected minutes from 0 to 59, or the direction"},
      {"LOC", "1 N 181 E 0", "column 5: LOC location \"181\": expected degrees from 0 to 180"},
      {"LOC", "1 N 1 E", "column 8: LOC location is missing"},
      {"LOC", "1 N 1 E -100000.01",
       "column 9: LOC location \"-100000.01\": expected an altitude from -100000.00m to 42849672.95m"},
      {"LOC", "1 N 1 E 42849672.96",
       "column 9: LOC location \"42849672.96\": expected an altitude from -100000.00m to 42849672.95m"},
      {"LOC", "1 N 1 E 0 90000000.01",
       "column 11: LOC location \"90000000.01\": expected a size from 0 to 90000000.00m"},
      {"LOC", "1 N 1 E 0 1 1 1 1", "column 17: unexpected \"1\" behind the RDATA of LOC"},
  });
}

TEST(RdataText, AplHasNegationAndPrefixes) {
  constexpr const char* kExpected =
      "expected [!]family:address/prefix like 1:192.0.2.0/24 or !2:2001:db8::/32";
  Check({
      {"APL", "", ""},
      {"APL", "1:0.0.0.0/0 !2:::/0", "1:0.0.0.0/0 !2:::/0"},
      {"APL", "1:192.0.2.1/32", "1:192.0.2.1/32"},
      {"APL", "1:192.0.2.1/33",
       std::string("column 1: APL address prefixes \"1:192.0.2.1/33\": ") + kExpected},
      {"APL", "1:192.0.2.1", std::string("column 1: APL address prefixes \"1:192.0.2.1\": ") + kExpected},
      {"APL", "3:192.0.2.1/1", std::string("column 1: APL address prefixes \"3:192.0.2.1/1\": ") + kExpected},
      {"APL", "2:192.0.2.1/1", std::string("column 1: APL address prefixes \"2:192.0.2.1/1\": ") + kExpected},
  });
}

// RFC 9460 appendix D, and the rules of its sections 2, 7 and 8.
TEST(RdataText, SvcbFollowsRfc9460) {
  Check({
      {"SVCB", "0 foo.example.com.", "0 foo.example.com."},
      {"SVCB", "1 .", "1 ."},
      {"SVCB", "16 foo.example.com. port=53", "16 foo.example.com. port=53"},
      {"SVCB", "1 foo.example.com. key667=hello", "1 foo.example.com. key667=\"hello\""},
      {"SVCB", "1 foo.example.com. key667=\"hello\\210qoo\"", "1 foo.example.com. key667=\"hello\\210qoo\""},
      {"SVCB", "1 a. key667", "1 a. key667"},
      {"SVCB", "1 a. key667=", "1 a. key667"},
      {"SVCB", "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"",
       "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1"},
      {"SVCB", "1 example.com. ipv6hint=\"2001:db8:122:344::192.0.2.33\"",
       "1 example.com. ipv6hint=2001:db8:122:344::c000:221"},
      {"SVCB", "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
       "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1"},
      {"SVCB", "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
       "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\""},
      {"SVCB", "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
       "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\""},
      {"SVCB", "1 a. key1=\\002h2", "1 a. alpn=\"h2\""},
      {"SVCB", "0 a. port=1", "0 a. port=1"},
      {"SVCB", "1 a. port=1 port=2", "column 13: SVCB parameters \"port=2\": expected each key only once"},
      {"SVCB", "1 a. key3=\\000\\001 port=2",
       "column 20: SVCB parameters \"port=2\": expected each key only once"},
      {"SVCB", "1 a. port", "column 6: SVCB parameters \"port\": expected a number from 0 to 65535"},
      {"SVCB", "1 a. port=65536",
       "column 6: SVCB parameters \"port=65536\": expected a number from 0 to 65535"},
      {"SVCB", "1 a. mandatory=mandatory",
       "column 6: SVCB parameters \"mandatory=mandatory\": expected a list of other keys, none twice"},
      {"SVCB", "1 a. mandatory=port,port port=1",
       "column 6: SVCB parameters \"mandatory=port,port\": expected a list of other keys, none twice"},
      {"SVCB", "1 a. mandatory=port",
       "column 6: SVCB parameters \"mandatory=port\": expected every key it names, but there is no port"},
      {"SVCB", "1 a. mandatory=key123 alpn=h2",
       "column 6: SVCB parameters \"mandatory=key123\": expected every key it names, but there is no key123"},
      {"SVCB", "1 a. no-default-alpn",
       "column 6: SVCB parameters \"no-default-alpn\": expected alpn beside it (RFC 9460 section 7.1.1)"},
      {"SVCB", "1 a. alpn=h2 no-default-alpn=x",
       "column 14: SVCB parameters \"no-default-alpn=x\": expected no value"},
      {"SVCB", "1 a. alpn=h2,,h3",
       "column 6: SVCB parameters \"alpn=h2,,h3\": expected a list of protocols of 1 to 255 octets each"},
      {"SVCB", "1 a. alpn=",
       "column 6: SVCB parameters \"alpn=\": expected a list of protocols of 1 to 255 octets each"},
      {"SVCB",
       "1 a. ipv4hint=", "column 6: SVCB parameters \"ipv4hint=\": expected a list of IPv4 addresses"},
      {"SVCB", "1 a. ech=*", "column 6: SVCB parameters \"ech=*\": expected base64"},
      {"SVCB", "1 a. key4=\\001\\002",
       "column 6: SVCB parameters \"key4=\\001\\002\": expected the octets of ipv4hint"},
      {"SVCB", "1 a. dohpath=/dns-query",
       "column 6: SVCB parameters \"dohpath=/dns-query\": expected a path with the variable dns, like "
       "/dns-query{?dns}"},
      {"SVCB", "1 a. foo=1",
       "column 6: SVCB parameters \"foo=1\": expected key or key=value with a key of the registry, or "
       "keyNNNNN with a number from 0 to 65534"},
      {"SVCB", "1 a. key0667=1",
       "column 6: SVCB parameters \"key0667=1\": expected key or key=value with a key of the registry, or "
       "keyNNNNN with a number from 0 to 65534"},
      {"SVCB", "1 a. key65535=1",
       "column 6: SVCB parameters \"key65535=1\": expected key or key=value with a key of the registry, or "
       "keyNNNNN with a number from 0 to 65534"},
  });
}

TEST(RdataText, GatewaysFollowTheirType) {
  Check({
      {"IPSECKEY", "10 0 2 a. AAAA",
       "column 8: IPSECKEY gateway \"a.\": expected \".\", since its type is 0"},
      {"IPSECKEY", "10 1 2 ::1 AAAA",
       "column 8: IPSECKEY gateway \"::1\": expected an IPv4 address like 192.0.2.1"},
      {"IPSECKEY", "10 4 2 a. AAAA",
       "column 7: IPSECKEY gateway has the type 4; known are 0 none, 1 IPv4, 2 IPv6, 3 name"},
      {"AMTRELAY", "10 2 1 192.0.2.1", "column 4: AMTRELAY relay \"2\": expected a number from 0 to 1"},
      {"A6", "64 1::1 p.",
       "column 4: A6 address suffix \"1::1\": expected zeros in the first 8 octets, which the prefix gives"},
      {"A6", "129 ::1 p.", "column 4: A6 address suffix needs a prefix length of at most 128"},
  });
}

// RFC 3597 section 5: for any type, and for a known one the octets must be its RDATA.
TEST(RdataText, GenericFormIsCheckedForKnownTypes) {
  Check({
      {"A", "\\# 4 C0000201", "192.0.2.1"},
      {"A", "\\# 4 C0 00 ( 02\n 01 )", "192.0.2.1"},
      {"A", "\\# 3 C00002",
       "column 1: A RDATA \"\\#\": expected octets that are RDATA of A (RDLENGTH and content disagree)"},
      {"A", "\\# 4 C00002", "column 1: A RDATA \"\\#\": expected as many octets as it says: 4, not 3"},
      {"A", "\\# 4 C000020", "column 6: A RDATA \"C000020\": expected an even number of hex digits"},
      {"A", "\\# 4", "column 1: A RDATA \"\\#\": expected as many octets as it says: 4, not 0"},
      {"A", "\\# 0",
       "column 1: A RDATA \"\\#\": expected octets that are RDATA of A (RDLENGTH and content disagree)"},
      {"A", "\\#", "column 3: A RDATA is missing"},
      {"A", "\\# x", "column 4: A RDATA \"x\": expected a number from 0 to 65535"},
      {"APL", "\\# 0", ""},
      {"TYPE65280", "\\# 0", "\\# 0"},
      {"TYPE65280", "\\# 2 0a0b", "\\# 2 0A0B"},
      {"TYPE65280", "1.2.3.4",
       "column 1: TYPE65280 RDATA of this type can only be written as \\# length hex (RFC 3597 section 5)"},
      {"TXT", "\"\\#\"", "\"#\""},
  });
}

TEST(RdataText, RefusesMoreThan65535Octets) {
  std::string strings;
  for (int i = 0; i < 256; ++i) strings += std::string(255, 'x') + " ";
  EXPECT_EQ(ReadAndPrint("TXT", strings).substr(0, 13), "column 65536:");
  // SVCB value length 65509 overflow: the value alone fits into its length field, the RDATA does not fit into
  // its own.
  EXPECT_EQ(ReadAndPrint("SVCB", "1 a. key667=" + std::string(65535, 'x')),
            "column 65548: the RDATA of SVCB has more than 65535 octets");
  EXPECT_EQ(ReadAndPrint("SVCB", "1 a. key667=" + std::string(65536, 'x')).substr(0, 9), "column 6:");
}

// Sound on the wire, but nothing that our reading makes: printed as octets, so that it reads back to the
// same.
TEST(RdataText, PrintsWhatReadingWouldRefuseInGenericForm) {
  struct OctetCase {
    const char* name;
    const char* type;
    std::vector<uint8_t> rdata;
    const char* expected;
  };
  const OctetCase kCases[] = {
      {"DS digest of the wrong length", "DS", {0, 1, 8, 2, 0xab}, "\\# 5 00010802AB"},
      {"DNSKEY without a key", "DNSKEY", {1, 0, 3, 8}, "\\# 4 01000308"},
      {"NSEC bitmap with zeros at its end", "NSEC", {0, 0, 2, 0x40, 0}, "\\# 5 0000024000"},
      {"APL address with zeros at its end", "APL", {0, 1, 24, 4, 192, 0, 2, 0}, "\\# 8 00011804C0000200"},
      {"APL of another family", "APL", {0, 9, 0, 0}, "\\# 4 00090000"},
      {"LOC of version 1", "LOC", {1}, "\\# 1 01"},
      {"LOC with a size of ten",
       "LOC",
       {0, 0xa0, 0, 0, 128, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0},
       "\\# 16 00A00000800000008000000000000000"},
      {"SVCB with a port of one octet", "SVCB", {0, 1, 0, 0, 3, 0, 1, 9}, "\\# 8 0001000003000109"},
      {"ZONEMD with a digest of a few octets", "ZONEMD", {0, 0, 0, 1, 1, 240, 0xab}, "\\# 7 0000000101F0AB"},
      {"SVCB mandatory key that is absent", "SVCB", {0, 1, 0, 0, 0, 0, 2, 0, 3}, "\\# 9 000100000000020003"},
      {"AMTRELAY of an unknown type", "AMTRELAY", {10, 4, 1}, "\\# 3 0A0401"},
      {"URI without a target", "URI", {0, 1, 0, 1}, "\\# 4 00010001"},
      {"ATMA of another format", "ATMA", {2, 1}, "\\# 2 0201"},
  };
  for (const OctetCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const RrType type = *RrType::FromText(c.type);
    ASSERT_EQ(CheckRdata(type, c.rdata), WireFault::kNone);
    EXPECT_EQ(RdataToText(type, c.rdata), c.expected);
    const absl::StatusOr<std::vector<uint8_t>> again = RdataFromText(type, c.expected);
    EXPECT_TRUE(again.ok() && *again == c.rdata);
  }
}

}  // namespace
}  // namespace cairn
