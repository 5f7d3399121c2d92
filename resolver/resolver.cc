#include "resolver/resolver.h"

#include <utility>

#include "common/base/status.h"
#include "resolver/client_service.h"
#include "resolver/exchange.h"
#include "resolver/in_flight.h"
#include "resolver/priming.h"
#include "resolver/refresher.h"
#include "resolver/resolver_parts.h"
#include "resolver/root_hints.h"
#include "resolver/upstream_sockets.h"

namespace cairn {
namespace {

// Server addresses whose behaviour a worker remembers: the servers of some ten thousand zones.
constexpr size_t kServersRemembered = 65536;
// Zone cuts whose failures are remembered: a flood of dead ones forgets the least used.
constexpr size_t kFailuresRemembered = 16384;

}  // namespace

// In the order of their lives: what comes later uses what came before, and is gone first.
struct Resolver::Parts {
  Parts(ResolverWorld world, SharedMemory memory, std::shared_ptr<const ResolverOptions> its_options,
        std::shared_ptr<WorkerMemory> its_memory)
      : options(std::move(its_options)),
        delegations(memory.delegations),
        worker(its_memory ? std::move(its_memory) : std::make_shared<WorkerMemory>(world.random)),
        cut_crowd(options->fetches_per_zone, KeyedNameHash{SipKey::Draw(world.random)}),
        sockets(world.network, world.random, *options),
        exchanger(world.clock, world.timers, world.random, world.network, sockets, *options,
                  worker->counters),
        parts{.clock = world.clock,
              .timers = world.timers,
              .random = world.random,
              .options = *options,
              .cache = memory.cache,
              .delegations = memory.delegations,
              .epoch = memory.epoch,
              .servers = worker->servers,
              .cut_failures = worker->cut_failures,
              .cut_crowd = cut_crowd,
              .exchanger = exchanger,
              .counters = worker->counters,
              .in_flight = in_flight,
              .priming = priming,
              .refresher = refresher,
              .background = background},
        in_flight(parts),
        priming(parts),
        refresher(parts),
        clients(parts) {
    parts.epoch.GoOffline();  // online only while it reads
  }
  // Waiters go before what they wait for.
  ~Parts() {
    clients.CancelAll();
    in_flight.CancelAll();
    background.CancelAll();
  }

  std::shared_ptr<const ResolverOptions> options;
  Delegation hints;  // until TakeOver
  DelegationStore& delegations;
  std::shared_ptr<WorkerMemory> worker;
  CutCrowd cut_crowd;
  UpstreamSockets sockets;
  Exchanger exchanger;
  ResolverParts parts;
  Scope background;
  InFlight in_flight;
  Priming priming;
  Refresher refresher;
  ClientService clients;
};

absl::StatusOr<std::unique_ptr<Resolver>> Resolver::Prepare(ResolverWorld world, SharedMemory memory,
                                                            std::shared_ptr<const ResolverOptions> options,
                                                            std::shared_ptr<WorkerMemory> worker) {
  absl::StatusOr<Delegation> hints = ReadRootHints(options->root_hints);
  if (!hints.ok()) return hints.status();
  auto parts = std::make_unique<Parts>(world, memory, std::move(options), std::move(worker));
  CAIRN_RETURN_IF_ERROR(parts->sockets.Check());
  parts->hints = *std::move(hints);
  return std::unique_ptr<Resolver>(new Resolver(std::move(parts)));
}

absl::StatusOr<std::unique_ptr<Resolver>> Resolver::Create(ResolverWorld world, SharedMemory memory,
                                                           std::shared_ptr<const ResolverOptions> options,
                                                           std::shared_ptr<WorkerMemory> worker) {
  absl::StatusOr<std::unique_ptr<Resolver>> resolver =
      Prepare(world, memory, std::move(options), std::move(worker));
  if (resolver.ok()) (*resolver)->TakeOver();
  return resolver;
}

void Resolver::TakeOver() { parts_->delegations.SetPermanent(std::move(parts_->hints)); }

void Resolver::Retire() { parts_->parts.retired = true; }

WorkerMemory::WorkerMemory(Random& random)
    : servers(kServersRemembered, random), cut_failures(kFailuresRemembered, random) {}

Resolver::Resolver(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Resolver::~Resolver() = default;

void Resolver::OnQueries(std::span<Query> batch) { parts_->clients.OnQueries(batch); }

void Resolver::Resolve(Question asked, std::shared_ptr<TraceRecorder> trace,
                       std::function<void(Answer)> done) {
  parts_->clients.Resolve(std::move(asked), std::move(trace), std::move(done));
}

void Resolver::SetTraceTap(TraceTap* tap) { parts_->clients.SetTraceTap(tap); }

const ResolverCounters& Resolver::counters() const { return parts_->worker->counters; }

const ServerMemory& Resolver::servers() const { return parts_->worker->servers; }

size_t Resolver::active() const {
  return parts_->clients.waiting() + parts_->in_flight.size() + parts_->background.size();
}

}  // namespace cairn
