// Any sequence of stores, look-ups, flushes and steps of time: the cache says what a naive model of its rules
// says (RFC 2181 section 5.4.1, RFC 2308, RFC 9520), and never holds more octets than it may. Four octets are
// one step. The cache is large enough that the model needs no eviction; a second one, too small for half of
// it, is only held to its bounds.
#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "common/base/epoch.h"
#include "common/dns/rdata_text.h"
#include "resolver/cache.h"
#include "tests/fuzz/property.h"

namespace cairn {
namespace {

using testing::Require;

constexpr std::array<RrType, 4> kTypes = {rr::kA, rr::kCname, rr::kTxt, rr::kMx};
constexpr std::array<uint32_t, 8> kTtls = {0, 1, 5, 60, 300, 3600, 86400, Ttl::kMax};

// What the model knows under one name and type; "no such name" is filed under type 0, failures apart.
struct Known {
  CacheKind kind = CacheKind::kRrset;
  TrustRank rank = TrustRank::kAdditional;
  Security security = Security::kUnchecked;
  Instant expires;
  int version = 0;  // tells sets of one name and type apart
  int row = 0;
};

class Model {
 public:
  bool Store(int name, RrType type, Known fresh, Instant now) {
    const Key key{name, type.value, false};
    if (const auto at = known_.find(key); at != known_.end() && now < at->second.expires) {
      const Known& old_one = at->second;
      if (fresh.rank < old_one.rank) return false;
      if (fresh.rank == old_one.rank && old_one.security == Security::kSecure &&
          fresh.security != Security::kSecure)
        return false;
    }
    if (fresh.kind != CacheKind::kNxDomain) {
      const auto denied = known_.find({name, 0, false});
      if (denied != known_.end() && denied->second.rank <= fresh.rank) known_.erase(denied);
      known_.erase({name, type.value, true});
    }
    known_[key] = fresh;
    return true;
  }

  Duration Fail(int name, RrType type, Instant now) {
    Known& known = known_[{name, type.value, true}];
    const bool in_a_row = known.row > 0 && now < known.expires + std::chrono::seconds(300);
    known.row = in_a_row ? std::min(known.row + 1, 7) : 1;
    known.kind = CacheKind::kFailure;
    const Duration holds =
        std::min<Duration>(std::chrono::seconds(5 << (known.row - 1)), std::chrono::seconds(300));
    known.expires = now + holds;
    return holds;
  }

  void Flush(int name) {
    std::erase_if(known_, [&](const auto& item) { return std::get<0>(item.first) == name; });
  }

  std::pair<CacheHit::Outcome, const Known*> Lookup(int name, RrType type, Instant now) const {
    using Outcome = CacheHit::Outcome;
    if (const Known* known = Live({name, type.value, false}, now))
      return {known->kind == CacheKind::kRrset ? Outcome::kAnswer : Outcome::kNoData, known};
    const Known* alias = type == rr::kCname ? nullptr : Live({name, rr::kCname.value, false}, now);
    if (alias != nullptr && alias->kind == CacheKind::kRrset) return {Outcome::kAlias, alias};
    if (const Known* known = Live({name, 0, false}, now)) return {Outcome::kNxDomain, known};
    if (const Known* known = Live({name, type.value, true}, now)) return {Outcome::kFailure, known};
    return {Outcome::kMiss, nullptr};
  }

