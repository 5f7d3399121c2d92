#include "common/dns/edns.h"

#include <algorithm>

#include "common/base/limits.h"

namespace cairn {
namespace {

constexpr uint16_t kDnssecOkFlag = 0x8000;
constexpr uint16_t kLeastUdpPayloadOctets = 512;

// How many octets the UTF-8 sequence (RFC 3629 section 4) at the start of `text` has; 0 when it is none.
size_t Utf8SequenceOctets(ByteView text) {
  const uint8_t lead = text[0];
  if (lead < 0x80) return 1;
  const size_t octets = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < octets) return 0;
  // The second octet's range shuts out overlong forms, surrogates and what lies above U+10FFFF.
  const uint8_t least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const uint8_t most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (text[1] < least || text[1] > most) return 0;
  for (const uint8_t octet : text.subspan(2, octets - 2)) {
    if ((octet & 0xc0) != 0x80) return 0;
  }
  return octets;
}

// COOKIE holds a client's part of 8 octets, and after it none of a server's, or 8 to 32 (RFC 7873 section 4).
bool IsCookieLength(size_t octets) { return octets == 8 || (octets >= 16 && octets <= 40); }

// Calls `visit` with code and value of each option in `rdata`. False as soon as `visit` says so, a length
// does not add up, or there are too many.
template <typename Visit>
bool ForEachOption(ByteView rdata, Visit visit) {
  size_t count = 0;
  while (!rdata.empty()) {
    if (rdata.size() < kOptionHeaderOctets || ++count > limits::kMaxEdnsOptions) return false;
    const size_t octets = kOptionHeaderOctets + LoadU16(rdata.data() + 2);
    if (octets > rdata.size()) return false;
    const auto code = static_cast<EdnsOptionCode>(LoadU16(rdata.data()));
    if (!visit(code, rdata.first(octets).subspan(kOptionHeaderOctets))) return false;
    rdata = rdata.subspan(octets);
  }
  return true;
}

}  // namespace

bool IsUtf8(ByteView text) {
  while (!text.empty()) {
    const size_t octets = Utf8SequenceOctets(text);
    if (octets == 0) return false;
    text = text.subspan(octets);
  }
  return true;
}

const EdnsOption* Edns::Find(EdnsOptionCode code) const {
  const auto found = std::ranges::find(options, code, &EdnsOption::code);
  return found == options.end() ? nullptr : &*found;
}

void Edns::AddExtendedError(ExtendedError code, std::string_view text) {
  EdnsOption option{.code = EdnsOptionCode::kExtendedError, .value = std::vector<uint8_t>(2)};
  StoreU16(option.value.data(), static_cast<uint16_t>(code));
  const ByteView octets = AsBytes(text);
  if (IsUtf8(octets)) option.value.insert(option.value.end(), octets.begin(), octets.end());
  options.push_back(std::move(option));
}

size_t Edns::WireOctets() const {
  size_t octets = kBareOptOctets;
  for (const EdnsOption& option : options) octets += kOptionHeaderOctets + option.value.size();
  return octets;
}

uint32_t Edns::TtlField() const {
  return uint32_t{extended_rcode} << 24 | uint32_t{version} << 16 | (dnssec_ok ? kDnssecOkFlag : 0u);
}

bool AreWellFormedOptions(ByteView rdata) {
  return ForEachOption(rdata, [](EdnsOptionCode, ByteView) { return true; });
}

bool ReadQueryOptions(ByteView rdata, QueryOptions& out) {
  out = {};
  uint32_t seen = 0;  // a bit for each code that may come once
  return ForEachOption(rdata, [&out, &seen](EdnsOptionCode code, ByteView value) {
    switch (code) {
      case EdnsOptionCode::kCookie:
        if (!out.cookie.empty()) return true;
        if (IsCookieLength(value.size())) out.cookie = value;
        return !out.cookie.empty();
      case EdnsOptionCode::kNsid:
        out.nsid = true;  // a value is to be ignored (RFC 5001 section 2.1)
        break;
      case EdnsOptionCode::kTcpKeepalive:
        out.tcp_keepalive = value.empty();  // clients have no time to tell (RFC 7828 section 3.2.1)
        break;
      case EdnsOptionCode::kPadding:
        break;
      default:
        return true;
    }
    const uint32_t bit = uint32_t{1} << static_cast<uint16_t>(code);
    const bool repeated = (seen & bit) != 0;
    seen |= bit;
    return !repeated;
  });
}

std::optional<Edns> ReadEdns(uint16_t rr_class, uint32_t ttl, ByteView rdata) {
  Edns edns{.udp_payload_octets = std::max(rr_class, kLeastUdpPayloadOctets),
            .extended_rcode = static_cast<uint8_t>(ttl >> 24),
            .version = static_cast<uint8_t>(ttl >> 16),
            .dnssec_ok = (ttl & kDnssecOkFlag) != 0,
            .options = {}};
  const bool well_formed = ForEachOption(rdata, [&edns](EdnsOptionCode code, ByteView value) {
    edns.options.push_back({.code = code, .value = std::vector<uint8_t>(value.begin(), value.end())});
    return true;
  });
  if (!well_formed) return std::nullopt;
  return edns;
}

}  // namespace cairn
