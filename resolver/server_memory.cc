#include "resolver/server_memory.h"

#include <algorithm>
#include <map>
#include <vector>

#include "fmt/format.h"
#include "resolver/keyed_hash.h"
#include "resolver/sieve_map.h"

namespace cairn {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// What was measured that long ago says nothing any more.
constexpr Duration kForgetAfter = minutes(15);
// A row of time-outs is forgotten when the server was not asked for that long.
constexpr Duration kForgetTimeoutsAfter = minutes(5);
constexpr size_t kMaxLameZones = 16;

// An error may pass within seconds (a restart), a wrong delegation stays until somebody repairs it; five
// minutes at most (RFC 9520 section 3.2).
Duration LameFor(Lameness why) {
  switch (why) {
    case Lameness::kNone:
      return Duration::zero();
    case Lameness::kServFail:
    case Lameness::kFormErr:
    case Lameness::kMalformed:
      return seconds(30);
    case Lameness::kNotAuthoritative:
    case Lameness::kUpwardReferral:
    case Lameness::kRefused:
    case Lameness::kNotImp:
    case Lameness::kNoSignatures:
      return minutes(5);
  }
  return Duration::zero();
}

struct LameZone {
  Name zone;
  Lameness why = Lameness::kNone;
  Instant until;
};

struct Server {
  bool measured = false;
  Duration srtt{};
  Duration rttvar{};
  Instant heard{};
  int timeouts = 0;
  Instant last_timeout{};
  std::optional<Instant> dead_until{};
  EdnsSupport edns = EdnsSupport::kUnknown;
  Instant edns_until{};
  Instant tcp_until{};
  Instant folds_until{};
  std::vector<LameZone> lame{};  // oldest first
};

// RFC 6298 section 2.2 and 2.3.
void Measure(Server& server, Duration rtt) {
  if (!server.measured) {
    server.srtt = rtt;
    server.rttvar = rtt / 2;
    server.measured = true;
    return;
  }
  const Duration deviation = server.srtt > rtt ? server.srtt - rtt : rtt - server.srtt;
  server.rttvar = (3 * server.rttvar + deviation) / 4;
  server.srtt = (7 * server.srtt + rtt) / 8;
}

Duration ProbeInterval(int timeouts) {
  const int doublings = std::clamp(timeouts - ServerMemory::kTimeoutsToDie, 0, 3);
  return std::min(ServerMemory::kFirstProbeInterval * (1 << doublings), ServerMemory::kLongestProbeInterval);
}

ServerState StateOf(const Server& server, Instant now) {
  ServerState state{.heard = server.heard};
  state.known = server.measured && now < server.heard + kForgetAfter;
  if (state.known) {
    state.srtt = server.srtt;
    state.rttvar = server.rttvar;
  }
  if (now < server.last_timeout + kForgetTimeoutsAfter) {
    state.timeouts_in_a_row = server.timeouts;
    state.dead_until = server.dead_until;
  }
  const Duration base = state.known ? state.srtt + 4 * state.rttvar : ServerMemory::kUnknownRto;
  const Duration backed_off = base * (1 << std::min(state.timeouts_in_a_row, 6));  // RFC 6298 section 5.5
  state.steady_rto = std::clamp(base, ServerMemory::kMinRto, ServerMemory::kMaxRto);
  state.rto = std::clamp(backed_off, ServerMemory::kMinRto, ServerMemory::kMaxRto);
  if (now < server.edns_until) state.edns = server.edns;
  state.prefers_tcp = now < server.tcp_until;
  state.folds_case = now < server.folds_until;
  return state;
}

double Milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

}  // namespace

std::string_view ToText(Lameness lameness) {
  switch (lameness) {
    case Lameness::kNone:
      return "not lame";
    case Lameness::kNotAuthoritative:
      return "not authoritative";
    case Lameness::kUpwardReferral:
      return "refers upwards or sideways";
    case Lameness::kRefused:
      return "refuses";
    case Lameness::kServFail:
      return "fails";
    case Lameness::kNotImp:
      return "does not implement queries";
    case Lameness::kFormErr:
      return "cannot read our queries";
    case Lameness::kMalformed:
      return "replies cannot be read";
    case Lameness::kNoSignatures:
      return "leaves out signatures";
  }
  return "unknown";
}

std::string_view ToText(EdnsSupport edns) {
  switch (edns) {
    case EdnsSupport::kUnknown:
      return "unknown";
    case EdnsSupport::kYes:
      return "yes";
    case EdnsSupport::kNo:
      return "no";
  }
  return "unknown";
}

std::string ServerState::ToText(Instant now) const {
  std::string text =
      known ? fmt::format("srtt {:.1f} ms, rttvar {:.1f} ms", Milliseconds(srtt), Milliseconds(rttvar))
            : std::string("never measured");
  if (timeouts_in_a_row == 1) text += ", 1 time-out";
  if (timeouts_in_a_row > 1) text += fmt::format(", {} time-outs in a row", timeouts_in_a_row);
  if (dead_until && now < *dead_until)
    text += fmt::format(", dead for {} s", std::chrono::ceil<seconds>(*dead_until - now).count());
  if (edns == EdnsSupport::kNo) text += ", no EDNS";
  if (prefers_tcp) text += ", TCP";
  if (folds_case) text += ", folds case";
  return text;
}

struct ServerMemory::Table {
  Table(size_t max_servers, Random& random) : servers(max_servers, KeyedEndpointHash{SipKey::Draw(random)}) {}

