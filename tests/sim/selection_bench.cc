// Prints what selection.h measures, for the resolver's own choice, the oracle and two plain policies:
//   build/release/tests/sim/selection_bench [SEED]
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "tests/sim/selection.h"

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;

double Ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

// Clients' waits in a world as it is, and with 2 % of all packets lost.
void PrintSteady(Policy policy, uint64_t seed) {
  SelectionWorld steady(seed, policy), lossy(seed, policy);
  const std::vector<Duration> waits = steady.Ask(1000);
  steady.Mark();
  steady.Ask(1000);
  lossy.Ask(20);
  lossy.SetLoss(0.02);
  lossy.Mark();
  const std::vector<Duration> with_loss = lossy.Ask(3000);
  fmt::print("{:22}{:9.1f}{:9.1f}{:10.1f} %{:10.1f}{:9.1f}{:11.2f}\n", ToText(policy), Ms(Mean(waits)),
             Ms(Quantile(waits, 990)),
             100.0 * static_cast<double>(steady.Sent(0)) / static_cast<double>(steady.Sent()),
             Ms(Mean(with_loss)), Ms(Quantile(with_loss, 990)), static_cast<double>(lossy.Sent()) / 3000);
}

// How many questions, of those asked after a change, took longer than the server which is best now needs.
void PrintChanges(Policy policy, uint64_t seed) {
  const auto slow = [](const std::vector<Duration>& waits, Duration rtt) {
    const Duration best = rtt + SelectionWorld::kClientRtt;
    return std::count_if(waits.begin(), waits.end(), [best](Duration wait) { return wait > best; });
  };
  SelectionWorld dying(seed, policy), improving(seed, policy);
  dying.Ask(200);
  dying.SetDown(0, true);
  const std::vector<Duration> after_death = dying.Ask(500);
  improving.Ask(200);
  improving.SetRtt(3, milliseconds(4));
  const std::vector<Duration> after_change = improving.Ask(500);
  fmt::print("{:22}{:9}{:11.1f}{:18}\n", ToText(policy), slow(after_death, milliseconds(40)),
             Ms(Quantile(after_death, 1000)), slow(after_change, milliseconds(4)));
}

}  // namespace
}  // namespace cairn::sim

int main(int argc, char** argv) {
  const uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  fmt::print("One zone, servers at 10, 40, 120 and 300 ms; milliseconds that clients wait\n\n");
  fmt::print("{:22}{:>9}{:>9}{:>12}{:>10}{:>9}{:>11}\n", "", "mean", "p99", "to fastest", "2 % lost", "p99",
             "sent/asked");
  for (const cairn::sim::Policy policy : cairn::sim::kPolicies) cairn::sim::PrintSteady(policy, seed);
  fmt::print("\nOf 500 questions, how many took longer than the best server needs\n\n");
  fmt::print("{:22}{:>9}{:>11}{:>18}\n", "", "death", "longest", "another fastest");
  for (const cairn::sim::Policy policy : cairn::sim::kPolicies) cairn::sim::PrintChanges(policy, seed);
  return 0;
}