 private:
  using Key = std::tuple<int, uint16_t, bool>;
  const Known* Live(const Key& key, Instant now) const {
    const auto at = known_.find(key);
    return at != known_.end() && now < at->second.expires ? &at->second : nullptr;
  }
  std::map<Key, Known> known_;
};

// In a spelling that changes with `spelling`.
Name NameOf(int name, uint8_t spelling) {
  return Name::Literal(std::string(spelling & 1 ? "Name" : "nAME") + std::to_string(name) + ".example.");
}

Rrset SetOf(int name, RrType type, uint32_t ttl, int version) {
  Rrset rrset{.owner = NameOf(name, 0), .type = type, .ttl = Ttl::Seconds(ttl), .rdatas = {}};
  const std::string number = std::to_string(version % 250);
  const std::string text = type == rr::kA       ? "192.0.2." + number
                           : type == rr::kCname ? "v" + number + ".example."
                           : type == rr::kTxt   ? "v" + number
                                                : "10 v" + number + ".example.";
  rrset.rdatas.Add(*RdataFromText(type, text));
  return rrset;
}

Rrset Soa(uint32_t ttl) {
  Rrset soa{.owner = Name::Literal("example."), .type = rr::kSoa, .ttl = Ttl::Seconds(ttl), .rdatas = {}};
  soa.rdatas.Add(*RdataFromText(rr::kSoa, "ns.example. mail.example. 1 7200 900 86400 1800"));
  return soa;
}

class Run {
 public:
  void Step(const uint8_t* octets) {
    const int name = octets[1] & 15;
    const RrType type = kTypes[octets[1] >> 4 & 3];
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
        Require(cache_.StoreFailure(NameOf(name, 0), type, ExtendedError::kOther, now_) ==
                    model_.Fail(name, type, now_),
                "failures back off as RFC 9520 says");
        small_.StoreFailure(NameOf(name, 0), type, ExtendedError::kOther, now_);
        break;
      case 5:
        if (octets[3] > 8) break;
        cache_.Flush(NameOf(name, octets[3]));
        small_.Flush(NameOf(name, octets[3]));
        model_.Flush(name);
        break;
      case 6:
        now_ += std::chrono::milliseconds((octets[2] << 8 | octets[3]) * (octets[1] & 63));
        break;
      default:
        break;
    }
    Compare(name, type, octets[3]);
    if (octets[3] % 16 == 0) reader_.Quiesce();
  }

 private:
  void StoreSet(int name, RrType type, uint32_t ttl, const Provenance& from) {
    ++version_;
    const Rrset set = SetOf(name, type, ttl, version_);
    const StoreOutcome outcome = cache_.StoreRrset(set, {}, from, now_);
    small_.StoreRrset(set, {}, from, now_);
    const uint32_t kept = std::min(ttl, 86400u);
    Require((outcome == StoreOutcome::kZeroTtl) == (kept == 0),
            "TTL 0 is not stored, and nothing else is TTL 0");
    if (kept == 0) return;
    const Known fresh{.kind = CacheKind::kRrset,
                      .rank = from.rank,
                      .security = from.security,
                      .expires = now_ + std::chrono::seconds(kept),
                      .version = version_};
    Require(Stored(outcome) == model_.Store(name, type, fresh, now_), "rank decides what is stored");
  }

  void StoreNegative(CacheKind kind, int name, RrType type, uint32_t ttl, const Provenance& from) {
    const bool no_such_name = kind == CacheKind::kNxDomain;
    const auto store = [&](Cache& cache) {
      return no_such_name ? cache.StoreNxDomain(NameOf(name, 1), Soa(ttl), {}, from, now_)
                          : cache.StoreNoData(NameOf(name, 1), type, Soa(ttl), {}, from, now_);
    };
    const StoreOutcome outcome = store(cache_);
    store(small_);
    const uint32_t kept = std::min(ttl, 1800u);
    if (kept == 0) return Require(outcome == StoreOutcome::kZeroTtl, "TTL 0 is not stored");
    const Known fresh{.kind = kind,
                      .rank = from.rank,
                      .security = from.security,
                      .expires = now_ + std::chrono::seconds(kept)};
    Require(Stored(outcome) == model_.Store(name, no_such_name ? RrType{0} : type, fresh, now_),
            "rank decides what is stored");
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
    const CacheHit little = small_.Lookup(NameOf(name, spelling), type, now_);
    Require(!little || now_ < little.entry->expires(), "nothing is given out past its time");
    for (const Cache* cache : {&cache_, &small_}) {
      const Cache::Stats stats = cache->stats();
      Require(stats.octets <= stats.capacity_octets, "bounded in octets");
    }
  }

  std::unique_ptr<Random> random_ = NewSeededRandom(1);
  EpochDomain epochs_;
  Cache cache_{{.size_octets = 256 << 10}, epochs_, *random_};
  Cache small_{{.size_octets = 1800}, epochs_, *random_};
  EpochReader reader_{epochs_};
  Model model_;
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
