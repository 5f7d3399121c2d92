// The root's servers come from the world's own root zone, given to the resolver as its hints.
#include "tests/sim/sim_resolver.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "common/dns/rdata.h"
#include "resolver/shared_memory.h"
#include "tests/sim/sim_clock.h"

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A stub repeats its query, since the resolver drops what has become too old to be worth an answer
// (CVE-2024-33655).
constexpr Duration kRepeatAfter = milliseconds(1500);
constexpr Duration kGivesUpAfter = seconds(15);
constexpr uint16_t kStubPayloadOctets = 1232;

std::vector<IpAddress> ResolverAddresses() {
  return {IpAddress::Literal(kResolverAddress), IpAddress::Literal(kResolverAddress6)};
}

void AddAddresses(const Node& node, std::vector<IpAddress>& addresses) {
  if (const RrsetView a = node.Find(rr::kA)) {
    for (const ByteView rdata : a) addresses.push_back(IpAddress::V4(rdata));
  }
  if (const RrsetView aaaa = node.Find(rr::kAaaa)) {
    for (const ByteView rdata : aaaa) addresses.push_back(IpAddress::V6(rdata));
  }
}

// NS and addresses at the root's apex, as root hints have them.
Delegation RootHints(const SimInternet& internet) {
  Delegation hints;
  hints.learnt = SimClock::kStart;
  hints.expires = Instant::max();
  const Zone* const root = internet.ZoneAt(NameView());
  if (root == nullptr) return hints;
  for (const ByteView ns : root->apex_node().Find(rr::kNs)) {
    hints.servers.push_back({.name = Name(LeadingName(ns)), .addresses = {}});
  }
  for (const Node node : *root) {
    if (!node.Find(rr::kA) && !node.Find(rr::kAaaa)) continue;
    const Name owner = node.owner();
    for (DelegationServer& server : hints.servers) {
      if (server.name == owner) AddAddresses(node, server.addresses);
    }
  }
  return hints;
}

// As the program does with the addresses that it listens on.
ResolverOptions WithOwnAddresses(ResolverOptions options) {
  for (const IpAddress& address : ResolverAddresses()) options.own.push_back({address, 53});
  return options;
}

}  // namespace

// ---- A stub client with one question

class SimResolver::Stub final : public UdpReceiver, public StreamReceiver {
 public:
  Stub(SimResolver& home, Conversation& conversation)
      : home_(home),
        host_(conversation.query.from ? home.ClientAt(*conversation.query.from) : home.client_host_),
        conversation_(conversation),
        repeat_(home.internet_.world().timers()),
        wire_(Write(conversation.query, home.client_host_.random())) {
    conversation_.asked = Now();
    conversation_.first_packet = home_.internet_.world().log().packets().size();
    if (conversation.query.over_tcp) {
      AskOverTcp();
    } else {
      socket_ = *host_.OpenUdp({host_.address(), 0}, *this);
      Send();
    }
  }

  void OnDatagram(UdpSocket& /*socket*/, const Endpoint& /*from*/, ByteView datagram) override {
    Take(datagram, false);
  }
  void OnConnected() override {}
  void OnMessage(ByteView message) override { Take(message, true); }
  void OnEnd(StreamEnd /*reason*/) override { stream_.reset(); }

 private:
  Instant Now() const { return home_.internet_.world().clock().Now(); }
  Endpoint Resolver() const { return {IpAddress::Literal(kResolverAddress), 53}; }

  static std::vector<uint8_t> Write(const StubQuery& asked, Random& random) {
    if (!asked.octets.empty()) return asked.octets;
    Message query;
    query.header.id = random.U16();
    query.header.recursion_desired = asked.recursion_desired;
    query.header.checking_disabled = asked.checking_disabled;
    query.header.authentic_data = asked.authentic_data;
    query.questions.push_back(asked.question);
    if (asked.edns) {
      Edns& edns = query.edns.emplace();
      edns.udp_payload_octets = kStubPayloadOctets;
      edns.dnssec_ok = asked.dnssec_ok;
      edns.options = asked.options;
    }
    return query.ToWire();
  }

  void Send() {
    ++conversation_.queries_sent;
    socket_->Send(Resolver(), wire_);
    const bool repeats = conversation_.query.octets.empty();
    if (repeats && Now() + kRepeatAfter < conversation_.asked + kGivesUpAfter)
      repeat_.Set(Now() + kRepeatAfter, [this] { Send(); });
  }

  void AskOverTcp() {
    ++conversation_.queries_sent;
    stream_ = host_.Connect(Resolver(), *this);
    stream_->Send(wire_);
  }

