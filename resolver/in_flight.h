// The fetches under way, one for each question: who wants what somebody else is fetching already waits for
// the same outcome, and goes on by himself when that ends for want of the first one's time or purse. That
// saves upstream traffic, and it is a defence: with many equal questions in the air,
// one guessed reply in 65536 would fit one of them (the birthday attack, RFC 5452 section 5; CVE-2025-5994).
// A fetch may wait for others, when it needs the addresses of name servers; the fetches and who waits for
// whom are a graph, which must not become a circle (TsuNAME): a wait that would close one is refused.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "common/async/scope.h"
#include "common/async/task.h"
#include "common/async/waits.h"
#include "common/dns/edns.h"
#include "common/dns/message.h"
#include "common/trace/trace.h"
#include "resolver/delegation_store.h"
#include "resolver/finding.h"
#include "resolver/work_budget.h"

namespace cairn {

struct ResolverParts;

// How the walk for one question ended.
struct FetchOutcome {
  std::optional<Finding>
      finding;  // answer, alias or negative answer; nothing when no server gave any of these
  ExtendedError why = ExtendedError::kNoReachableAuthority;  // of nothing
  std::string fault{};  // who was asked last and what was wrong with it, for the client; empty: nobody was
  // It found nothing because of who asked: his purse was empty, his time was over, or he waited for this
  // already. Says nothing about the name, so it is nobody else's failure (Walk::Run).
  bool starved = false;
};

// One fetch and those who wait for it. Lives until it has ended and the last of them has looked at the
// outcome.
struct RunningFetch : std::enable_shared_from_this<RunningFetch> {
  RunningFetch(Question its_question, FetchBudget its_budget, int its_depth)
      : question(std::move(its_question)), budget(std::move(its_budget)), address_depth(its_depth) {}

  const Question question;
  FetchBudget budget;       // inside the purse of the client query that came first
  const int address_depth;  // look-ups of server addresses between that query and this fetch
  // Nothing else was done for that query before, so that no work but this fetch's own can end it.
  const bool has_whole_purse = address_depth == 0 && budget.whole()->untouched();
  bool starved = false;  // a server address was not found for a reason that lies with who asked
  uint32_t waiting = 0;
  Event ended;
  FetchOutcome outcome;  // once `ended`

  absl::InlinedVector<RunningFetch*, 4> waits_for;  // each is alive as long as the wait
  uint64_t visited = 0;                             // by which search of the graph
};

// One step of a minimised walk (RFC 9156): whose servers are asked, and what they are shown. All names of a
// zone ask for it on the way, so that steps are equal far more often than the questions of clients.
struct WalkStep {
  Name cut;
  DelegationKind kind = DelegationKind::kIterate;
  Question shown;
  friend bool operator==(const WalkStep&, const WalkStep&) = default;
};

class InFlight {
 public:
  explicit InFlight(ResolverParts& parts) : parts_(parts) {}
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  // Starts the fetch for `question`, or joins it, and waits until it has ended or `budget` has. `asker` is
  // the fetch that needs the answer to go on, nullptr when it is the client; it must outlive the task. Gives
  // nullptr when nothing was waited for, or not long enough: a circle, too deep, or out of time.
  Task<std::shared_ptr<const RunningFetch>> Fetch(Question question, std::shared_ptr<WorkBudget> budget,
                                                  RunningFetch* asker, TracePoint at);

  // Whose turn a step is.
  struct Turn {
    enum class Whose : uint8_t {
      kOurs,    // it is for `asker` to ask, and to call EndStep afterwards
      kOthers,  // somebody else asked, and `told` is what came of it, whether or not it may be stored
      kAlone,   // nobody may be waited for (that would close a circle), or not long enough
    };
    Whose whose = Whose::kAlone;
    FetchOutcome told{};
  };
  Task<Turn> AwaitStep(WalkStep step, RunningFetch& asker, TracePoint at);
  void EndStep(const WalkStep& step, const FetchOutcome& outcome);

  size_t size() const { return running_.size(); }
  void CancelAll() { scope_.CancelAll(); }

 private:
  struct QuestionHash {
    size_t operator()(const Question& question) const;
    size_t operator()(const WalkStep& step) const { return (*this)(step.shown); }
  };

  struct RunningStep {
    explicit RunningStep(RunningFetch& asker) : owner(asker.shared_from_this()) {}
    const std::shared_ptr<RunningFetch> owner;
    Event ended;
    FetchOutcome outcome;  // once `ended`
  };
  struct Entry {
    std::shared_ptr<RunningFetch> fetch;
    bool joined = false;
  };
  // A fetch that is not `joined` is the caller's to run.
  Entry AddOrJoin(Question question, std::shared_ptr<WorkBudget> budget, RunningFetch* asker, TracePoint at);
  Task<void> Run(std::shared_ptr<RunningFetch> fetch, TracePoint at);
  bool WaitsFor(RunningFetch& waiter, const RunningFetch& other);

  ResolverParts& parts_;
  absl::flat_hash_map<Question, std::shared_ptr<RunningFetch>, QuestionHash> running_;
  absl::flat_hash_map<WalkStep, std::shared_ptr<RunningStep>, QuestionHash> steps_;
  uint64_t searches_ = 0;
  Scope scope_;
};

}  // namespace cairn
