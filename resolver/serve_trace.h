// Watching the running server: which client queries are traced (`serve --trace`, `ctl trace-on`), and where
// their trees go.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/dns/name.h"
#include "resolver/resolver.h"

namespace re2 {
class RE2;
}

namespace cairn {

// Either a name ("www.example.com", with or without the final dot), which matches that name alone, or a
// regular expression, which is searched in the name as "www.example.com." without regard to case. A text of
// letters, digits, hyphens, underscores and dots is a name. Matching takes time linear in the name (RE2): the
// names come from strangers.
class TracePattern {
 public:
  static absl::StatusOr<std::shared_ptr<const TracePattern>> FromText(std::string_view text);
  ~TracePattern();

  bool Matches(NameView qname) const;
  // What is traced, for people: "queries for www.example.com.", "queries whose name matches '^www'".
  std::string ToText() const;

 private:
  TracePattern() = default;
  std::string text_;
  std::optional<Name> name_;
  std::unique_ptr<re2::RE2> regex_;
};

// One worker's tap. What was recorded is handed over as a copy once the client has its answer, and is
// rendered elsewhere: the worker has other clients. A flood of matching queries is cut to what a person can
// read, so that nobody fills a disk from outside.
class ServeTap final : public TraceTap {
 public:
  // Takes a trace, and how many before it were not traced; on the worker's thread. False: it has no room, and
  // the trace is lost.
  using Sink = std::function<bool(std::shared_ptr<const Trace> trace, uint64_t suppressed)>;
  // Trees a worker writes at once, and how many places come back each second.
  static constexpr uint32_t kBurst = 20;
  static constexpr uint32_t kPerSecond = 5;

  ServeTap(const Clock& clock, std::shared_ptr<const TracePattern> pattern, Sink sink);

  bool Wants(NameView qname) const override { return pattern_->Matches(qname); }
  std::shared_ptr<TraceRecorder> Begin(const Question& asked, const Endpoint& client) override;
  void End(const Question& asked, std::shared_ptr<TraceRecorder> trace) override;

 private:
  bool Allowed();

  const Clock& clock_;
  const std::shared_ptr<const TracePattern> pattern_;
  const Sink sink_;
  uint32_t left_ = kBurst;
  Instant refilled_;
  uint64_t suppressed_ = 0;
};

}  // namespace cairn
