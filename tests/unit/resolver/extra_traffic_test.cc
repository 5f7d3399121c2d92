#include "resolver/extra_traffic.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

constexpr uint32_t kMost = 8;

TEST(ExtraTraffic, IsAShareOfTheQuestions) {
  ExtraTraffic savings(5, kMost);
  uint32_t spent = 0;
  while (savings.Take()) ++spent;
  EXPECT_EQ(spent, kMost) << "those saved from the first";
  for (int question = 0; question < 1000; ++question) {
    savings.OnQuestion();
    while (savings.Take()) ++spent;
  }
  EXPECT_EQ(spent, 50 + kMost);
}

TEST(ExtraTraffic, SavesAFewAndNoMore) {
  ExtraTraffic savings(5, kMost);
  for (int question = 0; question < 1000; ++question) savings.OnQuestion();
  EXPECT_TRUE(savings.IsFull());
  uint32_t spent = 0;
  while (savings.Take()) ++spent;
  EXPECT_EQ(spent, kMost);
  EXPECT_FALSE(savings.IsFull());
  for (int question = 0; question < 19; ++question) savings.OnQuestion();
  EXPECT_FALSE(savings.Take());
  savings.OnQuestion();
  EXPECT_TRUE(savings.Take());
}

TEST(ExtraTraffic, NoShareIsNothingAtAll) {
  ExtraTraffic savings(0, kMost);
  for (int question = 0; question < 1000; ++question) savings.OnQuestion();
  EXPECT_FALSE(savings.IsFull());
  EXPECT_FALSE(savings.Has(1));
  EXPECT_FALSE(savings.Take());
}

}  // namespace
}  // namespace cairn
