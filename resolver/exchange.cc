#include "resolver/exchange.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "common/async/waits.h"
#include "common/dns/edns.h"
#include "common/dns/message_writer.h"

namespace cairn {
namespace {

// A TCP connection has this long for everything. It is the last resort for a reply, and a server that did not
// answer within two round trips of the slowest links will not.
constexpr Duration kTcpTimeout = std::chrono::seconds(3);
// Datagrams with our ID from our server which do not match are as if they never came (TuDoor, S&P 2024), but
// this many of them are no accident: TCP cannot be guessed into.
constexpr int kMismatchesBeforeTcp = 4;
constexpr size_t kQuestionTailOctets = 4;  // QTYPE and QCLASS
constexpr size_t kOptOctets = 11;          // an OPT without options
constexpr size_t kMaxQueryOctets = kHeaderOctets + kMaxNameOctets + kQuestionTailOctets + kOptOctets;

// RFC 6891 section 7: who does not know EDNS answers FORMERR, some NOTIMP, without an OPT of their own; and
// BADVERS to version 0 is nonsense that only leaving EDNS out can cure.
bool RefusesEdns(const ExchangeResult& result) {
  if (result.end != ExchangeResult::End::kReply) return false;
  const Rcode rcode = result.reply.rcode();
  if (rcode == Rcode::kBadVers) return true;
  return !result.reply.edns && (rcode == Rcode::kFormErr || rcode == Rcode::kNotImp);
}

// Flips each letter with even chance: some bits more for an off-path attacker to guess (0x20).
void RandomiseCase(std::span<uint8_t> name, Random& random) {
  uint64_t coins = 0;
  int left = 0;
  for (uint8_t& octet : name) {
    const uint8_t lower = ToLower(octet);
    if (lower < 'a' || lower > 'z') continue;  // a length octet of 65 and more would be a label too long
    if (left-- == 0) {
      coins = random.U64();
      left = 63;
    }
    octet = coins & 1 ? lower : static_cast<uint8_t>(lower - 32);
    coins >>= 1;
  }
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
          .octets = static_cast<uint32_t>(result.reply_octets),
          .answer_records = static_cast<uint32_t>(reply.answer.size()),
          .authority_records = static_cast<uint32_t>(reply.authority.size()),
          .additional_records = static_cast<uint32_t>(reply.additional.size()),
          .rtt = result.rtt};
}

// Servers from before EDNS may answer FORMERR or NOTIMP with the header alone. They hold no data that could
// be believed; all they cause is the question asked once more without EDNS (RFC 6891 section 7).
bool IsBareRefusal(ByteView packet, const Header& header) {
  const Rcode rcode{header.rcode_low};
  const bool refusal = rcode == Rcode::kFormErr || rcode == Rcode::kNotImp;
  return refusal && packet.size() == kHeaderOctets && LoadU16(packet.data() + 4) == 0;
}

}  // namespace

std::string_view ToText(Mismatch mismatch) {
  switch (mismatch) {
    case Mismatch::kNone:
      return "it matches";
    case Mismatch::kTooShort:
      return "it is shorter than a header";
    case Mismatch::kNotAResponse:
      return "QR is not set";
    case Mismatch::kOpcode:
      return "the opcode differs";
    case Mismatch::kQuestionCount:
      return "it does not have exactly one question";
    case Mismatch::kQuestion:
      return "the question differs";
    case Mismatch::kSpelling:
      return "the question is spelled differently";
    case Mismatch::kMalformed:
      return "it cannot be read";
  }
  return "it does not match";
}

