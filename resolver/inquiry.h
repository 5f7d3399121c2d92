// RFC 1034 section 5.3.3 step 3, "Send them queries until one returns a response": one question, and the
// servers of one zone cut. The one with the lowest expected time to an answer is asked (slist.h). When its
// reply is late against its own history, whoever is best then is asked as well, or the same query sent once
// more, inside a budget (a hedge); when it is overdue, that is done in any case. The first useful reply wins;
// the other server is listened to a little longer, and only to measure it. At most two queries are on their
// way for one question, never two of them to one server, so that a guesser has hardly more to hit than one
// (RFC 5452 section 5). Addresses of servers are looked up here, when those known are of no avail.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "common/async/task.h"
#include "common/async/waits.h"
#include "common/dns/message.h"
#include "common/trace/trace.h"
#include "resolver/delegation_store.h"
#include "resolver/exchange.h"
#include "resolver/in_flight.h"
#include "resolver/resolver_parts.h"
#include "resolver/server_addresses.h"
#include "resolver/slist.h"

namespace cairn {

// How the servers of the cut at hand are asked, and which question.
struct Asking {
  Name cut;
  DelegationKind kind = DelegationKind::kIterate;
  bool over_tcp = false;
  Question shown;
  bool whole = true;  // `shown` is the question itself
};

class Inquiry {
 public:
  // A server and its reply.
  struct Reply {
    SlistPick pick;
    ExchangeResult result;
  };

  // `fetch` outlives it; what is on its way when it ends keeps a share.
  Inquiry(ResolverParts& parts, RunningFetch& fetch, const Delegation& cut, Asking asking, TracePoint at);
  ~Inquiry();
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;

  // The next reply; nullopt when nobody is left to ask, or the purse is empty.
  Task<std::optional<Reply>> Next();
  // That reply was of no use: its server is not asked again.
  void Discard(const Reply& reply) { servers_.Discard(reply.pick.endpoint); }
  // That one was: whoever was asked beside it is only measured.
  void Settle();

  // Servers were asked, and none of them replied.
  bool in_vain() const { return asked_ && !reached_ && !purse_empty_; }
  // Too many queries were on their way to some server, which was therefore left out.
  bool crowded() const { return crowded_; }
  // Who was silent, if nobody has replied since.
  const std::optional<SlistPick>& silent() const { return silent_; }

  // A zone is left alone since nobody answered there. One copy of the question goes to a server that has had
  // its rest, and ends the zone's when it is answered. Nobody waits.
  static void ProbeResting(ResolverParts& parts, RunningFetch& fetch, const Delegation& cut,
                           const Asking& asking, TracePoint at);

 private:
  class Query;
  enum class Wish : uint8_t { kNone, kHedge, kNextServer };

  bool AskNext(Slist::Whom whom);
  bool FindMoreOrGiveUp();
  bool Ask(const SlistPick& pick, bool hedge);
  trace::Attempt AttemptAt(const SlistPick& pick, bool hedge) const;
  void LeaveOneBehind(const SlistPick& pick);
  void StartProbe(const SlistPick& pick);
  bool MayHopeFor() const;
  void OnLate(const Query& query);
  void OnOverdue(const Query& query);
  void OnEnd(const Query& query);
  void OnSilence(const SlistPick& pick);
  void Wake(Wish wish);
  std::optional<Reply> TakeReply();
  static ExchangeRequest RequestTo(const ResolverParts& parts, const SlistPick& pick, const Asking& asking,
                                   trace::Attempt attempt, bool traced);
  static void SendProbe(ResolverParts& parts, RunningFetch& fetch, const SlistProbe& probe,
                        const Asking& asking, TracePoint at);

  ResolverParts& parts_;
  RunningFetch& fetch_;
  const Asking asking_;
  const TracePoint at_;
  Slist servers_;
  ServerAddresses addresses_;
  CutCrowd::Visitor waits_in_vain_;
  std::vector<std::shared_ptr<Query>> under_way_;  // the newest last
  std::vector<std::shared_ptr<Query>> ended_;      // with a reply, not yet handed on
  Event news_;
  Wish wish_ = Wish::kNextServer;
  std::optional<SlistPick> silent_;
  bool started_ = false, asked_ = false, reached_ = false, crowded_ = false, purse_empty_ = false;
};

}  // namespace cairn
