// The networks this machine is attached to: the address blocks of its interfaces that are up. Who lives there
// is a neighbour, not a stranger.
#pragma once

#include <optional>
#include <vector>

#include "common/base/bytes.h"
#include "common/net/endpoint.h"

namespace cairn {

// Without loopback, and without the far ends of point-to-point links, which may be anybody's. Each once, in
// the order of the interfaces.
std::vector<Subnet> AttachedNetworks();

// The addresses of this machine, loopback included: where who listens on a wildcard address can be reached.
std::vector<IpAddress> OwnAddresses();

// The block that `address` and `netmask` (both 4 or both 16 octets) span; nothing for a mask with holes, or
// one that spans everything.
std::optional<Subnet> SubnetOf(ByteView address, ByteView netmask);

}  // namespace cairn
