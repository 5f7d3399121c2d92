// The wire itself: what arrives, when, and that one seed is one run.
#include "tests/sim/sim_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Log = std::vector<std::string>;

std::string Text(ByteView octets) { return std::string(AsText(octets)); }

// Answers what it is asked, in capitals of its own: "ping" becomes "re: ping".
class Echo final : public QueryHandler {
 public:
  void OnQueries(std::span<Query> batch) override {
    batch_sizes.push_back(batch.size());
    for (Query& query : batch) {
      const std::string reply = "re: " + Text(query.packet);
      std::copy(reply.begin(), reply.end(), query.reply.begin());
      query.reply_octets = reply.size();
    }
  }
  std::vector<size_t> batch_sizes;
};

class Asker final : public UdpReceiver, public StreamReceiver {
 public:
  explicit Asker(SimWorld& world) : world_(world) {}
  void OnDatagram(UdpSocket& /*socket*/, const Endpoint& from, ByteView datagram) override {
    Note(from.ToText() + " " + Text(datagram));
  }
  void OnConnected() override { Note("connected"); }
  void OnMessage(ByteView message) override { Note(Text(message)); }
  void OnEnd(StreamEnd reason) override {
    static constexpr const char* kEnds[] = {"refused", "unreachable", "closed by peer", "reset", "protocol"};
    Note(kEnds[static_cast<size_t>(reason)]);
    stream.reset();
  }

  Log log;
  std::unique_ptr<MessageStream> stream;

 private:
  void Note(const std::string& what) {
    const auto run = std::chrono::duration_cast<milliseconds>(world_.clock().Now() - SimClock::kStart);
    log.push_back(std::to_string(run.count()) + " ms " + what);
  }
  SimWorld& world_;
};

class SimNetworkTest : public testing::Test {
 protected:
  SimWorld world_{7};
  SimHost& client_ = world_.AddHost("client", {IpAddress::Literal("198.51.100.1")});
  SimHost& server_ =
      world_.AddHost("server", {IpAddress::Literal("192.0.2.1"), IpAddress::Literal("2001:db8::1")});
  const Endpoint service_{server_.address(), 53};
  Echo echo_;
  std::unique_ptr<Listener> listener_ = *server_.Listen(service_, echo_);
  Asker asker_{world_};
  std::unique_ptr<UdpSocket> socket_ = *client_.OpenUdp({IpAddress{}, 0}, asker_);
};

TEST_F(SimNetworkTest, ADatagramTakesThePathsDelayEachWay) {
  PathPolicy path;
  path.delay = milliseconds(15);
  world_.SetPath(client_, server_, path);
  socket_->Send(service_, AsBytes("ping"));
  EXPECT_TRUE(asker_.log.empty());
  EXPECT_TRUE(world_.RunUntilIdle(seconds(1)));
  EXPECT_EQ(asker_.log, Log{"30 ms 192.0.2.1@53 re: ping"});
}

TEST_F(SimNetworkTest, DatagramsThatArriveTogetherAreOneBatchOf32AtMost) {
  for (int i = 0; i < 40; ++i) socket_->Send(service_, AsBytes("ping"));
  world_.RunUntilIdle(seconds(1));
  EXPECT_EQ(echo_.batch_sizes, (std::vector<size_t>{32, 8}));
  EXPECT_EQ(asker_.log.size(), 40u);
}

struct FateCase {
  const char* name;
  PathPolicy path;
  Endpoint to;
  PacketFate fate;
};

TEST_F(SimNetworkTest, TheLogSaysWhatBecameOfAPacket) {
  PathPolicy cut, lossy, narrow;
  cut.cut = true;
  lossy.loss = 1;
  narrow.largest_datagram_octets = 3;
  const Endpoint nobody{IpAddress::Literal("192.0.2.99"), 53};
  const Endpoint other_family{IpAddress::Literal("2001:db8::1"), 53};
  const FateCase cases[] = {
      {"a good path", {}, service_, PacketFate::kSent},
      {"nobody listens there", {}, {server_.address(), 54}, PacketFate::kSent},
      {"a cut path", cut, service_, PacketFate::kPathCut},
      {"a path that loses all", lossy, service_, PacketFate::kLost},
      {"a path for small datagrams", narrow, service_, PacketFate::kTooLarge},
      {"no such host", {}, nobody, PacketFate::kNoSuchHost},
      {"the client has no IPv6 address", {}, other_family, PacketFate::kNoSuchHost},
  };
  for (const FateCase& c : cases) {
    SCOPED_TRACE(c.name);
    world_.SetPath(client_, server_, c.path);
    const size_t packets = world_.log().packets().size();
    socket_->Send(c.to, AsBytes("ping"));
    ASSERT_EQ(world_.log().packets().size(), packets + 1);
    EXPECT_EQ(world_.log().packets().back().fate, c.fate);
    EXPECT_TRUE(world_.RunUntilIdle(seconds(1)));
  }
}

