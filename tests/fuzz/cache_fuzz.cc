// Any sequence of stores, look-ups, flushes, reloads and steps of time: the cache says what a naive model of
// its rules says (RFC 2181 section 5.4.1, RFC 2308, RFC 8020, RFC 8767, RFC 9520), and never holds more
// octets than it may. Four octets are one step. The cache is large enough that the model needs no eviction; a
// second one, too small for half of it, may have forgotten anything, but what it gives out was said once and
// is not past its time.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "common/base/epoch.h"
#include "common/dns/rdata_text.h"
#include "resolver/cache.h"
#include "tests/fuzz/property.h"

namespace cairn {
namespace {

using testing::Require;

constexpr std::array<RrType, 6> kTypes = {rr::kA, rr::kCname, rr::kTxt, rr::kMx, rr::kDname, rr::kNs};
constexpr uint32_t kMaxStaleS = 3600;
constexpr std::array<uint32_t, 8> kTtls = {0, 1, 5, 60, 300, 3600, 86400, Ttl::kMax};
// Of the names 0 to 15 each of the second half lies below one of the first.
constexpr int kParents = 8;
// What a reload may change; the first row holds at the beginning.
struct Limits {
  uint32_t min_ttl_s, max_ttl_s, max_negative_ttl_s;
  NxDomainCut nxdomain_cut;
  uint32_t Positive(uint32_t ttl) const { return std::clamp(ttl, min_ttl_s, max_ttl_s); }
  uint32_t Negative(uint32_t ttl, uint32_t minimum) const {
    return std::min(Positive(std::min(ttl, minimum)), max_negative_ttl_s);
  }
};
constexpr std::array<Limits, 4> kLimits = {{
    {0, 86400, 3600, NxDomainCut::kAuthoritative},
    {0, 86400, 3600, NxDomainCut::kSecure},
    {30, 600, 100, NxDomainCut::kOff},
    {10, 604800, 900, NxDomainCut::kAuthoritative},
}};

// What the model knows under one name and type; "no such name" is filed under type 0, failures apart.
struct Known {
  CacheKind kind = CacheKind::kRrset;
  TrustRank rank = TrustRank::kAdditional;
  Security security = Security::kUnchecked;
  Instant stored;
  Instant expires;
  int version = 0;  // tells sets of one name and type apart
  int row = 0;
};

class Model {
 public:
  using Outcome = CacheHit::Outcome;

  // With `kept` false (TTL 0) it only ends what it would have replaced.
  bool Store(int name, RrType type, Known fresh, bool kept, Instant now) {
    const Key key{name, type.value, kData};
    if (const auto at = known_.find(key); at != known_.end() && now < at->second.expires) {
      const Known& old_one = at->second;
      if (fresh.rank < old_one.rank) return false;
      if (fresh.rank == old_one.rank && old_one.security == Security::kSecure &&
          fresh.security != Security::kSecure)
        return false;
    }
    if (fresh.kind != CacheKind::kNxDomain) {
      const auto denied = known_.find({name, 0, kData});
      if (denied != known_.end() && denied->second.rank <= fresh.rank) known_.erase(denied);
      known_.erase({name, type.value, kFailed});
    }
    known_.erase(key);
    if (kept) known_[key] = fresh;
    return true;
  }

  Duration Fail(int name, uint16_t type, int shelf, Instant now) {
    bool stale = false;
    for (const uint16_t t : {type, rr::kCname.value, uint16_t{0}}) {
      const auto at = known_.find({name, t, kData});
      if (shelf != kFailed || type == 0 || at == known_.end()) continue;
      if (t != type && at->second.kind == CacheKind::kNoData) continue;
      if (now < at->second.expires) return Duration::zero();
      stale = stale || Useful(at->second, now);
    }
    Known& known = known_[{name, type, shelf}];
    const bool in_a_row = known.row > 0 && now < known.expires + std::chrono::seconds(300);
    known.row = in_a_row ? std::min(known.row + 1, 7) : 1;
    known.kind = CacheKind::kFailure;
    int64_t holds_s = std::min(5 << (known.row - 1), 300);
    if (stale) holds_s = std::max<int64_t>(holds_s, 30);
    known.expires = now + std::chrono::seconds(holds_s);
    return std::chrono::seconds(holds_s);
  }
  bool Failed(int name, uint16_t type, int shelf, Instant now) const {
    return Live({name, type, shelf}, now) != nullptr;
  }
  void ForgetCut(int name) { known_.erase({name, 0, kFailed}); }

  size_t Flush(int name, std::optional<RrType> type) {
    return std::erase_if(known_, [&](const auto& item) {
      return std::get<0>(item.first) == name && (!type || std::get<1>(item.first) == type->value);
    });
  }

