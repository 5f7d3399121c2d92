// The clients that wait for a resolution, and who of them gives way when there are too many (THREATS section
// 1, "client table exhaustion"). Seats are bounded. One address gets few of them, and more when its cookie
// proves that it is its own (RFC 7873). When all are taken, who has waited longest gives up his seat, as long
// as the slow ones hold more than half: names whose servers are dead fill seats for seconds, those of
// everybody else for milliseconds (CVE-2026-42534).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/async/scope.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "resolver/client_query.h"
#include "resolver/keyed_hash.h"
#include "resolver/resolver_options.h"

namespace cairn {

class ClientTable {
 public:
  class Seat {
   public:
    ClientQuery client;
    Instant since{};
    bool answered = false;  // and waits on, for what the answer is to be next time
    Scope work;  // the coroutine that finds the answer; a task in it may free the seat as its last act

   private:
    friend class ClientTable;
    Endpoint share;  // whose share it counts in
    Seat* earlier = nullptr;
    Seat* later = nullptr;
    bool slow = false;
  };

  enum class Refusal : uint8_t { kNone, kTableFull, kShareTaken };

  ClientTable(const ClientLimits& limits, Random& random);

  // What a client at `address` is told now; kTableFull when nobody may be asked to give way either.
  Refusal Consider(const IpAddress& address, bool verified, Instant now);
  // Who must leave before Take; null while there is room.
  Seat* WhoGivesWay(Instant now);
  // Only after Consider said kNone, and when there is room.
  Seat& Take(ClientQuery client, bool verified, Instant now);
  // The seat is empty; whatever ran in it has ended or is about to.
  void Free(Seat& seat);

  size_t taken() const { return taken_; }
  void CancelAll();

 private:
  static Endpoint ShareOf(const IpAddress& address, bool verified);
  void CountSlow(Instant now);

  const ClientLimits limits_;
  std::deque<Seat> seats_;  // never move; grown when needed
  std::vector<Seat*> empty_;
  absl::flat_hash_map<Endpoint, size_t, KeyedEndpointHash> shares_;
  Seat* earliest_ = nullptr;  // in the order they came
  Seat* latest_ = nullptr;
  Seat* earliest_fast_ = nullptr;  // the first that is not yet counted as slow
  size_t taken_ = 0;
  size_t slow_ = 0;
};

}  // namespace cairn
