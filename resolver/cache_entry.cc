#include "resolver/cache_entry.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "fmt/format.h"

namespace cairn {

std::string_view ToText(CacheKind kind) {
  switch (kind) {
    case CacheKind::kRrset:
      return "rrset";
    case CacheKind::kNoData:
      return "nodata";
    case CacheKind::kNxDomain:
      return "nxdomain";
    case CacheKind::kFailure:
      return "failure";
  }
  return "unknown";
}

CacheEntry* CacheEntry::Make(const CacheEntrySpec& spec, Instant now) {
  const ByteView filler = spec.filler ? spec.filler->octets() : ByteView();
  const size_t octets =
      sizeof(CacheEntry) + spec.owner.size() + filler.size() + spec.rdatas.size() + spec.rrsigs.size();
  void* block = ::operator new(octets);
  CacheEntry* entry = ::new (block) CacheEntry;
  entry->ttl_ = spec.ttl.seconds();
  entry->expires_ns_ = (now + std::chrono::seconds(spec.ttl.seconds())).time_since_epoch().count();
  entry->original_ttl_ = spec.original_ttl.seconds();
  entry->rdata_octets_ = static_cast<uint32_t>(spec.rdatas.size());
  entry->rrsig_octets_ = static_cast<uint32_t>(spec.rrsigs.size());
  entry->type_ = spec.type;
  entry->rdata_count_ = static_cast<uint16_t>(spec.rdata_count);
  entry->rrsig_count_ = static_cast<uint16_t>(spec.rrsig_count);
  entry->name_octets_ = static_cast<uint8_t>(spec.owner.size());
  entry->soa_offset_ = static_cast<uint8_t>(spec.soa_offset);
  if (spec.zone && spec.owner.IsAtOrBelow(*spec.zone))
    entry->zone_offset_ = static_cast<uint8_t>(spec.owner.size() - spec.zone->size());
  entry->filler_octets_ = static_cast<uint8_t>(filler.size());
  entry->kind_ = spec.kind;
  entry->rank_ = spec.rank;
  entry->security_ = spec.security;

  uint8_t* out = static_cast<uint8_t*>(block) + sizeof(CacheEntry);
  for (const ByteView part : {spec.owner.wire(), filler, spec.rdatas, spec.rrsigs})
    out = std::copy(part.begin(), part.end(), out);
  return entry;
}

void CacheEntry::Free(const CacheEntry* entry) {
  static_assert(std::is_trivially_destructible_v<CacheEntry>);
  ::operator delete(const_cast<CacheEntry*>(entry));
}

Ttl CacheEntry::RemainingTtl(Instant now) const {
  if (Expired(now)) return Ttl::Seconds(0);
  const auto left = std::chrono::ceil<std::chrono::seconds>(expires() - now).count();
  return Ttl::Seconds(static_cast<uint32_t>(std::min<int64_t>(left, ttl_)));
}

bool CacheEntry::ClaimRefresh() const {
  constexpr uint8_t kAskedTwice = 2 * kAskedOnce;
  const uint8_t marks = marks_.load(std::memory_order_relaxed);
  if ((marks & kAsked) < kAskedTwice || (marks & kRefreshed) != 0) return false;
  return (marks_.fetch_or(kRefreshed, std::memory_order_relaxed) & kRefreshed) == 0;
}

std::optional<NameView> CacheEntry::zone() const {
  if (zone_offset_ == kNoZone) return std::nullopt;
  return NameView::FromValidWire(name() + zone_offset_, name_octets_ - zone_offset_);
}

std::optional<IpAddress> CacheEntry::filler() const {
  const ByteView octets(name() + name_octets_, filler_octets_);
  if (octets.empty()) return std::nullopt;
  return octets.size() == 4 ? IpAddress::V4(octets) : IpAddress::V6(octets);
}

Rrset CacheEntry::ToRrset(Instant now) const {
  Rrset rrset{.owner = Name(owner()), .type = type_, .ttl = RemainingTtl(now), .rdatas = {}};
  for (const ByteView rdata : rdatas()) rrset.rdatas.Add(rdata);
  return rrset;
}

Rrset CacheEntry::SoaRrset(Instant now) const {
  Rrset soa{.owner = Name(soa_owner()), .type = rr::kSoa, .ttl = RemainingTtl(now), .rdatas = {}};
  soa.rdatas.Add(soa_rdata());
  return soa;
}

size_t CacheEntry::CopyRecords(std::span<uint8_t> out, uint16_t owner_offset, Ttl ttl) const {
  constexpr size_t kFixedOctets = 10;  // owner pointer, TYPE, CLASS, TTL; RDLENGTH and RDATA are stored
  if (out.size() < rdata_octets_ + kFixedOctets * rdata_count_) return 0;
  uint8_t fixed[kFixedOctets];
  StoreU16(fixed, static_cast<uint16_t>(0xc000 | owner_offset));
  StoreU16(fixed + 2, type_.value);
  StoreU16(fixed + 4, kClassIn.value);
  StoreU32(fixed + 6, ttl.seconds());
  uint8_t* at = out.data();
  for (const ByteView rdata : rdatas()) {
    std::memcpy(at, fixed, kFixedOctets);
    std::memcpy(at + kFixedOctets, rdata.data() - 2, rdata.size() + 2);
    at += kFixedOctets + 2 + rdata.size();
  }
  return static_cast<size_t>(at - out.data());
}

std::string CacheEntry::ToText(Instant now) const {
  std::string text = owner().ToText();
  if (type_ != RrType{0}) text += " " + type_.ToText();
  text += fmt::format(" {}, {}", cairn::ToText(kind_),
                      Expired(now) ? "expired" : fmt::format("{} s left", RemainingTtl(now).seconds()));
  if (kind_ == CacheKind::kFailure) {
    text += fmt::format(", {} in a row", failures_in_a_row());
    if (const std::optional<IpAddress> server = filler()) text += ", at " + server->ToText();
    return text;
  }
  text += fmt::format(", {}", cairn::ToText(rank_));
  if (security_ != Security::kUnchecked) text += fmt::format(", {}", cairn::ToText(security_));
  if (const std::optional<IpAddress> from = filler()) text += ", from " + from->ToText();
  if (const std::optional<NameView> cut = zone()) text += " for " + cut->ToText();
  return text;
}

}  // namespace cairn
