// How a fuzz target states its property: a claim which any input must keep.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace cairn::testing {

inline void Require(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "this does not hold: %s\n", claim);
  std::abort();
}

}  // namespace cairn::testing
