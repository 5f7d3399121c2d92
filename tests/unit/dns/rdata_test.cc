// RDATA on the wire: what each kind of field refuses, that reading never leaves RDLENGTH, decompression and
// compression by type (RFC 3597 section 4), canonical form (RFC 4034 section 6.2), additional names (RFC 1034
// section 4.3.2).
#include "common/dns/rdata.h"

#include <array>
#include <string>
#include <vector>

#include "common/dns/binary_text.h"
#include "common/dns/rdata_text.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

std::vector<uint8_t> FromHex(std::string_view text) {
  RdataBuffer buffer;
  HexReader hex(buffer);
  for (const char c : text) {
    if (c != ' ') EXPECT_TRUE(hex.Add({&c, 1})) << text;
  }
  EXPECT_TRUE(hex.Done()) << text;
  return {buffer.view().begin(), buffer.view().end()};
}

std::string Hex(ByteView octets) {
  std::string text;
  AppendHex(octets, text);
  return text;
}

std::vector<uint8_t> Rdata(const char* type, std::string_view text) {
  absl::StatusOr<std::vector<uint8_t>> rdata = RdataFromText(*RrType::FromText(type), text);
  EXPECT_TRUE(rdata.ok()) << text;
  return rdata.ok() ? *rdata : std::vector<uint8_t>();
}

TEST(CheckRdata, RefusesWhatDoesNotFitTheType) {
  struct Case {
    const char* name;
    const char* type;
    const char* hex;
    WireFault expected;
  };
  constexpr auto kFine = WireFault::kNone;
  constexpr auto kLength = WireFault::kRdataLength;
  constexpr auto kValue = WireFault::kRdataValue;
  const Case kCases[] = {
      {"A", "A", "C0000201", kFine},
      {"A too short", "A", "C00002", kLength},
      {"A too long", "A", "C000020101", kLength},
      {"A empty", "A", "", kLength},
      {"name without its root", "NS", "0161", kLength},
      {"name with a pointer", "NS", "C000", WireFault::kLabelType},
      {"octets behind a name", "NS", "0000", kLength},
      {"MX", "MX", "000A0161 00", kFine},
      {"MX without a name", "MX", "000A", kLength},
      {"TXT empty", "TXT", "", kLength},
      {"TXT with one empty string", "TXT", "00", kFine},
      {"TXT string beyond the end", "TXT", "0461", kLength},
      {"HINFO with one string", "HINFO", "0141", kLength},
      {"ISDN without its subaddress", "ISDN", "0131", kFine},
      {"APL empty", "APL", "", kFine},
      {"APL cut in its head", "APL", "000118", kLength},
      {"APL address beyond the end", "APL", "0001 18 04 C00002", kLength},
      {"APL prefix of 33 bits", "APL", "0001 21 04 C0000201", kValue},
      {"APL IPv4 address of 5 octets (print overflow)", "APL", "0001 18 05 C000020101", kValue},
      {"APL IPv6 address of 17 octets", "APL", "0002 80 11 2001000000000000000000000000000100", kValue},
      {"APL of another family", "APL", "4005 FF 02 0102", kFine},
      {"LOC without data", "LOC", "", kLength},
      {"LOC cut short", "LOC", "00121613", kLength},
      {"LOC of version 1", "LOC", "01", kFine},
      {"NXT without a bitmap", "NXT", "00", kLength},
      {"NXT of another format", "NXT", "00 80", kValue},
      {"NSEC with no types", "NSEC", "00", kFine},
      {"NSEC window twice", "NSEC", "00 000140 000140", kValue},
      {"NSEC windows descending", "NSEC", "00 010140 000140", kValue},
      {"NSEC window of no octets", "NSEC", "00 0000", kValue},
      {"NSEC window of 33 octets", "NSEC", "00 0021 40", kValue},
      {"NSEC bitmap beyond the end", "NSEC", "00 000240", kLength},
      {"NSEC3 without a hash", "NSEC3", "01 00 0000 00 00", kLength},
      {"NSEC3 salt beyond the end", "NSEC3", "01 00 0000 04 AABB", kLength},
      {"HIP without data", "HIP", "", kLength},
      {"HIP lengths beyond the end", "HIP", "10 02 0010 0102", kLength},
      {"HIP without a tag", "HIP", "00 02 0001 01", kValue},
      {"IPSECKEY with a gateway of type 4", "IPSECKEY", "0A 04 02 00", kValue},
      {"IPSECKEY without its gateway", "IPSECKEY", "0A 01 02 C000", kLength},
      {"AMTRELAY without its type", "AMTRELAY", "0A", kLength},
      {"AMTRELAY of an unknown type", "AMTRELAY", "0A 04 0102", kFine},
      {"A6 prefix of 129 bits", "A6", "81", kValue},
      {"CAA tag empty", "CAA", "00 00", kValue},
      {"CAA tag with a blank", "CAA", "00 03 612062", kValue},
      {"CAA tag beyond the end", "CAA", "00 05 6973", kLength},
      {"SVCB without parameters", "SVCB", "0001 00", kFine},
      {"SVCB key twice", "SVCB", "0001 00 00030002 01BB 00030002 01BB", kValue},
      {"SVCB keys descending", "SVCB", "0001 00 00040004 C0000201 00030002 01BB", kValue},
      {"SVCB value of 65509 octets that are not there", "SVCB", "0001 00 0003FFE5 01BB", kLength},
      {"SVCB parameter cut in its head", "SVCB", "0001 00 000300", kLength},
      {"unknown type", "TYPE65280", "", kFine},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(CheckRdata(*RrType::FromText(c.type), FromHex(c.hex)), c.expected);
  }
}

