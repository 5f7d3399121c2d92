// A JSON document (RFC 8259) as a tree of values, each with the place where it stands, for what reads our own
// documents again. Depth is bounded, numbers are kept as they are written, and of an object's members with
// one name the first counts. A mistake is an error with line and column.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/complaint.h"

namespace cairn {

struct JsonValue {
  enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  bool boolean = false;
  std::string text{};  // of a number as it is written, of a string its octets
  std::vector<JsonValue> items{};    // of an array; of an object the values of its members
  std::vector<std::string> names{};  // of these members
  size_t offset = 0;  // of its first octet in the document

  // The member of an object; nullptr when there is none.
  const JsonValue* Find(std::string_view name) const;
};

// `file` is how errors call the document.
absl::StatusOr<JsonValue> ParseJson(std::string_view document, std::string_view file);

// Line and column of an octet, as editors count.
TextPosition PositionIn(std::string_view document, std::string_view file, size_t offset);

}  // namespace cairn
