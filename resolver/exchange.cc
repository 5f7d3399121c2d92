#include "resolver/exchange.h"

#include <algorithm>
#include <memory>

#include "common/async/waits.h"
#include "common/dns/edns.h"

namespace cairn {
namespace {

// A TCP connection has this long for everything. It is the last resort for a reply, and a server that did not
// answer within two round trips of the slowest links will not.
constexpr Duration kTcpTimeout = std::chrono::seconds(3);
// Tries of one exchange: as is, with the cookie given, without cookie, without EDNS, over TCP.
constexpr int kMostTries = 5;
// Servers whose cookies are remembered: those of some ten thousand zones.
constexpr size_t kCookiesRemembered = 65536;

// RFC 6891 section 7: who does not know EDNS answers FORMERR, some NOTIMP, without an OPT of their own; and
// BADVERS to version 0 is nonsense that only leaving EDNS out can cure.
bool RefusesEdns(const Message& reply) {
  const Rcode rcode = reply.rcode();
  if (rcode == Rcode::kBadVers) return true;
  return !reply.edns && (rcode == Rcode::kFormErr || rcode == Rcode::kNotImp);
}

// FORMERR with an OPT is what some say to an option they do not know (RFC 6891 section 6.1.2 has them ignore
// it).
bool RefusesCookie(const Message& reply) {
  return reply.edns && (reply.rcode() == Rcode::kFormErr || reply.rcode() == Rcode::kBadVers);
}

trace::ReplyReceived Describe(const ExchangeResult& result, const Endpoint& from) {
  const Message& reply = result.reply;
  return {.endpoint = from,
          .transport = result.over_tcp ? trace::Transport::kTcp : trace::Transport::kUdp,
          .rcode = reply.rcode(),
          .authoritative = reply.header.authoritative,
          .truncated = reply.header.truncated,
          .recursion_available = reply.header.recursion_available,
          .edns = reply.edns.has_value(),
          .cookie = result.has_cookie,
          .octets = static_cast<uint32_t>(result.reply_octets),
          .answer_records = static_cast<uint32_t>(reply.answer.size()),
          .authority_records = static_cast<uint32_t>(reply.authority.size()),
          .additional_records = static_cast<uint32_t>(reply.additional.size()),
          .rtt = result.rtt};
}

// In the trace belongs to `heard` why the server is asked once more.
void TellManner(const ExchangeResult& result, const Endpoint& server, trace::Manner manner,
                std::string_view reason) {
  if (result.heard)
    result.heard.Add(
        trace::MannerChanged{.endpoint = server, .manner = manner, .reason = std::string(reason)});
}

}  // namespace

class Exchanger::UdpTry final : public UdpQuery {
 public:
  UdpTry(Exchanger& exchanger, const ExchangeRequest& request)
      : UdpQuery(exchanger.sockets_), exchanger_(exchanger), request_(request) {}

  OutgoingQuery query;  // once drawn
  Event ended;
  std::optional<Message> reply;
  size_t reply_octets = 0;
  bool no_route = false;
  TracePoint sent;

 private:
  void OnDatagram(const Endpoint& from, ByteView datagram) override {
    if (from != server()) return Ignore(from, "it comes from another address or port");
    const Mismatch mismatch = Read(datagram);
    if (mismatch == Mismatch::kNone) return Finish();
    Ignore(from, ToText(mismatch));
    // Another spelling or cookie is somebody who guessed all but that, or a habit of the server: TCP tells.
    if (mismatch == Mismatch::kSpelling || mismatch >= Mismatch::kCookieMissing ||
        ++mismatches_ >= exchanger_.options_.limits[Limit::kInvalidReplies])
      Suspect();
  }

  Mismatch Read(ByteView datagram) {
    const Mismatch mismatch = MatchReply(datagram, query.question());
    const bool same_question = mismatch == Mismatch::kSpelling && !request_.randomise_case;
    if (mismatch != Mismatch::kNone && !same_question) return mismatch;
    absl::StatusOr<Message> parsed = exchanger_.Read(datagram, request_);
    if (!parsed.ok()) return Mismatch::kMalformed;
    const Mismatch cookie = exchanger_.MatchCookie(server(), query, *parsed);
    if (cookie != Mismatch::kNone) return cookie;
    reply = *std::move(parsed);
    reply_octets = datagram.size();
    return Mismatch::kNone;
  }

