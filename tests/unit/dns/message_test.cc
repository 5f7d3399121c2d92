// Whole messages as values: every way in which octets are not one (RFC 1035 section 4, RFC 6891), back to
// octets with truncation by sets (RFC 2181 section 9), and the text people read.
#include "common/dns/message.h"

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

using namespace std::string_literals;

std::string Head(uint16_t flags, uint8_t questions, uint8_t answers, uint8_t authorities,
                 uint8_t additionals) {
  return "\x12\x34"s + static_cast<char>(flags >> 8) + static_cast<char>(flags) + '\0' +
         static_cast<char>(questions) + '\0' + static_cast<char>(answers) + '\0' +
         static_cast<char>(authorities) + '\0' + static_cast<char>(additionals);
}

const std::string kQuestion = "\7example\0\0\1\0\1"s;
const std::string kRecord = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"s;
const std::string kOpt = "\0\0\x29\x04\xd0\0\0\x80\0\0\0"s;

TEST(MessageParse, SaysWhatIsWrongAndWhere) {
  struct Case {
    const char* name;
    std::string wire;
    const char* expected;
  };
  const Case kCases[] = {
      {"empty", "", "malformed header at octet 0: fewer octets than the field needs"},
      {"header cut short", Head(0, 0, 0, 0, 0).substr(0, 11),
       "malformed header at octet 10: fewer octets than the field needs"},
      {"question missing", Head(0, 1, 0, 0, 0),
       "malformed question at octet 12: fewer octets than the field needs"},
      {"question cut short", Head(0, 1, 0, 0, 0) + kQuestion.substr(0, 11),
       "malformed question at octet 23: fewer octets than the field needs"},
      {"pointer forwards", Head(0, 1, 0, 0, 0) + "\xc0\x0e\0\1\0\1"s,
       "malformed question at octet 12: compression pointer that does not lead backwards"},
      {"answer missing", Head(0, 1, 1, 0, 0) + kQuestion,
       "malformed answer section at octet 25: fewer octets than the field needs"},
      {"RDLENGTH beyond the end", Head(0, 1, 0, 1, 0) + kQuestion + kRecord.substr(0, 15),
       "malformed authority section at octet 37: fewer octets than the field needs"},
      {"address of three octets", Head(0, 0, 0, 0, 1) + "\0\0\1\0\1\0\0\0\0\0\3\xc0\0\2"s,
       "malformed additional section at octet 23: RDLENGTH and content disagree"},
      {"trailing octet", Head(0, 1, 1, 0, 0) + kQuestion + kRecord + "\0"s,
       "malformed message at octet 41: octets after the message's end"},
      {"two OPTs", Head(0, 0, 0, 0, 2) + kOpt + kOpt,
       "malformed additional section at octet 23: broken, misplaced or second OPT"},
      {"OPT in the answer", Head(0, 0, 1, 0, 0) + kOpt,
       "malformed answer section at octet 12: broken, misplaced or second OPT"},
      {"OPT in authority", Head(0, 0, 0, 1, 0) + kOpt,
       "malformed authority section at octet 12: broken, misplaced or second OPT"},
      {"OPT below the root", Head(0, 0, 0, 0, 1) + "\1a" + kOpt,
       "malformed additional section at octet 12: broken, misplaced or second OPT"},
      {"OPT with half an option", Head(0, 0, 0, 0, 1) + "\0\0\x29\x04\xd0\0\0\0\0\0\2\0\3"s,
       "malformed additional section at octet 12: broken, misplaced or second OPT"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const absl::StatusOr<Message> message = Message::Parse(AsBytes(c.wire));
    ASSERT_FALSE(message.ok());
    EXPECT_EQ(ErrorText(message.status()), c.expected);
  }
}

TEST(MessageParse, EveryPrefixIsRefused) {
  const std::string wire = Head(0x8400, 1, 1, 1, 2) + kQuestion + kRecord + kRecord + kRecord + kOpt;
  for (size_t octets = 0; octets < wire.size(); ++octets) {
    const std::vector<uint8_t> prefix(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(octets));
    EXPECT_FALSE(Message::Parse(prefix).ok()) << octets;
  }
  EXPECT_TRUE(Message::Parse(AsBytes(wire)).ok());
}

TEST(MessageParse, UpdatesMayLackRdata) {
  const std::string deletion = "\xc0\x0c\0\x0f\0\xff\0\0\0\0\0\0"s;  // all MX of the name
  const absl::StatusOr<Message> update =
      Message::Parse(AsBytes(Head(0x2800, 1, 0, 1, 0) + kQuestion + deletion));
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_TRUE(update->authority[0].rdata.empty());
  EXPECT_EQ(*Message::Parse(update->ToWire()), *update);
  EXPECT_FALSE(Message::Parse(AsBytes(Head(0, 1, 0, 1, 0) + kQuestion + deletion)).ok());
}

TEST(Header, FlagsAreThoseOfTheRfc) {
  struct Case {
    uint16_t flags;
    Header header;
  };
  const Case kCases[] = {
      {0x0000, {}},
      {0x8000, {.response = true}},
      {0x2800, {.opcode = Opcode::kUpdate}},
      {0x0400, {.authoritative = true}},
      {0x0200, {.truncated = true}},
      {0x0100, {.recursion_desired = true}},
      {0x0080, {.recursion_available = true}},
      {0x0020, {.authentic_data = true}},
      {0x0010, {.checking_disabled = true}},
      {0x000f, {.rcode_low = 15}},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.flags);
    EXPECT_EQ(Header::FromFlags(0, c.flags), c.header);
    EXPECT_EQ(c.header.Flags(), c.flags);
  }
  EXPECT_EQ(Header::FromFlags(7, 0x0040), (Header{.id = 7}));  // Z is reserved and dropped
}

