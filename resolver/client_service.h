// The clients' side of the resolver. A batch of queries is worked on as a batch: read all, hash all and
// prefetch all, then answer all that the cache knows as plain function calls; cache misses of one query
// overlap with those of the others. What is not known becomes a Resolution, and its client waits in a
// coroutine of its own.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "common/async/scope.h"
#include "common/async/task.h"
#include "common/dns/query_reader.h"
#include "common/net/network.h"
#include "common/service/edns_responder.h"
#include "resolver/cache.h"
#include "resolver/client_query.h"
#include "resolver/resolver.h"
#include "resolver/resolver_parts.h"

namespace cairn {

class ClientService {
 public:
  explicit ClientService(ResolverParts& parts)
      : parts_(parts),
        edns_({.udp_payload_octets = parts.options.edns_buffer_size_octets,
               .nsid = parts.options.identity.identity,
               .cookies = parts.options.cookies},
              &parts.clock) {}

  void OnQueries(std::span<Query> batch);
  void Resolve(Question asked, std::shared_ptr<TraceRecorder> trace, std::function<void(Answer)> done);
  void SetTraceTap(TraceTap* tap) { tap_ = tap; }

  // Clients that wait for a resolution.
  size_t waiting() const { return waiting_.size(); }
  void CancelAll() { waiting_.CancelAll(); }

 private:
  static constexpr size_t kBatch = 32;

  // What becomes of a query after the first look at it.
  enum class Fate : uint8_t { kDone, kFromCache };

  // One query of a batch. They stay in the service, where they are warm, instead of going over the stack.
  struct Place {
    QueryView view;
    CacheKey key;
    ResponseOpt opt;
    Fate fate = Fate::kDone;
  };

  void AnswerBatch(std::span<Query> batch);
  Fate Receive(Query& query, Place& place);
  bool AnswerForCookie(Query& query, const Place& place, CookieStanding standing);
  Fate Refuse(Query& query, const Place& place, Rcode rcode, std::optional<ExtendedError> why);
  bool AnswerFromCache(Query& query, Place& place, Instant now);
  void AnswerWithoutRecursion(Query& query, const Place& place);
  void Recurse(Query& query, const Place& place);
  Task<void> Serve(ClientQuery client, Question asked, std::shared_ptr<TraceRecorder> trace);
  Task<void> ServeLocal(Question asked, std::shared_ptr<TraceRecorder> trace,
                        std::function<void(Answer)> done);
  void Finish(const Answer& answer, const WorkBudget& budget, TracePoint root);
  void Send(const ClientQuery& client, const Answer& answer);

  ResolverParts& parts_;
  EdnsResponder edns_;
  TraceTap* tap_ = nullptr;
  std::array<Place, kBatch> places_;
  Scope waiting_;
};

}  // namespace cairn
