// EDNS(0): the OPT pseudo-record (RFC 6891) and its options, kept as data so that an unknown option is no
// special case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/dns/types.h"

namespace cairn {

enum class EdnsOptionCode : uint16_t {
  kNsid = 3,
  kClientSubnet = 8,
  kExpire = 9,
  kCookie = 10,
  kTcpKeepalive = 11,
  kPadding = 12,
  kExtendedError = 15,
};

struct EdnsOption {
  EdnsOptionCode code;
  std::vector<uint8_t> value;
  friend bool operator==(const EdnsOption&, const EdnsOption&) = default;
};

// RFC 8914 section 4.
enum class ExtendedError : uint16_t {
  kOther = 0,
  kStaleAnswer = 3,
  kForgedAnswer = 4,
  kDnssecIndeterminate = 5,
  kDnssecBogus = 6,
  kCachedError = 13,
  kNotReady = 14,
  kBlocked = 15,
  kProhibited = 18,
  kStaleNxDomain = 19,
  kNotAuthoritative = 20,
  kNotSupported = 21,
  kNoReachableAuthority = 22,
  kNetworkError = 23,
  kInvalidData = 24,
};

struct Edns {
  uint16_t udp_payload_octets =
      1232;                    // what its sender can take; below 512 counts as 512 (RFC 6891 section 6.2.3)
  uint8_t extended_rcode = 0;  // upper eight bits of the RCODE
  uint8_t version = 0;
  bool dnssec_ok = false;  // DO (RFC 3225)
  std::vector<EdnsOption> options;

  // The first option of this code: later ones are ignored.
  const EdnsOption* Find(EdnsOptionCode code) const;
  // `text` is for people and is left out when it is not UTF-8 (RFC 8914 section 2).
  void AddExtendedError(ExtendedError code, std::string_view text);
  // Of the whole OPT record: what a MessageWriter must reserve for it.
  size_t WireOctets() const;
  uint32_t TtlField() const;  // extended RCODE, version and flags (RFC 6891 section 6.1.3)
  friend bool operator==(const Edns&, const Edns&) = default;
};

// An OPT without options: root owner, TYPE, CLASS, TTL, RDLENGTH.
inline constexpr size_t kBareOptOctets = 11;

// Texts of extended errors are UTF-8 (RFC 3629, RFC 8914 section 2).
bool IsUtf8(ByteView text);

// Code and length before each option's value (RFC 6891 section 6.1.2).
inline constexpr size_t kOptionHeaderOctets = 4;

// Whether the lengths in `rdata` of OPT add up to its end, with at most limits::kMaxEdnsOptions options.
bool AreWellFormedOptions(ByteView rdata);

// What a query's options say to a server, without allocating. Any other option is ignored (RFC 6891 section
// 6.1.2); client subnet among them, so it is never echoed either (RFC 7871 section 7.2.1).
struct QueryOptions {
  ByteView cookie;    // of COOKIE: 8 octets of the client, and none or 8 to 32 of a server; empty: no COOKIE
  bool nsid = false;  // the client wants to know who answers (RFC 5001 section 2.1)
  bool tcp_keepalive = false;  // it wants to know how long it may keep its connection (RFC 7828 section 3.2)
};

// Reads them from OPT's RDATA. False, which means FORMERR, when lengths do not add up, there are more than
// limits::kMaxEdnsOptions, COOKIE has no length a cookie can have (RFC 7873 section 5.2.2), or one of NSID,
// tcp-keepalive and padding comes twice. Of several COOKIEs the first counts (RFC 7873 section 5.2).
bool ReadQueryOptions(ByteView rdata, QueryOptions& out);

// Reads OPT's CLASS, TTL and RDATA fields. nullopt when option lengths do not add up, or there are more than
// kMaxEdnsOptions: FORMERR to a query, a useless reply from a server.
std::optional<Edns> ReadEdns(uint16_t rr_class, uint32_t ttl, ByteView rdata);

}  // namespace cairn
