// The JSON Schema of a trace, as a walk over the rows of event_table.h.
#include <fmt/format.h>

#include <concepts>
#include <iterator>
#include <type_traits>
#include <utility>

#include "common/trace/event_table.h"
#include "common/trace/json.h"
#include "common/trace/totals.h"
#include "common/trace/why.h"

namespace cairn {
namespace {

using trace::ForEachField;
using trace::kRow;

// What a C++ type is in the document: the body of a JSON Schema object, without its braces.
template <typename Value>
struct SchemaOf {
  static std::string Text() {
    if constexpr (std::same_as<Value, bool>) {
      return R"("type": "boolean")";
    } else if constexpr (std::unsigned_integral<Value> || std::same_as<Value, Duration> ||
                         std::same_as<Value, Ttl>) {
      return R"("type": "integer", "minimum": 0)";
    } else if constexpr (std::same_as<Value, Question>) {
      return R"("$ref": "#/$defs/question")";
    } else if constexpr (std::same_as<Value, Rrset>) {
      return R"("$ref": "#/$defs/rrset")";
    } else if constexpr (std::same_as<Value, trace::Candidate>) {
      return R"("$ref": "#/$defs/candidate")";
    } else if constexpr (std::is_enum_v<Value> && !std::same_as<Value, Rcode>) {
      std::string out = R"("enum": [)";
      const char* separator = "";
      for (const std::string_view word : trace::kWords<Value>) {
        fmt::format_to(std::back_inserter(out), "{}\"{}\"", std::exchange(separator, ", "), word);
      }
      return out + "]";
    } else {
      return R"("type": "string")";  // names, types, rcodes, addresses and remarks
    }
  }
};
template <typename Value>
struct SchemaOf<std::vector<Value>> {
  static std::string Text() {
    return fmt::format(R"("type": "array", "items": {{{}}})", SchemaOf<Value>::Text());
  }
};
template <typename Value>
struct SchemaOf<std::optional<Value>> : SchemaOf<Value> {};

template <typename Value>
inline constexpr bool kIsOptional = false;
template <typename Value>
inline constexpr bool kIsOptional<std::optional<Value>> = true;

// The members of an object with a row; `lead` are members which stand before those of the row, `required`
// their names.
template <typename Struct>
std::string ObjectSchema(std::string lead, std::string required) {
  std::string properties = std::move(lead);
  ForEachField<Struct>([&]<typename Value>(const trace::Field<Struct, Value>& field) {
    if (!properties.empty()) properties += ",\n";
    fmt::format_to(std::back_inserter(properties), R"(        "{}": {{{}, "description": "{}"}})", field.name,
                   SchemaOf<Value>::Text(), field.text);
    if (kIsOptional<Value>) return;
    fmt::format_to(std::back_inserter(required), R"({}"{}")", required.empty() ? "" : ", ", field.name);
  });
  return fmt::format(
      "      \"description\": \"{}\",\n      \"type\": \"object\",\n      \"properties\": {{\n{}\n      }},\n"
      "      \"required\": [{}]",
      kRow<Struct>.text, properties, required);
}

template <typename Event>
std::string EventSchema() {
  return ObjectSchema<Event>(fmt::format(R"(        "id": {{"type": "integer", "minimum": 1}},
        "parent": {{"type": "integer", "minimum": 0}},
        "at_us": {{"type": "integer", "minimum": 0}},
        "kind": {{"const": "{}"}})",
                                         kRow<Event>.name),
                             R"("id", "parent", "at_us", "kind")");
}

}  // namespace

std::string TraceSchema() {
  std::string kinds;
  std::string definitions;
  trace::ForEachKind([&]<typename Event>(std::type_identity<Event>) {
    const std::string_view name = kRow<Event>.name;
    fmt::format_to(std::back_inserter(kinds), "{}        {{\"$ref\": \"#/$defs/{}\"}}",
                   kinds.empty() ? "" : ",\n", name);
    fmt::format_to(std::back_inserter(definitions), ",\n    \"{}\": {{\n{}\n    }}", name,
                   EventSchema<Event>());
  });
  return fmt::format(R"({{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Cairn trace, version {0}",
  "description": "What one resolution did, event by event, as `cairn-resolver trace --format json` prints it. An event's parent is the event which asked for it; 0 is nobody. Times count from the start of the trace. New kinds and fields may appear within a version: ignore what you do not know.",
  "type": "object",
  "properties": {{
    "format": {{"const": "cairn-trace"}},
    "version": {{"const": {0}}},
    "program": {{"type": "string", "description": "Name and version of the recording program."}},
    "started": {{"type": "string", "format": "date-time", "description": "When the trace started."}},
    "events": {{
      "type": "array",
      "items": {{"oneOf": [
{1}
      ]}}
    }},
    "totals": {{"$ref": "#/$defs/totals"}},
    "why": {{"$ref": "#/$defs/why"}}
  }},
  "required": ["format", "version", "program", "started", "events", "totals"],
  "$defs": {{
    "question": {{
      "type": "object",
      "properties": {{
        "qname": {{"type": "string"}},
        "qtype": {{"type": "string"}},
        "qclass": {{"type": "string"}}
      }},
      "required": ["qname", "qtype", "qclass"]
    }},
    "rrset": {{
      "type": "object",
      "properties": {{
        "owner": {{"type": "string"}},
        "ttl_s": {{"type": "integer", "minimum": 0, "maximum": 2147483647}},
        "class": {{"type": "string"}},
        "type": {{"type": "string"}},
        "rdatas": {{"type": "array", "items": {{"type": "string", "description": "Presentation form."}}}}
      }},
      "required": ["owner", "ttl_s", "class", "type", "rdatas"]
    }},
    "candidate": {{
{2}
    }},
    "totals": {{
{3}
    }},
    "why": {{
{4}
    }}{5}
  }}
}}
)",
                     kTraceFormatVersion, kinds, ObjectSchema<trace::Candidate>("", ""),
                     ObjectSchema<TraceTotals>("", ""), ObjectSchema<Why>("", ""), definitions);
}

}  // namespace cairn