struct Reading {
  std::string hex;  // of what was read
  bool ok;
  size_t offset;
};

// Reads `rdlength` octets at `offset` of `message`.
Reading ReadAt(const char* type, std::string_view message_hex, size_t offset, size_t rdlength) {
  const std::vector<uint8_t> message = FromHex(message_hex);
  WireReader wire(message);
  wire.Seek(offset);
  std::vector<uint8_t> out = {0xEE};
  ReadRdata(wire, *RrType::FromText(type), rdlength, out);
  EXPECT_EQ(out[0], 0xEE);
  if (!wire.ok()) EXPECT_EQ(out.size(), 1u) << "half a result";
  return {Hex(ByteView(out).subspan(1)), wire.ok(), wire.offset()};
}

TEST(ReadRdata, FollowsPointersForTheTypesThatMayHaveThem) {
  // "a." at 0, a pointer to it at 3.
  EXPECT_EQ(ReadAt("NS", "016100 C000", 3, 2).hex, "016100");
  EXPECT_EQ(ReadAt("MX", "016100 000A 0162C000", 3, 6).hex, "000A0162016100");
  EXPECT_EQ(ReadAt("SRV", "016100 000000000000 C000", 3, 8).hex, "000000000000016100");
  for (const char* type : {"DNAME", "KX", "NSEC", "LP", "TALINK", "NSAP-PTR"}) {
    const bool preference = *type == 'K' || *type == 'L';
    SCOPED_TRACE(type);
    EXPECT_FALSE(ReadAt(type, preference ? "016100 000A C000" : "016100 C000", 3, preference ? 4 : 2).ok);
  }
}

TEST(ReadRdata, LeavesTheReaderBehindTheRdata) {
  EXPECT_EQ(ReadAt("A", "C0000201 FFFF", 0, 4).offset, 4u);
  EXPECT_EQ(ReadAt("TYPE65280", "0102 FFFF", 0, 2).hex, "0102");
}

// CVE-2026-10822: the name went on behind RDLENGTH, into the next record.
TEST(ReadRdata, StaysWithinRdlengthEvenInsideOfNames) {
  EXPECT_TRUE(ReadAt("NS", "016100", 0, 3).ok);
  EXPECT_FALSE(ReadAt("NS", "016100", 0, 2).ok);
  EXPECT_FALSE(ReadAt("NS", "016100", 0, 1).ok);
  EXPECT_FALSE(ReadAt("NS", "016100", 0, 0).ok);
  EXPECT_FALSE(ReadAt("NS", "016100 C000", 3, 1).ok) << "half of a pointer";
  EXPECT_FALSE(ReadAt("NS", "016100 00", 0, 4).ok) << "an octet behind the name";
  EXPECT_FALSE(ReadAt("A", "C0000201", 0, 5).ok) << "RDLENGTH behind the message";
}

// 256 strings, each of one octet.
TEST(ReadRdata, ReadsTxtOf256Strings) {
  std::string hex;
  for (int i = 0; i < 256; ++i) hex += "0141";
  EXPECT_EQ(ReadAt("TXT", hex, 0, 512).hex, hex);
}

