// What an operator may ask of a running resolver through its control socket (`cairn-resolver ctl`).
#pragma once

#include "common/service/control.h"
#include "common/service/metrics_text.h"

namespace cairn {

class Server;

// `server` must outlive `control`.
void RegisterControlVerbs(ControlServer& control, Server& server);

// All counters, for `ctl metrics` and the HTTP endpoint; any thread may ask while the workers run.
MetricsText MetricsReport(Server& server);

}  // namespace cairn
