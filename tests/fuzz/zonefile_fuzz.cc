// A zone file of any octets: no crash, bounded work, positions inside of the text, and what is written reads
// back to equal records without a complaint.
#include <algorithm>
#include <string>

#include "common/dns/rdata.h"
#include "common/zonefile/zone_reader.h"
#include "common/zonefile/zone_writer.h"
#include "tests/fuzz/property.h"

namespace cairn {
namespace {

using testing::Require;

constexpr size_t kMostGenerated = 64;

std::string Write(ZoneReader& reader, size_t& records) {
  std::string text;
  ZoneRecord record;
  while (reader.Next(record)) {
    ++records;
    Require(CheckRdata(record.type, record.rdata) == WireFault::kNone,
            "the RDATA of a record is well formed");
    AppendZoneLine(record, text);
  }
  return text;
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  using cairn::testing::Require;
  const std::string_view text = AsText({data, size});
  ZoneReaderOptions options;
  options.origin = Name::Literal("example.");
  options.includes = false;
  options.max_generated = kMostGenerated;
  ZoneReader reader = ZoneReader::FromText(text, "fuzz", options);
  size_t records = 0;
  const std::string written = Write(reader, records);
  const size_t lines = 1 + static_cast<size_t>(std::ranges::count(text, '\n'));
  Require(records <= lines + kMostGenerated, "a line gives one record, but for $GENERATE");
  for (const Complaint& complaint : reader.complaints()) {
    Require(complaint.where.line >= 1 && complaint.where.line <= lines, "a mistake lies inside of the text");
    Require(complaint.where.column >= 1 && complaint.where.column <= size + 1,
            "a column lies inside of the text");
    Require(!complaint.text.empty(), "a complaint says what is wrong");
  }

  ZoneReaderOptions elsewhere;
  elsewhere.origin = Name::Literal("elsewhere.");
  ZoneReader again = ZoneReader::FromText(written, "written", elsewhere);
  size_t records_again = 0;
  Require(Write(again, records_again) == written && records_again == records,
          "what is written reads back to equal records");
  Require(again.complaints().empty(), "what is written has no mistakes");
  return 0;
}
