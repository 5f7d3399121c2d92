#include "resolver/server_memory.h"

#include <string>

#include "fmt/format.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant kStart = Instant() + std::chrono::hours(1);
const Endpoint kServer{IpAddress::Literal("192.0.2.1"), 53};

class ServerMemoryTest : public ::testing::Test {
 protected:
  std::string State(Duration after = {}) const {
    return memory.State(kServer, kStart + after).ToText(kStart + after);
  }

  std::unique_ptr<Random> random = NewSeededRandom(1);
  ServerMemory memory{100, *random};
};

// RFC 6298 sections 2.2, 2.3.
TEST_F(ServerMemoryTest, SmoothsRoundTripTimes) {
  EXPECT_EQ(State(), "never measured");
  EXPECT_EQ(memory.State(kServer, kStart).rto, ServerMemory::kUnknownRto);
  memory.OnReply(kServer, milliseconds(80), kStart);
  EXPECT_EQ(State(), "srtt 80.0 ms, rttvar 40.0 ms");
  EXPECT_EQ(memory.State(kServer, kStart).rto, milliseconds(240));
  memory.OnReply(kServer, milliseconds(160), kStart);
  EXPECT_EQ(State(), "srtt 90.0 ms, rttvar 50.0 ms");
}

TEST_F(ServerMemoryTest, TimeoutsStayWithinBounds) {
  memory.OnReply(kServer, Duration(1000), kStart);
  EXPECT_EQ(memory.State(kServer, kStart).rto, ServerMemory::kMinRto);
  const Endpoint slow{IpAddress::Literal("192.0.2.2"), 53};
  memory.OnReply(slow, seconds(20), kStart);
  EXPECT_EQ(memory.State(slow, kStart).rto, ServerMemory::kMaxRto);
}

TEST_F(ServerMemoryTest, SilenceBacksOffAndAReplyEndsIt) {
  memory.OnReply(kServer, milliseconds(20), kStart);  // RTO 60 ms
  memory.OnTimeout(kServer, kStart, kStart);
  EXPECT_EQ(memory.State(kServer, kStart).rto, milliseconds(120));
  memory.OnTimeout(kServer, kStart, kStart);
  EXPECT_EQ(memory.State(kServer, kStart).rto, milliseconds(240));
  EXPECT_EQ(memory.State(kServer, kStart).steady_rto, milliseconds(60));
  EXPECT_EQ(State(), "srtt 20.0 ms, rttvar 10.0 ms, 2 time-outs in a row");
  memory.OnReply(kServer, milliseconds(20), kStart);
  EXPECT_EQ(State(), "srtt 20.0 ms, rttvar 7.5 ms");
}

// THREATS section 1: a dead server is probed at most once in 10 s.
TEST_F(ServerMemoryTest, EightTimeoutsInARowAreDeath) {
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(memory.State(kServer, kStart).dead_until);
    memory.OnTimeout(kServer, kStart, kStart);
  }
  EXPECT_EQ(memory.State(kServer, kStart).dead_until, kStart + seconds(10));
  EXPECT_EQ(State(), "never measured, 8 time-outs in a row, dead for 10 s");

  Instant now = kStart + seconds(10);
  memory.OnProbe(kServer, now);
  EXPECT_EQ(memory.State(kServer, now).dead_until, now + seconds(10)) << "nobody else probes meanwhile";
  for (const int interval_s : {20, 40, 80, 80}) {
    memory.OnTimeout(kServer, now, now);
    EXPECT_EQ(memory.State(kServer, now).dead_until, now + seconds(interval_s));
    now += seconds(interval_s);
  }
  memory.OnReply(kServer, milliseconds(30), now);
  EXPECT_FALSE(memory.State(kServer, now).dead_until);
}

// What was on its way together is silent together, and counts as one time-out.
TEST_F(ServerMemoryTest, OneStallIsOneTimeout) {
  const Instant noticed = kStart + milliseconds(60);
  for (int i = 0; i < 200; ++i) memory.OnTimeout(kServer, kStart, noticed);
  memory.OnTimeout(kServer, kStart + milliseconds(59), noticed + milliseconds(60));
  EXPECT_EQ(memory.State(kServer, noticed).timeouts_in_a_row, 1);
  memory.OnTimeout(kServer, noticed, noticed + milliseconds(60));
  EXPECT_EQ(memory.State(kServer, noticed).timeouts_in_a_row, 2);
}