TEST_F(SimNetworkTest, DuplicatesAndOvertaking) {
  PathPolicy path;
  path.duplicate = 1;
  world_.SetPath(client_, server_, path);
  socket_->Send(service_, AsBytes("ping"));
  world_.RunUntilIdle(seconds(1));
  EXPECT_EQ(asker_.log.size(), 4u) << "two queries, each answered, each answer doubled";

  path = {};
  path.held_back = 0.5;
  world_.SetPath(client_, server_, path);
  asker_.log.clear();
  for (char c = 'a'; c <= 'z'; ++c) socket_->Send(service_, AsBytes(std::string(1, c)));
  world_.RunUntilIdle(seconds(1));
  ASSERT_EQ(asker_.log.size(), 26u);
  std::string order;
  for (const std::string& line : asker_.log) order += line.back();
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end())) << order;
}

TEST_F(SimNetworkTest, ADatagramToAClosedSocketIsLost) {
  socket_->Send(service_, AsBytes("ping"));
  socket_.reset();
  EXPECT_TRUE(world_.RunUntilIdle(seconds(1)));
  EXPECT_TRUE(asker_.log.empty());
}

TEST_F(SimNetworkTest, AForgedDatagramBearsTheSourceItClaims) {
  world_.Forge(service_, {client_.address(), socket_->local().port}, AsBytes("trust me"), milliseconds(1));
  world_.RunUntilIdle(seconds(1));
  EXPECT_EQ(asker_.log, Log{"1 ms 192.0.2.1@53 trust me"});
}

