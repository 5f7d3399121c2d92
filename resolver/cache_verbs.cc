#include "resolver/cache_verbs.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>
#include <vector>

#include "common/dns/rdata_text.h"
#include "common/trace/text.h"
#include "common/zonefile/zone_writer.h"
#include "resolver/alias_chain.h"
#include "resolver/resolution_trace.h"

namespace cairn {
namespace {

// Fills the reply up to its limit and counts the lines beyond it.
class LimitedText {
 public:
  explicit LimitedText(size_t most_octets) : most_octets_(most_octets) {}
  void Add(std::string_view lines) {
    if (text_.size() + lines.size() <= most_octets_)
      text_ += lines;
    else
      ++left_out_;
  }
  std::string Take() {
    if (left_out_ > 0)
      fmt::format_to(std::back_inserter(text_), "; {} further entries do not fit\n", left_out_);
    return std::move(text_);
  }

 private:
  const size_t most_octets_;
  std::string text_;
  size_t left_out_ = 0;
};

// As Resolution does it (RFC 1034 section 5.3.3 step 1), without asking anybody.
bool AppendFromCache(const Cache& cache, AliasChain& chain, Instant now) {
  const NameView qname = chain.question().qname;
  if (const CacheHit hit = cache.Lookup(qname, chain.question().qtype, now)) {
    chain.Append(hit, now);
  } else if (const CacheEntry* dname = cache.FindDname(qname, now)) {
    chain.AppendDname(*dname, now);
  } else if (const CacheEntry* denied = cache.FindNxDomainAbove(qname, now)) {
    chain.Append(CacheHit{CacheHit::Outcome::kNxDomain, denied}, now);
  } else {
    return false;
  }
  return true;
}

}  // namespace

// "authoritative answer, from 192.0.2.53 for example., learnt 2026-11-20T13:00:00Z".
std::string CacheDesk::Remark(const CacheEntry& entry, Instant now) const {
  std::string text;
  if (entry.kind() != CacheKind::kFailure) text += ToText(entry.rank());
  if (entry.kind() == CacheKind::kFailure) text += fmt::format("{} in a row", entry.failures_in_a_row());
  if (entry.security() != Security::kUnchecked)
    fmt::format_to(std::back_inserter(text), ", {}", ToText(entry.security()));
  if (const std::optional<IpAddress> filler = entry.filler())
    fmt::format_to(std::back_inserter(text), ", from {}", filler->ToText());
  if (const std::optional<NameView> zone = entry.zone())
    fmt::format_to(std::back_inserter(text), " for {}", zone->ToText());
  const auto age = std::chrono::floor<std::chrono::seconds>(now - entry.stored()).count();
  fmt::format_to(std::back_inserter(text), ", learnt {}", UtcText({clock_.Wall().seconds - age}));
  return text;
}

std::string CacheDesk::Lines(const CacheEntry& entry, Instant now) const {
  std::string text;
  const std::string remark = Remark(entry, now);
  if (entry.kind() != CacheKind::kRrset) {
    std::string what = entry.owner().ToText();
    if (entry.type() != RrType{0}) what += " " + entry.type().ToText();
    if (entry.kind() == CacheKind::kFailure && entry.failure_rcode() != Rcode::kServFail)
      fmt::format_to(std::back_inserter(text), "; {} {} without an SOA, {} s left: {}\n", what,
                     ToText(entry.failure_rcode()), entry.RemainingTtl(now).seconds(), remark);
    else if (entry.kind() == CacheKind::kFailure)
      fmt::format_to(std::back_inserter(text), "; {} failure, {} s left, {}: {}\n", what,
                     entry.RemainingTtl(now).seconds(), InWords(entry.failure()), remark);
    else
      fmt::format_to(std::back_inserter(text), "; {} {}, {} s left, SOA of {}, {}\n", what,
                     ToText(entry.kind()), entry.RemainingTtl(now).seconds(), entry.soa_owner().ToText(),
                     remark);
    return text;
  }
  for (const auto& [type, rdatas] : {std::pair(entry.type(), entry.rdatas()), {rr::kRrsig, entry.rrsigs()}}) {
    for (const ByteView rdata : rdatas) {
      if (entry.Expired(now)) text += "; expired: ";
      AppendZoneLine(entry.owner(), entry.RemainingTtl(now), kClassIn, type, rdata, text);
      text.pop_back();
      text += " ; " + remark + "\n";
    }
  }
  return text;
}

std::string CacheDesk::Dump(NameView top, size_t most_octets) const {
  const Instant now = clock_.Now();
  LimitedText text(most_octets);
  cache_.ForEach([&](const CacheEntry& entry) {
    if (entry.owner().IsAtOrBelow(top)) text.Add(Lines(entry, now));
  });
  delegations_.ForEach([&](const Delegation& delegation) {
    if (delegation.cut.IsAtOrBelow(top)) text.Add(fmt::format("; zone cut {}\n", delegation.ToText(now)));
  });
  return text.Take();
}

std::string CacheDesk::WouldBeAnswered(const Question& asked, Instant now) const {
  AliasChain chain(asked);
  while (!chain.complete()) {
    if (AppendFromCache(cache_, chain, now)) continue;
    return fmt::format("would be answered after asking servers for {}\n", chain.question().ToText());
  }
  const CollectedAnswer answer = chain.TakeAnswer();
  std::string text = fmt::format("would be answered {} from the cache\n", ToText(answer.rcode));
  for (const Rrset& rrset : answer.answer) text += rrset.ToText() + "\n";
  if (answer.soa) text += answer.soa->ToText() + "\n";
  return text;
}

std::string CacheDesk::Lookup(const Question& asked) const {
  const Instant now = clock_.Now();
  std::string text;
  {
    const EpochReader reading(epochs_);
    std::vector<const CacheEntry*> known = cache_.Known(asked.qname, asked.qtype);
    if (const CacheEntry* dname = cache_.FindDname(asked.qname, now)) known.push_back(dname);
    if (const CacheEntry* denied = cache_.FindNxDomainAbove(asked.qname, now)) known.push_back(denied);
    for (const CacheEntry* entry : known) text += Lines(*entry, now);
    if (known.empty()) text += fmt::format("{} is not in the cache\n", asked.ToText());
    text += WouldBeAnswered(asked, now);
  }
  if (const auto cut = delegations_.Closest(asked.qname, now))
    text += fmt::format("closest zone cut: {}\n", cut->ToText(now));
  return text;
}

std::string CacheDesk::Flush(NameView name, bool subtree, std::optional<RrType> type) {
  const size_t entries = subtree ? cache_.FlushSubtree(name, type) : cache_.Flush(name, type);
  if (type) return fmt::format("{} entries forgotten\n", entries);
  const size_t cuts = subtree ? delegations_.ForgetSubtree(name) : (delegations_.Forget(name) ? 1U : 0U);
  return fmt::format("{} entries and {} zone cuts forgotten\n", entries, cuts);
}

}  // namespace cairn