TEST(Message, RcodeHasTwelveBits) {
  Message message;
  message.set_rcode(Rcode::kNxDomain);
  EXPECT_EQ(message.rcode(), Rcode::kNxDomain);
  message.edns.emplace();
  message.set_rcode(Rcode::kBadCookie);
  EXPECT_EQ(message.rcode(), Rcode::kBadCookie);
  EXPECT_EQ(message.header.rcode_low, 7);
  EXPECT_EQ(message.edns->extended_rcode, 1);
  message.set_rcode(Rcode::kRefused);
  EXPECT_EQ(message.rcode(), Rcode::kRefused);
}

Record MakeRecord(std::string_view owner, RrType type, std::vector<uint8_t> rdata) {
  return {.owner = Name::Literal(owner), .type = type, .ttl = Ttl::Seconds(60), .rdata = std::move(rdata)};
}

TEST(Message, PrintsLikeDig) {
  Message message;
  message.header = {.id = 4660, .response = true, .authoritative = true, .recursion_desired = true};
  message.questions.push_back({.qname = Name::Literal("www.example."), .qtype = rr::kA});
  message.questions.push_back(
      {.qname = Name::Literal("version.bind."), .qtype = rr::kTxt, .qclass = kClassCh});
  message.answer.push_back(MakeRecord("www.example.", rr::kA, {192, 0, 2, 1}));
  message.authority.push_back(MakeRecord("example.", rr::kNs, {2, 'n', 's', 0}));
  message.edns = Edns{.dnssec_ok = true, .options = {{.code = EdnsOptionCode::kNsid, .value = {0x61, 0x0f}}}};
  message.set_rcode(Rcode::kBadVers);
  EXPECT_EQ(message.ToText(),
            ";; ->>HEADER<<- opcode: QUERY, status: BADVERS, id: 4660\n"
            ";; flags: qr aa rd; QUERY: 2, ANSWER: 1, AUTHORITY: 1, ADDITIONAL: 1\n"
            "\n;; OPT PSEUDOSECTION:\n"
            "; EDNS: version: 0, flags: do; udp: 1232\n"
            "; OPT=3: 61 0f\n"
            "\n;; QUESTION SECTION:\n"
            ";www.example. A\n"
            ";version.bind. CH TXT\n"
            "\n;; ANSWER SECTION:\n"
            "www.example. 60 IN A 192.0.2.1\n"
            "\n;; AUTHORITY SECTION:\n"
            "example. 60 IN NS ns.\n");
  EXPECT_EQ(*Message::Parse(message.ToWire()), message);
}