Mismatch MatchReply(ByteView packet, ByteView question) {
  if (packet.size() < kHeaderOctets) return Mismatch::kTooShort;
  const Header header = Header::FromFlags(LoadU16(packet.data()), LoadU16(packet.data() + 2));
  if (!header.response) return Mismatch::kNotAResponse;
  if (header.opcode != Opcode::kQuery) return Mismatch::kOpcode;
  if (IsBareRefusal(packet, header)) return Mismatch::kNone;
  if (LoadU16(packet.data() + 4) != 1) return Mismatch::kQuestionCount;
  // The first name of a message cannot be compressed, so the question must stand there as we sent it.
  if (packet.size() < kHeaderOctets + question.size()) return Mismatch::kQuestion;
  const ByteView theirs = packet.subspan(kHeaderOctets, question.size());
  if (std::memcmp(theirs.data(), question.data(), question.size()) == 0) return Mismatch::kNone;
  const size_t name_octets = question.size() - kQuestionTailOctets;
  const auto same_letter = [](uint8_t a, uint8_t b) { return ToLower(a) == ToLower(b); };
  const bool same_name = std::equal(theirs.begin(), theirs.begin() + static_cast<std::ptrdiff_t>(name_octets),
                                    question.begin(), same_letter);
  const bool same_tail =
      std::memcmp(theirs.data() + name_octets, question.data() + name_octets, kQuestionTailOctets) == 0;
  return same_name && same_tail ? Mismatch::kSpelling : Mismatch::kQuestion;
}

// The query as it leaves, and the question in it to compare replies with.
struct Exchanger::OutgoingQuery {
  std::array<uint8_t, kMaxQueryOctets> octets;
  size_t size = 0;
  size_t question_octets = 0;

  std::span<uint8_t> message() { return {octets.data(), size}; }
  ByteView question() const { return {octets.data() + kHeaderOctets, question_octets}; }
};

class Exchanger::UdpTry final : public UdpQuery {
 public:
  UdpTry(Exchanger& exchanger, const OutgoingQuery& query, bool exact_case)
      : UdpQuery(exchanger.sockets_),
        counters_(exchanger.counters_),
        query_(query),
        exact_case_(exact_case) {}

  Event ended;
  std::optional<Message> reply;
  size_t reply_octets = 0;
  bool no_route = false;
  TracePoint sent;

 private:
  void OnDatagram(const Endpoint& from, ByteView datagram) override {
    if (from != server()) return Ignore(from, "it comes from another address or port");
    Mismatch mismatch = MatchReply(datagram, query_.question());
    if (mismatch == Mismatch::kSpelling && !exact_case_) mismatch = Mismatch::kNone;
    if (mismatch == Mismatch::kNone) {
      absl::StatusOr<Message> parsed = Message::Parse(datagram);
      if (parsed.ok()) {
        reply = *std::move(parsed);
        reply_octets = datagram.size();
        return Finish();
      }
      mismatch = Mismatch::kMalformed;
    }
    Ignore(from, ToText(mismatch));
    // Another spelling is somebody who guessed all but the case, or a server that folds it: TCP tells.
    if (mismatch == Mismatch::kSpelling || ++mismatches_ >= kMismatchesBeforeTcp) Suspect();
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
    ++counters_.upstream_mismatches;
    if (sent) sent.Add(trace::ReplyIgnored{.from = from, .rule = std::string(rule)});
  }

  void Suspect() {
    ++counters_.upstream_near_misses;
    Finish();
  }

  // The last thing done: whoever waits runs on, and this query is gone when it returns.
  void Finish() {
    Forget();
    ended.Raise();
  }

  ResolverCounters& counters_;
  const OutgoingQuery& query_;
  bool exact_case_;
  int mismatches_ = 0;
};

class Exchanger::TcpTry final : public StreamReceiver {
 public:
  TcpTry(Exchanger& exchanger, OutgoingQuery& query, const Endpoint& server)
      : query_(query), leave_stack_(exchanger.timers_), clock_(exchanger.clock_) {
    StoreU16(query.octets.data(), exchanger.random_.U16());
    stream_ = exchanger.network_.Connect(server, *this);
    if (stream_) stream_->Send(query.message());
  }

  bool connecting() const { return stream_ != nullptr; }

  Event ended;
  std::optional<Message> reply;
  size_t reply_octets = 0;
  bool case_folded = false;
  std::string_view failure;

