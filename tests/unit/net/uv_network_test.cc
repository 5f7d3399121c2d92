// UvNetwork against sockets on loopback: its own clients on the same loop, and bare sockets where the peer
// misbehaves.
#include "common/net/uv_network.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/limits.h"
#include "common/net/uv_sockets.h"

namespace cairn {
namespace {

using std::chrono::seconds;

// A clock that a test can put forward.
class ShiftedClock final : public Clock {
 public:
  Instant Now() const override { return system_.Now() + shift; }
  WallTime Wall() const override { return system_.Wall(); }
  Duration shift{0};

 private:
  SystemClock system_;
};

// A packet of at least a header's length, told apart by its text.
std::string Packet(std::string_view text) {
  std::string packet(12, '\0');
  packet += text;
  return packet;
}

std::string Framed(std::string_view message) {
  std::string framed;
  framed += static_cast<char>(message.size() >> 8);
  framed += static_cast<char>(message.size() & 255);
  framed += message;
  return framed;
}

// Answers what it is asked with what `answer` makes of it, at once, later or never.
class Answerer final : public QueryHandler {
 public:
  enum class When { kNow, kLater, kNever };

  void OnQueries(std::span<Query> batch) override {
    batches.push_back(batch.size());
    if (at_batch) at_batch();
    for (Query& query : batch) {
      seen.emplace_back(AsText(query.packet));
      last = query.to;
      if (when == When::kNever) query.dropped = true;
      if (when == When::kLater) waiting.emplace_back(query.to, seen.back());
      if (when != When::kNow) continue;
      const std::string reply = seen.back() + padding;
      std::ranges::copy(AsBytes(reply), query.reply.begin());
      query.reply_octets = reply.size();
    }
  }
  void AnswerWaiting() {
    for (const auto& [to, packet] : std::exchange(waiting, {})) to.listener->Reply(to, AsBytes(packet));
  }

  When when = When::kNow;
  std::string padding;
  std::function<void()> at_batch;
  std::vector<std::string> seen;
  std::vector<size_t> batches;
  std::vector<std::pair<ReplyTo, std::string>> waiting;
  ReplyTo last;
};

class Collector final : public UdpReceiver, public StreamReceiver {
 public:
  void OnDatagram(UdpSocket&, const Endpoint& from, ByteView datagram) override {
    senders.push_back(from);
    messages.emplace_back(AsText(datagram));
  }
  void OnNoRoute(UdpSocket&, const Endpoint& to) override { no_route.push_back(to); }
  void OnConnected() override { connected = true; }
  void OnMessage(ByteView message) override {
    messages.emplace_back(AsText(message));
    if (drop_after_message != nullptr) drop_after_message->reset();
  }
  void OnEnd(StreamEnd reason) override { end = reason; }

  std::vector<Endpoint> senders;
  std::vector<Endpoint> no_route;
  std::vector<std::string> messages;
  bool connected = false;
  std::optional<StreamEnd> end;
  std::unique_ptr<MessageStream>* drop_after_message = nullptr;
};

// A blocking TCP client without manners.
class BareClient {
 public:
  explicit BareClient(const Endpoint& to, const char* from = "127.0.0.1")
      : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in local{};
    local.sin_family = AF_INET;
    inet_pton(AF_INET, from, &local.sin_addr);
    bind(fd_, reinterpret_cast<sockaddr*>(&local), sizeof local);
    sockaddr_in remote{};
    remote.sin_family = AF_INET;
    remote.sin_port = htons(to.port);
    inet_pton(AF_INET, to.address.ToText().c_str(), &remote.sin_addr);
    connected = connect(fd_, reinterpret_cast<sockaddr*>(&remote), sizeof remote) == 0;
  }
  ~BareClient() { close(fd_); }
  // How much the system took without blocking.
  size_t Write(std::string_view octets) const {
    const ssize_t count = send(fd_, octets.data(), octets.size(), MSG_DONTWAIT);
    return count < 0 ? 0 : static_cast<size_t>(count);
  }
  void HalfClose() const { shutdown(fd_, SHUT_WR); }
  // Appends what has come; notes the end of the stream.
  void Read() {
    std::array<char, 4096> part;
    ssize_t count;
    while ((count = recv(fd_, part.data(), part.size(), MSG_DONTWAIT)) > 0) {
      received.append(part.data(), static_cast<size_t>(count));
    }
    if (count == 0 || (count < 0 && errno != EAGAIN)) closed = true;
  }

