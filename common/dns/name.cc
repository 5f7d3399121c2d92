#include "common/dns/name.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/base/random.h"
#include "common/base/status.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// Where each label of a name starts.
struct LabelStarts {
  explicit LabelStarts(NameView name) {
    const uint8_t* wire = name.data();
    for (size_t at = 0; wire[at] != 0; at += 1 + size_t{wire[at]}) starts[count++] = static_cast<uint8_t>(at);
  }
  // The label `from_root` labels left of the root.
  const uint8_t* FromRoot(NameView name, size_t from_root) const {
    return name.data() + starts[count - from_root];
  }

  size_t count = 0;
  std::array<uint8_t, kMaxLabels> starts;
};

// What must be escaped to come back as itself from a master file (RFC 1035 section 5.1).
constexpr bool IsSpecial(uint8_t octet) {
  return octet == '.' || octet == '\\' || octet == '"' || octet == ';' || octet == '(' || octet == ')' ||
         octet == '@' || octet == '$';
}

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads the octet after a backslash at text[i] and moves i behind it: \DDD or \X.
bool ReadEscape(std::string_view text, size_t& i, uint8_t& octet) {
  if (i + 1 >= text.size()) return false;
  if (!IsDigit(text[i + 1])) {
    octet = static_cast<uint8_t>(text[i + 1]);
    i += 2;
    return true;
  }
  if (i + 3 >= text.size() || !IsDigit(text[i + 2]) || !IsDigit(text[i + 3])) return false;
  const int value = (text[i + 1] - '0') * 100 + (text[i + 2] - '0') * 10 + (text[i + 3] - '0');
  if (value > 255) return false;
  octet = static_cast<uint8_t>(value);
  i += 4;
  return true;
}

}  // namespace

NameView NameView::FromValidWire(const uint8_t* wire) {
  size_t octets = 0;
  while (wire[octets] != 0) octets += 1 + size_t{wire[octets]};
  return NameView(wire, octets + 1);
}

int NameView::LabelCount() const {
  int count = 0;
  for (const uint8_t* label = wire_; *label != 0; label += 1 + *label) ++count;
  return count;
}

NameView NameView::Parent() const {
  const size_t label = 1 + size_t{wire_[0]};
  return NameView(wire_ + label, octets_ - label);
}

NameView NameView::Ancestor(int labels) const {
  NameView name = *this;
  for (int excess = LabelCount() - labels; excess > 0; --excess) name = name.Parent();
  return name;
}

bool NameView::IsAtOrBelow(NameView ancestor) const {
  if (octets_ < ancestor.octets_) return false;
  const size_t above = octets_ - ancestor.octets_;
  size_t at = 0;
  while (at < above) at += 1 + size_t{wire_[at]};
  return at == above && EqualIgnoringCase(wire_ + above, ancestor.wire_, ancestor.octets_);
}

int NameView::CommonLabels(NameView other) const {
  const LabelStarts a(*this);
  const LabelStarts b(other);
  const size_t most = std::min(a.count, b.count);
  size_t common = 0;
  while (common < most) {
    const uint8_t* x = a.FromRoot(*this, common + 1);
    const uint8_t* y = b.FromRoot(other, common + 1);
    if (*x != *y || !EqualIgnoringCase(x + 1, y + 1, *x)) break;
    ++common;
  }
  return static_cast<int>(common);
}

bool NameView::SameSpelling(NameView other) const {
  return octets_ == other.octets_ && std::memcmp(wire_, other.wire_, octets_) == 0;
}

bool NameView::EqualsIgnoringCase(NameView other) const {
  return octets_ == other.octets_ && EqualIgnoringCase(wire_, other.wire_, octets_);
}

std::strong_ordering NameView::CanonicalCompare(NameView other) const {
  const LabelStarts a(*this);
  const LabelStarts b(other);
  const size_t common = std::min(a.count, b.count);
  for (size_t i = 1; i <= common; ++i) {
    const uint8_t* x = a.FromRoot(*this, i);
    const uint8_t* y = b.FromRoot(other, i);
    const int order = CompareIgnoringCase(x + 1, *x, y + 1, *y);
    if (order != 0) return order <=> 0;
  }
  return a.count <=> b.count;
}

std::string NameView::ToText() const {
  if (IsRoot()) return ".";
  std::string text;
  text.reserve(octets_ + 4);
  for (const uint8_t* label = wire_; *label != 0; label += 1 + *label) {
    for (const uint8_t octet : ByteView(label + 1, *label)) {
      if (octet <= ' ' || octet >= 0x7f) {
        text += {'\\', static_cast<char>('0' + octet / 100), static_cast<char>('0' + octet / 10 % 10),
                 static_cast<char>('0' + octet % 10)};
      } else {
        if (IsSpecial(octet)) text += '\\';
        text += static_cast<char>(octet);
      }
    }
    text += '.';
  }
  return text;
}

absl::StatusOr<Name> Name::FromText(std::string_view text, NameView origin) {
  uint8_t wire[kMaxNameOctets];
  const NameTextResult result = NameFromTextInto(text, origin, wire);
  if (result.fault != NameTextFault::kNone) return InvalidArgument(Explain(result, text));
  return Name(NameView::FromValidWire(wire, result.octets));
}

Name Name::Literal(std::string_view text) {
  absl::StatusOr<Name> name = FromText(text);
  if (!name.ok()) {
    std::fprintf(stderr, "Name::Literal(\"%.*s\"): %s\n", static_cast<int>(text.size()), text.data(),
                 std::string(ErrorText(name.status())).c_str());
    std::abort();
  }
  return *std::move(name);
}

