// The clients' side of the resolver. A batch of queries is worked on as a batch: read all, hash all and
// prefetch all, then answer all that the cache knows as plain function calls; cache misses of one query
// overlap with those of the others. What is not known becomes a Resolution, and its client waits in a
// coroutine of its own, with a seat in the ClientTable.
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
#include "resolver/client_table.h"
#include "resolver/rebinding_filter.h"
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
              &parts.clock),
        filter_(parts.options.rebinding, parts.options.zone_rules.get()),
        waiting_(parts.options.clients, parts.random) {}

  void OnQueries(std::span<Query> batch);
  void Resolve(Question asked, std::shared_ptr<TraceRecorder> trace, std::function<void(Answer)> done);
  void SetTraceTap(TraceTap* tap) { tap_ = tap; }

  // Clients that wait for a resolution.
  size_t waiting() const { return waiting_.taken() + operators_.size(); }
  void CancelAll() {
    waiting_.CancelAll();
    operators_.CancelAll();
  }

 private:
  static constexpr size_t kBatch = 32;

  // What becomes of a query after the first look at it.
  enum class Fate : uint8_t {
    kDone,
    kFromCache,
    kLocal,  // something written here may answer, and comes before the cache
  };

  // One query of a batch. They stay in the service, where they are warm, instead of going over the stack.
  struct Place {
    QueryView view;
    CacheKey key;
    ResponseOpt opt;
    bool verified = false;  // ClientQuery::verified
    Fate fate = Fate::kDone;
  };

  void AnswerBatch(std::span<Query> batch);
  Fate Receive(Query& query, Place& place);
  bool IsTraced(const QueryView& view) const;
  void TraceTurnedAway(const Query& query, const Place& place, std::initializer_list<trace::EventBody> rest);
  bool AnswerForCookie(Query& query, const Place& place, CookieStanding standing);
  Fate LookAtName(Query& query, const Place& place, AccessRule::Action access);
  Fate Refuse(Query& query, const Place& place, Rcode rcode, std::optional<ExtendedError> why = std::nullopt,
              std::string_view text = {});
  static ClientQuery ClientOf(const Query& query, const Place& place);
  bool LeadsInside(const Place& place, CacheHit hit, Instant now) const;
  bool AnswerFromCache(Query& query, Place& place, Instant now);
  bool AnswerInFull(Query& query, const Place& place, Instant now);
  void AnswerWithoutRecursion(Query& query, const Place& place);
  bool AnswerHere(Query& query, const Place& place);
  void Recurse(Query& query, const Place& place);
  ClientTable::Seat* FindSeat(Query& query, const Place& place);
  void GiveWay(ClientTable::Seat& seat);
  std::shared_ptr<TraceRecorder> BeginTrace(const Query& query, const Place& place) const;
  // `seat` holds this very task.
  Task<void> Serve(ClientTable::Seat* seat, Question asked, std::shared_ptr<TraceRecorder> trace);
  Task<void> ServeLocal(Question asked, std::shared_ptr<TraceRecorder> trace,
                        std::function<void(Answer)> done);
  void Finish(Answer& answer, const WorkBudget& budget, TracePoint root);
  bool TooLate(const ClientTable::Seat& seat) const;
  static Answer Bare(Answer answer);
  void SendStale(ClientTable::Seat& seat, Answer answer, TracePoint root);
  void Send(ClientTable::Seat& seat, const Answer& answer, TracePoint root = {});

  ResolverParts& parts_;
  EdnsResponder edns_;
  TraceTap* tap_ = nullptr;
  std::array<Place, kBatch> places_;
  const RebindingFilter filter_;
  ClientTable waiting_;
  Scope operators_;  // questions of the control socket and of `trace`
};

}  // namespace cairn
