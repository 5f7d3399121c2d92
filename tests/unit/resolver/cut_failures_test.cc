// Zones that could not be reached rest (RFC 9520 section 3.2), and crowds are bounded (THREATS section 1).
#include "resolver/cut_failures.h"

#include <gtest/gtest.h>

#include "resolver/crowd.h"

namespace cairn {
namespace {

using std::chrono::seconds;

class CutFailuresTest : public testing::Test {
 protected:
  std::unique_ptr<Random> random_ = NewSeededRandom(1);
  CutFailures failures_{100, *random_};
  const Name cut_ = Name::Literal("dead.");
  Instant now_ = Instant() + std::chrono::hours(1);
};

TEST_F(CutFailuresTest, RestsTwiceAsLongAfterEachFailureUpToFiveMinutes) {
  EXPECT_EQ(failures_.RestOf(cut_, now_), Duration::zero());
  for (const int expected : {0, 5, 10, 20, 40, 80, 160, 300, 300}) {
    failures_.OnFailure(cut_, now_);
    EXPECT_EQ(failures_.RestOf(cut_, now_), seconds(expected));
    now_ += seconds(expected);
    EXPECT_EQ(failures_.RestOf(cut_, now_), Duration::zero());
  }
  EXPECT_EQ(failures_.RestOf(Name::Literal("other."), now_), Duration::zero());
}

TEST_F(CutFailuresTest, AUsefulReplyEndsTheRow) {
  failures_.OnFailure(cut_, now_);
  failures_.OnUseful(cut_);
  failures_.OnFailure(cut_, now_);
  EXPECT_EQ(failures_.RestOf(cut_, now_), Duration::zero());  // the first again
  failures_.OnFailure(cut_, now_);
  EXPECT_EQ(failures_.RestOf(cut_, now_), CutFailures::kFirstRest);
}

TEST_F(CutFailuresTest, TheRootNeverRests) {
  for (int i = 0; i < 3; ++i) failures_.OnFailure(Name(), now_);
  EXPECT_EQ(failures_.RestOf(Name(), now_), Duration::zero());
}

TEST_F(CutFailuresTest, WhenOurOwnNetworkIsBackNobodyRests) {
  failures_.OnReply(now_);
  failures_.OnFailure(cut_, now_);
  failures_.OnFailure(cut_, now_);
  failures_.OnReply(now_ + CutFailures::kPause);  // one zone alone: it is the zone
  EXPECT_GT(failures_.RestOf(cut_, now_ + CutFailures::kPause), Duration::zero());
  now_ += seconds(10);
  failures_.OnReply(now_);
  failures_.OnFailure(cut_, now_);
  failures_.OnFailure(Name::Literal("other."), now_);
  failures_.OnReply(now_ + CutFailures::kPause / 2);  // others were heard meanwhile
  EXPECT_GT(failures_.RestOf(cut_, now_ + seconds(1)), Duration::zero());
  failures_.OnFailure(cut_, now_ + seconds(1));
  failures_.OnFailure(Name::Literal("other."), now_ + seconds(1));
  failures_.OnReply(now_ + seconds(4));
  EXPECT_EQ(failures_.RestOf(cut_, now_ + seconds(4)), Duration::zero());
}

TEST(Crowd, IsFullAtItsLimitAndEmptyWhenAllHaveLeft) {
  const std::unique_ptr<Random> random = NewSeededRandom(1);
  using Names = Crowd<Name, KeyedNameHash, NameEq>;
  Names crowd(2, KeyedNameHash{SipKey::Draw(*random)});
  const Name place = Name::Literal("here.");
  {
    Names::Visitor first(crowd), second(crowd);
    first.Enter(place);
    first.Enter(place);
    EXPECT_FALSE(crowd.IsFull(place));
    second.Enter(place);
    EXPECT_TRUE(crowd.IsFull(place));
    EXPECT_FALSE(crowd.IsFull(Name::Literal("elsewhere.")));
  }
  EXPECT_FALSE(crowd.IsFull(place));
  EXPECT_EQ(crowd.size(), 0u);
}

}  // namespace
}  // namespace cairn