  // THREATS.md section 2, "many guesses in one window": the first wrong guess ends the window.
  void OnWrongId(ByteView /*datagram*/) override {
    Ignore(server(), "the ID differs");
    Suspect();
  }

  void OnNoRoute() override {
    no_route = true;
    Finish();
  }

  void Ignore(const Endpoint& from, std::string_view rule) {
    ++exchanger_.counters_.upstream_mismatches;
    if (sent) sent.Add(trace::ReplyIgnored{.from = from, .rule = std::string(rule)});
  }

  void Suspect() {
    ++exchanger_.counters_.upstream_near_misses;
    Finish();
  }

  // The last thing done: whoever waits runs on, and this query is gone when it returns.
  void Finish() {
    Forget();
    ended.Raise();
  }

  Exchanger& exchanger_;
  const ExchangeRequest& request_;
  uint32_t mismatches_ = 0;  // as if they never came (TuDoor, S&P 2024), but many of them are no accident
};

class Exchanger::TcpTry final : public TcpQuery {
 public:
  TcpTry(Exchanger& exchanger, const ExchangeRequest& request)
      : TcpQuery(exchanger.connections_), exchanger_(exchanger), request_(request) {}

  OutgoingQuery query;
  Event ended;
  std::optional<Message> reply;
  size_t reply_octets = 0;
  bool case_folded = false;
  std::optional<StreamEnd> end;  // of the connection
  std::string_view failure;

 private:
  // Nobody can slip a message into this connection: one that does not match is the server's own nonsense.
  void OnReply(ByteView message) override {
    const Mismatch mismatch = MatchReply(message, query.question());
    if (mismatch != Mismatch::kNone && mismatch != Mismatch::kSpelling)
      return Finish("it answered something else");
    absl::StatusOr<Message> parsed = exchanger_.Read(message, request_);
    if (!parsed.ok()) return Finish("its message cannot be read");
    reply = *std::move(parsed);
    reply_octets = message.size();
    case_folded = mismatch == Mismatch::kSpelling;
    Finish("");
  }

  void OnEnd(StreamEnd reason) override {
    end = reason;
    switch (reason) {
      case StreamEnd::kRefused:
        return Finish("refused");
      case StreamEnd::kUnreachable:
        return Finish("unreachable");
      case StreamEnd::kClosedByPeer:
        return Finish("closed without an answer");
      case StreamEnd::kReset:
        return Finish("reset");
      case StreamEnd::kProtocol:
        return Finish("not DNS");
    }
  }

  // The last thing done: whoever waits runs on, and this query is gone when it returns.
  void Finish(std::string_view why) {
    failure = why;
    ended.Raise();
  }

