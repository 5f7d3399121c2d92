// What the programs tell their operator, one line an event on standard error:
//   2026-11-20T09:48:55Z warning zone-refused zone=example. complaint="lab.zone:7:12: error: ..."
// Events have names with hyphens, fields are key=value, values with blanks or anything that is not printable
// ASCII are quoted and escaped, so that a name from the wire cannot forge a line. Each event name has an
// allowance of lines a second; what exceeds it is counted and told in the next line of that event
// (suppressed=N), so that hostile input cannot fill a disk. Any thread may log.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace cairn {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

std::string_view LogLevelName(LogLevel level);
std::optional<LogLevel> LogLevelFromName(std::string_view name);

struct LogField {
  LogField(std::string_view its_key, std::string_view text) : key(its_key), value(text) {}
  LogField(std::string_view its_key, const char* text) : key(its_key), value(text) {}
  LogField(std::string_view its_key, const std::string& text) : key(its_key), value(text) {}
  template <std::integral Number>
  LogField(std::string_view its_key, Number number) : key(its_key), value(std::to_string(number)) {}

  std::string_view key;
  std::string value;
};

class Log {
 public:
  using Fields = std::initializer_list<LogField>;
  using Sink = std::function<void(std::string_view line)>;

  // Lines end in a newline when they reach `sink`; without one they go to standard error.
  explicit Log(const Clock& clock, LogLevel least = LogLevel::kInfo, Sink sink = {});

  void Debug(std::string_view event, Fields fields = {}) { Write(LogLevel::kDebug, event, fields); }
  void Info(std::string_view event, Fields fields = {}) { Write(LogLevel::kInfo, event, fields); }
  void Warning(std::string_view event, Fields fields = {}) { Write(LogLevel::kWarning, event, fields); }
  void Error(std::string_view event, Fields fields = {}) { Write(LogLevel::kError, event, fields); }

  void SetLevel(LogLevel least);

  // Lines an event may write at once, and how many places come back each second.
  static constexpr uint32_t kBurst = 100;
  static constexpr uint32_t kPerSecond = 10;

 private:
  struct Allowance {
    uint32_t left = kBurst;
    uint64_t suppressed = 0;
    Instant refilled{};
  };

  void Write(LogLevel level, std::string_view event, Fields fields);
  bool Allowed(Allowance& allowance, Instant now) const;

  const Clock& clock_;
  const Sink sink_;
  std::mutex mutex_;
  LogLevel least_;
  std::map<std::string, Allowance, std::less<>> allowances_;  // by event: a few dozen names of ours
};

// `text` as one word of a log line or of control output: as it is, or quoted with \" \\ and \xHH.
std::string LogWord(std::string_view text);

}  // namespace cairn
