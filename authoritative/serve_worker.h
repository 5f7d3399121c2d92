// One worker of the authority: a thread with a loop, sockets of its own on every listen address and a
// Responder. Workers share the zones and nothing else.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "authoritative/responder.h"
#include "authoritative/serve_transfer.h"
#include "common/base/clock.h"
#include "common/net/uv_loop.h"
#include "common/net/uv_network.h"
#include "common/service/network_report.h"

namespace cairn {

// What a worker answers from; replaced whole.
struct ServedData {
  std::shared_ptr<const ZoneSet> zones;
  std::shared_ptr<const TransferRules> transfer_rules;
  CookieOptions cookies;
  RateLimitOptions rate_limit;  // of one worker
  AnyAnswer any = AnyAnswer::kMinimal;
};

struct WorkerCounters {
  NetworkFigures network;
  ResponderCounters responder;
  EdnsCounters edns;
  RateLimitCounters rate_limit;
  TransferCounters transfers;
};

class AuthWorker {
 public:
  AuthWorker(const Clock& clock, ResponderOptions responder, UvNetworkOptions network);
  ~AuthWorker();  // ends the thread

  // Before Start. Replaces a port of 0 in `local` by the one the system chose, so that the next worker shares
  // it.
  absl::Status Listen(Endpoint& local);
  void Start(const ServedData& served);

  // From the main thread, while the worker runs. Serve returns when no query is answered from what was served
  // before, so that the caller, and not the worker, frees it.
  void Serve(const ServedData& served);
  WorkerCounters Counters();

 private:
  void Use(const ServedData& served);
  void OnWorker(const std::function<void()>& work);

  UvLoop loop_;
  UvNetwork network_;
  Responder responder_;
  TransferService transfers_;  // sees queries first
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::thread thread_;
};

}  // namespace cairn
