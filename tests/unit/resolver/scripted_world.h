// A world for unit tests of the resolver: time that moves when asked to, servers that answer from a script of
// a few words, and a resolver in it. Whole Internets with faults are tests/sim's; here one sees one branch at
// a time.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/async/timer_queue.h"
#include "common/base/epoch.h"
#include "common/base/random.h"
#include "common/dns/message.h"
#include "common/net/network.h"
#include "resolver/cache.h"
#include "resolver/delegation_store.h"
#include "resolver/resolver.h"

namespace cairn {

class ManualClock final : public Clock {
 public:
  Instant Now() const override { return now; }
  WallTime Wall() const override { return {1'700'000'000}; }
  Instant now = Instant() + std::chrono::hours(1);
};

// "www.example. A".
Question QuestionFromText(std::string_view text);

// A reply to `query` in words, separated by semicolons: "aa", "tc", "rcode NXDOMAIN", "no-edns", "silence",
// and records with their section: "answer www.example. 300 A 192.0.2.1". Nothing for silence.
std::optional<Message> ReplyFromText(const Message& query, std::string_view text);

// What a server does with a query; nothing is silence.
using Script = std::function<std::optional<std::vector<uint8_t>>(const Message& query, bool tcp)>;

// Datagrams take 5 ms each way. Every query sent is written down as "192.0.2.1 www.example. A", with "tcp" in
// front when it is.
class ScriptedNetwork final : public Network {
 public:
  explicit ScriptedNetwork(TimerQueue& timers) : timers_(timers) {}

  absl::StatusOr<std::unique_ptr<UdpSocket>> OpenUdp(const Endpoint& local, UdpReceiver& receiver) override;
  std::unique_ptr<MessageStream> Connect(const Endpoint& to, StreamReceiver& receiver) override;
  absl::StatusOr<std::unique_ptr<Listener>> Listen(const Endpoint& local, QueryHandler& handler) override;

  // Delivers `packet` to the socket at `to`, as if it came from `from`.
  void Inject(const Endpoint& from, const Endpoint& to, std::vector<uint8_t> packet, Duration after);

  std::map<IpAddress, Script> servers;
  std::vector<std::string> asked;
  std::vector<Endpoint> ports_used;  // where each UDP query left from
  // Called with each UDP query, before its server: for those who listen and interfere.
  std::function<void(const Endpoint& from, const Endpoint& to, ByteView query)> on_udp;
  std::set<IpAddress> without_route;
  size_t open_sockets = 0;
  bool no_sockets = false;  // as when descriptors have run out

 private:
  class Socket;
  class Stream;
  void TellNoRoute(const Endpoint& local, const Endpoint& to);
  void Later(Duration delay, std::function<void()> what);

  TimerQueue& timers_;
  std::map<Endpoint, Socket*> sockets_;
  std::list<Timer> pending_;
};

// Where answers to clients that had to wait go.
class RecordingListener final : public Listener {
 public:
  Endpoint local() const override { return {IpAddress::Literal("127.0.0.1"), 53}; }
  void Reply(const ReplyTo& /*to*/, ByteView message) override {
    replies.emplace_back(message.begin(), message.end());
  }
  std::vector<std::vector<uint8_t>> replies;
};

// A resolver whose root hints name one server, a.root. at 198.51.100.1.
class ScriptedWorld {
 public:
  static ResolverOptions DefaultOptions();  // no priming, IPv4 only, whole names spelt as asked, so that
                                           // scripts stay short
  explicit ScriptedWorld(ResolverOptions options = DefaultOptions());
  ~ScriptedWorld();

  // A server which knows the rows "question" -> "reply in words" and is silent otherwise.
  void AddServer(std::string_view address, std::vector<std::pair<std::string, std::string>> rows);
  // Lets all that is under way happen, at most until `limit` later.
  void Run(Duration limit = std::chrono::seconds(60));
  // Resolves and runs. The answer in words: "NOERROR: www.example. 300 IN A 192.0.2.1".
  std::string Ask(std::string_view question, std::shared_ptr<TraceRecorder> trace = nullptr);
  // Hands one query to the resolver as a client of 127.0.0.1 and runs until its answer is there; empty for
  // none.
  std::vector<uint8_t> AskAsClient(const std::vector<uint8_t>& packet, bool tcp = false,
                                   std::string_view client = "127.0.0.1");

  ManualClock clock;
  TimerQueue timers{clock};
  ScriptedNetwork network{timers};
  std::unique_ptr<Random> random = NewSeededRandom(1);
  EpochDomain epochs;
  EpochReader epoch{epochs};
  Cache cache;
  DelegationStore delegations;
  RecordingListener listener;
  std::unique_ptr<Resolver> resolver;
};

// "NOERROR: www.example. 300 IN A 192.0.2.1", records in order, separated by "; "; an SOA after "soa".
std::string InWords(const CollectedAnswer& answer);

}  // namespace cairn
