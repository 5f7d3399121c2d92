// An interpreter: statements are carried out as they are read. The first one that needs the resolver starts
// the world.
#include "tests/sim/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "common/dns/rdata_text.h"
#include "resolver/options_reader.h"
#include "tests/sim/checkers.h"
#include "tests/sim/scenario_text.h"

namespace cairn::sim {
namespace {

using Words = std::vector<std::string>;

double Milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

std::string Presentation(const Record& record) {
  return fmt::format("{} {} {}", record.owner.ToText(), record.type.ToText(),
                     RdataToText(record.type, record.rdata));
}

class Interpreter {
 public:
  Interpreter(std::string file_name, uint64_t seed) : file_name_(std::move(file_name)), internet_(seed) {}

  ScenarioOutcome Run(const std::string& text) {
    for (const ScenarioLine& line : ReadScenario(text)) {
      if (!Carry(line)) break;
    }
    if (checkers_ && outcome_.findings.empty()) {
      checkers_->CheckBudget(resolver_->UpstreamQueries(), resolver_->conversations().size());
      checkers_->CheckNothingAlive();
      TakeFindings(last_line_);
    }
    outcome_.packets = internet_.world().log().ToText();
    outcome_.hash = internet_.world().log().Hash();
    return std::move(outcome_);
  }

 private:
  // ---- Statements. False: the scenario cannot go on.

  bool Carry(const ScenarioLine& line) {
    static const std::map<std::string, bool (Interpreter::*)(const ScenarioLine&)> kStatements = {
        {"server", &Interpreter::Server}, {"zone", &Interpreter::Zone},     {"path", &Interpreter::Path},
        {"option", &Interpreter::Option}, {"ask", &Interpreter::Ask},       {"wait", &Interpreter::Wait},
        {"down", &Interpreter::DownOrUp}, {"up", &Interpreter::DownOrUp},   {"now", &Interpreter::Now},
        {"end", &Interpreter::EndFaults}, {"change", &Interpreter::Change}, {"config", &Interpreter::Config},
    };
    last_line_ = line.number;
    const auto statement = kStatements.find(line.words[0]);
    if (statement == kStatements.end()) return Wrong(line, "no such statement: " + line.words[0]);
    return (this->*statement->second)(line);
  }

  bool Server(const ScenarioLine& line) {
    if (resolver_) return Wrong(line, "servers come before the first step");
    if (line.words.size() < 3) return Wrong(line, "server NAME ADDRESS... [is LIE...]");
    std::vector<IpAddress> addresses;
    size_t at = 2;
    for (; at < line.words.size() && line.words[at] != "is"; ++at) {
      const absl::StatusOr<IpAddress> address = IpAddress::FromText(line.words[at]);
      if (!address.ok()) return Wrong(line, "not an address: " + line.words[at]);
      addresses.push_back(*address);
    }
    SimServer& server = internet_.AddServer(line.words[1], std::move(addresses));
    return at == line.words.size() || SetLies(line, server, at + 1);
  }

  bool SetLies(const ScenarioLine& line, SimServer& server, size_t at) {
    std::vector<Lie> lies;
    std::vector<Name> poisoned;
    for (; at < line.words.size() && line.words[at] != "poisoning"; ++at) {
      if (line.words[at] == "honest") continue;
      const std::optional<Lie> lie = LieFromText(line.words[at]);
      if (!lie) return Wrong(line, "no such lie: " + line.words[at]);
      lies.push_back(*lie);
    }
    for (++at; at < line.words.size(); ++at) poisoned.push_back(Name::Literal(line.words[at]));
    if (!poisoned.empty()) lies.push_back(Lie::kPoison);
    server.liar().SetLies(std::move(lies), std::move(poisoned));
    return true;
  }

  bool Zone(const ScenarioLine& line) {
    if (resolver_) return Wrong(line, "zones come before the first step");
    if (line.words.size() < 4 || line.words[2] != "on")
      return Wrong(line, "zone APEX on SERVER... [undelegated]");
    ZonePlan plan{
        .apex = Name(), .text = line.raw_block, .servers = {line.words.begin() + 3, line.words.end()}};
    if (!ReadName(line, line.words[1], plan.apex)) return false;
    if (plan.servers.back() == "undelegated") {
      plan.servers.pop_back();
      plan.delegated = false;
    }
    plan.text_name = file_name_;
    plan.first_line = line.number + 1;
    internet_.AddZone(std::move(plan));
    return true;
  }