  std::pair<Outcome, const Known*> Lookup(int name, RrType type, Instant now) const {
    if (const Known* known = Live({name, type.value, kData}, now))
      return {known->kind == CacheKind::kRrset ? Outcome::kAnswer : Outcome::kNoData, known};
    const Known* alias = type == rr::kCname ? nullptr : Live({name, rr::kCname.value, kData}, now);
    if (alias != nullptr && alias->kind == CacheKind::kRrset) return {Outcome::kAlias, alias};
    if (const Known* known = Live({name, 0, kData}, now)) return {Outcome::kNxDomain, known};
    if (const Known* known = Live({name, type.value, kFailed}, now)) return {Outcome::kFailure, known};
    return {Outcome::kMiss, nullptr};
  }

  // When what is stale would be given out, and of which kind; nothing when a live answer or nobody is there.
  bool HasStale(int name, RrType type, Instant now) const {
    return std::ranges::any_of(std::array{type.value, rr::kCname.value, uint16_t{0}}, [&](uint16_t t) {
      const auto at = known_.find({name, t, kData});
      if (at == known_.end() || !Useful(at->second, now) || at->second.security == Security::kBogus)
        return false;
      return t != rr::kCname.value || type == rr::kCname || at->second.kind == CacheKind::kRrset;
    });
  }
  // Who denies the names below `name`: it, or the name above it.
  bool Denied(int name, NxDomainCut rule, Instant now) const {
    if (rule == NxDomainCut::kOff) return false;
    const Known* known = Live({name, 0, kData}, now);
    const bool denied =
        known != nullptr &&
        (known->security == Security::kSecure ||
         (rule == NxDomainCut::kAuthoritative && known->rank >= TrustRank::kAuthoritativeAnswer));
    return denied || (name >= kParents && Denied(name - kParents, rule, now));
  }
  // The DNAME that rules the names below `name`.
  const Known* DnameOver(int name, Instant now) const {
    const Known* known = Live({name, rr::kDname.value, kData}, now);
    if (known != nullptr && known->kind == CacheKind::kRrset) return known;
    return name >= kParents ? DnameOver(name - kParents, now) : nullptr;
  }

  static constexpr int kData = 0, kFailed = 1, kFailedAtServer = 2;

 private:
  using Key = std::tuple<int, uint16_t, int>;
  static bool Useful(const Known& known, Instant now) {
    return now < known.expires + std::chrono::seconds(kMaxStaleS);
  }
  const Known* Live(const Key& key, Instant now) const {
    const auto at = known_.find(key);
    return at != known_.end() && now < at->second.expires ? &at->second : nullptr;
  }
  std::map<Key, Known> known_;
};

// In a spelling that changes with `spelling`.
Name NameOf(int name, uint8_t spelling) {
  const std::string parent =
      std::string(spelling & 1 ? "Name" : "nAME") + std::to_string(name % kParents) + ".example.";
  return Name::Literal(name >= kParents ? "Sub." + parent : parent);
}

Rrset SetOf(int name, RrType type, uint32_t ttl, int version) {
  Rrset rrset{.owner = NameOf(name, 0), .type = type, .ttl = Ttl::Seconds(ttl), .rdatas = {}};
  const std::string number = std::to_string(version % 250);
  const std::string text = type == rr::kA     ? "192.0.2." + number
                           : type == rr::kTxt ? "v" + number
                           : type == rr::kMx  ? "10 v" + number + ".example."
                                              : "v" + number + ".example.";
  rrset.rdatas.Add(*RdataFromText(type, text));
  return rrset;
}

constexpr uint32_t kSoaMinimumS = 1800;
Rrset Soa(uint32_t ttl) {
  Rrset soa{.owner = Name::Literal("example."), .type = rr::kSoa, .ttl = Ttl::Seconds(ttl), .rdatas = {}};
  soa.rdatas.Add(*RdataFromText(rr::kSoa, "ns.example. mail.example. 1 7200 900 86400 1800"));
  return soa;
}

class Run {
 public:
  void Step(const uint8_t* octets) {
    const int name = octets[1] & 15;
    const RrType type = kTypes[(octets[1] >> 4) % kTypes.size()];
    const uint32_t ttl = kTtls[octets[2] & 7];
    const Provenance from{.rank = static_cast<TrustRank>(2 + (octets[2] >> 3) % 7),
                          .security = static_cast<Security>(octets[2] >> 6),
                          .filler = std::nullopt};
    switch (octets[0] % 8) {
      case 0:
      case 1:
        StoreSet(name, type, ttl, from);
        break;
      case 2:
        StoreNegative(CacheKind::kNoData, name, type, ttl, from);
        break;
      case 3:
        StoreNegative(CacheKind::kNxDomain, name, type, ttl, from);
        break;
      case 4:
        Fail(name, type, octets[3]);
        break;
      case 5:
        if (octets[3] > 8) break;
        Flush(name, octets[3] & 1 ? std::optional(type) : std::nullopt, octets[3]);
        break;
      case 6:
        now_ += std::chrono::milliseconds((octets[2] << 8 | octets[3]) * (octets[1] & 63));
        break;
      default:
        if (octets[3] < 16) Reload(octets[3] % kLimits.size());
        break;
    }
    Compare(name, type, octets[3]);
    if (octets[3] % 16 == 0) reader_.Quiesce();
  }

