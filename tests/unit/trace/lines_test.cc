// How each kind of event reads: one row a case, and every kind has one.
#include "common/trace/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/trace/event_table.h"
#include "common/trace/json.h"
#include "common/trace/text.h"
#include "common/trace/tree.h"
#include "tests/unit/trace/sample_trace.h"

namespace cairn::trace {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct LineCase {
  EventBody event;
  const char* expected;  // word, text, and after " | " each line of detail
};

std::vector<LineCase> Cases() {
  const Name zone = Name::Literal("lab.");
  const Name server = Name::Literal("ns.lab.");
  const Endpoint endpoint = At("127.0.0.2");
  const Question question = Ask("www.lab.");
  return {
      {ClientQuery{.question = question, .client = At("::1@40000"), .transport = Transport::kTcp},
       "query www.lab. A from ::1@40000 over TCP, no EDNS, flags rd"},
      {ClientQuery{.question = question,
                   .client = At("::1@4"),
                   .recursion_desired = false,
                   .udp_payload_octets = 1400},
       "query www.lab. A from ::1@4 over UDP, EDNS 1400"},
      {AccessDecided{.client = endpoint.address, .rule = "no entry matches"},
       "refused 127.0.0.2 by the access list: no entry matches"},
      {AccessDecided{.client = endpoint.address, .rule = "127.0.0.0/8", .allowed = true},
       "allowed 127.0.0.2 by the access list: 127.0.0.0/8"},
      {PolicyApplied{.name = zone, .rule = "lab. refuse (local-zones)", .effect = "is refused"},
       "policy lab. is refused: lab. refuse (local-zones)"},
      {RefreshWanted{.question = question, .ttl_left = Ttl::Seconds(9)},
       "prefetch www.lab. A, 9 s left: fetched anew for those who ask next"},
      {RefreshWanted{.question = question, .ttl_left = Ttl::Seconds(9), .started = false},
       "prefetch www.lab. A, 9 s left: not fetched anew, since too many are already"},
      {ResolutionStarted{.question = question}, "resolve www.lab. A"},
      {ResolutionStarted{.question = question, .purpose = Purpose::kPriming},
       "resolve www.lab. A, to prime the root"},
      {ResolutionJoined{.question = question, .waiting = 2},
       "join www.lab. A is being resolved already; askers waiting: 2"},
      {CacheProbed{.question = question}, "cache nothing about www.lab. A"},
      {CacheProbed{.question = question,
                   .outcome = CacheOutcome::kHit,
                   .ttl_left = Ttl::Seconds(60),
                   .age = seconds(40),
                   .rank = "authoritative answer",
                   .filler = endpoint.address},
       "cache www.lab. A, 60 s left, authoritative answer from 127.0.0.2 40 s ago"},
      {CacheProbed{.question = question, .outcome = CacheOutcome::kNxDomain, .ttl_left = Ttl::Seconds(60)},
       "cache www.lab. A: no such name, 60 s left"},
      {ZoneCutPicked{.zone = zone, .source = CutSource::kDelegation, .servers = 2, .addresses = 1},
       "zone lab. has 2 servers, 1 address known (cached delegation)"},
      {ZoneCutPicked{.zone = zone, .source = CutSource::kForwardZone, .servers = 1, .addresses = 1},
       "zone lab. has 1 server, 1 address known (forward-zones)"},
      {AliasFollowed{.owner = zone, .target = server, .links = 3},
       "alias lab. CNAME leads to ns.lab. (link 3)"},
      {NameMinimised{.shown = zone, .reason = "it exists: one step on"},
       "shown lab. only: it exists: one step on"},
      {ServerChosen{
           .zone = zone,
           .candidates = {{.server = server, .state = CandidateState::kNoAddress},
                          {.server = server, .endpoint = endpoint, .score = milliseconds(50), .failures = 2}},
           .chosen = 1,
           .reason = "nobody else"},
       "choose ns.lab. 127.0.0.2@53: nobody else"
       " |   ns.lab.  -                    -  address not known"
       " | * ns.lab.  127.0.0.2@53   50.0 ms  never asked, 2 failures in a row"},
      {ServerChosen{.zone = zone,
                    .candidates = {{.server = server, .endpoint = endpoint, .score = milliseconds(20)}}},
       "choose ns.lab. 127.0.0.2@53, the only one: score 20.0 ms, never asked"},
      {ServerChosen{.zone = zone, .reason = "all are lame"},
       "choose no server of lab. can be asked: all are lame"},
      {ServerAddressWanted{.server = server, .type = rr::kAaaa}, "need the IPv6 address of ns.lab."},
      {GlueUsed{.server = server, .addresses = {endpoint.address, IpAddress::Literal("2001:db8::1")}},
       "glue ns.lab. is at 127.0.0.2 2001:db8::1"},
      {ServerProbed{.server = server, .endpoint = endpoint, .reason = "never measured"},
       "probe ns.lab. 127.0.0.2@53: never measured"},
      {ServerSkipped{.server = server, .endpoint = endpoint, .rule = "loopback"},
       "skipped ns.lab. 127.0.0.2@53: loopback"},
      {ServerBlamed{.server = endpoint,
                    .zone = zone,
                    .reason = "timeout",
                    .failures = 3,
                    .put_aside_for = seconds(10)},
       "blamed 127.0.0.2@53 for lab.: timeout, 3 failures in a row, put aside for 10 s"},
      {ZoneResting{.zone = zone, .rest = seconds(20)},
       "rest lab.: none of its servers could be reached, and they are left alone for 20 s"},
      {QuerySent{.zone = zone,
                 .server = server,
                 .endpoint = endpoint,
                 .question = question,
                 .attempt = Attempt::kRetry,
                 .id = 7,
                 .recursion_desired = true,
                 .cookie = true,
                 .case_randomised = true},
       "ask ns.lab. 127.0.0.2@53 for www.lab. A over UDP (again) | id 7, no EDNS, cookie, 0x20, rd"},
      {QuerySent{.zone = zone,
                 .server = server,
                 .endpoint = endpoint,
                 .transport = Transport::kTcp,
                 .question = question,
                 .reused_connection = true},
       "ask ns.lab. 127.0.0.2@53 for www.lab. A over TCP | id 0, no EDNS, open connection"},
      {ReplyReceived{.endpoint = endpoint,
                     .rcode = Rcode::kRefused,
                     .truncated = true,
                     .octets = 12,
                     .rtt = milliseconds(3)},
       "reply REFUSED tc after 3.00 ms: no records in 12 octets"},
      {ReplyReceived{.endpoint = endpoint,
                     .authoritative = true,
                     .cookie = true,
                     .octets = 90,
                     .answer_records = 1,
                     .authority_records = 2,
                     .additional_records = 1,
                     .rtt = milliseconds(3)},
       "reply NOERROR aa after 3.00 ms: 1 answer record, 2 authority records, 1 additional record in 90 "
       "octets, "
       "cookie"},
      {ReplyIgnored{.from = endpoint, .rule = "the ID differs"},
       "ignored a datagram from 127.0.0.2@53: the ID differs"},
      {ReplyLate{
           .endpoint = endpoint, .waited = milliseconds(15), .consequence = "somebody is asked as well"},
       "late 127.0.0.2@53 has not replied after 15.0 ms: somebody is asked as well"},
      {QueryTimedOut{.endpoint = endpoint, .waited = milliseconds(400)},
       "timeout 127.0.0.2@53 did not reply within 400 ms"},
      {ConnectionFailed{.endpoint = endpoint, .reason = "refused"}, "failed to reach 127.0.0.2@53: refused"},
      {EdnsFallback{.endpoint = endpoint, .reason = "FORMERR"}, "no EDNS to 127.0.0.2@53 this time: FORMERR"},
      {MannerChanged{.endpoint = endpoint, .reason = "the reply is truncated"},
       "again 127.0.0.2@53 over TCP: the reply is truncated"},
      {MannerChanged{.endpoint = endpoint, .manner = Manner::kWithoutCookie, .reason = "FORMERR"},
       "again 127.0.0.2@53 without a cookie: FORMERR"},
      {HabitLearnt{.endpoint = endpoint, .habit = Habit::kNoEdns},
       "habit 127.0.0.2@53 does not know EDNS, and is asked without"},
      {HabitLearnt{.endpoint = endpoint, .habit = Habit::kTruncatesNeedlessly},
       "habit 127.0.0.2@53 truncates what would have fitted, and is asked over TCP"},
      {ReplyJudged{.verdict = Verdict::kAnswer, .zone = zone}, "means the answer, from lab."},
      {ReplyJudged{.verdict = Verdict::kLame, .zone = zone, .reason = "no AA"}, "means lame for lab.: no AA"},
      {RrsetKept{.section = Section::kAdditional, .rrset = Set("ns.lab.", 5, rr::kA, {"192.0.2.1"})},
       "keep ns.lab. 5 IN A 192.0.2.1 (additional)"},
      {RrsetKept{.rrset = Set("ns.lab.", 5, rr::kA, {"192.0.2.1", "192.0.2.2"})},
       "keep 2 records of the answer section | ns.lab. 5 IN A 192.0.2.1 | ns.lab. 5 IN A 192.0.2.2"},
      {RecordsDropped{.section = Section::kAuthority,
                      .owner = zone,
                      .type = rr::kNs,
                      .count = 3,
                      .rule = "not a referral"},
       "drop lab. NS, 3 records (authority): not a referral"},
      {Stored{.owner = zone, .type = rr::kA, .ttl = Ttl::Seconds(9), .rank = "glue"},
       "store lab. A for 9 s, glue"},
      {Stored{.what = StoredAs::kNxDomain, .owner = zone, .type = rr::kA, .ttl = Ttl::Seconds(9)},
       "store NXDOMAIN of lab. for 9 s"},
      {StoreDeclined{.owner = zone, .type = rr::kA, .rule = "TTL 0"}, "not stored lab. A: TTL 0"},
      {LimitReached{.limit = "upstream-queries", .value = 200, .consequence = "SERVFAIL"},
       "limit upstream-queries (200) reached: SERVFAIL"},
      {LoopStopped{.what = "ns.lab. A waits for itself"}, "loop ns.lab. A waits for itself"},
      {StaleServed{.question = {zone, rr::kA}, .occasion = "the resolution failed"},
       "stale lab. A answered from expired data: the resolution failed"},
      {PrimingFinished{.servers = 13, .addresses = 26, .succeeded = true},
       "primed 13 root servers, 26 addresses"},
      {PrimingFinished{}, "priming failed; the root hints serve as they are"},
      {ResolutionFailed{.reason = "no server replied"}, "failed no server replied"},
      {Answered{.question = question,
                .rcode = Rcode::kNxDomain,
                .authority = {Set("lab.", 60, rr::kSoa, {"ns.lab. admin.lab. 1 2 3 4 5"})}},
       "answer NXDOMAIN www.lab. A | lab. 60 IN SOA ns.lab. admin.lab. 1 2 3 4 5  (authority)"},
      {Answered{.question = question, .rcode = Rcode::kServFail, .reason = "no server replied"},
       "answer SERVFAIL www.lab. A: no server replied"},
      {Answered{.question = question,
                .rcode = Rcode::kServFail,
                .reason = "no server replied",
                .extended_error = uint16_t{22}},
       "answer SERVFAIL www.lab. A: no server replied (extended error 22)"},
      {AnswerWithheld{.reason = "a rule of the configuration"}, "withheld a rule of the configuration"},
  };
}

TEST(Lines, ReadAsWritten) {
  for (const LineCase& c : Cases()) {
    const Line line = DescribeEvent(c.event);
    std::string read = std::string(line.word) + " " + line.text;
    for (const std::string& detail : line.details) read += " | " + detail;
    EXPECT_EQ(read, c.expected);
  }
}

// The root has 26 addresses: the chosen one, the next two, and what the others have in common.
TEST(Lines, OfManyCandidatesThreeAreShown) {
  ServerChosen event{.zone = Name(), .candidates = {}, .chosen = 6, .reason = "lowest expected time"};
  for (int i = 0; i < 7; ++i)
    event.candidates.push_back({.server = Name::Literal("ns.lab."),
                                .endpoint = At("192.0.2." + std::to_string(i)),
                                .score = milliseconds(70 - 10 * i)});
  event.candidates.push_back({.server = Name::Literal("far.lab."), .state = CandidateState::kNoAddress});
  EXPECT_THAT(DescribeEvent(event).details,
              testing::ElementsAre("* ns.lab.  192.0.2.6@53   10.0 ms  never asked",
                                   "  ns.lab.  192.0.2.5@53   20.0 ms  never asked",
                                   "  ns.lab.  192.0.2.4@53   30.0 ms  never asked",
                                   "  and 4 others between 40.0 ms and 70.0 ms, 1 not to be asked"));
}

TEST(Lines, EveryKindHasACaseAndANameOfItsOwn) {
  std::set<size_t> kinds;
  for (const LineCase& c : Cases()) kinds.insert(c.event.index());
  EXPECT_EQ(kinds.size(), std::variant_size_v<EventBody>);
  std::set<std::string_view> names;
  ForEachKind([&]<typename Event>(std::type_identity<Event>) { names.insert(kRow<Event>.name); });
  EXPECT_EQ(names.size(), std::variant_size_v<EventBody>);
}

// A document has each member once: those which every event has are nobody's own.
TEST(EventTable, FieldsOfAKindHaveNamesOfTheirOwn) {
  ForEachKind([]<typename Event>(std::type_identity<Event>) {
    std::set<std::string_view> taken = {"id", "parent", "at_us", "kind"};
    ForEachField<Event>([&taken](const auto& field) {
      EXPECT_TRUE(taken.insert(field.name).second) << kRow<Event>.name << " " << field.name;
    });
  });
}

struct DurationCase {
  Duration duration;
  const char* expected;
};

TEST(Lines, DurationsHaveThreeDigits) {
  const DurationCase cases[] = {
      {Duration{}, "0.00 ms"},        {std::chrono::microseconds(420), "0.42 ms"},
      {milliseconds(12), "12.0 ms"},  {milliseconds(376), "376 ms"},
      {milliseconds(1200), "1.20 s"}, {seconds(300), "300 s"},
  };
  for (const DurationCase& c : cases) EXPECT_EQ(DurationText(c.duration), c.expected);
}

// A zone must not reach the operator's terminal with what it wrote into a name or a text.
TEST(Views, EscapeWhatTheWireHeld) {
  EXPECT_EQ(UtcText({.seconds = 951'782'400}), "2000-02-29T00:00:00Z");
  EXPECT_EQ(PrintableText("plain \x1b[2J\xc3\xa9\n\x7f"), "plain \\027[2J\\195\\169\\010\\127");
  ManualClock clock;
  TraceRecorder trace(clock);
  TracePoint(&trace).Add(LoopStopped{"bell \a quote \" back\\slash"});
  EXPECT_NE(RenderTree(trace.trace()).find("loop bell \\007 quote \" back\\slash\n"), std::string::npos);
  EXPECT_NE(RenderJson(trace.trace(), "p").find(R"("what": "bell \\007 quote \" back\\slash")"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn::trace