  bool Option(const ScenarioLine& line) {
    if (resolver_) return Wrong(line, "options come before the first step");
    if (line.words.size() < 3) return Wrong(line, "option NAME VALUE");
    options_ += fmt::format("  {}: {}\n", line.words[1], line.text.substr(8 + line.words[1].size()));
    return true;
  }

  bool Config(const ScenarioLine& line) {
    if (resolver_) return Wrong(line, "the configuration comes before the first step");
    if (line.words.size() > 1 || line.block.empty())
      return Wrong(line, "config, and below it lines of YAML: forward-zones, stub-zones, local-zones");
    config_ += line.raw_block;
    return true;
  }

  bool Path(const ScenarioLine& line) {
    const bool all = line.words.size() > 1 && line.words[1] == "all";
    const size_t hosts = all ? 1 : 2;
    if (line.words.size() <= 1 + hosts) return Wrong(line, "path HOST HOST WHAT...");
    if (!all && !Started(line)) return false;  // the resolver's host must be there
    PathPolicy policy = internet_.world().default_path();
    if (!ReadPolicy(line, 1 + hosts, policy)) return false;
    if (all) {
      internet_.world().SetDefaultPath(policy);
      return true;
    }
    const SimHost* one = internet_.world().HostNamed(line.words[1]);
    const SimHost* other = internet_.world().HostNamed(line.words[2]);
    if (one == nullptr || other == nullptr) return Wrong(line, "no such host");
    internet_.world().SetPath(*one, *other, policy);
    return true;
  }

  bool ReadPolicy(const ScenarioLine& line, size_t at, PathPolicy& policy) {
    for (; at < line.words.size(); ++at) {
      const std::string& word = line.words[at];
      if (word == "cut") {
        policy.cut = true;
        continue;
      }
      const std::string value = at + 1 < line.words.size() ? line.words[++at] : "";
      const std::optional<Duration> duration = DurationFromText(value);
      const std::optional<double> share = ShareFromText(value);
      const std::optional<uint64_t> number = NumberFromText(value);
      if (word == "delay" && duration) {
        policy.delay = *duration;
      } else if (word == "jitter" && duration) {
        policy.jitter = *duration;
      } else if (word == "loss" && share) {
        policy.loss = *share;
      } else if (word == "duplicate" && share) {
        policy.duplicate = *share;
      } else if (word == "held-back" && share) {
        policy.held_back = *share;
      } else if (word == "largest" && number) {
        policy.largest_datagram_octets = *number;
      } else {
        return Wrong(line, "a path has no " + word + " " + value);
      }
    }
    return true;
  }

  bool Wait(const ScenarioLine& line) {
    const std::optional<Duration> span =
        line.words.size() == 2 ? DurationFromText(line.words[1]) : std::optional<Duration>();
    if (!span) return Wrong(line, "wait DURATION");
    if (!Started(line)) return false;
    internet_.world().RunFor(*span);
    return true;
  }

  bool DownOrUp(const ScenarioLine& line) {
    SimServer* const server = line.words.size() == 2 ? internet_.ServerNamed(line.words[1]) : nullptr;
    if (server == nullptr) return Wrong(line, "down SERVER, up SERVER");
    server->host().down = line.words[0] == "down";
    return true;
  }

  bool Now(const ScenarioLine& line) {
    const bool well_formed = line.words.size() >= 4 && line.words[2] == "is";
    SimServer* const server = well_formed ? internet_.ServerNamed(line.words[1]) : nullptr;
    if (server == nullptr) return Wrong(line, "now SERVER is LIE... | honest");
    return SetLies(line, *server, 3);
  }

  bool EndFaults(const ScenarioLine& line) {
    if (line.text != "end faults") return Wrong(line, "end faults");
    internet_.world().EndFaults();
    return true;
  }

  bool Change(const ScenarioLine& line) {
    Name apex;
    if (line.words.size() != 2 || !ReadName(line, line.words[1], apex) || !Started(line)) return false;
    bool understood = true;
    const absl::Status changed = internet_.Change(apex, [&](std::vector<Record>& records) {
      for (const ScenarioLine& edit : line.block) understood = understood && Edit(edit, apex, records);
    });
    changed_ = true;
    return understood && (changed.ok() || Wrong(line, std::string(changed.message())));
  }

