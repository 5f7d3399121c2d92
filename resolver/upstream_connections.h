// The TCP connections from which a worker asks (RFC 7766): one to a server, opened when first needed, shared
// by all questions for it (section 6.2.1.1), whose replies come in any order (section 7), and kept a while
// when idle (section 6.2.3). Their number is bounded; the longest idle gives way. A server that refused,
// reset or hung up without a reply is not connected to again for a while, whoever asks (CVE-2023-46317
// was a loop of truncated replies and new connections).
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "common/async/timer_queue.h"
#include "common/base/bytes.h"
#include "common/base/random.h"
#include "common/net/network.h"
#include "resolver/keyed_hash.h"
#include "resolver/sieve_map.h"

namespace cairn {

class UpstreamConnections;

// One query on its way. Lies in the frame of its exchange; destroying it forgets the query, and a connection
// that kept it waiting in vain takes no further ones.
class TcpQuery {
 public:
  explicit TcpQuery(UpstreamConnections& connections) : connections_(connections) {}
  virtual ~TcpQuery() { Forget(); }
  TcpQuery(const TcpQuery&) = delete;
  TcpQuery& operator=(const TcpQuery&) = delete;

  // Draws an ID, writes it into the first two octets of `message` and sends it, over a new connection when
  // there is none. False when none may be opened now.
  bool Send(const Endpoint& server, std::span<uint8_t> message);
  // The connection was there before this query. It may have been closed at any time (RFC 7766 section
  // 6.2.4), so that its end says nothing about the server.
  bool reused() const { return reused_; }

 protected:
  // A message with our ID. The query may be destroyed in the call.
  virtual void OnReply(ByteView message) = 0;
  // The connection ended without a reply. The query may be destroyed in the call.
  virtual void OnEnd(StreamEnd reason) = 0;

 private:
  friend class UpstreamConnections;
  struct Connection;
  void Forget();

  UpstreamConnections& connections_;
  Connection* connection_ = nullptr;
  uint16_t id_ = 0;
  bool reused_ = false;
};

class UpstreamConnections {
 public:
  // For `after_failure` nobody connects again to a server that failed.
  UpstreamConnections(const Clock& clock, TimerQueue& timers, Random& random, Network& network,
                      Duration after_failure);
  ~UpstreamConnections();
  UpstreamConnections(const UpstreamConnections&) = delete;
  UpstreamConnections& operator=(const UpstreamConnections&) = delete;

  // A query to `server` needs no new connection.
  bool IsOpen(const Endpoint& server) const { return open_.contains(server); }
  // No connection to it failed a moment ago.
  bool MayConnect(const Endpoint& server) const;
  size_t size() const { return all_.size(); }

  static constexpr size_t kMost = 256;      // of one worker
  static constexpr size_t kPipelined = 64;  // queries on one connection; more open another
  static constexpr Duration kIdle = std::chrono::seconds(5);

 private:
  friend class TcpQuery;
  using Connection = TcpQuery::Connection;

  Connection* ConnectionTo(const Endpoint& server, bool& reused);
  bool MakeRoom();
  void Retire(Connection& connection);
  std::unique_ptr<Connection> Take(Connection& connection);

  const Clock& clock_;
  TimerQueue& timers_;
  Random& random_;
  Network& network_;
  const Duration after_failure_;
  std::list<std::unique_ptr<Connection>> all_;                          // the longest unused first
  absl::flat_hash_map<Endpoint, Connection*, KeyedEndpointHash> open_;  // takes further queries
  SieveMap<Endpoint, Instant, KeyedEndpointHash, std::equal_to<Endpoint>> failed_;
  Connection* receiving_ = nullptr;  // on the stack: must stay
};

}  // namespace cairn
