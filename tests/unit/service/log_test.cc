#include "common/service/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace cairn {
namespace {

class HandClock final : public Clock {
 public:
  Instant Now() const override { return now; }
  WallTime Wall() const override { return {1795168135}; }
  Instant now{std::chrono::hours(1)};
};

struct LogTest : testing::Test {
  HandClock clock;
  std::string lines;
  Log log{clock, LogLevel::kInfo, [this](std::string_view line) { lines += line; }};
};

TEST_F(LogTest, WritesOneLineAnEvent) {
  log.Warning("zone-refused", {{"zone", "example."}, {"records", 7}, {"why", "no SOA"}});
  EXPECT_EQ(lines, "2026-11-20T09:48:55Z warning zone-refused zone=example. records=7 why=\"no SOA\"\n");
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  log.Debug("detail");
  EXPECT_EQ(lines, "");
  log.SetLevel(LogLevel::kDebug);
  log.Debug("detail");
  EXPECT_EQ(lines, "2026-11-20T09:48:55Z debug detail\n");
}

TEST_F(LogTest, AFloodOfOneEventIsCountedNotWritten) {
  for (uint32_t i = 0; i < Log::kBurst + 5; ++i) log.Info("flood");
  log.Info("other");
  EXPECT_EQ(static_cast<uint32_t>(std::ranges::count(lines, '\n')), Log::kBurst + 1);
  lines.clear();
  clock.now += std::chrono::seconds(1);
  log.Info("flood");
  log.Info("flood");
  EXPECT_EQ(lines, "2026-11-20T09:48:55Z info flood suppressed=5\n2026-11-20T09:48:55Z info flood\n");
}

struct WordCase {
  std::string_view text;
  const char* expected;
};

constexpr WordCase kWords[] = {
    {"example.org.", "example.org."},     {"", "\"\""},
    {"two words", "\"two words\""},       {"a=b", "\"a=b\""},
    {"a\"b\\c", "\"a\\\"b\\\\c\""},       {"line\nbreak", "\"line\\x0abreak\""},
    {"\xff\x1b[2J", "\"\\xff\\x1b[2J\""},
};

TEST(LogWordTest, NothingFromTheWireForgesALine) {
  for (const WordCase& c : kWords) EXPECT_EQ(LogWord(c.text), c.expected);
}

TEST(LogLevelTest, NamesReadBack) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    EXPECT_EQ(LogLevelFromName(LogLevelName(level)), level);
  }
  EXPECT_EQ(LogLevelFromName("loud"), std::nullopt);
}

}  // namespace
}  // namespace cairn
