// What the server says about itself: `ctl status` and `ctl zone-status` for people, `ctl metrics` for
// machines.
#pragma once

#include <span>
#include <vector>

#include "authoritative/facts.h"
#include "authoritative/serve_worker.h"
#include "authoritative/serve_zones.h"
#include "common/base/clock.h"
#include "common/net/endpoint.h"
#include "common/service/metrics_text.h"

namespace cairn {

std::vector<Fact> StatusFacts(Duration running, std::span<const Endpoint> listening,
                              const ServedZones::Table& zones, std::span<const WorkerCounters> workers);
std::vector<Fact> ZoneFacts(const ServedZone& zone);
MetricsText MetricsReport(const ServedZones::Table& zones, std::span<const WorkerCounters> workers);

}  // namespace cairn
