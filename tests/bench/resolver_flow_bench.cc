// What one client query costs the resolver itself, without sockets: a cache hit in a batch, and a cold name
// through root, TLD and zone. Upstream is a network in memory whose replies are written by hand, so that
// little else is measured.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/epoch.h"
#include "common/dns/message_writer.h"
#include "common/dns/query_reader.h"
#include "resolver/cache.h"
#include "resolver/delegation_store.h"
#include "resolver/resolver.h"

namespace cairn {
namespace {

constexpr size_t kBatch = 32;

class StillClock final : public Clock {
 public:
  Instant Now() const override { return Instant() + std::chrono::hours(1); }
  WallTime Wall() const override { return {1'700'000'000}; }
};

// Queries wait in a list until Deliver answers them: root and TLD refer, all others answer.
class MemoryNetwork final : public Network {
 public:
  absl::StatusOr<std::unique_ptr<UdpSocket>> OpenUdp(const Endpoint& local, UdpReceiver& receiver) override {
    return std::make_unique<Socket>(*this, local, receiver);
  }
  std::unique_ptr<MessageStream> Connect(const Endpoint&, StreamReceiver&) override { return nullptr; }
  absl::StatusOr<std::unique_ptr<Listener>> Listen(const Endpoint&, QueryHandler&) override {
    return absl::UnimplementedError("bench");
  }
  bool Deliver() {
    std::vector<Sent> sent;
    sent.swap(sent_);
    for (const Sent& query : sent) Reply(query);
    return !sent.empty();
  }

 private:
  struct Sent {
    UdpSocket* socket;
    UdpReceiver* receiver;
    Endpoint to;
    std::vector<uint8_t> query;
  };
  class Socket final : public UdpSocket {
   public:
    Socket(MemoryNetwork& network, const Endpoint& local, UdpReceiver& receiver)
        : network_(network), local_(local), receiver_(receiver) {}
    void Send(const Endpoint& to, ByteView datagram) override {
      network_.sent_.push_back({this, &receiver_, to, {datagram.begin(), datagram.end()}});
    }
    Endpoint local() const override { return local_; }

   private:
    MemoryNetwork& network_;
    Endpoint local_;
    UdpReceiver& receiver_;
  };

  void Reply(const Sent& sent) {
    QueryView view;
    ReadQuery(sent.query, view);
    const NameView qname = view.qname(sent.query);
    const int level = sent.to.address.octets()[3];  // 1: root, 2: TLD, 3: zone
    std::array<uint8_t, 1232> buffer;
    MessageWriter out(buffer, buffer.size());
    Header header;
    header.id = view.id;
    header.response = true;
    header.authoritative = level == 3;
    out.Begin(header);
    out.AddQuestion(qname, view.qtype, view.qclass);
    out.StartSection(Section::kAnswer);
    const uint8_t address[] = {192, 0, 2, static_cast<uint8_t>(level == 3 ? 80 : level + 1)};
    if (level == 3) {
      out.AddRecord(qname, rr::kA, kClassIn, Ttl::Seconds(300), address);
    } else {
      const Name cut(qname.Ancestor(level));
      const Name servers[] = {*Name::Concatenate(Name::Literal("ns1."), cut),
                              *Name::Concatenate(Name::Literal("ns2."), cut)};
      out.StartSection(Section::kAuthority);
      for (const Name& server : servers)
        out.AddRecord(cut, rr::kNs, kClassIn, Ttl::Seconds(86400), server.wire());
      out.StartSection(Section::kAdditional);
      for (const Name& server : servers)
        out.AddRecord(server, rr::kA, kClassIn, Ttl::Seconds(86400), address);
    }
    Edns edns;
    out.AddEdns(edns);
    const size_t octets = out.Finish();
    sent.receiver->OnDatagram(*sent.socket, sent.to, ByteView(buffer.data(), octets));
  }

  std::vector<Sent> sent_;
};

struct World {
  World() : cache({.size_octets = size_t{1} << 30}, epochs, *random), delegations({}, *random) {
    auto options = std::make_shared<ResolverOptions>();
    options->prime_root = false;
    options->ipv6 = false;
    resolver =
        Resolver::Create({clock, network, *random, timers}, {epoch, cache, delegations}, options).value();
    Delegation root;
    root.servers.push_back({Name::Literal("a.root."), {IpAddress::Literal("192.0.2.1")}});
    root.expires = Instant::max();
    delegations.SetPermanent(root);
  }

  StillClock clock;
  TimerQueue timers{clock};
  MemoryNetwork network;
  std::unique_ptr<Random> random = NewSeededRandom(1);
  EpochDomain epochs;
  EpochReader epoch{epochs};
  Cache cache;
  DelegationStore delegations;
  std::unique_ptr<Resolver> resolver;
};

class NoListener final : public Listener {
 public:
  Endpoint local() const override { return {}; }
  void Reply(const ReplyTo&, ByteView message) override { octets += message.size(); }
  size_t octets = 0;
};

std::vector<uint8_t> ClientPacket(const Name& qname) {
  Message query;
  query.header.recursion_desired = true;
  query.questions.push_back({qname, rr::kA, kClassIn});
  query.edns.emplace();
  return query.ToWire();
}

void BM_CacheHit(benchmark::State& state) {
  World world;
  const auto names = static_cast<size_t>(state.range(0));
  std::vector<std::vector<uint8_t>> packets;
  for (size_t i = 0; i < names; ++i) {
    Rrset rrset;
    rrset.owner = Name::Literal("www.d" + std::to_string(i * 7919) + ".example.");
    rrset.type = rr::kA;
    rrset.ttl = Ttl::Seconds(3600);
    const uint8_t address[] = {192, 0, 2, 1};
    rrset.rdatas.Add(address);
    world.cache.StoreRrset(rrset, RdataSet(), Provenance(), world.clock.Now());
    packets.push_back(ClientPacket(rrset.owner));
  }
  NoListener listener;
  std::vector<std::array<uint8_t, 4096>> replies(kBatch);
  std::vector<Query> batch(kBatch);
  size_t next = 0;
  std::vector<std::vector<uint8_t>> arrived(kBatch);
  for (auto _ : state) {
    state.PauseTiming();  // packets come from the kernel into buffers that are warm
    for (size_t i = 0; i < kBatch; ++i) arrived[i] = packets[next++ * 2654435761 % names];
    state.ResumeTiming();
    for (size_t i = 0; i < kBatch; ++i) {
      batch[i].packet = arrived[i];
      batch[i].to = {&listener, 0, {IpAddress::Literal("127.0.0.1"), 4242}, {}};
      batch[i].reply = replies[i];
      batch[i].reply_octets = 0;
    }
    world.resolver->OnQueries(batch);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
  if (world.resolver->counters().resolutions.value() > 0) state.SkipWithError("not all were hits");
}
BENCHMARK(BM_CacheHit)->Arg(10'000)->Arg(300'000)->Arg(1'000'000);

void BM_ColdName(benchmark::State& state) {
  World world;
  NoListener listener;
  std::array<uint8_t, 4096> reply;
  uint64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string tld = "t" + std::to_string(next);
    const std::vector<uint8_t> packet =
        ClientPacket(Name::Literal("www.d" + std::to_string(next++) + "." + tld + "."));
    state.ResumeTiming();
    Query query;
    query.packet = packet;
    query.to = {&listener, 0, {IpAddress::Literal("127.0.0.1"), 4242}, {}};
    query.reply = reply;
    world.resolver->OnQueries({&query, 1});
    while (world.network.Deliver()) continue;
  }
  if (world.resolver->counters().servfails.value() > 0 || listener.octets == 0)
    state.SkipWithError("not resolved");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ColdName);

}  // namespace
}  // namespace cairn
