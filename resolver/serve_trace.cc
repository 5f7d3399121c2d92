#include "resolver/serve_trace.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "common/base/status.h"

namespace cairn {
namespace {

bool LooksLikeName(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

}  // namespace

// ---- What to trace

TracePattern::~TracePattern() = default;

absl::StatusOr<std::shared_ptr<const TracePattern>> TracePattern::FromText(std::string_view text) {
  constexpr size_t kMostOctets = 1024;
  if (text.empty() || text.size() > kMostOctets) {
    return InvalidArgument(fmt::format("a name or regular expression has 1 to {} octets", kMostOctets));
  }
  std::shared_ptr<TracePattern> pattern(new TracePattern());
  pattern->text_ = text;
  if (LooksLikeName(text)) {
    absl::StatusOr<Name> name = Name::FromText(text);
    if (!name.ok()) return name.status();
    pattern->name_ = *std::move(name);
    return pattern;
  }
  re2::RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_max_mem(int64_t{1} << 20);
  pattern->regex_ = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!pattern->regex_->ok()) {
    return InvalidArgument(
        fmt::format("'{}' is neither a name nor a regular expression: {}", text, pattern->regex_->error()));
  }
  return pattern;
}

bool TracePattern::Matches(NameView qname) const {
  if (name_) return *name_ == qname;
  return re2::RE2::PartialMatch(qname.ToText(), *regex_);
}

std::string TracePattern::ToText() const {
  if (name_) return fmt::format("queries for {}", name_->ToText());
  return fmt::format("queries whose name matches '{}'", text_);
}

// ---- One worker's tap

ServeTap::ServeTap(const Clock& clock, std::shared_ptr<const TracePattern> pattern, Sink sink)
    : clock_(clock), pattern_(std::move(pattern)), sink_(std::move(sink)), refilled_(clock.Now()) {}

std::shared_ptr<TraceRecorder> ServeTap::Begin(const Question&, const Endpoint&) {
  if (!Allowed()) return nullptr;
  return std::make_shared<TraceRecorder>(clock_);
}

void ServeTap::End(const Question&, std::shared_ptr<TraceRecorder> trace) {
  if (sink_(std::make_shared<const Trace>(trace->trace()), suppressed_))
    suppressed_ = 0;
  else
    ++suppressed_;
}

bool ServeTap::Allowed() {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(clock_.Now() - refilled_);
  refilled_ += seconds;
  left_ = static_cast<uint32_t>(std::min<int64_t>(left_ + seconds.count() * kPerSecond, kBurst));
  if (left_ == 0) {
    ++suppressed_;
    return false;
  }
  --left_;
  return true;
}

}  // namespace cairn
