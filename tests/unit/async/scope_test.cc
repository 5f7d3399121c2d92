// Scope: owns what nobody awaits, newest is cancelled first, and a finished task leaves nothing behind.
#include "common/async/scope.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/async/waits.h"

namespace cairn {
namespace {

using Log = std::vector<std::string>;

// Writes into the log where a coroutine's locals are cleaned up.
class Farewell {
 public:
  Farewell(Log& log, std::string text) : log_(log), text_(std::move(text)) {}
  Farewell(const Farewell&) = delete;
  Farewell& operator=(const Farewell&) = delete;
  ~Farewell() { log_.push_back("end " + text_); }

 private:
  Log& log_;
  std::string text_;
};

Task<void> Wait(Event& event, Log& log, std::string name) {
  const Farewell farewell(log, name);
  log.push_back("start " + name);
  co_await event.Wait();
  log.push_back("go on " + name);
}

TEST(Scope, StartsATaskAtOnceAndFreesItWhenItFinishes) {
  Log log;
  Event event;
  Scope scope;
  scope.Spawn(Wait(event, log, "a"));
  EXPECT_EQ(log, Log{"start a"});
  EXPECT_EQ(scope.size(), 1u);
  event.Raise();
  EXPECT_EQ(log, (Log{"start a", "go on a", "end a"}));
  EXPECT_EQ(scope.size(), 0u);
}

TEST(Scope, OwnsNothingOfATaskThatFinishesWithoutWaiting) {
  Log log;
  Event event;
  event.Raise();
  Scope scope;
  for (int i = 0; i < 1000; ++i) scope.Spawn(Wait(event, log, "a"));
  EXPECT_EQ(scope.size(), 0u);
  EXPECT_EQ(log.size(), 3000u);
}

TEST(Scope, CancelsTheNewestFirst) {
  Log log;
  Event event;
  {
    Scope scope;
    for (const char* name : {"a", "b", "c"}) scope.Spawn(Wait(event, log, name));
    log.clear();
  }
  EXPECT_EQ(log, (Log{"end c", "end b", "end a"}));
  event.Raise();
  EXPECT_EQ(log.size(), 3u) << "a cancelled task was resumed";
}

TEST(Scope, ForgetsTasksThatFinishInAnyOrder) {
  Log log;
  Event first, middle, last;
  Scope scope;
  scope.Spawn(Wait(first, log, "first"));
  scope.Spawn(Wait(middle, log, "middle"));
  scope.Spawn(Wait(last, log, "last"));
  middle.Raise();
  EXPECT_EQ(scope.size(), 2u);
  last.Raise();
  EXPECT_EQ(scope.size(), 1u);
  log.clear();
  scope.CancelAll();
  EXPECT_EQ(log, Log{"end first"});
  EXPECT_EQ(scope.size(), 0u);
}

Task<void> SpawnChildren(Scope& scope, Event& event, Log& log) {
  scope.Spawn(Wait(event, log, "child"));
  co_await event.Wait();
  scope.Spawn(Wait(event, log, "late child"));
  log.push_back("go on parent");
}

TEST(Scope, ATaskSpawnsIntoTheScopeItRunsIn) {
  Log log;
  Event event;
  Scope scope;
  scope.Spawn(SpawnChildren(scope, event, log));
  EXPECT_EQ(scope.size(), 2u);
  event.Raise();
  EXPECT_EQ(log, (Log{"start child", "go on child", "end child", "start late child", "go on late child",
                      "end late child", "go on parent"}));
  EXPECT_EQ(scope.size(), 0u);
}

class SpawnsWhenItDies {
 public:
  SpawnsWhenItDies(Scope& scope, Event& event, Log& log) : scope_(scope), event_(event), log_(log) {}
  SpawnsWhenItDies(const SpawnsWhenItDies&) = delete;
  SpawnsWhenItDies& operator=(const SpawnsWhenItDies&) = delete;
  ~SpawnsWhenItDies() { scope_.Spawn(Wait(event_, log_, "never")); }

 private:
  Scope& scope_;
  Event& event_;
  Log& log_;
};

Task<void> HoldSpawner(Scope& scope, Event& event, Log& log) {
  const SpawnsWhenItDies spawner(scope, event, log);
  co_await event.Wait();
}

TEST(Scope, DropsWhatIsSpawnedWhileItCancels) {
  Log log;
  Event event;
  {
    Scope scope;
    scope.Spawn(HoldSpawner(scope, event, log));
  }
  EXPECT_TRUE(log.empty());
}

Task<void> EndScope(std::optional<Scope>& scope, Event& event) {
  co_await event.Wait();
  scope.reset();
}

// A finished task may be what ends another scope whose tasks wait for the same event.
TEST(Scope, MayBeDestroyedByATaskOfAnotherScope) {
  Log log;
  Event event;
  Scope outer;
  std::optional<Scope> inner;
  outer.Spawn(EndScope(inner, event));
  inner.emplace();
  inner->Spawn(Wait(event, log, "a"));
  inner->Spawn(Wait(event, log, "b"));
  log.clear();
  event.Raise();
  EXPECT_EQ(log, (Log{"end b", "end a"}));
  EXPECT_EQ(outer.size(), 0u);
}

}  // namespace
}  // namespace cairn
