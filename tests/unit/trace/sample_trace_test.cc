// The views of one whole trace, beside their golden files.
#include <gtest/gtest.h>

#include <string>

#include "common/trace/json.h"
#include "common/trace/totals.h"
#include "common/trace/tree.h"
#include "tests/unit/trace/golden_file.h"
#include "tests/unit/trace/sample_trace.h"

namespace cairn::trace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

void RecordSampleTrace(TraceRecorder& trace, ManualClock& clock) {
  const Name root;
  const Name lab = Name::Literal("lab.");
  const Question asked = Ask("www.north.lab.");
  const TracePoint start(&trace);

  const TracePoint query = start.Add(ClientQuery{
      .question = asked, .client = At("127.0.0.1@40000"), .dnssec_ok = true, .udp_payload_octets = 1232});
  query.Add(AccessDecided{.client = IpAddress::Literal("127.0.0.1"), .rule = "127.0.0.0/8", .allowed = true});
  const TracePoint resolve = query.Add(ResolutionStarted{.question = asked});
  clock.Advance(microseconds(12));
  resolve.Add(CacheProbed{.question = asked});

  const TracePoint at_root = resolve.Add(ZoneCutPicked{.zone = root, .servers = 2, .addresses = 2});
  at_root.Add(ServerChosen{.zone = root,
                           .candidates = {{.server = Name::Literal("a.root."),
                                           .endpoint = At("127.0.0.2"),
                                           .score = milliseconds(376)},
                                          {.server = Name::Literal("second.root."),
                                           .endpoint = At("127.0.0.3"),
                                           .state = CandidateState::kKnown,
                                           .smoothed_rtt = milliseconds(390),
                                           .rtt_variation = milliseconds(20),
                                           .score = milliseconds(470)}},
                           .chosen = 0,
                           .reason = "lowest expected time"});
  const TracePoint silent = at_root.Add(QuerySent{.zone = root,
                                                  .server = Name::Literal("a.root."),
                                                  .endpoint = At("127.0.0.2"),
                                                  .question = asked,
                                                  .id = 4711,
                                                  .local_port = 50123,
                                                  .octets = 42,
                                                  .udp_payload_octets = 1232,
                                                  .timeout = milliseconds(376)});
  clock.Advance(milliseconds(100));
  silent.Add(ReplyIgnored{.from = At("127.0.0.66@53"), .rule = "another address than the one asked"});
  clock.Advance(milliseconds(276));
  silent.Add(QueryTimedOut{.endpoint = At("127.0.0.2"), .waited = milliseconds(376)});
  silent.Add(ServerBlamed{.server = At("127.0.0.2"), .zone = root, .reason = "timeout", .failures = 1});

  const TracePoint sent = at_root.Add(QuerySent{.zone = root,
                                                .server = Name::Literal("second.root."),
                                                .endpoint = At("127.0.0.3"),
                                                .question = asked,
                                                .attempt = Attempt::kNextServer,
                                                .id = 815,
                                                .local_port = 50124,
                                                .octets = 42,
                                                .udp_payload_octets = 1232,
                                                .timeout = milliseconds(470)});
  clock.Advance(microseconds(1500));
  const TracePoint referral = sent.Add(ReplyReceived{.endpoint = At("127.0.0.3"),
                                                     .edns = true,
                                                     .octets = 87,
                                                     .authority_records = 1,
                                                     .additional_records = 1,
                                                     .rtt = microseconds(1500)});
  const TracePoint means = referral.Add(ReplyJudged{.verdict = Verdict::kReferral, .zone = root, .cut = lab});
  means.Add(RrsetKept{.section = Section::kAuthority, .rrset = Set("lab.", 86400, rr::kNs, {"ns.lab."})});
  means.Add(
      RrsetKept{.section = Section::kAdditional, .rrset = Set("ns.lab.", 86400, rr::kA, {"127.0.0.4"})});
  means.Add(Stored{.what = StoredAs::kDelegation,
                   .owner = lab,
                   .type = rr::kNs,
                   .ttl = Ttl::Seconds(86400),
                   .rank = "referral"});

  const TracePoint at_lab =
      resolve.Add(ZoneCutPicked{.zone = lab, .source = CutSource::kReferral, .servers = 1, .addresses = 1});
  const TracePoint last = at_lab.Add(QuerySent{.zone = lab,
                                               .server = Name::Literal("ns.lab."),
                                               .endpoint = At("127.0.0.4"),
                                               .transport = Transport::kTcp,
                                               .question = asked,
                                               .id = 9,
                                               .octets = 42,
                                               .udp_payload_octets = 1232,
                                               .timeout = milliseconds(1500)});
  clock.Advance(microseconds(800));
  const TracePoint reply = last.Add(ReplyReceived{.endpoint = At("127.0.0.4"),
                                                  .transport = Transport::kTcp,
                                                  .authoritative = true,
                                                  .edns = true,
                                                  .octets = 120,
                                                  .answer_records = 2,
                                                  .additional_records = 1,
                                                  .rtt = microseconds(800)});
  const TracePoint answer = reply.Add(ReplyJudged{.verdict = Verdict::kAnswer, .zone = lab});
  answer.Add(RrsetKept{.rrset = Set("www.north.lab.", 3600, rr::kA, {"192.0.2.1", "192.0.2.2"})});
  answer.Add(RecordsDropped{
      .section = Section::kAdditional,
      .owner = Name::Literal("www.bank.example."),
      .type = rr::kA,
      .rule = "owner not at or below the cut asked, which is the zone that this server may speak for"});
  answer.Add(Stored{
      .owner = asked.qname, .type = rr::kA, .ttl = Ttl::Seconds(3600), .rank = "authoritative answer"});
  query.Add(Answered{.question = asked,
                     .answer = {Set("www.north.lab.", 3600, rr::kA, {"192.0.2.1", "192.0.2.2"})}});
}

