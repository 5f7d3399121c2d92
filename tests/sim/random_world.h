// A world drawn from a seed: a tree of zones with glue and without, servers of which some lie, aliases across
// zones, wildcards, empty non-terminals, and a wire with faults. Each zone has one server at least that tells
// the truth and can be found, so that when the faults end every name must resolve.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/dns/message.h"
#include "tests/sim/sim_internet.h"

namespace cairn::sim {

struct RandomWorld {
  std::unique_ptr<SimInternet> internet;  // started
  std::vector<Question> questions;        // names that are there, names that are not, and all between
  std::string description;                // one line a zone, for whoever has to understand a failure
};

RandomWorld DrawWorld(uint64_t seed);

}  // namespace cairn::sim
