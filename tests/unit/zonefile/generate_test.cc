// $GENERATE's ranges and patterns.
#include "common/zonefile/generate.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace cairn {
namespace {

std::string Range(std::string_view text) {
  const std::optional<GenerateRange> range = GenerateRangeFromText(text);
  if (!range) return "refused";
  return std::to_string(range->start) + " " + std::to_string(range->stop) + " " +
         std::to_string(range->step) + " = " + std::to_string(range->count());
}

TEST(GenerateRange, AscendsBelow2To31) {
  EXPECT_EQ(Range("1-1"), "1 1 1 = 1");
  EXPECT_EQ(Range("0-10/3"), "0 10 3 = 4");
  EXPECT_EQ(Range("0-2147483647"), "0 2147483647 1 = 2147483648");
  for (const char* text :
       {"", "1", "1-", "-1", "2-1", "1-2/", "1-2/0", "1-2x", "a-b", "1-2147483648", "1--2", "1-2/-1"}) {
    EXPECT_EQ(Range(text), "refused") << text;
  }
}

std::string Expand(std::string_view pattern, uint32_t number) {
  std::string text;
  const std::string fault = ExpandGenerate(pattern, number, text);
  return fault.empty() ? text : "refused";
}

TEST(ExpandGenerate, PutsTheNumberInItsBase) {
  struct Case {
    const char* pattern;
    uint32_t number;
    std::string expected;
  };
  const Case kCases[] = {
      {"a", 1, "a"},
      {"$$", 7, "77"},
      {"\\$$", 7, "\\$7"},
      {"\\\\$", 7, "\\\\7"},
      {"${5}", 7, "12"},
      {"${+5}", 7, "12"},
      {"${-7,2}", 7, "00"},
      {"${0,4,d}", 255, "0255"},
      {"${0,4,x}-${0,0,X}-${0,1,o}", 255, "00ff-FF-377"},
      {"${0,3,n}", 16, "0.1"},
      {"${0,7,N}", 0xab, "B.A.0.0"},
      {"${0,8,N}1.0", 0xab, "B.A.0.0.1.0"},
      {"${0,2,n}", 0xab, "b.a"},
      {"${-8}", 7, "refused"},
      {"${", 7, "refused"},
      {"${}", 7, "refused"},
      {"${1,2,3}", 7, "refused"},
      {"${1,256}", 7, "refused"},
      {"${1,2,d,}", 7, "refused"},
      {"a\\", 7, "a\\"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Expand(c.pattern, c.number), c.expected) << c.pattern;
}

TEST(ExpandGenerate, IsBounded) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "${0,255}";
  EXPECT_EQ(Expand(pattern, 1), "refused");
}

}  // namespace
}  // namespace cairn
