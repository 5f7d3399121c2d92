// One worker of the authority: a thread with a loop, sockets of its own on every listen address and a
// Responder. Workers share the zones and nothing else.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "authoritative/responder.h"
#include "common/base/clock.h"
#include "common/net/uv_loop.h"
#include "common/net/uv_network.h"

namespace cairn {

struct WorkerCounters {
  UvNetworkCounters network;
  ResponderCounters responder;
  size_t tcp_connections = 0;
};

class AuthWorker {
 public:
  AuthWorker(const Clock& clock, ResponderOptions responder, UvNetworkOptions network);
  ~AuthWorker();  // ends the thread

  // Before Start. Replaces a port of 0 in `local` by the one the system chose, so that the next worker shares
  // it.
  absl::Status Listen(Endpoint& local);
  void Start(std::shared_ptr<const ZoneSet> zones);

  // From the main thread, while the worker runs. SetZones returns when no query is answered from the zones
  // before any more, so that whoever calls, and not the worker, frees them.
  void SetZones(std::shared_ptr<const ZoneSet> zones);
  WorkerCounters Counters();

 private:
  void OnWorker(const std::function<void()>& work);

  UvLoop loop_;
  UvNetwork network_;
  Responder responder_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::thread thread_;
};

}  // namespace cairn
