#include "common/base/complaint.h"

#include <algorithm>

#include <fmt/format.h>

namespace cairn {

std::string TextPosition::ToText() const {
  if (line == 0) return file;
  if (column == 0) return fmt::format("{}:{}", file, line);
  return fmt::format("{}:{}:{}", file, line, column);
}

std::string Complaint::ToText() const {
  return fmt::format("{}: {}: {}", where.ToText(), severity == Severity::kError ? "error" : "warning", text);
}

bool HasErrors(const Complaints& complaints) {
  return std::ranges::any_of(complaints, [](const Complaint& c) { return c.severity == Severity::kError; });
}

}  // namespace cairn
