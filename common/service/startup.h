// What both programs do and say alike when they start.
#pragma once

#include <vector>

#include "common/net/endpoint.h"
#include "common/service/log.h"

namespace cairn {

// Of addresses to listen on which nobody wrote, those which this system has; a log line for each of the
// others. IPv6 may be switched off, and then the defaults are to work without it.
std::vector<Endpoint> WhatTheSystemHas(const std::vector<Endpoint>& defaults, Log& log);

// A server that needs no rights should have none.
void WarnIfRoot(Log& log);

}  // namespace cairn
