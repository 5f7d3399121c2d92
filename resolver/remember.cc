#include "resolver/remember.h"

#include "fmt/format.h"

namespace cairn {
namespace {

// Stores while the budget lasts, and writes each decision down.
class Rememberer {
 public:
  Rememberer(NameView zone_cut, const IpAddress& filler, Cache& cache, int& rrset_budget, Instant now)
      : zone_cut_(zone_cut), filler_(filler), cache_(cache), rrset_budget_(rrset_budget), now_(now) {}

  void Set(const KeptRrset& set) {
    if (!set.cacheable || !Spend()) return;
    Note(set.rrset.owner, set.rrset.type, CacheKind::kRrset, set.rank, set.rrset.ttl,
         cache_.StoreRrset(set.rrset, set.rrsigs, From(set), now_));
  }

  void Negative(const Finding& finding) {
    if (!Spend()) return;
    if (!finding.soa) return BareDenial(finding);
    const KeptRrset& soa = *finding.soa;
    const bool no_such_name = finding.kind == FindingKind::kNxDomain;
    const StoreOutcome outcome =
        no_such_name ? cache_.StoreNxDomain(finding.last_name, soa.rrset, soa.rrsigs, From(soa), now_)
                     : cache_.StoreNoData(finding.last_name, finding.asked.qtype, soa.rrset, soa.rrsigs,
                                          From(soa), now_);
    Note(finding.last_name, finding.asked.qtype, no_such_name ? CacheKind::kNxDomain : CacheKind::kNoData,
         soa.rank, soa.rrset.ttl, outcome);
  }

  std::vector<StoreDecision> TakeDecisions() { return std::move(decisions_); }
  size_t beyond_budget() const { return beyond_budget_; }

 private:
  // RFC 2308 section 5: without the SOA that would limit its life no denial is cached; but neither is the
  // same question asked anew for each client that comes a moment later.
  void BareDenial(const Finding& finding) {
    const Duration life = cache_.StoreBareDenial(finding.last_name, finding.asked.qtype, finding.rcode, now_);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(life).count();
    Note(finding.last_name, finding.asked.qtype, CacheKind::kFailure, TrustRank::kAuthority,
         Ttl::Seconds(static_cast<uint32_t>(seconds)),
         life > Duration::zero() ? StoreOutcome::kStored : StoreOutcome::kKeptBetter);
  }
  bool Spend() {
    if (rrset_budget_ <= 0) {
      ++beyond_budget_;
      return false;
    }
    --rrset_budget_;
    return true;
  }
  Provenance From(const KeptRrset& set) const {
    return {.rank = set.rank, .filler = filler_, .zone = zone_cut_};
  }
  void Note(const Name& name, RrType type, CacheKind kind, TrustRank rank, Ttl ttl, StoreOutcome outcome) {
    decisions_.push_back(
        {.name = name, .type = type, .kind = kind, .rank = rank, .ttl = ttl, .outcome = outcome});
  }

  const NameView zone_cut_;
  const IpAddress& filler_;
  Cache& cache_;
  int& rrset_budget_;
  const Instant now_;
  size_t beyond_budget_ = 0;
  std::vector<StoreDecision> decisions_;
};

}  // namespace

std::string StoreDecision::ToText() const {
  const std::string what = kind == CacheKind::kNxDomain ? name.ToText() : name.ToText() + " " + type.ToText();
  return fmt::format("{} {}, ttl {}, {}: {}", what, cairn::ToText(kind), ttl.seconds(), cairn::ToText(rank),
                     cairn::ToText(outcome));
}

Remembered Remember(const Finding& finding, const IpAddress& filler, Cache& cache,
                    DelegationStore& delegations, int& rrset_budget, Instant now) {
  Remembered remembered;
  if (!finding.useful()) return remembered;
  Rememberer rememberer(finding.zone_cut, filler, cache, rrset_budget, now);
  for (const KeptRrset& set : finding.answer) rememberer.Set(set);
  if (finding.kind == FindingKind::kNoData || finding.kind == FindingKind::kNxDomain)
    rememberer.Negative(finding);
  if (finding.referral) {
    Delegation delegation = *finding.referral;
    delegation.learnt = now;
    delegation.expires = now + std::chrono::seconds(finding.referral_ttl.seconds());
    delegation.filler = filler;
    remembered.referral = delegations.Store(delegation, now);
  }
  remembered.cached = rememberer.TakeDecisions();
  remembered.beyond_budget = rememberer.beyond_budget();
  return remembered;
}

}  // namespace cairn
