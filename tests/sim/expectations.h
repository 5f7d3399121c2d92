// What a question of a scenario was to come to: the lines below an `ask` or a `send` (scenario.h has their
// grammar), each compared with how it went.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/cost.h"
#include "tests/sim/scenario_text.h"
#include "tests/sim/sim_resolver.h"

namespace cairn::sim {

class Expectations {
 public:
  struct Verdict {
    enum class Kind : uint8_t {
      kMet,
      kMissed,  // the resolver did something else
      kWrong,   // the line cannot be understood
    };
    Kind kind = Kind::kMet;
    std::string what{};
  };

  // Of `asked`, all alike, the first stands for all where one reply is looked at.
  Expectations(SimResolver& resolver, std::vector<const Conversation*> asked, CostMeter meter)
      : resolver_(resolver), asked_(std::move(asked)), meter_(meter) {}

  Verdict Judge(const ScenarioLine& line);
  // Behind the last line: where records were listed, no others may be there.
  Verdict JudgeRest() const;

 private:
  Verdict Rcode(const ScenarioLine& line);
  Verdict Records(const ScenarioLine& line);
  Verdict HasFlag(const ScenarioLine& line);
  Verdict FirstTtl(const ScenarioLine& line);
  Verdict Soa(const ScenarioLine& line);
  Verdict ExtendedErrorCode(const ScenarioLine& line);
  Verdict Says(const ScenarioLine& line);
  Verdict WhySays(const ScenarioLine& line);
  Verdict Within(const ScenarioLine& line);
  Verdict AtMost(const ScenarioLine& line);
  Verdict Answered(const ScenarioLine& line);
  Verdict Silence(const ScenarioLine& line);
  Verdict Asked(const ScenarioLine& line);
  Verdict Shown(const ScenarioLine& line);
  Verdict Connected(const ScenarioLine& line);
  Verdict Not(const ScenarioLine& line);
  Verdict Believed(const ScenarioLine& line);

  const Conversation& first() const { return *asked_.front(); }
  const Message& reply() const { return first().reply; }
  // The packets sent to `server` since the question.
  std::vector<const Packet*> PacketsTo(const SimServer& server) const;
  size_t QueriesTo(const SimServer& server) const;

  SimResolver& resolver_;
  std::vector<const Conversation*> asked_;
  CostMeter meter_;
  size_t answers_seen_ = 0;
  size_t authorities_seen_ = 0;
  size_t additionals_seen_ = 0;
};

}  // namespace cairn::sim
