#include "common/trace/json.h"

#include <fmt/format.h>

#include <chrono>
#include <concepts>
#include <iterator>
#include <type_traits>
#include <utility>

#include "common/dns/rdata_text.h"
#include "common/trace/event_table.h"
#include "common/trace/text.h"
#include "common/trace/totals.h"
#include "common/trace/why.h"

namespace cairn {
namespace {

using trace::ForEachField;
using trace::kRow;
using trace::Word;

template <typename Struct>
concept HasRow = !std::is_null_pointer_v<std::remove_const_t<decltype(kRow<Struct>)>>;

void Append(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : PrintableText(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}
void Append(std::string& out, const std::string& text) { Append(out, std::string_view(text)); }
void Append(std::string& out, bool value) { out += value ? "true" : "false"; }
void Append(std::string& out, std::unsigned_integral auto value) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}
void Append(std::string& out, Duration value) {
  fmt::format_to(std::back_inserter(out), "{}",
                 std::chrono::duration_cast<std::chrono::microseconds>(value).count());
}
void Append(std::string& out, Ttl ttl) { Append(out, ttl.seconds()); }
void Append(std::string& out, const Name& name) { Append(out, name.ToText()); }
void Append(std::string& out, RrType type) { Append(out, type.ToText()); }
void Append(std::string& out, Rcode rcode) { Append(out, ToText(rcode)); }
void Append(std::string& out, const IpAddress& address) { Append(out, address.ToText()); }
void Append(std::string& out, const Endpoint& endpoint) { Append(out, endpoint.ToText()); }

template <typename Enum>
  requires std::is_enum_v<Enum>
void Append(std::string& out, Enum value) {
  Append(out, Word(value));
}

void Append(std::string& out, const Question& question) {
  out += "{\"qname\": ";
  Append(out, question.qname);
  out += ", \"qtype\": ";
  Append(out, question.qtype);
  out += ", \"qclass\": ";
  Append(out, question.qclass.ToText());
  out += '}';
}

void Append(std::string& out, const Rrset& rrset) {
  out += "{\"owner\": ";
  Append(out, rrset.owner);
  out += ", \"ttl_s\": ";
  Append(out, rrset.ttl);
  out += ", \"class\": ";
  Append(out, rrset.rr_class.ToText());
  out += ", \"type\": ";
  Append(out, rrset.type);
  out += ", \"rdatas\": [";
  const char* separator = "";
  for (const ByteView rdata : rrset.rdatas) {
    out += std::exchange(separator, ", ");
    Append(out, RdataToText(rrset.type, rdata));
  }
  out += "]}";
}

template <HasRow Struct>
void Append(std::string& out, const Struct& value);

template <typename Value>
void Append(std::string& out, const std::vector<Value>& values) {
  out += '[';
  const char* separator = "";
  for (const Value& value : values) {
    out += std::exchange(separator, ", ");
    Append(out, value);
  }
  out += ']';
}

template <typename Value>
constexpr bool IsAbsent(const Value&) {
  return false;
}
template <typename Value>
constexpr bool IsAbsent(const std::optional<Value>& value) {
  return !value.has_value();
}
template <typename Value>
void Append(std::string& out, const std::optional<Value>& value) {
  Append(out, *value);
}

// `"name": value` for each field which is there, after what stands before it in the object.
template <typename Struct>
void AppendFields(std::string& out, const Struct& value, const char* separator) {
  ForEachField<Struct>([&](const auto& field) {
    const auto& part = value.*field.member;
    if (IsAbsent(part)) return;
    out += std::exchange(separator, ", ");
    Append(out, field.name);
    out += ": ";
    Append(out, part);
  });
}

template <HasRow Struct>
void Append(std::string& out, const Struct& value) {
  out += '{';
  AppendFields(out, value, "");
  out += '}';
}

void AppendEvent(std::string& out, const TraceEvent& event, Instant started) {
  fmt::format_to(std::back_inserter(out), "{{\"id\": {}, \"parent\": {}, \"at_us\": ", event.id,
                 event.parent);
  Append(out, event.at - started);
  std::visit(
      [&out]<typename Event>(const Event& body) {
        out += ", \"kind\": ";
        Append(out, kRow<Event>.name);
        AppendFields(out, body, ", ");
      },
      event.body);
  out += '}';
}

}  // namespace

std::string RenderJson(const Trace& trace, std::string_view program, bool why) {
  std::string out = fmt::format("{{\n  \"format\": \"cairn-trace\",\n  \"version\": {},\n  \"program\": ",
                                kTraceFormatVersion);
  Append(out, program);
  out += ",\n  \"started\": ";
  Append(out, UtcText(trace.started_at()));
  out += ",\n  \"events\": [";
  const char* separator = "\n    ";
  for (const TraceEvent& event : trace.events()) {
    out += std::exchange(separator, ",\n    ");
    AppendEvent(out, event, trace.started());
  }
  out += "\n  ],\n  \"totals\": ";
  Append(out, CountTotals(trace));
  if (why) {
    out += ",\n  \"why\": ";
    Append(out, Explain(trace));
  }
  out += "\n}\n";
  return out;
}

}  // namespace cairn
