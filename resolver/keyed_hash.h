// Hash functors for tables of names and addresses which outsiders fill: keyed, so that nobody can aim at one
// bucket.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "common/base/siphash.h"
#include "common/dns/name.h"
#include "common/net/endpoint.h"

namespace cairn {

// Without regard to case; goes with NameEq.
struct KeyedNameHash {
  using is_transparent = void;
  SipKey key;
  size_t operator()(NameView name) const {
    std::array<uint8_t, kMaxNameOctets> folded;
    std::transform(name.data(), name.data() + name.size(), folded.begin(), ToLower);
    return SipHash(key, {folded.data(), name.size()});
  }
  size_t operator()(const Name& name) const { return (*this)(name.view()); }
};

struct KeyedEndpointHash {
  SipKey key;
  size_t operator()(const Endpoint& endpoint) const {
    std::array<uint8_t, 18> octets;
    const ByteView address = endpoint.address.octets();
    uint8_t* end = std::copy(address.begin(), address.end(), octets.begin());
    StoreU16(end, endpoint.port);
    return SipHash(key, {octets.data(), address.size() + 2});
  }
};

}  // namespace cairn