  Exchanger& exchanger_;
  const ExchangeRequest& request_;
};

Exchanger::Exchanger(const Clock& clock, TimerQueue& timers, Random& random, Network& network,
                     UpstreamSockets& sockets, const ResolverOptions& options, ResolverCounters& counters)
    : clock_(clock),
      timers_(timers),
      random_(random),
      sockets_(sockets),
      cookies_(kCookiesRemembered, random),
      connections_(clock, timers, random, network, options.tcp_retry),
      crowd_(options.queries_per_server, KeyedEndpointHash{SipKey::Draw(random)}),
      options_(options),
      counters_(counters) {}

Task<ExchangeResult> Exchanger::Ask(ExchangeRequest request, FetchBudget& budget, TracePoint at) {
  Manner manner{.tcp = request.over_tcp || (request.prefers_tcp && connections_.MayConnect(request.server)),
                .edns = request.edns,
                .cookie = options_.cookies_upstream && cookies_.Wanted(request.server, clock_.Now())};
  ExchangeResult result;
  for (int tries = 0; tries < kMostTries; ++tries) {
    ExchangeResult last = std::move(result);
    if (manner.tcp)
      result = co_await AskTcp(request, manner, budget, at);
    else
      result = co_await AskUdp(request, manner, budget, at);
    NoteHabits(request, manner, last, result);
    const std::optional<Manner> next = Next(result, manner, request);
    if (!next) break;
    manner = *next;
  }
  if (result.end == ExchangeResult::End::kSuspicious) result.end = ExchangeResult::End::kUnreachable;
  co_return result;
}

std::optional<Exchanger::Manner> Exchanger::Next(const ExchangeResult& result, Manner manner,
                                                 ExchangeRequest& request) {
  using End = ExchangeResult::End;
  const auto over_tcp = [&](std::string_view why) -> std::optional<Manner> {
    if (manner.tcp || manner.tcp_failed) return std::nullopt;
    TellManner(result, request.server, trace::Manner::kOverTcp, why);
    request.attempt = trace::Attempt::kOverTcp;
    manner.tcp = true;
    return manner;
  };
  if (result.end == End::kSuspicious) return over_tcp("somebody may be guessing, and cannot guess there");
  if (result.end == End::kUnreachable && manner.tcp && request.prefers_tcp && !request.over_tcp) {
    TellManner(result, request.server, trace::Manner::kOverUdp, "no connection comes about");
    manner.tcp = request.prefers_tcp = false;
    manner.tcp_failed = true;
    return manner;
  }
  if (result.end != End::kReply) return std::nullopt;
  const Message& reply = result.reply;
  const bool with_cookie = manner.edns && manner.cookie;
  if (with_cookie && reply.rcode() == Rcode::kBadCookie) {
    if (manner.cookie_renewed) return over_tcp("BADCOOKIE to its own cookie");  // RFC 7873 section 5.3
    TellManner(result, request.server, trace::Manner::kWithItsCookie, "BADCOOKIE");
    manner.cookie_renewed = true;
    request.attempt = trace::Attempt::kRetry;
    return manner;
  }
  if (with_cookie && RefusesCookie(reply)) {
    TellManner(result, request.server, trace::Manner::kWithoutCookie, ToText(reply.rcode()));
    manner.cookie = false;
    request.attempt = trace::Attempt::kRetry;
    return manner;
  }
  if (manner.edns && RefusesEdns(reply)) {
    // Whoever is known to speak EDNS cannot unsay it over UDP: the reply may be forged (RFC 7873 section 4
    // warns of the downgrade).
    if (request.speaks_edns && !manner.tcp && !manner.tcp_failed)
      return over_tcp("it refuses EDNS, which it is known to speak");
    if (result.heard)
      result.heard.Add(trace::EdnsFallback{.endpoint = request.server, .reason = ToText(reply.rcode())});
    manner.edns = false;
    request.attempt = trace::Attempt::kWithoutEdns;
    return manner;
  }
  return reply.header.truncated && !manner.tcp ? over_tcp("the reply is truncated") : std::nullopt;
}

// What this try and the one before say about the server beyond its reply.
void Exchanger::NoteHabits(const ExchangeRequest& request, const Manner& manner, const ExchangeResult& last,
                           ExchangeResult& result) {
  result.udp_rtt = last.udp_rtt;
  if (result.end != ExchangeResult::End::kReply) return;
  if (!manner.tcp) result.udp_rtt = result.rtt;
  result.without_edns = request.edns && !manner.edns;
  const bool was_truncated = last.end == ExchangeResult::End::kReply && last.reply.header.truncated;
  result.truncated_needlessly =
      manner.tcp && was_truncated && manner.edns && result.reply_octets <= options_.edns_buffer_size_octets;
  const bool refused_before = last.end == ExchangeResult::End::kReply && RefusesCookie(last.reply);
  if (manner.edns && !manner.cookie && refused_before && !RefusesCookie(result.reply)) {
    cookies_.GiveUp(request.server, clock_.Now());
    if (result.heard)
      result.heard.Add(trace::HabitLearnt{.endpoint = request.server, .habit = trace::Habit::kNoCookies});
  }
}

Task<ExchangeResult> Exchanger::AskUdp(ExchangeRequest& request, Manner manner, FetchBudget& budget,
                                       TracePoint at) {
  ExchangeResult result;
  result.end = ExchangeResult::End::kLimit;
  const Instant started = clock_.Now();
  if (started >= budget.deadline()) co_return result;
  if (crowd_.IsFull(request.server)) {
    ++counters_.server_crowded;
    if (at)
      at.Add(trace::LimitReached{.limit = "queries-per-server",
                                 .value = options_.queries_per_server,
                                 .consequence = request.server.ToText() + " is not asked now"});
    result.end = ExchangeResult::End::kCrowded;
    co_return result;
  }
  if (!budget.SpendQuery(at)) co_return result;

  UdpTry attempt(*this, request);
  Crowd<Endpoint, KeyedEndpointHash, std::equal_to<Endpoint>>::Visitor visitor(crowd_);
  visitor.Enter(request.server);
  result.end = ExchangeResult::End::kUnreachable;
  if (!attempt.Draw(request.server)) {
    if (at)
      at.Add(trace::ConnectionFailed{
          .endpoint = request.server, .reason = "no UDP socket could be opened", .our_side = true});
    co_return result;
  }
  const IpAddress own = attempt.own_address();
  attempt.query = Write(request, manner, own);
  attempt.Send(attempt.query.message());
  ++counters_.upstream_udp;
  const Instant give_up = std::min(started + request.timeout, budget.deadline());
  if (at)
    attempt.sent = at.Add(Describe(request, manner, attempt.query, attempt.local_port(), give_up - started));
  result.heard = attempt.sent;

  const bool heard = co_await attempt.ended.WaitUntil(timers_, give_up);
  result.rtt = clock_.Now() - started;
  if (!heard) {
    ++counters_.upstream_timeouts;
    if (attempt.sent)
      attempt.sent.Add(trace::QueryTimedOut{.endpoint = request.server, .waited = result.rtt});
    result.end = ExchangeResult::End::kTimeout;
    co_return result;
  }
  if (attempt.no_route) {
    if (attempt.sent)
      attempt.sent.Add(trace::ConnectionFailed{
          .endpoint = request.server, .reason = "no route leads there", .our_side = true});
    result.end = ExchangeResult::End::kUnreachable;
    co_return result;
  }
  result.end = ExchangeResult::End::kSuspicious;
  if (!attempt.reply) co_return result;
  if (attempt.query.cookie && attempt.reply->edns && attempt.reply->edns->Find(EdnsOptionCode::kCookie)) {
    cookies_.Learn(request.server, own, *attempt.reply->edns);
    result.has_cookie = true;
  }
  TakeReply(*attempt.reply, attempt.reply_octets, request, budget, attempt.sent, result);
  co_return result;
}

// A connection that was there before may have been closed by the server while the query was on its way (RFC
// 7766 section 6.2.4): then there is a second one.
Task<ExchangeResult> Exchanger::AskTcp(ExchangeRequest& request, Manner manner, FetchBudget& budget,
                                       TracePoint at) {
  bool reused = false;
  ExchangeResult result = co_await AskTcpOnce(request, manner, budget, at, reused);
  if (result.end == ExchangeResult::End::kUnreachable && reused)
    result = co_await AskTcpOnce(request, manner, budget, at, reused);
  co_return result;
}

Task<ExchangeResult> Exchanger::AskTcpOnce(ExchangeRequest& request, Manner manner, FetchBudget& budget,
                                           TracePoint at, bool& reused) {
  ExchangeResult result;
  result.over_tcp = true;
  result.end = ExchangeResult::End::kUnreachable;
  const Endpoint server = request.server;
  const bool open = connections_.IsOpen(server);
  if (!open && !connections_.MayConnect(server)) {
    if (at)
      at.Add(trace::ConnectionFailed{.endpoint = server, .reason = "a connection failed there a moment ago"});
    co_return result;
  }
  result.end = ExchangeResult::End::kLimit;
  const Instant started = clock_.Now();
  if (started >= budget.deadline() || !budget.SpendQuery(at)) co_return result;
  if (!open && !budget.SpendTcpConnection(at)) co_return result;

  TcpTry attempt(*this, request);
  attempt.query = Write(request, manner, IpAddress());
  result.end = ExchangeResult::End::kUnreachable;
  if (!attempt.Send(server, attempt.query.message())) co_return result;
  reused = attempt.reused();
  ++counters_.upstream_tcp;
  if (!reused) ++counters_.upstream_connections;
  const Instant give_up = std::min(started + kTcpTimeout, budget.deadline());
  TracePoint sent;
  if (at) {
    trace::QuerySent event = Describe(request, manner, attempt.query, 0, give_up - started);
    event.reused_connection = reused;
    sent = at.Add(std::move(event));
  }
  result.heard = sent;

  const bool ended = co_await attempt.ended.WaitUntil(timers_, give_up);
  result.rtt = clock_.Now() - started;
  if (!ended) {
    ++counters_.upstream_timeouts;
    if (sent)
      sent.Add(trace::QueryTimedOut{
          .endpoint = server, .transport = trace::Transport::kTcp, .waited = result.rtt});
    result.end = ExchangeResult::End::kTimeout;
  } else if (!attempt.reply) {
    if (!attempt.end) reused = false;  // it is not the connection that failed
    if (sent) sent.Add(trace::ConnectionFailed{.endpoint = server, .reason = std::string(attempt.failure)});
  } else {
    // The flag means nothing on a connection (RFC 7766 section 5 knows no larger transport to turn to).
    attempt.reply->header.truncated = false;
    result.case_folded = attempt.case_folded;
    const Mismatch cookie = MatchCookie(server, attempt.query, *attempt.reply);
    if (cookie == Mismatch::kCookieMissing) {
      cookies_.GiveUp(server, clock_.Now());
      if (sent) sent.Add(trace::HabitLearnt{.endpoint = server, .habit = trace::Habit::kNoCookies});
    }
    TakeReply(*attempt.reply, attempt.reply_octets, request, budget, sent, result);
  }
  co_return result;
}

// A reply that matches, with its question spelt as it was before chance had its way: names elsewhere in the
// message point to it, and nobody wants our dice in his answers.
absl::StatusOr<Message> Exchanger::Read(ByteView packet, const ExchangeRequest& request) {
  const NameView qname = request.question.qname;
  if (!request.randomise_case || packet.size() < kHeaderOctets + qname.size()) return Message::Parse(packet);
  respelt_.assign(packet.begin(), packet.end());
  std::copy(qname.data(), qname.data() + qname.size(), respelt_.begin() + kHeaderOctets);
  return Message::Parse(respelt_);
}

Mismatch Exchanger::MatchCookie(const Endpoint& server, const OutgoingQuery& query, const Message& reply) {
  if (!query.cookie) return Mismatch::kNone;
  const Edns* const edns = reply.edns ? &*reply.edns : nullptr;
  switch (cookies_.Judge(server, *query.cookie, edns, clock_.Now())) {
    case UpstreamCookies::Verdict::kMissing:
      return Mismatch::kCookieMissing;
    case UpstreamCookies::Verdict::kForeign:
      return Mismatch::kCookieForeign;
    default:
      return Mismatch::kNone;
  }
}

void Exchanger::TakeReply(Message& reply, size_t octets, const ExchangeRequest& request, FetchBudget& budget,
                          TracePoint sent, ExchangeResult& result) {
  ++counters_.upstream_replies;
  result.reply = std::move(reply);
  result.reply_octets = octets;
  result.end = budget.Spend(Limit::kReplyOctets, sent, static_cast<uint32_t>(octets))
                   ? ExchangeResult::End::kReply
                   : ExchangeResult::End::kLimit;
  if (sent) result.heard = sent.Add(cairn::Describe(result, request.server));
}

OutgoingQuery Exchanger::Write(const ExchangeRequest& request, const Manner& manner, const IpAddress& own) {
  OutgoingQuerySpec spec{.question = request.question,
                         .recursion_desired = request.recursion_desired,
                         .spelling = request.randomise_case ? &random_ : nullptr};
  if (manner.edns) spec.udp_payload_octets = options_.edns_buffer_size_octets;
  if (manner.edns && manner.cookie) spec.cookie = cookies_.For(request.server, own);
  return WriteQuery(spec);
}

trace::QuerySent Exchanger::Describe(const ExchangeRequest& request, const Manner& manner,
                                     const OutgoingQuery& query, uint16_t local_port,
                                     Duration timeout) const {
  Question as_sent = request.question;
  as_sent.qname = Name(NameView::FromValidWire(query.octets.data() + kHeaderOctets));
  return {.zone = request.zone,
          .server = request.server_name,
          .endpoint = request.server,
          .transport = manner.tcp ? trace::Transport::kTcp : trace::Transport::kUdp,
          .question = std::move(as_sent),
          .attempt = request.attempt,
          .id = LoadU16(query.octets.data()),
          .local_port = local_port,
          .octets = static_cast<uint32_t>(query.size),
          .udp_payload_octets = manner.edns ? options_.edns_buffer_size_octets : uint16_t{0},
          .recursion_desired = request.recursion_desired,
          .cookie = query.cookie.has_value(),
          .case_randomised = request.randomise_case,
          .timeout = timeout};
}

}  // namespace cairn
