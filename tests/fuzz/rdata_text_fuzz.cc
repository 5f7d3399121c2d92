// RDATA of any type out of any text: the first two octets are the type, the rest is the text. What is read is
// well formed, and text -> wire -> text -> wire keeps it.
#include <algorithm>

#include "common/dns/rdata.h"
#include "common/dns/rdata_text.h"
#include "tests/fuzz/property.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  using cairn::testing::Require;
  if (size < 2) return 0;
  const RrType type{LoadU16(data)};
  const Name origin = Name::Literal("origin.example.");
  const absl::StatusOr<std::vector<uint8_t>> rdata =
      RdataFromText(type, AsText({data + 2, size - 2}), origin);
  if (!rdata.ok()) {
    Require(!rdata.status().message().empty(), "an error says what is wrong");
    return 0;
  }
  Require(CheckRdata(type, *rdata) == WireFault::kNone, "what was read is well formed");
  const std::string text = RdataToText(type, *rdata);
  const absl::StatusOr<std::vector<uint8_t>> again = RdataFromText(type, text);
  Require(again.ok() && *again == *rdata, "text -> wire -> text -> wire keeps the RDATA");
  Require(RdataToText(type, *again) == text, "the printed form is one");
  return 0;
}
