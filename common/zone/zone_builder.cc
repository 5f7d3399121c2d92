#include "common/zone/zone_builder.h"

#include <algorithm>
#include <utility>

#include "common/dns/case_folding.h"
#include "common/dns/rdata.h"
#include "common/zone/zone_assembly.h"
#include "fmt/format.h"

namespace cairn {
namespace {

constexpr size_t kRunHeaderOctets = 5;
constexpr size_t kRecordHeaderOctets = 14;
// Above that many records, duplicates of a set are found by sorting.
constexpr size_t kFewRecords = 16;
// Sorted runs lie all over the staging arena: they are asked for that many ahead of their turn.
constexpr size_t kRunsAhead = 8;

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
      apex_labels_(apex_.LabelCount()),
      rr_class_(rr_class),
      report_(file_names_, max_complaints) {}

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
  if (runs_.size() == 0 || !OwnerOf(last_run_).SameSpelling(record.owner)) StartRun(record.owner);
  const size_t at = staged_.Extend(kRecordHeaderOctets + record.rdata.size());
  uint8_t* out = staged_.data() + at;
  StoreU32(out, record.line);
  StoreU16(out + 4, static_cast<uint16_t>(record.file));
  StoreU16(out + 6, record.type.value);
  StoreU32(out + 8, record.ttl.seconds());
  StoreU16(out + 12, static_cast<uint16_t>(record.rdata.size()));
  std::copy(record.rdata.begin(), record.rdata.end(), out + kRecordHeaderOctets);
  StoreU32(staged_.data() + last_run_, ++last_run_records_);
}

// What no zone holds, wherever it stands.
bool ZoneBuilder::Accept(const ZoneRecord& record) {
  const DraftRecord at{.type = record.type,
                       .ttl = record.ttl,
                       .rdata = record.rdata,
                       .line = record.line,
                       .file = record.file};
  if (record.rr_class != rr_class_) {
    report_.Error(at, fmt::format("class {} in a zone of class {} (RFC 1035 section 5.2)",
                                  record.rr_class.ToText(), rr_class_.ToText()));
    return false;
  }
  if (record.type.IsMeta()) {
    report_.Error(at, fmt::format("{} is no type of data (RFC 6895 section 3.1)", record.type.ToText()));
    return false;
  }
  if (runs_.size() != 0 && OwnerOf(last_run_).SameSpelling(record.owner)) return true;
  if (!record.owner.IsAtOrBelow(apex_)) {
    report_.Error(at, fmt::format("{} is outside the zone {}: take it out, or mind the $ORIGIN",
                                  record.owner.ToText(), apex_.ToText()));
    return false;
  }
  return true;
}

void ZoneBuilder::StartRun(NameView owner) {
  last_run_ = staged_.Extend(kRunHeaderOctets);
  last_run_records_ = 0;
  staged_.data()[last_run_ + 4] = static_cast<uint8_t>(owner.size());
  staged_.Append(owner.wire());
  const Run run{CanonicalKey(LabelPath(owner), apex_labels_).prefix(), last_run_};
  runs_.Append({reinterpret_cast<const uint8_t*>(&run), sizeof run});
}

NameView ZoneBuilder::OwnerOf(uint64_t run) const {
  const uint8_t* at = staged_.data() + run;
  return NameView::FromValidWire(at + kRunHeaderOctets, at[4]);
}

bool ZoneBuilder::RunBefore(const Run& a, const Run& b) const {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  const auto order = OwnerOf(a.at).CanonicalCompare(OwnerOf(b.at));
  return order == 0 ? a.at < b.at : order < 0;
}

void ZoneBuilder::SortRuns() {
  const auto before = [this](const Run& a, const Run& b) { return RunBefore(a, b); };
  const std::span<Run> all = runs();
  if (!std::is_sorted(all.begin(), all.end(), before)) std::sort(all.begin(), all.end(), before);
}

void ZoneBuilder::AppendRecords(const Run& run, std::vector<DraftRecord>& records) const {
  const uint8_t* at = staged_.data() + run.at;
  const uint32_t count = LoadU32(at);
  at += kRunHeaderOctets + at[4];
  for (uint32_t i = 0; i < count; ++i) {
    const uint16_t octets = LoadU16(at + 12);
    records.push_back({.type = RrType{LoadU16(at + 6)},
                       .ttl = Ttl::Seconds(LoadU32(at + 8)),
                       .rdata = {at + kRecordHeaderOctets, octets},
                       .line = LoadU32(at),
                       .file = LoadU16(at + 4)});
    at += kRecordHeaderOctets + octets;
  }
}

// As far as a delegation's few records reach.
void ZoneBuilder::PrefetchRun(const Run& run) const {
  const uint8_t* at = staged_.data() + run.at;
  __builtin_prefetch(at);
  __builtin_prefetch(at + 64);
  __builtin_prefetch(at + 128);
}

ZoneBuilder::Outcome ZoneBuilder::Build() && {
  SortRuns();
  const std::span<const Run> sorted = runs();
  ZoneAssembly assembly(apex_, staged_.size());
  Drafting drafting;
  // What seems to be missing otherwise may be what could not be read.
  const bool all_read = !HasErrors(reader_complaints_);
  if (all_read && (sorted.empty() || !(OwnerOf(sorted[0].at) == apex_.view()))) {
    CheckApex({.owner = apex_, .at_apex = true, .rrsets = {}}, report_);
  }
  for (size_t i = 0; i < sorted.size();) {
    const NameView owner = OwnerOf(sorted[i].at);
    std::vector<DraftRecord>& records = drafting.Begin();
    do {
      if (i + kRunsAhead < sorted.size()) PrefetchRun(sorted[i + kRunsAhead]);
      AppendRecords(sorted[i], records);
    } while (++i < sorted.size() && OwnerOf(sorted[i].at) == owner);
    const NodeDraft draft = drafting.Finish(owner, owner.size() == apex_.size());
    if (all_read && draft.at_apex) CheckApex(draft, report_);
    CheckNode(draft, report_);
    if (!all_read || report_.has_errors()) continue;  // the rest is checked, but not laid out
    const Node node = assembly.Add(draft);
    if (assembly.TooLarge()) report_.Error("the zone is larger than the 8 GiB that one can have");
    if (node.Is(Node::kOccluded)) CheckOccluded(draft, ZoneAssembly::IsBelowDname(node), report_);
  }
  Outcome outcome;
  if (all_read && !report_.has_errors()) outcome.zone = std::move(assembly).Finish(report_);
  outcome.complaints = std::move(reader_complaints_);
  for (Complaint& complaint : report_.Take()) outcome.complaints.push_back(std::move(complaint));
  return outcome;
}

}  // namespace cairn
