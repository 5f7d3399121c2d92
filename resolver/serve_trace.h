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

// One worker's tap. Trees are rendered on that worker, after the client has its answer; a flood of matching
// queries is cut to what a person can read, so that nobody fills a disk from outside.
class ServeTap final : public TraceTap {
 public:
  using Sink = std::function<void(std::string_view tree)>;  // any thread
  // Trees a worker writes at once, and how many places come back each second.
  static constexpr uint32_t kBurst = 20;
  static constexpr uint32_t kPerSecond = 5;

  ServeTap(const Clock& clock, std::shared_ptr<const TracePattern> pattern, Sink sink);

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
