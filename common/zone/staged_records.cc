#include "common/zone/staged_records.h"

#include <algorithm>
#include <cstring>

#include "common/dns/case_folding.h"
#include "common/zone/prefix_sort.h"

namespace cairn {
namespace {

// A stretch: number of runs (4 octets), the runs.
constexpr size_t kStretchHeaderOctets = 4;

// A run: number of records (4 octets), the owner's octets (1), how many of these stand before the child of
// the apex (1), the owner, the records.
constexpr size_t kRunHeaderOctets = 6;

// A record: one octet of what it shares with the one before it in its run, what it does not share of line
// (4), column (4), file (4) and of TTL (4), then type (2), octets of RDATA (2), RDATA.
enum Shared : uint8_t { kNextLine = 1, kSameTtl = 2 };
constexpr size_t kPlaceOctets = 12;
constexpr size_t kMostHeaderOctets = 1 + kPlaceOctets + 4 + 4;

// Below that a second thread gains nothing.
constexpr size_t kStretchesToHalve = 10'000;

// The records of a run, one after the other.
class RecordCursor {
 public:
  explicit RecordCursor(const uint8_t* at) : at_(at) {}
  const uint8_t* at() const { return at_; }

  const DraftRecord& Next() {
    const uint8_t shared = *at_++;
    if ((shared & kNextLine) != 0) {
      ++record_.line;
    } else {
      record_.line = LoadU32(at_);
      record_.column = LoadU32(at_ + 4);
      record_.file = LoadU32(at_ + 8);
      at_ += kPlaceOctets;
    }
    if ((shared & kSameTtl) == 0) {
      record_.ttl = Ttl::Seconds(LoadU32(at_));
      at_ += 4;
    }
    record_.type = RrType{LoadU16(at_)};
    record_.rdata = {at_ + 4, LoadU16(at_ + 2)};
    at_ += 4 + record_.rdata.size();
    return record_;
  }

