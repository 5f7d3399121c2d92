// RDATA of any type out of any octets, as it comes in a message: the first two octets are the type, the third
// where in the rest the RDATA starts. What is read is well formed, is written back the same (RFC 3597 section
// 3), and is kept by wire -> text -> wire; the canonical form is one.
#include <algorithm>
#include <array>

#include "common/dns/rdata.h"
#include "common/dns/rdata_text.h"
#include "tests/fuzz/property.h"

namespace cairn {
namespace {

using testing::Require;

void RequireTextKeeps(RrType type, ByteView rdata) {
  const std::string text = RdataToText(type, rdata);
  const absl::StatusOr<std::vector<uint8_t>> again = RdataFromText(type, text);
  Require(again.ok() && std::ranges::equal(*again, rdata), "wire -> text -> wire keeps the RDATA");
  Require(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }),
          "text is printable and on one line");
}

void RequireMessageKeeps(RrType type, ByteView rdata) {
  std::vector<uint8_t> buffer(kMaxMessageOctets);
  MessageWriter out(buffer, buffer.size());
  out.Begin(Header{});
  const size_t start = out.size();
  if (!WriteRdata(out, type, rdata)) {
    Require(out.size() == start, "what does not fit leaves nothing behind");
    return;
  }
  WireReader wire(ByteView(buffer).first(out.size()));
  wire.Seek(start);
  std::vector<uint8_t> again;
  const size_t rdlength = wire.U16();
  ReadRdata(wire, type, rdlength, again);
  Require(wire.ok() && wire.remaining() == 0 && std::ranges::equal(again, rdata),
          "writing and reading keeps the RDATA");
}

void RequireCanonicalFormIsOne(RrType type, ByteView rdata) {
  const std::vector<uint8_t> canonical = CanonicalRdata(type, rdata);
  Require(canonical.size() == rdata.size(), "the canonical form is as long");
  Require(CheckRdata(type, canonical) == WireFault::kNone, "the canonical form is well formed");
  Require(CanonicalRdata(type, canonical) == canonical, "the canonical form of a canonical form is itself");
  Require(SameRdata(type, rdata, canonical), "the canonical form is the same data");
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  if (size < 3) return 0;
  const RrType type{LoadU16(data)};
  const ByteView message(data + 3, size - 3);
  const size_t start = std::min<size_t>(data[2], message.size());

  WireReader wire(message);
  wire.Seek(start);
  std::vector<uint8_t> rdata;
  ReadRdata(wire, type, message.size() - start, rdata);
  if (!wire.ok()) {
    testing::Require(rdata.empty(), "a failure leaves no half of a result");
    return 0;
  }
  testing::Require(wire.offset() == message.size(), "reading ends at RDLENGTH");
  testing::Require(CheckRdata(type, rdata) == WireFault::kNone, "what was read is well formed");
  AdditionalName(type, rdata);
  RequireTextKeeps(type, rdata);
  RequireMessageKeeps(type, rdata);
  RequireCanonicalFormIsOne(type, rdata);
  return 0;
}
