#include "common/base/epoch.h"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

// Says when it dies.
struct Mortal {
  explicit Mortal(int& deaths_seen) : deaths(deaths_seen) {}
  ~Mortal() { ++deaths; }
  Mortal(const Mortal&) = delete;
  Mortal& operator=(const Mortal&) = delete;
  int& deaths;
};

TEST(Epoch, WithoutReadersRetiredMeansFreed) {
  EpochDomain domain;
  int deaths = 0;
  domain.Retire(std::make_unique<Mortal>(deaths));
  EXPECT_EQ(deaths, 1);
}

TEST(Epoch, AnOnlineReaderKeepsItAliveUntilItIsQuiet) {
  EpochDomain domain;
  EpochReader reader(domain);
  int deaths = 0;
  domain.Retire(std::make_unique<Mortal>(deaths));
  EXPECT_EQ(domain.Reclaim(), 1u);
  EXPECT_EQ(deaths, 0);
  reader.Quiesce();
  EXPECT_EQ(domain.Reclaim(), 0u);
  EXPECT_EQ(deaths, 1);
}

TEST(Epoch, EveryReaderMustHaveBeenQuiet) {
  EpochDomain domain;
  EpochReader first(domain), second(domain);
  int deaths = 0;
  domain.Retire(std::make_unique<Mortal>(deaths));
  first.Quiesce();
  EXPECT_EQ(domain.Reclaim(), 1u);
  second.Quiesce();
  EXPECT_EQ(domain.Reclaim(), 0u);
}

TEST(Epoch, WhoIsOfflineOrGoneHoldsNothing) {
  EpochDomain domain;
  int deaths = 0;
  EpochReader away(domain);
  away.GoOffline();
  domain.Retire(std::make_unique<Mortal>(deaths));
  EXPECT_EQ(deaths, 1);

  away.GoOnline();
  domain.Retire(std::make_unique<Mortal>(deaths));
  EXPECT_EQ(deaths, 1);
  away.GoOffline();
  EXPECT_EQ(domain.Reclaim(), 0u);

  std::optional<EpochReader> gone(domain);
  domain.Retire(std::make_unique<Mortal>(deaths));
  EXPECT_EQ(deaths, 2);
  gone.reset();
  EXPECT_EQ(domain.Reclaim(), 0u);
}

TEST(Epoch, AReaderWhoCameLaterDoesNotDelayEarlierDeaths) {
  EpochDomain domain;
  int deaths = 0;
  EpochReader early(domain);
  domain.Retire(std::make_unique<Mortal>(deaths));
  EpochReader late(domain);
  early.Quiesce();
  EXPECT_EQ(domain.Reclaim(), 0u);
}

TEST(Epoch, TheDomainFreesWhatStillWaits) {
  int deaths = 0;
  {
    EpochDomain domain;
    EpochReader reader(domain);
    domain.Retire(std::make_unique<Mortal>(deaths));
    EXPECT_EQ(deaths, 0);
  }
  EXPECT_EQ(deaths, 1);
}

// Readers look at a published value whose two halves always agree; a freed one would be overwritten, and the
// address and thread sanitizers would see it.
TEST(Epoch, ReadersNeverSeeWhatWasFreed) {
  struct Pair {
    explicit Pair(int value) : left(value), right(value) {}
    ~Pair() { right = -1; }
    int left, right;
  };
  EpochDomain domain;
  std::atomic<Pair*> published{new Pair(0)};
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};

  const auto read = [&] {
    EpochReader reader(domain);
    for (int turn = 0; !done.load(std::memory_order_relaxed); ++turn) {
      for (int i = 0; i < 64; ++i) {
        const Pair* pair = published.load(std::memory_order_acquire);
        if (pair->left != pair->right) torn.fetch_add(1);
      }
      reader.Quiesce();
      if (turn % 16 == 0) {
        reader.GoOffline();
        reader.GoOnline();
      }
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) readers.emplace_back(read);
  for (int value = 1; value <= 20'000; ++value)
    domain.Retire(std::unique_ptr<Pair>(published.exchange(new Pair(value), std::memory_order_acq_rel)));
  done = true;
  for (std::thread& reader : readers) reader.join();

  EXPECT_EQ(torn.load(), 0);
  EXPECT_EQ(domain.Reclaim(), 0u);
  delete published.load();
}

}  // namespace
}  // namespace cairn