  bool connected = false;
  bool closed = false;
  std::string received;

 private:
  int fd_;
};

// Whether an epoll set of this process holds the UDP socket bound to `local`.
bool IsWatched(const Endpoint& local) {
  std::set<std::string> watched;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(entry.path());
    for (std::string word; info >> word;) {
      if (word == "tfd:" && info >> word) watched.insert(word);
    }
  }
  return std::ranges::any_of(watched, [&local](const std::string& number) {
    const int fd = std::stoi(number);
    int type = 0;
    socklen_t octets = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &octets) == 0 && type == SOCK_DGRAM &&
           LocalEndpoint(fd) == local;
  });
}

class UvNetworkTest : public testing::Test {
 protected:
  UvNetworkTest() : loop_(clock_) {
    std::signal(SIGPIPE, SIG_IGN);
    network_ = std::make_unique<UvNetwork>(loop_);
  }
  std::unique_ptr<Listener> Listen(const char* local = "127.0.0.1@0") {
    absl::StatusOr<std::unique_ptr<Listener>> listener =
        network_->Listen(*Endpoint::FromText(local), answerer_);
    EXPECT_TRUE(listener.ok()) << listener.status();
    return *std::move(listener);
  }
  // Turns the loop until `done`, or gives up after a time that no working machine needs.
  testing::AssertionResult Until(const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return testing::AssertionFailure() << "did not happen";
      loop_.RunReady();
    }
    return testing::AssertionSuccess();
  }
  testing::AssertionResult UntilClosed(BareClient& client) {
    return Until([&] {
      client.Read();
      return client.closed;
    });
  }

  ShiftedClock clock_;
  UvLoop loop_;
  std::unique_ptr<UvNetwork> network_;
  Answerer answerer_;
  Collector collector_;
};

TEST_F(UvNetworkTest, AnswersDatagramsInBatches) {
  const std::unique_ptr<Listener> listener = Listen();
  const auto socket = *network_->OpenUdp(*Endpoint::FromText("127.0.0.1@0"), collector_);
  constexpr size_t kCount = 100;
  for (size_t i = 0; i < kCount; ++i) socket->Send(listener->local(), AsBytes(Packet(std::to_string(i))));
  ASSERT_TRUE(Until([&] { return collector_.messages.size() == kCount; }));
  EXPECT_EQ(collector_.messages[0], Packet("0"));
  EXPECT_EQ(collector_.messages[99], Packet("99"));
  EXPECT_EQ(collector_.senders[7], listener->local());
  EXPECT_LT(answerer_.batches.size(), kCount);
  EXPECT_EQ(network_->counters().udp_queries, kCount);
  EXPECT_EQ(network_->counters().udp_answers, kCount);
}

TEST_F(UvNetworkTest, ASocketThatHasMoreIsNotWatched) {
  constexpr size_t kBeforeMore = limits::kUdpBatchesPerWake * limits::kUdpBatch;
  constexpr size_t kCount = 2 * kBeforeMore + 10;
  const std::unique_ptr<Listener> listener = Listen();
  const auto socket = *network_->OpenUdp(*Endpoint::FromText("127.0.0.1@0"), collector_);
  std::vector<bool> watched;
  answerer_.at_batch = [&] { watched.push_back(IsWatched(listener->local())); };
  for (size_t i = 0; i < kCount; ++i) socket->Send(listener->local(), AsBytes(Packet(std::to_string(i))));
  ASSERT_TRUE(Until([&] { return collector_.messages.size() == kCount; }));
  EXPECT_EQ(watched, (std::vector<bool>{true, true, true, true, false, false, false, false, false}));

  // When there is no more it is again.
  ASSERT_TRUE(Until([&] { return IsWatched(listener->local()); }));
  socket->Send(listener->local(), AsBytes(Packet("later")));
  ASSERT_TRUE(Until([&] { return collector_.messages.size() == kCount + 1; }));
  EXPECT_TRUE(watched.back());
}

