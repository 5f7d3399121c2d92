#include "authoritative/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <new>
#include <thread>
#include <utility>

#include "authoritative/serve_control.h"
#include "authoritative/serve_report.h"
#include "common/base/limits.h"
#include "common/base/processors.h"
#include "common/base/status.h"
#include "common/net/uv_network.h"
#include "common/service/privileges.h"
#include "common/service/startup.h"
#include "common/service/supervisor.h"
#include "common/service/version.h"
#include "common/zone/arena.h"

namespace cairn {
namespace {

// With fewer descriptors TCP clients would starve each other.
constexpr size_t kWantedDescriptors = 65'536;
constexpr size_t kLeastDescriptors = 1'024;
// Of them for control, metrics, and the files of a reload, which no crowd of TCP clients may keep from being
// read.
constexpr size_t kReservedDescriptors = 256;
// What each worker's loop holds besides its sockets: epoll, wake-up, a spare for when there are none left.
constexpr size_t kDescriptorsOfALoop = 8;
// One for a reload, the others so that operators may ask meanwhile.
constexpr size_t kHelperThreads = 4;
// Given to work that is under way when the server ends; a reload of millions of records is not waited for.
constexpr std::chrono::milliseconds kLastPatience{1500};

// Says so when a reload lacks memory, beyond that of a zone alone.
ControlReply WithMemory(Log& log, const std::function<ControlReply()>& reload) {
  try {
    return reload();
  } catch (const std::bad_alloc&) {
    constexpr std::string_view kReason = "there is not enough memory: what was served before stays";
    log.Error("reload-refused", {{"reason", kReason}});
    return {.ok = false, .text = fmt::format("{}\n", kReason)};
  }
}

}  // namespace

AuthServer::AuthServer(AuthArguments arguments, AuthOptions options, Random& random)
    : arguments_(std::move(arguments)),
      cookie_seed_(SipKey::Draw(random)),
      rate_limit_key_(SipKey::Draw(random)),
      log_(clock_, options.log_level),
      zones_(clock_, log_),
      options_(std::move(options)) {}

// ---- Start

absl::Status AuthServer::Prepare() {
  const size_t descriptors = RaiseDescriptorLimit(kWantedDescriptors);
  if (descriptors < kLeastDescriptors) {
    return Err(absl::StatusCode::kResourceExhausted,
               fmt::format("only {} descriptors may be open, {} are needed: raise the limit (ulimit -n, "
                           "LimitNOFILE=)",
                           descriptors, kLeastDescriptors));
  }
  CAIRN_RETURN_IF_ERROR(OpenWorkers(descriptors));
  CAIRN_RETURN_IF_ERROR(OpenMetrics());
  CAIRN_RETURN_IF_ERROR(DropPrivileges(options_.user));
  CAIRN_RETURN_IF_ERROR(OpenControl());
  log_.Info("starting",
            {{"version", Version()}, {"threads", workers_.size()}, {"zones", options_.zones.size()}});
  WarnIfRoot(log_);
  WarnOfNoZones();
  LimitZoneMemory();
  zones_.Read(options_.zones);
  published_ = DataToServe();
  return absl::OkStatus();
}

absl::Status AuthServer::OpenWorkers(size_t descriptors) {
  worker_count_ = options_.threads != 0 ? options_.threads : UsableProcessors();
  const size_t count = worker_count_;
  listening_ = options_.listen_given ? options_.listen : WhatTheSystemHas(options_.listen, log_);
  const size_t ours = kReservedDescriptors + count * (kDescriptorsOfALoop + 2 * listening_.size());
  if (descriptors <= ours) {
    return Err(
        absl::StatusCode::kResourceExhausted,
        fmt::format("only {} descriptors may be open, {} threads on {} addresses leave none of them to "
                    "TCP clients: raise the limit (ulimit -n, LimitNOFILE=) or take fewer",
                    descriptors, count, listening_.size()));
  }
  TcpLimits tcp = options_.tcp;
  tcp.connections = std::min(tcp.connections, descriptors - ours);
  const UvNetworkOptions share{.tcp = tcp.ShareOf(count)};
  for (const Endpoint& local : listening_) CAIRN_RETURN_IF_ERROR(CheckFree(local));
  for (size_t i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<AuthWorker>(clock_, OptionsOfResponder(), share));
    for (Endpoint& local : listening_) CAIRN_RETURN_IF_ERROR(workers_.back()->Listen(local));
  }
  return absl::OkStatus();
}

