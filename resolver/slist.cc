#include "resolver/slist.h"

#include <algorithm>
#include <utility>

#include "common/base/limits.h"
#include "fmt/format.h"
#include "resolver/server_address.h"

namespace cairn {
namespace {

// Below what most servers of the Internet need: whoever is unknown is asked before whoever is known to be
// slow.
constexpr Duration kUnknownScore = std::chrono::milliseconds(20);
// One question in that many sends a probe: probing may add 5 % of traffic.
constexpr uint64_t kQuestionsPerProbe = 20;

// How long a try lasts at the least. The first is as long as this server's replies take, since another one
// may know sooner. Later ones are made when all were silent: a link may be busy. The last is waited for as
// long as a client's patience allows, since now a server that became slow would end in SERVFAIL.
constexpr Duration kLaterTry = std::chrono::milliseconds(400);
constexpr Duration kLastTry = std::chrono::milliseconds(1600);
// How often what others waited in vain doubles our tries (RFC 6298 section 5.5). A row of losses says little
// about the time a reply takes, and a client waits.
constexpr int kDoublings = 1;

double Milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

// Whoever may be asked comes before whoever may not, the cheaper one first.
bool Better(const SlistCandidate& a, const SlistCandidate& b) {
  if (a.askable() != b.askable()) return a.askable();
  return a.askable() ? a.score < b.score : a.reason < b.reason;
}

bool IsOurselves(const Endpoint& endpoint, const Slist::Options& options) {
  return options.own && std::ranges::find(*options.own, endpoint) != options.own->end();
}

// With addresses of that family alone a server is as good as one without: the other may be found.
bool OfDisabledFamily(const IpAddress& address, const Slist::Options& options) {
  return address.is_v6() ? !options.ipv6 : !options.ipv4;
}

}  // namespace

std::string_view ToText(ScoreReason reason) {
  switch (reason) {
    case ScoreReason::kMeasured:
      return "measured";
    case ScoreReason::kUnknown:
      return "not measured yet";
    case ScoreReason::kBackingOff:
      return "backing off";
    case ScoreReason::kProbe:
      return "dead, may be tried again";
    case ScoreReason::kDead:
      return "dead";
    case ScoreReason::kLame:
      return "lame";
    case ScoreReason::kExhausted:
      return "asked enough";
  }
  return "unknown";
}

std::string_view Slist::WhyNotAsked(const Endpoint& endpoint, const Options& options) {
  const IpAddress& address = endpoint.address;
  if (address.is_v6() && !options.ipv6) return "ipv6 is false";
  if (!address.is_v6() && !options.ipv4) return "ipv4 is false";
  if (IsOurselves(endpoint, options)) return "that is ourselves";
  switch (ReachOf(address)) {
    case AddressReach::kGlobal:
      return "";
    case AddressReach::kPrivate:
      return options.query_private ? "" : "a private address, and query-private is false";
    case AddressReach::kLoopback:
      return options.query_loopback ? "" : "a loopback address, and query-loopback is false";
    case AddressReach::kNever:
      break;
  }
  return "an address where no server can be";
}

Slist::Slist(const Delegation& delegation, const Options& options)
    : zone_cut_(delegation.cut), options_(options) {
  // Whoever writes a server into the configuration means it, wherever that is.
  if (delegation.kind != DelegationKind::kIterate) options_.query_private = options_.query_loopback = true;
  for (const Endpoint& endpoint : delegation.configured) {
    if (!IsOurselves(endpoint, options_))
      candidates_.push_back({.server = delegation.cut, .endpoint = endpoint});
  }
  for (const DelegationServer& server : delegation.servers) {
    if (server.port != 0) ports_.emplace_back(server.name, server.port);
    const bool none = std::ranges::all_of(
        server.addresses, [this](const IpAddress& address) { return OfDisabledFamily(address, options_); });
    if (none) names_without_address_.push_back(server.name);
    for (const IpAddress& address : server.addresses) AddAddress(server.name, address);
  }
}

void Slist::AddAddresses(NameView server, const std::vector<IpAddress>& addresses) {
  const size_t count = std::min(addresses.size(), limits::kMaxAddressesPerServer);
  for (size_t i = 0; i < count; ++i) AddAddress(server, addresses[i]);
  GiveUpOn(server);
}

uint16_t Slist::PortOf(NameView server) const {
  const auto own =
      std::ranges::find_if(ports_, [server](const auto& named) { return named.first == server; });
  return own == ports_.end() ? options_.port : own->second;
}

bool Slist::DoubtGlue() {
  if (std::exchange(glue_doubted_, true)) return false;
  for (const SlistCandidate& candidate : candidates_) {
    if (candidate.server.IsAtOrBelow(zone_cut_)) continue;
    if (std::count(names_without_address_.begin(), names_without_address_.end(), candidate.server) == 0)
      names_without_address_.push_back(candidate.server);
  }
  return !names_without_address_.empty();
}

void Slist::GiveUpOn(NameView server) {
  std::erase_if(names_without_address_, [&](const Name& name) { return name == server; });
}

void Slist::AddAddress(NameView server, const IpAddress& address) {
  const Endpoint endpoint{address, PortOf(server)};
  const bool there =
      std::any_of(candidates_.begin(), candidates_.end(),
                  [&](const SlistCandidate& candidate) { return candidate.endpoint == endpoint; });
  if (!there && WhyNotAsked(endpoint, options_).empty())
    candidates_.push_back({.server = Name(server), .endpoint = endpoint});
}

void Slist::Score(SlistCandidate& candidate, const ServerMemory& memory, Instant now) const {
  const ServerState state = memory.State(candidate.endpoint, now);
  candidate.state = state;
  candidate.lameness = memory.LameFor(candidate.endpoint, zone_cut_, now);
  candidate.score = state.known ? state.srtt + state.rttvar : kUnknownScore;
  // Each try in vain, of others lately or of ours, makes one more likely; it would cost this server's
  // time-out.
  candidate.score += state.rto * std::max(state.timeouts_in_a_row, candidate.tries);

  if (candidate.discarded || candidate.asked_in_spite_of || candidate.tries >= MostTries())
    candidate.reason = ScoreReason::kExhausted;
  else if (candidate.lameness != Lameness::kNone)
    candidate.reason = ScoreReason::kLame;
  else if (candidate.tries > 0 && state.timeouts_in_a_row > 0)
    candidate.reason = ScoreReason::kBackingOff;  // it may have died of our own tries, which go on
  else if (state.dead_until && now < *state.dead_until)
    candidate.reason = ScoreReason::kDead;
  else if (state.dead_until)
    candidate.reason = ScoreReason::kProbe;
  else if (state.timeouts_in_a_row > 0)
    candidate.reason = ScoreReason::kBackingOff;
  else
    candidate.reason = state.known ? ScoreReason::kMeasured : ScoreReason::kUnknown;
}

void Slist::ScoreAll(const ServerMemory& memory, Instant now) {
  for (SlistCandidate& candidate : candidates_) Score(candidate, memory, now);
}

std::optional<SlistPick> Slist::Pick(ServerMemory& memory, Random& random, Instant now) {
  ScoreAll(memory, now);
  std::optional<size_t> best;
  size_t equals = 0;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    if (!candidates_[i].askable()) continue;
    if (best && Better(candidates_[*best], candidates_[i])) continue;
    equals = best && !Better(candidates_[i], candidates_[*best]) ? equals + 1 : 1;
    if (equals == 1 || random.Below(equals) == 0) best = i;  // each of n equals with probability 1/n
  }
  if (!best) best = LastResort();
  if (!best) return std::nullopt;

