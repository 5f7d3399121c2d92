#include "resolver/server_address.h"

#include <algorithm>

namespace cairn {
namespace {

AddressReach ReachOfV4(ByteView octets) {
  const uint8_t first = octets[0], second = octets[1];
  if (first == 0 || first >= 224) return AddressReach::kNever;
  if (first == 127) return AddressReach::kLoopback;
  const bool inside = first == 10 || (first == 172 && second >= 16 && second < 32) ||
                      (first == 192 && second == 168) || (first == 169 && second == 254);
  return inside ? AddressReach::kPrivate : AddressReach::kGlobal;
}

// Whether all of the first `count` octets are zero.
bool ZeroUpTo(ByteView octets, size_t count) {
  return std::all_of(octets.begin(), octets.begin() + static_cast<ptrdiff_t>(count),
                     [](uint8_t o) { return o == 0; });
}

AddressReach ReachOfV6(ByteView octets) {
  if (ZeroUpTo(octets, 15) && octets[15] == 1) return AddressReach::kLoopback;
  const bool mapped = ZeroUpTo(octets, 10) && octets[10] == 0xff && octets[11] == 0xff;
  if (ZeroUpTo(octets, 16) || octets[0] == 0xff || mapped) return AddressReach::kNever;
  const bool link_local = octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80;
  const bool unique_local = (octets[0] & 0xfe) == 0xfc;
  return link_local || unique_local ? AddressReach::kPrivate : AddressReach::kGlobal;
}

}  // namespace

AddressReach ReachOf(const IpAddress& address) {
  return address.is_v6() ? ReachOfV6(address.octets()) : ReachOfV4(address.octets());
}

}  // namespace cairn
