// cairn-resolver: reads the command line, builds the real world (clock, network, random) and hands it to the
// verb.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/status.h"
#include "common/net/attached_networks.h"
#include "common/service/control.h"
#include "common/service/log.h"
#include "common/service/supervisor.h"
#include "common/service/version.h"
#include "resolver/commands.h"
#include "resolver/serve.h"
#include "resolver/trace_command.h"

namespace cairn {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// Name and version, as traces and the log have it.
std::string ProgramText() { return fmt::format("cairn-resolver {}", Version()); }

int Fail(std::string_view text) {
  fmt::print(stderr, "cairn-resolver: {}\n", text);
  return kFailed;
}

// Warnings do not keep a verb from its work, but nobody shall miss them.
void Tell(const Complaints& complaints) {
  for (const Complaint& complaint : complaints) fmt::print(stderr, "{}\n", complaint.ToText());
}

int Fail(const Complaints& complaints) {
  Tell(complaints);
  return kFailed;
}

int Run(const PrintCommand& command) {
  fmt::print("{}", command.text);
  return kDone;
}

int Run(const WrongUsage& wrong) {
  fmt::print(stderr, "cairn-resolver: {}\n", wrong.text);
  return kWrongUsage;
}

int Run(const CheckConfigCommand& command) {
  Complaints complaints;
  const std::optional<ProgramOptions> options = ReadOptionsFile(command.path, complaints);
  if (!options) return Fail(complaints);
  Tell(complaints);
  fmt::print("{}", PrintOptions(*options));
  return kDone;
}

int Run(const ControlCommand& command) {
  const absl::StatusOr<ControlReply> reply = AskControl(command.socket, command.words);
  if (!reply.ok()) return Fail(ErrorText(reply.status()));
  fmt::print(reply->ok ? stdout : stderr, "{}", reply->text);
  return reply->ok ? kDone : reply->wrong_usage ? kWrongUsage : kFailed;
}

int Show(const absl::StatusOr<TraceOutcome>& outcome) {
  if (!outcome.ok()) return Fail(ErrorText(outcome.status()));
  fmt::print("{}", outcome->text);
  return outcome->succeeded ? kDone : kFailed;
}

int Run(const TraceCommand& command) {
  const TreeStyle style{.colours = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr};
  if (!command.replay.empty()) return Show(ReplayTrace(command, style));
  Complaints complaints;
  const std::optional<ProgramOptions> options = EffectiveOptions(command.options, complaints);
  if (!options) return Fail(complaints);
  Tell(complaints);
  const SystemClock clock;
  const std::unique_ptr<Random> random = NewSystemRandom();
  return Show(RunTrace(command, options->resolver, clock, *random, ProgramText(), style));
}

std::optional<ProgramOptions> ServeOptions(const ServeCommand& command, Complaints& complaints) {
  std::optional<ProgramOptions> options = EffectiveOptions(command.options, complaints);
  if (!options) return std::nullopt;
  AdmitNetworks(*options, AttachedNetworks());
  if (command.listen.empty()) return options;
  options->server.listen = command.listen;
  options->server.listen_given = true;
  if (const std::optional<std::string> open = OpenByAccident(*options)) {
    complaints.push_back({.where = {.file = "--listen"}, .text = *open});
    return std::nullopt;
  }
  return options;
}

int Run(const ServeCommand& command) {
  Supervisor supervisor;
  Complaints complaints;
  const std::optional<ProgramOptions> options = ServeOptions(command, complaints);
  if (!options) return Fail(complaints);
  Tell(complaints);
  std::shared_ptr<const TracePattern> traced;
  if (!command.trace.empty()) {
    absl::StatusOr<std::shared_ptr<const TracePattern>> pattern = TracePattern::FromText(command.trace);
    if (!pattern.ok()) return Fail(fmt::format("--trace: {}", ErrorText(pattern.status())));
    traced = *std::move(pattern);
  }

  const SystemClock clock;
  const std::unique_ptr<Random> random = NewSystemRandom();
  Log log(clock, options->server.log_level);
  const Server::Host host{
      .clock = clock,
      .random = *random,
      .log = log,
      .program = ProgramText(),
      .read_options = [&command](Complaints& found) { return ServeOptions(command, found); }};
  const absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(host, *options, supervisor);
  if (!server.ok()) return Fail(ErrorText(server.status()));
  if (traced != nullptr) (*server)->TraceMatching(traced);
  log.Info("started", {{"program", ProgramText()}});
  const int signal = supervisor.Run();
  log.Info("ending", {{"signal", signal}});
  return kDone;
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const cairn::Command command = cairn::ParseCommandLine(arguments);
  return std::visit([](const auto& its) { return cairn::Run(its); }, command);
}