  SieveMap<Endpoint, Server, KeyedEndpointHash, std::equal_to<Endpoint>> servers;

  Server& At(const Endpoint& endpoint, Instant now) {
    if (Server* server = servers.Find(endpoint)) return *server;
    return *servers.Put(endpoint, Server{.heard = now}, 1);
  }
};

ServerMemory::ServerMemory(size_t max_servers, Random& random)
    : table_(std::make_unique<Table>(std::max<size_t>(max_servers, 1), random)) {}
ServerMemory::~ServerMemory() = default;

void ServerMemory::OnReply(const Endpoint& endpoint, Duration rtt, Instant now) {
  const std::lock_guard lock(mutex_);
  Server& server = table_->At(endpoint, now);
  if (now >= server.heard + kForgetAfter) server.measured = false;
  Measure(server, std::max(rtt, Duration::zero()));
  server.heard = now;
  server.timeouts = 0;
  server.dead_until.reset();
}

void ServerMemory::OnTimeout(const Endpoint& endpoint, Instant sent, Instant now) {
  const std::lock_guard lock(mutex_);
  Server& server = table_->At(endpoint, now);
  if (server.timeouts > 0 && sent < server.last_timeout) return;
  if (server.measured && sent < server.heard) return;
  if (now >= server.last_timeout + kForgetTimeoutsAfter) server.timeouts = 0;
  server.timeouts = std::min(server.timeouts + 1, 1000);
  server.last_timeout = now;
  if (server.timeouts >= kTimeoutsToDie) server.dead_until = now + ProbeInterval(server.timeouts);
}

void ServerMemory::OnGivenUp(const Endpoint& endpoint, Instant now) {
  const std::lock_guard lock(mutex_);
  Server& server = table_->At(endpoint, now);
  if (server.timeouts > 0) server.dead_until = now + ProbeInterval(server.timeouts);
}

void ServerMemory::OnProbe(const Endpoint& endpoint, Instant now) {
  const std::lock_guard lock(mutex_);
  Server& server = table_->At(endpoint, now);
  if (server.dead_until) server.dead_until = now + ProbeInterval(server.timeouts);
}

void ServerMemory::SetEdns(const Endpoint& endpoint, EdnsSupport edns, Instant now) {
  const std::lock_guard lock(mutex_);
  Server& server = table_->At(endpoint, now);
  server.edns = edns;
  server.edns_until = now + kForgetAfter;
}

void ServerMemory::SetPrefersTcp(const Endpoint& endpoint, Instant now) {
  const std::lock_guard lock(mutex_);
  table_->At(endpoint, now).tcp_until = now + kForgetAfter;
}

void ServerMemory::SetFoldsCase(const Endpoint& endpoint, Instant now) {
  const std::lock_guard lock(mutex_);
  table_->At(endpoint, now).folds_until = now + kForgetAfter;
}

void ServerMemory::SetLame(const Endpoint& endpoint, NameView zone, Lameness why, Instant now) {
  const std::lock_guard lock(mutex_);
  std::vector<LameZone>& lame = table_->At(endpoint, now).lame;
  std::erase_if(lame, [&](const LameZone& entry) { return entry.zone == zone || now >= entry.until; });
  if (why == Lameness::kNone) return;
  if (lame.size() == kMaxLameZones) lame.erase(lame.begin());
  lame.push_back({Name(zone), why, now + cairn::LameFor(why)});
}

ServerState ServerMemory::State(const Endpoint& endpoint, Instant now) const {
  const std::lock_guard lock(mutex_);
  const Server* server = table_->servers.Find(endpoint);
  return StateOf(server != nullptr ? *server : Server{}, now);
}

Lameness ServerMemory::LameFor(const Endpoint& endpoint, NameView zone, Instant now) const {
  const std::lock_guard lock(mutex_);
  const Server* server = table_->servers.Peek(endpoint);
  if (server == nullptr) return Lameness::kNone;
  for (const LameZone& entry : server->lame) {
    if (entry.zone == zone && now < entry.until) return entry.why;
  }
  return Lameness::kNone;
}

void ServerMemory::ForEach(Instant now,
                           const std::function<void(const Endpoint&, const ServerState&)>& visit) const {
  const std::lock_guard lock(mutex_);
  std::map<Endpoint, ServerState> ordered;
  table_->servers.ForEach([&](const Endpoint& endpoint, const Server& server) {
    ordered.emplace(endpoint, StateOf(server, now));
  });
  for (const auto& [endpoint, state] : ordered) visit(endpoint, state);
}

std::string ServerMemory::ToText(Instant now) const {
  const std::lock_guard lock(mutex_);
  std::map<Endpoint, std::string> ordered;
  table_->servers.ForEach([&](const Endpoint& endpoint, const Server& server) {
    std::string text = fmt::format("{} {}\n", endpoint.ToText(), StateOf(server, now).ToText(now));
    for (const LameZone& entry : server.lame) {
      if (now < entry.until)
        text += fmt::format("  lame for {}: {}\n", entry.zone.ToText(), cairn::ToText(entry.why));
    }
    ordered.emplace(endpoint, std::move(text));
  });
  std::string all;
  for (const auto& [endpoint, text] : ordered) all += text;
  return all;
}

size_t ServerMemory::size() const {
  const std::lock_guard lock(mutex_);
  return table_->servers.size();
}

}  // namespace cairn
