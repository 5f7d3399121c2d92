// Names out of any octets, read as wire (at the offset which the first octet gives) and as text: every name
// survives text -> wire -> text, and comparison, canonical order (RFC 4034 section 6.1) and hash agree with
// the plain definitions.
#include "common/dns/name.h"

#include <algorithm>
#include <vector>

#include "common/dns/wire_reader.h"
#include "tests/fuzz/property.h"

namespace cairn {
namespace {

using testing::Require;

// Canonical order, from the definition: labels from the root, each as lower-cased octets.
std::strong_ordering PlainCompare(NameView a, NameView b) {
  const auto labels_from_root = [](NameView name) {
    std::vector<std::vector<uint8_t>> labels;
    for (; !name.IsRoot(); name = name.Parent()) {
      std::vector<uint8_t>& label = labels.emplace_back(name.FirstLabel().begin(), name.FirstLabel().end());
      for (uint8_t& octet : label) octet = ToLower(octet);
    }
    std::reverse(labels.begin(), labels.end());
    return labels;
  };
  return labels_from_root(a) <=> labels_from_root(b);
}

void RequireNameKeeps(const Name& name) {
  const std::optional<Name> from_wire = Name::FromWire(name.wire());
  Require(from_wire && from_wire->view().SameSpelling(name), "the wire form of a name is a name");
  const absl::StatusOr<Name> from_text = Name::FromText(name.ToText());
  Require(from_text.ok() && from_text->view().SameSpelling(name), "wire -> text -> wire keeps every octet");
  const Name lower = name.ToLower();
  Require(lower == name && lower.view().Hash() == name.view().Hash(),
          "case changes neither equality nor hash");
}

void RequireRelationsHold(const Name& a, const Name& b) {
  const std::strong_ordering order = a.view().CanonicalCompare(b);
  Require(order == PlainCompare(a, b), "canonical order is that of the definition");
  Require((order == 0) == (a == b), "equal in order means equal");
  Require(a == b || a.view().Hash() != b.view().Hash(), "different names have different hashes");
  const int common = a.view().CommonLabels(b);
  Require(a.view().Ancestor(common) == b.view().Ancestor(common),
          "the common labels are an ancestor of both");
  Require(a.IsAtOrBelow(b) == (common == b.LabelCount()),
          "at or below: all labels of the ancestor in common");
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  if (size == 0) return 0;
  const ByteView octets(data + 1, size - 1);

  WireReader wire(octets);
  wire.Seek(data[0]);
  WireReader skipped = wire;
  const Name from_wire = wire.ReadName();
  skipped.SkipName();
  if (wire.ok()) {
    testing::Require(skipped.ok() && skipped.offset() == wire.offset(), "skipping ends where reading ends");
    RequireNameKeeps(from_wire);
  }

  const absl::StatusOr<Name> from_text = Name::FromText(AsText(octets), from_wire);
  if (!from_text.ok()) return 0;
  RequireNameKeeps(*from_text);
  RequireRelationsHold(from_wire, *from_text);
  RequireRelationsHold(*from_text, from_wire);
  return 0;
}
