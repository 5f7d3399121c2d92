// Answers given out again are the answers that would be made again, whatever was asked before them.
#include "authoritative/answer_cache.h"

#include <string>
#include <vector>

#include "authoritative/responder.h"
#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"
#include "tests/unit/authoritative/ask.h"

namespace cairn {
namespace {

using testing::Asked;
using testing::PacketFor;
using testing::ReplyTo;

constexpr size_t kRoom = 1 << 20;

std::shared_ptr<const ZoneSet> Golden() {
  return ZoneSet::Of(
      {testing::GoldenZone("example.", "lookup.zone"), testing::GoldenZone("signed.", "denial.zone")});
}

// The message without its ID and the way its names are compressed.
std::vector<uint8_t> Meaning(ByteView reply) {
  absl::StatusOr<Message> message = Message::Parse(reply);
  if (!message.ok()) {
    ADD_FAILURE() << message.status();
    return {};
  }
  return message->ToWire();
}

class AnswerCacheTest : public ::testing::Test {
 protected:
  AnswerCacheTest() {
    composing_.SetZones(Golden());
    keeping_.SetZones(Golden());
  }
  uint64_t copied() const { return keeping_.counters().copied; }
  // Often enough to be kept, and once more.
  void AskUntilKept(const Asked& asked) {
    for (int i = 0; i < 3; ++i) testing::Ask(keeping_, asked);
  }