TEST_F(UvNetworkTest, AnswersFromTheAddressThatWasAsked) {
  const std::unique_ptr<Listener> listener = Listen("0.0.0.0@0");
  const auto socket = *network_->OpenUdp(*Endpoint::FromText("127.0.0.1@0"), collector_);
  const Endpoint asked{IpAddress::Literal("127.0.0.77"), listener->local().port};

  socket->Send(asked, AsBytes(Packet("now")));
  ASSERT_TRUE(Until([&] { return collector_.messages.size() == 1; }));
  EXPECT_EQ(collector_.senders[0], asked);
  EXPECT_EQ(answerer_.last.local, asked.address);

  answerer_.when = Answerer::When::kLater;
  socket->Send(asked, AsBytes(Packet("later")));
  ASSERT_TRUE(Until([&] { return !answerer_.waiting.empty(); }));
  answerer_.AnswerWaiting();
  ASSERT_TRUE(Until([&] { return collector_.messages.size() == 2; }));
  EXPECT_EQ(collector_.senders[1], asked);
}

TEST_F(UvNetworkTest, AnswersOverIpv6FromTheAddressThatWasAsked) {
  const absl::StatusOr<std::unique_ptr<Listener>> listener =
      network_->Listen(*Endpoint::FromText("::@0"), answerer_);
  if (!listener.ok()) GTEST_SKIP() << "no IPv6 here";
  const auto socket = *network_->OpenUdp(*Endpoint::FromText("::1@0"), collector_);
  const Endpoint asked{IpAddress::Literal("::1"), (*listener)->local().port};
  socket->Send(asked, AsBytes(Packet("now")));
  ASSERT_TRUE(Until([&] { return collector_.messages.size() == 1; }));
  EXPECT_EQ(collector_.senders[0], asked);
}

TEST_F(UvNetworkTest, DropsDatagramsLongerThanASlot) {
  const std::unique_ptr<Listener> listener = Listen();
  const auto socket = *network_->OpenUdp(*Endpoint::FromText("127.0.0.1@0"), collector_);
  socket->Send(listener->local(), AsBytes(std::string(limits::kUdpDatagramOctets + 1, 'x')));
  ASSERT_TRUE(Until([&] { return answerer_.seen.size() == 1; }));
  EXPECT_EQ(answerer_.seen[0], "");
}

// From a loopback address no route leads elsewhere, so nothing leaves the machine here.
TEST_F(UvNetworkTest, TellsWhereNoRouteLeads) {
  const std::unique_ptr<Listener> listener = Listen();
  const auto socket = *network_->OpenUdp(*Endpoint::FromText("127.0.0.1@0"), collector_);
  const Endpoint nowhere = *Endpoint::FromText("192.0.2.1@53");
  socket->Send(nowhere, AsBytes(Packet("lost")));
  socket->Send(listener->local(), AsBytes(Packet("found")));
  EXPECT_TRUE(collector_.no_route.empty());  // never from inside the call
  ASSERT_TRUE(Until([&] { return !collector_.no_route.empty() && !collector_.messages.empty(); }));
  EXPECT_EQ(collector_.no_route, std::vector{nowhere});
  EXPECT_EQ(collector_.messages, std::vector{Packet("found")});
}

