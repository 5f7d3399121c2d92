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
  for (int probes = 0; probes < 5; ++probes) {
    memory.OnTimeout(kServer, now, now);
    EXPECT_EQ(memory.State(kServer, now).dead_until, now + seconds(10)) << "a server that is back is found";
    EXPECT_EQ(memory.State(kServer, now).probe_at, now + seconds(10));
    now += seconds(10);
  }
  memory.OnReply(kServer, milliseconds(30), now);
  EXPECT_FALSE(memory.State(kServer, now).dead_until);
}

// They lower its rank, and are put off further and further.
TEST_F(ServerMemoryTest, NobodyDiesOfProbes) {
  memory.OnReply(kServer, milliseconds(20), kStart);
  for (int i = 0; i < 20; ++i) memory.OnProbeTimeout(kServer, kStart, kStart);
  EXPECT_EQ(State(), "srtt 20.0 ms, rttvar 10.0 ms, 20 time-outs in a row");
  EXPECT_GT(memory.State(kServer, kStart).probe_at, kStart + seconds(2));
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(memory.State(kServer, kStart).dead_until);
    memory.OnTimeout(kServer, kStart, kStart);
  }
  EXPECT_TRUE(memory.State(kServer, kStart).dead_until);
}

// RFC 6298 section 2: RTO is srtt and the greater of G and 4 rttvar.
TEST_F(ServerMemoryTest, LateIsWhatItsOwnHistoryCallsSo) {
  memory.OnReply(kServer, milliseconds(20), kStart);
  EXPECT_EQ(memory.State(kServer, kStart).late_after, milliseconds(60));
  for (int i = 0; i < 100; ++i) memory.OnReply(kServer, milliseconds(20), kStart);
  EXPECT_EQ(memory.State(kServer, kStart).late_after, milliseconds(20) + ServerMemory::kGranularity);
}

// Karn's algorithm, RFC 6298 section 3. The reply came so long after the second copy of the query, and so
// long after the first.
TEST_F(ServerMemoryTest, AnAmbiguousReplyIsMeasuredOnlyWhenBothReadingsAgree) {
  struct Case {
    const char* name;
    int least_ms;
    int most_ms;
    std::string expected;
  };
  const Case cases[] = {
      {"to the second copy as usual, or to the first and late", 20, 80, "srtt 20.0 ms, rttvar 10.0 ms"},
      {"slower, whichever it was", 100, 160, "srtt 30.0 ms, rttvar 27.5 ms"},
      {"faster, whichever it was", 2, 12, "srtt 19.0 ms, rttvar 9.5 ms"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ServerMemory fresh(100, *random);
    fresh.OnReply(kServer, milliseconds(20), kStart);
    fresh.OnTimeout(kServer, kStart, kStart);
    fresh.OnAmbiguousReply(kServer, milliseconds(c.least_ms), milliseconds(c.most_ms), kStart);
    EXPECT_EQ(fresh.State(kServer, kStart).ToText(kStart), c.expected) << "it lives, in any case";
  }
  memory.OnAmbiguousReply(kServer, milliseconds(300), milliseconds(700), kStart);
  EXPECT_EQ(State(), "srtt 300.0 ms, rttvar 150.0 ms") << "a time-out must not become its round-trip time";
}

TEST_F(ServerMemoryTest, TwoProbesThatCameInHalfTheTimeBeginAnew) {
  memory.OnReply(kServer, milliseconds(300), kStart);
  memory.OnProbeReply(kServer, milliseconds(5), kStart);
  EXPECT_GT(memory.State(kServer, kStart).srtt, milliseconds(200)) << "one may be an accident";
  EXPECT_EQ(memory.State(kServer, kStart).last_rtt, milliseconds(5));
  memory.OnProbeReply(kServer, milliseconds(4), kStart);
  EXPECT_EQ(State(), "srtt 5.0 ms, rttvar 2.5 ms");
  memory.OnProbeReply(kServer, milliseconds(8), kStart);
  EXPECT_EQ(memory.State(kServer, kStart).srtt, std::chrono::microseconds(5375));
}

TEST_F(ServerMemoryTest, AProbeThatWasAnsweredKeepsNobodyAway) {
  memory.OnReply(kServer, milliseconds(300), kStart);
  memory.OnProbe(kServer, kStart + milliseconds(1));
  memory.OnProbeReply(kServer, milliseconds(4), kStart + milliseconds(5));
  EXPECT_LE(memory.State(kServer, kStart).probe_at, kStart);
}

TEST_F(ServerMemoryTest, ProbesKeepADistanceThatGrowsWithTimeouts) {
  memory.OnReply(kServer, milliseconds(20), kStart);  // RTO 60 ms
  EXPECT_LE(memory.State(kServer, kStart).probe_at, kStart);
  memory.OnProbe(kServer, kStart);
  EXPECT_EQ(memory.State(kServer, kStart).probe_at, kStart + milliseconds(60));
  for (const int backoff_ms : {120, 240, 480, 960}) {
    memory.OnTimeout(kServer, kStart, kStart);
    EXPECT_EQ(memory.State(kServer, kStart).probe_at, kStart + milliseconds(backoff_ms));
  }
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
            "srtt 30.0 ms, rttvar 15.0 ms, 10 time-outs in a row, dead for 10 s, no EDNS, TCP, folds case");
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
  const std::string first =
      "192.0.2.1@53 score 45.0 ms, srtt 30.0 ms, rttvar 15.0 ms\n"
      "  lame for example.: refuses\n";
  const std::string second = "192.0.2.9@53 score 900.0 ms, never measured, 1 time-out\n";
  EXPECT_EQ(memory.ToText(kStart, 1000), first + second);
  EXPECT_EQ(memory.ToText(kStart, first.size() + second.size() - 1), first + "and 1 more\n");
}

}  // namespace
}  // namespace cairn
