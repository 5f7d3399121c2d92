#include "common/dns/edns.h"

#include <algorithm>

#include "common/base/limits.h"

namespace cairn {
namespace {

constexpr size_t kOptionHeaderOctets = 4;  // code and length
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

bool IsUtf8(ByteView text) {
  while (!text.empty()) {
    const size_t octets = Utf8SequenceOctets(text);
    if (octets == 0) return false;
    text = text.subspan(octets);
  }
  return true;
}

}  // namespace

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
  size_t count = 0;
  while (!rdata.empty()) {
    if (rdata.size() < kOptionHeaderOctets || ++count > limits::kMaxEdnsOptions) return false;
    const size_t octets = kOptionHeaderOctets + LoadU16(rdata.data() + 2);
    if (octets > rdata.size()) return false;
    rdata = rdata.subspan(octets);
  }
  return true;
}

std::optional<Edns> ReadEdns(uint16_t rr_class, uint32_t ttl, ByteView rdata) {
  if (!AreWellFormedOptions(rdata)) return std::nullopt;
  Edns edns{.udp_payload_octets = std::max(rr_class, kLeastUdpPayloadOctets),
            .extended_rcode = static_cast<uint8_t>(ttl >> 24),
            .version = static_cast<uint8_t>(ttl >> 16),
            .dnssec_ok = (ttl & kDnssecOkFlag) != 0,
            .options = {}};
  while (!rdata.empty()) {
    const size_t octets = LoadU16(rdata.data() + 2);
    const ByteView value = rdata.subspan(kOptionHeaderOctets, octets);
    edns.options.push_back({.code = static_cast<EdnsOptionCode>(LoadU16(rdata.data())),
                            .value = std::vector<uint8_t>(value.begin(), value.end())});
    rdata = rdata.subspan(kOptionHeaderOctets + octets);
  }
  return edns;
}

}  // namespace cairn
