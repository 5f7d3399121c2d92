// How much of a name is shown to whom: RFC 9156 sections 2.3 and 3, step by step.
#include "resolver/minimised_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

using Said = MinimisedName::Said;

constexpr uint32_t kMostSteps = 10;

// Everything asked of one cut until the whole name is shown, where each name between exists.
std::vector<std::string> Steps(const char* question, const char* cut, QnameMinimisation mode) {
  MinimisedName name(QuestionFromText(question), mode, kMostSteps);
  std::vector<std::string> steps;
  while (true) {
    const Question shown = name.Next(Name::Literal(cut));
    steps.push_back(shown.qname.ToText() + " " + shown.qtype.ToText());
    if (name.IsWhole(shown)) return steps;
    EXPECT_TRUE(name.Take(shown, Said::kExists));
  }
}

struct Case {
  const char* name;
  const char* question;
  const char* cut;
  QnameMinimisation mode;
  std::vector<std::string> steps;
};
const Case kCases[] = {
    {"off", "www.example.com. MX", ".", QnameMinimisation::kOff, {"www.example.com. MX"}},
    {"the root", ". NS", ".", QnameMinimisation::kRelaxed, {". NS"}},
    {"the child of the cut is the name itself", "com. DS", ".", QnameMinimisation::kRelaxed, {"com. DS"}},
    {"label by label",
     "www.example.com. MX",
     ".",
     QnameMinimisation::kStrict,
     {"com. A", "example.com. A", "www.example.com. MX"}},
    {"from the cut on",
     "www.example.com. MX",
     "com.",
     QnameMinimisation::kRelaxed,
     {"example.com. A", "www.example.com. MX"}},
    {"labels with an underscore are no steps",
     "_sip._tcp.example.com. SRV",
     "com.",
     QnameMinimisation::kRelaxed,
     {"example.com. A", "_sip._tcp.example.com. SRV"}},
    {"an underscore between",
     "a._tcp.example. A",
     "example.",
     QnameMinimisation::kRelaxed,
     {"a._tcp.example. A"}},
};

TEST(MinimisedName, ShowsNoMoreThanTheNextStep) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Steps(c.question, c.cut, c.mode), c.steps);
  }
}

TEST(MinimisedName, TakesTenStepsAtTheMostAndTheFirstFourByOneLabel) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "a.";
  const std::vector<std::string> steps = Steps((name + " A").c_str(), ".", QnameMinimisation::kRelaxed);
  EXPECT_EQ(steps.size(), 10u);  // nine names between, then the whole
  EXPECT_EQ(steps[0], "a. A");
  EXPECT_EQ(steps[3], "a.a.a.a. A");
  EXPECT_EQ(steps[4].size(), 2 * 20u + 2);  // 96 labels in six steps
  EXPECT_EQ(steps.back(), name + " A");
}

struct EndCase {
  const char* name;
  QnameMinimisation mode;
  Said said;
  bool goes_on;
  const char* next;
};
constexpr EndCase kEnds[] = {
    {"it is there", QnameMinimisation::kStrict, Said::kExists, true, "b.c. A"},
    {"an alias", QnameMinimisation::kStrict, Said::kAlias, true, "a.b.c. TXT"},
    {"denied, relaxed", QnameMinimisation::kRelaxed, Said::kDenied, true, "a.b.c. TXT"},
    {"denied, strict", QnameMinimisation::kStrict, Said::kDenied, false, ""},
    {"failed, relaxed", QnameMinimisation::kRelaxed, Said::kFailed, true, "a.b.c. TXT"},
    {"failed, strict", QnameMinimisation::kStrict, Said::kFailed, false, ""},
    {"silence", QnameMinimisation::kRelaxed, Said::kUnreached, false, ""},
};

TEST(MinimisedName, GoesOnByWhatWasSaid) {
  for (const EndCase& c : kEnds) {
    SCOPED_TRACE(c.name);
    MinimisedName name(QuestionFromText("a.b.c. TXT"), c.mode, kMostSteps);
    const Question shown = name.Next(Name());
    ASSERT_EQ(shown.qname.ToText(), "c.");
    EXPECT_EQ(name.Take(shown, c.said), c.goes_on);
    if (!c.goes_on) continue;
    const Question next = name.Next(Name());
    EXPECT_EQ(next.qname.ToText() + " " + next.qtype.ToText(), c.next);
  }
}

}  // namespace
}  // namespace cairn
