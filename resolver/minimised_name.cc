#include "resolver/minimised_name.h"

#include <algorithm>

namespace cairn {
namespace {

// RFC 9156 section 2.3: MINIMISE_ONE_LAB.
constexpr int kStepsByOneLabel = 4;

}  // namespace

MinimisedName::MinimisedName(Question whole, QnameMinimisation mode, uint32_t most_steps)
    : whole_(std::move(whole)),
      mode_(mode),
      most_steps_(static_cast<int>(most_steps)),
      labels_(whole_.qname.LabelCount()) {
  if (mode_ == QnameMinimisation::kOff) steps_ = most_steps_;
}

Question MinimisedName::Next(NameView cut) const {
  if (steps_ >= most_steps_) return whole_;
  const int known = std::max(exists_, cut.LabelCount());
  const int steps_left = most_steps_ - steps_;
  const int by = steps_ < kStepsByOneLabel ? 1 : (labels_ - known + steps_left - 1) / steps_left;
  int shown = known + by;
  while (shown < labels_ && whole_.qname.view().Ancestor(shown).FirstLabel()[0] == '_') ++shown;
  if (shown >= labels_) return whole_;
  return {.qname = Name(whole_.qname.view().Ancestor(shown)), .qtype = rr::kA, .qclass = whole_.qclass};
}

MinimisedName::Said MinimisedName::Judge(const Finding& finding) {
  switch (finding.kind) {
    case FindingKind::kAnswer:
      return finding.answer.size() == 1 ? Said::kExists : Said::kAlias;
    case FindingKind::kNoData:
      return finding.answer.empty() ? Said::kExists : Said::kAlias;
    case FindingKind::kNxDomain:
      return finding.answer.empty() ? Said::kDenied : Said::kAlias;
    case FindingKind::kAlias:
    case FindingKind::kYxDomain:
      return Said::kAlias;
    default:
      return Said::kFailed;
  }
}

bool MinimisedName::Take(const Question& shown, Said said) {
  ++steps_;
  exists_ = shown.qname.LabelCount();
  if (said == Said::kExists) return true;
  const bool go_on =
      said == Said::kAlias || (mode_ == QnameMinimisation::kRelaxed && said != Said::kUnreached);
  if (go_on) steps_ = most_steps_;  // the whole of it from here on
  return go_on;
}

}  // namespace cairn
