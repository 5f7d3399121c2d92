#include "common/base/processors.h"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace cairn {

size_t UsableProcessors() {
  cpu_set_t ours;
  // Fails where there are more processors than the set can tell apart, 1024.
  const bool known = sched_getaffinity(0, sizeof ours, &ours) == 0;
  const auto count = known ? static_cast<unsigned>(CPU_COUNT(&ours)) : std::thread::hardware_concurrency();
  return std::max(1U, count);
}

}  // namespace cairn
