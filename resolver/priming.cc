#include "resolver/priming.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "resolver/resolution_trace.h"
#include "resolver/server_address.h"
#include "resolver/slist.h"

namespace cairn {
namespace {

// After a failure the hints serve; asking again at once would hit servers which do not answer.
constexpr Duration kRetryAfter = std::chrono::seconds(60);
// RFC 9609 section 3.3 counts 13 names; a set beyond that is not believed further.
constexpr size_t kMostServers = 13;

// Refreshed within the last tenth of its life (RFC 9609 section 3: "before expiry").
bool Fresh(const Delegation& root, Instant now) {
  return root.filler && root.expires - now > (root.expires - root.learnt) / 10;
}

// What Judge asks of glue holds here too: class IN, an address where a server can be, each once.
void AddAddress(Delegation& root, const Record& record) {
  if (record.type != rr::kA && record.type != rr::kAaaa) return;
  if (record.rr_class != kClassIn) return;
  const IpAddress address = record.type == rr::kA ? IpAddress::V4(record.rdata) : IpAddress::V6(record.rdata);
  if (ReachOf(address) == AddressReach::kNever) return;
  for (DelegationServer& server : root.servers) {
    const std::vector<IpAddress>& known = server.addresses;
    if (server.name == record.owner && std::find(known.begin(), known.end(), address) == known.end())
      server.addresses.push_back(address);
  }
}

// The root's NS set and the addresses that came with it; nothing when the reply is not an answer with
// authority.
std::optional<Delegation> ReadPrimingReply(const Message& reply, const Endpoint& from, Instant now) {
  if (reply.rcode() != Rcode::kNoError || !reply.header.authoritative) return std::nullopt;
  Delegation root;
  root.learnt = now;
  root.filler = from.address;
  Ttl ttl = Ttl::Seconds(Ttl::kMax);
  for (const Record& record : reply.answer) {
    if (!record.owner.IsRoot() || record.type != rr::kNs || record.rr_class != kClassIn) continue;
    if (root.servers.size() == kMostServers) break;
    root.servers.push_back({Name(NameView::FromValidWire(record.rdata.data())), {}});
    ttl = std::min(ttl, record.ttl);
  }
  if (root.servers.empty()) return std::nullopt;
  for (const Record& record : reply.additional) AddAddress(root, record);
  root.expires = now + std::chrono::seconds(ttl.seconds());
  return root;
}

trace::PrimingFinished Describe(const std::optional<Delegation>& root, bool succeeded) {
  trace::PrimingFinished finished{.succeeded = succeeded};
  if (!root) return finished;
  finished.servers = static_cast<uint32_t>(root->servers.size());
  for (const DelegationServer& server : root->servers)
    finished.addresses += static_cast<uint32_t>(server.addresses.size());
  return finished;
}

bool HasAddress(const DelegationServer& server) { return !server.addresses.empty(); }

}  // namespace

void Priming::Consider(const Delegation& root, const std::shared_ptr<TraceRecorder>& trace, TracePoint at) {
  const Instant now = parts_.clock.Now();
  if (!parts_.options.prime_root || running_ || now < not_before_ || Fresh(root, now)) return;
  parts_.background.Spawn(Run(root, trace, at));
}

Task<void> Priming::Run(Delegation hints, std::shared_ptr<TraceRecorder> trace, TracePoint at) {
  running_ = true;
  TracePoint started;
  if (at)
    started =
        at.Add(trace::ResolutionStarted{.question = {Name(), rr::kNs}, .purpose = trace::Purpose::kPriming});
  FetchBudget budget(
      std::make_shared<WorkBudget>(parts_.clock.Now(), std::move(trace), parts_.options.work_terms()));
  const std::optional<Delegation> root = co_await AskForRoot(std::move(hints), budget, started);
  const Instant now = parts_.clock.Now();
  bool stored = false;
  if (root && !parts_.retired && std::any_of(root->servers.begin(), root->servers.end(), HasAddress)) {
    const DelegationStore::Outcome outcome = parts_.delegations.Store(*root, now);
    stored = outcome <= DelegationStore::Outcome::kChanged;
  }
  if (!stored) not_before_ = now + kRetryAfter;
  if (started) started.Add(Describe(root, stored));
  running_ = false;
}

Task<std::optional<Delegation>> Priming::AskForRoot(Delegation hints, FetchBudget& budget, TracePoint at) {
  Slist servers(hints, parts_.options.slist_options());
  std::optional<Delegation> root;
  while (!root) {
    const std::optional<SlistPick> pick = servers.Pick(parts_.servers, parts_.random, parts_.clock.Now());
    if (at) TracePick(at, servers, pick);
    if (!pick) break;
    ExchangeRequest request;
    request.question.qtype = rr::kNs;  // QNAME is the root
    request.server = pick->endpoint;
    request.timeout = pick->timeout;
    request.randomise_case = parts_.options.case_randomisation;
    request.server_name = pick->server;
    const Endpoint server = pick->endpoint;
    const ExchangeResult result = co_await parts_.exchanger.Ask(std::move(request), budget, at);
    const Instant now = parts_.clock.Now();
    if (result.end == ExchangeResult::End::kLimit) break;
    if (result.end != ExchangeResult::End::kReply) {
      parts_.servers.OnTimeout(server, now - result.rtt, now);
      continue;
    }
    if (!result.over_tcp) parts_.servers.OnReply(server, result.rtt, now);
    root = ReadPrimingReply(result.reply, server, now);
    if (root) co_await CompleteAddresses(*root, server, budget, at);
    servers.Discard(server);
  }
  co_return root;
}

// A reply may leave addresses out (RFC 9609 section 4.2); the servers of the root are asked for them one
// after another.
Task<void> Priming::CompleteAddresses(Delegation& root, Endpoint server, FetchBudget& budget, TracePoint at) {
  if (std::any_of(root.servers.begin(), root.servers.end(), HasAddress)) co_return;
  for (size_t i = 0; i < root.servers.size(); ++i) {
    for (const RrType type : {rr::kA, rr::kAaaa}) {
      if (!(type == rr::kA ? parts_.options.ipv4 : parts_.options.ipv6)) continue;
      ExchangeRequest request;
      request.question.qname = root.servers[i].name;
      request.question.qtype = type;
      request.server = server;
      request.timeout = parts_.servers.State(server, parts_.clock.Now()).steady_rto;
      request.randomise_case = parts_.options.case_randomisation;
      const ExchangeResult result = co_await parts_.exchanger.Ask(std::move(request), budget, at);
      if (result.end != ExchangeResult::End::kReply || !result.reply.header.authoritative) continue;
      for (const Record& record : result.reply.answer) AddAddress(root, record);
    }
  }
}

}  // namespace cairn