  Responder composing_;
  Responder keeping_{ResponderOptions{.answer_cache_octets = kRoom}};
};

TEST_F(AnswerCacheTest, EveryAnswerIsTheComposedOne) {
  const std::vector<std::string> names = {"www.example.",
                                          "WWW.example.",
                                          "example.",
                                          "nothing.example.",
                                          "a.b.nothing.example.",
                                          "sub.example.",
                                          "x.sub.example.",
                                          "y.z.sub.example.",
                                          "ns.sub.example.",
                                          "chain1.example.",
                                          "a.moved.example.",
                                          "q.w.example.",
                                          "loop-a.example.",
                                          "signed.",
                                          "m.signed.",
                                          "x.w.signed.",
                                          "x.we.signed.",
                                          "x.unsecure.signed.",
                                          "y.unsecure.signed.",
                                          "secure.signed.",
                                          "org."};
  for (int round = 0; round < 4; ++round) {
    for (const std::string& qname : names) {
      for (const char* qtype : {"A", "NS", "MX", "DS", "SOA", "TXT", "ANY", "CNAME", "RRSIG"}) {
        for (const bool dnssec_ok : {false, true}) {
          for (const std::optional<uint16_t> octets : {std::optional<uint16_t>{}, {512}, {1232}}) {
            const Asked asked{.qname = qname, .qtype = qtype, .edns_octets = octets, .dnssec_ok = dnssec_ok};
            SCOPED_TRACE(qname + " " + qtype + (dnssec_ok ? " DO " : " ") +
                         std::to_string(octets.value_or(0)));
            const std::vector<uint8_t> packet = PacketFor(asked);
            for (const bool tcp : {false, true}) {
              const std::vector<uint8_t> kept = ReplyTo(keeping_, packet, tcp);
              EXPECT_EQ(Meaning(kept), Meaning(ReplyTo(composing_, packet, tcp)));
              EXPECT_EQ(kept, ReplyTo(keeping_, packet, tcp));
            }
          }
        }
      }
    }
  }
  EXPECT_GT(copied(), 0u);
}

TEST_F(AnswerCacheTest, AllNamesBelowACutHaveOneReferral) {
  AskUntilKept({.qname = "x.sub.example.", .qtype = "A", .edns_octets = 1232});
  const uint64_t before = copied();
  for (const char* qname : {"y.sub.example.", "sub.example.", "a.long.way.down.sub.example."}) {
    for (const char* qtype : {"A", "TXT"}) {
      const std::vector<uint8_t> packet = PacketFor({.qname = qname, .qtype = qtype, .edns_octets = 1232});
      EXPECT_EQ(Meaning(ReplyTo(keeping_, packet)), Meaning(ReplyTo(composing_, packet)));
    }
  }
  EXPECT_EQ(copied(), before + 6);
}

TEST_F(AnswerCacheTest, AReferralThatPointsIntoLabelsBelowTheCutIsNotKept) {
  AskUntilKept({.qname = "ns.sub.example.", .qtype = "A", .edns_octets = 1232});
  EXPECT_EQ(copied(), 0u);
}

TEST_F(AnswerCacheTest, MadeUpNamesHaveOneAnswer) {
  for (int i = 0; i < 10; ++i) {
    const std::string qname = "made-up-" + std::to_string(i) + ".example.";
    testing::Ask(keeping_, {.qname = qname, .qtype = "A", .edns_octets = 1232});
  }
  EXPECT_EQ(copied(), 8u);
}

// Owner names are spelled like the question (RFC 4343 section 4.1), and nobody else's spelling is.
TEST_F(AnswerCacheTest, OtherSpellingsAreComposed) {
  AskUntilKept({.qname = "x.sub.example.", .qtype = "A", .edns_octets = 1232});
  const uint64_t before = copied();
  AskUntilKept({.qname = "x.SuB.example.", .qtype = "A", .edns_octets = 1232});
  EXPECT_EQ(copied(), before);
}

TEST_F(AnswerCacheTest, FindingsThatNeverComeTwiceInARowAreNotKept) {
  Responder tiny{ResponderOptions{.answer_cache_octets = 8 << 10}};  // one bucket
  tiny.SetZones(Golden());
  for (int i = 0; i < 10; ++i) {
    testing::Ask(tiny, {.qname = "x.sub.example.", .qtype = "A", .edns_octets = 1232});
    testing::Ask(tiny, {.qname = "nothing.example.", .qtype = "A", .edns_octets = 1232});
  }
  EXPECT_EQ(tiny.counters().copied, 0u);
  for (int i = 0; i < 3; ++i)
    testing::Ask(tiny, {.qname = "x.sub.example.", .qtype = "A", .edns_octets = {}});
  EXPECT_EQ(tiny.counters().copied, 1u);
}

TEST_F(AnswerCacheTest, RoomForLessThanABucketKeepsNothing) {
  Responder none{ResponderOptions{.answer_cache_octets = 1 << 10}};
  none.SetZones(Golden());
  for (int i = 0; i < 3; ++i)
    testing::Ask(none, {.qname = "x.sub.example.", .qtype = "A", .edns_octets = {}});
  EXPECT_EQ(none.counters().copied, 0u);
}

TEST_F(AnswerCacheTest, OtherZonesOtherAnswers) {
  const Asked asked{.qname = "x.sub.example.", .qtype = "A", .edns_octets = 1232};
  AskUntilKept(asked);
  keeping_.SetZones(ZoneSet::Of({testing::ZoneOf("example.",
                                                 "@ 60 SOA ns host 2 2 3 4 5\n@ 60 NS ns\nns 60 A "
                                                 "192.0.2.1\nx.sub 60 A 192.0.2.2\n")}));
  EXPECT_EQ(testing::Ask(keeping_, asked), "aa noerror; answer x.sub.example. A");
}

TEST_F(AnswerCacheTest, KeepingAndCopyingAllocateNothing) {
  const std::vector<uint8_t> packet =
      PacketFor({.qname = "x.sub.example.", .qtype = "A", .edns_octets = 1232});
  std::vector<uint8_t> reply(4096);
  Query query;
  query.packet = packet;
  query.reply = reply;
  const testing::AllocationCounter counter;
  for (int i = 0; i < 4; ++i) keeping_.OnQueries({&query, 1});
  EXPECT_EQ(counter.count(), 0u);
  EXPECT_EQ(copied(), 2u);
}

}  // namespace
}  // namespace cairn
