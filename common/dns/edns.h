// EDNS(0): the OPT pseudo-record (RFC 6891) and its options, kept as data so that an unknown option is no special case.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/bytes.h"
#include "common/dns/types.h"

namespace cairn {

enum class EdnsOptionCode : uint16_t {
  kNsid = 3, kClientSubnet = 8, kExpire = 9, kCookie = 10, kTcpKeepalive = 11, kPadding = 12, kExtendedError = 15,
};

struct EdnsOption {
  EdnsOptionCode code;
  std::vector<uint8_t> value;
  friend bool operator==(const EdnsOption&, const EdnsOption&) = default;
};

// RFC 8914 section 4.
enum class ExtendedError : uint16_t {
  kOther = 0, kStaleAnswer = 3, kForgedAnswer = 4, kDnssecIndeterminate = 5, kDnssecBogus = 6, kCachedError = 13,
  kNotReady = 14, kBlocked = 15, kProhibited = 18, kStaleNxDomain = 19, kNotAuthoritative = 20, kNotSupported = 21,
  kNoReachableAuthority = 22, kNetworkError = 23, kInvalidData = 24,
};

struct Edns {
  uint16_t udp_payload_octets = 1232;  // what its sender can take; below 512 counts as 512 (RFC 6891 section 6.2.3)
  uint8_t extended_rcode = 0;          // upper eight bits of the RCODE
  uint8_t version = 0;
  bool dnssec_ok = false;              // DO (RFC 3225)
  std::vector<EdnsOption> options;

  const EdnsOption* Find(EdnsOptionCode code) const;
  void AddExtendedError(ExtendedError code, std::string_view text);
  friend bool operator==(const Edns&, const Edns&) = default;
};

// Reads OPT's CLASS, TTL and RDATA fields. nullopt when option lengths do not add up, or there are more than
// kMaxEdnsOptions: FORMERR to a query, a useless reply from a server.
std::optional<Edns> ReadEdns(uint16_t rr_class, uint32_t ttl, ByteView rdata);

}  // namespace cairn
