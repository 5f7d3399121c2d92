#include "resolver/inquiry.h"

#include <algorithm>
#include <utility>

#include "resolver/resolution_trace.h"

namespace cairn {
namespace {

// How long a server is listened to, when its reply is overdue or another one has answered.
constexpr Duration kListen = std::chrono::seconds(1);
constexpr size_t kMostUnderWay = 2;

// What a reply says about its server besides its time, whatever it says about names.
void NoteHabits(ServerMemory& servers, const Endpoint& server, const ExchangeResult& result, Instant now) {
  if (result.truncated_needlessly) servers.SetPrefersTcp(server, now);
  if (result.without_edns) servers.SetEdns(server, EdnsSupport::kNo, now);
  if (result.reply.edns) servers.SetEdns(server, EdnsSupport::kYes, now);
  if (result.case_folded) servers.SetFoldsCase(server, now);
}

class ProbeWatch final : public ExchangeWatch {
 public:
  ProbeWatch() { measures_only = true; }

 private:
  void OnLate() override {}
  void OnOverdue(Instant /*sent*/) override {}
  void OnAnotherManner() override {}
};

// Asks a server for the sake of measuring it. Nobody waits, and what it says is not kept: it may be slow, and
// by the time it answers, the one who was asked for the answer has given it.
Task<void> Probe(ResolverParts& parts, ExchangeRequest request, std::shared_ptr<WorkBudget> budget, Name cut,
                 TracePoint at) {
  ProbeWatch watch;
  request.watch = &watch;
  const Endpoint server = request.server;
  FetchBudget purse(std::move(budget));
  const ExchangeResult result = co_await parts.exchanger.Ask(std::move(request), purse, at);
  const Instant now = parts.clock.Now();
  if (result.end == ExchangeResult::End::kTimeout)
    parts.servers.OnProbeTimeout(server, now - result.rtt, now);
  if (result.end != ExchangeResult::End::kReply) co_return;
  parts.servers.OnProbeReply(server, result.rtt, now);
  NoteHabits(parts.servers, server, result, now);
  parts.cut_failures.OnReply(now);
  parts.cut_failures.OnUseful(cut);
}

}  // namespace

// ---- One query on its way

class Inquiry::Query final : public ExchangeWatch {
 public:
  Query(ResolverParts& parts, Inquiry& inquiry, const SlistPick& its_pick)
      : pick(its_pick),
        parts_(parts),
        inquiry_(&inquiry),
        fetch_(inquiry.fetch_.shared_from_this()),
        cut_(inquiry.asking_.cut),
        at_(inquiry.at_) {}

  static Task<void> Run(std::shared_ptr<Query> query, ExchangeRequest request) {
    Exchanger& exchanger = query->parts_.exchanger;
    query->result = co_await exchanger.Ask(std::move(request), query->fetch_->budget, query->at_);
    query->End();
  }

  // Nobody waits for it any more.
  void Leave() {
    inquiry_ = nullptr;
    measures_only = true;
  }

  const SlistPick pick;
  ExchangeResult result;  // once it has ended
  bool overdue = false;

 private:
  void OnLate() override {
    if (inquiry_ != nullptr) inquiry_->OnLate(*this);
  }

  void OnOverdue(Instant sent) override {
    overdue = true;
    Blame(sent, "timeout", parts_.clock.Now());
    if (inquiry_ != nullptr) inquiry_->OnOverdue(*this);
  }

  void OnAnotherManner() override { overdue = false; }

  // The last thing done: whoever waits runs on, and may let go of this.
  void End() {
    const Instant now = parts_.clock.Now();
    const bool silent = result.end == ExchangeResult::End::kTimeout && !overdue;
    if (result.end == ExchangeResult::End::kReply)
      Praise(now);
    else if (!measures_only && (silent || result.end == ExchangeResult::End::kUnreachable))
      Blame(now - result.rtt, silent ? "timeout" : "unreachable", now);
    if (inquiry_ != nullptr) inquiry_->OnEnd(*this);
  }

  void Praise(Instant now) {
    parts_.cut_failures.OnReply(now);
    if (result.rtt_of_repeat && !result.over_tcp)
      parts_.servers.OnAmbiguousReply(pick.endpoint, *result.rtt_of_repeat, result.rtt, now);
    else
      parts_.servers.OnReply(pick.endpoint, result.udp_rtt.value_or(result.rtt), now);
    NoteHabits(parts_.servers, pick.endpoint, result, now);
  }

  void Blame(Instant sent, std::string_view why, Instant now) {
    parts_.servers.OnTimeout(pick.endpoint, sent, now);
    if (at_) TraceBlame(at_, pick, cut_, why, parts_.servers.State(pick.endpoint, now), now);
  }