TEST(WriteRdata, CompressesNamesOfRfc1035TypesOnly) {
  struct Case {
    const char* type;
    const char* text;
    const char* expected;  // behind the question name at offset 12
  };
  const Case kCases[] = {
      {"NS", "b.a.", "0004 0162C00C"},
      {"SOA", "a. c.a. 1 2 3 4 5", "001A C00C 0163C00C 00000001 00000002 00000003 00000004 00000005"},
      {"SRV", "1 2 3 b.a.", "000B 0001 0002 0003 0162016100"},
      {"RRSIG", "A 8 1 1 2 3 4 a. AA==", "0016 0001 08 01 00000001 00000002 00000003 0004 016100 00"},
      {"TYPE65280", "\\# 3 016100", "0003 016100"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.type);
    std::array<uint8_t, 512> buffer{};
    MessageWriter out(buffer, buffer.size());
    out.Begin(Header{});
    ASSERT_TRUE(out.AddQuestion(Name::Literal("a."), rr::kA, kClassIn));
    const size_t start = out.size();
    ASSERT_TRUE(WriteRdata(out, *RrType::FromText(c.type), Rdata(c.type, c.text)));
    EXPECT_EQ(Hex(ByteView(buffer).subspan(start, out.size() - start)), Hex(FromHex(c.expected)));
  }
}

TEST(WriteRdata, WritesNothingWhenItDoesNotFit) {
  const std::vector<uint8_t> rdata = Rdata("MX", "10 mail.example.");
  for (size_t room = 0; room < rdata.size() + 2; ++room) {
    std::array<uint8_t, 512> buffer{};
    MessageWriter out(buffer, 12 + room);
    out.Begin(Header{});
    EXPECT_FALSE(WriteRdata(out, rr::kMx, rdata)) << room;
    EXPECT_EQ(out.size(), 12u);
  }
}

TEST(CanonicalRdata, FoldsNamesOfTheListedTypes) {
  struct Case {
    const char* type;
    const char* text;
    const char* expected;
  };
  const Case kCases[] = {
      {"NS", "A.EXAMPLE.", "a.example."},
      {"SOA", "A. B. 1 2 3 4 5", "a. b. 1 2 3 4 5"},
      {"NAPTR", "1 1 \"S\" \"SIP\" \"\" A.", "1 1 \"S\" \"SIP\" \"\" a."},
      {"RRSIG", "A 8 1 1 20260101000000 20260101000000 4 EXAMPLE. AAAA",
       "A 8 1 1 20260101000000 20260101000000 4 example. AAAA"},
      {"A6", "64 ::1 PREFIX.", "64 ::1 prefix."},
      {"NSEC", "A.EXAMPLE. A", "A.EXAMPLE. A"},
      {"SVCB", "1 A.", "1 A."},
      {"TXT", "\"ABC\"", "\"ABC\""},
      {"HINFO", "\"PC\" \"OS\"", "\"PC\" \"OS\""},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.type);
    const RrType type = *RrType::FromText(c.type);
    EXPECT_EQ(RdataToText(type, CanonicalRdata(type, Rdata(c.type, c.text))), c.expected);
  }
}

TEST(SameRdata, ComparesNamesWithoutCaseWhereTheTypeFolds) {
  EXPECT_TRUE(SameRdata(rr::kMx, Rdata("MX", "1 A."), Rdata("MX", "1 a.")));
  EXPECT_FALSE(SameRdata(rr::kMx, Rdata("MX", "1 A."), Rdata("MX", "2 a.")));
  EXPECT_FALSE(SameRdata(rr::kMx, Rdata("MX", "1 a."), Rdata("MX", "1 ab.")));
  EXPECT_FALSE(SameRdata(rr::kTxt, Rdata("TXT", "A"), Rdata("TXT", "a")));
  EXPECT_FALSE(SameRdata(RrType{65280}, FromHex("0141"), FromHex("0161")));
}

TEST(AdditionalName, IsTheHostWhoseAddressesComeAlong) {
  struct Case {
    const char* type;
    const char* text;
    const char* expected;  // "" for none
  };
  const Case kCases[] = {
      {"NS", "ns.", "ns."},
      {"MX", "10 mail.", "mail."},
      {"SRV", "0 0 1 host.", "host."},
      {"SRV", "0 0 0 .", ""},
      {"SVCB", "1 svc. port=1", "svc."},
      {"HTTPS", "1 .", ""},
      {"AFSDB", "1 cell.", "cell."},
      {"KX", "1 kx.", "kx."},
      {"CNAME", "alias.", ""},
      {"SOA", "m. r. 1 2 3 4 5", ""},
      {"A", "192.0.2.1", ""},
      {"TYPE65280", "\\# 0", ""},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.type);
    const std::vector<uint8_t> rdata = Rdata(c.type, c.text);
    const ByteView name = AdditionalName(*RrType::FromText(c.type), rdata);
    EXPECT_EQ(name.empty() ? "" : NameView::FromValidWire(name.data()).ToText(), c.expected);
  }
}

}  // namespace
}  // namespace cairn
