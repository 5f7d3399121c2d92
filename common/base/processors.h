// How many processors this process may run on: those of its affinity (taskset, CPUAffinity= of a service, the
// cpuset of a container), which may be fewer than the machine has.
#pragma once

#include <cstddef>

namespace cairn {

size_t UsableProcessors();

}  // namespace cairn
