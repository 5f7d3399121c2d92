#include "common/service/helper_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <new>

namespace cairn {
namespace {

using std::chrono::milliseconds;

TEST(HelperThreadsTest, DoesWorkBesideWorkThatTakesLong) {
  HelperThreads helpers(2);
  std::promise<void> may_end;
  std::promise<void> done;
  ASSERT_TRUE(helpers.Post([&] { may_end.get_future().wait(); }));
  ASSERT_TRUE(helpers.Post([&] { done.set_value(); }));
  done.get_future().wait();
  may_end.set_value();
  EXPECT_TRUE(helpers.Finish(milliseconds(60'000)));
}

TEST(HelperThreadsTest, FinishForgetsWhatHasNotBegunAndTellsOfWhatGoesOn) {
  HelperThreads helpers(1);
  std::promise<void> begun;
  std::promise<void> may_end;
  std::atomic<int> later = 0;
  ASSERT_TRUE(helpers.Post([&] {
    begun.set_value();
    may_end.get_future().wait();
  }));
  begun.get_future().wait();
  ASSERT_TRUE(helpers.Post([&] { ++later; }));
  EXPECT_FALSE(helpers.Finish(milliseconds(0)));
  EXPECT_FALSE(helpers.Post([&] { ++later; }));
  may_end.set_value();
  EXPECT_TRUE(helpers.Finish(milliseconds(60'000)));
  EXPECT_EQ(later, 0);
}

TEST(HelperThreadsTest, WorkWithoutMemoryIsGivenUpAndTheThreadGoesOn) {
  HelperThreads helpers(1);
  std::promise<void> done;
  ASSERT_TRUE(helpers.Post([] { throw std::bad_alloc(); }));
  ASSERT_TRUE(helpers.Post([&] { done.set_value(); }));
  done.get_future().wait();
  EXPECT_TRUE(helpers.Finish(milliseconds(60'000)));
}

TEST(HelperThreadsTest, TakesNoEndlessQueue) {
  HelperThreads helpers(0);
  int taken = 0;
  while (helpers.Post([] {})) ++taken;
  EXPECT_EQ(taken, 64);
}

}  // namespace
}  // namespace cairn
