// One worker of the serving program: a thread with its loop, its sockets and its resolver. Other threads
// reach it by the calls below, which hand work to its loop. A reload builds the next resolver beside the
// running one; clients that wait for the old one still get their answers from it.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/net/network.h"
#include "common/net/uv_loop.h"
#include "common/net/uv_network.h"
#include "common/service/network_report.h"
#include "resolver/resolver.h"
#include "resolver/resolver_options.h"
#include "resolver/serve_trace.h"
#include "resolver/shared_memory.h"

namespace cairn {

class ServeWorker final : private QueryHandler {
 public:
  ServeWorker(const Clock& clock, SharedMemoryOwner& memory, UvNetworkOptions network);
  ~ServeWorker() override;  // after Stop

  // ---- Before Start, on the thread that made it.
  absl::Status CreateResolver(std::shared_ptr<const ResolverOptions> options);
  // Endpoints with port 0 get the port that the system chose.
  absl::Status Listen(std::vector<Endpoint>& endpoints);
  void Start();

  // ---- From any thread, while it runs.
  // Ends the thread and waits for it.
  void Stop();
  // Runs `work` on the worker and waits for its result.
  template <typename Result>
  Result Ask(std::function<Result(Resolver&)> work) {
    std::promise<Result> promise;
    std::future<Result> result = promise.get_future();
    loop_.Post([this, &work, &promise] { promise.set_value(work(*resolver_)); });
    return result.get();
  }
  // Hands `work` to the worker and does not wait.
  void Post(std::function<void(Resolver&)> work);
  // A reload in steps, so that either all workers change or none: builds the next resolver, then drops it, or
  // retires the old one and takes it.
  absl::Status Prepare(std::shared_ptr<const ResolverOptions> options);
  void Retire();  // when it returns, nothing of what the old one does is stored any more
  void TakeOver();
  void DropPrepared();
  // nullptr: none.
  void SetTap(std::unique_ptr<ServeTap> tap);

  // Counted since the start; reloads do not take them back.
  const ResolverCounters& counters() const { return worker_->counters; }
  // The same for its sockets; asks the worker.
  NetworkFigures Network() {
    return Ask<NetworkFigures>([this](Resolver&) { return FiguresOf(network_); });
  }

 private:
  void OnQueries(std::span<Query> batch) override { resolver_->OnQueries(batch); }
  absl::StatusOr<std::unique_ptr<Resolver>> NewResolver(std::shared_ptr<const ResolverOptions> options);
  void EndRetired();

  const Clock& clock_;
  // One for all resolvers of this worker: however many a row of reloads has retired, it takes one seat.
  EpochReader epoch_;
  const SharedMemory memory_;
  const std::unique_ptr<Random> random_;
  const std::shared_ptr<WorkerMemory> worker_;
  UvLoop loop_;
  UvNetwork network_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unique_ptr<ServeTap> tap_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Resolver> prepared_;
  std::vector<std::unique_ptr<Resolver>> retired_;  // clients still wait for them
  std::thread thread_;
};

}  // namespace cairn
