// Connections to servers: shared, kept, bounded (RFC 7766 sections 6.2.1 to 6.2.4).
#include "resolver/upstream_connections.h"

#include <gtest/gtest.h>

#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

const Endpoint kServer{IpAddress::Literal("192.0.2.1"), 53};

class Query final : public TcpQuery {
 public:
  using TcpQuery::TcpQuery;
  int replies = 0;
  std::optional<StreamEnd> end;

 private:
  void OnReply(ByteView /*message*/) override { ++replies; }
  void OnEnd(StreamEnd reason) override { end = reason; }
};

class UpstreamConnectionsTest : public testing::Test {
 protected:
  std::vector<uint8_t> Message() {
    cairn::Message query;
    query.questions.push_back(QuestionFromText("www.example. A"));
    return query.ToWire();
  }
  bool Send(Query& query, const Endpoint& server = kServer) {
    std::vector<uint8_t> message = Message();
    return query.Send(server, message);
  }
  void RunFor(Duration span) {
    const Instant end = clock_.now + span;
    while (timers_.NextDeadline() && *timers_.NextDeadline() <= end) {
      clock_.now = std::max(clock_.now, *timers_.NextDeadline());
      timers_.RunDue();
    }
    clock_.now = end;
  }
  void Serve(std::string reply) {
    network_.servers[kServer.address] = [reply](const cairn::Message& query, bool) {
      std::optional<std::vector<uint8_t>> wire;
      if (std::optional<cairn::Message> message = ReplyFromText(query, reply)) wire = message->ToWire();
      return wire;
    };
  }

  ManualClock clock_;
  TimerQueue timers_{clock_};
  ScriptedNetwork network_{timers_};
  std::unique_ptr<Random> random_ = NewSeededRandom(1);
  UpstreamConnections connections_{clock_, timers_, *random_, network_, std::chrono::seconds(2)};
};

TEST_F(UpstreamConnectionsTest, QuestionsAtTheSameTimeAndSoonAfterShareOne) {
  Serve("aa");
  Query first(connections_), second(connections_);
  ASSERT_TRUE(Send(first));
  ASSERT_TRUE(Send(second));
  EXPECT_FALSE(first.reused());
  EXPECT_TRUE(second.reused());
  RunFor(std::chrono::seconds(1));
  EXPECT_EQ(first.replies + second.replies, 2);
  Query third(connections_);
  ASSERT_TRUE(Send(third));
  EXPECT_TRUE(third.reused());
  EXPECT_EQ(connections_.size(), 1u);
  RunFor(std::chrono::seconds(1));
  RunFor(UpstreamConnections::kIdle);
  EXPECT_EQ(connections_.size(), 0u);
  EXPECT_EQ(timers_.size(), 0u);
}

TEST_F(UpstreamConnectionsTest, AFailureIsNotRepeatedForTwoSeconds) {
  Query refused(connections_);
  ASSERT_TRUE(Send(refused));  // nobody is there
  RunFor(std::chrono::seconds(1));
  EXPECT_EQ(refused.end, StreamEnd::kRefused);
  Query again(connections_);
  EXPECT_FALSE(Send(again));
  RunFor(std::chrono::seconds(2));
  EXPECT_TRUE(Send(again));
}

TEST_F(UpstreamConnectionsTest, WhatKeptAQueryWaitingInVainTakesNoOther) {
  Serve("aa");
  Query patient(connections_);
  ASSERT_TRUE(Send(patient));
  {
    Query impatient(connections_);
    ASSERT_TRUE(Send(impatient));
  }
  EXPECT_FALSE(connections_.IsOpen(kServer));
  RunFor(std::chrono::seconds(1));
  EXPECT_EQ(patient.replies, 1);  // who was there stays
}

TEST_F(UpstreamConnectionsTest, WhoAnswersSomethingElseIsNotWaitedFor) {
  network_.servers[kServer.address] = [](const cairn::Message& query, bool) {
    cairn::Message reply = *ReplyFromText(query, "aa");
    reply.header.id ^= 1;
    return std::optional(reply.ToWire());
  };
  Query query(connections_);
  ASSERT_TRUE(Send(query));
  RunFor(std::chrono::milliseconds(100));
  EXPECT_EQ(query.replies, 0);
  EXPECT_EQ(query.end, StreamEnd::kProtocol);
  EXPECT_EQ(connections_.size(), 0u);
}

TEST_F(UpstreamConnectionsTest, TheLongestIdleGivesWay) {
  for (size_t i = 0; i <= UpstreamConnections::kMost; ++i) {
    const uint8_t octets[] = {192, 0, static_cast<uint8_t>(2 + i / 250), static_cast<uint8_t>(1 + i % 250)};
    const Endpoint server{IpAddress::V4(octets), 53};
    network_.servers[server.address] = [](const cairn::Message& query, bool) {
      return std::optional(ReplyFromText(query, "aa")->ToWire());
    };
    Query query(connections_);
    ASSERT_TRUE(Send(query, server));
    RunFor(std::chrono::milliseconds(20));
    ASSERT_EQ(query.replies, 1);
  }
  EXPECT_LE(connections_.size(), UpstreamConnections::kMost);
}

}  // namespace
}  // namespace cairn
