// The resolver as it ships, on a simulated host, and the stub clients that ask it. A client behaves as libc
// does: it repeats an unanswered UDP query, goes over to TCP when the answer is truncated, and gives up late.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/epoch.h"
#include "common/dns/message.h"
#include "resolver/resolver.h"
#include "tests/sim/sim_internet.h"

namespace cairn::sim {

// What a client sends, and from where.
struct StubQuery {
  Question question;
  bool over_tcp = false;
  bool recursion_desired = true;
  bool edns = true;
  bool dnssec_ok = false;
  bool checking_disabled = false;
  bool authentic_data = false;
  std::vector<EdnsOption> options{};
  std::optional<IpAddress> from{};  // instead of kClientAddress
  std::vector<uint8_t> octets{};    // instead of all but `over_tcp` and `from`; sent once
};

// One client's question and how it went.
struct Conversation {
  StubQuery query;
  Instant asked{};
  std::optional<Instant> answered{};
  Message reply{};     // when answered
  size_t replies = 0;  // to one and the same question; repeated queries may be answered each
  size_t queries_sent = 0;
  size_t first_packet = 0;  // of the world's log, when it was asked
  bool done() const { return answered.has_value(); }
};

// Addresses of the resolver and of its clients; no server of a world may have them.
inline constexpr std::string_view kResolverAddress = "10.0.0.53", kResolverAddress6 = "2001:db8:ffff::53",
                                  kClientAddress = "10.0.0.1";

class SimResolver {
 public:
  // Options that suit a world where nothing is what it is outside: any client may ask.
  static ResolverOptions DefaultOptions();

  explicit SimResolver(SimInternet& internet, const ResolverOptions& options = DefaultOptions());
  ~SimResolver();

  // Asks; the world has to run for the answer. The conversation lives as long as this.
  const Conversation& Ask(StubQuery query);
  // Asks and lets the world run until the answer is there, or the client gave up.
  const Conversation& AskAndWait(StubQuery query);
  const std::vector<std::unique_ptr<Conversation>>& conversations() const { return conversations_; }

  Resolver& resolver() { return *resolver_; }
  SimHost& host() { return host_; }
  SimHost& client_host() { return client_host_; }
  // The host of a client of that address, made when it is not there.
  SimHost& ClientAt(const IpAddress& address);
  SimInternet& internet() { return internet_; }
  Cache& cache() { return *cache_; }
  // Queries the resolver sent upstream since packet number `first` of the log.
  size_t UpstreamQueries(size_t first = 0);

  // From now on the resolver tells of client queries with RD, up to so many until this is called again.
  void TraceNext(size_t most);
  // What it told, in the order in which the queries came; those under way are not whole yet.
  const std::vector<std::shared_ptr<TraceRecorder>>& traces() const;

  // Ends the resolver; what is left in the world afterwards is a leak.
  void Stop();

 private:
  class Stub;
  class Tap;

  SimInternet& internet_;
  SimHost& host_;
  SimHost& client_host_;
  std::unique_ptr<Random> random_;
  EpochDomain epochs_;
  EpochReader epoch_{epochs_};
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<DelegationStore> delegations_;
  std::unique_ptr<Tap> tap_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Conversation>> conversations_;
  std::vector<std::unique_ptr<Stub>> stubs_;
};

}  // namespace cairn::sim