TEST_F(UvNetworkTest, ASocketThatIsGoneTellsNothing) {
  const std::unique_ptr<Listener> listener = Listen();
  auto lost = *network_->OpenUdp(*Endpoint::FromText("127.0.0.1@0"), collector_);
  lost->Send(*Endpoint::FromText("192.0.2.1@53"), AsBytes(Packet("lost")));
  lost.reset();
  const auto socket = *network_->OpenUdp(*Endpoint::FromText("127.0.0.1@0"), collector_);
  socket->Send(listener->local(), AsBytes(Packet("found")));
  ASSERT_TRUE(Until([&] { return !collector_.messages.empty(); }));
  EXPECT_TRUE(collector_.no_route.empty());
}

TEST_F(UvNetworkTest, AnswersAllMessagesOfOneReadTogether) {
  const std::unique_ptr<Listener> listener = Listen();
  const auto stream = network_->Connect(listener->local(), collector_);
  constexpr size_t kCount = 100;
  for (size_t i = 0; i < kCount; ++i) stream->Send(AsBytes(Packet(std::to_string(i))));
  ASSERT_TRUE(Until([&] { return collector_.messages.size() == kCount; }));
  EXPECT_TRUE(collector_.connected);
  EXPECT_EQ(collector_.messages[99], Packet("99"));
  EXPECT_EQ(answerer_.batches, (std::vector<size_t>{32, 32, 32, 4}));
  EXPECT_EQ(answerer_.last.client.address, IpAddress::Literal("127.0.0.1"));
  EXPECT_EQ(answerer_.last.local, IpAddress::Literal("127.0.0.1"));
}

