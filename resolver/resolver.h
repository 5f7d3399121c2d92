// The resolver of one worker: what the program, the tracer and the simulator host. It is given a world
// (Clock, Network, Random, TimerQueue) and the memory it shares with other workers, answers clients as a
// QueryHandler, and resolves single questions for `trace`. All calls come from one thread. Destroying it
// cancels everything it has under way. Its host need not announce quiescent states: the resolver is a reader
// of its epoch only while it looks into the cache.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "common/async/timer_queue.h"
#include "common/base/clock.h"
#include "common/base/epoch.h"
#include "common/base/random.h"
#include "common/dns/message.h"
#include "common/net/network.h"
#include "common/trace/trace.h"
#include "resolver/alias_chain.h"
#include "resolver/cache.h"
#include "resolver/counters.h"
#include "resolver/cut_failures.h"
#include "resolver/delegation_store.h"
#include "resolver/resolver_options.h"
#include "resolver/server_memory.h"

namespace cairn {

using Answer = CollectedAnswer;

// Who wants to see how client queries are resolved. While one is installed it is asked about the name of
// each query with RD; those it does not want are answered as ever.
class TraceTap {
 public:
  virtual ~TraceTap() = default;
  virtual bool Wants(NameView qname) const = 0;
  // An empty trace for this query, whose name is wanted; nullptr when it is of no interest after all.
  virtual std::shared_ptr<TraceRecorder> Begin(const Question& asked, const Endpoint& client) = 0;
  // The client has its answer. Helpers of the query may still add to the trace afterwards, while they hold
  // it.
  virtual void End(const Question& asked, std::shared_ptr<TraceRecorder> trace) = 0;
};

struct ResolverWorld {
  const Clock& clock;
  Network& network;
  Random& random;
  TimerQueue& timers;
};

// What workers share, and what makes this thread one of its readers. Outlives the resolver.
struct SharedMemory {
  EpochReader&
      epoch;  // in the domain `cache` was made with; offline whenever the resolver is not on the stack
  Cache& cache;
  DelegationStore& delegations;
};

// What one worker learns and counts. It outlives the worker's configuration: a reload makes another Resolver
// with the same memory, so that nobody's servers are strangers again and no counter goes back.
struct WorkerMemory {
  explicit WorkerMemory(Random& random);
  ResolverCounters counters;
  ServerMemory servers;
  CutFailures cut_failures;
};

class Resolver final : public QueryHandler {
 public:
  // Reads the root hints (options.root_hints) and opens the first upstream sockets. The error names the file,
  // line and column of the hints, or the socket that could not be opened. Without `worker` it begins with an
  // empty memory. Until TakeOver nothing outside of it has changed, so that it may be dropped again.
  static absl::StatusOr<std::unique_ptr<Resolver>> Prepare(ResolverWorld world, SharedMemory memory,
                                                           std::shared_ptr<const ResolverOptions> options,
                                                           std::shared_ptr<WorkerMemory> worker = nullptr);
  // Its root hints hold from now on; other ones than before end all that was learnt with those.
  void TakeOver();
  // Both, where there is nobody to take over from.
  static absl::StatusOr<std::unique_ptr<Resolver>> Create(ResolverWorld world, SharedMemory memory,
                                                          std::shared_ptr<const ResolverOptions> options,
                                                          std::shared_ptr<WorkerMemory> worker = nullptr);
  // Another one has taken over. Who waits still gets his answer, but nothing is stored any more of what is
  // under way: it may come from servers that are not to be asked now.
  void Retire();
  ~Resolver() override;

  void OnQueries(std::span<Query> batch) override;

  // Resolves one question as for a client who set RD, and calls `done` once, possibly before this returns.
  // `trace` may be null. `done` must not destroy the resolver.
  void Resolve(Question asked, std::shared_ptr<TraceRecorder> trace, std::function<void(Answer)> done);

  // nullptr: nobody listens.
  void SetTraceTap(TraceTap* tap);

  const ResolverCounters& counters() const;
  // What this worker knows about servers, for `trace` and the control socket.
  const ServerMemory& servers() const;

  // Client questions, fetches and background work not yet finished; 0 means that nothing is under way.
  size_t active() const;

 private:
  struct Parts;
  explicit Resolver(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace cairn
