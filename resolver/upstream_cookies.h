// DNS cookies towards servers (RFC 7873, RFC 9018 section 3). Each server gets a client cookie of its own for
// each of our addresses, 64 bits that nobody off the path can know, and whoever repeats it in a reply is the
// server. What it adds, the server cookie, is remembered and goes back with the next query. A server that
// sends cookies must go on doing so: a reply without one is as good as a guess, so that a forged reply can
// turn neither cookies nor EDNS off; only over TCP does a server unsay them. Bounded: the least used servers
// are forgotten.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/dns/edns.h"
#include "common/net/endpoint.h"
#include "resolver/keyed_hash.h"
#include "resolver/sieve_map.h"

namespace cairn {

inline constexpr size_t kClientCookieOctets = 8;
inline constexpr size_t kMaxCookieOctets = 40;  // with the longest server cookie, 32 octets

// As it stands in a query: the client's part, and the server's when it is known.
class UpstreamCookie {
 public:
  ByteView octets() const { return {octets_.data(), size_}; }
  ByteView client_part() const { return octets().first(kClientCookieOctets); }
  void Append(ByteView part) {
    std::copy(part.begin(), part.end(), octets_.begin() + size_);
    size_ = static_cast<uint8_t>(size_ + part.size());
  }

 private:
  std::array<uint8_t, kMaxCookieOctets> octets_;
  uint8_t size_ = 0;
};

class UpstreamCookies {
 public:
  UpstreamCookies(size_t max_servers, Random& random)
      : key_(SipKey::Draw(random)), servers_(max_servers, KeyedEndpointHash{SipKey::Draw(random)}) {}

  // Whether to send one: not to a server that lately could not bear it.
  bool Wanted(const Endpoint& server, Instant now);
  // The cookie for a query from `own` to `server`.
  UpstreamCookie For(const Endpoint& server, const IpAddress& own);

  enum class Verdict : uint8_t {
    kOurs,     // it repeats the client cookie
    kAbsent,   // none, and none was promised
    kMissing,  // none, although this server sends them
    kForeign,  // another client cookie, or a malformed one (RFC 7873 section 5.3)
  };
  // `reply` is the OPT of a reply to a query with `sent`, nullptr when it has none.
  Verdict Judge(const Endpoint& server, const UpstreamCookie& sent, const Edns* reply, Instant now);
  // The server's part of a reply that is ours goes with the next query from `own`.
  void Learn(const Endpoint& server, const IpAddress& own, const Edns& reply);
  // For a while no cookie is expected or sent: it answered without one over TCP, or only when asked without.
  void GiveUp(const Endpoint& server, Instant now);

 private:
  struct Server {
    IpAddress own;
    std::array<uint8_t, kMaxCookieOctets - kClientCookieOctets> octets{};
    uint8_t size = 0;  // 0: it sent none
    Instant none_until{};
  };

  SipKey key_;
  SieveMap<Endpoint, Server, KeyedEndpointHash, std::equal_to<Endpoint>> servers_;
};

}  // namespace cairn
