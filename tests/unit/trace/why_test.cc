// The three sentences for each way in which a question can end, beside their golden file: read it as an
// operator would. The scenarios of tests/sim say `why` for whole resolutions; these are the corners.
#include "common/trace/why.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/support/source_path.h"
#include "tests/unit/trace/golden_file.h"
#include "tests/unit/trace/sample_trace.h"

namespace cairn::trace {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Name kZone = Name::Literal("lab.");
const Question kAsked = Ask("www.lab.");

// Writes a trace step by step: what happens at a zone stands below its cut.
class Story {
 public:
  Story() : root_(TracePoint(&recorder_).Add(ResolutionStarted{.question = kAsked})), at_(root_) {}

  Story& Then(EventBody body) {
    at_.Add(std::move(body));
    return *this;
  }
  Story& AtRoot(EventBody body) {
    root_.Add(std::move(body));
    return *this;
  }
  Story& Zone(std::string_view zone, CutSource source = CutSource::kReferral) {
    zone_ = Name::Literal(zone);
    at_ = root_.Add(ZoneCutPicked{.zone = zone_, .source = source, .servers = 1, .addresses = 1});
    return *this;
  }
  Story& Asks(std::string_view server, std::string_view address) {
    sent_ = at_.Add(QuerySent{.zone = zone_,
                              .server = Name::Literal(server),
                              .endpoint = At(address),
                              .transport = transport_,
                              .question = kAsked});
    return *this;
  }
  Story& OverTcp() {
    transport_ = Transport::kTcp;
    return *this;
  }
  Story& Silent() {
    clock_.Advance(milliseconds(400));
    sent_.Add(QueryTimedOut{.transport = transport_, .waited = milliseconds(400)});
    return *this;
  }
  Story& Fails(std::string_view reason, bool our_side = false) {
    sent_.Add(ConnectionFailed{.reason = std::string(reason), .our_side = our_side});
    return *this;
  }
  Story& Says(Verdict verdict, Rcode rcode = Rcode::kNoError) {
    clock_.Advance(milliseconds(5));
    sent_.Add(ReplyReceived{.rcode = rcode})
        .Add(ReplyJudged{.verdict = verdict, .zone = zone_, .reason = "no AA"});
    return *this;
  }
  Story& Answers(Rcode rcode, std::vector<Rrset> answer = {}, std::vector<Rrset> authority = {}) {
    return AtRoot(Answered{
        .question = kAsked, .rcode = rcode, .answer = std::move(answer), .authority = std::move(authority)});
  }
  const Trace& trace() const { return recorder_.trace(); }

