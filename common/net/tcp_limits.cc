#include "common/net/tcp_limits.h"

#include <algorithm>

namespace cairn {

TcpLimits TcpLimits::ShareOf(size_t workers) const {
  TcpLimits share = *this;
  share.connections = std::max<size_t>(1, connections / workers);
  share.connections_per_address = (connections_per_address + workers - 1) / workers;
  return share;
}

}  // namespace cairn
