#include "tests/unit/resolver/scripted_world.h"

#include <sstream>
#include <stdexcept>

#include "common/dns/rdata_text.h"
#include "resolver/shared_memory.h"

namespace cairn {
namespace {

constexpr Duration kOneWay = std::chrono::milliseconds(5);

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in{std::string(text)};
  for (std::string part; std::getline(in, part, separator);) {
    const size_t first = part.find_first_not_of(" \n");
    if (first != std::string::npos)
      parts.push_back(part.substr(first, part.find_last_not_of(" \n") - first + 1));
  }
  return parts;
}

Record RecordFromWords(const std::string& owner, std::istringstream& rest) {
  uint32_t ttl = 0;
  std::string type, rdata;
  rest >> ttl >> type;
  std::getline(rest, rdata);
  Record record;
  record.owner = Name::Literal(owner);
  record.type = RrType::FromText(type).value();
  record.ttl = Ttl::Seconds(ttl);
  absl::StatusOr<std::vector<uint8_t>> octets = RdataFromText(record.type, std::string_view(rdata).substr(1));
  if (!octets.ok()) throw std::runtime_error("script: " + owner + " " + type + rdata);
  record.rdata = *std::move(octets);
  return record;
}

}  // namespace

Question QuestionFromText(std::string_view text) {
  const std::vector<std::string> words = Split(text, ' ');
  Question question;
  question.qname = Name::Literal(words.at(0));
  question.qtype = RrType::FromText(words.at(1)).value();
  return question;
}

std::optional<Message> ReplyFromText(const Message& query, std::string_view text) {
  Message reply;
  reply.header.id = query.header.id;
  reply.header.response = true;
  reply.questions = query.questions;
  if (query.edns) reply.edns.emplace();
  for (const std::string& part : Split(text, ';')) {
    std::istringstream words(part);
    std::string first, second;
    words >> first;
    if (first == "silence") return std::nullopt;
    if (first == "aa") {
      reply.header.authoritative = true;
    } else if (first == "tc") {
      reply.header.truncated = true;
    } else if (first == "no-edns") {
      reply.edns.reset();
    } else if (first == "rcode") {
      words >> second;
      for (uint16_t rcode = 0; rcode < 24; ++rcode)
        if (ToText(Rcode{rcode}) == second) reply.set_rcode(Rcode{rcode});
    } else {
      words >> second;
      std::vector<Record>& section = first == "answer"      ? reply.answer
                                     : first == "authority" ? reply.authority
                                                            : reply.additional;
      section.push_back(RecordFromWords(second, words));
    }
  }
  return reply;
}

class ScriptedNetwork::Socket final : public UdpSocket {
 public:
  Socket(ScriptedNetwork& network, const Endpoint& local, UdpReceiver& receiver)
      : network_(network), local_(local), receiver_(receiver) {
    network_.sockets_[local_] = this;
    ++network_.open_sockets;
  }
  ~Socket() override {
    network_.sockets_.erase(local_);
    --network_.open_sockets;
  }
  Endpoint local() const override { return local_; }
  void Send(const Endpoint& to, ByteView datagram) override {
    const Message query = Message::Parse(datagram).value();
    network_.asked.push_back(to.address.ToText() + " " + query.questions.at(0).ToText());
    network_.ports_used.push_back(local_);
    if (network_.on_udp) network_.on_udp(local_, to, datagram);
    if (network_.without_route.contains(to.address)) return network_.TellNoRoute(local_, to);
    const auto server = network_.servers.find(to.address);
    if (server == network_.servers.end()) return;
    std::optional<std::vector<uint8_t>> reply = server->second(query, false);
    if (reply) network_.Inject(to, local_, *std::move(reply), 2 * kOneWay);
  }
  void Deliver(const Endpoint& from, ByteView packet) { receiver_.OnDatagram(*this, from, packet); }
  void TellNoRoute(const Endpoint& to) { receiver_.OnNoRoute(*this, to); }

 private:
  ScriptedNetwork& network_;
  Endpoint local_;
  UdpReceiver& receiver_;
};

class ScriptedNetwork::Stream final : public MessageStream {
 public:
  Stream(ScriptedNetwork& network, const Endpoint& to, StreamReceiver& receiver)
      : network_(network), to_(to), receiver_(receiver), alive_(std::make_shared<bool>(true)) {
    if (network.servers.contains(to.address)) return;
    After([this] { receiver_.OnEnd(StreamEnd::kRefused); });
  }
  ~Stream() override { *alive_ = false; }
  void Send(ByteView message) override {
    const Message query = Message::Parse(message).value();
    network_.asked.push_back("tcp " + to_.address.ToText() + " " + query.questions.at(0).ToText());
    const auto server = network_.servers.find(to_.address);
    if (server == network_.servers.end()) return;
    std::optional<std::vector<uint8_t>> reply = server->second(query, true);
    After([this, reply] {
      if (reply)
        receiver_.OnMessage(*reply);
      else
        receiver_.OnEnd(StreamEnd::kClosedByPeer);
    });
  }

 private:
  void After(std::function<void()> what) {
    network_.Later(4 * kOneWay, [alive = alive_, what = std::move(what)] {
      if (*alive) what();
    });
  }

