#include "resolver/alias_chain.h"

#include <algorithm>

#include "common/base/limits.h"

namespace cairn {

std::string_view ToText(AliasChain::State state) {
  switch (state) {
    case AliasChain::State::kOpen:
      return "open";
    case AliasChain::State::kComplete:
      return "complete";
    case AliasChain::State::kLoop:
      return "loop";
    case AliasChain::State::kTooLong:
      return "too long";
  }
  return "unknown";
}

AliasChain::AliasChain(Question asked) : asked_(std::move(asked)), question_(asked_) {
  collected_.asked = asked_;
  visited_.push_back(asked_.qname);
}

void AliasChain::Append(const Finding& finding) {
  for (const KeptRrset& set : finding.answer) {
    AddSet(set.rrset, set.rrsigs);
    if (set.rrset.type == rr::kCname && FollowsAliases() && state_ == State::kOpen)
      Follow(NameView::FromValidWire(set.rrset.rdatas.front().data()));
  }
  if (state_ != State::kOpen || finding.kind == FindingKind::kAlias) return;
  if (finding.kind == FindingKind::kNxDomain) collected_.rcode = Rcode::kNxDomain;
  if (finding.kind == FindingKind::kYxDomain) collected_.rcode = Rcode::kYxDomain;
  if (finding.soa) collected_.soa = finding.soa->rrset;
  state_ = State::kComplete;
}

void AliasChain::Append(const CacheHit& hit, Instant now) {
  switch (hit.outcome) {
    case CacheHit::Outcome::kMiss:
      return;
    case CacheHit::Outcome::kAlias:
      AddCached(*hit.entry, now);
      Follow(NameView::FromValidWire(hit.entry->rdatas().front().data()));
      return;
    case CacheHit::Outcome::kAnswer:
      AddCached(*hit.entry, now);
      break;
    case CacheHit::Outcome::kNxDomain:
      collected_.rcode = Rcode::kNxDomain;
      [[fallthrough]];
    case CacheHit::Outcome::kNoData:
      collected_.soa = hit.entry->SoaRrset(now);
      break;
    case CacheHit::Outcome::kFailure:
      collected_.rcode = hit.entry->failure_rcode();
      if (collected_.rcode == Rcode::kServFail) collected_.extended_error = ExtendedError::kCachedError;
      break;
  }
  state_ = State::kComplete;
}

void AliasChain::AppendDname(const CacheEntry& dname, Instant now) {
  const std::optional<Name> target = Name::FromWire(dname.rdatas().front());
  AddCached(dname, now);
  const std::optional<Name> next = Name::ReplaceSuffix(question_.qname, dname.owner(), *target);
  if (!next) {
    collected_.rcode = Rcode::kYxDomain;
    state_ = State::kComplete;
    return;
  }
  Rrset cname{.owner = question_.qname, .type = rr::kCname, .ttl = dname.RemainingTtl(now), .rdatas = {}};
  cname.rdatas.Add(next->wire());
  AddSet(std::move(cname), {});
  if (FollowsAliases())
    Follow(*next);
  else
    state_ = State::kComplete;
}

void AliasChain::Explain(ExtendedError why, std::string text) {
  collected_.extended_error = why;
  collected_.explanation = std::move(text);
}

CollectedAnswer AliasChain::TakeAnswer() {
  if (state_ == State::kLoop || state_ == State::kTooLong) {
    collected_.rcode = Rcode::kServFail;
    collected_.soa.reset();
  }
  return std::move(collected_);
}

void AliasChain::AddCached(const CacheEntry& entry, Instant now) {
  Rrset rrset = entry.ToRrset(now);
  // The cache folds case; at the name we are asking for we know how it is spelt.
  if (rrset.owner == question_.qname) rrset.owner = question_.qname;
  RdataSet rrsigs;
  for (const ByteView rrsig : entry.rrsigs()) rrsigs.Add(rrsig);
  AddSet(std::move(rrset), std::move(rrsigs));
}

void AliasChain::AddSet(Rrset rrset, RdataSet rrsigs) {
  const bool there = std::any_of(collected_.answer.begin(), collected_.answer.end(), [&](const Rrset& set) {
    return set.type == rrset.type && set.owner == rrset.owner;
  });
  if (there) return;
  collected_.answer.push_back(std::move(rrset));
  collected_.rrsigs.push_back(std::move(rrsigs));
}

void AliasChain::Follow(NameView target) {
  question_.qname = Name(target);
  if (std::find(visited_.begin(), visited_.end(), question_.qname) != visited_.end()) {
    state_ = State::kLoop;
  } else if (++restarts_ > limits::kMaxAliases) {
    state_ = State::kTooLong;
  } else {
    visited_.push_back(question_.qname);
  }
}

}  // namespace cairn