// RFC 7766 section 6.2.1.1: pipelined queries are all answered, also those of one read whose answers are too
// many for one write, and also after a half-close.
TEST_F(UvNetworkTest, AnswersAllMessagesOfOneReadHoweverLongTheAnswers) {
  answerer_.padding = std::string(60'000, 'x');
  const std::unique_ptr<Listener> listener = Listen();
  BareClient client(listener->local());
  std::string queries;
  constexpr size_t kCount = 300;
  for (size_t i = 0; i < kCount; ++i) queries += Framed(Packet("query"));
  client.Write(queries);
  client.HalfClose();
  ASSERT_TRUE(UntilClosed(client));
  EXPECT_EQ(client.received.size(), kCount * Framed(Packet("query") + answerer_.padding).size());
}

TEST_F(UvNetworkTest, AnswersSendersOfSingleOctets) {
  const std::unique_ptr<Listener> listener = Listen();
  BareClient client(listener->local());
  const std::string both = Framed(Packet("one")) + Framed(Packet("two"));
  for (const char octet : both) {
    client.Write({&octet, 1});
    loop_.RunReady();
  }
  ASSERT_TRUE(Until([&] {
    client.Read();
    return client.received == both;
  }));
}

TEST_F(UvNetworkTest, TakesTheLongestMessage) {
  const std::unique_ptr<Listener> listener = Listen();
  const auto stream = network_->Connect(listener->local(), collector_);
  const std::string longest(65535, 'x');
  stream->Send(AsBytes(longest));
  ASSERT_TRUE(Until([&] { return collector_.messages.size() == 1; }));
  EXPECT_EQ(collector_.messages[0], longest);
}

TEST_F(UvNetworkTest, FinishesItsAnswersAfterAHalfClose) {
  answerer_.when = Answerer::When::kLater;
  const std::unique_ptr<Listener> listener = Listen();
  BareClient client(listener->local());
  client.Write(Framed(Packet("asked")));
  client.HalfClose();
  ASSERT_TRUE(Until([&] { return !answerer_.waiting.empty(); }));
  client.Read();
  EXPECT_FALSE(client.closed);
  answerer_.AnswerWaiting();
  ASSERT_TRUE(UntilClosed(client));
  EXPECT_EQ(client.received, Framed(Packet("asked")));
}

TEST_F(UvNetworkTest, ClosesAfterAHalfCloseWhenNoAnswerWillCome) {
  answerer_.when = Answerer::When::kNever;
  const std::unique_ptr<Listener> listener = Listen();
  BareClient client(listener->local());
  client.Write(Framed(Packet("asked")));
  client.HalfClose();
  ASSERT_TRUE(UntilClosed(client));
  EXPECT_EQ(client.received, "");
}

// RFC 1035 section 4.2.2 and 4.1.1: what is shorter than a header is no message; the frame is lost.
TEST_F(UvNetworkTest, ClosesWhenALengthIsNone) {
  const std::unique_ptr<Listener> listener = Listen();
  for (const std::string& broken :
       {std::string("\0\0", 2), std::string("\0\x0b", 2) + std::string(11, 'x')}) {
    BareClient client(listener->local());
    client.Write(Framed(Packet("good")) + broken);
    ASSERT_TRUE(UntilClosed(client));
    EXPECT_EQ(client.received, Framed(Packet("good")));
  }
}

TEST_F(UvNetworkTest, PausesAtTheLimitOfQueriesInFlight) {
  answerer_.when = Answerer::When::kLater;
  const std::unique_ptr<Listener> listener = Listen();
  BareClient client(listener->local());
  std::string many;
  constexpr size_t kCount = limits::kTcpQueriesInFlight + 10;
  for (size_t i = 0; i < kCount; ++i) many += Framed(Packet(std::to_string(i)));
  client.Write(many);
  ASSERT_TRUE(Until([&] { return answerer_.waiting.size() == limits::kTcpQueriesInFlight; }));
  for (int i = 0; i < 100; ++i) loop_.RunReady();
  EXPECT_EQ(answerer_.seen.size(), limits::kTcpQueriesInFlight);
  answerer_.AnswerWaiting();
  ASSERT_TRUE(Until([&] { return answerer_.seen.size() == kCount; }));
  answerer_.AnswerWaiting();
  ASSERT_TRUE(Until([&] {
    client.Read();
    return client.received.size() == many.size();
  }));
}

// CVE-2024-0760: a client that asks and never reads.
TEST_F(UvNetworkTest, StopsReadingFromAClientThatDoesNotAndClosesItInTheEnd) {
  answerer_.padding = std::string(60'000, 'x');
  const std::unique_ptr<Listener> listener = Listen();
  BareClient client(listener->local());
  const std::string query = Framed(Packet("query"));
  size_t idle_turns = 0;
  size_t seen = 0;
  while (idle_turns < 1000) {  // until nothing moves any more
    client.Write(query);
    loop_.RunReady();
    idle_turns = answerer_.seen.size() == seen ? idle_turns + 1 : 0;
    seen = answerer_.seen.size();
  }
  EXPECT_LT(seen, 1000U);  // what the system buffers and what we do, 60 kB each
  EXPECT_EQ(network_->tcp_connections(), 1U);
  ASSERT_TRUE(Until([&] {
    clock_.shift +=
        std::chrono::milliseconds(1);  // the last octets may leave later than the last query comes
    return network_->tcp_connections() == 0;
  }));
  EXPECT_EQ(network_->counters().tcp_slow_readers, 1U);
}

// Numbered messages of 60 kB; counts how many were asked for.
class NumberedMessages final : public MessageSource {
 public:
  NumberedMessages(size_t count, size_t& asked) : count_(count), asked_(asked) {}
  size_t Next(std::span<uint8_t> out) override {
    if (asked_ == count_) return 0;
    std::ranges::fill(out.first(60'000), static_cast<uint8_t>(asked_++));
    return 60'000;
  }

 private:
  const size_t count_;
  size_t& asked_;
};

// Progress alone is not enough: who takes octets, but ever so few, gives up the place in the end.
TEST_F(UvNetworkTest, ClosesWhoTakesAnswersTooSlowly) {
  network_ =
      std::make_unique<UvNetwork>(loop_, UvNetworkOptions{.tcp = {.least_octets_per_second = 1 << 30}});
  answerer_.when = Answerer::When::kLater;
  const std::unique_ptr<Listener> listener = Listen();
  BareClient client(listener->local());
  client.Write(Framed(Packet("transfer")));
  ASSERT_TRUE(Until([&] { return answerer_.waiting.size() == 1; }));
  size_t asked = 0;
  listener->ReplyAll(answerer_.last, std::make_unique<NumberedMessages>(1000, asked));
  for (int i = 0; i < 1000; ++i) loop_.RunReady();
  for (int i = 0; i < 6; ++i) {  // twelve seconds; the client takes some octets in each two
    clock_.shift += seconds(2);
    const size_t before = asked;
    ASSERT_TRUE(Until([&] {
      client.Read();
      return asked > before || network_->tcp_connections() == 0;
    }));
  }
  ASSERT_TRUE(Until([&] { return network_->tcp_connections() == 0; }));
  EXPECT_EQ(network_->counters().tcp_slow_readers, 1U);
  EXPECT_LT(asked, 1000U);
}

TEST_F(UvNetworkTest, AsksForTheMessagesOfALongAnswerAsTheyAreTaken) {
  answerer_.when = Answerer::When::kLater;
  const std::unique_ptr<Listener> listener = Listen();
  BareClient client(listener->local());
  client.Write(Framed(Packet("transfer")));
  client.HalfClose();
  ASSERT_TRUE(Until([&] { return answerer_.waiting.size() == 1; }));
  constexpr size_t kCount = 250;
  size_t asked = 0;
  listener->ReplyAll(answerer_.last, std::make_unique<NumberedMessages>(kCount, asked));
  for (int i = 0; i < 1000; ++i) loop_.RunReady();
  EXPECT_GT(asked, 0U);
  EXPECT_LT(asked, kCount);  // the client has read nothing yet
  ASSERT_TRUE(UntilClosed(client));
  EXPECT_EQ(asked, kCount);
  EXPECT_EQ(client.received.size(), kCount * 60'002);
  EXPECT_EQ(static_cast<uint8_t>(client.received.back()), kCount - 1);
}

TEST_F(UvNetworkTest, ClosesIdleConnections) {
  const std::unique_ptr<Listener> listener = Listen();
  BareClient client(listener->local());
  ASSERT_TRUE(Until([&] { return network_->tcp_connections() == 1; }));
  clock_.shift += seconds(9);
  for (int i = 0; i < 100; ++i) loop_.RunReady();
  EXPECT_EQ(network_->tcp_connections(), 1U);
  clock_.shift += seconds(2);
  ASSERT_TRUE(UntilClosed(client));
}

TEST_F(UvNetworkTest, ClosesWhoDoesNotFinishAMessage) {
  const std::unique_ptr<Listener> listener = Listen();
  BareClient client(listener->local());
  client.Write(Framed(Packet("half")).substr(0, 7));
  ASSERT_TRUE(Until([&] { return network_->tcp_connections() == 1; }));
  for (int i = 0; i < 100; ++i) loop_.RunReady();
  clock_.shift += seconds(3);
  ASSERT_TRUE(UntilClosed(client));
}

TEST_F(UvNetworkTest, EvictsTheOldestIdleConnectionForANewcomer) {
  network_ = std::make_unique<UvNetwork>(loop_, UvNetworkOptions{.tcp = {.connections = 2}});
  const std::unique_ptr<Listener> listener = Listen();
  BareClient oldest(listener->local());
  BareClient active(listener->local());
  ASSERT_TRUE(Until([&] { return network_->tcp_connections() == 2; }));
  active.Write(Framed(Packet("busy")));
  ASSERT_TRUE(Until([&] { return answerer_.seen.size() == 1; }));
  BareClient newcomer(listener->local());
  newcomer.Write(Framed(Packet("new")));
  ASSERT_TRUE(UntilClosed(oldest));
  ASSERT_TRUE(Until([&] {
    newcomer.Read();
    return newcomer.received == Framed(Packet("new"));
  }));
  active.Read();
  EXPECT_FALSE(active.closed);
  EXPECT_EQ(network_->counters().tcp_evicted, 1U);
}

TEST_F(UvNetworkTest, RefusesANewcomerWhenAllAreAtWork) {
  answerer_.when = Answerer::When::kLater;
  network_ = std::make_unique<UvNetwork>(loop_, UvNetworkOptions{.tcp = {.connections = 1}});
  const std::unique_ptr<Listener> listener = Listen();
  BareClient busy(listener->local());
  busy.Write(Framed(Packet("busy")));
  ASSERT_TRUE(Until([&] { return answerer_.seen.size() == 1; }));
  BareClient newcomer(listener->local());
  ASSERT_TRUE(UntilClosed(newcomer));
  EXPECT_EQ(network_->counters().tcp_refused, 1U);
}

TEST_F(UvNetworkTest, KeepsPlacesForOtherAddresses) {
  network_ = std::make_unique<UvNetwork>(loop_, UvNetworkOptions{.tcp = {.connections_per_address = 1}});
  const std::unique_ptr<Listener> listener = Listen();
  BareClient first(listener->local(), "127.0.0.1");
  BareClient other(listener->local(), "127.0.0.2");
  ASSERT_TRUE(Until([&] { return network_->tcp_connections() == 2; }));
  BareClient second(listener->local(), "127.0.0.1");
  ASSERT_TRUE(UntilClosed(first));
  other.Read();
  EXPECT_FALSE(other.closed);
}

TEST_F(UvNetworkTest, AnAnswerForAConnectionThatIsGoneGoesNowhere) {
  answerer_.when = Answerer::When::kLater;
  const std::unique_ptr<Listener> listener = Listen();
  {
    const auto stream = network_->Connect(listener->local(), collector_);
    stream->Send(AsBytes(Packet("asked")));
    ASSERT_TRUE(Until([&] { return !answerer_.waiting.empty(); }));
  }
  clock_.shift += seconds(60);  // the peer is gone without our noticing until an answer was due
  ASSERT_TRUE(Until([&] { return network_->tcp_connections() == 0; }));
  answerer_.AnswerWaiting();
  for (int i = 0; i < 10; ++i) loop_.RunReady();
  EXPECT_EQ(network_->counters().tcp_answers, 0U);
}

TEST_F(UvNetworkTest, TellsHowAStreamEnds) {
  std::unique_ptr<Listener> listener = Listen();
  const Endpoint gone = listener->local();
  const auto stream = network_->Connect(gone, collector_);
  stream->Send(AsBytes(Packet("first")));
  ASSERT_TRUE(Until([&] { return collector_.messages.size() == 1; }));
  listener.reset();
  ASSERT_TRUE(Until([&] { return collector_.end.has_value(); }));
  EXPECT_EQ(*collector_.end, StreamEnd::kClosedByPeer);

  Collector refused;
  const auto nobody = network_->Connect(gone, refused);
  EXPECT_FALSE(refused.end);  // never from inside the call
  ASSERT_TRUE(Until([&] { return refused.end.has_value(); }));
  EXPECT_EQ(*refused.end, StreamEnd::kRefused);
}

TEST_F(UvNetworkTest, AReceiverMayDropItsStreamWithTheFirstMessage) {
  const std::unique_ptr<Listener> listener = Listen();
  std::unique_ptr<MessageStream> stream = network_->Connect(listener->local(), collector_);
  collector_.drop_after_message = &stream;
  stream->Send(AsBytes(Packet("one")));
  stream->Send(AsBytes(Packet("two")));
  ASSERT_TRUE(Until([&] { return stream == nullptr; }));
  for (int i = 0; i < 10; ++i) loop_.RunReady();
  EXPECT_EQ(collector_.messages, std::vector<std::string>{Packet("one")});
  EXPECT_FALSE(collector_.end);
}

TEST_F(UvNetworkTest, WorkersShareAnEndpointButServersDoNot) {
  const std::unique_ptr<Listener> first = Listen();
  EXPECT_TRUE(network_->Listen(first->local(), answerer_).ok());
  const absl::Status taken = CheckFree(first->local());
  EXPECT_EQ(taken.message(), first->local().ToText() + ": cannot listen: Address already in use");
}

}  // namespace
}  // namespace cairn
