#include "authoritative/serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "authoritative/serve_report.h"
#include "authoritative/serve_worker.h"
#include "authoritative/serve_zones.h"
#include "common/base/random.h"
#include "common/base/status.h"
#include "common/net/uv_network.h"
#include "common/service/control.h"
#include "common/service/privileges.h"
#include "common/service/supervisor.h"
#include "common/service/version.h"

namespace cairn {
namespace {

// With fewer descriptors TCP clients would starve each other.
constexpr size_t kWantedDescriptors = 65'536;
constexpr size_t kLeastDescriptors = 1'024;
// Of them for listening, control, and the files of a reload, which no crowd of TCP clients may keep from
// being read.
constexpr size_t kReservedDescriptors = 256;

class AuthServer {
 public:
  AuthServer(AuthArguments arguments, AuthOptions options, Random& random)
      : arguments_(std::move(arguments)),
        options_(std::move(options)),
        cookie_seed_(SipKey::Draw(random)),
        rate_limit_key_(SipKey::Draw(random)),
        log_(clock_, options_.log_level),
        zones_(clock_, log_) {}

  // Everything that can be refused, before anything is served.
  absl::Status Prepare();
  void Run();

 private:
  absl::Status OpenWorkers(size_t tcp_connections);
  ResponderOptions OptionsOfResponder() const;
  CookieOptions Cookies() const;
  size_t WorkerCount() const;
  absl::Status OpenControl();
  ControlReply Reload();
  ControlReply ReloadZone(const std::string& text);
  ControlReply ZoneStatus(std::span<const std::string> arguments) const;
  void Publish();
  std::vector<WorkerCounters> Counters();
  ServedData Served() const;
  void WarnOfRestart(const AuthOptions& next);

