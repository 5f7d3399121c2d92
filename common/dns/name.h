// Domain names (RFC 1034 section 3.1, RFC 4343): up to 255 octets of labels of up to 63, kept in wire form
// without compression, in the case they came with, and compared without it. Whoever holds a NameView or a
// Name holds a valid name: it was checked where it was read, and nobody counts to 255 again.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "common/base/bytes.h"
#include "common/dns/case_folding.h"

namespace cairn {

inline constexpr size_t kMaxNameOctets = 255;
inline constexpr size_t kMaxLabelOctets = 63;
inline constexpr size_t kMaxLabels = 127;  // without the root's empty label

class Name;
class Random;

// A borrowed name. Cheap to copy; never a member of anything long-lived, never across co_await.
class NameView {
 public:
  constexpr NameView() = default;  // the root
  NameView(const Name& name);  // NOLINT(google-explicit-constructor): a Name is a NameView, as a string is a
                               // string_view

  // `wire` must start with a whole valid uncompressed name (checked before, e.g. by ReadName); finds its end.
  static NameView FromValidWire(const uint8_t* wire);
  // The same when its length is known.
  static constexpr NameView FromValidWire(const uint8_t* wire, size_t octets) {
    return NameView(wire, octets);
  }

  constexpr ByteView wire() const { return {wire_, octets_}; }
  constexpr const uint8_t* data() const { return wire_; }
  constexpr size_t size() const { return octets_; }  // octets, the root's zero included
  constexpr bool IsRoot() const { return octets_ == 1; }
  int LabelCount() const;                                                  // "www.example." has 2, the root 0
  constexpr ByteView FirstLabel() const { return {wire_ + 1, wire_[0]}; }  // empty for the root
  bool IsWildcard() const { return wire_[0] == 1 && wire_[1] == '*'; }     // RFC 4592 section 2.1.1

  NameView Parent() const;              // not for the root
  NameView Ancestor(int labels) const;  // the last `labels` labels; labels <= LabelCount()
  bool IsAtOrBelow(NameView ancestor) const;
  bool IsBelow(NameView ancestor) const { return octets_ > ancestor.octets_ && IsAtOrBelow(ancestor); }
  // How many labels both names have in common, counted from the root.
  int CommonLabels(NameView other) const;

  // Octet for octet, case included.
  bool SameSpelling(NameView other) const;
  friend bool operator==(NameView a, NameView b) { return a.EqualsIgnoringCase(b); }
  // Canonical order (RFC 4034 section 6.1).
  std::strong_ordering CanonicalCompare(NameView other) const;
  // Of the lower-cased form, under the key of SetNameHashKey: outsiders cannot choose names that collide.
  uint64_t Hash() const;

  // Master file form with a final dot and \DDD or \X escapes (RFC 1035 section 5.1): "www.example.".
  std::string ToText() const;

 private:
  constexpr NameView(const uint8_t* wire, size_t octets) : wire_(wire), octets_(octets) {}
  bool EqualsIgnoringCase(NameView other) const;

  static constexpr uint8_t kRootWire[1] = {0};
  const uint8_t* wire_ = kRootWire;
  size_t octets_ = 1;
};

// An owned name.
class Name {
 public:
  Name() : wire_{0} {}  // the root
  explicit Name(NameView view) : wire_(view.wire().begin(), view.wire().end()) {}

  // Master file form (RFC 1035 section 5.1): "@" is `origin`, and a text without a final dot is completed
  // with it. Errors name the label and the limit.
  static absl::StatusOr<Name> FromText(std::string_view text, NameView origin = NameView());
  // For literals in tests and tables: the text must be valid, or the process stops.
  static Name Literal(std::string_view text);
  // nullopt unless `wire` is exactly one valid uncompressed name.
  static std::optional<Name> FromWire(ByteView wire);

  // `prefix` placed before `suffix` (RFC 6672 section 2.2 uses this): nullopt when longer than 255 octets.
  static std::optional<Name> Concatenate(NameView prefix, NameView suffix);
  // "*.<of>", nullopt when too long.
  static std::optional<Name> Wildcard(NameView of);
  // This name with `old_suffix` (which it must be at or below) replaced by `new_suffix`; nullopt when too
  // long.
  static std::optional<Name> ReplaceSuffix(NameView name, NameView old_suffix, NameView new_suffix);
  Name ToLower() const;

  NameView view() const { return NameView(*this); }
  ByteView wire() const { return {wire_.data(), wire_.size()}; }
  size_t size() const { return wire_.size(); }
  bool IsRoot() const { return wire_.size() == 1; }
  int LabelCount() const { return view().LabelCount(); }
  bool IsAtOrBelow(NameView ancestor) const { return view().IsAtOrBelow(ancestor); }
  bool IsBelow(NameView ancestor) const { return view().IsBelow(ancestor); }
  Name Parent() const { return Name(view().Parent()); }
  std::string ToText() const { return view().ToText(); }

  friend bool operator==(const Name& a, const Name& b) { return a.view() == b.view(); }
  friend bool operator==(const Name& a, NameView b) { return a.view() == b; }

 private:
  friend class NameView;
  absl::InlinedVector<uint8_t, 40> wire_;
};

inline NameView::NameView(const Name& name) : wire_(name.wire_.data()), octets_(name.wire_.size()) {}

// What is wrong with the text of a name, as two integers; zone files hold millions of good ones and want no
// prose.
enum class NameTextFault : uint8_t { kNone, kEmpty, kEmptyLabel, kLabelTooLong, kNameTooLong, kBadEscape };
struct NameTextResult {
  size_t octets = 0;  // of the wire form; 0 on failure
  NameTextFault fault = NameTextFault::kNone;
  size_t position = 0;  // in the text, where the offending label or escape starts
};
// As Name::FromText, into `out`, which must have room for kMaxNameOctets.
NameTextResult NameFromTextInto(std::string_view text, NameView origin, uint8_t* out);
// `label "foo" has 64 octets, more than 63 (RFC 1035 section 2.3.4)`.
std::string Explain(const NameTextResult& result, std::string_view text);

// Draws the key of NameView::Hash. Call it once, before other threads start and before anything is hashed.
// Without it the key is a constant, so that tests and simulations replay.
void SetNameHashKey(Random& random);

// Transparent hash and equality for containers keyed by Name.
struct NameHash {
  using is_transparent = void;
  size_t operator()(NameView name) const { return name.Hash(); }
  size_t operator()(const Name& name) const { return name.view().Hash(); }
};
struct NameEq {
  using is_transparent = void;
  bool operator()(NameView a, NameView b) const { return a == b; }
};
// Canonical order, for ordered containers.
struct NameLess {
  using is_transparent = void;
  bool operator()(NameView a, NameView b) const { return a.CanonicalCompare(b) < 0; }
};

}  // namespace cairn