 private:
  void Fail(int name, RrType type, uint8_t what) {
    const Name owner = NameOf(name, what);
    const ExtendedError why = ExtendedError::kOther;
    const auto fail = [&](Cache& cache) {
      switch (what % 4) {
        case 0:
          return cache.StoreCutFailure(owner, why, now_);
        case 1:
          return cache.StoreServerFailure(owner, type, kServer, why, now_);
        default:
          return cache.StoreFailure(owner, type, why, now_);
      }
    };
    const Duration holds = what % 4 == 0   ? model_.Fail(name, 0, Model::kFailed, now_)
                           : what % 4 == 1 ? model_.Fail(name, type.value, Model::kFailedAtServer, now_)
                                           : model_.Fail(name, type.value, Model::kFailed, now_);
    Require(fail(cache_) == holds, "failures back off as RFC 9520 and RFC 8767 say");
    fail(small_);
    if (what % 32 != 0) return;
    cache_.ForgetCutFailure(owner);
    model_.ForgetCut(name);
  }

  // Of a name, or of a name and those below it.
  void Flush(int name, std::optional<RrType> type, uint8_t how) {
    const bool subtree = how & 4;
    const auto flush = [&](Cache& cache) {
      return subtree ? cache.FlushSubtree(NameOf(name, how), type) : cache.Flush(NameOf(name, how), type);
    };
    const bool with_child = subtree && name < kParents;
    const size_t forgotten =
        model_.Flush(name, type) + (with_child ? model_.Flush(name + kParents, type) : 0);
    Require(flush(cache_) == forgotten, "a flush forgets what it should, and says how much");
    flush(small_);
    std::erase_if(ever_, [&](const auto& item) {
      const bool concerned = item.first.first == name || (with_child && item.first.first == name + kParents);
      return concerned && (!type || item.first.second == type->value);
    });
  }

  void Reload(size_t row) {
    limits_ = kLimits[row];
    CacheOptions options = kOptions;
    options.min_ttl = Ttl::Seconds(limits_.min_ttl_s);
    options.max_ttl = Ttl::Seconds(limits_.max_ttl_s);
    options.max_negative_ttl = Ttl::Seconds(limits_.max_negative_ttl_s);
    options.nxdomain_cut = limits_.nxdomain_cut;
    cache_.Adopt(options);
    small_.Adopt(options);
  }

  void StoreSet(int name, RrType type, uint32_t ttl, const Provenance& from) {
    ++version_;
    const Rrset set = SetOf(name, type, ttl, version_);
    const StoreOutcome outcome = cache_.StoreRrset(set, {}, from, now_);
    small_.StoreRrset(set, {}, from, now_);
    const uint32_t kept = limits_.Positive(ttl);
    Require((outcome == StoreOutcome::kZeroTtl) == (kept == 0),
            "TTL 0 is not stored, and nothing else is TTL 0");
    const Known fresh{.kind = CacheKind::kRrset,
                      .rank = from.rank,
                      .security = from.security,
                      .stored = now_,
                      .expires = now_ + std::chrono::seconds(kept),
                      .version = version_};
    const bool stored = model_.Store(name, type, fresh, kept > 0, now_);
    Require(Stored(outcome) == (stored && kept > 0), "rank decides what is stored");
    ever_[{name, type.value}].insert(version_);
  }

  void StoreNegative(CacheKind kind, int name, RrType type, uint32_t ttl, const Provenance& from) {
    const bool no_such_name = kind == CacheKind::kNxDomain;
    const auto store = [&](Cache& cache) {
      return no_such_name ? cache.StoreNxDomain(NameOf(name, 1), Soa(ttl), {}, from, now_)
                          : cache.StoreNoData(NameOf(name, 1), type, Soa(ttl), {}, from, now_);
    };
    const StoreOutcome outcome = store(cache_);
    store(small_);
    const uint32_t kept = limits_.Negative(ttl, kSoaMinimumS);
    Require((outcome == StoreOutcome::kZeroTtl) == (kept == 0), "TTL 0 is not stored");
    const Known fresh{.kind = kind,
                      .rank = from.rank,
                      .security = from.security,
                      .stored = now_,
                      .expires = now_ + std::chrono::seconds(kept)};
    const bool stored = model_.Store(name, no_such_name ? RrType{0} : type, fresh, kept > 0, now_);
    Require(Stored(outcome) == (stored && kept > 0), "rank decides what is stored");
  }