std::optional<Name> Name::FromWire(ByteView wire) {
  if (wire.empty() || wire.size() > kMaxNameOctets) return std::nullopt;
  size_t at = 0;
  while (wire[at] != 0) {
    if (wire[at] > kMaxLabelOctets) return std::nullopt;
    at += 1 + size_t{wire[at]};
    if (at >= wire.size()) return std::nullopt;
  }
  if (at + 1 != wire.size()) return std::nullopt;
  return Name(NameView::FromValidWire(wire.data(), wire.size()));
}

std::optional<Name> Name::Concatenate(NameView prefix, NameView suffix) {
  const size_t labels = prefix.size() - 1;  // without the prefix's root
  if (labels + suffix.size() > kMaxNameOctets) return std::nullopt;
  Name name;
  name.wire_.assign(prefix.data(), prefix.data() + labels);
  name.wire_.insert(name.wire_.end(), suffix.data(), suffix.data() + suffix.size());
  return name;
}

std::optional<Name> Name::Wildcard(NameView of) {
  static constexpr uint8_t kAsterisk[] = {1, '*', 0};
  return Concatenate(NameView::FromValidWire(kAsterisk, sizeof kAsterisk), of);
}

std::optional<Name> Name::ReplaceSuffix(NameView name, NameView old_suffix, NameView new_suffix) {
  const size_t labels = name.size() - old_suffix.size();
  if (labels + new_suffix.size() > kMaxNameOctets) return std::nullopt;
  Name replaced;
  replaced.wire_.assign(name.data(), name.data() + labels);
  replaced.wire_.insert(replaced.wire_.end(), new_suffix.data(), new_suffix.data() + new_suffix.size());
  return replaced;
}

Name Name::ToLower() const {
  Name lower = *this;
  CopyLower(lower.wire_.data(), wire_.data(), wire_.size());
  return lower;
}

NameTextResult NameFromTextInto(std::string_view text, NameView origin, uint8_t* out) {
  const auto failed = [](NameTextFault fault, size_t position) {
    return NameTextResult{.fault = fault, .position = position};
  };
  if (text.empty()) return failed(NameTextFault::kEmpty, 0);
  if (text == "@") {
    std::memcpy(out, origin.data(), origin.size());
    return {.octets = origin.size()};
  }
  if (text == ".") {
    out[0] = 0;
    return {.octets = 1};
  }
  size_t label = 0;       // where the current label's length octet will stand
  size_t size = 1;        // octets written, that one included
  size_t label_text = 0;  // where the current label starts in the text
  const auto end_label = [&]() {
    const size_t octets = size - label - 1;
    if (octets == 0) return NameTextFault::kEmptyLabel;
    if (octets > kMaxLabelOctets) return NameTextFault::kLabelTooLong;
    out[label] = static_cast<uint8_t>(octets);
    return NameTextFault::kNone;
  };
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '.') {
      if (const NameTextFault fault = end_label(); fault != NameTextFault::kNone)
        return failed(fault, label_text);
      if (size >= kMaxNameOctets) return failed(NameTextFault::kNameTooLong, 0);
      label = size++;
      label_text = ++i;
      continue;
    }
    uint8_t octet = static_cast<uint8_t>(text[i]);
    if (octet != '\\') {
      ++i;
    } else if (const size_t escape = i; !ReadEscape(text, i, octet)) {
      return failed(NameTextFault::kBadEscape, escape);
    }
    // A label that no longer fits into any name is either too long itself, or the name is.
    if (size >= kMaxNameOctets) {
      const bool label_too_long = size - label - 1 >= kMaxLabelOctets;
      return label_too_long ? failed(NameTextFault::kLabelTooLong, label_text)
                            : failed(NameTextFault::kNameTooLong, 0);
    }
    out[size++] = octet;
  }
  if (label_text == text.size()) {  // a final dot: the open label is the root
    out[label] = 0;
    return {.octets = size};
  }
  if (const NameTextFault fault = end_label(); fault != NameTextFault::kNone)
    return failed(fault, label_text);
  if (size + origin.size() > kMaxNameOctets) return failed(NameTextFault::kNameTooLong, 0);
  std::memcpy(out + size, origin.data(), origin.size());
  return {.octets = size + origin.size()};
}

std::string Explain(const NameTextResult& result, std::string_view text) {
  const std::string_view rest = text.substr(std::min(result.position, text.size()));
  switch (result.fault) {
    case NameTextFault::kNone:
      return "";
    case NameTextFault::kEmpty:
      return "the name is empty; the root is written as \".\"";
    case NameTextFault::kEmptyLabel:
      return fmt::format("the name \"{}\" has an empty label at column {}", text, result.position + 1);
    case NameTextFault::kLabelTooLong:
      return fmt::format("the label \"{}\" has more than {} octets (RFC 1035 section 2.3.4)",
                         rest.substr(0, rest.find('.')), kMaxLabelOctets);
    case NameTextFault::kNameTooLong:
      return fmt::format(
          "the name \"{}\" has more than {} octets, its origin included (RFC 1035 section 2.3.4)", text,
          kMaxNameOctets);
    case NameTextFault::kBadEscape:
      return fmt::format("bad escape \"{}\" in the name \"{}\": write \\X or \\DDD with DDD from 000 to 255",
                         rest.substr(0, 4), text);
  }
  return "";
}

}  // namespace cairn
