#include "resolver/upstream_sockets.h"

#include <memory>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

const Endpoint kServer{IpAddress::Literal("192.0.2.1"), 53};

// A machine that lets us have `most` sockets, and notes from which port each query leaves.
class FewSockets final : public Network {
 public:
  explicit FewSockets(size_t most) : most_(most) {}

  absl::StatusOr<std::unique_ptr<UdpSocket>> OpenUdp(const Endpoint& local,
                                                     UdpReceiver& /*receiver*/) override {
    if (open >= most_) {
      ++refused;
      return absl::ResourceExhaustedError("too many open files");
    }
    return std::make_unique<Socket>(*this, local);
  }
  std::unique_ptr<MessageStream> Connect(const Endpoint& /*to*/, StreamReceiver& /*receiver*/) override {
    return nullptr;
  }
  absl::StatusOr<std::unique_ptr<Listener>> Listen(const Endpoint& /*local*/,
                                                   QueryHandler& /*handler*/) override {
    return absl::UnimplementedError("no clients here");
  }

  size_t open = 0;
  size_t refused = 0;
  std::vector<uint16_t> ports;

 private:
  class Socket final : public UdpSocket {
   public:
    Socket(FewSockets& network, const Endpoint& local) : network_(network), local_(local) { ++network_.open; }
    ~Socket() override { --network_.open; }
    void Send(const Endpoint& /*to*/, ByteView /*datagram*/) override {
      network_.ports.push_back(local_.port);
    }
    Endpoint local() const override { return local_; }

   private:
    FewSockets& network_;
    Endpoint local_;
  };
  size_t most_;
};

class Query final : public UdpQuery {
 public:
  using UdpQuery::UdpQuery;

 private:
  void OnDatagram(const Endpoint& /*from*/, ByteView /*datagram*/) override {}
  void OnWrongId(ByteView /*datagram*/) override {}
  void OnNoRoute() override {}
};

// How many of `queries` could be sent.
size_t Send(UpstreamSockets& sockets, size_t queries) {
  std::vector<uint8_t> message(20);
  size_t sent = 0;
  for (size_t i = 0; i < queries; ++i) {
    Query query(sockets);
    if (!query.Draw(kServer)) continue;
    query.Send(message);
    ++sent;
  }
  return sent;
}

TEST(UpstreamSockets, OpensAsManyAsItUsesAndUsesThemAll) {
  FewSockets network(10'000);
  const std::unique_ptr<Random> random = NewSeededRandom(1);
  UpstreamSockets sockets(network, *random, ResolverOptions{});
  EXPECT_EQ(Send(sockets, 100), 100u);
  EXPECT_LE(sockets.open_sockets(), 100u);
  Send(sockets, 20'000);
  EXPECT_GT(sockets.open_sockets(), 1000u);
  EXPECT_LE(sockets.open_sockets(), 1024u);
}

// THREATS section 2: who saw the ports of the queries before learns little about those of the queries after.
TEST(UpstreamSockets, TheWindowMovesOn) {
  FewSockets network(10'000);
  const std::unique_ptr<Random> random = NewSeededRandom(1);
  UpstreamSockets sockets(network, *random, ResolverOptions{});
  Send(sockets, 20'000);
  const std::set<uint16_t> seen(network.ports.end() - 64, network.ports.end());
  network.ports.clear();
  Send(sockets, 1000);
  size_t known = 0;
  for (size_t i = 500; i < 1000; ++i) known += seen.contains(network.ports[i]);
  EXPECT_LT(known, 500 * 2 * seen.size() / 1024);
}

TEST(UpstreamSockets, LeavesAnEighthToOthersWhenDescriptorsRunOut) {
  FewSockets network(200);
  const std::unique_ptr<Random> random = NewSeededRandom(1);
  UpstreamSockets sockets(network, *random, ResolverOptions{});
  EXPECT_EQ(Send(sockets, 5000), 5000u);
  EXPECT_EQ(sockets.open_sockets(), 175u);
  EXPECT_LE(network.refused, 16u);  // one draw of a port after another, once
  EXPECT_EQ(Send(sockets, 5000), 5000u);
  EXPECT_LE(network.refused, 16u);
}

TEST(UpstreamSockets, SaysWhenThereIsNone) {
  FewSockets network(0);
  const std::unique_ptr<Random> random = NewSeededRandom(1);
  UpstreamSockets sockets(network, *random, ResolverOptions{});
  EXPECT_FALSE(sockets.Check().ok());
  EXPECT_EQ(Send(sockets, 10), 0u);
}

}  // namespace
}  // namespace cairn
