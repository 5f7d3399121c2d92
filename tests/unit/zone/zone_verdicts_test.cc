// Zone files and what is said of them, in one table: a text, and either its records in canonical form or each
// mistake with its line and column (RFC 1035 section 5 and the RFCs of the types). Text that is accepted is
// printed and read again: it is the same zone. tests/README.md says which behaviour each test stands for; the
// same verdicts are compared with three other checkers in tests/interop/zonefile_verdicts_test.py.
#include <string>
#include <vector>

#include "common/zonefile/zone_writer.h"
#include "gtest/gtest.h"
#include "tests/unit/zone/zone_from_text.h"

namespace cairn {
namespace {

// The lines of an apex, before the text of most rows; it begins at line 3.
constexpr const char* kApex = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns.x.\n";

const std::string kLabel(63, 'a');
// With "example." behind it, 255 octets.
const std::string kLong = kLabel + "." + kLabel + "." + kLabel + "." + std::string(53, 'b');

struct Row {
  const char* name;
  std::string text;
  std::string expected;
  bool whole = false;  // the text is the whole file
};

Row Whole(const char* name, std::string text, std::string expected) {
  return {name, std::move(text), std::move(expected), true};
}

std::string Canonical(const Zone& zone) {
  std::string text;
  for (const Node node : zone) {
    for (const RrsetView rrset : node) {
      for (const ByteView rdata : rrset)
        AppendZoneLine(node.owner(), node.TtlOf(rrset, rdata), kClassIn, rrset.type(), rdata, text);
    }
  }
  return text;
}

// Complaints as "3:7: error: ...", then the records, a line each.
std::string Verdict(const ZoneBuilder::Outcome& outcome) {
  std::string text;
  for (const Complaint& complaint : outcome.complaints)
    text += complaint.ToText().substr(std::string_view("zone:").size()) + "\n";
  return outcome.zone == nullptr ? text : text + Canonical(*outcome.zone);
}

void Check(const std::vector<Row>& rows) {
  const std::string apex = Canonical(*testing::ZoneFromText("example.", kApex).zone);
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const ZoneBuilder::Outcome outcome =
        testing::ZoneFromText("example.", row.whole ? row.text : kApex + row.text);
    std::string verdict = Verdict(outcome);
    const size_t at = row.whole ? std::string::npos : verdict.find(apex);
    if (at != std::string::npos) verdict.erase(at, apex.size());
    EXPECT_EQ(verdict, row.expected);
    EXPECT_EQ(outcome.zone == nullptr, HasErrors(outcome.complaints));
    if (outcome.zone == nullptr) continue;
    const std::string canonical = Canonical(*outcome.zone);
    const ZoneBuilder::Outcome again = testing::ZoneFromText("example.", canonical);
    ASSERT_NE(again.zone, nullptr);
    EXPECT_EQ(Canonical(*again.zone), canonical);
  }
}

// RFC 1035 section 5.1: an entry without an owner repeats the last one.
TEST(ZoneVerdicts, Owners) {
  Check({
      {"after comments, blank lines and $TTL", "a 1 A 192.0.2.1\n; c\n\n$TTL 9\n  A 192.0.2.2\n",
       "7:3: warning: TTL 9 of a.example. A differs from its set's first, 1: 1 is used for all (RFC 2181 "
       "section 5.2)\na.example. 1 IN A 192.0.2.1\na.example. 1 IN A 192.0.2.2\n"},
      {"after $ORIGIN it is the name it was", "a 1 A 192.0.2.1\n$ORIGIN sub\n  2 TXT x\nb 1 TXT y\n",
       "a.example. 1 IN A 192.0.2.1\na.example. 2 IN TXT \"x\"\nb.sub.example. 1 IN TXT \"y\"\n"},
      Whole("of the first entry there is none", "  60 SOA ns host 1 2 3 4 5\n",
            "1:1: error: this record has no owner, and there is none before it to repeat\n"),
  });
}

// RFC 1035 sections 2.3.4 and 5.1: checked when the origin is appended.
TEST(ZoneVerdicts, Names) {
  Check({
      {"relative, absolute, and the origin itself",
       "a.b 1 CNAME c\nd.example. 1 CNAME e.other.\nf 1 MX 1 @\n",
       "a.b.example. 1 IN CNAME c.example.\nd.example. 1 IN CNAME e.other.\nf.example. 1 IN MX 1 example.\n"},
      {"letters keep their case", "MiXeD 1 A 192.0.2.1\n", "MiXeD.example. 1 IN A 192.0.2.1\n"},
      {"a label of 63 octets", kLabel + " 1 TXT x\n", kLabel + ".example. 1 IN TXT \"x\"\n"},
      {"a label of 64 octets", kLabel + "a 1 TXT x\n",
       "3:1: error: owner: the label \"" + kLabel + "a\" has more than 63 octets (RFC 1035 section 2.3.4)\n"},
      {"a name of 255 octets", kLong + " 1 TXT x\n", kLong + ".example. 1 IN TXT \"x\"\n"},
      {"a name of 256 octets", kLong + "b 1 TXT x\n",
       "3:1: error: owner: the name \"" + kLong +
           "b\" has more than 255 octets, its origin included (RFC 1035 section 2.3.4)\n"},
      {"an empty label", "a..b 1 TXT x\n",
       "3:3: error: owner: the name \"a..b\" has an empty label at column 3\n"},
      {"a leading dot", ".a 1 TXT x\n",
       "3:1: error: owner: the name \".a\" has an empty label at column 1\n"},
      {"the same in RDATA", "a 1 NS b..c\n",
       "3:10: error: NS name server: the name \"b..c\" has an empty label at column 3\n"},
  });
}

// RFC 1035 section 5.1: \DDD and \X, in names and strings.
TEST(ZoneVerdicts, Escapes) {
  Check({
      {"a decimal one, a dot, a blank", "\\097 1 TXT \"\\098\"\nb\\.c 1 TXT \"\\\"\"\nd\\ e 1 TXT f\\ g\n",
       "a.example. 1 IN TXT \"b\"\nb\\.c.example. 1 IN TXT \"\\\"\"\nd\\032e.example. 1 IN TXT \"f g\"\n"},
      {"every octet may stand in a label", "\\000\\255 1 TXT x\n", "\\000\\255.example. 1 IN TXT \"x\"\n"},
      {"two digits", "a\\25 1 TXT x\n",
       "3:2: error: owner: bad escape \"\\25\" in the name \"a\\25\": write \\X or \\DDD with DDD from 000 "
       "to 255\n"},
      {"above 255", "a 1 TXT \"\\256\"\n",
       "3:10: error: bad escape \"\\256\": write \\X or \\DDD with DDD from 000 to 255\n"},
  });
}

// RFC 1035 section 5.1, RFC 2308 section 4, RFC 2181 section 8.
TEST(ZoneVerdicts, TtlAndClass) {
  Check({
      {"either order", "a 1 IN TXT x\nb IN 1 TXT x\nc TXT x\n",
       "a.example. 1 IN TXT \"x\"\nb.example. 1 IN TXT \"x\"\nc.example. 1 IN TXT \"x\"\n"},
      {"units, any case, added up", "a 1h30M TXT x\nb 1w1d1S TXT x\n",
       "a.example. 5400 IN TXT \"x\"\nb.example. 691201 IN TXT \"x\"\n"},
      {"the largest", "a 2147483647 TXT x\n", "a.example. 2147483647 IN TXT \"x\"\n"},
      {"above the largest", "a 2147483648 TXT x\n",
       "3:3: error: TTL \"2147483648\": expected 0 to 2147483647 seconds, or a sum like 1h30m of w, d, h, m "
       "and s (RFC 2181 section 8)\n"},
      {"an unknown unit", "a 1y TXT x\n",
       "3:3: error: TTL \"1y\": expected 0 to 2147483647 seconds, or a sum like 1h30m of w, d, h, m and s "
       "(RFC 2181 section 8)\n"},
      Whole("the SOA's minimum when nothing else is known", "@ SOA ns host 1 2 3 4 77\n@ NS ns.x.\n",
            "example. 77 IN NS ns.x.\nexample. 77 IN SOA ns.example. host.example. 1 2 3 4 77\n"),
      Whole("none is known", "a TXT x\n@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns.x.\n",
            "1:6: error: no TTL here, no $TTL above, and no record before it whose TTL could be repeated\n"),
  });
}

// RFC 1035 section 5.1, RFC 2308 section 4.
TEST(ZoneVerdicts, Directives) {
  Check({
      {"$ORIGIN may be relative", "$ORIGIN a\nb 1 TXT x\n$ORIGIN c\n@ 1 TXT y\n",
       "b.a.example. 1 IN TXT \"x\"\nc.a.example. 1 IN TXT \"y\"\n"},
      {"an unknown one", "$FOO bar\n",
       "3:1: error: \"$FOO\" is no directive: there are $ORIGIN, $TTL, $INCLUDE and $GENERATE. The $ of an "
       "owner name is written \\$\n"},
      {"$ORIGIN without a name", "$ORIGIN\n", "3:8: error: the origin is missing\n"},
      {"$TTL with a word", "$TTL never\n",
       "3:6: error: TTL \"never\": expected 0 to 2147483647 seconds, or a sum like 1h30m of w, d, h, m and s "
       "(RFC 2181 section 8)\n"},
      {"$INCLUDE of a file that is not there", "$INCLUDE no-such-file\n",
       "3:10: error: cannot include \"no-such-file\": No such file or directory\n"},
      {"$GENERATE with step, offset, width and base", "$GENERATE 10-14/2 h${-2,3,x} 1 A 192.0.2.$\n",
       "h008.example. 1 IN A 192.0.2.10\nh00a.example. 1 IN A 192.0.2.12\nh00c.example. 1 IN A 192.0.2.14\n"},
      {"$GENERATE backwards", "$GENERATE 3-1 h$ 1 A 192.0.2.$\n",
       "3:11: error: range \"3-1\": expected start-stop or start-stop/step, ascending and below 2^31\n"},
  });
}

// RFC 1035 section 5.1: parentheses join lines, quotes hold anything but a line end.
TEST(ZoneVerdicts, Structure) {
  Check({
      {"parentheses", "a ( 1 TXT ; c\n x ) ; d\n", "a.example. 1 IN TXT \"x\"\n"},
      {"never closed", "a 1 TXT ( x\n", "3:9: error: the parenthesis is never closed\n"},
      {"closes none", "a 1 TXT x )\n", "3:11: error: this parenthesis closes none that is open\n"},
      {"quoted, bare, empty, with a semicolon", "a 1 TXT \"b;c\" d \"\"\n",
       "a.example. 1 IN TXT \"b;c\" \"d\" \"\"\n"},
      {"a string of 256 octets", "a 1 TXT " + std::string(256, 'x') + "\n",
       "3:9: error: TXT text \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\": expected at most 255 octets; "
       "write longer text as several strings\n"},
      {"a quote that its line does not close", "a 1 TXT \"b\nc 1 TXT d\n",
       "3:9: error: the quoted string is not closed on its line; a line end is written \\010\n"},
  });
}

// RFC 4034 appendix A.1, RFC 4398 section 2.1, RFC 9157: numbers or words.
TEST(ZoneVerdicts, Mnemonics) {
  Check({
      {"algorithms, certificate types",
       "a 1 DNSKEY 257 3 ECDSAP256SHA256 AAAA\nb 1 CERT PKIX 1 RSASHA256 AAAA\n",
       "a.example. 1 IN DNSKEY 257 3 13 AAAA\nb.example. 1 IN CERT PKIX 1 8 AAAA\n"},
      {"an unknown word", "a 1 DNSKEY 257 3 FOO AAAA\n",
       "3:18: error: DNSKEY algorithm \"FOO\": expected a number from 0 to 255 or its mnemonic\n"},
  });
}

// RFC 3597 section 5.
TEST(ZoneVerdicts, Generic) {
  Check({
      {"an unknown type", "a 1 TYPE65280 \\# 2 0a0B\n", "a.example. 1 IN TYPE65280 \\# 2 0A0B\n"},
      {"a known one, read as itself", "a CLASS1 1 TYPE1 \\# 4 C0000201\n", "a.example. 1 IN A 192.0.2.1\n"},
      {"of no octets", "a 1 TYPE65280 \\# 0\n", "a.example. 1 IN TYPE65280 \\# 0\n"},
      {"of no octets where some are needed", "a 1 A \\# 0\n",
       "3:7: error: A RDATA \"\\#\": expected octets that are RDATA of A (RDLENGTH and content disagree)\n"},
      {"odd digits", "a 1 TYPE65280 \\# 2 0a0\n",
       "3:20: error: TYPE65280 RDATA \"0a0\": expected an even number of hex digits\n"},
      {"another length than it says", "a 1 TYPE65280 \\# 2 0a\n",
       "3:15: error: TYPE65280 RDATA \"\\#\": expected as many octets as it says: 2, not 1\n"},
      {"a length alone", "a 1 TYPE65280 \\# 2\n",
       "3:15: error: TYPE65280 RDATA \"\\#\": expected as many octets as it says: 2, not 0\n"},
      {"a known type whose octets are wrong", "a 1 A \\# 3 C00002\n",
       "3:7: error: A RDATA \"\\#\": expected octets that are RDATA of A (RDLENGTH and content disagree)\n"},
  });
}

// Every mistake of a file in one run, each in its place.
TEST(ZoneVerdicts, Fields) {
  Check({
      {"several",
       "a 1 MX 65536 b\nc 1 A 192.0.2.01\nd 1 AAAA 1:2\ne 1 A 192.0.2.1 x\nf 1 MX 1\ng 1 DNSKEY 1 3 8 A*\ni "
       "1 DS 1 8 240 0\n",
       "3:8: error: MX preference \"65536\": expected a number from 0 to 65535\n4:7: error: A address "
       "\"192.0.2.01\": expected an IPv4 address like 192.0.2.1\n5:10: error: AAAA address \"1:2\": expected "
       "an IPv6 address like 2001:db8::1\n6:17: error: unexpected \"x\" behind the RDATA of A\n7:9: error: "
       "MX exchange is missing\n8:18: error: DNSKEY public key \"A*\": expected base64\n9:16: error: DS "
       "digest \"0\": expected an even number of hex digits\n"},
      {"an IPv4 tail", "a 1 AAAA ::192.0.2.1\n", "a.example. 1 IN AAAA ::c000:201\n"},
  });
}

// RFC 9460 sections 2.1, 2.4.2 and 8.
TEST(ZoneVerdicts, Svcb) {
  Check({
      {"keys are sorted, numbers get their names", "a 1 SVCB 1 . key3=\\000\\001 alpn=h2\n",
       "a.example. 1 IN SVCB 1 . alpn=\"h2\" port=1\n"},
      {"a key twice", "a 1 SVCB 1 . port=1 port=2\n",
       "3:21: error: SVCB parameters \"port=2\": expected each key only once\n"},
      {"mandatory names an absent key", "a 1 SVCB 1 . mandatory=port\n",
       "3:14: error: SVCB parameters \"mandatory=port\": expected every key it names, but there is no "
       "port\n"},
      {"mandatory names itself", "a 1 SVCB 1 . mandatory=mandatory\n",
       "3:14: error: SVCB parameters \"mandatory=mandatory\": expected a list of other keys, none twice\n"},
      {"no-default-alpn alone", "a 1 HTTPS 1 . no-default-alpn\n",
       "3:15: error: HTTPS parameters \"no-default-alpn\": expected alpn beside it (RFC 9460 section "
       "7.1.1)\n"},
      {"an alias with parameters is told", "a 1 HTTPS 0 b port=1\n",
       "3:5: warning: HTTPS at a.example. has priority 0 and parameters: nobody heeds the parameters of an "
       "alias (RFC 9460 section 2.4.2)\na.example. 1 IN HTTPS 0 b.example. port=1\n"},
  });
}

// RFC 1876, RFC 3123, RFC 4034 sections 3.2 and 4.1.2, RFC 7043.
TEST(ZoneVerdicts, SpecialTypes) {
  Check({
      {"LOC defaults", "a 1 LOC 1 N 2 E 3\n",
       "a.example. 1 IN LOC 1 0 0.000 N 2 0 0.000 E 3.00m 1.00m 10000.00m 10.00m\n"},
      {"LOC above its limit", "a 1 LOC 91 N 2 E 3\n",
       "3:9: error: LOC location \"91\": expected degrees from 0 to 90\n"},
      {"APL negation", "a 1 APL !1:192.0.2.0/24\n", "a.example. 1 IN APL !1:192.0.2.0/24\n"},
      {"APL prefix too long", "a 1 APL 1:192.0.2.0/33\n",
       "3:9: error: APL address prefixes \"1:192.0.2.0/33\": expected [!]family:address/prefix like "
       "1:192.0.2.0/24 or !2:2001:db8::/32\n"},
      {"a type bitmap in any order", "a 1 CSYNC 1 0 TXT A TYPE257\n",
       "a.example. 1 IN CSYNC 1 0 A TXT CAA\n"},
      {"RRSIG times in seconds", "a 1 TXT x\na 1 RRSIG TXT 13 2 1 1893456000 1767225600 1 @ AAAA\n",
       "a.example. 1 IN TXT \"x\"\na.example. 1 IN RRSIG TXT 13 2 1 20300101000000 20260101000000 1 example. "
       "AAAA\n"},
      {"a DS digest of the wrong length", "a 1 DS 1 13 2 abcd\n",
       "3:15: error: DS digest \"abcd\": expected 32 octets for type 2, these are 2\n"},
      {"an EUI of too few digits", "a 1 EUI48 00-00-5e-00-53\n",
       "3:11: error: EUI48 address \"00-00-5e-00-53\": expected six pairs of hex digits like "
       "00-00-5e-00-53-2a\n"},
      {"strings stay apart", "a 1 TXT a b \"c d\"\n", "a.example. 1 IN TXT \"a\" \"b\" \"c d\"\n"},
  });
}

// RFC 1035 section 5.2, RFC 1034 section 4.2.1, RFC 2181 section 5.
TEST(ZoneVerdicts, Apex) {
  Check({
      Whole("no SOA", "@ 60 NS ns.x.\n",
            "1:6: error: the zone example. has no SOA record at its apex (RFC 1035 section 5.2)\n"),
      Whole("no NS", "a 1 TXT x\n@ 60 SOA ns host 1 2 3 4 5\n",
            "2:6: error: the zone example. has no NS record at its apex (RFC 1034 section 4.2.1)\n"),
      Whole("nothing at all", "",
            "1:1: error: the zone example. has no NS record at its apex (RFC 1034 section 4.2.1)\n1:1: "
            "error: the zone example. has no SOA record at its apex (RFC 1035 section 5.2)\n"),
      {"a second SOA", "@ 60 SOA ns host 9 2 3 4 5\n",
       "3:6: error: a second, different SOA record for example.: a zone has one (RFC 1035 section 5.2)\n"},
      {"the same SOA again", "@ 60 SOA NS host 1 2 3 4 5\n", ""},
      {"a SOA below the apex", "a 60 SOA ns host 1 2 3 4 5\n",
       "3:6: error: SOA at a.example., which is not the apex of the zone (RFC 1035 section 5.2)\n"},
      {"duplicates fold into one", "a 1 TXT x\nA 1 TXT x\na 1 TXT X\n",
       "a.example. 1 IN TXT \"x\"\na.example. 1 IN TXT \"X\"\n"},
      {"a record outside", "a.other. 1 TXT x\n",
       "3:12: error: a.other. is outside the zone example.: take it out, or mind the $ORIGIN\n"},
      Whole("another zone's file", "$ORIGIN other.\n@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\n",
            "2:6: error: this is the SOA of other., not of example.: the file is another zone's, or the zone "
            "was given a wrong name; 2 of its records lie outside\n"),
  });
}

// RFC 1034 section 3.6.2, RFC 2181 section 10.1, RFC 6672 section 2.4, RFC 4592 sections 4.2 and 4.4.
TEST(ZoneVerdicts, Aliases) {
  Check({
      {"CNAME and other data", "a 1 TXT x\na 1 CNAME b\n",
       "4:5: error: CNAME at a.example., which also has TXT (line 3): a CNAME stands alone (RFC 1034 section "
       "3.6.2)\n"},
      {"CNAME with its signature and NSEC",
       "a 1 CNAME b\na 1 NSEC b CNAME\na 1 RRSIG CNAME 13 2 1 20300101000000 20260101000000 1 @ AAAA\n",
       "a.example. 1 IN CNAME b.example.\na.example. 1 IN RRSIG CNAME 13 2 1 20300101000000 20260101000000 1 "
       "example. AAAA\na.example. 1 IN NSEC b.example. CNAME\n"},
      {"two CNAMEs", "a 1 CNAME b\na 1 CNAME c\n",
       "4:5: error: a second CNAME record at a.example.: a name has one (RFC 2181 section 10.1)\n"},
      {"two DNAMEs", "a 1 DNAME b\na 1 DNAME c\n",
       "4:5: error: a second DNAME record at a.example.: a name has one (RFC 6672 section 2.4)\n"},
      {"names below a DNAME are told", "a 1 DNAME b\nx.a 1 TXT x\n",
       "4:7: warning: x.a.example. TXT lies below a DNAME: it is kept and transferred, but never answered "
       "(RFC 2136 section 7.18)\na.example. 1 IN DNAME b.example.\nx.a.example. 1 IN TXT \"x\"\n"},
      {"names below a cut are told, glue is not", "a 1 NS ns.a\nns.a 1 A 192.0.2.1\nx.a 1 TXT x\n",
       "5:7: warning: x.a.example. TXT lies below a zone cut: it is kept and transferred, but never answered "
       "(RFC 2136 section 7.18)\na.example. 1 IN NS ns.a.example.\nns.a.example. 1 IN A "
       "192.0.2.1\nx.a.example. 1 IN TXT \"x\"\n"},
      {"NS at a wildcard is told", "*.a 1 NS b\n",
       "3:7: warning: NS at the wildcard *.a.example. neither delegates nor redirects: it is served as plain "
       "data (RFC 4592 section 4.2)\n*.a.example. 1 IN NS b.example.\n"},
  });
}

// RFC 2181 section 5.2, RFC 1035 section 5.2, RFC 6895 section 3.1.
TEST(ZoneVerdicts, SetsAndClasses) {
  Check({
      {"TTLs of one set become one", "a 9 TXT x\na 5 TXT y\n",
       "4:5: warning: TTL 5 of a.example. TXT differs from its set's first, 9: 5 is used for all (RFC 2181 "
       "section 5.2)\na.example. 5 IN TXT \"x\"\na.example. 5 IN TXT \"y\"\n"},
      {"another class", "a 1 CH TXT x\n", "3:5: error: class CH in a zone of class IN\n"},
      {"types that are no data", "a 1 ANY x\nb 1 OPT x\nc 1 TYPE0 \\# 0\nd 1 AXFR x\n",
       "3:5: error: ANY cannot be data in a zone (RFC 6895 section 3.1)\n4:5: error: OPT cannot be data in a "
       "zone (RFC 6895 section 3.1)\n5:5: error: TYPE0 cannot be data in a zone (RFC 6895 section 3.1)\n6:5: "
       "error: AXFR cannot be data in a zone (RFC 6895 section 3.1)\n"},
  });
}

// RFC 1035 section 5.1 says nothing of them: people's editors do.
TEST(ZoneVerdicts, AnyOctets) {
  Check({
      {"CRLF and tabs", "a\t1\tTXT\tx\r\n\t1\tTXT\ty\r\n",
       "a.example. 1 IN TXT \"x\"\na.example. 1 IN TXT \"y\"\n"},
      Whole("a byte order mark at the beginning", "\357\273\277@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns.x.\n",
            "example. 60 IN NS ns.x.\nexample. 60 IN SOA ns.example. host.example. 1 2 3 4 5\n"),
      {"no line end at the end", "a 1 TXT x", "a.example. 1 IN TXT \"x\"\n"},
      {"octets above 127", "a 1 TXT \303\251\n", "a.example. 1 IN TXT \"\\195\\169\"\n"},
      {"a NUL", std::string("a 1 TXT x\000y\n", 12), "a.example. 1 IN TXT \"x\\000y\"\n"},
  });
}

}  // namespace
}  // namespace cairn
