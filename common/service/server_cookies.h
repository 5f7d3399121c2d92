// Server cookies (RFC 7873), made as RFC 9018 says, so that all servers behind one anycast address that share
// a secret take each other's. A client that shows one has been heard from its address within the hour: it is
// not forged. Nothing is kept for a client; a cookie is
//
//   client cookie (8) | version 1 | reserved (3) | time made (4) | SipHash-2-4 of that and the client's
//   address
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/siphash.h"
#include "common/dns/response_opt.h"
#include "common/net/endpoint.h"

namespace cairn {

struct CookieOptions {
  bool enabled = true;
  bool require = false;  // over UDP a client without a valid cookie gets no data
  // The first makes cookies, all are accepted. To roll a secret: add the new one behind the old on every
  // server, then put it first, then drop the old one an hour later (RFC 9018 section 5).
  std::vector<SipKey> secrets = {};
  // Without `secrets`: what each day's secret is derived from; drawn at the start, the same for all workers.
  SipKey seed = {};
  friend bool operator==(const CookieOptions&, const CookieOptions&) = default;
};

// What a query says about its sender.
enum class CookieStanding : uint8_t {
  kNone,        // no COOKIE, or we have none to give
  kClientOnly,  // a client that does not have one of ours yet
  kInvalid,     // what it has is none of ours, made for another address, or older than an hour
  kValid,
};

using Cookie = std::array<uint8_t, ResponseOpt::kCookieOctets>;

class ServerCookies {
 public:
  explicit ServerCookies(const CookieOptions& options);

  // Judges `shown`, the value of a COOKIE option (8 octets, or 16 to 40), and writes what to answer with: the
  // same cookie while it is fresh, else a new one.
  CookieStanding Check(ByteView shown, const IpAddress& client, WallTime now, Cookie& answer);

 private:
  void UseSecretsOf(WallTime now);
  const SipKey* SecretOf(ByteView shown, const IpAddress& client, WallTime now) const;

  bool by_day_;
  SipKey seed_;
  int64_t day_ = -1;  // since 1970, of the secrets below when they change by themselves
  bool previous_counts_ = false;
  std::vector<SipKey> secrets_;  // the first makes cookies
};

}  // namespace cairn
