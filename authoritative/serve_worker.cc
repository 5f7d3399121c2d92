#include "authoritative/serve_worker.h"

#include <future>
#include <utility>

namespace cairn {

AuthWorker::AuthWorker(const Clock& clock, ResponderOptions responder, UvNetworkOptions network)
    : loop_(clock),
      network_(loop_, network),
      responder_(std::move(responder), &clock),
      transfers_(responder_, responder_.edns(), responder_.rate_limiter(), &clock) {}

AuthWorker::~AuthWorker() {
  if (!thread_.joinable()) return;
  loop_.Stop();
  thread_.join();
}

absl::Status AuthWorker::Listen(Endpoint& local) {
  absl::StatusOr<std::unique_ptr<Listener>> listener = network_.Listen(local, transfers_);
  if (!listener.ok()) return listener.status();
  local = (*listener)->local();
  listeners_.push_back(*std::move(listener));
  return absl::OkStatus();
}

void AuthWorker::Start(const ServedData& served) {
  Use(served);
  thread_ = std::thread([this] { loop_.Run(); });
}

void AuthWorker::Serve(const ServedData& served) {
  OnWorker([&] { Use(served); });
}

void AuthWorker::Use(const ServedData& served) {
  responder_.SetAny(served.any);
  responder_.SetZones(served.zones);
  responder_.SetClientPolicy(served.cookies, served.rate_limit);
  transfers_.Set(served.zones, served.transfer_rules);
}

WorkerCounters AuthWorker::Counters() {
  WorkerCounters counters;
  OnWorker([&] {
    counters = {.network = FiguresOf(network_),
                .responder = responder_.counters(),
                .edns = responder_.edns_counters(),
                .rate_limit = responder_.rate_limit_counters(),
                .transfers = transfers_.counters()};
  });
  return counters;
}

// Runs `work` between two batches of the worker and waits for it.
void AuthWorker::OnWorker(const std::function<void()>& work) {
  std::promise<void> done;
  loop_.Post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace cairn
