// One thing the cache knows, as one immutable block of memory: what (an RRset with its signatures, "no such
// type", "no such name", or "asking failed"), how far it may be believed, until when, and which server said
// so, for which zone. The octets stand in wire form, ready to be copied into an answer. Past its expiry an
// entry may stay for a while as stale data (RFC 8767).
//
//   [ header | owner, lower-cased | filler's address | RDLENGTH RDATA ... | the same of the RRSIGs ]
//
// Only the cache makes entries. A reader holds `const CacheEntry*` until its next quiescent state
// (common/base/epoch.h), so never across co_await.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/dns/edns.h"
#include "common/dns/name.h"
#include "common/dns/packed_rdata.h"
#include "common/dns/rrset.h"
#include "common/dns/types.h"
#include "common/net/endpoint.h"
#include "resolver/trust_rank.h"

namespace cairn {

enum class CacheKind : uint8_t {
  kRrset,
  kNoData,    // the name exists, the type does not (RFC 2308 section 2.2)
  kNxDomain,  // the name does not exist, for any type (RFC 2308 section 2.1)
  kFailure,   // asking failed; do not ask again before it expires (RFC 9520)
};
std::string_view ToText(CacheKind kind);

// What the cache makes an entry of; everything is borrowed.
struct CacheEntrySpec {
  CacheKind kind = CacheKind::kRrset;
  NameView owner = {};  // lower-cased
  RrType type = {};
  TrustRank rank = TrustRank::kAdditional;
  Security security = Security::kUnchecked;
  Ttl ttl = {};
  Ttl original_ttl = {};
  std::optional<IpAddress> filler = std::nullopt;
  std::optional<NameView> zone = std::nullopt;  // at or above the owner
  ByteView rdatas = {};                         // packed; of a failure: its code and RCODE
  size_t rdata_count = 0;
  ByteView rrsigs = {};
  size_t rrsig_count = 0;
  size_t soa_offset = 0;
};

class CacheEntry {
 public:
  static CacheEntry* Make(const CacheEntrySpec& spec, Instant now);
  static void Free(const CacheEntry* entry);
  CacheEntry(const CacheEntry&) = delete;
  CacheEntry& operator=(const CacheEntry&) = delete;

  CacheKind kind() const { return kind_; }
  NameView owner() const { return NameView::FromValidWire(name(), name_octets_); }  // lower-cased
  RrType type() const { return type_; }                                             // of an NXDOMAIN: 0
  TrustRank rank() const { return rank_; }
  Security security() const { return security_; }

  Instant expires() const { return Instant(Duration(expires_ns_)); }
  Instant stored() const { return expires() - std::chrono::seconds(ttl_); }
  bool Expired(Instant now) const { return now >= expires(); }
  // What is left, in whole seconds; 0 once expired. Never more than was stored.
  Ttl RemainingTtl(Instant now) const;
  Ttl stored_ttl() const { return Ttl::Seconds(ttl_); }             // after cap and floor
  Ttl original_ttl() const { return Ttl::Seconds(original_ttl_); }  // as it came
  // In the last tenth of its life, unless that is so short that a fetch would hardly be ahead of the expiry.
  bool Ageing(Instant now) const {
    constexpr int64_t kTenthOfASecond = 100'000'000;
    return expires_ns_ - now.time_since_epoch().count() <= ttl_ * kTenthOfASecond && ttl_ >= kLeastAgeingTtl;
  }
  // True once in the entry's life, and only when clients have asked for it twice since it was fetched: who is
  // told so fetches it anew.
  bool ClaimRefresh() const;

  // The server that said so; nothing when it was not a server. Of a failure: the one server that failed.
  std::optional<IpAddress> filler() const;
  ByteView filler_octets() const { return {name() + name_octets_, filler_octets_}; }
  // As a server of which zone it was believed.
  std::optional<NameView> zone() const;