  SlistCandidate& picked = candidates_[*best];
  if (picked.reason == ScoreReason::kLame) picked.asked_in_spite_of = ScoreReason::kLame;
  if (picked.reason == ScoreReason::kDead || picked.reason == ScoreReason::kProbe) {
    picked.asked_in_spite_of = ScoreReason::kDead;
    memory.OnProbe(picked.endpoint, now);
  }
  const SlistPick pick = PickOf(*best);
  ++picked.tries;
  return pick;
}

// Nobody is left who may be asked, and the rest may have been repaired, or it was our own network that was
// down: one lame server has its try, whose reply comes at once, and one dead one, who may keep us waiting.
std::optional<size_t> Slist::LastResort() const {
  for (const ScoreReason kind : {ScoreReason::kLame, ScoreReason::kDead}) {
    const auto had_its_try = [kind](const SlistCandidate& candidate) {
      return candidate.asked_in_spite_of == kind;
    };
    if (std::any_of(candidates_.begin(), candidates_.end(), had_its_try)) continue;
    std::optional<size_t> best;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (candidates_[i].reason != kind) continue;
      if (!best || candidates_[i].score < candidates_[*best].score) best = i;
    }
    if (best) return best;
  }
  return std::nullopt;
}

int Slist::MostTries() const {
  const int addresses = std::max(static_cast<int>(candidates_.size()), 1);
  return std::max(kTriesPerAddress, (kTriesPerCut + addresses - 1) / addresses);
}

