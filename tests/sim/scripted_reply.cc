// Records are kept as words and read anew for each reply, since they may depend on the question.
#include "tests/sim/scripted_reply.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "tests/sim/sim_internet.h"

namespace cairn::sim {
namespace {

// Record lists run long where the attack is their length, and zone text is read one record at a time.
absl::StatusOr<Record> RawRecord(const std::vector<std::string>& words) {
  if (words.size() < 4) return InvalidArgument("raw OWNER CLASS TYPE [HEX]");
  absl::StatusOr<Name> owner = Name::FromText(words[1]);
  if (!owner.ok()) return owner.status();
  const std::optional<RrClass> rr_class = RrClass::FromText(words[2]);
  const std::optional<RrType> type = RrType::FromText(words[3]);
  std::optional<std::vector<uint8_t>> octets = OctetsFromHex(words.size() < 5 ? "" : words[4]);
  if (!rr_class || !type || !octets) return InvalidArgument("raw OWNER CLASS TYPE [HEX]");
  return Record{.owner = *std::move(owner),
                .type = *type,
                .rr_class = *rr_class,
                .ttl = Ttl::Seconds(3600),
                .rdata = *std::move(octets)};
}

absl::StatusOr<Record> RecordOf(const std::vector<std::string>& words, const std::string& qname, uint64_t n) {
  std::vector<std::string> filled;
  for (const std::string& word : words)
    filled.push_back(FillIn(FillIn(word, "qname", qname), "n", std::to_string(n)));
  if (filled.front() == "raw") return RawRecord(filled);
  return RecordFromText(absl::StrJoin(filled, " "));
}

std::optional<Rcode> RcodeNamed(std::string_view text) {
  for (uint16_t value = 0; value <= 23; ++value) {
    if (cairn::ToText(Rcode{value}) == text) return Rcode{value};
  }
  return std::nullopt;
}

bool HasFlag(const std::string& flags, std::string_view flag) {
  return flags.find(" " + std::string(flag)) != std::string::npos;
}

std::vector<Record>& SectionOf(Message& message, Section section) {
  if (section == Section::kAnswer) return message.answer;
  return section == Section::kAuthority ? message.authority : message.additional;
}

}  // namespace

absl::StatusOr<ScriptedReply> ScriptedReply::Read(const ScenarioLine& line) {
  ScriptedReply script;
  const std::vector<std::string>& words = line.words;
  if (words.size() < 4) return InvalidArgument("reply SERVER NAME TYPE");
  if (words[2] != "*") {
    absl::StatusOr<Name> name = Name::FromText(words[2]);
    if (!name.ok()) return name.status();
    script.qname_ = *std::move(name);
  }
  if (words[3] != "*") {
    script.qtype_ = RrType::FromText(words[3]);
    if (!script.qtype_) return InvalidArgument("no such type: " + words[3]);
  }
  for (size_t at = 4; at < words.size(); ++at) {
    if (words[at] == "once") {
      script.once_ = true;
    } else if (words[at] == "over" && at + 1 < words.size()) {
      script.tcp_ = words[++at] == "tcp";
    } else {
      return InvalidArgument("not a way to reply: " + words[at]);
    }
  }
  for (const ScenarioLine& below : line.block) CAIRN_RETURN_IF_ERROR(script.ReadLine(below));
  return script;
}

absl::Status ScriptedReply::ReadLine(const ScenarioLine& line) {
  static constexpr std::pair<std::string_view, Section> kSections[] = {
      {"answer", Section::kAnswer}, {"authority", Section::kAuthority}, {"additional", Section::kAdditional}};
  const std::vector<std::string>& words = line.words;
  if (words[0] == "rcode" && words.size() == 2) {
    rcode_ = RcodeNamed(words[1]);
    return rcode_ ? absl::OkStatus() : InvalidArgument("no such RCODE: " + words[1]);
  }
  if (words[0] == "flags") {
    flags_ = line.text.substr(5);
    return absl::OkStatus();
  }
  if (line.text == "silence") {
    silent_ = true;
    return absl::OkStatus();
  }
  if (line.text == "and the truth") {
    with_the_truth_ = true;
    return absl::OkStatus();
  }
  for (const auto& [word, section] : kSections) {
    if (words[0] != word || words.size() < 4) continue;
    records_.push_back({.section = section, .words = {words.begin() + 1, words.end()}});
    return RecordOf(records_.back().words, "name.test.", 1).status();
  }
  return InvalidArgument("not part of a reply: " + line.text);
}

bool ScriptedReply::Matches(const Question& asked, bool tcp) const {
  return !spent() && (!qname_ || *qname_ == asked.qname) && (!qtype_ || *qtype_ == asked.qtype) &&
         (!tcp_ || *tcp_ == tcp);
}

bool ScriptedReply::Apply(const Question& asked, Message& reply) {
  ++times_;
  if (silent_) return false;
  if (!with_the_truth_) {
    for (std::vector<Record>* section : {&reply.answer, &reply.authority, &reply.additional})
      section->clear();
    reply.set_rcode(Rcode::kNoError);
    reply.header.truncated = false;
    reply.header.authoritative = true;
  }
  if (rcode_) reply.set_rcode(*rcode_);
  if (flags_) {
    reply.header.authoritative = HasFlag(*flags_, "aa");
    reply.header.truncated = HasFlag(*flags_, "tc");
    reply.header.recursion_available = HasFlag(*flags_, "ra");
    reply.header.authentic_data = HasFlag(*flags_, "ad");
  }
  const std::string qname = asked.qname.ToText();
  for (const Line& line : records_) {
    absl::StatusOr<Record> record = RecordOf(line.words, qname, times_);
    if (record.ok()) SectionOf(reply, line.section).push_back(*std::move(record));
  }
  return true;
}

}  // namespace cairn::sim