  void Take(ByteView octets, bool over_tcp) {
    absl::StatusOr<Message> reply = Message::Parse(octets);
    if (!reply.ok() || wire_.size() < 2 || reply->header.id != LoadU16(wire_.data())) return;
    if (reply->header.truncated && !over_tcp && conversation_.query.octets.empty()) {
      repeat_.Cancel();
      if (!stream_) AskOverTcp();
      return;
    }
    repeat_.Cancel();
    ++conversation_.replies;
    if (conversation_.answered) return;
    conversation_.answered = Now();
    conversation_.reply = *std::move(reply);
  }

  SimResolver& home_;
  SimHost& host_;
  Conversation& conversation_;
  Timer repeat_;
  std::vector<uint8_t> wire_;
  std::unique_ptr<UdpSocket> socket_;
  std::unique_ptr<MessageStream> stream_;
};

// ---- Somebody who listens

class SimResolver::Tap final : public TraceTap {
 public:
  explicit Tap(const Clock& clock) : clock_(clock) {}

  void Want(size_t most) { wanted_ = most; }
  bool Wants(NameView /*qname*/) const override { return wanted_ > 0; }
  std::shared_ptr<TraceRecorder> Begin(const Question& /*asked*/, const Endpoint& /*client*/) override {
    --wanted_;
    return traces.emplace_back(std::make_shared<TraceRecorder>(clock_));
  }
  void End(const Question& /*asked*/, std::shared_ptr<TraceRecorder> /*trace*/) override {}

  std::vector<std::shared_ptr<TraceRecorder>> traces;

 private:
  const Clock& clock_;
  size_t wanted_ = 0;
};

// ---- The resolver's host

ResolverOptions SimResolver::DefaultOptions() {
  ResolverOptions options;
  options.access = {
      {.net = Subnet::FromText("10.0.0.0/8").value(), .action = AccessRule::Action::kAllowSnoop}};
  options.cache_size_octets = size_t{8} << 20;
  return options;
}

SimResolver::SimResolver(SimInternet& internet, const ResolverOptions& options)
    : internet_(internet),
      host_(internet.world().AddHost("resolver", ResolverAddresses())),
      client_host_(internet.world().AddHost("client", {IpAddress::Literal(kClientAddress)})),
      random_(NewSeededRandom(internet.world().seed() ^ 0x5eed)) {
  PathPolicy near;
  near.delay = milliseconds(1);
  internet_.world().SetPath(host_, client_host_, near);
  cache_ = std::make_unique<Cache>(CacheOptionsOf(options), epochs_, *random_);
  delegations_ = std::make_unique<DelegationStore>(DelegationOptionsOf(options), *random_);
  auto resolver = Resolver::Create({internet_.world().clock(), host_, *random_, internet_.world().timers()},
                                   {epoch_, *cache_, *delegations_},
                                   std::make_shared<const ResolverOptions>(WithOwnAddresses(options)));
  if (!resolver.ok()) {
    std::cerr << resolver.status().ToString() << '\n';
    std::abort();
  }
  tap_ = std::make_unique<Tap>(internet_.world().clock());
  resolver_ = *std::move(resolver);
  delegations_->SetPermanent(RootHints(internet_));
  listener_ = *host_.Listen({host_.address(), 53}, *resolver_);
}

SimResolver::~SimResolver() = default;

void SimResolver::TraceNext(size_t most) {
  tap_->Want(most);
  resolver_->SetTraceTap(tap_.get());
}

const std::vector<std::shared_ptr<TraceRecorder>>& SimResolver::traces() const { return tap_->traces; }

const Conversation& SimResolver::Ask(StubQuery query) {
  conversations_.push_back(std::make_unique<Conversation>(Conversation{.query = std::move(query)}));
  stubs_.push_back(std::make_unique<Stub>(*this, *conversations_.back()));
  return *conversations_.back();
}

const Conversation& SimResolver::AskAndWait(StubQuery query) {
  const Conversation& conversation = Ask(std::move(query));
  internet_.world().RunFor(kGivesUpAfter, [&conversation] { return conversation.done(); });
  return conversation;
}

SimHost& SimResolver::ClientAt(const IpAddress& address) {
  SimHost* const there = internet_.world().HostAt(address);
  return there ? *there : internet_.world().AddHost("client-" + address.ToText(), {address});
}

size_t SimResolver::UpstreamQueries(size_t first) {
  size_t queries = 0;
  for (const IpAddress& address : host_.addresses())
    queries += internet_.world().log().QueriesFrom(address, first);
  return queries;
}

void SimResolver::Stop() {
  stubs_.clear();
  listener_.reset();
  resolver_.reset();
}

}  // namespace cairn::sim
