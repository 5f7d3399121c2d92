#include "resolver/local_zone_loader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/bytes.h"
#include "common/zone/zone_builder.h"
#include "common/zonefile/zone_reader.h"
#include "fmt/format.h"

namespace cairn {
namespace {

constexpr Ttl kRecordTtl = Ttl::Seconds(3600);  // of lines without one: nothing else asks these servers
constexpr Ttl kEmptyZoneTtl = Ttl::Seconds(10800);

ZoneReaderOptions OptionsFor(const Name& apex) {
  ZoneReaderOptions options;
  options.origin = apex;
  options.default_ttl = kRecordTtl;
  return options;
}

// Gathers what several sources say of one zone.
class Gathering {
 public:
  explicit Gathering(const Name& apex) : apex_(apex), builder_(apex) {}

  // Complaints of a line in a configuration stand where that line stands.
  void Take(ZoneReader reader, const TextPosition* where = nullptr) {
    ZoneRecord record;
    while (reader.Next(record)) Add(record, reader);
    for (Complaint complaint : reader.complaints()) {
      if (where) complaint.where = *where;
      complaints_.push_back(std::move(complaint));
    }
  }

  LoadedLocalZone Finish() && {
    if (!any_ || HasErrors(complaints_)) return {.zone = nullptr, .complaints = std::move(complaints_)};
    if (!has_soa_) AddDefault(DefaultSoa(apex_));
    if (!has_ns_) AddDefault(DefaultNs(apex_));
    ZoneBuilder::Outcome built = std::move(builder_).Build();
    // Warnings are about what secondaries and other people's resolvers would meet; nobody else asks here.
    std::erase_if(built.complaints, [](const Complaint& c) { return c.severity != Severity::kError; });
    std::ranges::move(built.complaints, std::back_inserter(complaints_));
    if (built.zone) RefuseDelegations(*built.zone);
    if (HasErrors(complaints_)) return {.zone = nullptr, .complaints = std::move(complaints_)};
    return {.zone = std::move(built.zone), .complaints = std::move(complaints_)};
  }

 private:
  void Add(const ZoneRecord& record, const ZoneReader& reader) {
    any_ = true;
    const bool at_apex = record.owner == apex_.view();
    has_soa_ |= at_apex && record.type == rr::kSoa;
    has_ns_ |= at_apex && record.type == rr::kNs;
    builder_.SetFileName(record.file, reader.FileName(record.file));
    builder_.Add(record);
  }

  void AddDefault(const Rrset& rrset) {
    builder_.Add({.owner = rrset.owner,
                  .type = rrset.type,
                  .rr_class = kClassIn,
                  .ttl = rrset.ttl,
                  .rdata = rrset.rdatas.front()});
  }

  void RefuseDelegations(const Zone& zone) {
    for (const Node node : zone) {
      if (!node.Is(Node::kZoneCut)) continue;
      const std::string cut = node.owner().ToText();
      complaints_.push_back(
          {.where = {},
           .text = fmt::format("local zone {}: NS records at {} delegate it away, which a local zone cannot; "
                               "name its servers under stub-zones instead",
                               apex_.ToText(), cut)});
    }
  }

  const Name apex_;
  ZoneBuilder builder_;
  Complaints complaints_;
  bool any_ = false;
  bool has_soa_ = false;
  bool has_ns_ = false;
};

}  // namespace

LoadedLocalZone LoadLocalZone(const LocalZoneOptions& options) {
  Gathering gathering(options.name);
  if (!options.file.empty()) gathering.Take(ZoneReader::FromFile(options.file, OptionsFor(options.name)));
  for (const ConfiguredRecord& record : options.records) {
    gathering.Take(ZoneReader::FromText(record.text, record.where.file, OptionsFor(options.name)),
                   &record.where);
  }
  return std::move(gathering).Finish();
}

std::shared_ptr<const Zone> LoadBuiltIn(const Name& apex, std::string_view records) {
  Gathering gathering(apex);
  gathering.Take(ZoneReader::FromText(records, apex.ToText(), OptionsFor(apex)));
  return std::move(gathering).Finish().zone;
}

Rrset DefaultSoa(NameView apex) {
  static constexpr uint32_t kNumbers[] = {1, 3600, 1200, 604800, 10800};
  const Name nobody = Name::Literal("nobody.invalid.");
  std::vector<uint8_t> rdata(apex.wire().begin(), apex.wire().end());
  rdata.insert(rdata.end(), nobody.wire().begin(), nobody.wire().end());
  for (const uint32_t number : kNumbers) {
    rdata.resize(rdata.size() + 4);
    StoreU32(rdata.data() + rdata.size() - 4, number);
  }
  Rrset soa{.owner = Name(apex), .type = rr::kSoa, .ttl = kEmptyZoneTtl, .rdatas = {}};
  soa.rdatas.Add(rdata);
  return soa;
}

Rrset DefaultNs(NameView apex) {
  Rrset ns{.owner = Name(apex), .type = rr::kNs, .ttl = kEmptyZoneTtl, .rdatas = {}};
  ns.rdatas.Add(apex.wire());
  return ns;
}

}  // namespace cairn