 private:
  const uint8_t* at_;
  DraftRecord record_;
};

// Of labels in wire form, the first.
ByteView FirstLabel(ByteView labels) { return labels.subspan(1, labels[0]); }
bool IsOneLabel(ByteView labels) { return !labels.empty() && labels.size() == 1 + size_t{labels[0]}; }

int CompareLabels(ByteView a, ByteView b) {
  return CompareIgnoringCase(a.data(), a.size(), b.data(), b.size());
}

}  // namespace

void StagedRecords::Add(const ZoneRecord& record) {
  const bool fresh = !LastOwnerIs(record.owner);
  if (fresh) StartRun(record.owner);
  unsigned shared = 0;
  if (!fresh && record.line == last_line_ + 1 && record.column == last_column_ && record.file == last_file_)
    shared |= kNextLine;
  if (!fresh && record.ttl == last_ttl_) shared |= kSameTtl;
  last_line_ = record.line;
  last_column_ = record.column;
  last_file_ = record.file;
  last_ttl_ = record.ttl;

  uint8_t header[kMostHeaderOctets];
  uint8_t* end = header;
  *end++ = static_cast<uint8_t>(shared);
  if ((shared & kNextLine) == 0) {
    StoreU32(end, record.line);
    StoreU32(end + 4, record.column);
    StoreU32(end + 8, record.file);
    end += kPlaceOctets;
  }
  if ((shared & kSameTtl) == 0) {
    StoreU32(end, record.ttl.seconds());
    end += 4;
  }
  StoreU16(end, record.type.value);
  StoreU16(end + 2, static_cast<uint16_t>(record.rdata.size()));
  end += 4;
  staged_.Append({header, static_cast<size_t>(end - header)});
  staged_.Append(record.rdata);
  StoreU32(staged_.data() + last_run_, ++last_run_records_);
}

void StagedRecords::StartRun(NameView owner) {
  const LabelPath path(owner);
  const bool at_apex = path.labels() == apex_labels_;
  const NameView child = at_apex ? owner : path.Suffix(apex_labels_ + 1);
  if (empty() || !std::ranges::equal(ChildAt(last_run_), at_apex ? ByteView() : child.FirstLabel())) {
    last_stretch_ = staged_.Extend(kStretchHeaderOctets);
    last_stretch_runs_ = 0;
    const Stretch stretch{CanonicalKey(LabelPath(child), apex_labels_).prefix(), last_stretch_};
    stretches_.Append({reinterpret_cast<const uint8_t*>(&stretch), sizeof stretch});
  }
  last_run_ = staged_.Extend(kRunHeaderOctets);
  last_run_records_ = 0;
  uint8_t* const header = staged_.data() + last_run_;
  header[4] = static_cast<uint8_t>(owner.size());
  header[5] = static_cast<uint8_t>(owner.size() - child.size());
  staged_.Append(owner.wire());
  StoreU32(staged_.data() + last_stretch_, ++last_stretch_runs_);
}

NameView StagedRecords::OwnerAt(uint64_t run) const {
  const uint8_t* header = staged_.data() + run;
  return NameView::FromValidWire(header + kRunHeaderOctets, header[4]);
}

ByteView StagedRecords::LabelsBelowChild(uint64_t run) const {
  const uint8_t* header = staged_.data() + run;
  return {header + kRunHeaderOctets, header[5]};
}

// Of the owner of that run, the label next to the apex; empty for the apex.
ByteView StagedRecords::ChildAt(uint64_t run) const {
  const NameView owner = OwnerAt(run);
  if (owner.size() == apex_octets_) return {};
  return FirstLabel(owner.wire().subspan(LabelsBelowChild(run).size()));
}

int StagedRecords::CompareChildren(const Stretch& a, const Stretch& b) const {
  if (a.prefix != b.prefix) return a.prefix < b.prefix ? -1 : 1;
  return CompareLabels(ChildAt(a.at + kStretchHeaderOctets), ChildAt(b.at + kStretchHeaderOctets));
}

// Of one child of the apex.
int StagedRecords::CompareOwners(const Run& a, const Run& b) const {
  if (a.prefix != b.prefix) return a.prefix < b.prefix ? -1 : 1;
  const ByteView x = LabelsBelowChild(a.at);
  const ByteView y = LabelsBelowChild(b.at);
  if (x.empty() || y.empty()) return static_cast<int>(x.size()) - static_cast<int>(y.size());
  if (IsOneLabel(x) && IsOneLabel(y)) return CompareLabels(FirstLabel(x), FirstLabel(y));
  const auto order = OwnerOf(a).CanonicalCompare(OwnerOf(b));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

StagedRecords::Parts StagedRecords::Split(bool halve) {
  const std::span<Stretch> all(reinterpret_cast<Stretch*>(stretches_.data()),
                               stretches_.size() / sizeof(Stretch));
  // The key of the apex has no label; any label gives an octet that is not 0.
  const auto apex_end = std::partition(all.begin(), all.end(), [](const Stretch& stretch) {
    return stretch.prefix == CanonicalKey::Prefix();
  });
  Parts parts{.apex = {all.begin(), apex_end}, .first = {apex_end, all.end()}, .second = {}};
  if (!halve || parts.first.size() < kStretchesToHalve) return parts;
  const Stretch middle = MiddleOf(parts.first);
  const auto half = std::partition(parts.first.begin(), parts.first.end(), [&](const Stretch& stretch) {
    return CompareChildren(stretch, middle) < 0;
  });
  parts.second = {half, parts.first.end()};
  parts.first = {parts.first.begin(), half};
  return parts;
}

// One that has about as many before it as behind it.
StagedRecords::Stretch StagedRecords::MiddleOf(std::span<const Stretch> stretches) const {
  constexpr size_t kSampled = 1000;
  std::vector<Stretch> sample;
  for (size_t i = 0; i < kSampled; ++i) sample.push_back(stretches[i * stretches.size() / kSampled]);
  const auto middle = sample.begin() + kSampled / 2;
  std::nth_element(sample.begin(), middle, sample.end(),
                   [this](const Stretch& a, const Stretch& b) { return CompareChildren(a, b) < 0; });
  return *middle;
}

void StagedRecords::Sort(std::span<Stretch> stretches) const {
  const auto before = [this](const Stretch& a, const Stretch& b) {
    const int order = CompareChildren(a, b);
    return order == 0 ? a.at < b.at : order < 0;
  };
  if (!std::is_sorted(stretches.begin(), stretches.end(), before)) SortByPrefix(stretches, before);
}

size_t StagedRecords::TakeChild(std::span<const Stretch> sorted, size_t begin, std::vector<Run>& runs) const {
  runs.clear();
  size_t end = begin;
  do {
    AppendRuns(sorted[end], runs);
  } while (++end < sorted.size() && CompareChildren(sorted[begin], sorted[end]) == 0);
  SortRuns(runs);
  return end;
}

void StagedRecords::AppendRuns(const Stretch& stretch, std::vector<Run>& runs) const {
  uint64_t at = stretch.at + kStretchHeaderOctets;
  for (uint32_t left = LoadU32(staged_.data() + stretch.at);;) {
    runs.push_back({.prefix = {}, .at = at});
    if (--left == 0) return;
    const uint8_t* const run = staged_.data() + at;
    RecordCursor records(run + kRunHeaderOctets + run[4]);
    for (uint32_t i = LoadU32(run); i > 0; --i) records.Next();
    at = static_cast<uint64_t>(records.at() - staged_.data());
  }
}

// The few of a delegation are compared as they are; keys pay where many are.
void StagedRecords::SortRuns(std::vector<Run>& runs) const {
  const auto before = [this](const Run& a, const Run& b) {
    const int order = CompareOwners(a, b);
    return order == 0 ? a.at < b.at : order < 0;
  };
  if (std::is_sorted(runs.begin(), runs.end(), before)) return;
  if (runs.size() > kFewToSort) {
    for (Run& run : runs) {
      const LabelPath path(OwnerOf(run));
      if (path.labels() > apex_labels_) run.prefix = CanonicalKey(path, apex_labels_ + 1).prefix();
    }
  }
  SortByPrefix(std::span(runs), before);
}

void StagedRecords::AppendRecords(const Run& run, std::vector<DraftRecord>& records) const {
  const uint8_t* const at = staged_.data() + run.at;
  RecordCursor cursor(at + kRunHeaderOctets + at[4]);
  for (uint32_t left = LoadU32(at); left > 0; --left) records.push_back(cursor.Next());
}

void StagedRecords::Release() {
  staged_ = Arena();
  stretches_ = Arena();
}

// As far as a delegation's few records reach.
void StagedRecords::Prefetch(const Stretch& stretch) const {
  const uint8_t* at = staged_.data() + stretch.at;
  for (int line = 0; line < 4; ++line) __builtin_prefetch(at + 64 * line);
}

}  // namespace cairn
