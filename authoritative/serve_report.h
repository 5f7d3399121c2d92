// What the server says about itself: `ctl status` for people, `ctl metrics` for machines.
#pragma once

#include <span>
#include <string>

#include "authoritative/serve_worker.h"
#include "common/base/clock.h"
#include "common/zone/zone_set.h"

namespace cairn {

std::string StatusText(Duration running, const ZoneSet& zones, std::span<const WorkerCounters> workers);
std::string MetricsReport(const ZoneSet& zones, std::span<const WorkerCounters> workers);

}  // namespace cairn
