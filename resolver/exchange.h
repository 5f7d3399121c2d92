// One question to one server: over UDP with a random port, ID, spelling and cookie; without cookie or EDNS
// when the server cannot bear them (RFC 7873 section 5.3, RFC 6891 section 6.2.2), over TCP when the reply is
// truncated, somebody seems to be guessing, or a forged reply could have turned EDNS off. What comes out is a
// message that answers our question and came from where we sent it (RFC 5452 section 9), or why there is
// none. What the message is worth is judged elsewhere (finding.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/async/task.h"
#include "common/async/timer_queue.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/dns/message.h"
#include "common/net/network.h"
#include "common/trace/trace.h"
#include "resolver/counters.h"
#include "resolver/crowd.h"
#include "resolver/outgoing_query.h"
#include "resolver/reply_match.h"
#include "resolver/resolver_options.h"
#include "resolver/upstream_connections.h"
#include "resolver/upstream_cookies.h"
#include "resolver/upstream_sockets.h"
#include "resolver/work_budget.h"

namespace cairn {

struct ExchangeRequest {
  Question question;
  Endpoint server;
  Duration timeout{};              // of the UDP try
  bool recursion_desired = false;  // of a forwarder
  bool over_tcp = false;           // from the first, and never over UDP
  bool edns = true;
  bool speaks_edns = false;     // it is known to, so over UDP it cannot unsay that
  bool prefers_tcp = false;     // it truncates what would have fitted
  bool randomise_case = false;  // 0x20
  trace::Attempt attempt = trace::Attempt::kFirst;
  Name zone;  // for the trace: whose server it is, and its name
  Name server_name;
};

struct ExchangeResult {
  enum class End : uint8_t {
    kReply,
    kTimeout,      // silence, over UDP or TCP
    kUnreachable,  // no TCP connection, or no socket to send from
    kLimit,        // the budget does not allow another query
    kCrowded,      // as many as may be are on their way to this server
    kSuspicious,   // within the exchange only: somebody guesses, ask over TCP
  };
  End end = End::kTimeout;
  Message reply;  // of kReply
  size_t reply_octets = 0;
  Duration rtt{};  // of the last try, until its reply or its end; connection set-up included
  bool over_tcp = false;
  bool without_edns = false;  // it answered a query without EDNS: EDNS was not asked for, or refused before
  bool case_folded = false;   // over TCP, too, it did not repeat the spelling: its habit, not an attack
  bool has_cookie = false;    // it repeats our client cookie (RFC 7873)
  std::optional<Duration> udp_rtt{};  // of the last reply over UDP, whatever followed
  bool truncated_needlessly = false;  // over UDP, although the reply is short
  TracePoint heard;  // where in the trace belongs what comes of it: the reply, or the query without one
};

class Exchanger {
 public:
  Exchanger(const Clock& clock, TimerQueue& timers, Random& random, Network& network,
            UpstreamSockets& sockets, const ResolverOptions& options, ResolverCounters& counters);

  // Connections to servers, idle ones included.
  size_t connections() const { return connections_.size(); }

  // `budget` must outlive the task.
  Task<ExchangeResult> Ask(ExchangeRequest request, FetchBudget& budget, TracePoint at);

 private:
  class UdpTry;
  class TcpTry;

  // How the question is asked this time.
  struct Manner {
    bool tcp = false;
    bool edns = true;
    bool cookie = true;
    bool cookie_renewed = false;  // BADCOOKIE was said once
    bool tcp_failed = false;
  };
  // What is changed for another try; nullopt when the result is the last word.
  std::optional<Manner> Next(const ExchangeResult& result, Manner manner, ExchangeRequest& request);
  void NoteHabits(const ExchangeRequest& request, const Manner& manner, const ExchangeResult& last,
                  ExchangeResult& result);

  OutgoingQuery Write(const ExchangeRequest& request, const Manner& manner, const IpAddress& own);
  Task<ExchangeResult> AskUdp(ExchangeRequest& request, Manner manner, FetchBudget& budget, TracePoint at);
  Task<ExchangeResult> AskTcp(ExchangeRequest& request, Manner manner, FetchBudget& budget, TracePoint at);
  Task<ExchangeResult> AskTcpOnce(ExchangeRequest& request, Manner manner, FetchBudget& budget, TracePoint at,
                                  bool& reused);
  absl::StatusOr<Message> Read(ByteView packet, const ExchangeRequest& request);
  Mismatch MatchCookie(const Endpoint& server, const OutgoingQuery& query, const Message& reply);
  void TakeReply(Message& reply, size_t octets, const ExchangeRequest& request, FetchBudget& budget,
                 TracePoint sent, ExchangeResult& result);
  trace::QuerySent Describe(const ExchangeRequest& request, const Manner& manner, const OutgoingQuery& query,
                            uint16_t local_port, Duration timeout) const;

  const Clock& clock_;
  TimerQueue& timers_;
  Random& random_;
  UpstreamSockets& sockets_;
  UpstreamCookies cookies_;
  UpstreamConnections connections_;
  Crowd<Endpoint, KeyedEndpointHash, std::equal_to<Endpoint>> crowd_;
  const ResolverOptions& options_;
  ResolverCounters& counters_;
  std::vector<uint8_t> respelt_;  // for Read; kept for its room
};

}  // namespace cairn