  bool Edit(const ScenarioLine& line, const Name& apex, std::vector<Record>& records) {
    const std::string rest = line.text.substr(std::min(line.text.size(), line.words[0].size() + 1));
    if (line.words[0] == "add") {
      absl::StatusOr<Record> record = RecordFromText(rest, apex);
      if (!record.ok()) return Wrong(line, std::string(record.status().message()));
      records.push_back(*std::move(record));
      return true;
    }
    Name owner;
    if (line.words[0] != "remove" || line.words.size() != 3)
      return Wrong(line, "add RECORD, remove OWNER TYPE");
    if (!ReadName(line, line.words[1], owner)) return false;
    const std::optional<RrType> type = RrType::FromText(line.words[2]);
    const size_t removed = std::erase_if(
        records, [&](const Record& record) { return record.owner == owner && type && record.type == *type; });
    return removed > 0 || Wrong(line, "there is nothing to remove");
  }

  // ---- Questions

  bool Ask(const ScenarioLine& line) {
    if (!Started(line)) return false;
    if (line.words.size() < 3) return Wrong(line, "ask NAME TYPE");
    StubQuery query;
    by_policy_ = false;
    const std::optional<RrType> type = RrType::FromText(line.words[2]);
    if (!type || !ReadName(line, line.words[1], query.question.qname)) return Wrong(line, "ask NAME TYPE");
    query.question.qtype = *type;
    uint64_t times = 1;
    for (size_t at = 3; at + 1 < line.words.size(); at += 2) {
      const std::string how = line.words[at] + " " + line.words[at + 1];
      const std::optional<uint64_t> count = NumberFromText(line.words[at]);
      if (how == "over tcp") {
        query.over_tcp = true;
      } else if (how == "without rd") {
        query.recursion_desired = false;
      } else if (how == "without edns") {
        query.edns = false;
      } else if (how == "by policy") {
        by_policy_ = true;
      } else if (count && line.words[at + 1] == "times") {
        times = *count;
      } else {
        return Wrong(line, "not a way to ask: " + how);
      }
    }
    const size_t first_packet = internet_.world().log().packets().size();
    std::vector<const Conversation*> asked;
    for (uint64_t i = 0; i < times; ++i) asked.push_back(&resolver_->Ask(query));
    internet_.world().RunFor(std::chrono::seconds(15), [&] {
      return std::all_of(asked.begin(), asked.end(), [](const Conversation* one) { return one->done(); });
    });
    for (const Conversation* conversation : asked) Check(line, *conversation);
    for (const ScenarioLine& expectation : line.block) {
      if (!Expect(expectation, *asked.front(), first_packet)) return false;
    }
    return true;
  }

  void Check(const ScenarioLine& line, const Conversation& conversation) {
    const auto says = [&](std::string_view word) {
      return std::any_of(line.block.begin(), line.block.end(),
                         [&](const ScenarioLine& expectation) { return expectation.words[0] == word; });
    };
    if (changed_ || by_policy_ || says("believed") || !conversation.query.recursion_desired ||
        conversation.query.question.qtype == rr::kAny) {
      checkers_->CheckForm(conversation);
    } else {
      checkers_->CheckAnswer(conversation, says("rcode") ? Demand::kTruthOrServFail : Demand::kTruth);
    }
    TakeFindings(line.number);
  }

  bool Expect(const ScenarioLine& line, const Conversation& conversation, size_t first_packet) {
    const Words& words = line.words;
    const Message& reply = conversation.reply;
    if (words[0] == "rcode" && words.size() == 2) {
      return Equal(line, words[1], cairn::ToText(reply.rcode()));
    }
    if (words[0] == "answer" && words.size() > 1) return ExpectAnswer(line, reply);
    if (words[0] == "ttl" && words.size() == 2) return ExpectTtl(line, reply);
    if (words[0] == "soa" && words.size() == 2) {
      const bool there = std::any_of(
          reply.authority.begin(), reply.authority.end(),
          [&](const Record& record) { return record.type == rr::kSoa && record.owner.ToText() == words[1]; });
      return there || Missed(line, "the authority section holds no such SOA\n" + reply.ToText());
    }
    if (words[0] == "extended-error" && words.size() == 2) return ExpectExtendedError(line, reply);
    if (words[0] == "within" && words.size() == 2) {
      const std::optional<Duration> most = DurationFromText(words[1]);
      if (!most) return Wrong(line, "within DURATION");
      const Duration waited = conversation.answered.value_or(Instant::max()) - conversation.asked;
      return waited <= *most || Missed(line, fmt::format("it took {:.1f} ms", Milliseconds(waited)));
    }
    if (words[0] == "at" && words.size() == 4) {
      const std::optional<uint64_t> most = NumberFromText(words[2]);
      const size_t sent = resolver_->UpstreamQueries(first_packet);
      return (most && sent <= *most) || Missed(line, fmt::format("it took {} upstream queries", sent));
    }
    if (words[0] == "believed" && words.size() == 1) return true;
    if (words[0] == "shown" || (words.size() > 1 && words[0] == "not" && words[1] == "shown"))
      return ExpectShown(line, first_packet);
    if (words[0] == "connected") return ExpectConnected(line, first_packet);
    if (words[0] == "asked" || words[0] == "not") return ExpectAsked(line, first_packet);
    return Wrong(line, "no such expectation: " + line.text);
  }

