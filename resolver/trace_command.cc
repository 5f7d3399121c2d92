#include "resolver/trace_command.h"

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "common/base/epoch.h"
#include "common/base/status.h"
#include "common/net/uv_loop.h"
#include "common/net/uv_network.h"
#include "common/trace/facts.h"
#include "common/trace/json.h"
#include "common/trace/replay.h"
#include "common/trace/trace.h"
#include "resolver/cache.h"
#include "resolver/delegation_store.h"
#include "resolver/resolver.h"
#include "resolver/shared_memory.h"

namespace cairn {
namespace {

// The options under which the trace runs: those of the configuration, but for what the flags ask.
ResolverOptions OptionsFor(const TraceCommand& command, ResolverOptions options) {
  // Nobody but the operator chooses what is asked here, so there is nobody to protect loopback servers from.
  if (command.options.config.empty() || command.server) options.query_loopback = true;
  if (command.server) {
    options.upstream_port = command.server->port;
    options.zone_rules = nullptr;  // whoever names a server wants to hear that one
    options.prime_root = false;    // the root's own idea of its servers would lead away from the one named
  }
  return options;
}

// The server of --server, as if hints had named it.
Delegation RootServedBy(const Endpoint& server) {
  Delegation root;
  root.servers.push_back({.name = Name(), .addresses = {server.address}});
  root.expires = Instant::max();
  return root;
}

TraceOutcome Render(const TraceCommand& command, const Trace& trace, std::string_view program,
                    TreeStyle style) {
  style.why = command.why;
  const trace::Answered* const answered = trace::GatherFacts(trace).answered;
  return {.text = command.format == TraceCommand::Format::kJson ? RenderJson(trace, program, command.why)
                                                                : RenderTree(trace, style),
          .succeeded = answered != nullptr &&
                       (answered->rcode == Rcode::kNoError || answered->rcode == Rcode::kNxDomain)};
}

}  // namespace

absl::StatusOr<TraceOutcome> ReplayTrace(const TraceCommand& command, TreeStyle style) {
  std::ifstream file(command.replay);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return InvalidArgument(fmt::format("{}: cannot be read", command.replay));
  const std::string document = std::move(text).str();
  const absl::StatusOr<StoredTrace> stored = ReadTrace(document, command.replay);
  if (!stored.ok()) return stored.status();
  return Render(command, stored->trace, stored->program, style);
}

absl::StatusOr<TraceOutcome> RunTrace(const TraceCommand& command, const ResolverOptions& options,
                                      const Clock& clock, Random& random, std::string_view program,
                                      TreeStyle style) {
  const auto effective = std::make_shared<const ResolverOptions>(OptionsFor(command, options));
  SharedMemoryOwner memory(*effective, random);
  EpochReader reader(memory.epochs());
  UvLoop loop(clock);
  UvNetwork network(loop);
  absl::StatusOr<std::unique_ptr<Resolver>> resolver =
      Resolver::Create({.clock = clock, .network = network, .random = random, .timers = loop.timers()},
                       memory.For(reader), effective);
  if (!resolver.ok()) return resolver.status();
  if (command.server) memory.delegations().SetPermanent(RootServedBy(*command.server));

  const auto trace = std::make_shared<TraceRecorder>(clock);
  bool done = false;
  (*resolver)->Resolve(command.asked, trace, [&done, &loop](const Answer&) {
    done = true;
    loop.Stop();
  });
  if (!done) loop.Run();
  return Render(command, trace->trace(), program, style);
}

}  // namespace cairn
