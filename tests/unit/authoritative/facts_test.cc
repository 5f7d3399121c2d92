#include "authoritative/facts.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

const std::vector<Fact> kFacts = {
    {"zone", "a\\\"b.example."}, {"serial", 7U}, {"state", "new file refused"}, {"file", "/z/\xff\n"}};

TEST(FactsTest, AreToldToPeopleAndToPrograms) {
  EXPECT_EQ(FactsAsRow(kFacts),
            "a\\\"b.example. serial=7 state=\"new file refused\" file=\"/z/\\xff\\x0a\"\n");
  EXPECT_EQ(FactsAsJson(kFacts),
            "{\"zone\": \"a\\\\\\\"b.example.\", \"serial\": 7, \"state\": \"new file refused\", "
            "\"file\": \"/z/\\u00ff\\u000a\"}");
  EXPECT_EQ(FactsAsLines(std::vector<Fact>{{"zones", 2}, {"version", "1.0"}}), "zones 2\nversion 1.0\n");
}

}  // namespace
}  // namespace cairn
