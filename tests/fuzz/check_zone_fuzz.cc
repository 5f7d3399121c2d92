// What check-zone says of a zone file of any octets: either a zone or an error, every complaint at a line of
// the text, and memory in proportion to it. A zone that is printed in canonical form and read again is the
// same zone, with the same digest and the same verdict on it.
#include <algorithm>
#include <string>

#include "authoritative/zone_loader.h"
#include "common/zone/zone_builder.h"
#include "common/zonefile/zone_reader.h"
#include "tests/fuzz/property.h"

namespace cairn {
namespace {

using testing::Require;

constexpr size_t kMostGenerated = 64;
// Of memory: for a record with its owner and the nodes above it, 127 at the most, however short its line; for
// what $GENERATE can make of a line; for a zone without any.
constexpr size_t kMostOctetsOfARecord = 8 * 1024;
constexpr size_t kMostOctetsOfAZone = 4096 + kMostGenerated * 65536;

ZoneBuilder::Outcome Load(std::string_view text) {
  ZoneReaderOptions options;
  options.origin = Name::Literal("example.");
  options.includes = false;
  options.max_generated = kMostGenerated;
  ZoneReader reader = ZoneReader::FromText(text, "file", options);
  ZoneBuilder builder(options.origin);
  builder.AddAll(reader);
  return std::move(builder).Build();
}

std::string Dump(const Zone& zone) {
  std::string text;
  DumpZone(zone, [&](std::string_view line) { text += line; });
  return text;
}

void RequirePlaces(const Complaints& complaints, size_t lines, size_t octets) {
  for (const Complaint& complaint : complaints) {
    Require(complaint.where.file == "file", "a complaint names the file");
    Require(complaint.where.line >= 1 && complaint.where.line <= lines,
            "a complaint names a line of the text");
    Require(complaint.where.column >= 1 && complaint.where.column <= octets + 1, "and a column of it");
    Require(!complaint.text.empty(), "and says what is wrong");
  }
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  using cairn::testing::Require;
  const std::string_view text = AsText({data, size});
  const size_t lines = 1 + static_cast<size_t>(std::ranges::count(text, '\n'));

  const ZoneBuilder::Outcome outcome = Load(text);
  Require((outcome.zone == nullptr) == HasErrors(outcome.complaints),
          "there is a zone, or there is an error");
  RequirePlaces(outcome.complaints, lines, size);
  if (outcome.zone == nullptr) return 0;
  const Zone& zone = *outcome.zone;
  Require(zone.record_count() <= lines + kMostGenerated, "a line gives one record, but for $GENERATE");
  Require(zone.MemoryOctets() <= kMostOctetsOfAZone + zone.record_count() * kMostOctetsOfARecord + 4 * size,
          "a zone takes memory in proportion to its text");
  const ZonemdCheck digest = CheckZonemd(zone, ZonemdPolicy::kCheck, outcome.zonemd);
  RequirePlaces(digest.complaints, lines, size);

  const std::string canonical = Dump(zone);
  const ZoneBuilder::Outcome again = Load(canonical);
  Require(again.zone != nullptr, "a zone that is printed can be served");
  Require(Dump(*again.zone) == canonical, "and is the same zone");
  Require(again.zone->denial() == zone.denial(), "with the same proofs");
  Require(ZoneDigest(*again.zone, ZonemdHash::kSha384) == ZoneDigest(zone, ZonemdHash::kSha384),
          "the same digest");
  Require(CheckZonemd(*again.zone, ZonemdPolicy::kCheck, again.zonemd).verdict == digest.verdict,
          "and the same verdict on it");
  return 0;
}