TEST_F(SimNetworkTest, SocketsCannotTakeWhatOthersHave) {
  EXPECT_EQ(client_.OpenUdp({client_.address(), socket_->local().port}, asker_).ok(), true)
      << "one address beside all addresses";
  EXPECT_EQ(server_.Listen(service_, echo_).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(client_.OpenUdp(service_, asker_).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SimNetworkTest, AStreamConnectsInOneRoundTripAndKeepsOrder) {
  asker_.stream = client_.Connect(service_, asker_);
  asker_.stream->Send(AsBytes("one"));
  asker_.stream->Send(AsBytes("two"));
  world_.RunFor(seconds(1));
  EXPECT_EQ(asker_.log, (Log{"20 ms connected", "40 ms re: one", "40 ms re: two"}));
  EXPECT_EQ(echo_.batch_sizes, std::vector<size_t>{2});
  EXPECT_TRUE(world_.RunUntilIdle(seconds(20)));
  EXPECT_EQ(asker_.log.back(), "12040 ms closed by peer")
      << "the server's idle timer runs from its last answer";
}

TEST_F(SimNetworkTest, LossDelaysAStreamAndLosesNothing) {
  PathPolicy path;
  path.loss = 0.3;
  world_.SetPath(client_, server_, path);
  asker_.stream = client_.Connect(service_, asker_);
  std::string sent, received;
  for (char c = 'a'; c <= 'z'; ++c) {
    sent += c;
    asker_.stream->Send(AsBytes(std::string(1, c)));
  }
  world_.RunFor(seconds(40));
  for (const std::string& line : asker_.log) {
    if (line.find("re: ") != std::string::npos) received += line.back();
  }
  EXPECT_EQ(received, sent);
}

struct EndCase {
  const char* name;
  SimHost::Tcp tcp;
  Endpoint to;
  Log expected;
};

TEST_F(SimNetworkTest, StreamsEndInEveryWay) {
  const Endpoint nobody{IpAddress::Literal("192.0.2.99"), 53};
  const EndCase cases[] = {
      {"refused", SimHost::Tcp::kRefused, service_, {"20 ms refused"}},
      {"nobody listens", SimHost::Tcp::kServed, {server_.address(), 54}, {"20 ms refused"}},
      {"no such host", SimHost::Tcp::kServed, nobody, {"63000 ms unreachable"}},
      {"reset", SimHost::Tcp::kResetOnQuery, service_, {"20 ms connected", "40 ms reset"}},
      {"never answered", SimHost::Tcp::kNoAnswer, service_, {"20 ms connected", "12040 ms closed by peer"}},
  };
  for (const EndCase& c : cases) {
    SCOPED_TRACE(c.name);
    SimWorld world(1);
    SimHost& client = world.AddHost("client", {IpAddress::Literal("198.51.100.1")});
    SimHost& server = world.AddHost("server", {server_.address()});
    server.tcp = c.tcp;
    Echo echo;
    const auto listener = *server.Listen(service_, echo);
    Asker asker(world);
    asker.stream = client.Connect(c.to, asker);
    asker.stream->Send(AsBytes("ping"));
    EXPECT_TRUE(world.RunUntilIdle(seconds(200)));
    EXPECT_EQ(asker.log, c.expected);
  }
}

TEST_F(SimNetworkTest, AStreamThatIsDestroyedLeavesNothingBehind) {
  asker_.stream = client_.Connect(service_, asker_);
  asker_.stream->Send(AsBytes("one"));
  world_.RunFor(milliseconds(25));
  asker_.stream.reset();
  EXPECT_TRUE(world_.RunUntilIdle(Duration::zero()));
  EXPECT_EQ(asker_.log, Log{"20 ms connected"});
}

TEST_F(SimNetworkTest, AListenerThatGoesResetsItsStreams) {
  asker_.stream = client_.Connect(service_, asker_);
  world_.RunFor(milliseconds(100));
  listener_.reset();
  EXPECT_TRUE(world_.RunUntilIdle(seconds(20)));
  EXPECT_EQ(asker_.log, (Log{"20 ms connected", "110 ms reset"}));
}

// A conversation that uses every kind of chance the wire has.
uint64_t HashOfRun(uint64_t seed) {
  SimWorld world(seed);
  SimHost& client = world.AddHost("client", {IpAddress::Literal("198.51.100.1")});
  SimHost& server = world.AddHost("server", {IpAddress::Literal("192.0.2.1")});
  PathPolicy path;
  path.jitter = milliseconds(20);
  path.loss = path.duplicate = path.held_back = 0.2;
  world.SetDefaultPath(path);
  Echo echo;
  const Endpoint service{server.address(), 53};
  const auto listener = *server.Listen(service, echo);
  Asker asker(world);
  const auto socket = *client.OpenUdp({IpAddress{}, 0}, asker);
  asker.stream = client.Connect(service, asker);
  for (int i = 0; i < 50; ++i) {
    socket->Send(service, AsBytes(std::to_string(i)));
    if (asker.stream) asker.stream->Send(AsBytes(std::to_string(i)));
    world.RunFor(milliseconds(7));
  }
  world.RunUntilIdle(seconds(600));
  return world.log().Hash();
}

TEST(SimWorld, OneSeedIsOneRunOctetForOctet) {
  EXPECT_EQ(HashOfRun(1), HashOfRun(1));
  EXPECT_NE(HashOfRun(1), HashOfRun(2));
}

TEST(SimWorld, TimersRunAtTheirInstantAndTimeStopsWhereItWasTold) {
  SimWorld world(1);
  Log log;
  Timer late(world.timers()), early(world.timers());
  late.Set(SimClock::kStart + seconds(10), [&] { log.push_back("late"); });
  early.Set(SimClock::kStart + seconds(2), [&] { log.push_back("early"); });
  world.RunUntil(SimClock::kStart + seconds(5));
  EXPECT_EQ(log, Log{"early"});
  EXPECT_EQ(world.clock().Now(), SimClock::kStart + seconds(5));
  EXPECT_FALSE(world.RunUntilIdle(seconds(1)));
  EXPECT_TRUE(world.RunUntilIdle(seconds(10)));
  EXPECT_EQ(world.clock().Now(), SimClock::kStart + seconds(10)) << "idle: time stands still";
}

TEST(SimWorld, WallTimeGoesAlongAndCanJump) {
  SimWorld world(1);
  const WallTime start = world.clock().Wall();
  world.RunFor(seconds(90));
  EXPECT_EQ(world.clock().Wall().seconds, start.seconds + 90);
  const Instant now = world.clock().Now();
  world.clock().JumpWall(-3600);
  EXPECT_EQ(world.clock().Wall().seconds, start.seconds + 90 - 3600);
  EXPECT_EQ(world.clock().Now(), now);
}

}  // namespace
}  // namespace cairn::sim
