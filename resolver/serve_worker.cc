#include "resolver/serve_worker.h"

#include <utility>

#include "common/base/status.h"

namespace cairn {

ServeWorker::ServeWorker(const Clock& clock, SharedMemoryOwner& memory, UvNetworkOptions network)
    : clock_(clock),
      epoch_(memory.epochs()),
      memory_(memory.For(epoch_)),
      random_(NewSystemRandom()),
      worker_(std::make_shared<WorkerMemory>(*random_)),
      loop_(clock),
      network_(loop_, network) {
  loop_.AtTurnEnd([this] { EndRetired(); });
}

ServeWorker::~ServeWorker() = default;

absl::StatusOr<std::unique_ptr<Resolver>> ServeWorker::NewResolver(
    std::shared_ptr<const ResolverOptions> options) {
  const ResolverWorld world{
      .clock = clock_, .network = network_, .random = *random_, .timers = loop_.timers()};
  return Resolver::Prepare(world, memory_, std::move(options), worker_);
}

absl::Status ServeWorker::CreateResolver(std::shared_ptr<const ResolverOptions> options) {
  absl::StatusOr<std::unique_ptr<Resolver>> resolver = NewResolver(std::move(options));
  if (!resolver.ok()) return resolver.status();
  resolver_ = *std::move(resolver);
  resolver_->TakeOver();
  return absl::OkStatus();
}

absl::Status ServeWorker::Listen(std::vector<Endpoint>& endpoints) {
  for (Endpoint& endpoint : endpoints) {
    absl::StatusOr<std::unique_ptr<Listener>> listener = network_.Listen(endpoint, *this);
    if (!listener.ok()) return listener.status();
    endpoint = (*listener)->local();
    listeners_.push_back(*std::move(listener));
  }
  return absl::OkStatus();
}

void ServeWorker::Start() {
  thread_ = std::thread([this] { loop_.Run(); });
}

void ServeWorker::Stop() {
  if (!thread_.joinable()) return;
  loop_.Stop();
  thread_.join();
}

void ServeWorker::Post(std::function<void(Resolver&)> work) {
  loop_.Post([this, work = std::move(work)] { work(*resolver_); });
}

absl::Status ServeWorker::Prepare(std::shared_ptr<const ResolverOptions> options) {
  return Ask<absl::Status>([this, &options](Resolver&) {
    absl::StatusOr<std::unique_ptr<Resolver>> next = NewResolver(std::move(options));
    if (next.ok()) prepared_ = *std::move(next);
    return next.status();
  });
}

void ServeWorker::Retire() {
  Ask<bool>([](Resolver& old) {
    old.Retire();
    return true;
  });
}

void ServeWorker::TakeOver() {
  Ask<bool>([this](Resolver&) {
    prepared_->TakeOver();
    prepared_->SetTraceTap(tap_.get());
    retired_.push_back(std::exchange(resolver_, std::move(prepared_)));
    return true;
  });
}

void ServeWorker::DropPrepared() {
  Post([this](Resolver&) { prepared_.reset(); });
}

void ServeWorker::SetTap(std::unique_ptr<ServeTap> tap) {
  // A std::function must be copyable.
  Post([this, next = std::make_shared<std::unique_ptr<ServeTap>>(std::move(tap))](Resolver& resolver) {
    resolver.SetTraceTap(next->get());
    for (const std::unique_ptr<Resolver>& old : retired_) old->SetTraceTap(next->get());
    tap_ = std::move(*next);
  });
}

// At the end of a turn no resolver is on the stack.
void ServeWorker::EndRetired() {
  std::erase_if(retired_, [](const std::unique_ptr<Resolver>& old) { return old->active() == 0; });
}

}  // namespace cairn
