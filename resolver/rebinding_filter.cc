#include "resolver/rebinding_filter.h"

#include <algorithm>
#include <utility>

#include "common/dns/rdata.h"
#include "fmt/format.h"
#include "resolver/server_address.h"

namespace cairn {
namespace {

// SvcParamKeys with addresses (RFC 9460 section 7.3).
constexpr uint16_t kIpv4Hint = 4;
constexpr uint16_t kIpv6Hint = 6;

bool IsInside(const IpAddress& address) { return ReachOf(address) != AddressReach::kGlobal; }

std::optional<IpAddress> InsideHint(uint16_t key, ByteView value) {
  const size_t octets = key == kIpv4Hint ? 4 : key == kIpv6Hint ? 16 : 0;
  if (octets == 0) return std::nullopt;
  for (; value.size() >= octets; value = value.subspan(octets)) {
    const ByteView one = value.first(octets);
    const IpAddress address = octets == 4 ? IpAddress::V4(one) : IpAddress::V6(one);
    if (IsInside(address)) return address;
  }
  return std::nullopt;
}

// SvcPriority, TargetName, then keys, lengths and values (RFC 9460 section 2.2).
std::optional<IpAddress> InsideHintOf(ByteView rdata) {
  ByteView params = rdata.subspan(2 + LeadingName(rdata.subspan(2)).size());
  while (params.size() >= 4) {
    const uint16_t key = LoadU16(params.data());
    const size_t octets = std::min<size_t>(LoadU16(params.data() + 2), params.size() - 4);
    if (const std::optional<IpAddress> inside = InsideHint(key, params.subspan(4, octets))) return inside;
    params = params.subspan(4 + octets);
  }
  return std::nullopt;
}

std::string_view InWords(AddressReach reach) {
  switch (reach) {
    case AddressReach::kPrivate:
      return "a private address";
    case AddressReach::kLoopback:
      return "a loopback address";
    default:
      return "an address of nobody";
  }
}

// `rrset` without its records that lead inside; the last such address.
std::optional<IpAddress> Strip(Rrset& rrset) {
  std::optional<IpAddress> stripped;
  RdataSet kept;
  for (const ByteView rdata : rrset.rdatas) {
    if (const std::optional<IpAddress> inside = InsideAddress(rrset.type, rdata)) {
      stripped = inside;
    } else {
      kept.Add(rdata);
    }
  }
  if (stripped) rrset.rdatas = std::move(kept);
  return stripped;
}

}  // namespace

std::optional<IpAddress> InsideAddress(RrType type, ByteView rdata) {
  if (type == rr::kSvcb || type == rr::kHttps) return InsideHintOf(rdata);
  if (type != rr::kA && type != rr::kAaaa) return std::nullopt;
  const IpAddress address = type == rr::kA ? IpAddress::V4(rdata) : IpAddress::V6(rdata);
  return IsInside(address) ? std::optional(address) : std::nullopt;
}

bool RebindingFilter::Concerns(RrType qtype) const {
  return options_.on && (qtype == rr::kA || qtype == rr::kAaaa || qtype == rr::kSvcb || qtype == rr::kHttps ||
                         qtype == rr::kAny);
}

bool RebindingFilter::Guards(NameView qname) const {
  if (std::ranges::any_of(options_.allow, [&](const Name& own) { return qname.IsAtOrBelow(own); }))
    return false;
  if (rules_ == nullptr) return true;
  const ZoneMatch match = rules_->Match(qname);
  const bool own_servers = match.upstream && !match.upstream->apex.IsRoot();
  return !match.may_answer() && !own_servers;
}

bool RebindingFilter::LeavesOut(const CacheEntry& entry) const {
  if (!Concerns(entry.type()) || !Guards(entry.owner())) return false;
  bool inside = false;
  for (const ByteView rdata : entry.rdatas()) inside |= InsideAddress(entry.type(), rdata).has_value();
  return inside;
}

std::optional<std::string> RebindingFilter::Apply(CollectedAnswer& answer) const {
  if (!Concerns(answer.asked.qtype) || !Guards(answer.asked.qname)) return std::nullopt;
  std::optional<std::string> said;
  for (size_t i = 0; i < answer.answer.size();) {
    Rrset& rrset = answer.answer[i];
    const std::optional<IpAddress> inside = Strip(rrset);
    if (inside) {
      said = fmt::format("rebinding-filter: {} {} {} is {}", rrset.owner.ToText(), rrset.type.ToText(),
                         inside->ToText(), InWords(ReachOf(*inside)));
      // What is left of the set does not fit its signatures.
      if (i < answer.rrsigs.size()) answer.rrsigs[i] = RdataSet();
    }
    if (!rrset.rdatas.empty()) {
      ++i;
      continue;
    }
    answer.answer.erase(answer.answer.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < answer.rrsigs.size()) answer.rrsigs.erase(answer.rrsigs.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return said;
}

}  // namespace cairn
