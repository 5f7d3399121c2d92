#include "common/service/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <utility>

namespace cairn {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

std::string Timestamp(WallTime now) {
  const auto seconds = static_cast<time_t>(now.seconds);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

// One write a line: lines of several threads and processes do not mix. A full pipe or a closed one loses the
// line.
void WriteToStandardError(std::string_view line) {
  if (write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

bool IsPlain(char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '='; }

}  // namespace

std::string_view LogLevelName(LogLevel level) { return kLevelNames[static_cast<size_t>(level)]; }

std::optional<LogLevel> LogLevelFromName(std::string_view name) {
  const auto* const place = std::ranges::find(kLevelNames, name);
  if (place == kLevelNames.end()) return std::nullopt;
  return static_cast<LogLevel>(place - kLevelNames.begin());
}

std::string LogWord(std::string_view text) {
  if (!text.empty() && std::ranges::all_of(text, IsPlain)) return std::string(text);
  std::string word = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      word += '\\';
      word += c;
    } else if (c >= ' ' && c < 0x7F) {
      word += c;
    } else {
      word += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  word += '"';
  return word;
}

Log::Log(const Clock& clock, LogLevel least, Sink sink)
    : clock_(clock), sink_(sink ? std::move(sink) : Sink(WriteToStandardError)), least_(least) {}

void Log::SetLevel(LogLevel least) {
  const std::lock_guard lock(mutex_);
  least_ = least;
}

bool Log::Allowed(Allowance& allowance, Instant now) const {
  if (allowance.refilled == Instant{}) allowance.refilled = now;
  const auto whole_seconds = std::chrono::floor<std::chrono::seconds>(now - allowance.refilled);
  if (whole_seconds.count() > 0) {
    const int64_t refill = std::min<int64_t>(whole_seconds.count(), kBurst) * kPerSecond;
    allowance.left = static_cast<uint32_t>(std::min<int64_t>(allowance.left + refill, kBurst));
    allowance.refilled += whole_seconds;
  }
  if (allowance.left == 0) {
    ++allowance.suppressed;
    return false;
  }
  --allowance.left;
  return true;
}

void Log::Write(LogLevel level, std::string_view event, Fields fields) {
  const std::lock_guard lock(mutex_);
  if (level < least_) return;
  auto place = allowances_.find(event);
  if (place == allowances_.end()) place = allowances_.emplace(std::string(event), Allowance{}).first;
  Allowance& allowance = place->second;
  if (!Allowed(allowance, clock_.Now())) return;

  std::string line = fmt::format("{} {} {}", Timestamp(clock_.Wall()), LogLevelName(level), event);
  for (const LogField& field : fields) line += fmt::format(" {}={}", field.key, LogWord(field.value));
  if (allowance.suppressed > 0) line += fmt::format(" suppressed={}", std::exchange(allowance.suppressed, 0));
  line += '\n';
  sink_(line);
}

}  // namespace cairn
