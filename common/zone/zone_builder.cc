#include "common/zone/zone_builder.h"

#include <algorithm>
#include <utility>

#include "common/dns/case_folding.h"
#include "common/dns/rdata.h"
#include "common/zone/zone_assembly.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// Above that many records, duplicates of a set are found by sorting.
constexpr size_t kFewRecords = 16;
// Sorted stretches lie all over the staging arena: they are asked for that many ahead of their turn.
constexpr size_t kStretchesAhead = 8;
// Records outside the zone come by the thousand, when a name or an $ORIGIN is wrong: a few show the mistake.
constexpr size_t kMostOutside = 10;
constexpr std::string_view kTooLarge = "the zone is larger than the 8 GiB that one can have";

// Without its RDATA, which is the reader's.
DraftRecord PlaceOf(const ZoneRecord& record) {
  return {.type = record.type,
          .ttl = record.ttl,
          .rdata = {},
          .line = record.line,
          .column = record.column,
          .file = record.file};
}

// Whether a record says what another says (RFC 4034 section 6.3): mostly not, and that is seen without
// allocating.
bool SameData(const DraftRecord& a, const DraftRecord& b) {
  return a.rdata.size() == b.rdata.size() &&
         EqualIgnoringCase(a.rdata.data(), b.rdata.data(), a.rdata.size()) &&
         SameRdata(a.type, a.rdata, b.rdata);
}

// Drops records that say what an earlier one says (RFC 2181 section 5). All are of one type.
void FoldDuplicates(std::vector<DraftRecord>& records, size_t first) {
  const auto begin = records.begin() + static_cast<std::ptrdiff_t>(first);
  if (records.size() - first <= kFewRecords) {
    auto kept = begin;
    for (auto record = begin; record != records.end(); ++record) {
      const bool seen =
          std::any_of(begin, kept, [&](const DraftRecord& other) { return SameData(*record, other); });
      if (!seen) *kept++ = *record;
    }
    records.erase(kept, records.end());
    return;
  }
  std::vector<std::pair<std::vector<uint8_t>, size_t>> canonical;
  for (size_t i = first; i < records.size(); ++i)
    canonical.emplace_back(CanonicalRdata(records[i].type, records[i].rdata), i);
  std::sort(canonical.begin(), canonical.end());
  std::vector<bool> duplicate(records.size());
  for (size_t i = 1; i < canonical.size(); ++i) {
    if (canonical[i].first == canonical[i - 1].first) duplicate[canonical[i].second] = true;
  }
  size_t kept = first;
  for (size_t i = first; i < records.size(); ++i) {
    if (!duplicate[i]) records[kept++] = records[i];
  }
  records.resize(kept);
}

// The records of one name as a draft: grouped by type, folded, with one TTL a set. Reused from name to name.
class Drafting {
 public:
  std::vector<DraftRecord>& Begin() {
    raw_.clear();
    return raw_;
  }
  NodeDraft Finish(NameView owner, bool at_apex) {
    const auto by_type = [](const DraftRecord& a, const DraftRecord& b) { return a.type < b.type; };
    if (!std::is_sorted(raw_.begin(), raw_.end(), by_type)) SortByType();
    records_.clear();
    rrsets_.clear();
    sizes_.clear();
    for (size_t i = 0; i < raw_.size();) {
      const size_t first = records_.size();
      const RrType type = raw_[i].type;
      Ttl ttl = raw_[i].ttl;
      for (; i < raw_.size() && raw_[i].type == type; ++i) {
        ttl = std::min(ttl, raw_[i].ttl);
        records_.push_back(raw_[i]);
      }
      if (records_.size() - first > 1) FoldDuplicates(records_, first);
      rrsets_.push_back({.type = type, .ttl = ttl, .records = {}});
      sizes_.push_back(records_.size() - first);
    }
    size_t at = 0;
    for (size_t i = 0; i < rrsets_.size(); ++i) {
      rrsets_[i].records = std::span(records_).subspan(at, sizes_[i]);
      at += sizes_[i];
    }
    return {.owner = owner, .at_apex = at_apex, .rrsets = rrsets_};
  }

