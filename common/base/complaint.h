// What we say to a person whose file we cannot accept: where, what stands there, and what to do.
// Zone files, zone checks and configuration all complain in this form, so tools and editors can follow
// `file:line:column: error: text`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cairn {

enum class Severity : uint8_t { kWarning, kError };

// One-based, as editors count; 0 means "the file as a whole". Columns count octets.
struct TextPosition {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string ToText() const;  // "file:3:7", "file" when there is no line
  friend bool operator==(const TextPosition&, const TextPosition&) = default;
};

struct Complaint {
  Severity severity = Severity::kError;
  TextPosition where;
  std::string text;      // "TTL 4294967296 is above 2147483647 (RFC 2181 section 8)"
  std::string ToText() const;  // "file:3:7: error: text"
};

using Complaints = std::vector<Complaint>;

bool HasErrors(const Complaints& complaints);

}  // namespace cairn
