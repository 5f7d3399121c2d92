// The verbs of `cairn-auth ctl` for a running server.
#pragma once

#include "authoritative/server.h"
#include "common/service/control.h"

namespace cairn {

// `control` must not outlive `server`.
void RegisterControlVerbs(ControlServer& control, AuthServer& server);

}  // namespace cairn
