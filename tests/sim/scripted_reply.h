// Replies written in a scenario, for lies which no word of liars.h names: what an attacker sends is best read
// as records.
//
//   reply SERVER NAME|* TYPE|* [over udp|tcp] [once]     replies to questions for that name and type, `*` any
//     rcode RCODE              default NOERROR
//     flags aa tc ra ad        exactly these; default: aa
//     silence                  nothing at all
//     and the truth            the honest reply stays, with its RCODE and flags, and what follows is added to
//     it answer RECORD            also authority, additional: OWNER [TTL] TYPE RDATA; {qname} stands for the
//     name asked,
//                              {n} for how often this was replied
//     answer raw OWNER CLASS TYPE HEX   what no zone file could hold: another class, RDATA that does not fit
//     its type (of
//                              types without compressible names), meta types
//
// Of several that match, the last written counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/dns/message.h"
#include "tests/sim/scenario_text.h"

namespace cairn::sim {

class ScriptedReply {
 public:
  // Of the words behind `reply SERVER` and the lines below it. The error names what is not understood.
  static absl::StatusOr<ScriptedReply> Read(const ScenarioLine& line);

  bool Matches(const Question& asked, bool tcp) const;
  // Makes `reply`, the honest one, what is written. False: silence.
  bool Apply(const Question& asked, Message& reply);
  // It said so once and need not be kept.
  bool spent() const { return once_ && times_ > 0; }

 private:
  struct Line {
    Section section = Section::kAnswer;
    std::vector<std::string> words;
  };
  absl::Status ReadLine(const ScenarioLine& line);

  std::optional<Name> qname_;
  std::optional<RrType> qtype_;
  std::optional<bool> tcp_;
  bool once_ = false;
  bool with_the_truth_ = false;
  bool silent_ = false;
  std::optional<Rcode> rcode_;
  std::optional<std::string> flags_;
  std::vector<Line> records_;
  uint64_t times_ = 0;
};

}  // namespace cairn::sim
