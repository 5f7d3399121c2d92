// Zones for tests, from text or from zones/golden.
#pragma once

#include <string>
#include <string_view>

#include "common/zone/zone_builder.h"
#include "common/zonefile/zone_reader.h"

namespace cairn::testing {

inline ZoneReaderOptions ReaderOptions(const Name& apex) {
  ZoneReaderOptions options;
  options.origin = apex;
  return options;
}

inline ZoneBuilder::Outcome ZoneFromText(std::string_view apex, std::string_view text) {
  const Name name = Name::Literal(apex);
  ZoneReader reader = ZoneReader::FromText(text, "zone", ReaderOptions(name));
  ZoneBuilder builder(name);
  builder.AddAll(reader);
  return std::move(builder).Build();
}

inline ZoneBuilder::Outcome ZoneFromFile(std::string_view apex, const std::string& path) {
  const Name name = Name::Literal(apex);
  ZoneReader reader = ZoneReader::FromFile(path, ReaderOptions(name));
  ZoneBuilder builder(name);
  builder.AddAll(reader);
  return std::move(builder).Build();
}

// "file:3:0: error: ..." a line.
inline std::string ToText(const Complaints& complaints) {
  std::string text;
  for (const Complaint& complaint : complaints) text += complaint.ToText() + "\n";
  return text;
}

}  // namespace cairn::testing
