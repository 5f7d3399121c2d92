// `cairn-resolver serve`: workers which answer clients, helpers that do what signals and operators ask, and
// the main thread which waits for both. Everything that can fail at the start fails before a thread runs, so
// nothing is ever half-started.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/complaint.h"
#include "common/base/random.h"
#include "common/service/control.h"
#include "common/service/helper_threads.h"
#include "common/service/log.h"
#include "common/service/metrics_http.h"
#include "common/service/supervisor.h"
#include "resolver/operator_traces.h"
#include "resolver/options_reader.h"
#include "resolver/serve_trace.h"
#include "resolver/serve_worker.h"
#include "resolver/shared_memory.h"

namespace cairn {

class Server {
 public:
  // Reads the configuration anew for a reload.
  using ReadOptionsAgain = std::function<std::optional<ProgramOptions>(Complaints&)>;
  // What it needs of the program.
  struct Host {
    const Clock& clock;
    Random& random;
    Log& log;
    std::string program;  // "cairn-resolver 0.1.0"
    ReadOptionsAgain read_options;
  };

  // Opens every socket, gives up privileges, and starts the workers.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Host host, const ProgramOptions& options,
                                                       Supervisor& supervisor);
  ~Server();  // ends the workers
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // A bad configuration changes nothing; the complaints are in the log and in the reply.
  ControlReply Reload();
  // One question through the running server; waits for it, so not from a worker.
  absl::StatusOr<Trace> TraceOne(const Question& asked) { return traces_.Run(*workers_.front(), asked); }
  // Figures of all workers, one each.
  std::vector<NetworkFigures> Networks();
  // nullptr: no more traces.
  void TraceMatching(const std::shared_ptr<const TracePattern>& pattern);

  // What the control verbs look at (control_verbs.h).
  const Host& host() const { return host_; }
  const ProgramOptions& options() const { return options_; }
  SharedMemoryOwner& memory() { return memory_; }
  std::vector<std::unique_ptr<ServeWorker>>& workers() { return workers_; }
  Instant started() const { return started_; }

 private:
  Server(Host host, const ProgramOptions& options);
  absl::Status TakeDescriptors();
  absl::Status OpenWorkers();
  std::shared_ptr<const ResolverOptions> OptionsOfWorkers(const ResolverOptions& options) const;
  absl::Status OpenMetrics();
  absl::Status OpenControl();
  void StartHelpers(Supervisor& supervisor);
  void OnHangup();
  void OnControlClient();
  bool WriteTrace(std::shared_ptr<const Trace> trace, uint64_t suppressed);
  void LoadCache();
  void SaveCache();
  void ForgetChangedZones(const ResolverOptions& next);
  void LogWarnings(const Complaints& complaints);

  const Host host_;
  ProgramOptions options_;
  const Instant started_;
  size_t descriptors_ = 0;    // that may be open
  const SipKey cookie_seed_;  // of all workers, before and after a reload
  SharedMemoryOwner memory_;
  OperatorTraces traces_;
  std::vector<std::unique_ptr<ServeWorker>> workers_;
  std::unique_ptr<ControlServer> control_;
  std::mutex reload_mutex_;
  std::atomic<bool> hangup_waits_ = false;
  std::unique_ptr<HelperThreads> helpers_;
  std::unique_ptr<HelperThreads> trace_writer_;  // standard error may be slow: nobody else waits for it
  bool running_ = false;
  std::unique_ptr<MetricsHttp> metrics_;
};

}  // namespace cairn
