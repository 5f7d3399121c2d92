// RFC 1034 section 5.3.3 step 3, when replies are late, lost or two: one zone, a near server and a far one.
#include "resolver/inquiry.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

using std::chrono::milliseconds;

const IpAddress kNear = IpAddress::Literal("192.0.2.1"), kFar = IpAddress::Literal("192.0.2.2");

class InquiryTest : public testing::Test {
 protected:
  struct Sent {
    Endpoint from;
    IpAddress to;
    std::vector<uint8_t> octets;
  };

  explicit InquiryTest(ResolverOptions options = WithoutProbes()) : world_(std::move(options)) {
    world_.AddServer("198.51.100.1", {{"*",
                                       "authority example. 3600 NS ns1.example.; "
                                       "authority example. 3600 NS ns2.example.; "
                                       "additional ns1.example. 3600 A 192.0.2.1; "
                                       "additional ns2.example. 3600 A 192.0.2.2"}});
    world_.network.on_udp = [this](const Endpoint& from, const Endpoint& to, ByteView query) {
      if (to.address == kNear || to.address == kFar) OnQuery(from, to, query);
    };
    delay_ = {{kNear, milliseconds(10)}, {kFar, milliseconds(200)}};
    for (int i = 0; i < 12; ++i) Ask();
    sent_.clear();
  }
  static ResolverOptions WithoutProbes() {
    ResolverOptions options = ScriptedWorld::DefaultOptions();
    options.probe_percent = 0;
    return options;
  }

  // Which server's address record came, and after how long; "SERVFAIL" otherwise.
  std::string Ask() {
    const std::string name = fmt::format("n{}.example. A", questions_++);
    std::string answer;
    Instant answered{};
    const Instant asked = world_.clock.now;
    world_.resolver->Resolve(QuestionFromText(name), nullptr, [&](const CollectedAnswer& its_answer) {
      answer = InWords(its_answer);
      answered = world_.clock.now;
    });
    world_.Run();
    took_ = answered - asked;
    return answer.substr(answer.rfind(' ') + 1);
  }
  // Different queries sent to a server: another port or ID is another one.
  size_t Queries(const IpAddress& to) const {
    std::set<std::pair<uint16_t, std::vector<uint8_t>>> different;
    for (const Sent& sent : sent_)
      if (sent.to == to) different.insert({sent.from.port, sent.octets});
    return different.size();
  }
  size_t Packets(const IpAddress& to) const {
    size_t packets = 0;
    for (const Sent& sent : sent_) packets += sent.to == to;
    return packets;
  }
  ServerState StateOf(const IpAddress& server) {
    return world_.resolver->servers().State({server, 53}, world_.clock.now);
  }

  ScriptedWorld world_;
  std::map<IpAddress, Duration> delay_;
  int lost_ = 0;  // so many of the next queries
  std::vector<Sent> sent_;
  Duration took_{};

 private:
  void OnQuery(const Endpoint& from, const Endpoint& to, ByteView query) {
    sent_.push_back({from, to.address, {query.begin(), query.end()}});
    if (lost_ > 0 && lost_--) return;
    const Message asked = Message::Parse(query).value();
    const std::string owner = asked.questions.at(0).qname.ToText();
    const Message reply = *ReplyFromText(
        asked, "aa; answer " + owner + " 300 A " + (to.address == kNear ? "1.1.1.1" : "2.2.2.2"));
    world_.network.Inject(to, from, reply.ToWire(), delay_[to.address]);
  }
  int questions_ = 0;
};

// Nothing for a guesser to gain, and no time-out for the client to wait for.
TEST_F(InquiryTest, ALostQueryLeavesAgainOctetForOctet) {
  lost_ = 1;
  EXPECT_EQ(Ask(), "1.1.1.1");
  EXPECT_LT(took_, milliseconds(50));
  EXPECT_EQ(Packets(kNear), 2u);
  EXPECT_EQ(Queries(kNear), 1u);
  EXPECT_EQ(world_.resolver->counters().upstream_hedges.value(), 1u);
  EXPECT_EQ(StateOf(kNear).timeouts_in_a_row, 0);
}

// THREATS section 2, birthday: however silent they are, two to one server are on their way only as copies.
TEST_F(InquiryTest, WhoIsAskedAnewIsNoLongerBelievedForTheOldQuery) {
  delay_[kNear] = delay_[kFar] = milliseconds(2500);
  EXPECT_NE(Ask(), "1.1.1.1") << "each reply came to a query that had been given up";
  EXPECT_GE(Packets(kNear), 2 * Queries(kNear) - 1);
}

class WithoutHedges : public InquiryTest {
 protected:
  static ResolverOptions Options() {
    ResolverOptions options = WithoutProbes();
    options.hedge_percent = 0;
    return options;
  }
  WithoutHedges() : InquiryTest(Options()) {}
};

TEST_F(WithoutHedges, ALostQueryCostsATimeout) {
  lost_ = 1;
  EXPECT_NE(Ask(), "SERVFAIL");
  EXPECT_GE(took_, ServerMemory::kMinRto);
  EXPECT_EQ(world_.resolver->counters().upstream_hedges.value(), 0u);
  EXPECT_GT(world_.resolver->counters().hedges_declined.value(), 0u);
}

class ManyProbes : public InquiryTest {
 protected:
  static ResolverOptions Options() {
    ResolverOptions options = ScriptedWorld::DefaultOptions();
    options.probe_percent = 100;
    return options;
  }
  ManyProbes() : InquiryTest(Options()) {}
};

TEST_F(ManyProbes, WhatAProbeIsToldIsNotKept) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Ask(), "1.1.1.1");
  EXPECT_GE(Packets(kFar), 10u);
  const size_t sent = sent_.size();
  EXPECT_THAT(world_.Ask("n20.example. A"), testing::EndsWith(" IN A 1.1.1.1"));
  EXPECT_EQ(sent_.size(), sent) << "from the cache, after the probe's reply had come";
  EXPECT_GT(world_.resolver->counters().upstream_probes.value(), 10u);
  EXPECT_NEAR(std::chrono::duration<double>(StateOf(kFar).srtt).count(), 0.2, 0.001);
}

TEST_F(ManyProbes, TheFirstReplyWinsAndTheOtherIsMeasured) {
  delay_[kFar] = milliseconds(12);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(Ask(), "1.1.1.1");
  delay_[kNear] = milliseconds(300);
  sent_.clear();
  EXPECT_EQ(Ask(), "2.2.2.2");
  EXPECT_LT(took_, milliseconds(60));
  EXPECT_GT(StateOf(kNear).srtt, milliseconds(40)) << "it was listened to";
  EXPECT_EQ(StateOf(kNear).timeouts_in_a_row, 0) << "and it lives";
}

class OneQueryEach : public InquiryTest {
 protected:
  static ResolverOptions Options() {
    ResolverOptions options = WithoutProbes();
    options.limits[Limit::kFetchQueries] = 1;
    return options;
  }
  OneQueryEach() : InquiryTest(Options()) {}
};

TEST_F(OneQueryEach, AQueryThatCannotBeSentAgainIsStillBelieved) {
  delay_[kNear] = milliseconds(40);
  EXPECT_EQ(Ask(), "1.1.1.1");
  EXPECT_EQ(took_, milliseconds(40));
  EXPECT_EQ(world_.resolver->counters().upstream_hedges.value(), 0u) << "none left";
}

}  // namespace
}  // namespace cairn