  ResolverParts& parts_;
  Inquiry* inquiry_;
  const std::shared_ptr<RunningFetch> fetch_;  // whose purse it spends from
  const Name cut_;
  const TracePoint at_;
};

// ---- All of them

Inquiry::Inquiry(ResolverParts& parts, RunningFetch& fetch, const Delegation& cut, Asking asking,
                 TracePoint at)
    : parts_(parts),
      fetch_(fetch),
      asking_(std::move(asking)),
      at_(at),
      servers_(cut, parts.options.slist_options()),
      addresses_(parts, fetch, cut.kind, at),
      waits_in_vain_(parts.cut_crowd) {
  if (at_) TraceGlue(at_, cut, parts_.options.slist_options());
  addresses_.AddKnown(servers_);
}

Inquiry::~Inquiry() {
  for (const std::shared_ptr<Query>& query : std::exchange(under_way_, {})) {
    query->Leave();
    query->Stop();
  }
}

Task<std::optional<Inquiry::Reply>> Inquiry::Next() {
  if (!MayHopeFor()) wish_ = Wish::kNextServer;
  while (ended_.empty()) {
    if (wish_ == Wish::kNextServer && addresses_.Wanted(servers_)) co_await addresses_.LookUpMore(servers_);
    const Wish wish = std::exchange(wish_, Wish::kNone);
    if (wish == Wish::kHedge) AskNext(Slist::Whom::kPromising);
    if (wish == Wish::kNextServer && ended_.empty() && !AskNext(Slist::Whom::kAnybody) && !MayHopeFor())
      break;
    news_.Reset();
    if (ended_.empty() && wish_ == Wish::kNone) co_await news_.Wait();
  }
  co_return TakeReply();
}

std::optional<Inquiry::Reply> Inquiry::TakeReply() {
  if (ended_.empty()) return std::nullopt;
  const std::shared_ptr<Query> query = std::move(ended_.front());
  ended_.erase(ended_.begin());
  return Reply{.pick = query->pick, .result = std::move(query->result)};
}

// Asks whoever is best now. False when nobody is.
bool Inquiry::AskNext(Slist::Whom whom) {
  if (purse_empty_) return false;
  const bool hedge = whom == Slist::Whom::kPromising;
  const Instant now = parts_.clock.Now();
  const std::optional<SlistPick> pick = servers_.Pick(parts_.servers, parts_.random, now, whom);
  if (at_) TracePick(at_, servers_, pick);
  if (!pick) return !hedge && !MayHopeFor() && FindMoreOrGiveUp();
  if (!hedge) {
    parts_.hedges.OnQuestion();
    parts_.probes.OnQuestion();
    if (!std::exchange(started_, true)) StartProbe(*pick);
  }
  if (!Ask(*pick, hedge)) return false;
  if (!hedge) return true;
  parts_.hedges.Take();
  ++parts_.counters.upstream_hedges;
  return true;
}

// All were asked in vain. True: servers whose glue may be wrong are to be looked up.
bool Inquiry::FindMoreOrGiveUp() {
  if (asking_.kind == DelegationKind::kIterate && servers_.DoubtGlue()) {
    addresses_.AddKnown(servers_);
    wish_ = Wish::kNextServer;
    return true;
  }
  servers_.GiveUp(parts_.servers, parts_.clock.Now());
  return false;
}

// Whose query is on its way already and was sent once gets the same one again. False for a hedge that cannot
// be: the query under way, which is merely late, is worth more than another one in its place.
bool Inquiry::Ask(const SlistPick& pick, bool hedge) {
  const auto before = std::find_if(under_way_.begin(), under_way_.end(),
                                   [&](const auto& query) { return query->pick.endpoint == pick.endpoint; });
  // A hedge is no reason to be patient: that it is dead must be known as soon as without.
  if (before != under_way_.end() && (*before)->Repeat(hedge ? (*before)->pick.timeout : pick.timeout)) {
    (*before)->overdue = false;
    std::rotate(before, before + 1, under_way_.end());
    return true;
  }
  if (before != under_way_.end() && hedge) return false;
  LeaveOneBehind(pick);
  ExchangeRequest request = RequestTo(parts_, pick, asking_, AttemptAt(pick, hedge), static_cast<bool>(at_));
  under_way_.push_back(std::make_shared<Query>(parts_, *this, pick));
  request.watch = under_way_.back().get();
  parts_.background.Spawn(Query::Run(under_way_.back(), std::move(request)));
  return true;
}

// Before another query leaves: no two are on their way to one server, and no three to anybody. Whoever is
// left behind is still heard, lest its late reply be taken for somebody guessing, but not believed.
void Inquiry::LeaveOneBehind(const SlistPick& pick) {
  auto leaving = std::find_if(under_way_.begin(), under_way_.end(),
                              [&](const auto& query) { return query->pick.endpoint == pick.endpoint; });
  if (leaving == under_way_.end() && under_way_.size() == kMostUnderWay) leaving = under_way_.begin();
  if (leaving == under_way_.end()) return;
  (*leaving)->Leave();
  under_way_.erase(leaving);
}

trace::Attempt Inquiry::AttemptAt(const SlistPick& pick, bool hedge) const {
  if (hedge) return trace::Attempt::kHedge;
  if (servers_.candidates()[pick.index].tries > 1) return trace::Attempt::kRetry;
  return asked_ ? trace::Attempt::kNextServer : trace::Attempt::kFirst;
}

void Inquiry::Settle() {
  for (const std::shared_ptr<Query>& query : std::exchange(under_way_, {})) query->Leave();
}

// ---- What is heard of them

bool Inquiry::MayHopeFor() const {
  return std::any_of(under_way_.begin(), under_way_.end(), [](const auto& query) { return !query->overdue; });
}

void Inquiry::OnLate(const Query& query) {
  if (under_way_.back().get() != &query) return;  // somebody was asked after it
  const bool granted = parts_.hedges.Has(1);
  if (!granted) ++parts_.counters.hedges_declined;
  if (at_)
    at_.Add(trace::ReplyLate{
        .endpoint = query.pick.endpoint,
        .waited = *query.pick.late_after,
        .consequence = granted ? "the next best is asked as well" : "we wait: the share of hedges is spent"});
  if (granted) Wake(Wish::kHedge);
}

void Inquiry::OnOverdue(const Query& query) {
  OnSilence(query.pick);
  if (!MayHopeFor()) Wake(Wish::kNextServer);
}

void Inquiry::OnSilence(const SlistPick& pick) {
  asked_ = true;
  silent_ = pick;
  if (asking_.kind != DelegationKind::kForward) waits_in_vain_.Enter(asking_.cut);
}

void Inquiry::OnEnd(const Query& query) {
  const auto place = std::find_if(under_way_.begin(), under_way_.end(),
                                  [&query](const auto& other) { return other.get() == &query; });
  const std::shared_ptr<Query> ended = std::move(*place);
  under_way_.erase(place);
  switch (ended->result.end) {
    case ExchangeResult::End::kReply:
      asked_ = reached_ = true;
      silent_.reset();
      ended_.push_back(ended);
      if (addresses_.LeaveOff()) return;
      return Wake(wish_);
    case ExchangeResult::End::kLimit:
      purse_empty_ = true;
      break;
    case ExchangeResult::End::kCrowded:
      crowded_ = true;
      servers_.Discard(ended->pick.endpoint);
      break;
    case ExchangeResult::End::kTimeout:
      OnSilence(ended->pick);
      break;
    default:
      asked_ = true;
      silent_ = ended->pick;
      servers_.Discard(ended->pick.endpoint);
  }
  Wake(MayHopeFor() ? wish_ : Wish::kNextServer);
}

// The last thing done: whoever waits runs on, and this may be gone when it returns.
void Inquiry::Wake(Wish wish) {
  wish_ = wish;
  news_.Raise();
}

// ---- Queries, and copies that nobody waits for

ExchangeRequest Inquiry::RequestTo(const ResolverParts& parts, const SlistPick& pick, const Asking& asking,
                                   trace::Attempt attempt, bool traced) {
  ExchangeRequest request;
  request.question = asking.shown;
  request.recursion_desired = asking.kind == DelegationKind::kForward;
  request.server = pick.endpoint;
  request.timeout = pick.timeout;
  request.late_after = pick.late_after;
  request.listen = kListen;
  const ServerState server = parts.servers.State(pick.endpoint, parts.clock.Now());
  request.edns = server.edns != EdnsSupport::kNo;
  request.speaks_edns = server.edns == EdnsSupport::kYes;
  request.prefers_tcp = server.prefers_tcp;
  request.over_tcp = asking.over_tcp;
  // Forwarders answer from caches, in the spelling of whoever asked first.
  request.randomise_case =
      parts.options.case_randomisation && !server.folds_case && asking.kind != DelegationKind::kForward;
  request.attempt = attempt;
  if (traced) {
    request.zone = asking.cut;
    request.server_name = pick.server;
  }
  return request;
}

void Inquiry::StartProbe(const SlistPick& pick) {
  if (asking_.over_tcp) return;
  const std::optional<SlistProbe> probe =
      servers_.Probe(pick, parts_.probes, parts_.servers, parts_.random, parts_.clock.Now());
  if (probe) SendProbe(parts_, fetch_, *probe, asking_, at_);
}

void Inquiry::SendProbe(ResolverParts& parts, RunningFetch& fetch, const SlistProbe& probe,
                        const Asking& asking, TracePoint at) {
  ++parts.counters.upstream_probes;
  TracePoint place = at;
  if (at)
    place = at.Add(trace::ServerProbed{
        .server = probe.pick.server, .endpoint = probe.pick.endpoint, .reason = std::string(probe.reason)});
  ExchangeRequest request =
      RequestTo(parts, probe.pick, asking, trace::Attempt::kProbe, static_cast<bool>(at));
  request.timeout = std::max(request.timeout, kListen);  // nobody waits for it
  parts.background.Spawn(cairn::Probe(parts, std::move(request), fetch.budget.whole(), asking.cut, place));
}

void Inquiry::ProbeResting(ResolverParts& parts, RunningFetch& fetch, const Delegation& cut,
                           const Asking& asking, TracePoint at) {
  const Instant now = parts.clock.Now();
  if (parts.options.probe_percent == 0 || !parts.cut_failures.MayLook(cut.cut, now)) return;
  Slist servers(cut, parts.options.slist_options());
  const std::optional<SlistProbe> probe = servers.ProbeRested(parts.servers, now);
  if (probe) SendProbe(parts, fetch, *probe, asking, at);
}

}  // namespace cairn
