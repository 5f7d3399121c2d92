#include "resolver/trace_question.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "common/base/status.h"

namespace cairn {

absl::StatusOr<Question> TraceQuestionFromText(std::span<const std::string> words) {
  if (words.empty() || words.size() > 2) return InvalidArgument("expected NAME [TYPE]");
  absl::StatusOr<Name> qname = Name::FromText(words[0]);
  if (!qname.ok())
    return InvalidArgument(fmt::format("'{}' is no domain name: {}", words[0], ErrorText(qname.status())));
  const std::optional<RrType> qtype = words.size() == 1 ? rr::kA : RrType::FromText(words[1]);
  if (!qtype)
    return InvalidArgument(fmt::format("'{}' is no record type (A, AAAA, MX, TYPE65280, ...)", words[1]));
  if (qtype->IsMeta() && *qtype != rr::kAny)
    return InvalidArgument(fmt::format("{} is a meta type: no name has records of it", qtype->ToText()));
  return Question{.qname = *std::move(qname), .qtype = *qtype};
}

}  // namespace cairn
