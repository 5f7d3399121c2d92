// Each kind has its share of a hundred; most strikes are none.
#include "tests/sim/disturbances.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/dns/rdata_text.h"

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;

constexpr Lie kLies[] = {Lie::kSilent,  Lie::kRefused,    Lie::kServFail, Lie::kEmpty,
                         Lie::kGarbage, Lie::kTruncating, Lie::kWrongId,  Lie::kNotAuthoritative,
                         Lie::kNoEdns,  Lie::kSpoofed,    Lie::kTcpResets};

// Data of the names that random_world.cc calls w0, w1, ...: no server and no alias depends on it.
bool MayChange(const Record& record) {
  const std::string owner = record.owner.ToText();
  const bool data = record.type == rr::kA || record.type == rr::kTxt || record.type == rr::kAaaa;
  return data && owner.size() > 1 && owner[0] == 'w' && owner[1] >= '0' && owner[1] <= '9';
}

}  // namespace

Disturbances::Disturbances(SimInternet& internet, SimHost& resolver, uint64_t seed)
    : internet_(internet), resolver_(resolver), random_(NewSeededRandom(seed ^ 0xd157)) {}

void Disturbances::Strike() {
  struct Kind {
    uint64_t percent;
    void (Disturbances::*happen)();
  };
  static constexpr Kind kKinds[] = {
      {6, &Disturbances::CutOrMend},   {6, &Disturbances::DieOrReturn}, {3, &Disturbances::BeginToLie},
      {3, &Disturbances::BurstOfLoss}, {8, &Disturbances::ChangeAZone}, {2, &Disturbances::SetTheClock},
      {5, &Disturbances::LetTimePass},
  };
  uint64_t drawn = Below(100);
  for (const Kind& kind : kKinds) {
    if (drawn < kind.percent) return (this->*kind.happen)();
    drawn -= kind.percent;
  }
}

void Disturbances::CutOrMend() {
  SimHost& server = AnyServer().host();
  PathPolicy path = internet_.world().Path(resolver_, server);
  path.cut = !path.cut;
  internet_.world().SetPath(resolver_, server, path);
}

void Disturbances::DieOrReturn() {
  SimHost& server = AnyServer().host();
  server.down = !server.down;
}

void Disturbances::BeginToLie() {
  SimServer& server = AnyServer();
  const auto is_it = [&](const Liars& one) { return one.server == &server; };
  if (std::none_of(turned_.begin(), turned_.end(), is_it)) turned_.push_back({&server, server.liar().lies()});
  server.liar().SetLies({kLies[Below(std::size(kLies))]}, {});
}

void Disturbances::BurstOfLoss() {
  PathPolicy path = internet_.world().default_path();
  path.loss = static_cast<double>(Below(60)) / 100;
  path.duplicate = static_cast<double>(Below(20)) / 100;
  path.held_back = static_cast<double>(Below(30)) / 100;
  internet_.world().SetDefaultPath(path);
}

// One name gets other data, or loses them; the last of them takes the name away (unless something is below
// it).
void Disturbances::ChangeAZone() {
  const std::vector<Name>& apexes = internet_.apexes();
  const Name& apex = apexes[Below(apexes.size())];
  const absl::Status changed = internet_.Change(apex, [&](std::vector<Record>& records) {
    std::vector<size_t> candidates;
    for (size_t i = 0; i < records.size(); ++i) {
      if (MayChange(records[i])) candidates.push_back(i);
    }
    if (candidates.empty()) return;
    const size_t chosen = candidates[Below(candidates.size())];
    const Record before = records[chosen];
    std::erase_if(records, [&](const Record& record) {
      return record.owner == before.owner && record.type == before.type;
    });
    if (Below(3) == 0) return;
    Record after = before;
    after.type = Below(4) == 0 ? rr::kTxt : rr::kA;
    const std::string rdata =
        after.type == rr::kTxt ? fmt::format("\"{}\"", Below(1000)) : fmt::format("192.0.2.{}", Below(256));
    after.rdata = RdataFromText(after.type, rdata).value();
    const bool there = std::any_of(records.begin(), records.end(), [&](const Record& record) {
      return record.owner == after.owner && record.type == after.type;
    });
    if (!there) records.push_back(std::move(after));
  });
  if (!changed.ok()) std::abort();
}

void Disturbances::SetTheClock() {
  static constexpr int64_t kJumps[] = {3600, -3600, 10 * 365 * 86400LL, -86400, 1};
  internet_.world().clock().JumpWall(kJumps[Below(std::size(kJumps))]);
}

void Disturbances::LetTimePass() {
  static constexpr std::array<Duration, 4> kSpans = {std::chrono::seconds(6), std::chrono::minutes(2),
                                                     std::chrono::hours(1), std::chrono::hours(25)};
  internet_.world().RunFor(kSpans[Below(kSpans.size())]);
}

void Disturbances::End() {
  for (const Liars& one : turned_) one.server->liar().SetLies(one.before, {});
  turned_.clear();
  internet_.world().EndFaults();
}

}  // namespace cairn::sim
