// Which client queries a running server traces, and that a flood of them is cut.
#include "resolver/serve_trace.h"

#include <gtest/gtest.h>

#include <chrono>

namespace cairn {
namespace {

struct PatternCase {
  const char* pattern;
  const char* qname;
  bool matches;
};

TEST(TracePattern, IsANameOrARegularExpression) {
  const PatternCase cases[] = {
      {"www.example", "www.example.", true},
      {"www.example.", "WWW.Example.", true},
      {"www.example", "a.www.example.", false},
      {"www.example", "wwwxexample.", false},  // the dot of a name is a dot
      {".", ".", true},
      {".*", "anything.example.", true},
      {"\\.example\\.$", "www.EXAMPLE.", true},
      {"\\.example\\.$", "example.test.", false},
      {"^(www|mail)\\.", "mail.example.", true},
      {"^(www|mail)\\.", "ftp.example.", false},
  };
  for (const PatternCase& c : cases) {
    SCOPED_TRACE(c.pattern);
    const auto pattern = TracePattern::FromText(c.pattern);
    ASSERT_TRUE(pattern.ok()) << pattern.status();
    EXPECT_EQ((*pattern)->Matches(Name::Literal(c.qname)), c.matches) << c.qname;
  }
}

TEST(TracePattern, SaysWhatItIs) {
  EXPECT_EQ((*TracePattern::FromText("www.example"))->ToText(), "queries for www.example.");
  EXPECT_EQ((*TracePattern::FromText("^www"))->ToText(), "queries whose name matches '^www'");
}

TEST(TracePattern, RefusesWhatIsNeither) {
  for (const char* text : {"", "a..b", "(", "[a-", "*"})
    EXPECT_FALSE(TracePattern::FromText(text).ok()) << text;
  EXPECT_FALSE(TracePattern::FromText(std::string(1025, 'a')).ok());
}

class ManualClock final : public Clock {
 public:
  Instant Now() const override { return now_; }
  WallTime Wall() const override { return {}; }
  void Advance(Duration by) { now_ += by; }

 private:
  Instant now_{std::chrono::hours(1)};
};

class ServeTapTest : public testing::Test {
 protected:
  bool Traced(const char* qname) {
    const Question asked{.qname = Name::Literal(qname), .qtype = rr::kA};
    if (!tap_.Wants(asked.qname)) return false;
    std::shared_ptr<TraceRecorder> trace = tap_.Begin(asked, Endpoint());
    if (trace == nullptr) return false;
    tap_.End(asked, std::move(trace));
    return true;
  }

  ManualClock clock_;
  int written_ = 0;
  uint64_t suppressed_ = 0;
  bool room_ = true;
  ServeTap tap_{clock_, *TracePattern::FromText("example"),
                [this](const std::shared_ptr<const Trace>&, uint64_t suppressed) {
                  if (room_) suppressed_ += suppressed;
                  written_ += room_;
                  return room_;
                }};
};

TEST_F(ServeTapTest, TracesWhatMatches) {
  EXPECT_FALSE(Traced("example.test."));
  EXPECT_EQ(written_, 0);
  EXPECT_TRUE(Traced("example."));
  EXPECT_EQ(written_, 1);
}

TEST_F(ServeTapTest, AFloodIsCutAndTold) {
  for (uint32_t i = 0; i < ServeTap::kBurst; ++i) EXPECT_TRUE(Traced("example."));
  EXPECT_FALSE(Traced("example."));
  EXPECT_FALSE(Traced("example."));
  clock_.Advance(std::chrono::seconds(1));
  for (uint32_t i = 0; i < ServeTap::kPerSecond; ++i) EXPECT_TRUE(Traced("example."));
  EXPECT_FALSE(Traced("example."));
  EXPECT_EQ(suppressed_, 2u);
}

// Whoever writes them is slow: those that are lost are counted like those not traced.
TEST_F(ServeTapTest, WhatTheSinkCannotTakeIsTold) {
  room_ = false;
  EXPECT_TRUE(Traced("example."));
  EXPECT_TRUE(Traced("example."));
  room_ = true;
  EXPECT_TRUE(Traced("example."));
  EXPECT_EQ(written_, 1);
  EXPECT_EQ(suppressed_, 2u);
}

}  // namespace
}  // namespace cairn
