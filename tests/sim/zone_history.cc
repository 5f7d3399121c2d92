// One step a link: of all versions of the zone that is in charge of the name, one must say what the answer
// says there, and must not be gone for longer than its TTL.
#include "tests/sim/zone_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace cairn::sim {
namespace {

// What is left of the answer, and the question which that is to answer.
struct Rest {
  std::vector<Rrset> rrsets;
  size_t at = 0;
  Question question;
  Duration stale{};  // how long past its TTL a record may be given out
  bool ended = false;
};

bool SameRecords(const Rrset& one, const Rrset& other) {
  if (one.owner != other.owner || one.type != other.type || one.rdatas.size() != other.rdatas.size())
    return false;
  return std::all_of(one.rdatas.begin(), one.rdatas.end(),
                     [&](ByteView rdata) { return other.rdatas.Contains(rdata); });
}

// The version was served until `until`; what was fetched then may be given out for `ttl`, and with no more
// than what is left.
bool StillGood(Instant until, Ttl ttl, Ttl given, Instant answered, Duration stale) {
  if (given > ttl && stale == Duration::zero()) return false;
  if (until == Instant::max()) return true;
  const Instant gone = until + kLongestWay + std::chrono::seconds(ttl.seconds()) + stale;
  return answered + std::chrono::seconds(given.seconds()) <= gone;
}

Ttl NegativeTtlOf(const Message& reply) {
  for (const Record& record : reply.authority) {
    if (record.type == rr::kSoa) return record.ttl;
  }
  return Ttl::Seconds(0);
}

// Whether `version` of the zone says what stands at `rest.at`; then `rest` moves on.
bool Explains(const ZoneVersion& version, const Conversation& conversation, Rest& rest) {
  const Instant answered = *conversation.answered;
  if (version.since > answered) return false;
  Question question = rest.question;
  Truth said;
  const bool alias = Oracle::Append(*version.zone, question, said);
  if (rest.at + said.answer.size() > rest.rrsets.size()) return false;
  for (size_t i = 0; i < said.answer.size(); ++i) {
    const Rrset& given = rest.rrsets[rest.at + i];
    if (!SameRecords(given, said.answer[i])) return false;
    if (!StillGood(version.until, said.answer[i].ttl, given.ttl, answered, rest.stale)) return false;
  }
  if (!alias) {
    const Message& reply = conversation.reply;
    if (rest.at + said.answer.size() != rest.rrsets.size() || said.rcode != reply.rcode()) return false;
    if (said.negative_apex &&
        !StillGood(version.until, said.negative_ttl, NegativeTtlOf(reply), answered, rest.stale))
      return false;
  }
  rest.at += said.answer.size();
  rest.question = std::move(question);
  rest.ended = !alias;
  return true;
}

}  // namespace

std::optional<std::string> ZoneHistory::Contradiction(const Conversation& conversation) const {
  Rest rest{.rrsets = GroupIntoRrsets(conversation.reply.answer),
            .question = conversation.query.question,
            .stale = stale_};
  for (int links = 0; links <= kMaxAliases + 1; ++links) {
    const Zone* const zone = oracle_.ZoneOf(rest.question);
    if (zone == nullptr) return rest.question.ToText() + " lies in no zone of this world";
    const std::vector<ZoneVersion>& versions = internet_.VersionsOf(zone->apex());
    const bool explained = std::any_of(versions.begin(), versions.end(), [&](const ZoneVersion& version) {
      return Explains(version, conversation, rest);
    });
    if (!explained) {
      return fmt::format("{} was never so, or has been over for too long ({} versions of {}); now {}\n{}",
                         rest.question.ToText(), versions.size(), zone->apex().ToText(),
                         oracle_.Ask(conversation.query.question).ToText(), conversation.reply.ToText());
    }
    if (rest.ended) return std::nullopt;
  }
  return "a chain of more aliases than are followed";
}

}  // namespace cairn::sim
