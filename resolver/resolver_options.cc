#include "resolver/resolver_options.h"

namespace cairn {

std::vector<AccessRule> LoopbackOnly() {
  return {{.net = *Subnet::FromText("127.0.0.0/8")}, {.net = *Subnet::FromText("::1/128")}};
}

}  // namespace cairn
