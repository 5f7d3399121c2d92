// Whether a document is what a JSON Schema says: the part of draft 2020-12 that packaging/schema uses, and
// one thing more: a member which the schema does not describe is an error, so that no field of an event can
// be forgotten there. A keyword that is not understood here is an error too, so that none is passed over.
#pragma once

#include <string>
#include <string_view>

#include "common/trace/json_value.h"

namespace cairn::sim {

class JsonSchema {
 public:
  // `text` must be a schema in JSON.
  explicit JsonSchema(std::string_view text);

  // What is wrong, with the path to it; empty when nothing is.
  std::string WhyNot(const JsonValue& document) const;

 private:
  std::string Check(const JsonValue& schema, const JsonValue& value, const std::string& path) const;
  std::string CheckKeyword(std::string_view keyword, const JsonValue& argument, const JsonValue& value,
                           const std::string& path) const;
  std::string CheckMembers(const JsonValue& properties, const JsonValue& value,
                           const std::string& path) const;
  std::string CheckOneOf(const JsonValue& alternatives, const JsonValue& value,
                         const std::string& path) const;
  const JsonValue& Target(const JsonValue& schema) const;

  JsonValue root_;
};

}  // namespace cairn::sim