  // kRrset: its RDATA, and the RDATA of the RRSIGs that cover it.
  PackedRdata rdatas() const { return {{content(), rdata_octets_}, rdata_count_}; }
  PackedRdata rrsigs() const { return {{content() + rdata_octets_, rrsig_octets_}, rrsig_count_}; }
  // As a value that may be kept, with the TTL that is left.
  Rrset ToRrset(Instant now) const;
  // The records in wire form, their owner as a compression pointer to `owner_offset` in the message. Returns
  // the octets written, 0 when they do not fit.
  size_t CopyRecords(std::span<uint8_t> out, uint16_t owner_offset, Ttl ttl) const;

  // kNoData, kNxDomain: the SOA record which made it cacheable. Its owner is at or above `owner()`.
  NameView soa_owner() const {
    return NameView::FromValidWire(name() + soa_offset_, name_octets_ - soa_offset_);
  }
  ByteView soa_rdata() const { return rdatas().front(); }
  Rrset SoaRrset(Instant now) const;

  // kFailure: why, and how many times in a row.
  ExtendedError failure() const { return static_cast<ExtendedError>(LoadU16(content())); }
  // What is answered: SERVFAIL, or the RCODE of a denial without an SOA (Cache::StoreBareDenial).
  Rcode failure_rcode() const { return static_cast<Rcode>(content()[2]); }
  int failures_in_a_row() const { return rdata_count_; }

  size_t size_octets() const {  // of the block
    return sizeof(CacheEntry) + name_octets_ + filler_octets_ + rdata_octets_ + rrsig_octets_;
  }
  // "www.example. A rrset, 299 s left, authoritative answer, from 192.0.2.1 for example.".
  std::string ToText(Instant now) const;

 private:
  friend class CacheShard;  // owns entries, and moves them in its queues
  CacheEntry() = default;

  // Below it a tenth is less than a resolution takes.
  static constexpr uint32_t kLeastAgeingTtl = 10;
  static constexpr uint8_t kNoZone = 0xff;

  const uint8_t* name() const { return reinterpret_cast<const uint8_t*>(this) + sizeof(CacheEntry); }
  const uint8_t* content() const { return name() + name_octets_ + filler_octets_; }

  int64_t expires_ns_ = 0;
  uint32_t ttl_ = 0;
  uint32_t original_ttl_ = 0;
  uint32_t rdata_octets_ = 0;
  uint32_t rrsig_octets_ = 0;
  // Place in the eviction queue, by slot number; written and read under the shard's lock only.
  uint32_t newer_ = 0;
  uint32_t older_ = 0;
  RrType type_;
  uint16_t rdata_count_ = 0;
  uint16_t rrsig_count_ = 0;
  uint8_t name_octets_ = 0;
  uint8_t soa_offset_ = 0;
  uint8_t zone_offset_ = kNoZone;
  uint8_t filler_octets_ = 0;
  CacheKind kind_ = CacheKind::kRrset;
  TrustRank rank_ = TrustRank::kAdditional;
  Security security_ = Security::kUnchecked;
  bool in_main_queue_ = false;  // under the shard's lock
  // One octet for all that readers note, so that a hit on a hot entry writes nothing. Two threads may lose
  // each other's note: it is then made a use later.
  mutable std::atomic<uint8_t> marks_{0};
  static constexpr uint8_t kUses = 0x03;   // since it came or was last spared by the eviction, up to 3
  static constexpr uint8_t kAsked = 0x0c;  // since it was fetched, in steps of kAskedOnce, up to 3
  static constexpr uint8_t kAskedOnce = 0x04;
  static constexpr uint8_t kRefreshed = 0x10;  // somebody has claimed to fetch it anew
  void NoteUse() const {
    const uint8_t marks = marks_.load(std::memory_order_relaxed);
    if ((marks & (kUses | kAsked)) == (kUses | kAsked)) return;
    const int use = (marks & kUses) == kUses ? 0 : 1;
    const int asked = (marks & kAsked) == kAsked ? 0 : kAskedOnce;
    marks_.store(static_cast<uint8_t>(marks + use + asked), std::memory_order_relaxed);
  }
};

}  // namespace cairn
