// The answer section of a reply: the chain from the question's name along CNAME (RFC 1034 section 3.6.2) and
// DNAME (RFC 6672 section 3) to the type asked, as far as it stays in the zone whose server spoke. What is
// not on that way is not taken.
#pragma once

#include "resolver/judging.h"

namespace cairn {

enum class ChainEnd : uint8_t {
  kAnswered,
  kOpenEnded,  // the last name is in the zone, and the answer section says nothing about it
  kLeaves,     // the last name must be asked anew: outside of the zone, visited before, or too far on
  kYxDomain,
  kTooLarge,
};

// Takes the sets of the chain into the finding, and moves its last name on.
ChainEnd FollowChain(Judging& judging);

}  // namespace cairn