 private:
  ManualClock clock_;
  TraceRecorder recorder_{clock_};
  TracePoint root_;
  TracePoint at_;
  TracePoint sent_;
  Name zone_;
  Transport transport_ = Transport::kUdp;
};

std::vector<Rrset> Address() { return {Set("www.lab.", 60, rr::kA, {"192.0.2.1", "192.0.2.2"})}; }
std::vector<Rrset> Soa() { return {Set("lab.", 60, rr::kSoa, {"ns.lab. admin.lab. 1 2 3 4 5"})}; }

struct Ending {
  const char* name;
  std::function<void(Story&)> tell;
};

const Ending kEndings[] = {
    {"an answer",
     [](Story& s) {
       s.Zone("lab.").Asks("a.lab.", "192.0.2.53").Says(Verdict::kAnswer).Answers(Rcode::kNoError, Address());
     }},
    {"an answer after a silent server",
     [](Story& s) {
       s.Zone("lab.")
           .Asks("a.lab.", "192.0.2.53")
           .Silent()
           .Asks("b.lab.", "192.0.2.54")
           .Says(Verdict::kAnswer);
       s.Answers(Rcode::kNoError, Address());
     }},
    {"an answer from the cache",
     [](Story& s) {
       s.Then(CacheProbed{
           .question = kAsked, .outcome = CacheOutcome::kHit, .filler = IpAddress::Literal("192.0.2.53")});
       s.Answers(Rcode::kNoError, Address());
     }},
    {"an answer which others waited for too",
     [](Story& s) {
       s.Then(ResolutionJoined{.question = kAsked, .waiting = 3}).Answers(Rcode::kNoError, Address());
     }},
    {"an answer behind an alias",
     [](Story& s) {
       s.Zone("lab.").Asks("a.lab.", "192.0.2.53").Says(Verdict::kAnswer);
       s.Then(AliasFollowed{.owner = kAsked.qname, .target = Name::Literal("web.lab."), .links = 1});
       s.Answers(Rcode::kNoError, {Set("web.lab.", 60, rr::kA, {"192.0.2.1"})});
     }},
    {"no such name",
     [](Story& s) {
       s.Zone("lab.").Asks("a.lab.", "192.0.2.53").Says(Verdict::kNxDomain, Rcode::kNxDomain);
       s.Answers(Rcode::kNxDomain, {}, Soa());
     }},
    {"no such name behind an alias",
     [](Story& s) {
       s.Zone("lab.").Asks("a.lab.", "192.0.2.53").Says(Verdict::kAlias);
       s.Then(AliasFollowed{.owner = kAsked.qname, .target = Name::Literal("gone.lab."), .links = 1});
       s.Answers(Rcode::kNxDomain, {}, Soa());
     }},
    {"no such data",
     [](Story& s) {
       s.Zone("lab.").Asks("a.lab.", "192.0.2.53").Says(Verdict::kNoData).Answers(Rcode::kNoError, {}, Soa());
     }},
    {"a name too long", [](Story& s) { s.Answers(Rcode::kYxDomain); }},
    {"not on the access list",
     [](Story& s) {
       s.Then(AccessDecided{.client = IpAddress::Literal("203.0.113.9"), .rule = "no entry matches"});
       s.Answers(Rcode::kRefused);
     }},
    {"dropped by the access list",
     [](Story& s) {
       s.Then(AccessDecided{.client = IpAddress::Literal("203.0.113.9"), .rule = "203.0.113.0/24"});
       s.Then(AnswerWithheld{.reason = "dropped by the access list"});
     }},
    {"local data",
     [](Story& s) {
       s.Then(PolicyApplied{
           .name = kAsked.qname, .rule = "lab. static (local-zones)", .effect = "is answered here, answer"});
       s.Answers(Rcode::kNoError, Address());
     }},
    {"blocked by a local zone",
     [](Story& s) {
       s.Then(
           PolicyApplied{.name = kAsked.qname, .rule = "lab. refuse (local-zones)", .effect = "is refused"});
       s.Answers(Rcode::kRefused);
     }},
    {"stripped by the filter against rebinding",
     [](Story& s) {
       s.Then(PolicyApplied{.name = kAsked.qname,
                            .kind = PolicyKind::kRebindingFilter,
                            .rule = "10.0.0.1 is private (rebinding-filter)",
                            .effect = "loses addresses of the inside"});
       s.Answers(Rcode::kNoError);
     }},
    {"all servers silent",
     [](Story& s) {
       s.Zone(".").Asks("a.root.", "198.51.100.1").Says(Verdict::kReferral).Zone("lab.");
       s.Asks("a.lab.", "192.0.2.53")
           .Silent()
           .Asks("b.lab.", "192.0.2.54")
           .Silent()
           .Answers(Rcode::kServFail);
     }},
    {"the root is silent",
     [](Story& s) {
       s.Zone(".", CutSource::kHints).Asks("a.root.", "198.51.100.1").Silent().Answers(Rcode::kServFail);
     }},
    {"nothing can be sent",
     [](Story& s) {
       s.Zone("lab.")
           .Asks("a.lab.", "2001:db8::1")
           .Fails("no route leads there", true)
           .Answers(Rcode::kServFail);
     }},
    {"TCP does not come through",
     [](Story& s) {
       s.Zone("lab.").Asks("a.lab.", "192.0.2.53").Says(Verdict::kTruncated);
       s.OverTcp().Asks("a.lab.", "192.0.2.53").Fails("refused").Answers(Rcode::kServFail);
     }},
    {"all servers lame",
     [](Story& s) {
       s.Zone("lab.").Asks("a.lab.", "192.0.2.53").Says(Verdict::kLame).Answers(Rcode::kServFail);
     }},
    {"all servers refuse",
     [](Story& s) {
       s.Zone("lab.").Asks("a.lab.", "192.0.2.53").Says(Verdict::kLame, Rcode::kRefused);
       s.Asks("b.lab.", "192.0.2.54").Says(Verdict::kUseless, Rcode::kServFail).Answers(Rcode::kServFail);
     }},
    {"each of five servers fails in its own way",
     [](Story& s) {
       s.Zone("lab.")
           .Asks("a.lab.", "192.0.2.53")
           .Silent()
           .Asks("b.lab.", "192.0.2.54")
           .Says(Verdict::kUseless);
       s.Asks("c.lab.", "192.0.2.55")
           .Says(Verdict::kUseless, Rcode::kNotImp)
           .Asks("d.lab.", "192.0.2.56")
           .Silent();
       s.Asks("e.lab.", "192.0.2.57").Silent().Answers(Rcode::kServFail);
     }},
    {"the forwarder fails",
     [](Story& s) {
       s.Zone("lab.", CutSource::kForwardZone).Asks(".", "192.0.2.53").Silent().Answers(Rcode::kServFail);
     }},
    {"a delegation in a circle",
     [](Story& s) {
       s.Zone("lab.")
           .Then(LoopStopped{.what = "ns.other. A waits for the answer that needs it"})
           .Answers(Rcode::kServFail);
     }},
    {"servers that are not to be asked",
     [](Story& s) {
       s.Zone("lab.").Then(
           ServerSkipped{.server = Name::Literal("a.lab."), .endpoint = At("127.0.0.1"), .rule = "loopback"});
       s.Answers(Rcode::kServFail);
     }},
    {"servers without addresses", [](Story& s) { s.Zone("lab.").Answers(Rcode::kServFail); }},
    {"an alias loop",
     [](Story& s) {
       s.Then(AliasFollowed{.owner = kAsked.qname, .target = Name::Literal("web.lab."), .links = 1});
       s.Then(AliasFollowed{.owner = Name::Literal("web.lab."), .target = kAsked.qname, .links = 2});
       s.Then(LoopStopped{.what = "the aliases lead back to www.lab.", .kind = LoopKind::kAlias})
           .Answers(Rcode::kServFail);
     }},
    {"too many aliases",
     [](Story& s) {
       for (uint32_t i = 1; i < 6; ++i)
         s.Then(AliasFollowed{
             .owner = kAsked.qname, .target = Name::Literal(fmt::format("a{}.lab.", i)), .links = i});
       s.Then(LimitReached{.limit = "restarts", .value = 16}).Answers(Rcode::kServFail);
     }},
    {"too much work",
     [](Story& s) {
       s.Zone("lab.").Then(LimitReached{.limit = "upstream-queries", .value = 200}).Answers(Rcode::kServFail);
     }},
    {"too many clients",
     [](Story& s) {
       s.Then(LimitReached{.limit = "waiting-clients", .value = 4096}).Answers(Rcode::kServFail);
     }},
    {"a zone at rest",
     [](Story& s) {
       s.Zone("lab.").Then(ZoneResting{.zone = kZone, .rest = seconds(20)}).Answers(Rcode::kServFail);
     }},
    {"a failure in the cache",
     [](Story& s) {
       s.Then(CacheProbed{.question = kAsked,
                          .outcome = CacheOutcome::kFailure,
                          .ttl_left = Ttl::Seconds(4),
                          .age = seconds(1)});
       s.Answers(Rcode::kServFail);
     }},
    {"expired data",
     [](Story& s) {
       s.Zone("lab.").Asks("a.lab.", "192.0.2.53").Silent();
       s.AtRoot(StaleServed{.question = kAsked, .occasion = "the resolution failed"})
           .Answers(Rcode::kNoError, Address());
     }},
    {"an answer too late", [](Story& s) { s.Then(AnswerWithheld{.reason = "too late (answer-within)"}); }},
    {"another refusal",
     [](Story& s) {
       s.AtRoot(Answered{
           .question = kAsked, .rcode = Rcode::kRefused, .reason = "only class IN is resolved here"});
     }},
    {"no end", [](Story&) {}},
};

TEST(Why, SaysWhatHappenedWhoseFaultAndWhatToDo) {
  std::string all;
  for (const Ending& ending : kEndings) {
    Story story;
    ending.tell(story);
    const Why why = Explain(story.trace());
    all += fmt::format("{}\n  {}\n  {}\n  {}\n", ending.name, why.what_happened, why.whose_fault,
                       why.what_to_do);
  }
  ExpectGolden(all, "tests/unit/trace/golden/why.txt");
}

// What is done on the side (addresses of servers, priming, probes) is nobody's fault here.
TEST(Why, LooksAtTheQuestionItselfAlone) {
  ManualClock clock;
  TraceRecorder recorder(clock);
  const TracePoint root = TracePoint(&recorder).Add(ResolutionStarted{.question = kAsked});
  const TracePoint cut = root.Add(ZoneCutPicked{.zone = kZone});
  for (const EventBody& side :
       {EventBody(ServerAddressWanted{}), EventBody(ResolutionStarted{.purpose = Purpose::kPriming})})
    cut.Add(side).Add(QuerySent{.zone = kZone, .endpoint = At("192.0.2.53")}).Add(QueryTimedOut{});
  cut.Add(QuerySent{.zone = kZone, .endpoint = At("192.0.2.53"), .attempt = Attempt::kProbe})
      .Add(QueryTimedOut{});
  root.Add(Answered{.question = kAsked, .answer = Address()});
  EXPECT_EQ(Explain(recorder.trace()).whose_fault, "Nobody's.");
}

}  // namespace
}  // namespace cairn::trace
