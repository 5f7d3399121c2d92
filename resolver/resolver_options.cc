#include "resolver/resolver_options.h"

#include <array>

namespace cairn {

std::vector<AccessRule> LoopbackOnly() {
  return {{.net = *Subnet::FromText("127.0.0.0/8"), .action = AccessRule::Action::kAllowSnoop},
          {.net = *Subnet::FromText("::1/128"), .action = AccessRule::Action::kAllowSnoop}};
}

std::string_view ToText(AccessRule::Action action) {
  static constexpr auto kWords = std::to_array<std::string_view>({"allow", "allow-snoop", "refuse", "drop"});
  return kWords[static_cast<size_t>(action)];
}

}  // namespace cairn
