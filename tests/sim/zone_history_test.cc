// What may be answered of zones that change, and what not: each row is an answer that somebody might have in
// a cache.
#include "tests/sim/zone_history.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cairn::sim {
namespace {

using std::chrono::seconds;

// www.test. has 192.0.2.1 for a minute, then 192.0.2.2; gone.test. loses its address at that moment.
class ChangingWorld {
 public:
  ChangingWorld() : internet_(1) {
    internet_.AddServer("root", {IpAddress::Literal("11.0.0.1")});
    internet_.AddZone({.apex = Name(), .servers = {"root"}});
    internet_.AddZone({.apex = Name::Literal("test."),
                       .text = "www 300 A 192.0.2.1\ngone 300 A 192.0.2.3\nalias 300 CNAME www\n",
                       .servers = {"root"}});
    EXPECT_TRUE(internet_.Start().ok());
    internet_.world().RunFor(seconds(60));
    EXPECT_TRUE(internet_
                    .Change(Name::Literal("test."),
                            [](std::vector<Record>& records) {
                              std::erase_if(records, [](const Record& record) {
                                return record.owner == Name::Literal("www.test.") ||
                                       record.owner == Name::Literal("gone.test.");
                              });
                              records.push_back(RecordFromText("www.test. 300 A 192.0.2.2").value());
                            })
                    .ok());
  }

  // "" when it may be, `after` so long behind the change; `answer` as lines of text, NXDOMAIN when there are
  // none.
  std::string Contradiction(std::string_view qname, const std::vector<std::string>& answer, Duration after,
                            Duration stale = {}) const {
    Conversation conversation;
    conversation.query.question = {.qname = Name::Literal(qname), .qtype = rr::kA};
    conversation.answered = internet_.VersionsOf(Name::Literal("test.")).back().since + after;
    for (const std::string& line : answer) conversation.reply.answer.push_back(RecordFromText(line).value());
    if (answer.empty()) conversation.reply.set_rcode(Rcode::kNxDomain);
    return ZoneHistory(internet_, stale).Contradiction(conversation).value_or("");
  }

 private:
  SimInternet internet_;
};

struct HistoryCase {
  const char* name;
  std::string_view qname;
  std::vector<std::string> answer;
  seconds after;
  bool may_be;
  Duration stale{};
};

TEST(ZoneHistory, KnowsWhatMayStillBeAnswered) {
  const std::vector<HistoryCase> kCases = {
      {"what is so", "www.test.", {"www.test. 300 A 192.0.2.2"}, seconds(10), true},
      {"what was so a moment ago", "www.test.", {"www.test. 290 A 192.0.2.1"}, seconds(10), true},
      {"what was so, given out for longer than it may live",
       "www.test.",
       {"www.test. 300 A 192.0.2.1"},
       seconds(30),
       false},
      {"what has been over for too long", "www.test.", {"www.test. 0 A 192.0.2.1"}, seconds(400), false},
      {"the same, where stale answers are given",
       "www.test.",
       {"www.test. 30 A 192.0.2.1"},
       seconds(400),
       true,
       seconds(3600)},
      {"what never was", "www.test.", {"www.test. 300 A 192.0.2.66"}, seconds(10), false},
      {"a TTL above the zone's", "www.test.", {"www.test. 301 A 192.0.2.2"}, seconds(10), false},
      {"old and new in one set",
       "www.test.",
       {"www.test. 300 A 192.0.2.1", "www.test. 300 A 192.0.2.2"},
       seconds(10),
       false},
      {"an alias and its old target",
       "alias.test.",
       {"alias.test. 300 CNAME www.test.", "www.test. 100 A 192.0.2.1"},
       seconds(10),
       true},
      {"an alias without its target", "alias.test.", {"alias.test. 300 CNAME www.test."}, seconds(10), false},
      {"a name that went", "gone.test.", {}, seconds(10), true},
      {"a name that did not go", "www.test.", {}, seconds(10), false},
      {"more than the answer",
       "www.test.",
       {"www.test. 300 A 192.0.2.2", "x.test. 300 A 192.0.2.2"},
       seconds(10),
       false},
  };
  const ChangingWorld world;
  for (const HistoryCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const std::string contradiction = world.Contradiction(c.qname, c.answer, c.after, c.stale);
    EXPECT_EQ(contradiction.empty(), c.may_be) << contradiction;
  }
}

}  // namespace
}  // namespace cairn::sim