 private:
  void OnConnected() override {}

  void OnMessage(ByteView message) override {
    if (finished_) return;
    const Mismatch mismatch = MatchReply(message, query_.question());
    const bool same_id = message.size() >= 2 && LoadU16(message.data()) == LoadU16(query_.octets.data());
    // Nobody can slip a message into this connection: one that does not match is the server's own nonsense.
    if (!same_id || (mismatch != Mismatch::kNone && mismatch != Mismatch::kSpelling))
      return Finish("it answered something else");
    absl::StatusOr<Message> parsed = Message::Parse(message);
    if (!parsed.ok()) return Finish("its message cannot be read");
    reply = *std::move(parsed);
    reply_octets = message.size();
    case_folded = mismatch == Mismatch::kSpelling;
    Finish("");
  }

  void OnEnd(StreamEnd reason) override {
    if (finished_) return;
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

  // Resumes the waiter from the timer queue: it will destroy the stream, which must not be on the stack then.
  void Finish(std::string_view why) {
    finished_ = true;
    failure = why;
    leave_stack_.Set(clock_.Now(), [this] { ended.Raise(); });
  }

  OutgoingQuery& query_;
  Timer leave_stack_;
  const Clock& clock_;
  std::unique_ptr<MessageStream> stream_;
  bool finished_ = false;
};

Exchanger::Exchanger(const Clock& clock, TimerQueue& timers, Random& random, Network& network,
                     UpstreamSockets& sockets, const ResolverOptions& options, ResolverCounters& counters)
    : clock_(clock),
      timers_(timers),
      random_(random),
      network_(network),
      sockets_(sockets),
      options_(options),
      counters_(counters) {}

Task<ExchangeResult> Exchanger::AskFirst(ExchangeRequest& request, bool edns, FetchBudget& budget,
                                         TracePoint at) {
  return request.over_tcp ? AskTcp(request, edns, budget, at) : AskUdp(request, edns, budget, at);
}

Task<ExchangeResult> Exchanger::Ask(ExchangeRequest request, FetchBudget& budget, TracePoint at) {
  bool edns = request.edns;
  ExchangeResult result = co_await AskFirst(request, edns, budget, at);
  if (edns && RefusesEdns(result)) {
    if (result.heard)
      result.heard.Add(
          trace::EdnsFallback{.endpoint = request.server, .reason = ToText(result.reply.rcode())});
    edns = false;
    request.attempt = trace::Attempt::kWithoutEdns;
    result = co_await AskFirst(request, edns, budget, at);
  }
  const bool suspicious = result.end == ExchangeResult::End::kSuspicious;
  const bool truncated =
      !request.over_tcp && result.end == ExchangeResult::End::kReply && result.reply.header.truncated;
  if (suspicious || truncated) {
    request.attempt = trace::Attempt::kOverTcp;
    result = co_await AskTcp(request, edns, budget, at);
  }
  result.without_edns = !edns && result.end == ExchangeResult::End::kReply;
  co_return result;
}

Task<ExchangeResult> Exchanger::AskUdp(ExchangeRequest& request, bool edns, FetchBudget& budget,
                                       TracePoint at) {
  ExchangeResult result;
  result.end = ExchangeResult::End::kLimit;
  const Instant started = clock_.Now();
  if (started >= budget.deadline() || !budget.SpendQuery(at)) co_return result;

  OutgoingQuery query = Write(request, edns);
  UdpTry attempt(*this, query, request.randomise_case);
  result.end = ExchangeResult::End::kUnreachable;
  if (!attempt.Send(request.server, query.message())) co_return result;
  ++counters_.upstream_udp;
  const Instant give_up = std::min(started + request.timeout, budget.deadline());
  if (at) attempt.sent = at.Add(Describe(request, query, edns, attempt.local_port(), give_up - started));
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
      attempt.sent.Add(trace::ConnectionFailed{.endpoint = request.server, .reason = "no route leads there"});
    result.end = ExchangeResult::End::kUnreachable;
    co_return result;
  }
  result.end = ExchangeResult::End::kSuspicious;
  if (attempt.reply) TakeReply(*attempt.reply, attempt.reply_octets, request, budget, attempt.sent, result);
  co_return result;
}