  ScriptedNetwork& network_;
  Endpoint to_;
  StreamReceiver& receiver_;
  std::shared_ptr<bool> alive_;
};

absl::StatusOr<std::unique_ptr<UdpSocket>> ScriptedNetwork::OpenUdp(const Endpoint& local,
                                                                    UdpReceiver& receiver) {
  if (no_sockets) return absl::ResourceExhaustedError("no socket");
  if (sockets_.contains(local)) return absl::AlreadyExistsError("port taken");
  return std::make_unique<Socket>(*this, local, receiver);
}

std::unique_ptr<MessageStream> ScriptedNetwork::Connect(const Endpoint& to, StreamReceiver& receiver) {
  return std::make_unique<Stream>(*this, to, receiver);
}

absl::StatusOr<std::unique_ptr<Listener>> ScriptedNetwork::Listen(const Endpoint& /*local*/,
                                                                  QueryHandler& /*handler*/) {
  return absl::UnimplementedError("queries are handed to the resolver directly");
}

void ScriptedNetwork::Inject(const Endpoint& from, const Endpoint& to, std::vector<uint8_t> packet,
                             Duration after) {
  Later(after, [this, from, to, packet = std::move(packet)] {
    const auto socket = sockets_.find(to);
    if (socket != sockets_.end()) socket->second->Deliver(from, packet);
  });
}

void ScriptedNetwork::TellNoRoute(const Endpoint& local, const Endpoint& to) {
  Later(Duration(0), [this, local, to] {
    const auto socket = sockets_.find(local);
    if (socket != sockets_.end()) socket->second->TellNoRoute(to);
  });
}

void ScriptedNetwork::Later(Duration delay, std::function<void()> what) {
  pending_.emplace_back(timers_).Set(timers_.clock().Now() + delay, std::move(what));
}

ResolverOptions ScriptedWorld::DefaultOptions() {
  ResolverOptions options;
  options.prime_root = false;
  options.qname_minimisation = QnameMinimisation::kOff;
  options.case_randomisation = false;
  options.ipv6 = false;
  options.upstream_sockets = 1024;
  return options;
}

ScriptedWorld::ScriptedWorld(ResolverOptions options) : cache(CacheOptionsOf(options), epochs, *random), delegations({}, *random) {
  auto shared = std::make_shared<const ResolverOptions>(std::move(options));
  resolver = Resolver::Create({clock, network, *random, timers}, {epoch, cache, delegations}, shared).value();
  Delegation root;
  root.servers.push_back({Name::Literal("a.root."), {IpAddress::Literal("198.51.100.1")}});
  root.expires = Instant::max();
  delegations.SetPermanent(root);
}

ScriptedWorld::~ScriptedWorld() = default;

void ScriptedWorld::AddServer(std::string_view address,
                              std::vector<std::pair<std::string, std::string>> rows) {
  network.servers[IpAddress::Literal(address)] = [rows = std::move(rows)](const Message& query, bool tcp) {
    std::optional<std::vector<uint8_t>> wire;
    const std::string question = (tcp ? "tcp " : "") + query.questions.at(0).ToText();
    for (const auto& [asked, reply] : rows) {
      if (asked != question && asked != "*") continue;
      if (std::optional<Message> message = ReplyFromText(query, reply)) wire = message->ToWire();
      break;
    }
    return wire;
  };
}

void ScriptedWorld::Run(Duration limit) {
  const Instant end = clock.now + limit;
  while (resolver->active() > 0) {
    const std::optional<Instant> next = timers.NextDeadline();
    if (!next || *next > end) return;
    clock.now = std::max(clock.now, *next);
    timers.RunDue();
  }
}

std::string ScriptedWorld::Ask(std::string_view question, std::shared_ptr<TraceRecorder> trace) {
  std::string words = "no answer";
  resolver->Resolve(QuestionFromText(question), std::move(trace),
                    [&words](CollectedAnswer answer) { words = InWords(answer); });
  Run();
  return words;
}

std::vector<uint8_t> ScriptedWorld::AskAsClient(const std::vector<uint8_t>& packet, bool tcp,
                                                std::string_view client) {
  std::vector<uint8_t> reply(65535);
  Query query;
  query.packet = packet;
  query.tcp = tcp;
  query.to.listener = &listener;
  query.to.client = {IpAddress::Literal(client), 4242};
  query.reply = reply;
  listener.replies.clear();
  resolver->OnQueries({&query, 1});
  if (query.reply_octets > 0) {
    reply.resize(query.reply_octets);
    return reply;
  }
  Run();
  return listener.replies.empty() ? std::vector<uint8_t>() : listener.replies.back();
}

std::string InWords(const CollectedAnswer& answer) {
  std::string words = ToText(answer.rcode);
  std::string separator = ": ";
  for (const Rrset& rrset : answer.answer) {
    words += separator + rrset.ToText();
    separator = "; ";
  }
  if (answer.soa) words += separator + "soa " + answer.soa->owner.ToText();
  for (char& c : words)
    if (c == '\n') c = ',';
  return words;
}

}  // namespace cairn
