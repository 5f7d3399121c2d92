#include "resolver/serve.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "common/base/limits.h"
#include "common/base/processors.h"
#include "common/base/status.h"
#include "common/net/attached_networks.h"
#include "common/net/uv_network.h"
#include "common/service/privileges.h"
#include "common/service/startup.h"
#include "common/trace/tree.h"
#include "resolver/cache_file.h"
#include "resolver/control_verbs.h"

namespace cairn {
namespace {

// Clients over TCP, servers over TCP, pools of UDP sockets, files (THREATS section 3).
constexpr size_t kWantedDescriptors = 65536;
constexpr size_t kLeastDescriptors = 1024;  // with fewer TCP clients would starve each other
// Of them not for TCP clients: listening, control, files, connections to servers. Pools of UDP sockets take
// what their option says besides.
constexpr size_t kReservedDescriptors = 256;

size_t ThreadsOf(const ServerOptions& server) {
  return server.threads != 0 ? server.threads : UsableProcessors();
}

std::vector<std::string> UpstreamLines(const ResolverOptions& options) {
  return options.zone_rules ? options.zone_rules->UpstreamLines() : std::vector<std::string>();
}

// Whoever listens on a wildcard address can be reached at each address of this machine.
std::vector<Endpoint> WhereWeListen(const std::vector<Endpoint>& listen) {
  std::vector<Endpoint> own = listen;
  const std::vector<IpAddress> addresses = OwnAddresses();
  for (const Endpoint& endpoint : listen) {
    const bool wildcard =
        std::ranges::all_of(endpoint.address.octets(), [](uint8_t octet) { return octet == 0; });
    for (const IpAddress& address : addresses) {
      if (wildcard && address.is_v6() == endpoint.address.is_v6()) own.push_back({address, endpoint.port});
    }
  }
  return own;
}

// What changed although a reload cannot take it over.
std::vector<std::string_view> NeedsRestart(const ProgramOptions& running, const ProgramOptions& next) {
  std::vector<std::string_view> changed;
  const auto note = [&changed](bool differs, std::string_view option) {
    if (differs) changed.push_back(option);
  };
  note(next.server.listen_given && next.server.listen != running.server.listen, "listen");
  note(next.server.threads != running.server.threads, "threads");
  note(next.server.user != running.server.user, "user");
  note(next.server.metrics_listen != running.server.metrics_listen, "metrics");
  note(next.server.control_socket != running.server.control_socket, "control-socket");
  note(next.server.tcp != running.server.tcp, "tcp");
  note(next.resolver.cache_size_octets != running.resolver.cache_size_octets, "cache-size");
  note(next.resolver.delegations_size_octets != running.resolver.delegations_size_octets, "delegations-size");
  return changed;
}

// For control and reloads. Traces hold OperatorTraces::kAtOnce of them at most, the others answer meanwhile.
constexpr size_t kHelperThreads = OperatorTraces::kAtOnce + 2;
// The end waits so long for what helpers are doing.
constexpr auto kLastPatience = std::chrono::milliseconds(3000);

}  // namespace

Server::Server(Host host, const ProgramOptions& options)
    : host_(std::move(host)),
      options_(options),
      started_(host_.clock.Now()),
      cookie_seed_(SipKey::Draw(host_.random)),
      memory_(options.resolver, host_.random),
      traces_(host_.clock) {}

Server::~Server() {
  metrics_.reset();  // it asks the workers
  traces_.End();
  const bool finished = helpers_ == nullptr || helpers_->Finish(kLastPatience);
  for (const std::unique_ptr<ServeWorker>& worker : workers_) worker->Stop();
  const bool written = trace_writer_ == nullptr || trace_writer_->Finish(kLastPatience);
  if (running_) SaveCache();
  if (finished && written) return;
  // An operator who reads no answer, or a standard error that takes nothing. The thread there uses this
  // object, so nothing is destroyed.
  host_.log.Info("ended", {{"given-up", finished ? "a trace" : "an operator's request"}});
  if (control_ != nullptr) unlink(options_.server.control_socket.c_str());
  std::_Exit(0);
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Host host, const ProgramOptions& options,
                                                      Supervisor& supervisor) {
  std::unique_ptr<Server> server(new Server(std::move(host), options));
  CAIRN_RETURN_IF_ERROR(server->TakeDescriptors());
  CAIRN_RETURN_IF_ERROR(server->OpenWorkers());
  CAIRN_RETURN_IF_ERROR(server->OpenMetrics());
  CAIRN_RETURN_IF_ERROR(DropPrivileges(options.server.user));
  WarnIfRoot(server->host_.log);
  CAIRN_RETURN_IF_ERROR(server->OpenControl());  // owned by that user, who may use it and unlinks it
  server->LoadCache();
  server->StartHelpers(supervisor);
  for (const std::unique_ptr<ServeWorker>& worker : server->workers_) worker->Start();
  if (server->metrics_ != nullptr) server->metrics_->Start();
  server->running_ = true;
  return server;
}

void Server::StartHelpers(Supervisor& supervisor) {
  helpers_ = std::make_unique<HelperThreads>(kHelperThreads);
  trace_writer_ = std::make_unique<HelperThreads>(1);
  supervisor.OnHangup([this] { OnHangup(); });
  if (control_ != nullptr) supervisor.Watch(control_->fd(), [this] { OnControlClient(); });
}

void Server::OnHangup() {
  if (hangup_waits_.exchange(true)) return;  // the reload to come will see what this one means
  const bool taken = helpers_->Post([this] {
    hangup_waits_ = false;
    Reload();
  });
  if (!taken) hangup_waits_ = false;
}

void Server::OnControlClient() {
  const int client = control_->Accept();
  if (client < 0 || helpers_->Post([this, client] { control_->Serve(client); })) return;
  close(client);  // too many wait already
}

absl::Status Server::TakeDescriptors() {
  descriptors_ = RaiseDescriptorLimit(kWantedDescriptors);
  if (descriptors_ >= kLeastDescriptors) return absl::OkStatus();
  return Err(absl::StatusCode::kResourceExhausted,
             fmt::format("only {} descriptors may be open, {} are needed: raise the limit (ulimit -n, "
                         "LimitNOFILE=)",
                         descriptors_, kLeastDescriptors));
}

// A cache that cannot be read is one that starts empty.
void Server::LoadCache() {
  const std::string& path = options_.resolver.cache_file;
  if (path.empty()) return;
  const absl::StatusOr<CacheFileReport> report =
      LoadCacheFile(path, UpstreamLines(options_.resolver), host_.clock, memory_.cache());
  if (!report.ok()) {
    host_.log.Warning("cache-file-not-read", {{"reason", ErrorText(report.status())}, {"cache", "empty"}});
    return;
  }
  host_.log.Info("cache-file-read", {{"file", path},
                                     {"entries", report->restored},
                                     {"expired", report->expired},
                                     {"refused", report->refused}});
}

void Server::SaveCache() {
  const std::string& path = options_.resolver.cache_file;
  if (path.empty()) return;
  const absl::Status saved =
      SaveCacheFile(memory_.cache(), UpstreamLines(options_.resolver), host_.clock, path);
  if (saved.ok())
    host_.log.Info("cache-file-written", {{"file", path}, {"entries", memory_.cache().stats().entries}});
  else
    host_.log.Error("cache-file-not-written", {{"reason", ErrorText(saved)}});
}

absl::Status Server::OpenWorkers() {
  if (!options_.server.listen_given)
    options_.server.listen = WhatTheSystemHas(options_.server.listen, host_.log);
  for (const Endpoint& endpoint : options_.server.listen) CAIRN_RETURN_IF_ERROR(CheckFree(endpoint));
  const size_t threads = ThreadsOf(options_.server);
  TcpLimits tcp = options_.server.tcp;
  tcp.connections = std::min(tcp.connections, descriptors_ - kReservedDescriptors);
  const UvNetworkOptions network{.tcp = tcp.ShareOf(threads)};
  for (size_t i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<ServeWorker>(host_.clock, memory_, network));
    CAIRN_RETURN_IF_ERROR(workers_.back()->Listen(options_.server.listen));
  }
  const auto resolver_options = OptionsOfWorkers(options_.resolver);
  for (const std::unique_ptr<ServeWorker>& worker : workers_)
    CAIRN_RETURN_IF_ERROR(worker->CreateResolver(resolver_options));
  for (const Endpoint& endpoint : options_.server.listen) {
    host_.log.Info("listening", {{"address", endpoint.ToText()}, {"workers", threads}});
  }
  return absl::OkStatus();
}