namespace {

class SampleTrace : public ::testing::Test {
 protected:
  SampleTrace() { RecordSampleTrace(trace_, clock_); }
  ManualClock clock_;
  TraceRecorder trace_{clock_};
};

TEST_F(SampleTrace, ReadsAsATree) {
  ExpectGolden(RenderTree(trace_.trace()), "tests/unit/trace/golden/cold_resolution.tree");
}

TEST_F(SampleTrace, IsTheSameTreeInColours) {
  std::string coloured = RenderTree(trace_.trace(), {.colours = true});
  EXPECT_NE(coloured, RenderTree(trace_.trace()));
  for (size_t escape; (escape = coloured.find('\x1b')) != std::string::npos;) {
    coloured.erase(escape, coloured.find('m', escape) - escape + 1);
  }
  EXPECT_EQ(coloured, RenderTree(trace_.trace()));
}

TEST_F(SampleTrace, IsAJsonDocument) {
  ExpectGolden(RenderJson(trace_.trace(), "cairn-resolver 0.0.0"),
               "tests/unit/trace/golden/cold_resolution.json");
}

TEST_F(SampleTrace, AddsUp) {
  const TraceTotals totals = CountTotals(trace_.trace());
  EXPECT_EQ(totals.queries_udp, 2u);
  EXPECT_EQ(totals.queries_tcp, 1u);
  EXPECT_EQ(totals.replies, 2u);
  EXPECT_EQ(totals.timeouts, 1u);
  EXPECT_EQ(totals.ignored, 1u);
  EXPECT_EQ(totals.dropped_records, 1u);
  EXPECT_EQ(totals.octets_sent, 126u);
  EXPECT_EQ(totals.octets_received, 207u);
  EXPECT_EQ(totals.elapsed, microseconds(378312));
}

// The schema is made from the rows of the events; what is published follows them.
TEST(TraceSchema, IsThePublishedOne) { ExpectGolden(TraceSchema(), "packaging/schema/trace.schema.json"); }

}  // namespace
}  // namespace cairn::trace
