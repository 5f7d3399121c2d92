// What becomes of a packet before anything is looked up (RFC 1035 section 4.1, RFC 6891 section 6.1, RFC
// 9619): one row for each way a query can be good or bad.
#include "common/dns/query_reader.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"

namespace cairn {
namespace {

using namespace std::string_literals;

// ID, flags, counts; the rest follows as octets.
std::string Head(uint16_t flags, uint8_t questions, uint8_t answers, uint8_t authorities,
                 uint8_t additionals) {
  return "\x12\x34"s + static_cast<char>(flags >> 8) + static_cast<char>(flags) + '\0' +
         static_cast<char>(questions) + '\0' + static_cast<char>(answers) + '\0' +
         static_cast<char>(authorities) + '\0' + static_cast<char>(additionals);
}

const std::string kQuestion = "\3wWw\7eXample\0\0\1\0\1"s;  // A, IN
const std::string kLongestName = [] {
  std::string name;
  for (int i = 0; i < 127; ++i) name += "\1a";
  return name + '\0';
}();

// OPT of 1232 octets with `flags_ttl` (extended RCODE, version, flags) and `options`.
std::string Opt(std::string_view flags_ttl, const std::string& options = "") {
  return "\0\0\x29\x04\xd0"s + std::string(flags_ttl) + static_cast<char>(options.size() >> 8) +
         static_cast<char>(options.size()) + options;
}
const std::string kOpt = Opt("\0\0\0\0"s);
const std::string kOptDnssecOk = Opt("\0\0\x80\0"s);
std::string Option(uint8_t code, const std::string& value) {
  return "\0"s + static_cast<char>(code) + '\0' + static_cast<char>(value.size()) + value;
}
std::string Cookie(size_t octets) { return Option(10, std::string(octets, 'c')); }
const std::string kCookie = Cookie(8);
const std::string kNsid = Option(3, "");
const std::string kKeepalive = Option(11, "");
const std::string kPadding = Option(12, "\0\0\0"s);
std::string WithOptions(const std::string& options) {
  return Head(0, 1, 0, 0, 1) + kQuestion + Opt("\0\0\0\0"s, options);
}
const std::string kRecord = "\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1"s;  // A, owned by the question's name
const std::string kTsig = "\3key\0\0\xfa\0\xff\0\0\0\0\0\2xx"s;         // its RDATA is not looked at here

std::string Repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string Describe(const QueryView& query) {
  std::string text;
  switch (query.verdict) {
    case QueryVerdict::kAnswer:
      text = "answer";
      break;
    case QueryVerdict::kDrop:
      return "drop";
    case QueryVerdict::kFormErr:
      text = "formerr";
      break;
    case QueryVerdict::kCookieOnly:
      text = "cookie-only";
      break;
    case QueryVerdict::kNotImp:
      text = "notimp";
      break;
    case QueryVerdict::kBadVers:
      text = "badvers";
      break;
  }
  if (query.question_octets != 0) {
    text += " " + query.qname_folded().ToText() + " " + std::to_string(query.qtype.value);
  }
  if (query.has_edns) text += " edns " + std::to_string(query.udp_payload_octets);
  if (query.dnssec_ok) text += " do";
  if (!query.options.cookie.empty()) text += " cookie " + std::to_string(query.options.cookie.size());
  if (query.options.nsid) text += " nsid";
  if (query.options.tcp_keepalive) text += " keepalive";
  if (query.has_tsig) text += " tsig";
  return text;
}

struct QueryCase {
  const char* name;
  std::string packet;
  std::string expected;
};

const QueryCase kCases[] = {
    {"plain", Head(0x0100, 1, 0, 0, 0) + kQuestion, "answer www.example. 1"},
    {"root", Head(0, 1, 0, 0, 0) + "\0\0\2\0\1"s, "answer . 2"},
    {"EDNS", Head(0, 1, 0, 0, 1) + kQuestion + kOpt, "answer www.example. 1 edns 1232"},
    {"DO", Head(0, 1, 0, 0, 1) + kQuestion + kOptDnssecOk, "answer www.example. 1 edns 1232 do"},
    {"unknown flag bits", Head(0, 1, 0, 0, 1) + kQuestion + Opt("\0\0\x7f\xff"s),
     "answer www.example. 1 edns 1232"},
    {"cookie of a client", WithOptions(kCookie), "answer www.example. 1 edns 1232 cookie 8"},
    {"shortest cookie of a server", WithOptions(Cookie(16)), "answer www.example. 1 edns 1232 cookie 16"},
    {"longest cookie of a server", WithOptions(Cookie(40)), "answer www.example. 1 edns 1232 cookie 40"},
    {"the first of several cookies counts", WithOptions(Cookie(24) + Cookie(8) + Cookie(3)),
     "answer www.example. 1 edns 1232 cookie 24"},
    {"NSID, keepalive and padding", WithOptions(kNsid + kKeepalive + kPadding),
     "answer www.example. 1 edns 1232 nsid keepalive"},
    {"NSID with a value, to be ignored", WithOptions(Option(3, "ns1")),
     "answer www.example. 1 edns 1232 nsid"},
    {"keepalive with a time, which clients do not tell", WithOptions(Option(11, "\0\1"s)),
     "answer www.example. 1 edns 1232"},
    {"client subnet and unknown options, twice",
     WithOptions(Option(8, "\0\1\x18\0\xc0\0\2"s) + Option(8, "") + Option(200, "x") + Option(200, "x")),
     "answer www.example. 1 edns 1232"},
    {"size below 512", Head(0, 1, 0, 0, 1) + kQuestion + "\0\0\x29\0\1\0\0\0\0\0\0"s,
     "answer www.example. 1 edns 512"},
    {"TSIG after OPT", Head(0, 1, 0, 0, 2) + kQuestion + kOpt + kTsig,
     "answer www.example. 1 edns 1232 tsig"},
    {"IXFR has its SOA in authority", Head(0, 1, 0, 1, 0) + kQuestion + kRecord, "answer www.example. 1"},
    {"records of strangers", Head(0, 1, 1, 1, 2) + kQuestion + kRecord + kRecord + kRecord + kOpt,
     "answer www.example. 1 edns 1232"},
    {"255 octets", Head(0, 1, 0, 0, 0) + kLongestName + "\0\1\0\1"s, "answer " + Repeated("a.", 127) + " 1"},
    {"TC, AA and Z are not our business", Head(0x0640, 1, 0, 0, 0) + kQuestion, "answer www.example. 1"},

    {"empty", "", "drop"},
    {"eleven octets", Head(0, 1, 0, 0, 0).substr(0, 11), "drop"},
    {"response", Head(0x8000, 1, 0, 0, 0) + kQuestion, "drop"},
    {"response of another opcode", Head(0xa000, 1, 0, 0, 0) + kQuestion, "drop"},

    {"header alone, no question", Head(0, 0, 0, 0, 0), "formerr"},
    {"no question but a cookie", Head(0, 0, 0, 0, 1) + Opt("\0\0\0\0"s, kCookie),
     "cookie-only edns 1232 cookie 8"},
    {"no question, EDNS but no cookie", Head(0, 0, 0, 0, 1) + kOpt, "formerr edns 1232"},
    {"no question, a cookie and a trailing octet", Head(0, 0, 0, 0, 1) + Opt("\0\0\0\0"s, kCookie) + "\0"s,
     "formerr edns 1232 cookie 8"},
    {"two questions", Head(0, 2, 0, 0, 0) + kQuestion + kQuestion, "formerr"},
    {"256 questions", "\0\0\0\0\1\0\0\0\0\0\0\0"s + kQuestion, "formerr"},
    {"question missing", Head(0, 1, 0, 0, 0), "formerr"},
    {"label cut short", Head(0, 1, 0, 0, 0) + "\3ww"s, "formerr"},
    {"root label missing", Head(0, 1, 0, 0, 0) + "\3www"s, "formerr"},
    {"QTYPE cut short", Head(0, 1, 0, 0, 0) + "\0\0"s, "formerr"},
    {"QCLASS cut short", Head(0, 1, 0, 0, 0) + "\0\0\1\0"s, "formerr"},
    {"label type 01", Head(0, 1, 0, 0, 0) + "\x41" + "a\0\0\1\0\1"s, "formerr"},
    {"label type 10", Head(0, 1, 0, 0, 0) + "\x81" + "a\0\0\1\0\1"s, "formerr"},
    {"pointer to itself", Head(0, 1, 0, 0, 0) + "\xc0\x0c\0\1\0\1"s, "formerr"},
    {"pointer into the header", Head(0, 1, 0, 0, 0) + "\xc0\x04\0\1\0\1"s, "formerr"},
    {"pointer forwards", Head(0, 1, 0, 0, 0) + "\xc0\x12\0\1\0\1\0"s, "formerr"},
    {"257 octets", Head(0, 1, 0, 0, 0) + "\1a" + kLongestName + "\0\1\0\1"s, "formerr"},
    {"trailing octet", Head(0, 1, 0, 0, 0) + kQuestion + "\0"s, "formerr www.example. 1"},
    {"trailing octet behind OPT", Head(0, 1, 0, 0, 1) + kQuestion + kOpt + "\0"s,
     "formerr www.example. 1 edns 1232"},
    {"fewer records than counted", Head(0, 1, 0, 0, 2) + kQuestion + kOpt,
     "formerr www.example. 1 edns 1232"},
    {"record cut short", Head(0, 1, 1, 0, 0) + kQuestion + kRecord.substr(0, 15), "formerr www.example. 1"},
    {"record's owner points forwards", Head(0, 1, 1, 0, 0) + kQuestion + "\xc0\x30" + kRecord.substr(2),
     "formerr www.example. 1"},

    {"two OPTs", Head(0, 1, 0, 0, 2) + kQuestion + kOpt + kOpt, "formerr www.example. 1 edns 1232"},
    {"OPT not owned by the root", Head(0, 1, 0, 0, 1) + kQuestion + "\1a" + kOpt, "formerr www.example. 1"},
    {"OPT owned by a pointer", Head(0, 1, 0, 0, 1) + kQuestion + "\xc0\x18" + kOpt.substr(1),
     "formerr www.example. 1"},
    {"OPT in the answer section", Head(0, 1, 1, 0, 0) + kQuestion + kOpt, "formerr www.example. 1"},
    {"OPT in the authority section", Head(0, 1, 0, 1, 0) + kQuestion + kOpt, "formerr www.example. 1"},
    {"OPT cut short", Head(0, 1, 0, 0, 1) + kQuestion + kOpt.substr(0, 10), "formerr www.example. 1"},
    {"RDLENGTH of OPT beyond the end", Head(0, 1, 0, 0, 1) + kQuestion + "\0\0\x29\x04\xd0\0\0\0\0\0\4\0\0"s,
     "formerr www.example. 1"},
    {"option header cut short", Head(0, 1, 0, 0, 1) + kQuestion + Opt("\0\0\0\0"s, "\0\x0a\0"s),
     "formerr www.example. 1 edns 1232"},
    {"option longer than OPT",
     Head(0, 1, 0, 0, 1) + kQuestion + Opt("\0\0\0\0"s, "\0\x0a\0\x09"s + "cookie!!"),
     "formerr www.example. 1 edns 1232"},
    {"32 options", Head(0, 1, 0, 0, 1) + kQuestion + Opt("\0\0\0\0"s, Repeated("\xff\xff\0\0"s, 32)),
     "answer www.example. 1 edns 1232"},
    {"33 options", Head(0, 1, 0, 0, 1) + kQuestion + Opt("\0\0\0\0"s, Repeated("\xff\xff\0\0"s, 33)),
     "formerr www.example. 1 edns 1232"},
    {"empty cookie", WithOptions(Cookie(0)), "formerr www.example. 1 edns 1232"},
    {"cookie of 7", WithOptions(Cookie(7)), "formerr www.example. 1 edns 1232"},
    {"cookie of 9", WithOptions(Cookie(9)), "formerr www.example. 1 edns 1232"},
    {"cookie of 15", WithOptions(Cookie(15)), "formerr www.example. 1 edns 1232"},
    {"cookie of 41", WithOptions(Cookie(41)), "formerr www.example. 1 edns 1232"},
    {"two NSIDs", WithOptions(kNsid + kNsid), "formerr www.example. 1 edns 1232 nsid"},
    {"two keepalives", WithOptions(kKeepalive + kKeepalive), "formerr www.example. 1 edns 1232 keepalive"},
    {"two paddings", WithOptions(kPadding + kPadding), "formerr www.example. 1 edns 1232"},
    {"version 1", Head(0, 1, 0, 0, 1) + kQuestion + Opt("\0\1\0\0"s), "badvers www.example. 1 edns 1232"},
    {"version 255 with options of its own", Head(0, 1, 0, 0, 1) + kQuestion + Opt("\0\xff\x80\0"s, "?"),
     "badvers www.example. 1 edns 1232 do"},
    {"extended RCODE in a query", Head(0, 1, 0, 0, 1) + kQuestion + Opt("\xff\0\0\0"s),
     "answer www.example. 1 edns 1232"},

    {"TSIG before OPT", Head(0, 1, 0, 0, 2) + kQuestion + kTsig + kOpt, "formerr www.example. 1 tsig"},
    {"two TSIGs", Head(0, 1, 0, 0, 2) + kQuestion + kTsig + kTsig, "formerr www.example. 1 tsig"},
    {"TSIG in the answer section", Head(0, 1, 1, 0, 0) + kQuestion + kTsig, "formerr www.example. 1"},

    {"NOTIFY", Head(0x2400, 1, 0, 0, 1) + kQuestion + kOpt, "notimp www.example. 1 edns 1232"},
    {"UPDATE", Head(0x2800, 1, 0, 1, 0) + kQuestion + kRecord, "notimp www.example. 1"},
    {"IQUERY without question", Head(0x0800, 0, 1, 0, 0) + "\0\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1"s, "notimp"},
    {"opcode 15 and nonsense", Head(0x7800, 1, 0, 0, 0) + "\xff\xff", "notimp"},
    {"opcode 15 and a question with nonsense behind", Head(0x7800, 1, 1, 0, 0) + kQuestion + "\xff",
     "notimp www.example. 1"},
};

TEST(ReadQuery, DecidesEachPacket) {
  QueryView query;  // used again and again, as a worker does: nothing of one packet may show in the next
  for (const QueryCase& c : kCases) {
    SCOPED_TRACE(c.name);
    ReadQuery(AsBytes(c.packet), query);
    EXPECT_EQ(Describe(query), c.expected);
  }
}

TEST(ReadQuery, AllocatesNothing) {
  QueryView query;
  size_t allocations = 0;
  for (const QueryCase& c : kCases) {
    const testing::AllocationCounter counter;
    ReadQuery(AsBytes(c.packet), query);
    allocations += counter.count();
  }
  EXPECT_EQ(allocations, 0u);
}

TEST(ReadQuery, KeepsTheHeaderAndTheSpelling) {
  const std::string packet = Head(0x0130, 1, 0, 0, 0) + kQuestion;
  QueryView query;
  ReadQuery(AsBytes(packet), query);
  EXPECT_EQ(query.id, 0x1234);
  EXPECT_EQ(query.flags, 0x0130);
  EXPECT_TRUE(query.recursion_desired());
  EXPECT_TRUE(query.checking_disabled());
  EXPECT_TRUE(query.authentic_data());
  EXPECT_EQ(query.question_octets, kQuestion.size());
  EXPECT_EQ(query.qclass, kClassIn);
  EXPECT_EQ(query.qname(AsBytes(packet)).ToText(), "wWw.eXample.");
  EXPECT_EQ(query.qname_folded().ToText(), "www.example.");
}

// CVE-2026-41292: 16 000 options in one packet. Reading stops at the limit, not at the packet's end.
TEST(ReadQuery, EdnsOptionFloodIsRefused) {
  const std::string packet =
      Head(0, 1, 0, 0, 1) + kQuestion + Opt("\0\0\0\0"s, Repeated("\xff\xff\0\0"s, 16'000));
  QueryView query;
  ReadQuery(AsBytes(packet), query);
  EXPECT_EQ(query.verdict, QueryVerdict::kFormErr);
}

// Counts promise 196 605 records; the octets end the reading.
TEST(ReadQuery, CountsBeyondThePacketAreRefused) {
  const std::string packet = "\0\0\0\0\0\1\xff\xff\xff\xff\xff\xff"s + kQuestion + Repeated(kRecord, 4000);
  QueryView query;
  ReadQuery(AsBytes(packet), query);
  EXPECT_EQ(query.verdict, QueryVerdict::kFormErr);
}

TEST(ReadQuery, EveryPrefixOfAQueryIsRefused) {
  const std::string packet = Head(0, 1, 0, 0, 2) + kQuestion + Opt("\0\0\0\0"s, kCookie) + kTsig;
  QueryView query;
  for (size_t octets = 0; octets < packet.size(); ++octets) {
    // A copy of its own, so that the address sanitizer sees a read past its end.
    const std::vector<uint8_t> prefix(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(octets));
    ReadQuery(prefix, query);
    EXPECT_EQ(query.verdict, octets < kHeaderOctets ? QueryVerdict::kDrop : QueryVerdict::kFormErr) << octets;
  }
  ReadQuery(AsBytes(packet), query);
  EXPECT_EQ(query.verdict, QueryVerdict::kAnswer);
}

}  // namespace
}  // namespace cairn
