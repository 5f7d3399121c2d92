#include "resolver/cut_failures.h"

#include <algorithm>

namespace cairn {

Duration CutFailures::RestOf(NameView cut, Instant now) {
  if (cuts_.size() == 0) return Duration::zero();
  const Failing* failing = cuts_.Find(cut);
  return failing == nullptr ? Duration::zero() : std::max(failing->until - now, Duration::zero());
}

void CutFailures::OnFailure(const Name& cut, Instant now) {
  if (cut.IsRoot()) return;
  const Failing* before = cuts_.Find(cut);
  // A row ends when nothing failed for as long as the longest rest.
  const bool in_a_row = before != nullptr && now < before->until + kLongestRest;
  const Duration rest = in_a_row ? std::clamp(2 * before->rest, kFirstRest, kLongestRest) : Duration::zero();
  cuts_.Put(cut, Failing{.rest = rest, .until = now + rest}, 1);
  several_failed_ = several_failed_ || (!failed_.IsRoot() && failed_ != cut);
  failed_ = cut;
}

void CutFailures::OnReply(Instant now) {
  if (several_failed_ && now - heard_ >= kPause)
    cuts_.EraseIf([](const Name&, const Failing&) { return true; });
  heard_ = now;
  several_failed_ = false;
  failed_ = Name();
}

}  // namespace cairn
