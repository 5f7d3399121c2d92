// What one question upstream costs a resolver in sockets: 200 in flight over a pool of sockets, against a
// listener on another thread. CPU time is that of the asking thread alone.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "common/net/uv_network.h"

namespace cairn {
namespace {

class Echo final : public QueryHandler {
 public:
  void OnQueries(std::span<Query> batch) override {
    for (Query& query : batch) {
      std::ranges::copy(query.packet, query.reply.begin());
      query.reply_octets = query.packet.size();
    }
  }
};

// As a resolver does: each reply lets one more question out, from the next socket of the pool.
class Asker final : public UdpReceiver {
 public:
  Asker(UvLoop& loop, const Endpoint& server) : loop_(loop), server_(server) {}
  void Ask() {
    sockets[next_]->Send(server_, question_);
    next_ = (next_ + 1) % sockets.size();
  }
  void OnDatagram(UdpSocket&, const Endpoint&, ByteView) override {
    Ask();
    if (++received == until) loop_.Stop();
  }

  std::vector<std::unique_ptr<UdpSocket>> sockets;
  size_t received = 0;
  size_t until = 0;

 private:
  UvLoop& loop_;
  const Endpoint server_;
  const std::vector<uint8_t> question_ = std::vector<uint8_t>(45, 7);
  size_t next_ = 0;
};

void ExchangeOverPool(benchmark::State& state) {
  constexpr size_t kInFlight = 200;
  constexpr size_t kExchanges = 1000;
  const SystemClock clock;
  UvLoop server_loop(clock);
  UvNetwork server(server_loop);
  Echo echo;
  const auto listener = *server.Listen(*Endpoint::FromText("127.0.0.1@0"), echo);
  std::thread serving([&] { server_loop.Run(); });

  UvLoop loop(clock);
  {
    UvNetwork network(loop);
    Asker asker(loop, listener->local());
    for (int64_t i = 0; i < state.range(0); ++i) {
      asker.sockets.push_back(*network.OpenUdp(*Endpoint::FromText("127.0.0.1@0"), asker));
    }
    for (size_t i = 0; i < kInFlight; ++i) asker.Ask();
    for (auto _ : state) {
      asker.until = asker.received + kExchanges;
      loop.Run();
    }
    state.counters["cpu_per_exchange"] = benchmark::Counter(
        kExchanges, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  }
  server_loop.Stop();
  serving.join();
}
BENCHMARK(ExchangeOverPool)->Arg(1)->Arg(16)->Arg(128)->Iterations(100);

}  // namespace
}  // namespace cairn