Task<ExchangeResult> Exchanger::AskTcp(ExchangeRequest& request, bool edns, FetchBudget& budget,
                                       TracePoint at) {
  ExchangeResult result;
  result.over_tcp = true;
  result.end = ExchangeResult::End::kLimit;
  const Instant started = clock_.Now();
  if (started >= budget.deadline() || !budget.SpendQuery(at) || !budget.SpendTcpConnection(at))
    co_return result;

  OutgoingQuery query = Write(request, edns);
  TcpTry attempt(*this, query, request.server);
  result.end = ExchangeResult::End::kUnreachable;
  if (!attempt.connecting()) co_return result;
  ++counters_.upstream_tcp;
  const Instant give_up = std::min(started + kTcpTimeout, budget.deadline());
  TracePoint sent;
  if (at) sent = at.Add(Describe(request, query, edns, 0, give_up - started));
  result.heard = sent;

  const bool ended = co_await attempt.ended.WaitUntil(timers_, give_up);
  result.rtt = clock_.Now() - started;
  if (!ended) {
    ++counters_.upstream_timeouts;
    if (sent)
      sent.Add(trace::QueryTimedOut{
          .endpoint = request.server, .transport = trace::Transport::kTcp, .waited = result.rtt});
    result.end = ExchangeResult::End::kTimeout;
  } else if (!attempt.reply) {
    if (sent)
      sent.Add(trace::ConnectionFailed{.endpoint = request.server, .reason = std::string(attempt.failure)});
  } else {
    // The flag means nothing on a connection (RFC 7766 section 5 knows no larger transport to turn to).
    attempt.reply->header.truncated = false;
    result.case_folded = attempt.case_folded;
    TakeReply(*attempt.reply, attempt.reply_octets, request, budget, sent, result);
  }
  co_return result;
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

Exchanger::OutgoingQuery Exchanger::Write(const ExchangeRequest& request, bool edns) {
  OutgoingQuery query;
  MessageWriter out(query.octets, query.octets.size());
  // RD only to forwarders: others are asked for what they know. The ID is drawn together with the port.
  Header header;
  header.recursion_desired = request.recursion_desired;
  out.Begin(header);
  out.AddQuestion(request.question.qname, request.question.qtype, request.question.qclass);
  query.question_octets = out.size() - kHeaderOctets;
  if (request.randomise_case)
    RandomiseCase(std::span(query.octets).subspan(kHeaderOctets, query.question_octets - kQuestionTailOctets),
                  random_);
  if (edns) {
    Edns opt;
    opt.udp_payload_octets = options_.edns_buffer_size_octets;
    out.AddEdns(opt);
  }
  query.size = out.Finish();
  return query;
}

trace::QuerySent Exchanger::Describe(const ExchangeRequest& request, const OutgoingQuery& query, bool edns,
                                     uint16_t local_port, Duration timeout) const {
  Question as_sent = request.question;
  as_sent.qname = Name(NameView::FromValidWire(query.octets.data() + kHeaderOctets));
  const bool tcp = request.attempt == trace::Attempt::kOverTcp;
  return {.zone = request.zone,
          .server = request.server_name,
          .endpoint = request.server,
          .transport = tcp ? trace::Transport::kTcp : trace::Transport::kUdp,
          .question = std::move(as_sent),
          .attempt = request.attempt,
          .id = LoadU16(query.octets.data()),
          .local_port = local_port,
          .octets = static_cast<uint32_t>(query.size),
          .udp_payload_octets = edns ? options_.edns_buffer_size_octets : uint16_t{0},
          .recursion_desired = request.recursion_desired,
          .cookie = false,
          .timeout = timeout};
}

}  // namespace cairn
