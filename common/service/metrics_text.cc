#include "common/service/metrics_text.h"

#include <fmt/format.h>

namespace cairn {
namespace {

// Label values escape as the exposition format says; names from zones and the wire arrive in presentation
// form.
std::string Escaped(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return escaped;
}

}  // namespace

void MetricsText::Begin(std::string_view name, std::string_view help, std::string_view kind) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

void MetricsText::Sample(uint64_t value, Labels labels) {
  text_ += name_;
  char separator = '{';
  for (const auto& [name, label] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", separator, name, Escaped(label));
    separator = ',';
  }
  if (labels.size() > 0) text_ += '}';
  text_ += fmt::format(" {}\n", value);
}

void MetricsText::Remark(std::string_view text) { text_ += fmt::format("# {}\n", text); }

std::string MetricsText::Figures() const {
  std::string figures;
  std::string_view left = text_;
  while (!left.empty()) {
    const std::string_view line = left.substr(0, left.find('\n') + 1);
    left.remove_prefix(line.size());
    if (!line.starts_with('#') && !line.ends_with(" 0\n")) figures += line;
  }
  return figures;
}

}  // namespace cairn