std::shared_ptr<const ResolverOptions> Server::OptionsOfWorkers(const ResolverOptions& options) const {
  auto of_workers = std::make_shared<ResolverOptions>(options);
  of_workers->cookies.seed = cookie_seed_;
  of_workers->own = WhereWeListen(options_.server.listen);
  // Places for waiting clients are counted in each worker; together they are what the configuration says.
  of_workers->clients.clients = std::max<size_t>(1, options.clients.clients / ThreadsOf(options_.server));
  return of_workers;
}

absl::Status Server::OpenMetrics() {
  if (options_.server.metrics_listen.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<MetricsHttp>> metrics = MetricsHttp::Open(
      options_.server.metrics_listen, host_.clock, [this] { return MetricsReport(*this).text(); });
  if (!metrics.ok()) return metrics.status();
  metrics_ = *std::move(metrics);
  for (const Endpoint& local : options_.server.metrics_listen)
    host_.log.Info("metrics", {{"address", local.ToText()}});
  return absl::OkStatus();
}

absl::Status Server::OpenControl() {
  if (options_.server.control_socket.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<ControlServer>> control =
      ControlServer::Open(options_.server.control_socket);
  if (!control.ok()) return control.status();
  control_ = *std::move(control);
  RegisterControlVerbs(*control_, *this);
  return absl::OkStatus();
}

ControlReply Server::Reload() {
  const std::lock_guard lock(reload_mutex_);
  const auto refuse = [this](std::string text) {
    host_.log.Error("reload-refused", {{"reason", text}});
    return ControlReply{.ok = false, .text = text + "\nthe running configuration stays\n"};
  };
  Complaints complaints;
  std::optional<ProgramOptions> options = host_.read_options(complaints);
  if (!options) {
    std::string text;
    for (const Complaint& complaint : complaints) text += (text.empty() ? "" : "\n") + complaint.ToText();
    return refuse(std::move(text));
  }
  LogWarnings(complaints);
  const auto resolver_options = OptionsOfWorkers(options->resolver);
  for (const std::unique_ptr<ServeWorker>& worker : workers_) {
    const absl::Status prepared = worker->Prepare(resolver_options);
    if (prepared.ok()) continue;
    for (const std::unique_ptr<ServeWorker>& other : workers_) other->DropPrepared();
    return refuse(std::string(ErrorText(prepared)));
  }
  // What former servers said is forgotten when nobody stores it any more, and before anybody of the next
  // could go on from it.
  for (const std::unique_ptr<ServeWorker>& worker : workers_) worker->Retire();
  memory_.cache().Adopt(CacheOptionsOf(options->resolver));
  memory_.delegations().Adopt(DelegationOptionsOf(options->resolver));
  ForgetChangedZones(options->resolver);
  for (const std::unique_ptr<ServeWorker>& worker : workers_) worker->TakeOver();
  host_.log.SetLevel(options->server.log_level);
  std::string text = "reloaded\n";
  for (const std::string_view option : NeedsRestart(options_, *options)) {
    host_.log.Warning("needs-restart", {{"option", option}});
    text += fmt::format("{} has changed: that needs a restart\n", option);
  }
  host_.log.Info("reloaded");
  options->resolver.cache_size_octets = options_.resolver.cache_size_octets;
  options->resolver.delegations_size_octets = options_.resolver.delegations_size_octets;
  options_.resolver = std::move(options->resolver);
  options_.server.log_level = options->server.log_level;
  return {.ok = true, .text = std::move(text)};
}

// What was learnt from other servers than those that are to be asked now must not outlive the change: a zone
// which a forwarder knows may not exist outside, and a failure of the old servers is none of the new.
void Server::ForgetChangedZones(const ResolverOptions& next) {
  const std::vector<std::string> before = UpstreamLines(options_.resolver);
  const std::vector<std::string> after = UpstreamLines(next);
  std::vector<std::string> changed;
  std::ranges::set_symmetric_difference(before, after, std::back_inserter(changed));
  for (const std::string& zone : changed) {
    const Name apex = Name::Literal(zone.substr(0, zone.find(' ')));
    memory_.cache().FlushSubtree(apex);
    memory_.delegations().ForgetSubtree(apex);
    host_.log.Info("zone-forgotten", {{"zone", apex.ToText()}, {"reason", "other servers are asked now"}});
  }
}

void Server::LogWarnings(const Complaints& complaints) {
  for (const Complaint& complaint : complaints)
    host_.log.Warning("configuration", {{"text", complaint.ToText()}});
}

void Server::TraceMatching(const std::shared_ptr<const TracePattern>& pattern) {
  for (const std::unique_ptr<ServeWorker>& worker : workers_) {
    const auto sink = [this](std::shared_ptr<const Trace> trace, uint64_t suppressed) {
      return WriteTrace(std::move(trace), suppressed);
    };
    worker->SetTap(pattern == nullptr ? nullptr : std::make_unique<ServeTap>(host_.clock, pattern, sink));
  }
  if (pattern != nullptr) host_.log.Info("tracing", {{"what", pattern->ToText()}});
}

// Whole trees, one write each, so that they do not mix with lines of the log. A closed pipe loses the tree.
bool Server::WriteTrace(std::shared_ptr<const Trace> trace, uint64_t suppressed) {
  return trace_writer_->Post([trace = std::move(trace), suppressed] {
    std::string text = "\n" + RenderTree(*trace);
    if (suppressed > 0) text += fmt::format("{} further queries matched and were not traced\n", suppressed);
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
  });
}

std::vector<NetworkFigures> Server::Networks() {
  std::vector<NetworkFigures> networks;
  for (const std::unique_ptr<ServeWorker>& worker : workers_) networks.push_back(worker->Network());
  return networks;
}

}  // namespace cairn
