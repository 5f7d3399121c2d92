// Reading is writing backwards: one overload of Read a type, and a loop over the row of each event.
#include "common/trace/replay.h"

#include <fmt/format.h>

#include <charconv>
#include <concepts>
#include <ctime>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/status.h"
#include "common/dns/rdata_text.h"
#include "common/trace/event_table.h"
#include "common/trace/json.h"
#include "common/trace/json_value.h"

namespace cairn {
namespace {

using Kind = JsonValue::Kind;
using trace::kRow;

// RCODEs have 12 bits with EDNS (RFC 6891 section 6.1.3).
std::optional<Rcode> RcodeFromText(const std::string& text) {
  static const auto* const kCodes = [] {
    auto* codes = new absl::flat_hash_map<std::string, Rcode>();
    for (uint16_t code = 0; code < 4096; ++code) codes->emplace(ToText(Rcode{code}), Rcode{code});
    return codes;
  }();
  const auto code = kCodes->find(text);
  return code == kCodes->end() ? std::nullopt : std::optional(code->second);
}

// "2026-11-20T10:34:12Z", as UtcText writes it.
std::optional<WallTime> WallTimeFromText(const std::string& text) {
  std::tm utc{};
  const char* const end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return WallTime{.seconds = timegm(&utc)};
}

template <typename Struct>
concept HasRow = !std::is_null_pointer_v<std::remove_const_t<decltype(kRow<Struct>)>>;

class Reader {
 public:
  Reader(std::string_view document, std::string_view file) : document_(document), file_(file) {}

  absl::StatusOr<StoredTrace> ReadDocument(const JsonValue& root) {
    std::string format;
    std::string program;
    std::string started;
    uint64_t version = 0;
    const bool head = Member(root, "format", format) && Member(root, "version", version) &&
                      Member(root, "program", program) && Member(root, "started", started);
    if (!head) return Error();
    if (format != "cairn-trace" || version != kTraceFormatVersion) {
      Fail(root, fmt::format("a trace of version {} (\"format\": \"cairn-trace\")", kTraceFormatVersion));
      return Error();
    }
    const std::optional<WallTime> began = WallTimeFromText(started);
    if (!began) {
      Fail(*root.Find("started"), "a time like 2026-11-20T10:34:12Z");
      return Error();
    }
    StoredTrace stored{.trace = Trace(Instant{}, *began), .program = std::move(program)};
    if (!Events(root, stored.trace) || !LeftOut(root, stored.trace)) return Error();
    return stored;
  }

 private:
  bool Fail(const JsonValue& at, std::string expected) {
    offset_ = at.offset;
    expected_ = std::move(expected);
    return false;
  }
  absl::Status Error() const {
    return InvalidArgument(
        fmt::format("{}: expected {}", PositionIn(document_, file_, offset_).ToText(), expected_));
  }

  // A member that has to be there.
  template <typename Value>
  bool Member(const JsonValue& object, std::string_view name, Value& out) {
    const JsonValue* const value = object.Find(name);
    return value != nullptr ? Read(*value, out) : Fail(object, fmt::format("a member \"{}\"", name));
  }

  bool Events(const JsonValue& root, Trace& trace) {
    const JsonValue* const events = root.Find("events");
    if (events == nullptr || events->kind != Kind::kArray) return Fail(root, "an array \"events\"");
    std::vector<EventId> ids = {0};  // here, of each there; of unknown kinds that of who asked for them
    for (const JsonValue& event : events->items) {
      uint64_t id = 0;
      uint64_t parent = 0;
      Duration at{};
      std::string kind;
      if (!Member(event, "id", id) || !Member(event, "parent", parent) || !Member(event, "at_us", at) ||
          !Member(event, "kind", kind))
        return false;
      if (id != ids.size() || parent >= id)
        return Fail(event, "ids from 1 on, and parents before their children");
      std::optional<trace::EventBody> body;
      if (!Body(event, kind, body)) return false;
      ids.push_back(body ? trace.Add(ids[parent], Instant{} + at, *std::move(body)) : ids[parent]);
    }
    return true;
  }

  bool LeftOut(const JsonValue& root, Trace& trace) {
    const JsonValue* const totals = root.Find("totals");
    uint32_t left_out = 0;
    if (totals == nullptr || !Member(*totals, "events_left_out", left_out)) return totals == nullptr;
    trace.LeaveOut(left_out);
    return true;
  }

  // Leaves `body` empty when the kind is not known here.
  bool Body(const JsonValue& event, std::string_view kind, std::optional<trace::EventBody>& body) {
    bool good = true;
    trace::ForEachKind([&]<typename Event>(std::type_identity<Event>) {
      if (kRow<Event>.name != kind) return;
      Event its;
      good = Read(event, its);
      body = std::move(its);
    });
    return good;
  }

  // ---- Values

  bool Read(const JsonValue& value, bool& out) {
    out = value.boolean;
    return value.kind == Kind::kBool || Fail(value, "true or false");
  }

