// The edges of the protocol: what is answered with what, and what not at all (RFC 1035 section 4, 6891, 8906,
// 9619).
#include "authoritative/responder.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"
#include "tests/unit/authoritative/ask.h"

namespace cairn {
namespace {

using testing::PacketFor;

std::vector<uint8_t> Bytes(std::initializer_list<std::string_view> parts) {
  std::vector<uint8_t> packet;
  for (const std::string_view part : parts) packet.insert(packet.end(), part.begin(), part.end());
  return packet;
}

using namespace std::string_view_literals;
constexpr std::string_view kHeader =
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"sv;  // RD, one question
constexpr std::string_view kHeaderOpt =
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01"sv;  // and one additional
constexpr std::string_view kQuestion =
    "\x03www\x07"
    "example\x00\x00\x01\x00\x01"sv;
constexpr std::string_view kOpt = "\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00"sv;  // 1232, DO

struct EdgeCase {
  const char* name;
  std::vector<uint8_t> packet;
  const char* expected;  // flags and RCODE; "nothing" for silence
  bool with_opt;
};

std::vector<EdgeCase> Cases() {
  return {
      {"a query", Bytes({kHeader, kQuestion}), "aa noerror", false},
      {"with EDNS", Bytes({kHeaderOpt, kQuestion, kOpt}), "aa noerror", true},
      {"shorter than a header", Bytes({kHeader.substr(0, 11)}), "nothing", false},
      {"empty", {}, "nothing", false},
      {"a response", Bytes({"\x12\x34\x81\x00\x00\x01\x00\x00\x00\x00\x00\x00"sv, kQuestion}), "nothing",
       false},
      {"no question", Bytes({"\x12\x34\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"sv}), "formerr", false},
      {"two questions", Bytes({"\x12\x34\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00"sv, kQuestion, kQuestion}),
       "formerr", false},
      {"question cut short", Bytes({kHeader, kQuestion.substr(0, 10)}), "formerr", false},
      {"a bad label type", Bytes({kHeader, "\x43www\x00\x00\x01\x00\x01"sv}), "formerr", false},
      {"a name that points at itself", Bytes({kHeader, "\xc0\x0c\x00\x01\x00\x01"sv}), "formerr", false},
      {"trailing octets", Bytes({kHeader, kQuestion, "x"sv}), "formerr", false},
      {"opcode STATUS", Bytes({"\x12\x34\x11\x00\x00\x01\x00\x00\x00\x00\x00\x00"sv, kQuestion}), "notimp",
       false},
      {"opcode 15", Bytes({"\x12\x34\x79\x00\x00\x01\x00\x00\x00\x00\x00\x00"sv, kQuestion}), "notimp",
       false},
      {"EDNS version 1", Bytes({kHeaderOpt, kQuestion, "\x00\x00\x29\x04\xd0\x00\x01\x00\x00\x00\x00"sv}),
       "badvers", true},
      {"two OPTs", Bytes({"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x02"sv, kQuestion, kOpt, kOpt}),
       "formerr", true},
      {"OPT with an owner", Bytes({kHeaderOpt, kQuestion, "\x01x"sv, kOpt}), "formerr", false},
      {"broken option length",
       Bytes({kHeaderOpt, kQuestion, "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x04\x00\x03\x00\x09"sv}),
       "formerr", true},
      {"an unknown option",
       Bytes({kHeaderOpt, kQuestion, "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x05\xff\xf0\x00\x01x"sv}),
       "aa noerror", true},
      {"class CH",
       Bytes({kHeader,
              "\x07version\x04"
              "bind\x00\x00\x10\x00\x03"sv}),
       "refused", false},
      {"class ANY",
       Bytes({kHeader,
              "\x07"
              "example\x00\x00\x01\x00\xff"sv}),
       "refused", false},
      {"not our zone", Bytes({kHeader, "\x03org\x00\x00\x01\x00\x01"sv}), "refused", false},
      {"QTYPE 0",
       Bytes({kHeader,
              "\x07"
              "example\x00\x00\x00\x00\x01"sv}),
       "formerr", false},
      {"QTYPE OPT",
       Bytes({kHeader,
              "\x07"
              "example\x00\x00\x29\x00\x01"sv}),
       "formerr", false},
      {"QTYPE TSIG",
       Bytes({kHeader,
              "\x07"
              "example\x00\x00\xfa\x00\x01"sv}),
       "formerr", false},
      {"QTYPE TKEY",
       Bytes({kHeader,
              "\x07"
              "example\x00\x00\xf9\x00\x01"sv}),
       "formerr", false},
      {"QTYPE AXFR",
       Bytes({kHeader,
              "\x07"
              "example\x00\x00\xfc\x00\x01"sv}),
       "refused", false},
      {"QTYPE IXFR",
       Bytes({kHeader,
              "\x07"
              "example\x00\x00\xfb\x00\x01"sv}),
       "refused", false},
      {"QTYPE MAILB",
       Bytes({kHeader,
              "\x07"
              "example\x00\x00\xfd\x00\x01"sv}),
       "aa noerror", false},
      {"QTYPE 65535",
       Bytes({kHeader,
              "\x07"
              "example\x00\xff\xff\x00\x01"sv}),
       "aa noerror", false},
      {"a TSIG without RDATA",
       Bytes({kHeaderOpt, kQuestion, "\x01k\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x00"sv}), "formerr",
       false},
      {"opcode NOTIFY", Bytes({"\x12\x34\x21\x00\x00\x01\x00\x00\x00\x00\x00\x00"sv, kQuestion}), "notimp",
       false},
      {"opcode UPDATE", Bytes({"\x12\x34\x29\x00\x00\x01\x00\x00\x00\x00\x00\x00"sv, kQuestion}), "notimp",
       false},
  };
}

class ResponderTest : public ::testing::Test {
 protected:
  ResponderTest() { responder_.SetZones(ZoneSet::Of({testing::GoldenZone("example.", "lookup.zone")})); }
  Responder responder_;
};

TEST_F(ResponderTest, AnswersOrRefusesOrKeepsSilent) {
  for (const bool tcp : {false, true}) {
    for (const EdgeCase& c : Cases()) {
      SCOPED_TRACE(std::string(c.name) + (tcp ? " over TCP" : " over UDP"));
      const std::vector<uint8_t> reply = testing::ReplyTo(responder_, c.packet, tcp);
      if (reply.empty()) {
        EXPECT_STREQ(c.expected, "nothing");
        continue;
      }
      const absl::StatusOr<Message> message = Message::Parse(reply);
      ASSERT_TRUE(message.ok()) << message.status();
      std::string summary = testing::Summary(*message);
      EXPECT_EQ(summary.substr(0, summary.find(';')), c.expected);
      EXPECT_EQ(message->edns.has_value(), c.with_opt);
      EXPECT_EQ(message->header.id, 0x1234);
      EXPECT_TRUE(message->header.response);
      EXPECT_TRUE(message->header.recursion_desired);
      EXPECT_FALSE(message->header.recursion_available);
      EXPECT_FALSE(message->header.authentic_data);
      EXPECT_EQ(message->header.opcode, static_cast<Opcode>(c.packet[2] >> 3 & 15));
    }
  }
}

TEST_F(ResponderTest, CopiesTheFlagsThatAreTheClients) {
  // RD clear, AD, CD and the reserved bit set.
  const absl::StatusOr<Message> message = Message::Parse(
      testing::ReplyTo(responder_, Bytes({"\x12\x34\x00\x70\x00\x01\x00\x00\x00\x00\x00\x00"sv, kQuestion})));
  ASSERT_TRUE(message.ok());
  EXPECT_FALSE(message->header.recursion_desired);
  EXPECT_FALSE(message->header.authentic_data);
  EXPECT_TRUE(message->header.checking_disabled);
}

TEST_F(ResponderTest, EchoesTheQuestionOctetForOctet) {
  const std::vector<uint8_t> packet = Bytes({kHeader,
                                             "\x03wWw\x07"
                                             "ExAmPlE\x00\x00\x01\x00\x01"sv});
  const std::vector<uint8_t> reply = testing::ReplyTo(responder_, packet);
  ASSERT_GE(reply.size(), packet.size());
  EXPECT_TRUE(std::equal(packet.begin() + 12, packet.end(), reply.begin() + 12));
}

TEST_F(ResponderTest, OptSaysOurSizeAndCopiesDo) {
  const absl::StatusOr<Message> message =
      Message::Parse(testing::ReplyTo(responder_, Bytes({kHeaderOpt, kQuestion, kOpt})));
  ASSERT_TRUE(message.ok() && message->edns);
  EXPECT_EQ(message->edns->udp_payload_octets, 1232);
  EXPECT_TRUE(message->edns->dnssec_ok);
  EXPECT_EQ(message->edns->version, 0);
  EXPECT_TRUE(message->edns->options.empty());
}

TEST_F(ResponderTest, CountsWhatHappened) {
  testing::Ask(responder_, {.qname = "www.example.", .qtype = "A", .edns_octets = {}});
  testing::Ask(responder_, {.qname = "nothing.example.", .qtype = "A", .edns_octets = {}, .tcp = true});
  testing::Ask(responder_, {.qname = "org.", .qtype = "A", .edns_octets = {}});
  testing::ReplyTo(responder_, {});
  const ResponderCounters& counters = responder_.counters();
  EXPECT_EQ(counters.queries_udp, 3u);
  EXPECT_EQ(counters.queries_tcp, 1u);
  EXPECT_EQ(counters.dropped, 1u);
  EXPECT_EQ(counters.truncated, 0u);
  EXPECT_EQ(counters.by_rcode[0], 1u);
  EXPECT_EQ(counters.by_rcode[3], 1u);
  EXPECT_EQ(counters.by_rcode[5], 1u);
}

TEST_F(ResponderTest, BatchesOfAnySizeAreAnsweredEachByItself) {
  const std::vector<uint8_t> good = Bytes({kHeader, kQuestion});
  const std::vector<uint8_t> missing = Bytes({kHeader,
                                              "\x07nothing\x07"
                                              "example\x00\x00\x01\x00\x01"sv});
  const std::vector<uint8_t> silent = Bytes({kHeader.substr(0, 5)});
  for (const size_t size : {0u, 1u, 31u, 32u, 33u, 100u}) {
    std::vector<std::vector<uint8_t>> replies(size, std::vector<uint8_t>(4096));
    std::vector<Query> batch(size);
    for (size_t i = 0; i < size; ++i) {
      batch[i].packet = i % 3 == 0 ? good : i % 3 == 1 ? missing : silent;
      batch[i].reply = replies[i];
    }
    responder_.OnQueries(batch);
    for (size_t i = 0; i < size; ++i) {
      EXPECT_EQ(batch[i].dropped, i % 3 == 2);
      EXPECT_EQ(batch[i].reply_octets == 0, i % 3 == 2);
      if (i % 3 != 2) {
        EXPECT_EQ(replies[i][3] & 15, i % 3 == 0 ? 0 : 3);
      }
    }
  }
}

TEST_F(ResponderTest, NoQueryAllocates) {
  std::vector<std::vector<uint8_t>> packets;
  for (const char* qname : {"www.example.", "nothing.example.", "x.sub.example.", "chain1.example.",
                            "a.moved.example.", "q.w.example.", "example.", "org.", "loop-a.example.",
                            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.long.example."}) {
    for (const char* qtype : {"A", "MX", "NS", "DS", "ANY"}) {
      packets.push_back(PacketFor({.qname = qname, .qtype = qtype, .edns_octets = 1232, .dnssec_ok = true}));
    }
  }
  for (EdgeCase& c : Cases()) packets.push_back(std::move(c.packet));
  responder_.SetZones(ZoneSet::Of(
      {testing::GoldenZone("example.", "lookup.zone"), testing::GoldenZone("signed.", "denial.zone")}));
  for (const char* qname : {"m.signed.", "x.w.signed.", "x.we.signed.", "x.unsecure.signed."}) {
    packets.push_back(PacketFor({.qname = qname, .qtype = "A", .edns_octets = 1232, .dnssec_ok = true}));
  }
  std::vector<uint8_t> reply(4096);
  for (const std::vector<uint8_t>& packet : packets) {
    Query query;
    query.packet = packet;
    query.reply = reply;
    const testing::AllocationCounter counter;
    responder_.OnQueries({&query, 1});
    EXPECT_EQ(counter.count(), 0u);
  }
}

}  // namespace
}  // namespace cairn
