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
      return seconds(30);
    case Lameness::kNotAuthoritative:
    case Lameness::kUpwardReferral:
    case Lameness::kRefused:
    case Lameness::kNotImp:
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
  Duration last_rtt{};
  Instant heard{};
  Instant probed{};
  int timeouts = 0;
  int clients_timeouts = 0;  // those of them that clients waited for
  Instant last_timeout{};
  std::optional<Instant> dead_until{};
  EdnsSupport edns = EdnsSupport::kUnknown;
  Instant edns_until{};
  Instant tcp_until{};
  Instant folds_until{};
  std::vector<LameZone> lame{};  // oldest first
};

// Whether it counts, as OnTimeout says.
bool AddTimeout(Server& server, Instant sent, Instant now) {
  if (server.timeouts > 0 && sent < server.last_timeout) return false;
  if (server.measured && sent < server.heard) return false;
  if (now >= server.last_timeout + kForgetTimeoutsAfter) server.timeouts = server.clients_timeouts = 0;
  server.timeouts = std::min(server.timeouts + 1, 1000);
  server.last_timeout = now;
  return true;
}

// RFC 6298 section 2.2 and 2.3.
void Measure(Server& server, Duration rtt) {
  server.last_rtt = rtt;
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

// Whatever it said, it is there.
void Hear(Server& server, Instant now) {
  if (now >= server.heard + kForgetAfter) server.measured = false;
  server.heard = now;
  server.timeouts = server.clients_timeouts = 0;
  server.dead_until.reset();
}

ServerState StateOf(const Server& server, Instant now) {
  ServerState state{.touched = std::max(server.heard, server.probed)};
  state.known = server.measured && now < server.heard + kForgetAfter;
  if (state.known) {
    state.srtt = server.srtt;
    state.rttvar = server.rttvar;
    state.last_rtt = server.last_rtt;
  }
  if (now < server.last_timeout + kForgetTimeoutsAfter) {
    state.timeouts_in_a_row = server.timeouts;
    state.dead_until = server.dead_until;
  }
  const Duration base = state.known ? state.srtt + 4 * state.rttvar : ServerMemory::kUnknownRto;
  state.late_after = std::max(base, state.srtt + ServerMemory::kGranularity);
  const Duration backed_off = base * (1 << std::min(state.timeouts_in_a_row, 6));  // RFC 6298 section 5.5
  state.steady_rto = std::clamp(base, ServerMemory::kMinRto, ServerMemory::kMaxRto);
  state.rto = std::clamp(backed_off, ServerMemory::kMinRto, ServerMemory::kMaxRto);
  if (server.probed >= server.heard) state.probe_at = server.probed + state.late_after;  // on its way
  if (state.timeouts_in_a_row > 0) {
    const Duration distance = std::min(state.late_after * (1 << std::min(state.timeouts_in_a_row, 6)),
                                       ServerMemory::kProbeInterval);
    state.probe_at = std::max(state.probe_at, std::max(server.last_timeout, server.probed) + distance);
  }
  if (state.dead_until) state.probe_at = std::max(state.probe_at, *state.dead_until);
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

// Who has just been silent is no better than a stranger, however fast it was.
Duration ServerState::Score() const {
  const Duration in_vain = std::max(rto, ServerMemory::kUnknownScore) * timeouts_in_a_row;
  return (known ? srtt + rttvar : ServerMemory::kUnknownScore) + in_vain;
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
  Hear(server, now);
  Measure(server, std::max(rtt, Duration::zero()));
}

void ServerMemory::OnAmbiguousReply(const Endpoint& endpoint, Duration least, Duration most, Instant now) {
  const std::lock_guard lock(mutex_);
  Server& server = table_->At(endpoint, now);
  Hear(server, now);
  // With nothing to compare with the shorter one: too short it is put right by the next reply, while after
  // the longer one, a time-out included, every lost packet would be noticed too late to be measured.
  if (!server.measured || least > server.srtt)
    Measure(server, least);
  else if (most < server.srtt)
    Measure(server, most);
}

void ServerMemory::OnProbeReply(const Endpoint& endpoint, Duration rtt, Instant now) {
  const std::lock_guard lock(mutex_);
  Server& server = table_->At(endpoint, now);
  Hear(server, now);
  const Duration slower_of_two = std::max(rtt, server.last_rtt);
  if (2 * slower_of_two < server.srtt) {
    server.measured = false;
    rtt = slower_of_two;
  }
  Measure(server, rtt);
}

void ServerMemory::OnTimeout(const Endpoint& endpoint, Instant sent, Instant now) {
  const std::lock_guard lock(mutex_);
  Server& server = table_->At(endpoint, now);
  if (!AddTimeout(server, sent, now)) return;
  server.clients_timeouts = std::min(server.clients_timeouts + 1, kTimeoutsToDie);
  if (server.clients_timeouts == kTimeoutsToDie) server.dead_until = now + kProbeInterval;
}

void ServerMemory::OnProbeTimeout(const Endpoint& endpoint, Instant sent, Instant now) {
  const std::lock_guard lock(mutex_);
  AddTimeout(table_->At(endpoint, now), sent, now);
}

void ServerMemory::OnGivenUp(const Endpoint& endpoint, Instant now) {
  const std::lock_guard lock(mutex_);
  Server& server = table_->At(endpoint, now);
  if (server.timeouts > 0) server.dead_until = now + kProbeInterval;
}

void ServerMemory::OnProbe(const Endpoint& endpoint, Instant now) {
  const std::lock_guard lock(mutex_);
  Server& server = table_->At(endpoint, now);
  server.probed = now;
  if (server.dead_until) server.dead_until = now + kProbeInterval;
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

std::string ServerMemory::ToText(Instant now, size_t most_octets) const {
  const std::lock_guard lock(mutex_);
  std::map<Endpoint, const Server*> ordered;
  table_->servers.ForEach(
      [&](const Endpoint& endpoint, const Server& server) { ordered.emplace(endpoint, &server); });
  std::string all;
  size_t left = ordered.size();
  for (const auto& [endpoint, server] : ordered) {
    const ServerState state = StateOf(*server, now);
    std::string text = fmt::format("{} score {:.1f} ms, {}\n", endpoint.ToText(), Milliseconds(state.Score()),
                                   state.ToText(now));
    for (const LameZone& entry : server->lame) {
      if (now < entry.until)
        text += fmt::format("  lame for {}: {}\n", entry.zone.ToText(), cairn::ToText(entry.why));
    }
    if (all.size() + text.size() > most_octets) return all + fmt::format("and {} more\n", left);
    all += text;
    --left;
  }
  return all;
}

size_t ServerMemory::size() const {
  const std::lock_guard lock(mutex_);
  return table_->servers.size();
}

}  // namespace cairn
