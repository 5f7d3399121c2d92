// One table from the first word of a line to the function that judges it.
#include "tests/sim/expectations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "common/dns/rdata_text.h"
#include "common/trace/tree.h"
#include "common/trace/why.h"

namespace cairn::sim {
namespace {

using Verdict = Expectations::Verdict;

Verdict Met() { return {}; }
Verdict Missed(std::string what) { return {Verdict::Kind::kMissed, std::move(what)}; }
Verdict Wrong(std::string what) { return {Verdict::Kind::kWrong, std::move(what)}; }
Verdict If(bool met, const std::string& otherwise) { return met ? Met() : Missed(otherwise); }

std::string Presentation(const Record& record) {
  return fmt::format("{} {} {}", record.owner.ToText(), record.type.ToText(),
                     RdataToText(record.type, record.rdata));
}

// Of RFC 8914; nullptr when there is none.
const EdnsOption* ExtendedErrorOf(const Message& reply) {
  const EdnsOption* option = reply.edns ? reply.edns->Find(EdnsOptionCode::kExtendedError) : nullptr;
  return option && option->value.size() >= 2 ? option : nullptr;
}

double Milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

}  // namespace

Verdict Expectations::Judge(const ScenarioLine& line) {
  static const std::map<std::string, Verdict (Expectations::*)(const ScenarioLine&)> kTable = {
      {"rcode", &Expectations::Rcode},
      {"answer", &Expectations::Records},
      {"authority", &Expectations::Records},
      {"additional", &Expectations::Records},
      {"flag", &Expectations::HasFlag},
      {"ttl", &Expectations::FirstTtl},
      {"soa", &Expectations::Soa},
      {"extended-error", &Expectations::ExtendedErrorCode},
      {"says", &Expectations::Says},
      {"within", &Expectations::Within},
      {"at", &Expectations::AtMost},
      {"answered", &Expectations::Answered},
      {"why", &Expectations::WhySays},
      {"silence", &Expectations::Silence},
      {"asked", &Expectations::Asked},
      {"shown", &Expectations::Shown},
      {"connected", &Expectations::Connected},
      {"not", &Expectations::Not},
      {"believed", &Expectations::Believed},
  };
  const auto row = kTable.find(line.words[0]);
  if (row == kTable.end()) return Wrong("no such expectation: " + line.text);
  return (this->*row->second)(line);
}

Verdict Expectations::JudgeRest() const {
  const std::pair<size_t, size_t> seen_and_there[] = {{answers_seen_, reply().answer.size()},
                                                      {authorities_seen_, reply().authority.size()},
                                                      {additionals_seen_, reply().additional.size()}};
  for (const auto& [seen, there] : seen_and_there) {
    if (seen > 0 && there > seen) return Missed("there are more records\n" + reply().ToText());
  }
  return Met();
}

// ---- The reply

Verdict Expectations::Rcode(const ScenarioLine& line) {
  if (line.words.size() != 2) return Wrong("rcode RCODE");
  if (!first().done()) return Missed("there is no answer");
  const std::string found = cairn::ToText(reply().rcode());
  return If(line.words[1] == found, "got " + found);
}

// One line a record, each compared in its turn.
Verdict Expectations::Records(const ScenarioLine& line) {
  const std::string& word = line.words[0];
  const std::vector<Record>& records = word == "answer"      ? reply().answer
                                       : word == "authority" ? reply().authority
                                                             : reply().additional;
  size_t& seen = word == "answer"      ? answers_seen_
                 : word == "authority" ? authorities_seen_
                                       : additionals_seen_;
  if (line.text == word + " none") return If(records.empty(), reply().ToText());
  if (line.words.size() == 3 && line.words[2] == "records")
    return If(NumberFromText(line.words[1]) == records.size(), fmt::format("there are {}", records.size()));
  const absl::StatusOr<Record> expected = RecordFromText(line.text.substr(word.size() + 1));
  if (!expected.ok()) return Wrong(std::string(expected.status().message()));
  if (seen >= records.size()) return Missed("there are fewer records\n" + reply().ToText());
  const std::string found = Presentation(records[seen++]);
  return If(Presentation(*expected) == found, "got " + found);
}

Verdict Expectations::HasFlag(const ScenarioLine& line) {
  const Header& header = reply().header;
  const std::map<std::string, bool> flags = {{"aa", header.authoritative},
                                             {"tc", header.truncated},
                                             {"rd", header.recursion_desired},
                                             {"ra", header.recursion_available},
                                             {"ad", header.authentic_data},
                                             {"cd", header.checking_disabled},
                                             {"do", reply().edns && reply().edns->dnssec_ok}};
  const auto flag = flags.find(line.words.back());
  if (flag == flags.end()) return Wrong("flag aa, tc, rd, ra, ad, cd or do");
  return If(flag->second, "it is not set");
}

Verdict Expectations::FirstTtl(const ScenarioLine& line) {
  const std::string& range = line.words.back();
  const size_t dots = range.find("..");
  const std::optional<uint64_t> low = NumberFromText(range.substr(0, dots));
  const std::optional<uint64_t> high =
      dots == std::string::npos ? low : NumberFromText(range.substr(dots + 2));
  if (line.words.size() != 2 || !low || !high) return Wrong("ttl LOW..HIGH");
  const std::vector<Record>& records = reply().answer.empty() ? reply().authority : reply().answer;
  if (records.empty()) return Missed("there is no record");
  const uint32_t ttl = records.front().ttl.seconds();
  return If(ttl >= *low && ttl <= *high, fmt::format("the TTL is {}", ttl));
}

Verdict Expectations::Soa(const ScenarioLine& line) {
  const auto is_it = [&](const Record& record) {
    return record.type == rr::kSoa && record.owner.ToText() == line.words.back();
  };
  return If(std::any_of(reply().authority.begin(), reply().authority.end(), is_it),
            "the authority section holds no such SOA\n" + reply().ToText());
}

Verdict Expectations::ExtendedErrorCode(const ScenarioLine& line) {
  const EdnsOption* const option = ExtendedErrorOf(reply());
  const std::string found = option ? fmt::format("{}", LoadU16(option->value.data())) : "none";
  return If(line.words.back() == found, "got " + found);
}

// The extended error's text, which is for people, names what it should.
Verdict Expectations::Says(const ScenarioLine& line) {
  const EdnsOption* const option = ExtendedErrorOf(reply());
  const std::string text = option ? std::string(option->value.begin() + 2, option->value.end()) : "";
  return If(text.find(line.text.substr(line.text.find(' ') + 1)) != std::string::npos, "it says: " + text);
}

// Three sentences, each after the word that tools know it by.
Verdict Expectations::WhySays(const ScenarioLine& line) {
  if (resolver_.traces().size() <= meter_.first_trace()) return Missed("there is no trace of it");
  const Trace& trace = resolver_.traces()[meter_.first_trace()]->trace();
  const Why why = Explain(trace);
  const std::string text =
      fmt::format("happened: {} fault: {} do: {}", why.what_happened, why.whose_fault, why.what_to_do);
  return If(text.find(line.text.substr(line.text.find(' ') + 1)) != std::string::npos,
            "it says: " + text + "\n" + RenderTree(trace));
}

Verdict Expectations::Silence(const ScenarioLine& /*line*/) {
  return If(!first().done(), "there is an answer\n" + reply().ToText());
}

// A lie came through, as the RFC would have it: who asks does not consult the zones.
Verdict Expectations::Believed(const ScenarioLine& /*line*/) { return Met(); }

// ---- Time and work

Verdict Expectations::Within(const ScenarioLine& line) {
  const std::optional<Duration> most = DurationFromText(line.words.back());
  if (!most) return Wrong("within DURATION");
  Duration longest{};
  for (const Conversation* one : asked_) {
    if (!one->done()) return Missed("there is no answer");
    longest = std::max(longest, *one->answered - one->asked);
  }
  return If(longest <= *most, fmt::format("it took {:.1f} ms", Milliseconds(longest)));
}

Verdict Expectations::AtMost(const ScenarioLine& line) {
  const std::optional<uint64_t> most = line.words.size() == 4 ? NumberFromText(line.words[2]) : std::nullopt;
  const Cost cost = meter_.Spent();
  const std::map<std::string, size_t> spent = {{"queries", cost.queries},
                                               {"connections", cost.connections},
                                               {"octets", cost.reply_octets},
                                               {"entries", cost.cache_entries}};
  const auto found = spent.find(line.words.back());
  if (!most || found == spent.end()) return Wrong("at most N queries, connections, octets or entries");
  return If(found->second <= *most, "it cost " + cost.ToText());
}

// Of many questions, so many got an answer other than a failure.
Verdict Expectations::Answered(const ScenarioLine& line) {
  const std::optional<double> share = ShareFromText(line.words.back());
  if (!share) return Wrong("answered N%");
  const auto is_good = [](const Conversation* one) {
    return one->done() && one->reply.rcode() != cairn::Rcode::kServFail &&
           one->reply.rcode() != cairn::Rcode::kRefused;
  };
  const auto good = std::count_if(asked_.begin(), asked_.end(), is_good);
  return If(static_cast<double>(good) >= *share * static_cast<double>(asked_.size()),
            fmt::format("{} of {} were", good, asked_.size()));
}

// ---- Who was asked what

std::vector<const Packet*> Expectations::PacketsTo(const SimServer& server) const {
  std::vector<const Packet*> sent;
  SimWorld& world = resolver_.internet().world();
  const std::vector<Packet>& packets = world.log().packets();
  for (size_t i = meter_.first_packet(); i < packets.size(); ++i) {
    if (world.HostAt(packets[i].to.address) == &server.host()) sent.push_back(&packets[i]);
  }
  return sent;
}

size_t Expectations::QueriesTo(const SimServer& server) const {
  const std::vector<const Packet*> packets = PacketsTo(server);
  return static_cast<size_t>(std::count_if(packets.begin(), packets.end(), [](const Packet* packet) {
    return !packet->payload.empty() && !packet->duplicate;
  }));
}

Verdict Expectations::Asked(const ScenarioLine& line) {
  const std::vector<std::string>& words = line.words;
  const SimServer* server = words.size() > 1 ? resolver_.internet().ServerNamed(words[1]) : nullptr;
  const bool exactly = words.size() == 4 && words[3] == "times";
  const bool at_most = words.size() == 6 && words[2] == "at" && words[5] == "times";
  if (server == nullptr || (words.size() > 2 && !exactly && !at_most))
    return Wrong("asked SERVER [[at most] N times]");
  const size_t queries = QueriesTo(*server);
  const std::string found = fmt::format("it was asked {} times", queries);
  if (exactly) return If(NumberFromText(words[2]) == queries, found);
  if (at_most) return If(queries <= NumberFromText(words[4]).value_or(0), found);
  return If(queries > 0, found);
}

Verdict Expectations::Shown(const ScenarioLine& line) {
  const SimServer* server =
      line.words.size() == 4 ? resolver_.internet().ServerNamed(line.words[1]) : nullptr;
  if (server == nullptr) return Wrong("shown SERVER NAME TYPE");
  const std::string wanted = line.words[2] + " " + line.words[3];
  std::string seen;
  bool shown = false;
  for (const Packet* packet : PacketsTo(*server)) {
    const absl::StatusOr<Message> query = Message::Parse(packet->payload);
    if (!query.ok() || query->questions.empty()) continue;
    const Question& question = query->questions[0];
    const std::string text = question.qname.ToLower().ToText() + " " + question.qtype.ToText();
    shown = shown || text == wanted;
    seen += text + ", ";
  }
  return If(shown, "it was shown " + seen);
}

Verdict Expectations::Connected(const ScenarioLine& line) {
  const SimServer* server =
      line.words.size() == 4 ? resolver_.internet().ServerNamed(line.words[1]) : nullptr;
  if (server == nullptr) return Wrong("connected SERVER N times");
  const std::vector<const Packet*> packets = PacketsTo(*server);
  const auto connections = std::count_if(packets.begin(), packets.end(), [](const Packet* packet) {
    return packet->kind == PacketKind::kTcpConnect;
  });
  return If(NumberFromText(line.words[2]) == static_cast<uint64_t>(connections),
            fmt::format("there were {} connections to it", connections));
}

// `not` before any of the others.
Verdict Expectations::Not(const ScenarioLine& line) {
  if (line.words.size() < 2) return Wrong("not EXPECTATION");
  ScenarioLine rest = line;
  rest.words.erase(rest.words.begin());
  rest.text = rest.text.substr(rest.text.find(' ') + 1);
  const Verdict verdict = Judge(rest);
  if (verdict.kind == Verdict::Kind::kWrong) return verdict;
  return If(verdict.kind == Verdict::Kind::kMissed, "it is so");
}

}  // namespace cairn::sim