// One question of 13 octets, two sets of two addresses, OPT of 11: at each limit the sets that fit are whole.
TEST(Message, TruncatesByWholeSets) {
  Message message;
  message.questions.push_back({.qname = Name::Literal("example."), .qtype = rr::kA});
  for (const char* owner : {"example.", "a.example."}) {
    for (const uint8_t last : {uint8_t{1}, uint8_t{2}})
      message.answer.push_back(MakeRecord(owner, rr::kA, {192, 0, 2, last}));
  }
  message.edns.emplace();
  constexpr size_t kBare = 12 + 13 + 11;
  constexpr size_t kFirstSet = kBare + 2 * 16;
  constexpr size_t kBothSets = kFirstSet + 18 + 16;
  for (size_t limit = kBare; limit <= kBothSets + 1; ++limit) {
    SCOPED_TRACE(limit);
    const std::vector<uint8_t> wire = message.ToWire(limit);
    EXPECT_LE(wire.size(), limit);
    const absl::StatusOr<Message> read = Message::Parse(wire);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->answer.size(), limit >= kBothSets ? 4u : limit >= kFirstSet ? 2u : 0u);
    EXPECT_EQ(read->header.truncated, limit < kBothSets);
    EXPECT_TRUE(read->edns.has_value());
  }
}

TEST(Message, AHeaderIsAlwaysWritten) {
  Message message;
  message.questions.push_back({.qname = Name::Literal("example."), .qtype = rr::kA});
  message.edns.emplace();
  const absl::StatusOr<Message> read = Message::Parse(message.ToWire(0));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->header.truncated);
  EXPECT_TRUE(read->questions.empty());
}

TEST(Message, TenThousandRecordsComeBack) {
  Message message;
  for (size_t i = 0; i < 3000; ++i) {
    message.answer.push_back(MakeRecord("h" + std::to_string(i) + ".example.", rr::kA,
                                        {10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}));
  }
  const std::vector<uint8_t> wire = message.ToWire();
  EXPECT_LT(wire.size(), kMaxMessageOctets);
  EXPECT_EQ(*Message::Parse(wire), message);
}

// A message whose `records` records name three times, in two octets each, the end of a chain of 126 runs of
// one label.
std::string DeeplyCompressed(size_t records) {
  std::string wire = "\0\0\x80\0\0\1"s + static_cast<char>((records + 1) >> 8) +
                     static_cast<char>(records + 1) + "\0\0\0\0"s;
  wire += "\1a\0\0\1\0\1"s;
  size_t last = 12;
  const size_t chain_start = wire.size() + 11;
  std::string chain;  // in RDATA of an unknown type
  for (int i = 0; i < 125; ++i) {
    const size_t start = chain_start + chain.size();
    chain += "\1b"s + static_cast<char>(0xc0 | last >> 8) + static_cast<char>(last);
    last = start;
  }
  wire += "\0\xff\0\0\1\0\0\0\0"s + static_cast<char>(chain.size() >> 8) + static_cast<char>(chain.size()) +
          chain;
  const std::string pointer = {static_cast<char>(0xc0 | last >> 8), static_cast<char>(last)};
  for (size_t i = 0; i < records; ++i)
    wire += pointer + "\0\x0e\0\1\0\0\0\0\0\4"s + pointer + pointer;  // MINFO
  return wire;
}

// Name compression work (RFC 9267, CVE-2024-8508, CVE-2026-44390), from both sides of the limit: 14 records
// cost 10 585 steps where their 754 octets allow 11 208; 15 cost 11 341 where 770 allow 11 272.
TEST(MessageParse, NameCompressionWorkIsBounded) {
  const absl::StatusOr<Message> bearable = Message::Parse(AsBytes(DeeplyCompressed(14)));
  ASSERT_TRUE(bearable.ok()) << bearable.status();
  EXPECT_EQ(bearable->answer.back().owner.LabelCount(), 126);
  EXPECT_EQ(*Message::Parse(bearable->ToWire()), *bearable);
  for (const size_t records : {size_t{15}, size_t{4000}}) {
    const absl::StatusOr<Message> message = Message::Parse(AsBytes(DeeplyCompressed(records)));
    ASSERT_FALSE(message.ok());
    EXPECT_NE(ErrorText(message.status()).find("names that cost too much to read"), std::string_view::npos);
  }
}

// The same from our side: deep names that share all their labels. The writer stops to search, and a reader
// can follow.
TEST(Message, NameCompressionWorkIsBoundedWhenWriting) {
  std::string deep;
  for (int i = 0; i < 120; ++i) deep += "a.";
  Message message;
  for (size_t i = 0; i < 400; ++i) {
    message.answer.push_back(
        MakeRecord(deep, rr::kA, {10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}));
    message.answer.push_back(MakeRecord("b." + deep, rr::kTxt, {0}));
  }
  const std::vector<uint8_t> wire = message.ToWire();
  EXPECT_GT(wire.size(), 30'000u);  // with every name compressed it would be 12 800
  EXPECT_EQ(*Message::Parse(wire), message);
}

}  // namespace
}  // namespace cairn
