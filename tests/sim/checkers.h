// Watches a run: what a resolver may never do, whatever the world does to it. Each check adds what it found
// wrong to `findings`, in words that say when, which question, and what the zones hold instead.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/oracle.h"
#include "tests/sim/sim_resolver.h"

namespace cairn::sim {

// A client has its answer after 10 s, and 0.5 s are for the way (THREATS section 1).
inline constexpr Duration kAnswerDeadline = std::chrono::milliseconds(10'500);
inline constexpr size_t kUpstreamBudget = 200;
// The longest that a failure is remembered (RFC 9520 section 3.2), and a little more.
inline constexpr Duration kFailuresForgotten = std::chrono::seconds(310);

enum class Demand : uint8_t {
  kTruthOrServFail,  // faults may have kept the answer away, but no lie may come through
  kTruth,
};

class Checkers {
 public:
  explicit Checkers(SimResolver& resolver) : resolver_(resolver), oracle_(resolver.internet()) {}

  // The answer is in time, well formed, and what the zones hold: same records, alias before target, TTLs no
  // higher.
  void CheckAnswer(const Conversation& conversation, Demand demand);
  // What holds for any answer, whatever the zones say.
  void CheckForm(const Conversation& conversation);
  void CheckBudget(size_t upstream_queries, size_t client_queries);
  // Stops the resolver and looks for what it left behind. The world is of no use to it afterwards.
  void CheckNothingAlive();

  const std::vector<std::string>& findings() const { return findings_; }
  void Add(const Conversation& conversation, const std::string& what);

 private:
  void CheckRecords(const Conversation& conversation, const Truth& truth);
  void CheckNegative(const Conversation& conversation, const Truth& truth);

  SimResolver& resolver_;
  Oracle oracle_;
  std::vector<std::string> findings_;
};

}  // namespace cairn::sim