TEST_F(ServerMemoryTest, AQueryOvertakenByAReplyWasLost) {
  memory.OnReply(kServer, milliseconds(20), kStart + milliseconds(40));
  memory.OnTimeout(kServer, kStart, kStart + milliseconds(60));
  EXPECT_EQ(memory.State(kServer, kStart + milliseconds(60)).timeouts_in_a_row, 0);
}

TEST_F(ServerMemoryTest, NobodyIsCondemnedForEver) {
  memory.OnReply(kServer, milliseconds(30), kStart);
  memory.SetEdns(kServer, EdnsSupport::kNo, kStart);
  memory.SetPrefersTcp(kServer, kStart);
  memory.SetFoldsCase(kServer, kStart);
  for (int i = 0; i < 10; ++i) memory.OnTimeout(kServer, kStart, kStart);
  EXPECT_EQ(State(),
            "srtt 30.0 ms, rttvar 15.0 ms, 10 time-outs in a row, dead for 40 s, no EDNS, TCP, folds case");
  EXPECT_EQ(State(minutes(5)), "srtt 30.0 ms, rttvar 15.0 ms, no EDNS, TCP, folds case");
  EXPECT_EQ(State(minutes(15)), "never measured");
}

TEST_F(ServerMemoryTest, IsLameForAZoneOnly) {
  const Name zone = Name::Literal("example."), other = Name::Literal("test.");
  memory.SetLame(kServer, zone, Lameness::kNotAuthoritative, kStart);
  EXPECT_EQ(memory.LameFor(kServer, Name::Literal("EXAMPLE."), kStart), Lameness::kNotAuthoritative);
  EXPECT_EQ(memory.LameFor(kServer, other, kStart), Lameness::kNone);
  EXPECT_EQ(memory.LameFor({kServer.address, 5353}, zone, kStart), Lameness::kNone);
  EXPECT_EQ(memory.LameFor(kServer, zone, kStart + minutes(5)), Lameness::kNone);
  memory.SetLame(kServer, zone, Lameness::kNone, kStart);
  EXPECT_EQ(memory.LameFor(kServer, zone, kStart), Lameness::kNone);
}

TEST_F(ServerMemoryTest, NotesOnlySoManyLameZonesAServer) {
  const auto zone = [](int i) { return Name::Literal(fmt::format("z{}.", i)); };
  for (int i = 0; i < 17; ++i) memory.SetLame(kServer, zone(i), Lameness::kRefused, kStart);
  EXPECT_EQ(memory.LameFor(kServer, zone(0), kStart), Lameness::kNone);
  EXPECT_EQ(memory.LameFor(kServer, zone(1), kStart), Lameness::kRefused);
  EXPECT_EQ(memory.LameFor(kServer, zone(16), kStart), Lameness::kRefused);
}

TEST_F(ServerMemoryTest, ForgetsTheLeastUsedWhenFull) {
  memory.OnReply(kServer, milliseconds(30), kStart);
  for (int i = 0; i < 1000; ++i) {
    memory.OnTimeout({IpAddress::Literal(fmt::format("10.0.{}.{}", i / 256, i % 256)), 53}, kStart, kStart);
    ASSERT_TRUE(memory.State(kServer, kStart).known);
  }
  EXPECT_EQ(memory.size(), 100u);
}

TEST_F(ServerMemoryTest, DumpsInOrderOfAddress) {
  memory.OnTimeout({IpAddress::Literal("192.0.2.9"), 53}, kStart, kStart);
  memory.OnReply(kServer, milliseconds(30), kStart);
  memory.SetLame(kServer, Name::Literal("example."), Lameness::kRefused, kStart);
  EXPECT_EQ(memory.ToText(kStart),
            "192.0.2.1@53 srtt 30.0 ms, rttvar 15.0 ms\n"
            "  lame for example.: refuses\n"
            "192.0.2.9@53 never measured, 1 time-out\n");
}

}  // namespace
}  // namespace cairn
