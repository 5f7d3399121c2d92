#include "resolver/stale_answer.h"

#include <utility>

#include "resolver/local_answer.h"

namespace cairn {
namespace {

// RFC 6672 section 3.4: the closest one above.
CacheHit LookupDnameAbove(const Cache& cache, NameView name, Instant now) {
  while (!name.IsRoot()) {
    name = name.Parent();
    const CacheHit hit = cache.LookupStale(name, rr::kDname, now);
    if (hit.outcome == CacheHit::Outcome::kAnswer) return hit;
  }
  return {};
}

// What validation says of data is not overruled by older data.
bool SaysForged(const CollectedAnswer& answer) {
  return answer.extended_error == ExtendedError::kDnssecBogus ||
         answer.extended_error == ExtendedError::kDnssecIndeterminate;
}

}  // namespace

std::optional<CollectedAnswer> AnswerFromStale(const Cache& cache, const ZoneRules* rules,
                                               const Question& asked, Ttl stale_ttl, Instant now) {
  AliasChain chain(asked);
  std::optional<ExtendedError> stale;
  while (!chain.complete()) {
    const Question& question = chain.question();
    const std::optional<LocalAnswer> local =
        rules != nullptr ? AnswerLocally(*rules, question) : std::optional<LocalAnswer>();
    if (local && local->blocks()) return std::nullopt;
    if (local) {  // what is written here is never stale
      Append(chain, *local);
      continue;
    }
    const CacheHit hit = cache.LookupStale(question.qname, question.qtype, now);
    const CacheHit link = hit ? hit : LookupDnameAbove(cache, question.qname, now);
    if (!link) return std::nullopt;
    // A DNAME from above says nothing of a zone that has servers of its own here.
    if (!hit && rules != nullptr && rules->Match(link.entry->owner()) != rules->Match(question.qname))
      return std::nullopt;
    if (link.entry->Expired(now)) {
      const bool denied = hit.outcome == CacheHit::Outcome::kNxDomain;
      stale = denied ? ExtendedError::kStaleNxDomain : ExtendedError::kStaleAnswer;
    }
    if (hit)
      chain.Append(hit, now);
    else
      chain.AppendDname(*link.entry, now);
  }
  if (chain.state() != AliasChain::State::kComplete) return std::nullopt;
  CollectedAnswer answer = chain.TakeAnswer();
  answer.extended_error = stale;
  // Of live records at least a second is left.
  for (Rrset& rrset : answer.answer)
    if (rrset.ttl.seconds() == 0) rrset.ttl = stale_ttl;
  if (answer.soa && answer.soa->ttl.seconds() == 0) answer.soa->ttl = stale_ttl;
  return answer;
}

StaleFallback::StaleFallback(ResolverParts& parts, Question asked,
                             std::function<void(const CollectedAnswer&)> send, TracePoint at)
    : parts_(parts), asked_(std::move(asked)), send_(std::move(send)), at_(at), timer_(parts.timers) {
  if (!parts_.options.serve_stale || !send_) return;
  timer_.Set(parts_.clock.Now() + parts_.options.stale_client_timeout, [this] {
    const std::optional<CollectedAnswer> answer = Find("the client has waited long enough");
    if (!answer) return;
    answered_ = true;
    send_(*answer);
  });
}

void StaleFallback::MendFailure(CollectedAnswer& answer) {
  if (!parts_.options.serve_stale || answer.rcode != Rcode::kServFail || SaysForged(answer)) return;
  if (std::optional<CollectedAnswer> stale = Find("the resolution failed")) answer = *std::move(stale);
}

std::optional<CollectedAnswer> StaleFallback::Find(std::string_view occasion) {
  const CacheReading reading(parts_.epoch);
  const Ttl stale_ttl = Ttl::Seconds(parts_.options.stale_reply_ttl_s);
  std::optional<CollectedAnswer> answer =
      AnswerFromStale(parts_.cache, parts_.options.zone_rules.get(), asked_, stale_ttl, parts_.clock.Now());
  if (!answer) return std::nullopt;
  if (answer->extended_error) ++parts_.counters.stale_answers;
  if (at_) at_.Add(trace::StaleServed{.question = asked_, .occasion = std::string(occasion)});
  return answer;
}

}  // namespace cairn
