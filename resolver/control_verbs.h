// What an operator may ask of a running resolver through its control socket (`cairn-resolver ctl`).
#pragma once

#include "common/service/control.h"

namespace cairn {

class Server;

// `server` must outlive `control`.
void RegisterControlVerbs(ControlServer& control, Server& server);

}  // namespace cairn
