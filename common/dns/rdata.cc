#include "common/dns/rdata.h"

#include <algorithm>
#include <array>

#include "common/dns/rdata_fields.h"
#include "common/dns/rr_types.h"

namespace cairn {
namespace {

bool FoldsCase(const Field& field) { return IsName(field) && field.form != NameForm::kVerbatim; }
bool MayBeCompressed(const Field& field) {
  return field.form == NameForm::kCompressed || field.form == NameForm::kDecompressed;
}

// Appends the name at the reader's position, whole.
void ReadNameField(WireReader& wire, const Field& field, std::vector<uint8_t>& out) {
  std::array<uint8_t, kMaxNameOctets> name;
  const size_t octets =
      MayBeCompressed(field) ? wire.NameInto(name.data()) : wire.UncompressedNameInto(name.data());
  out.insert(out.end(), name.begin(), name.begin() + static_cast<std::ptrdiff_t>(octets));
}

// Reads up to the narrowed end. Fields depend on octets of their own RDATA only, never on what `out` held
// before.
void ReadFields(WireReader& wire, RrType type, std::vector<uint8_t>& out) {
  const size_t start = out.size();
  for (const Field& field : InfoOf(type).fields()) {
    const ByteView before = ByteView(out).subspan(start);
    const ByteView rest = wire.message().subspan(wire.offset(), wire.remaining());
    if (field.kind == FieldKind::kName || (field.kind == FieldKind::kA6Prefix && before[0] != 0)) {
      ReadNameField(wire, field, out);
    } else {
      const FieldExtent extent = ExtentOf(field, before, rest);
      if (!extent.ok()) return wire.Fail(extent.fault);
      const ByteView octets = wire.Bytes(extent.octets);
      out.insert(out.end(), octets.begin(), octets.end());
    }
    if (!wire.ok()) return;
  }
  if (wire.remaining() != 0) return wire.Fail(WireFault::kRdataLength);
  // Names may have grown: 65535 octets is what an RDLENGTH can say when this is written again.
  if (out.size() - start > 0xffff) wire.Fail(WireFault::kRdataLength);
}

// Calls visit(field, octets) for each field until it returns false; stops at a malformed one.
template <typename Visit>
void ForEachField(RrType type, ByteView rdata, Visit visit) {
  size_t at = 0;
  for (const Field& field : InfoOf(type).fields()) {
    const FieldExtent extent = ExtentOf(field, rdata.first(at), rdata.subspan(at));
    if (!extent.ok() || !visit(field, rdata.subspan(at, extent.octets))) return;
    at += extent.octets;
  }
}

bool IsCompressed(const Field& field) {
  return field.kind == FieldKind::kName && field.form == NameForm::kCompressed;
}

bool WriteField(MessageWriter& out, const Field& field, ByteView octets) {
  if (!IsCompressed(field)) return out.PutBytes(octets);
  return out.PutName(NameView::FromValidWire(octets.data(), octets.size()), /*compress=*/true);
}

}  // namespace

void ReadRdata(WireReader& wire, RrType type, size_t rdlength, std::vector<uint8_t>& out) {
  const size_t start = out.size();
  const size_t old_end = wire.Narrow(rdlength);
  if (!wire.ok()) return;
  ReadFields(wire, type, out);
  wire.Widen(old_end);
  if (!wire.ok()) out.resize(start);
}

WireFault CheckRdata(RrType type, ByteView rdata) {
  if (rdata.size() > 0xffff) return WireFault::kRdataLength;
  size_t at = 0;
  for (const Field& field : InfoOf(type).fields()) {
    const FieldExtent extent = ExtentOf(field, rdata.first(at), rdata.subspan(at));
    if (!extent.ok()) return extent.fault;
    at += extent.octets;
  }
  return at == rdata.size() ? WireFault::kNone : WireFault::kRdataLength;
}

bool WriteRdata(MessageWriter& out, RrType type, ByteView rdata) {
  const std::span<const Field> fields = InfoOf(type).fields();
  // Addresses, signatures, text: most of what is served has no name to compress.
  if (std::ranges::none_of(fields, IsCompressed)) {
    if (rdata.size() + 2 > out.room()) return false;
    return out.PutU16(static_cast<uint16_t>(rdata.size())) && out.PutBytes(rdata);
  }
  const MessageWriter::Mark start = out.mark();
  const size_t length_at = out.size();
  bool fits = out.PutU16(0);
  if (fields.size() == 1) {  // NS, CNAME, PTR: a name and nothing to step over
    fits = fits && WriteField(out, fields.front(), rdata);
  } else {
    ForEachField(type, rdata, [&](const Field& field, ByteView octets) {
      fits = fits && WriteField(out, field, octets);
      return fits;
    });
  }
  if (!fits) {
    out.Rewind(start);
    return false;
  }
  out.PatchU16(length_at, static_cast<uint16_t>(out.size() - length_at - 2));
  return true;
}

std::vector<uint8_t> CanonicalRdata(RrType type, ByteView rdata) {
  std::vector<uint8_t> canonical(rdata.begin(), rdata.end());
  ForEachField(type, rdata, [&](const Field& field, ByteView octets) {
    // Length octets are below 64 and so no letters: the whole name can be folded at once.
    const auto first = canonical.begin() + (octets.data() - rdata.data());
    if (FoldsCase(field))
      std::transform(first, first + static_cast<std::ptrdiff_t>(octets.size()), first, ToLower);
    return true;
  });
  return canonical;
}

bool SameRdata(RrType type, ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  if (std::equal(a.begin(), a.end(), b.begin())) return true;
  return CanonicalRdata(type, a) == CanonicalRdata(type, b);
}

ByteView AdditionalName(RrType type, ByteView rdata) {
  ByteView name;
  ForEachField(type, rdata, [&](const Field& field, ByteView octets) {
    if (field.additional && octets.size() > 1) name = octets;
    return !field.additional;
  });
  return name;
}

}  // namespace cairn