 private:
  // Stable; a name rarely has more than a handful of records.
  void SortByType() {
    std::vector<std::pair<uint64_t, size_t>> order;
    for (size_t i = 0; i < raw_.size(); ++i) order.emplace_back(raw_[i].type.value, i);
    std::sort(order.begin(), order.end());
    std::vector<DraftRecord> sorted;
    for (const auto& [type, i] : order) sorted.push_back(raw_[i]);
    raw_.swap(sorted);
  }

  std::vector<DraftRecord> raw_;
  std::vector<DraftRecord> records_;
  std::vector<RrsetDraft> rrsets_;
  std::vector<size_t> sizes_;
};

}  // namespace

ZoneBuilder::ZoneBuilder(Name apex, RrClass rr_class, size_t max_complaints)
    : apex_(std::move(apex)),
      rr_class_(rr_class),
      max_complaints_(max_complaints),
      report_(file_names_, max_complaints),
      outside_(file_names_, std::min(max_complaints, kMostOutside), "records outside this zone"),
      staged_(apex_) {}

void ZoneBuilder::SetFileName(uint32_t file, std::string name) {
  if (file >= file_names_.size()) file_names_.resize(size_t{file} + 1);
  file_names_[file] = std::move(name);
}

void ZoneBuilder::AddAll(ZoneReader& reader) {
  ZoneRecord record;
  SetFileName(0, reader.FileName(0));  // also of a file without records something may be said
  uint32_t files = 1;
  while (reader.Next(record)) {
    for (; files <= record.file; ++files) SetFileName(files, reader.FileName(files));
    Add(record);
  }
  reader_complaints_.insert(reader_complaints_.end(), reader.complaints().begin(), reader.complaints().end());
}

void ZoneBuilder::Add(const ZoneRecord& record) {
  if (!Accept(record)) return;
  if (staged_.empty() || record.type == rr::kSoa || record.type == rr::kZonemd) NotePlaces(record);
  staged_.Add(record);
}

void ZoneBuilder::NotePlaces(const ZoneRecord& record) {
  const DraftRecord place = PlaceOf(record);
  if (staged_.empty()) first_ = place;
  if (record.owner != apex_.view()) return;
  if (record.type == rr::kSoa && !soa_) soa_ = place;
  if (record.type == rr::kZonemd && !zonemd_) zonemd_ = place;
}

// What no zone holds, wherever it stands.
bool ZoneBuilder::Accept(const ZoneRecord& record) {
  const DraftRecord at = PlaceOf(record);
  if (record.rr_class != rr_class_) {
    report_.Error(at, fmt::format("class {} in a zone of class {} (RFC 1035 section 5.2)",
                                  record.rr_class.ToText(), rr_class_.ToText()));
    return false;
  }
  if (record.type.IsMeta()) {
    report_.Error(at, fmt::format("{} is no type of data (RFC 6895 section 3.1)", record.type.ToText()));
    return false;
  }
  if (staged_.LastOwnerIs(record.owner)) return true;
  if (record.owner.IsAtOrBelow(apex_)) return true;
  if (record.type == rr::kSoa && !foreign_soa_) foreign_soa_ = ForeignSoa{at, Name(record.owner)};
  outside_.Error(at, fmt::format("{} is outside the zone {}: take it out, or mind the $ORIGIN",
                                 record.owner.ToText(), apex_.ToText()));
  return false;
}

// Records outside are mistakes one by one; but where the SOA is one of them and none is at the apex, they are
// one mistake.
Complaints ZoneBuilder::TakeComplaints() {
  if (!foreign_soa_ || soa_) return report_.TakeWith(outside_.TakeWith(std::move(reader_complaints_)));
  CheckReport wrong_zone(file_names_, 1);
  wrong_zone.Error(
      foreign_soa_->at,
      fmt::format("this is the SOA of {}, not of {}: the file is another zone's, or the zone was given "
                  "a wrong name; {} of its records lie outside",
                  foreign_soa_->owner.ToText(), apex_.ToText(), outside_.count()));
  return wrong_zone.TakeWith(std::move(reader_complaints_));
}

