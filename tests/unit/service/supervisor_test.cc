#include "common/service/supervisor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

namespace cairn {
namespace {

// Signals are sent to the one thread that waits for them, so that no other test is disturbed.
TEST(SupervisorTest, ReloadsOnHangupServesWatchedDescriptorsAndEndsOnTerminate) {
  std::thread waiting([] {
    Supervisor supervisor;
    std::array<int, 2> ends;
    ASSERT_EQ(pipe(ends.data()), 0);
    std::string order;
    supervisor.OnHangup([&] {
      order += 'h';
      ASSERT_EQ(write(ends[1], "x", 1), 1);
    });
    supervisor.Watch(ends[0], [&] {
      char octet;
      ASSERT_EQ(read(ends[0], &octet, 1), 1);
      order += octet;
      pthread_kill(pthread_self(), SIGTERM);
    });
    pthread_kill(pthread_self(), SIGHUP);
    EXPECT_EQ(supervisor.Run(), SIGTERM);
    EXPECT_EQ(order, "hx");
    close(ends[0]);
    close(ends[1]);
  });
  waiting.join();
}

TEST(SupervisorTest, AHangupThatCameBeforeItIsNotLost) {
  std::thread waiting([] {
    HoldHangup();
    pthread_kill(pthread_self(), SIGHUP);
    Supervisor supervisor;
    supervisor.OnHangup([] { pthread_kill(pthread_self(), SIGTERM); });
    EXPECT_EQ(supervisor.Run(), SIGTERM);
  });
  waiting.join();
}

}  // namespace
}  // namespace cairn
