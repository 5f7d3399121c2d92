// Counts what this thread asks of the global operator new, so that a test can state that a hit path allocates
// nothing:
//
//   AllocationCounter counter;
//   ReadQuery(packet, query);
//   EXPECT_EQ(counter.count(), 0u);
//
// Linking this replaces the global operators new and delete by ones which count and call malloc; sanitizers
// keep watching malloc below them. Only the thread sanitizer's runtime keeps the operators for itself: there nothing is
// counted, and the address sanitizer's builds are the ones that tell.
#pragma once

#include <cstddef>

namespace cairn::testing {

class AllocationCounter {
 public:
  AllocationCounter();
  // Calls of operator new by this thread since the counter was made.
  size_t count() const;

 private:
  size_t at_start_;
};

}  // namespace cairn::testing
