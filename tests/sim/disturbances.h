// What happens to a random world while the resolver lives in it: paths are cut and mended, servers die and
// return, good ones begin to lie, loss comes in bursts, zones change, the wall clock is set, and time passes.
// End() undoes all of it but the changes of zones; then every name must resolve again.
#pragma once

#include <memory>
#include <vector>

#include "common/base/random.h"
#include "tests/sim/sim_internet.h"

namespace cairn::sim {

class Disturbances {
 public:
  // `resolver` is the host at the near end of the paths.
  Disturbances(SimInternet& internet, SimHost& resolver, uint64_t seed);

  // Something happens now, or nothing.
  void Strike();
  void End();

 private:
  void CutOrMend();
  void DieOrReturn();
  void BeginToLie();
  void BurstOfLoss();
  void ChangeAZone();
  void SetTheClock();
  void LetTimePass();

  uint64_t Below(uint64_t bound) { return random_->Below(bound); }
  SimServer& AnyServer() { return *internet_.servers()[Below(internet_.servers().size())]; }

  SimInternet& internet_;
  SimHost& resolver_;
  std::unique_ptr<Random> random_;
  struct Liars {
    SimServer* server;
    std::vector<Lie> before;
  };
  std::vector<Liars> turned_;  // who lies, and how he did before
};

}  // namespace cairn::sim
