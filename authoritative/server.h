// The running authority: workers that answer, helpers that do what signals and operators ask, and the main
// thread, which waits for the signal to end.
//
// Everything that can be refused is refused before anything is served. A reload changes the zones, who may
// have them, `any` and the log's level while queries go on; sockets, threads and user stay those of the
// start.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "authoritative/auth_options.h"
#include "authoritative/rate_limit_news.h"
#include "authoritative/serve_worker.h"
#include "authoritative/serve_zones.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/service/control.h"
#include "common/service/helper_threads.h"
#include "common/service/log.h"
#include "common/service/metrics_http.h"

namespace cairn {

class AuthServer {
 public:
  AuthServer(AuthArguments arguments, AuthOptions options, Random& random);

  absl::Status Prepare();
  // Serves until SIGTERM or SIGINT, or `ctl stop`.
  void Run();

  // ---- For control verbs, on any thread
  // Bad configuration, or too little memory, keeps what is served as it is.
  ControlReply Reload();
  ControlReply ReloadZone(NameView apex);
  std::shared_ptr<const ServedZones::Table> zones() const { return zones_.table(); }
  std::vector<WorkerCounters> Counters();
  const std::vector<Endpoint>& listening() const { return listening_; }
  Duration Running() const { return clock_.Now() - started_; }
  Log& log() { return log_; }

 private:
  ControlReply ReloadAll();
  ControlReply ReloadOne(NameView apex);
  absl::Status OpenWorkers(size_t descriptors);
  ResponderOptions OptionsOfResponder();
  CookieOptions Cookies() const;
  absl::Status OpenMetrics();
  absl::Status OpenControl();
  void OnHangup();
  void OnControlClient();
  void End();
  void Publish();
  void TellRateLimited();
  ServedData DataToServe() const;
  std::string WarnOfRestart(const AuthOptions& next);
  void WarnOfNoZones();
  void LimitZoneMemory() const;

  const AuthArguments arguments_;
  const SipKey cookie_seed_;
  const SipKey rate_limit_key_;
  const SystemClock clock_;
  Log log_;
  ServedZones zones_;
  std::vector<Endpoint> listening_;
  size_t worker_count_ = 0;  // as it was at the start: the rate limits of a reload are divided by it too
  RateLimitNews rate_limited_;
  Instant started_{};

  std::mutex reload_mutex_;  // one reload at a time; guards options_ once the server runs
  AuthOptions options_;

  std::mutex workers_mutex_;  // guards workers_ and published_: a reload may still go on when the server ends
  std::vector<std::unique_ptr<AuthWorker>> workers_;
  ServedData published_;

  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<MetricsHttp> metrics_;
  std::unique_ptr<HelperThreads> helpers_;
  std::unique_ptr<HelperThreads> log_writer_;  // standard error may be slow: no worker waits for it
  std::atomic<bool> hangup_waits_ = false;     // a SIGHUP that no reload has begun for
};

}  // namespace cairn