// A stretch of owners on their way into the zone.
struct ZoneBuilder::Part {
  Part(const ZoneBuilder& builder, ZoneAssembly assembly_in)
      : assembly(std::move(assembly_in)),
        report(builder.file_names_, builder.max_complaints_),
        occluded(builder.file_names_, builder.max_complaints_) {}

  // Nodes too when there are any: of a zone that could be served.
  void Take(Part later, bool sound) {
    report.Take(std::move(later.report));
    occluded.Take(std::move(later.occluded));
    if (sound && !report.has_errors()) assembly.Join(std::move(later.assembly));
  }

  ZoneAssembly assembly;
  CheckReport report;
  CheckReport occluded;  // told when nothing worse is to be told
  Drafting drafting;
  std::vector<StagedRecords::Run> runs;
};

// Checks all, and lays them out as long as there is no mistake; `sound` is whether the zone could be served
// so far.
void ZoneBuilder::Lay(std::span<StagedRecords::Stretch> stretches, bool sound, Part& part) const {
  staged_.Sort(stretches);
  size_t asked = 0;
  for (size_t next = 0; next < stretches.size();) {
    for (; asked < std::min(next + kStretchesAhead, stretches.size()); ++asked)
      staged_.Prefetch(stretches[asked]);
    next = staged_.TakeChild(stretches, next, part.runs);
    LayChild(sound, part);
  }
}

// The names at and below one child of the apex.
void ZoneBuilder::LayChild(bool sound, Part& part) const {
  for (size_t i = 0; i < part.runs.size();) {
    const NameView owner = staged_.OwnerOf(part.runs[i]);
    std::vector<DraftRecord>& records = part.drafting.Begin();
    do {
      staged_.AppendRecords(part.runs[i], records);
    } while (++i < part.runs.size() && staged_.OwnerOf(part.runs[i]) == owner);
    const NodeDraft draft = part.drafting.Finish(owner, owner.size() == apex_.size());
    if (draft.at_apex && AllRead()) CheckApex(draft, first_, part.report);
    CheckNode(draft, part.report);
    if (!sound || part.report.has_errors()) continue;
    const Node node = part.assembly.Add(draft);
    if (part.assembly.TooLarge())
      part.report.Error(draft.rrsets.front().records.front(), std::string(kTooLarge));
    if (node.Is(Node::kOccluded)) CheckOccluded(draft, ZoneAssembly::IsBelowDname(node), part.occluded);
  }
}

ZoneBuilder::Outcome ZoneBuilder::Build(const RunBoth& run_both) && {
  const StagedRecords::Parts parts = staged_.Split(/*halve=*/run_both != nullptr);
  Part first(*this, ZoneAssembly(apex_, staged_.octets()));
  if (parts.apex.empty() && AllRead()) {
    CheckApex({.owner = apex_, .at_apex = true, .rrsets = {}}, first_, first.report);
  }
  bool sound = AllRead() && !outside_.has_errors() && !report_.has_errors();
  Lay(parts.apex, sound, first);
  sound = sound && !first.report.has_errors();
  if (parts.second.empty()) {
    Lay(parts.first, sound, first);
  } else {
    Part second(*this, sound ? first.assembly.ForLaterNodes(staged_.octets()) : ZoneAssembly(apex_, 0));
    run_both([&] { Lay(parts.first, sound, first); }, [&] { Lay(parts.second, sound, second); });
    first.Take(std::move(second), sound);
    if (first.assembly.TooLarge()) first.report.Error(first_, std::string(kTooLarge));
  }
  Outcome outcome;
  if (sound && !first.report.has_errors()) {
    first.report.Take(std::move(first.occluded));
    staged_.Release();  // a zone of gigabytes is not to be there twice while its index is made
    outcome.zone = std::move(first.assembly).Finish(first.report);
  }
  report_.Take(std::move(first.report));
  outcome.soa = report_.PositionOf(soa_.value_or(first_));
  outcome.zonemd = report_.PositionOf(zonemd_.value_or(soa_.value_or(first_)));
  outcome.complaints = TakeComplaints();
  return outcome;
}

}  // namespace cairn