ResponderOptions AuthServer::OptionsOfResponder() {
  return {.edns = {.nsid = options_.identity.identity, .cookies = Cookies()},
          .identity = options_.identity,
          .rate_limit = options_.rate_limit.ShareOf(worker_count_),
          .rate_limit_key = rate_limit_key_,
          .rate_limit_told =
              [this](const IpAddress& client, ResponseRateLimiter::Scope scope) {
                if (rate_limited_.Put(client, scope)) log_writer_->Post([this] { TellRateLimited(); });
              },
          .any = options_.any,
          .answer_cache_octets = options_.answer_cache_octets};
}

// Secrets that nobody chose are derived from one seed in all workers, before and after a reload.
CookieOptions AuthServer::Cookies() const {
  CookieOptions cookies = options_.cookies;
  cookies.seed = cookie_seed_;
  return cookies;
}

absl::Status AuthServer::OpenMetrics() {
  if (options_.metrics_listen.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<MetricsHttp>> metrics = MetricsHttp::Open(
      options_.metrics_listen, clock_, [this] { return MetricsReport(*zones(), Counters()).text(); });
  if (!metrics.ok()) return metrics.status();
  metrics_ = *std::move(metrics);
  return absl::OkStatus();
}

absl::Status AuthServer::OpenControl() {
  if (options_.control_socket.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<ControlServer>> control = ControlServer::Open(options_.control_socket);
  if (!control.ok()) return control.status();
  control_ = *std::move(control);
  RegisterControlVerbs(*control_, *this);
  return absl::OkStatus();
}

void AuthServer::LimitZoneMemory() const {
  Arena::LimitAll(options_.zone_memory_octets == 0 ? SIZE_MAX : options_.zone_memory_octets);
}

void AuthServer::WarnOfNoZones() {
  if (!options_.zones.empty()) return;
  log_.Warning("no-zones",
               {{"advice",
                 "every query is answered REFUSED; name zones under zones, or a folder of zone files "
                 "with zones-dir, and reload"}});
}

// ---- Run and end

void AuthServer::Run() {
  Supervisor supervisor;  // blocks signals for the threads that come now
  helpers_ = std::make_unique<HelperThreads>(kHelperThreads);
  log_writer_ = std::make_unique<HelperThreads>(1);
  supervisor.OnHangup([this] { OnHangup(); });
  if (control_ != nullptr) supervisor.Watch(control_->fd(), [this] { OnControlClient(); });
  started_ = clock_.Now();
  for (const std::unique_ptr<AuthWorker>& worker : workers_) worker->Start(published_);
  if (metrics_ != nullptr) metrics_->Start();
  for (const Endpoint& local : listening_)
    log_.Info("listening", {{"address", local.ToText()}, {"workers", workers_.size()}});
  for (const Endpoint& local : options_.metrics_listen) log_.Info("metrics", {{"address", local.ToText()}});
  log_.Info("started", {{"program", fmt::format("cairn-auth {}", Version())}});
  const int signal = supervisor.Run();
  log_.Info("ending", {{"signal", signal}});
  End();
}

void AuthServer::OnHangup() {
  if (hangup_waits_.exchange(true)) return;  // the reload to come will see what this one means
  const bool taken = helpers_->Post([this] {
    hangup_waits_ = false;
    Reload();
  });
  if (!taken) hangup_waits_ = false;
}

void AuthServer::OnControlClient() {
  const int client = control_->Accept();
  if (client < 0 || helpers_->Post([this, client] { control_->Serve(client); })) return;
  close(client);  // too many wait already
}

void AuthServer::End() {
  metrics_.reset();
  {
    const std::lock_guard lock(workers_mutex_);
    workers_.clear();
  }
  const bool told = log_writer_->Finish(kLastPatience);
  const bool read = helpers_->Finish(kLastPatience);
  if (told && read) return;
  // Whatever is still being read or written nobody will ask for. Its thread uses this object, so nothing is
  // destroyed.
  if (told) log_.Info("ended", {{"given-up", "a reload"}});
  if (control_ != nullptr) unlink(options_.control_socket.c_str());
  std::_Exit(0);
}

// What RateLimitNews holds, as lines.
void AuthServer::TellRateLimited() {
  const RateLimitNews::Taken news = rate_limited_.Take();
  for (const auto& [network, scope] : news.events) {
    const bool all = scope == ResponseRateLimiter::Scope::kNetwork;
    log_.Info("rate-limited",
              {{"network", NetworkText(network)}, {"responses", all ? "all" : "about one subject"}});
  }
  if (news.untold > 0) log_.Info("rate-limited-untold", {{"accounts", news.untold}});
}

// ---- Reload

ControlReply AuthServer::Reload() {
  return WithMemory(log_, [this] { return ReloadAll(); });
}

ControlReply AuthServer::ReloadZone(NameView apex) {
  return WithMemory(log_, [&] { return ReloadOne(apex); });
}

ControlReply AuthServer::ReloadAll() {
  const std::lock_guard lock(reload_mutex_);
  Complaints complaints;
  std::optional<AuthOptions> next = ReadAuthOptions(arguments_, complaints);
  std::string text;
  for (const Complaint& complaint : complaints) {
    text += complaint.ToText() + "\n";
    if (complaint.severity == Severity::kWarning)
      log_.Warning("configuration-warning", {{"complaint", complaint.ToText()}});
  }
  if (!next) {
    text += "the running configuration stays\n";
    log_.Error("reload-refused", {{"reason", text}});
    return {.ok = false, .text = std::move(text)};
  }
  text += WarnOfRestart(*next);
  log_.SetLevel(next->log_level);
  options_.log_level = next->log_level;
  options_.any = next->any;
  options_.zones = std::move(next->zones);
  options_.cookies = std::move(next->cookies);
  options_.rate_limit = std::move(next->rate_limit);
  options_.zone_memory_octets = next->zone_memory_octets;
  WarnOfNoZones();
  LimitZoneMemory();
  const ServedZones::Outcome outcome = zones_.Read(options_.zones);
  Publish();
  log_.Info("reloaded",
            {{"loaded", outcome.loaded}, {"refused", outcome.refused}, {"removed", outcome.removed}});
  text += outcome.complaints;
  text += fmt::format("{} zones loaded, {} refused, {} removed\n", outcome.loaded, outcome.refused,
                      outcome.removed);
  return {.ok = outcome.refused == 0, .text = std::move(text)};
}

ControlReply AuthServer::ReloadOne(NameView apex) {
  const std::lock_guard lock(reload_mutex_);
  ServedZones::Outcome outcome;
  if (!zones_.ReadOne(apex, outcome))
    return {.ok = false, .text = fmt::format("there is no zone {}\n", apex.ToText())};
  Publish();
  const bool refused = outcome.refused > 0;
  return {.ok = !refused, .text = outcome.complaints + (refused ? "zone refused\n" : "1 zone loaded\n")};
}

// What was served before is freed here, and not by a worker, when none uses it any more.
void AuthServer::Publish() {
  const std::lock_guard lock(workers_mutex_);
  const ServedData before = std::exchange(published_, DataToServe());
  for (const std::unique_ptr<AuthWorker>& worker : workers_) worker->Serve(published_);
}

ServedData AuthServer::DataToServe() const {
  return {.zones = zones_.table()->zones,
          .transfer_rules = std::make_shared<const TransferRules>(options_.zones),
          .cookies = Cookies(),
          .rate_limit = options_.rate_limit.ShareOf(worker_count_),
          .any = options_.any};
}

std::string AuthServer::WarnOfRestart(const AuthOptions& next) {
  std::string text;
  const auto compare = [&](bool differs, std::string_view option) {
    if (!differs) return;
    log_.Warning("needs-restart", {{"option", option}});
    text += fmt::format("{} has changed: that needs a restart\n", option);
  };
  compare(next.listen != options_.listen, "listen");
  compare(next.threads != options_.threads, "threads");
  compare(next.user != options_.user, "user");
  compare(next.control_socket != options_.control_socket, "control-socket");
  compare(next.tcp != options_.tcp, "tcp");
  compare(next.identity != options_.identity, "identity, version");
  compare(next.metrics_listen != options_.metrics_listen, "metrics");
  compare(next.answer_cache_octets != options_.answer_cache_octets, "answer-cache-size");
  return text;
}

std::vector<WorkerCounters> AuthServer::Counters() {
  const std::lock_guard lock(workers_mutex_);
  std::vector<WorkerCounters> counters;
  for (const std::unique_ptr<AuthWorker>& worker : workers_) counters.push_back(worker->Counters());
  return counters;
}

}  // namespace cairn