  // The first `answer` line of a question says how many there should be; each is compared in its turn.
  bool ExpectAnswer(const ScenarioLine& line, const Message& reply) {
    if (line.number != last_answer_line_ + 1) answers_seen_ = 0;
    last_answer_line_ = line.number;
    if (line.text == "answer none") return reply.answer.empty() || Missed(line, reply.ToText());
    const absl::StatusOr<Record> expected = RecordFromText(line.text.substr(7));
    if (!expected.ok()) return Wrong(line, std::string(expected.status().message()));
    if (answers_seen_ >= reply.answer.size()) return Missed(line, "the answer is shorter\n" + reply.ToText());
    return Equal(line, Presentation(*expected), Presentation(reply.answer[answers_seen_++]));
  }

  bool ExpectExtendedError(const ScenarioLine& line, const Message& reply) {
    std::string found = "none";
    const EdnsOption* option = reply.edns ? reply.edns->Find(EdnsOptionCode::kExtendedError) : nullptr;
    if (option != nullptr && option->value.size() >= 2)
      found = fmt::format("{}", LoadU16(option->value.data()));
    return Equal(line, line.words[1], found);
  }

  bool ExpectTtl(const ScenarioLine& line, const Message& reply) {
    const size_t dots = line.words[1].find("..");
    const std::optional<uint64_t> low = NumberFromText(line.words[1].substr(0, dots));
    const std::optional<uint64_t> high =
        dots == std::string::npos ? low : NumberFromText(line.words[1].substr(dots + 2));
    if (!low || !high) return Wrong(line, "ttl LOW..HIGH");
    const std::vector<Record>& records = reply.answer.empty() ? reply.authority : reply.answer;
    if (records.empty()) return Missed(line, "there is no record");
    const uint32_t ttl = records.front().ttl.seconds();
    return (ttl >= *low && ttl <= *high) || Missed(line, fmt::format("the TTL is {}", ttl));
  }

  bool ExpectAsked(const ScenarioLine& line, size_t first_packet) {
    const bool negated = line.words[0] == "not";
    const size_t at = negated ? 2 : 1;
    const SimServer* server = line.words.size() > at ? internet_.ServerNamed(line.words[at]) : nullptr;
    if (server == nullptr) return Wrong(line, "asked SERVER, not asked SERVER");
    uint64_t queries = 0;
    const std::vector<Packet>& packets = internet_.world().log().packets();
    for (size_t i = first_packet; i < packets.size(); ++i) {
      const bool to_it = internet_.world().HostAt(packets[i].to.address) == &server->host();
      queries += to_it && !packets[i].payload.empty() && !packets[i].duplicate;
    }
    const std::string found = fmt::format("it was asked {} times", queries);
    if (negated) return queries == 0 || Missed(line, found);
    if (line.words.size() == 4) return queries == NumberFromText(line.words[2]) || Missed(line, found);
    return queries > 0 || Missed(line, found);
  }

  bool ExpectShown(const ScenarioLine& line, size_t first_packet) {
    const bool negated = line.words[0] == "not";
    const size_t at = negated ? 2 : 1;
    const SimServer* server = line.words.size() == at + 3 ? internet_.ServerNamed(line.words[at]) : nullptr;
    if (server == nullptr) return Wrong(line, "shown SERVER NAME TYPE, not shown SERVER NAME TYPE");
    const std::string wanted = line.words[at + 1] + " " + line.words[at + 2];
    std::string seen;
    bool shown = false;
    const std::vector<Packet>& packets = internet_.world().log().packets();
    for (size_t i = first_packet; i < packets.size(); ++i) {
      if (internet_.world().HostAt(packets[i].to.address) != &server->host()) continue;
      const absl::StatusOr<Message> query = Message::Parse(packets[i].payload);
      if (!query.ok() || query->questions.empty()) continue;
      const Question& question = query->questions[0];
      const std::string text = question.qname.ToLower().ToText() + " " + question.qtype.ToText();
      shown = shown || text == wanted;
      seen += text + ", ";
    }
    return shown != negated || Missed(line, "it was shown " + seen);
  }

