// Which addresses a name server may have. What a zone's owner writes into glue or into the addresses of his
// servers decides where our packets go, so nobody's word sends them to places where no server can be (THREATS
// section 2, "Glue trust"), nor, unless an operator says so, into our own machine or network.
#pragma once

#include <cstdint>

#include "common/net/endpoint.h"

namespace cairn {

enum class AddressReach : uint8_t {
  kGlobal,
  kPrivate,   // RFC 1918, RFC 4193, link-local: servers of a lab or a company
  kLoopback,  // 127.0.0.0/8, ::1
  kNever,     // 0.0.0.0/8, ::, multicast, 240.0.0.0/4 with broadcast, IPv4-mapped IPv6
};

AddressReach ReachOf(const IpAddress& address);

}  // namespace cairn