  void Compare(int name, RrType type, uint8_t spelling) {
    const CacheHit hit = cache_.Lookup(NameOf(name, spelling), type, now_);
    const auto [outcome, known] = model_.Lookup(name, type, now_);
    Require(hit.outcome == outcome, "the cache says what the model says");
    if (known != nullptr) {
      Require(hit.entry->expires() == known->expires, "and for as long");
      Require(known->kind == CacheKind::kFailure || hit.entry->rank() == known->rank, "and ranks it alike");
      if (known->kind == CacheKind::kRrset) {
        const Rrset expected = SetOf(name, hit.entry->type(), 1, known->version);
        Require(hit.entry->ToRrset(now_).rdatas == expected.rdatas, "with the same data");
      }
    }
    CompareStale(name, type, spelling);
    Require((cache_.FindCutFailure(NameOf(name, spelling), now_) != nullptr) ==
                model_.Failed(name, 0, Model::kFailed, now_),
            "a cut has failed or not");
    Require((cache_.FindServerFailure(NameOf(name, spelling), type, kServer, now_) != nullptr) ==
                model_.Failed(name, type.value, Model::kFailedAtServer, now_),
            "a server has failed or not");
    const Name below = Name::Literal("a.b." + NameOf(name, spelling).ToText());
    Require(
        (cache_.FindNxDomainAbove(below, now_) != nullptr) == model_.Denied(name, limits_.nxdomain_cut, now_),
        "RFC 8020: who denies the names below");
    const CacheEntry* const dname = cache_.FindDname(below, now_);
    const Known* const ruling = model_.DnameOver(name, now_);
    Require((dname != nullptr) == (ruling != nullptr), "RFC 6672: which DNAME rules the names below");
    if (dname != nullptr)
      Require(dname->ToRrset(now_).rdatas == SetOf(name, rr::kDname, 1, ruling->version).rdatas,
              "and the closest one");
    const CacheHit little = small_.Lookup(NameOf(name, spelling), type, now_);
    Require(!little || now_ < little.entry->expires(), "nothing is given out past its time");
    if (little.outcome == CacheHit::Outcome::kAnswer || little.outcome == CacheHit::Outcome::kAlias)
      Require(WasSaid(name, *little.entry), "nor what nobody has said");
    for (const Cache* cache : {&cache_, &small_}) {
      const Cache::Stats stats = cache->stats();
      Require(stats.octets <= stats.capacity_octets, "bounded in octets");
    }
  }

  void CompareStale(int name, RrType type, uint8_t spelling) {
    const CacheHit live = cache_.Lookup(NameOf(name, spelling), type, now_);
    const CacheHit stale = cache_.LookupStale(NameOf(name, spelling), type, now_);
    const bool live_data = live && live.outcome != CacheHit::Outcome::kFailure;
    if (live_data) return Require(stale.entry == live.entry, "fresh data go first");
    Require(bool{stale} == model_.HasStale(name, type, now_), "stale data serve until they are too old");
    if (stale) Require(stale.entry->Expired(now_), "and are known by that");
  }

  bool WasSaid(int name, const CacheEntry& entry) {
    return std::ranges::any_of(ever_[{name, entry.type().value}], [&](int version) {
      return SetOf(name, entry.type(), 1, version).rdatas == entry.ToRrset(now_).rdatas;
    });
  }

  static constexpr CacheOptions kOptions{.size_octets = 256 << 10,
                                         .nxdomain_cut = NxDomainCut::kAuthoritative,
                                         .max_stale = Ttl::Seconds(kMaxStaleS)};
  const IpAddress kServer = IpAddress::Literal("192.0.2.53");
  std::unique_ptr<Random> random_ = NewSeededRandom(1);
  EpochDomain epochs_;
  Cache cache_{kOptions, epochs_, *random_};
  Cache small_{{.size_octets = 1800}, epochs_, *random_};
  EpochReader reader_{epochs_};
  Model model_;
  std::map<std::pair<int, uint16_t>, std::set<int>> ever_;  // versions of sets stored since they were flushed
  Limits limits_ = kLimits[0];
  Instant now_ = Instant() + std::chrono::hours(1);
  int version_ = 0;
};

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cairn::Run run;
  for (size_t at = 0; at + 4 <= std::min<size_t>(size, 4000); at += 4) run.Step(data + at);
  return 0;
}