  bool ExpectConnected(const ScenarioLine& line, size_t first_packet) {
    const SimServer* server = line.words.size() == 4 ? internet_.ServerNamed(line.words[1]) : nullptr;
    if (server == nullptr) return Wrong(line, "connected SERVER N times");
    uint64_t connections = 0;
    const std::vector<Packet>& packets = internet_.world().log().packets();
    for (size_t i = first_packet; i < packets.size(); ++i) {
      const bool to_it = internet_.world().HostAt(packets[i].to.address) == &server->host();
      connections += to_it && packets[i].kind == PacketKind::kTcpConnect;
    }
    return connections == NumberFromText(line.words[2]) ||
           Missed(line, fmt::format("there were {} connections to it", connections));
  }

  // ---- Help

  bool Started(const ScenarioLine& line) {
    if (resolver_) return true;
    const absl::Status started = internet_.Start();
    if (!started.ok()) return Wrong(line, std::string(started.message()));
    // Worlds like to be called test. and to have private addresses; special-use names are for scenarios which
    // switch them on.
    if (options_.find("special-use-zones") == std::string::npos) options_ += "  special-use-zones: false\n";
    Complaints complaints;
    std::optional<ProgramOptions> options = ReadOptions(
        config_ + (options_.empty() ? std::string() : "resolver:\n" + options_), file_name_, complaints);
    if (!options) return Wrong(line, complaints.empty() ? "bad options" : complaints.front().ToText());
    ResolverOptions& resolver = options->resolver;
    if (!options->access_given) resolver.access = SimResolver::DefaultOptions().access;
    if (options_.find("cache-size") == std::string::npos) {
      resolver.cache_size_octets = SimResolver::DefaultOptions().cache_size_octets;
    }
    resolver_ = std::make_unique<SimResolver>(internet_, resolver);
    checkers_ = std::make_unique<Checkers>(*resolver_);
    return true;
  }

  bool ReadName(const ScenarioLine& line, const std::string& text, Name& name) {
    absl::StatusOr<Name> read = Name::FromText(text);
    if (!read.ok()) return Wrong(line, text + ": " + std::string(read.status().message()));
    name = *std::move(read);
    return true;
  }

  void TakeFindings(uint32_t line) {
    const std::vector<std::string>& findings = checkers_->findings();
    for (; findings_taken_ < findings.size(); ++findings_taken_) {
      outcome_.findings.push_back(fmt::format("{}:{}: {}", file_name_, line, findings[findings_taken_]));
    }
  }

  bool Equal(const ScenarioLine& line, const std::string& expected, const std::string& got) {
    return expected == got || Missed(line, "got " + got);
  }
  // The scenario is right and the resolver is not: go on, and find more.
  bool Missed(const ScenarioLine& line, const std::string& what) {
    outcome_.findings.push_back(
        fmt::format("{}:{}: expected `{}`: {}", file_name_, line.number, line.text, what));
    return true;
  }
  // The scenario itself cannot be understood.
  bool Wrong(const ScenarioLine& line, const std::string& what) {
    outcome_.findings.push_back(fmt::format("{}:{}: {}", file_name_, line.number, what));
    return false;
  }

  std::string file_name_;
  SimInternet internet_;
  std::string options_;  // lines of YAML below `resolver:`
  std::string config_;   // and beside it
  std::unique_ptr<SimResolver> resolver_;
  std::unique_ptr<Checkers> checkers_;
  size_t findings_taken_ = 0;
  bool changed_ = false;
  bool by_policy_ = false;  // the question at hand
  uint32_t last_line_ = 0;
  uint32_t last_answer_line_ = 0;
  size_t answers_seen_ = 0;
  ScenarioOutcome outcome_;
};

}  // namespace

ScenarioOutcome RunScenario(const std::string& text, const std::string& file_name, uint64_t seed) {
  return Interpreter(file_name, seed).Run(text);
}

}  // namespace cairn::sim
