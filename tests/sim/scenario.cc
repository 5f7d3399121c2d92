// An interpreter: statements are carried out as they are read. The first one that needs the resolver starts
// the world.
#include "tests/sim/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "resolver/options_reader.h"
#include "tests/sim/checkers.h"
#include "tests/sim/expectations.h"
#include "tests/sim/scenario_text.h"

namespace cairn::sim {
namespace {

class Interpreter {
 public:
  Interpreter(std::string file_name, uint64_t seed, bool traced)
      : file_name_(std::move(file_name)), internet_(seed), traced_(traced) {}

  ScenarioOutcome Run(const std::string& text) {
    for (const ScenarioLine& line : ReadScenario(text)) {
      if (!Carry(line)) break;
    }
    if (checkers_ && outcome_.findings.empty()) {
      checkers_->CheckBudget(resolver_->UpstreamQueries(), resolver_->conversations().size());
      checkers_->CheckNothingAlive();
      TakeFindings(last_line_);
    }
    if (resolver_) {
      for (const auto& recorder : resolver_->traces()) outcome_.traces.push_back(recorder->trace());
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
        {"send", &Interpreter::Send},     {"reply", &Interpreter::Reply},   {"clock", &Interpreter::Clock},
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
      if (line.words[at] == "honest") {
        server.liar().ForgetScripts();
        continue;
      }
      const size_t equals = line.words[at].find('=');
      const std::optional<Lie> lie = LieFromText(line.words[at].substr(0, equals));
      if (!lie) return Wrong(line, "no such lie: " + line.words[at]);
      if (equals != std::string::npos)
        server.liar().SetGuesses(
            static_cast<uint16_t>(NumberFromText(line.words[at].substr(equals + 1)).value_or(0)));
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

  bool Reply(const ScenarioLine& line) {
    SimServer* const server = line.words.size() > 1 ? internet_.ServerNamed(line.words[1]) : nullptr;
    if (server == nullptr) return Wrong(line, "reply SERVER NAME TYPE");
    absl::StatusOr<ScriptedReply> script = ScriptedReply::Read(line);
    if (!script.ok()) return Wrong(line, std::string(script.status().message()));
    server->liar().AddScript(*std::move(script));
    return true;
  }

  bool Clock(const ScenarioLine& line) {
    const bool back = line.words.size() == 2 && line.words[1].starts_with('-');
    const std::optional<Duration> by =
        line.words.size() == 2 ? DurationFromText(line.words[1].substr(back ? 1 : 0)) : std::nullopt;
    if (!by) return Wrong(line, "clock [-]DURATION");
    const int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(*by).count();
    internet_.world().clock().JumpWall(back ? -seconds : seconds);
    return true;
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

  // How a question is asked, beside the question itself.
  struct Manner {
    StubQuery query;
    uint64_t times = 1;
    Duration during{};
    bool alone = false;  // nobody waits for the answers
    bool each_from_another = false;
  };

  bool ReadManner(const ScenarioLine& line, Manner& manner) {
    StubQuery& query = manner.query;
    for (size_t at = 3; at < line.words.size(); ++at) {
      const std::string& word = line.words[at];
      const std::string next = at + 1 < line.words.size() ? line.words[++at] : "";
      const std::string how = word + " " + next;
      if (how == "over tcp") {
        query.over_tcp = true;
      } else if (how == "without rd") {
        query.recursion_desired = false;
      } else if (how == "without edns") {
        query.edns = false;
      } else if (how == "with do") {
        query.dnssec_ok = true;
      } else if (how == "with cd") {
        query.checking_disabled = true;
      } else if (how == "with ad") {
        query.authentic_data = true;
      } else if (how == "with subnet") {  // 192.0.2.0/24 (RFC 7871)
        query.options.push_back({.code = EdnsOptionCode::kClientSubnet, .value = {0, 1, 24, 0, 192, 0, 2}});
      } else if (word == "class" && RrClass::FromText(next)) {
        query.question.qclass = *RrClass::FromText(next);
      } else if (how == "by policy") {
        by_policy_ = true;
      } else if (how == "and go" && at + 1 < line.words.size() && line.words[++at] == "on") {
        manner.alone = true;
      } else if (word == "from" && IpAddress::FromText(next).ok()) {
        query.from = *IpAddress::FromText(next);
        manner.each_from_another = at + 1 < line.words.size() && line.words[at + 1] == "on";
        at += manner.each_from_another;
      } else if (word == "during" && DurationFromText(next)) {
        manner.during = *DurationFromText(next);
      } else if (NumberFromText(word) && next == "times") {
        manner.times = *NumberFromText(word);
      } else {
        return Wrong(line, "not a way to ask: " + how);
      }
    }
    return true;
  }

  bool Ask(const ScenarioLine& line) {
    if (!Started(line)) return false;
    if (line.words.size() < 3) return Wrong(line, "ask NAME TYPE");
    by_policy_ = false;
    Manner manner;
    const std::optional<RrType> type = RrType::FromText(line.words[2]);
    if (!type) return Wrong(line, "ask NAME TYPE");
    manner.query.question.qtype = *type;
    if (!ReadManner(line, manner)) return false;
    if (traced_) resolver_->TraceNext(kTracesOfAQuestion);
    const CostMeter meter(*resolver_);
    std::vector<const Conversation*> asked;
    for (uint64_t i = 1; i <= manner.times; ++i) {
      StubQuery query = manner.query;
      if (!ReadName(line, FillIn(line.words[1], "i", std::to_string(i)), query.question.qname)) return false;
      if (manner.each_from_another) query.from = Behind(*query.from, i);
      asked.push_back(&resolver_->Ask(std::move(query)));
      if (manner.during > Duration::zero())
        internet_.world().RunFor(manner.during / static_cast<int64_t>(manner.times));
    }
    if (manner.alone) return line.block.empty() || Wrong(line, "nobody waits for these answers");
    return Await(line, asked, meter);
  }

  // Octets as they stand, which need not be a query.
  bool Send(const ScenarioLine& line) {
    if (!Started(line)) return false;
    by_policy_ = true;
    StubQuery query;
    std::string hex;
    size_t at = 1;
    for (; at < line.words.size() && line.words[at] != "over"; ++at) hex += line.words[at];
    query.over_tcp = at + 1 < line.words.size() && line.words[at + 1] == "tcp";
    query.octets = OctetsFromHex(hex).value_or(std::vector<uint8_t>());
    if (query.octets.empty()) return Wrong(line, "send HEX... [over tcp]");
    const CostMeter meter(*resolver_);
    return Await(line, {&resolver_->Ask(std::move(query))}, meter);
  }

  static IpAddress Behind(const IpAddress& first, uint64_t by) {
    std::array<uint8_t, 4> octets;
    StoreU32(octets.data(), LoadU32(first.octets().data()) + static_cast<uint32_t>(by));
    return IpAddress::V4(octets);
  }

  bool Await(const ScenarioLine& line, const std::vector<const Conversation*>& asked,
             const CostMeter& meter) {
    internet_.world().RunFor(std::chrono::seconds(15), [&] {
      return std::all_of(asked.begin(), asked.end(), [](const Conversation* one) { return one->done(); });
    });
    outcome_.cost = meter.Spent();
    if (line.words[0] == "ask") {
      for (const Conversation* conversation : asked) Check(line, *conversation);
    }
    Expectations expectations(*resolver_, asked, meter);
    for (const ScenarioLine& expectation : line.block) {
      if (!Note(expectation, expectations.Judge(expectation))) return false;
    }
    return Note(line, expectations.JudgeRest());
  }

  bool Note(const ScenarioLine& line, const Expectations::Verdict& verdict) {
    if (verdict.kind == Expectations::Verdict::Kind::kWrong) return Wrong(line, verdict.what);
    return verdict.kind == Expectations::Verdict::Kind::kMet || Missed(line, verdict.what);
  }

  void Check(const ScenarioLine& line, const Conversation& conversation) {
    const auto says = [&](std::string_view word) {
      return std::any_of(line.block.begin(), line.block.end(),
                         [&](const ScenarioLine& expectation) { return expectation.words[0] == word; });
    };
    const bool may_fail = says("rcode") || says("answered");
    if (says("silence")) return;
    if (changed_ || by_policy_ || says("believed") || !conversation.query.recursion_desired ||
        conversation.query.question.qtype == rr::kAny) {
      checkers_->CheckForm(conversation);
    } else {
      checkers_->CheckAnswer(conversation, may_fail ? Demand::kTruthOrServFail : Demand::kTruth);
    }
    TakeFindings(line.number);
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

  // A flood is not told query by query.
  static constexpr size_t kTracesOfAQuestion = 20;

  std::string file_name_;
  SimInternet internet_;
  const bool traced_;
  std::string options_;  // lines of YAML below `resolver:`
  std::string config_;   // and beside it
  std::unique_ptr<SimResolver> resolver_;
  std::unique_ptr<Checkers> checkers_;
  size_t findings_taken_ = 0;
  bool changed_ = false;
  bool by_policy_ = false;  // the question at hand
  uint32_t last_line_ = 0;
  ScenarioOutcome outcome_;
};

}  // namespace

ScenarioOutcome RunScenario(const std::string& text, const std::string& file_name, uint64_t seed,
                            Traced traced) {
  const bool told = traced == Traced::kAlways || text.find("\n  why ") != std::string::npos;
  return Interpreter(file_name, seed, told).Run(text);
}

}  // namespace cairn::sim
