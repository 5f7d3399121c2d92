// One question to one server: over UDP with a random port and ID, without EDNS when the server cannot bear it
// (RFC 6891 section 6.2.2), over TCP when the reply is truncated or somebody seems to be guessing. What comes
// out is a message that answers our question and came from where we sent it (RFC 5452 section 9), or why
// there is none. What the message is worth is judged elsewhere (finding.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/async/task.h"
#include "common/async/timer_queue.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/dns/message.h"
#include "common/net/network.h"
#include "common/trace/trace.h"
#include "resolver/counters.h"
#include "resolver/resolver_options.h"
#include "resolver/upstream_sockets.h"
#include "resolver/work_budget.h"

namespace cairn {

struct ExchangeRequest {
  Question question;
  Endpoint server;
  Duration timeout{};              // of the UDP try
  bool recursion_desired = false;  // of a forwarder
  bool over_tcp = false;           // from the first
  bool edns = true;
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
    kSuspicious,   // within the exchange only: somebody guesses, ask over TCP
  };
  End end = End::kTimeout;
  Message reply;  // of kReply
  size_t reply_octets = 0;
  Duration rtt{};  // of the last try, until its reply or its end; connection set-up included
  bool over_tcp = false;
  bool without_edns = false;  // it answered a query without EDNS: EDNS was not asked for, or refused before
  bool case_folded = false;   // over TCP, too, it did not repeat the spelling: its habit, not an attack
  TracePoint heard;  // where in the trace belongs what comes of it: the reply, or the query without one
};

// How a datagram fails to be the reply to a query (RFC 5452 section 9.1), in the order in which it is
// examined.
enum class Mismatch : uint8_t {
  kNone,
  kTooShort,
  kNotAResponse,
  kOpcode,
  kQuestionCount,
  kQuestion,
  kSpelling,
  kMalformed,
};
std::string_view ToText(Mismatch mismatch);

// Compares header and question; the ID and the addresses are the caller's matter. `question` is the question
// section sent, QNAME uncompressed. kSpelling: it differs in the case of letters alone.
Mismatch MatchReply(ByteView packet, ByteView question);

class Exchanger {
 public:
  Exchanger(const Clock& clock, TimerQueue& timers, Random& random, Network& network,
            UpstreamSockets& sockets, const ResolverOptions& options, ResolverCounters& counters);

  // `budget` must outlive the task.
  Task<ExchangeResult> Ask(ExchangeRequest request, FetchBudget& budget, TracePoint at);

 private:
  struct OutgoingQuery;
  class UdpTry;
  class TcpTry;

  OutgoingQuery Write(const ExchangeRequest& request, bool edns);
  Task<ExchangeResult> AskFirst(ExchangeRequest& request, bool edns, FetchBudget& budget, TracePoint at);
  Task<ExchangeResult> AskUdp(ExchangeRequest& request, bool edns, FetchBudget& budget, TracePoint at);
  Task<ExchangeResult> AskTcp(ExchangeRequest& request, bool edns, FetchBudget& budget, TracePoint at);
  void TakeReply(Message& reply, size_t octets, const ExchangeRequest& request, FetchBudget& budget,
                 TracePoint sent, ExchangeResult& result);
  trace::QuerySent Describe(const ExchangeRequest& request, const OutgoingQuery& query, bool edns,
                            uint16_t local_port, Duration timeout) const;

  const Clock& clock_;
  TimerQueue& timers_;
  Random& random_;
  Network& network_;
  UpstreamSockets& sockets_;
  const ResolverOptions& options_;
  ResolverCounters& counters_;
};

}  // namespace cairn
