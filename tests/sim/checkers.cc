// Records are compared as sets within an RRset (RFC 2181 section 5 knows no order there), RRsets in order.
#include "tests/sim/checkers.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/dns/rdata_text.h"

namespace cairn::sim {
namespace {

using Rdatas = std::vector<std::vector<uint8_t>>;

Rdatas Sorted(const RdataSet& set) {
  Rdatas sorted;
  for (const ByteView rdata : set) sorted.emplace_back(rdata.begin(), rdata.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double Seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

}  // namespace

void Checkers::Add(const Conversation& conversation, const std::string& what) {
  findings_.push_back(fmt::format("{} asked at {:.3f} s: {}", conversation.query.question.ToText(),
                                  Seconds(conversation.asked.time_since_epoch()), what));
}

void Checkers::CheckForm(const Conversation& conversation) {
  if (!conversation.done()) return Add(conversation, "no answer at all");
  const Duration waited = *conversation.answered - conversation.asked;
  if (waited > kAnswerDeadline) Add(conversation, fmt::format("answered after {:.3f} s", Seconds(waited)));
  if (conversation.replies > conversation.queries_sent) {
    Add(conversation,
        fmt::format("{} answers to {} queries", conversation.replies, conversation.queries_sent));
  }
  const Message& reply = conversation.reply;
  const Question& asked = conversation.query.question;
  if (!reply.header.response || !reply.header.recursion_available) Add(conversation, "QR or RA is not set");
  if (reply.header.authoritative) Add(conversation, "AA is set in a resolver's answer");
  if (reply.header.truncated) Add(conversation, "TC over TCP");
  if (reply.header.recursion_desired != conversation.query.recursion_desired)
    Add(conversation, "RD is not the query's");
  if (reply.header.checking_disabled != conversation.query.checking_disabled)
    Add(conversation, "CD is not the query's");
  const bool same_question = reply.questions.size() == 1 && reply.questions[0] == asked &&
                             reply.questions[0].qname.view().SameSpelling(asked.qname);
  if (!same_question) Add(conversation, "the question is not repeated as it was asked");
  if (conversation.query.edns != reply.edns.has_value()) Add(conversation, "EDNS is not answered in kind");
}

void Checkers::CheckAnswer(const Conversation& conversation, Demand demand) {
  CheckForm(conversation);
  if (!conversation.done()) return;
  const Truth truth = oracle_.Ask(conversation.query.question);
  const Rcode rcode = conversation.reply.rcode();
  if (rcode == Rcode::kServFail && (demand == Demand::kTruthOrServFail || truth.rcode == Rcode::kServFail))
    return;
  if (rcode != truth.rcode) {
    return Add(conversation, fmt::format("{}, but the zones hold {}\n{}", cairn::ToText(rcode),
                                         truth.ToText(), conversation.reply.ToText()));
  }
  CheckRecords(conversation, truth);
  if (truth.negative_apex) CheckNegative(conversation, truth);
}

void Checkers::CheckRecords(const Conversation& conversation, const Truth& truth) {
  const std::vector<Rrset> answered = GroupIntoRrsets(conversation.reply.answer);
  const auto complain = [&](const std::string& what) {
    Add(conversation,
        fmt::format("{}; the zones hold {}\n{}", what, truth.ToText(), conversation.reply.ToText()));
  };
  if (answered.size() != truth.answer.size()) return complain("another number of RRsets");
  for (size_t i = 0; i < answered.size(); ++i) {
    const Rrset& got = answered[i];
    const Rrset& held = truth.answer[i];
    if (got.owner != held.owner || got.type != held.type)
      return complain("other RRsets, or in another order");
    if (Sorted(got.rdatas) != Sorted(held.rdatas)) return complain("other records of " + got.owner.ToText());
    if (got.ttl > held.ttl) return complain("a TTL above the zone's");
  }
}

void Checkers::CheckNegative(const Conversation& conversation, const Truth& truth) {
  const auto is_soa = [](const Record& record) { return record.type == rr::kSoa; };
  const std::vector<Record>& authority = conversation.reply.authority;
  const auto soa = std::find_if(authority.begin(), authority.end(), is_soa);
  if (soa == authority.end()) return Add(conversation, "a negative answer without SOA (RFC 2308 section 3)");
  if (soa->owner != *truth.negative_apex) {
    return Add(conversation,
               "denied by " + soa->owner.ToText() + " instead of " + truth.negative_apex->ToText());
  }
  if (soa->ttl > truth.negative_ttl)
    Add(conversation, "a negative TTL above the zone's (RFC 2308 section 5)");
}

void Checkers::CheckBudget(size_t upstream_queries, size_t client_queries) {
  if (upstream_queries <= kUpstreamBudget * client_queries) return;
  findings_.push_back(fmt::format("{} upstream queries for {} of clients", upstream_queries, client_queries));
}

void Checkers::CheckNothingAlive() {
  SimWorld& world = resolver_.internet().world();
  // Long enough for the slowest upstream time-out and for connections that idle.
  world.RunFor(std::chrono::seconds(90), [this] { return resolver_.resolver().active() == 0; });
  if (const size_t active = resolver_.resolver().active(); active > 0) {
    findings_.push_back(fmt::format("{} resolutions are still active 90 s after the last question", active));
  }
  resolver_.Stop();
  if (!world.RunUntilIdle(std::chrono::seconds(120)))
    findings_.push_back("something still moves after the end");
  if (const size_t timers = world.timers().size(); timers > 0) {
    findings_.push_back(fmt::format("{} timers are left after the end", timers));
  }
}

}  // namespace cairn::sim
