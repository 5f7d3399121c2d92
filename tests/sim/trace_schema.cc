#include "tests/sim/trace_schema.h"

#include <algorithm>
#include <cstdlib>

namespace cairn::sim {
namespace {

using Kind = JsonValue::Kind;

bool Same(const JsonValue& a, const JsonValue& b) {
  return a.kind == b.kind && a.text == b.text && a.boolean == b.boolean;
}

bool HasType(const JsonValue& value, std::string_view type) {
  const bool whole = value.text.find_first_of(".eE") == std::string::npos;
  if (type == "integer") return value.kind == Kind::kNumber && whole;
  if (type == "string") return value.kind == Kind::kString;
  if (type == "boolean") return value.kind == Kind::kBool;
  if (type == "array") return value.kind == Kind::kArray;
  return type == "object" && value.kind == Kind::kObject;
}

bool OnlyDescribes(std::string_view keyword) {
  return keyword == "description" || keyword == "title" || keyword == "format" || keyword == "$schema" ||
         keyword == "$defs";
}

long long Number(const JsonValue& value) { return std::atoll(value.text.c_str()); }

std::string If(bool holds, const std::string& path, const std::string& otherwise) {
  return holds ? "" : path + ": " + otherwise;
}

}  // namespace

JsonSchema::JsonSchema(std::string_view text) : root_(ParseJson(text, "schema").value()) {}

std::string JsonSchema::WhyNot(const JsonValue& document) const { return Check(root_, document, "$"); }

// "#/$defs/NAME", all that our schema refers to.
const JsonValue& JsonSchema::Target(const JsonValue& schema) const {
  const JsonValue* const reference = schema.Find("$ref");
  return reference == nullptr ? schema : *root_.Find("$defs")->Find(reference->text.substr(8));
}

std::string JsonSchema::Check(const JsonValue& schema, const JsonValue& value,
                              const std::string& path) const {
  const JsonValue& target = Target(schema);
  for (size_t i = 0; i < target.names.size(); ++i) {
    std::string wrong = CheckKeyword(target.names[i], target.items[i], value, path);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

std::string JsonSchema::CheckKeyword(std::string_view keyword, const JsonValue& argument,
                                     const JsonValue& value, const std::string& path) const {
  if (OnlyDescribes(keyword)) return "";
  if (keyword == "type") return If(HasType(value, argument.text), path, "is not of type " + argument.text);
  if (keyword == "const") return If(Same(value, argument), path, "is not " + argument.text);
  if (keyword == "minimum") return If(Number(value) >= Number(argument), path, "is below " + argument.text);
  if (keyword == "maximum") return If(Number(value) <= Number(argument), path, "is above " + argument.text);
  if (keyword == "properties") return CheckMembers(argument, value, path);
  if (keyword == "oneOf") return CheckOneOf(argument, value, path);
  if (keyword == "enum") {
    return If(std::ranges::any_of(argument.items, [&](const JsonValue& word) { return Same(word, value); }),
              path, value.text + " is none of the words");
  }
  if (keyword == "required") {
    for (const JsonValue& name : argument.items)
      if (value.Find(name.text) == nullptr) return path + ": lacks " + name.text;
    return "";
  }
  if (keyword == "items") {
    for (size_t i = 0; i < value.items.size(); ++i) {
      std::string wrong = Check(argument, value.items[i], path + "[" + std::to_string(i) + "]");
      if (!wrong.empty()) return wrong;
    }
    return "";
  }
  return path + ": the schema has a keyword that is not understood: " + std::string(keyword);
}

std::string JsonSchema::CheckMembers(const JsonValue& properties, const JsonValue& value,
                                     const std::string& path) const {
  for (size_t i = 0; i < value.names.size(); ++i) {
    const JsonValue* const property = properties.Find(value.names[i]);
    if (property == nullptr) return path + ": the schema does not describe " + value.names[i];
    std::string wrong = Check(*property, value.items[i], path + "." + value.names[i]);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

// Alternatives are told apart by their "kind"; what is wrong with an event is said of its own.
std::string JsonSchema::CheckOneOf(const JsonValue& alternatives, const JsonValue& value,
                                   const std::string& path) const {
  const JsonValue* const kind = value.Find("kind");
  const JsonValue* own = nullptr;
  for (const JsonValue& alternative : alternatives.items) {
    const JsonValue* const its_kind = Target(alternative).Find("properties")->Find("kind")->Find("const");
    if (kind == nullptr || !Same(*kind, *its_kind)) continue;
    if (own != nullptr) return path + ": two alternatives have this kind: " + kind->text;
    own = &alternative;
  }
  if (own == nullptr) return path + ": no alternative has this kind";
  return Check(*own, value, path);
}

}  // namespace cairn::sim