Duration Slist::Patience(const SlistCandidate& candidate) const {
  const int in_vain_before = std::max(candidate.state.timeouts_in_a_row - candidate.tries, 0);
  const Duration backed_off = candidate.state.steady_rto * (1 << std::min(in_vain_before, kDoublings));
  const bool last = candidate.tries + 1 == MostTries();
  const Duration least = candidate.tries == 0 ? Duration{} : last ? kLastTry : kLaterTry;
  return std::clamp(backed_off, least, ServerMemory::kMaxRto);
}

std::optional<SlistPick> Slist::ProbeCandidate(const SlistPick& picked, ServerMemory& memory, Random& random,
                                               Instant now) {
  if (random.Below(kQuestionsPerProbe) != 0) return std::nullopt;
  ScoreAll(memory, now);
  std::optional<size_t> quietest;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    if (candidates_[i].endpoint == picked.endpoint || !candidates_[i].askable()) continue;
    if (!quietest || candidates_[i].state.heard < candidates_[*quietest].state.heard) quietest = i;
  }
  if (!quietest) return std::nullopt;
  if (candidates_[*quietest].state.dead_until) memory.OnProbe(candidates_[*quietest].endpoint, now);
  return PickOf(*quietest);
}

SlistPick Slist::PickOf(size_t index) const {
  const SlistCandidate& candidate = candidates_[index];
  return {.index = index,
          .server = candidate.server,
          .endpoint = candidate.endpoint,
          .timeout = Patience(candidate),
          .score = candidate.score,
          .reason = candidate.reason};
}

void Slist::Discard(const Endpoint& endpoint) {
  for (SlistCandidate& candidate : candidates_) {
    if (candidate.endpoint == endpoint) candidate.discarded = true;
  }
}

void Slist::GiveUp(ServerMemory& memory, Instant now) const {
  for (const SlistCandidate& candidate : candidates_) {
    if (!candidate.discarded && !candidate.asked_in_spite_of && candidate.tries >= kTriesPerAddress)
      memory.OnGivenUp(candidate.endpoint, now);
  }
}

std::vector<SlistCandidate> Slist::Ranked() const {
  std::vector<const SlistCandidate*> order;
  for (const SlistCandidate& candidate : candidates_) order.push_back(&candidate);
  std::sort(order.begin(), order.end(), [](const SlistCandidate* a, const SlistCandidate* b) {
    if (Better(*a, *b) != Better(*b, *a)) return Better(*a, *b);
    return a < b;  // both lie in candidates_: the order of the delegation
  });
  std::vector<SlistCandidate> ranked;
  for (const SlistCandidate* candidate : order) ranked.push_back(*candidate);
  return ranked;
}

std::string SlistCandidate::ToText(Instant now) const {
  std::string text = fmt::format("{} {}, ", server.ToText(), endpoint.ToText());
  if (reason == ScoreReason::kLame) return text + fmt::format("lame: {}", cairn::ToText(lameness));
  if (askable()) text += fmt::format("score {:.1f} ms, ", Milliseconds(score));
  text += fmt::format("{} ({})", cairn::ToText(reason), state.ToText(now));
  if (tries > 0) text += fmt::format(", asked {} time{}", tries, tries == 1 ? "" : "s");
  return text;
}

std::string Slist::ToText(Instant now) const {
  std::string text;
  for (const SlistCandidate& candidate : Ranked()) text += candidate.ToText(now) + "\n";
  for (const Name& name : names_without_address_) text += name.ToText() + " address not known\n";
  return text;
}

}  // namespace cairn