  template <std::unsigned_integral Number>
  bool Read(const JsonValue& value, Number& out) {
    const char* const end = value.text.data() + value.text.size();
    const auto [stop, error] = std::from_chars(value.text.data(), end, out);
    const bool whole = value.kind == Kind::kNumber && error == std::errc() && stop == end;
    return whole || Fail(value, fmt::format("a number from 0 to {}", std::numeric_limits<Number>::max()));
  }

  // Microseconds; a century is far beyond any trace and far below what a Duration holds.
  bool Read(const JsonValue& value, Duration& out) {
    constexpr uint64_t kCentury = uint64_t{100} * 366 * 86400 * 1'000'000;
    uint64_t micros = 0;
    if (!Read(value, micros) || micros > kCentury) return Fail(value, "a number of microseconds");
    out = std::chrono::microseconds(micros);
    return true;
  }
  bool Read(const JsonValue& value, Ttl& out) {
    uint32_t seconds = 0;
    if (!Read(value, seconds) || seconds > Ttl::kMax) return Fail(value, "a TTL");
    out = Ttl::Seconds(seconds);
    return true;
  }
  bool Read(const JsonValue& value, std::string& out) {
    out = value.text;
    return value.kind == Kind::kString || Fail(value, "a string");
  }

  // What is written as a string and made from its text.
  template <typename Value, typename FromText>
  bool ReadText(const JsonValue& value, Value& out, std::string_view what, FromText from_text) {
    if (value.kind == Kind::kString) {
      if (auto made = from_text(value.text); Made(made)) {
        out = *std::move(made);
        return true;
      }
    }
    return Fail(value, std::string(what));
  }
  template <typename Value>
  static bool Made(const std::optional<Value>& value) {
    return value.has_value();
  }
  template <typename Value>
  static bool Made(const absl::StatusOr<Value>& value) {
    return value.ok();
  }
  bool Read(const JsonValue& value, Name& out) {
    return ReadText(value, out, "a domain name",
                    [](const std::string& text) { return Name::FromText(text); });
  }
  bool Read(const JsonValue& value, RrType& out) { return ReadText(value, out, "a type", RrType::FromText); }
  bool Read(const JsonValue& value, RrClass& out) {
    return ReadText(value, out, "a class", RrClass::FromText);
  }
  bool Read(const JsonValue& value, Rcode& out) { return ReadText(value, out, "an RCODE", RcodeFromText); }
  bool Read(const JsonValue& value, IpAddress& out) {
    return ReadText(value, out, "an address", IpAddress::FromText);
  }
  bool Read(const JsonValue& value, Endpoint& out) {
    return ReadText(value, out, "ADDRESS@PORT",
                    [](const std::string& text) { return Endpoint::FromText(text); });
  }

  template <typename Enum>
    requires std::is_enum_v<Enum>
  bool Read(const JsonValue& value, Enum& out) {
    constexpr const auto& words = trace::kWords<Enum>;
    for (size_t i = 0; i < words.size(); ++i) {
      if (value.kind != Kind::kString || value.text != words[i]) continue;
      out = static_cast<Enum>(i);
      return true;
    }
    return Fail(value, fmt::format("one of {} words, \"{}\" for one", words.size(), words[0]));
  }

  bool Read(const JsonValue& value, Question& out) {
    return Member(value, "qname", out.qname) && Member(value, "qtype", out.qtype) &&
           Member(value, "qclass", out.qclass);
  }
  bool Read(const JsonValue& value, Rrset& out) {
    std::vector<std::string> rdatas;
    if (!Member(value, "owner", out.owner) || !Member(value, "ttl_s", out.ttl) ||
        !Member(value, "class", out.rr_class) || !Member(value, "type", out.type) ||
        !Member(value, "rdatas", rdatas))
      return false;
    for (const std::string& text : rdatas) {
      const absl::StatusOr<std::vector<uint8_t>> rdata = RdataFromText(out.type, text);
      if (!rdata.ok()) return Fail(*value.Find("rdatas"), fmt::format("RDATA of type {}", out.type.ToText()));
      out.rdatas.Add(*rdata);
    }
    return true;
  }

  template <typename Value>
  bool Read(const JsonValue& value, std::optional<Value>& out) {
    return Read(value, out.emplace());
  }
  template <typename Value>
  bool Read(const JsonValue& value, std::vector<Value>& out) {
    if (value.kind != Kind::kArray) return Fail(value, "an array");
    for (const JsonValue& item : value.items)
      if (!Read(item, out.emplace_back())) return false;
    return true;
  }
  template <HasRow Struct>
  bool Read(const JsonValue& value, Struct& out) {
    bool good = value.kind == Kind::kObject || Fail(value, "an object");
    trace::ForEachField<Struct>([&](const auto& field) {
      const JsonValue* const member = value.Find(field.name);
      if (good && member != nullptr) good = Read(*member, out.*field.member);
    });
    return good;
  }

  const std::string_view document_;
  const std::string_view file_;
  size_t offset_ = 0;
  std::string expected_;
};

}  // namespace

absl::StatusOr<StoredTrace> ReadTrace(std::string_view document, std::string_view file) {
  const absl::StatusOr<JsonValue> root = ParseJson(document, file);
  if (!root.ok()) return root.status();
  return Reader(document, file).ReadDocument(*root);
}

}  // namespace cairn
