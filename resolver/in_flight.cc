#include "resolver/in_flight.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "resolver/resolution.h"
#include "resolver/resolver_parts.h"

namespace cairn {
namespace {

// An edge of the graph of waits, for as long as the wait lasts.
class Waiting {
 public:
  Waiting(RunningFetch* asker, RunningFetch& awaited) : asker_(asker), awaited_(awaited) {
    ++awaited_.waiting;
    if (asker_) asker_->waits_for.push_back(&awaited_);
  }
  ~Waiting() {
    --awaited_.waiting;
    if (asker_)
      asker_->waits_for.erase(std::find(asker_->waits_for.begin(), asker_->waits_for.end(), &awaited_));
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  RunningFetch* asker_;
  RunningFetch& awaited_;
};

void TellWaitedInVain(TracePoint at, Instant began, Instant until) {
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(until - began);
  at.Add(trace::LimitReached{.limit = "client-timeout",
                             .value = static_cast<uint64_t>(waited.count()),
                             .consequence = "SERVFAIL, while the servers are still being asked"});
}

}  // namespace

Task<std::shared_ptr<const RunningFetch>> InFlight::Fetch(Question question,
                                                          std::shared_ptr<WorkBudget> budget,
                                                          RunningFetch* asker, TracePoint at) {
  const Instant deadline = asker ? budget->deadline() : budget->patience();
  while (parts_.clock.Now() < deadline) {
    Entry entry = AddOrJoin(question, budget, asker, at);
    if (!entry.fetch) co_return nullptr;
    // The edge comes first: a walk whose stores know the way takes all its steps before Spawn returns, and
    // what it asks for must find that we wait for it.
    Waiting edge(asker, *entry.fetch);
    if (!entry.joined) scope_.Spawn(Run(entry.fetch, at));
    if (!entry.fetch->ended.raised()) {
      const bool ended = co_await entry.fetch->ended.WaitUntil(parts_.timers, deadline);
      if (!ended) {
        if (at) TellWaitedInVain(at, budget->deadline() - parts_.options.query_time, deadline);
        co_return nullptr;
      }
    }
    // What another client had no time or purse left for says nothing about ours.
    if (!entry.joined || !entry.fetch->outcome.starved) co_return entry.fetch;
  }
  co_return nullptr;
}

InFlight::Entry InFlight::AddOrJoin(Question question, std::shared_ptr<WorkBudget> budget,
                                    RunningFetch* asker, TracePoint at) {
  const auto known = running_.find(question);
  if (known != running_.end()) {
    const std::shared_ptr<RunningFetch>& fetch = known->second;
    if (asker && WaitsFor(*fetch, *asker)) {
      if (at) at.Add(trace::LoopStopped{.what = question.ToText() + " waits for the answer that needs it"});
      return {};
    }
    ++parts_.counters.joined;
    if (at) at.Add(trace::ResolutionJoined{.question = question, .waiting = fetch->waiting + 1});
    return {.fetch = fetch, .joined = true};
  }
  const int depth = asker ? asker->address_depth + 1 : 0;
  const uint32_t most = budget->most(Limit::kAddressDepth);
  if (depth > static_cast<int>(most)) {
    budget->Strike(Limit::kAddressDepth);
    if (at)
      at.Add(trace::LimitReached{.limit = std::string(RowOf(Limit::kAddressDepth).name),
                                 .value = most,
                                 .consequence = "this path ends"});
    return {};
  }
  auto fetch = std::make_shared<RunningFetch>(std::move(question), FetchBudget(std::move(budget)), depth);
  running_.emplace(fetch->question, fetch);
  return {.fetch = std::move(fetch)};
}

Task<void> InFlight::Run(std::shared_ptr<RunningFetch> fetch, TracePoint at) {
  Walk walk(parts_, *fetch, at);
  fetch->outcome = co_await walk.Run();
  running_.erase(fetch->question);
  fetch->ended.Raise();
}

Task<InFlight::Turn> InFlight::AwaitStep(WalkStep step, RunningFetch& asker, TracePoint at) {
  Turn turn;
  const auto known = steps_.find(step);
  if (known == steps_.end()) {
    steps_.emplace(std::move(step), std::make_shared<RunningStep>(asker));
    turn.whose = Turn::Whose::kOurs;
    co_return turn;
  }
  std::shared_ptr<RunningStep> running = known->second;
  if (WaitsFor(*running->owner, asker)) co_return turn;
  if (at) at.Add(trace::ResolutionJoined{.question = step.shown, .waiting = running->owner->waiting + 1});
  const Instant deadline = asker.budget.deadline();
  Waiting edge(&asker, *running->owner);
  const bool ended = co_await running->ended.WaitUntil(parts_.timers, deadline);
  if (!ended) co_return turn;
  turn.whose = Turn::Whose::kOthers;
  turn.told = running->outcome;
  co_return turn;
}

// The last thing done by its owner at this step: those who waited run on before it returns.
void InFlight::EndStep(const WalkStep& step, const FetchOutcome& outcome) {
  const auto running = steps_.find(step);
  const std::shared_ptr<RunningStep> ended = std::move(running->second);
  steps_.erase(running);
  ended->outcome = outcome;
  ended->ended.Raise();
}

// Depth first over the waits; each fetch is visited once.
bool InFlight::WaitsFor(RunningFetch& waiter, const RunningFetch& other) {
  const uint64_t search = ++searches_;
  std::vector<RunningFetch*> open = {&waiter};
  while (!open.empty()) {
    RunningFetch* fetch = open.back();
    open.pop_back();
    if (fetch == &other) return true;
    if (fetch->visited == search) continue;
    fetch->visited = search;
    open.insert(open.end(), fetch->waits_for.begin(), fetch->waits_for.end());
  }
  return false;
}

size_t InFlight::QuestionHash::operator()(const Question& question) const {
  // NameView::Hash is keyed per process; type and class are few.
  return question.qname.view().Hash() ^
         (size_t{question.qtype.value} << 17 | question.qclass.value) * 0x9e3779b97f4a7c15;
}

}  // namespace cairn
