// The numbers of a DNS message as types: RR TYPE, CLASS, OPCODE, RCODE and TTL (RFC 1035 sections 3.2, 4.1;
// RFC 6895).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

// Any of the 65536 types; what we know about one stands in its row of rr_types.h.
struct RrType {
  uint16_t value = 0;
  friend constexpr auto operator<=>(RrType, RrType) = default;
  template <typename H>
  friend H AbslHashValue(H h, RrType t) {
    return H::combine(std::move(h), t.value);
  }

  std::string ToText() const;                                    // "A", "TYPE65280" (RFC 3597 section 5)
  static std::optional<RrType> FromText(std::string_view text);  // any case; also TYPEn
  // QTYPEs and meta types: never data in a zone or a cache (RFC 6895 section 3.1): 0, OPT, 128..255.
  constexpr bool IsMeta() const { return value == 0 || value == 41 || (value >= 128 && value <= 255); }
};

namespace rr {
inline constexpr RrType kA{1}, kNs{2}, kCname{5}, kSoa{6}, kPtr{12}, kMx{15}, kTxt{16}, kAaaa{28}, kSrv{33},
    kDname{39}, kOpt{41}, kDs{43}, kRrsig{46}, kNsec{47}, kDnskey{48}, kNsec3{50}, kNsec3param{51}, kTlsa{52},
    kSmimea{53}, kCds{59}, kCdnskey{60}, kZonemd{63}, kSvcb{64}, kHttps{65}, kTkey{249}, kTsig{250},
    kIxfr{251}, kAxfr{252}, kMailb{253}, kMaila{254}, kAny{255};
}  // namespace rr

struct RrClass {
  uint16_t value = 1;
  friend constexpr auto operator<=>(RrClass, RrClass) = default;
  std::string ToText() const;                                     // "IN", "CLASS65280"
  static std::optional<RrClass> FromText(std::string_view text);  // any case; also CLASSn
};
inline constexpr RrClass kClassIn{1}, kClassCh{3}, kClassNone{254}, kClassAny{255};

enum class Opcode : uint8_t { kQuery = 0, kIquery = 1, kStatus = 2, kNotify = 4, kUpdate = 5, kDso = 6 };
std::string ToText(Opcode opcode);  // "QUERY", "OPCODE15"

// The whole RCODE, EDNS's upper eight bits included (RFC 6891 section 6.1.3).
enum class Rcode : uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kYxDomain = 6,
  kYxRrset = 7,
  kNxRrset = 8,
  kNotAuth = 9,
  kNotZone = 10,
  kBadVers = 16,
  kBadCookie = 23,
};
std::string ToText(Rcode rcode);  // "NXDOMAIN", "RCODE3841"

// Seconds. The constructor from the wire applies RFC 2181 section 8: a value with the top bit set counts as
// 0.
class Ttl {
 public:
  constexpr Ttl() = default;
  static constexpr Ttl FromWire(uint32_t value) { return Ttl(value > kMax ? 0 : value); }
  static constexpr Ttl Seconds(uint32_t value) { return Ttl(value > kMax ? kMax : value); }
  constexpr uint32_t seconds() const { return seconds_; }
  friend constexpr auto operator<=>(Ttl, Ttl) = default;
  static constexpr uint32_t kMax = 0x7fffffff;

 private:
  explicit constexpr Ttl(uint32_t value) : seconds_(value) {}
  uint32_t seconds_ = 0;
};

}  // namespace cairn
