#include "common/service/startup.h"

#include <unistd.h>

#include "common/net/uv_network.h"

namespace cairn {

std::vector<Endpoint> WhatTheSystemHas(const std::vector<Endpoint>& defaults, Log& log) {
  std::vector<Endpoint> has;
  for (const Endpoint& each : defaults) {
    if (SystemHas(each.address)) {
      has.push_back(each);
    } else {
      log.Info("not-listening",
               {{"address", each.ToText()}, {"reason", "the system lacks it, and no option names it"}});
    }
  }
  return has;
}

void WarnIfRoot(Log& log) {
  if (geteuid() != 0) return;
  log.Warning("runs-as-root", {{"advice", "let the option user name an account without rights"}});
}

}  // namespace cairn