  const AuthArguments arguments_;
  AuthOptions options_;
  const SipKey cookie_seed_;
  const SipKey rate_limit_key_;
  const SystemClock clock_;
  Log log_;
  ServedZones zones_;
  std::vector<std::unique_ptr<AuthWorker>> workers_;
  ServedData published_;
  std::unique_ptr<ControlServer> control_;
  Instant started_{};
};

absl::Status AuthServer::Prepare() {
  const size_t descriptors = RaiseDescriptorLimit(kWantedDescriptors);
  if (descriptors < kLeastDescriptors) {
    return Err(absl::StatusCode::kResourceExhausted,
               fmt::format("only {} descriptors may be open, {} are needed: raise the limit (ulimit -n, "
                           "LimitNOFILE=)",
                           descriptors, kLeastDescriptors));
  }
  CAIRN_RETURN_IF_ERROR(OpenWorkers(descriptors - kReservedDescriptors));
  CAIRN_RETURN_IF_ERROR(DropPrivileges(options_.user));
  CAIRN_RETURN_IF_ERROR(OpenControl());
  log_.Info("starting",
            {{"version", Version()}, {"threads", workers_.size()}, {"zones", options_.zones.size()}});
  zones_.Read(options_.zones);
  published_ = Served();
  return absl::OkStatus();
}

absl::Status AuthServer::OpenWorkers(size_t tcp_connections) {
  const size_t count = WorkerCount();
  TcpLimits tcp = options_.tcp;
  tcp.connections = std::min(tcp.connections, tcp_connections);
  const UvNetworkOptions share{.tcp = tcp.ShareOf(count)};
  for (const Endpoint& local : options_.listen) CAIRN_RETURN_IF_ERROR(CheckFree(local));
  for (size_t i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<AuthWorker>(clock_, OptionsOfResponder(), share));
    for (Endpoint& local : options_.listen) CAIRN_RETURN_IF_ERROR(workers_.back()->Listen(local));
  }
  return absl::OkStatus();
}

ResponderOptions AuthServer::OptionsOfResponder() const {
  return {.edns = {.nsid = options_.identity.identity, .cookies = Cookies()},
          .identity = options_.identity,
          .rate_limit = options_.rate_limit.ShareOf(WorkerCount()),
          .rate_limit_key = rate_limit_key_,
          .any = options_.any};
}

// Secrets that nobody chose are derived from one seed in all workers, before and after a reload.
CookieOptions AuthServer::Cookies() const {
  CookieOptions cookies = options_.cookies;
  cookies.seed = cookie_seed_;
  return cookies;
}

size_t AuthServer::WorkerCount() const {
  return options_.threads != 0 ? options_.threads : std::max(1U, std::thread::hardware_concurrency());
}

absl::Status AuthServer::OpenControl() {
  if (options_.control_socket.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<ControlServer>> control = ControlServer::Open(options_.control_socket);
  if (!control.ok()) return control.status();
  control_ = *std::move(control);
  using Words = std::span<const std::string>;
  control_->Register("status", "status               version, time, zones and queries", [this](Words) {
    return ControlReply{true, StatusText(clock_.Now() - started_, *published_.zones, Counters())};
  });
  control_->Register("reload",
                     "reload [ZONE]        read configuration and changed zone files, or one zone, again",
                     [this](Words words) { return words.empty() ? Reload() : ReloadZone(words[0]); });
  control_->Register("zone-status", "zone-status [ZONE]   serial, size and state of zones",
                     [this](Words words) { return ZoneStatus(words); });
  control_->Register("metrics", "metrics              counters in Prometheus's text format", [this](Words) {
    return ControlReply{true, MetricsReport(*published_.zones, Counters())};
  });
  return absl::OkStatus();
}

void AuthServer::Run() {
  Supervisor supervisor;  // blocks signals for the threads of the workers
  supervisor.OnHangup([this] { Reload(); });
  if (control_ != nullptr) supervisor.Watch(control_->fd(), [this] { control_->ServeOne(); });
  for (const std::unique_ptr<AuthWorker>& worker : workers_) worker->Start(published_);
  started_ = clock_.Now();
  std::string listening;
  for (const Endpoint& local : options_.listen) listening += (listening.empty() ? "" : " ") + local.ToText();
  log_.Info("serving", {{"listen", listening}, {"zones", published_.zones->entries().size()}});
  const int signal = supervisor.Run();
  log_.Info("ending", {{"signal", signal}});
  workers_.clear();
}

// Bad configuration keeps everything as it is.
ControlReply AuthServer::Reload() {
  Complaints complaints;
  std::optional<AuthOptions> next = ReadAuthOptions(arguments_, complaints);
  std::string text;
  for (const Complaint& complaint : complaints) {
    text += complaint.ToText() + "\n";
    log_.Error("configuration-refused", {{"complaint", complaint.ToText()}});
  }
  if (!next) return {false, text};
  WarnOfRestart(*next);
  log_.SetLevel(next->log_level);
  options_.log_level = next->log_level;
  options_.zones = std::move(next->zones);
  options_.cookies = std::move(next->cookies);
  options_.rate_limit = std::move(next->rate_limit);
  const ServedZones::Outcome outcome = zones_.Read(options_.zones);
  Publish();
  log_.Info("reloaded",
            {{"loaded", outcome.loaded}, {"refused", outcome.refused}, {"removed", outcome.removed}});
  text += outcome.complaints;
  text += fmt::format("{} zones loaded, {} refused, {} removed\n", outcome.loaded, outcome.refused,
                      outcome.removed);
  return {outcome.refused == 0, text};
}

ControlReply AuthServer::ReloadZone(const std::string& text) {
  const absl::StatusOr<Name> apex = Name::FromText(text);
  if (!apex.ok()) return {false, std::string(ErrorText(apex.status())) + "\n"};
  ServedZones::Outcome outcome;
  if (!zones_.ReadOne(*apex, outcome)) return {false, fmt::format("there is no zone {}\n", apex->ToText())};
  Publish();
  return {outcome.refused == 0,
          outcome.complaints + (outcome.refused == 0 ? "1 zone loaded\n" : "zone refused\n")};
}

ControlReply AuthServer::ZoneStatus(std::span<const std::string> arguments) const {
  if (arguments.empty()) return {true, zones_.Status()};
  const absl::StatusOr<Name> apex = Name::FromText(arguments[0]);
  if (!apex.ok()) return {false, std::string(ErrorText(apex.status())) + "\n"};
  const NameView asked = *apex;
  std::string text = zones_.Status(&asked);
  if (text.empty()) return {false, fmt::format("there is no zone {}\n", apex->ToText())};
  return {true, std::move(text)};
}

ServedData AuthServer::Served() const {
  return {.zones = zones_.Snapshot(),
          .transfer_rules = std::make_shared<const TransferRules>(options_.zones),
          .cookies = Cookies(),
          .rate_limit = options_.rate_limit.ShareOf(WorkerCount())};
}

// What was served before is freed here, on the main thread, when no worker uses it any more.
void AuthServer::Publish() {
  const ServedData before = std::exchange(published_, Served());
  for (const std::unique_ptr<AuthWorker>& worker : workers_) worker->Serve(published_);
}

std::vector<WorkerCounters> AuthServer::Counters() {
  std::vector<WorkerCounters> counters;
  for (const std::unique_ptr<AuthWorker>& worker : workers_) counters.push_back(worker->Counters());
  return counters;
}

void AuthServer::WarnOfRestart(const AuthOptions& next) {
  const auto warn = [this](std::string_view option) { log_.Warning("needs-restart", {{"option", option}}); };
  const bool any_port =
      std::ranges::any_of(next.listen, [](const Endpoint& local) { return local.port == 0; });
  if (next.listen != options_.listen && !any_port) warn("listen");
  if (next.threads != options_.threads) warn("threads");
  if (next.user != options_.user) warn("user");
  if (next.control_socket != options_.control_socket) warn("control-socket");
  if (next.any != options_.any) warn("any");
  if (next.tcp != options_.tcp) warn("tcp");
  if (next.identity != options_.identity) warn("identity, version");
}

}  // namespace

int Serve(const AuthArguments& arguments) {
  Complaints complaints;
  std::optional<AuthOptions> options = ReadAuthOptions(arguments, complaints);
  for (const Complaint& complaint : complaints) fmt::print(stderr, "{}\n", complaint.ToText());
  if (!options) return 1;
  HoldHangup();
  const std::unique_ptr<Random> random = NewSystemRandom();
  SetNameHashKey(*random);
  AuthServer server(arguments, *std::move(options), *random);
  const absl::Status prepared = server.Prepare();
  if (!prepared.ok()) {
    fmt::print(stderr, "cairn-auth: {}\n", ErrorText(prepared));
    return 1;
  }
  server.Run();
  return 0;
}

}  // namespace cairn
