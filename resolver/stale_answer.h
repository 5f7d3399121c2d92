// Answers from what has expired (RFC 8767; option serve-stale): a client that has waited for its timer, or
// whose resolution failed, gets the last answer that was known rather than none. Fresh data go before stale
// ones at each link of the chain, and data which DNSSEC refused are never served. The resolution goes on
// meanwhile, so that the next client may have the fresh answer.
#pragma once

#include <functional>
#include <optional>

#include "common/async/timer_queue.h"
#include "common/base/clock.h"
#include "common/dns/message.h"
#include "common/trace/trace.h"
#include "resolver/alias_chain.h"
#include "resolver/cache.h"
#include "resolver/resolver_parts.h"

namespace cairn {

// The whole answer to `asked` as far back as the cache goes; stale records have `stale_ttl`, and the extended
// error says that there are any (RFC 8914 sections 4.4 and 4.20). nullopt when a link is missing, or is for
// `rules` (may be nullptr) to answer. The caller must be a reader of the cache.
std::optional<CollectedAnswer> AnswerFromStale(const Cache& cache, const ZoneRules* rules,
                                               const Question& asked, Ttl stale_ttl, Instant now);

// Beside the resolution of one client's question. Does nothing unless serve-stale is on.
class StaleFallback {
 public:
  // `send` is called once, when the client timer ends and there is a stale answer; never after this is gone.
  // Without it there is no timer.
  StaleFallback(ResolverParts& parts, Question asked, std::function<void(const CollectedAnswer&)> send,
                TracePoint at);

  // The client has its answer: what the resolution finds is for the cache alone.
  bool answered() const { return answered_; }
  // Turns a failure into the stale answer, when there is one (RFC 8767 section 5). Not where validation said
  // that data are forged: then the failure is the answer.
  void MendFailure(CollectedAnswer& answer);

 private:
  std::optional<CollectedAnswer> Find(std::string_view occasion);

  ResolverParts& parts_;
  const Question asked_;
  const std::function<void(const CollectedAnswer&)> send_;
  const TracePoint at_;
  bool answered_ = false;
  Timer timer_;
};

}  // namespace cairn
