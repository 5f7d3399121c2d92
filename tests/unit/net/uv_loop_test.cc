// The loop's promises about threads, timers and the end of a turn.
#include "common/net/uv_loop.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace cairn {
namespace {

TEST(UvLoopTest, DoesWhatOtherThreadsPostInOrderAndThenStops) {
  const SystemClock clock;
  UvLoop loop(clock);
  std::string done;
  std::thread other([&] {
    loop.Post([&] { done += 'a'; });
    loop.Post([&] { done += 'b'; });
    loop.Stop();
  });
  loop.Run();
  other.join();
  EXPECT_EQ(done, "ab");
}

TEST(UvLoopTest, RunsTimersInOrderOfTheirInstants) {
  const SystemClock clock;
  UvLoop loop(clock);
  std::string rung;
  Timer late(loop.timers());
  Timer early(loop.timers());
  const Instant now = clock.Now();
  late.Set(now + std::chrono::milliseconds(2), [&] {
    rung += 'l';
    loop.Stop();
  });
  early.Set(now, [&] { rung += 'e'; });
  loop.Run();
  EXPECT_EQ(rung, "el");
}

TEST(UvLoopTest, EndsEachTurnWithItsHooks) {
  const SystemClock clock;
  UvLoop loop(clock);
  std::string order;
  const int owner = 0;
  loop.AtTurnEnd([&] { order += '1'; }, &owner);
  loop.AtTurnEnd([&] { order += '2'; });
  loop.RunReady();
  loop.DropTurnEndHooks(&owner);
  loop.RunReady();
  EXPECT_EQ(order, "122");
}

TEST(UvLoopTest, RunsAgainAfterAStop) {
  const SystemClock clock;
  UvLoop loop(clock);
  int runs = 0;
  for (int i = 0; i < 2; ++i) {
    loop.Post([&] { ++runs; });
    loop.Stop();
    loop.Run();
  }
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace cairn
