#include "common/zone/staged_records.h"

#include <algorithm>
#include <cstring>

namespace cairn {
namespace {

// A run: number of records (4 octets), the owner's octets (1), the owner, the records.
constexpr size_t kRunHeaderOctets = 5;

// A record: one octet of what it shares with the one before it in its run, what it does not share of line
// (4), column (4), file (4) and of TTL (4), then type (2), octets of RDATA (2), RDATA.
enum Shared : uint8_t { kNextLine = 1, kSameTtl = 2 };
constexpr size_t kPlaceOctets = 12;
constexpr size_t kMostHeaderOctets = 1 + kPlaceOctets + 4 + 4;

// Below that a second thread gains nothing.
constexpr size_t kRunsToHalve = 20'000;

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
  last_run_ = staged_.Extend(kRunHeaderOctets);
  last_run_records_ = 0;
  staged_.data()[last_run_ + 4] = static_cast<uint8_t>(owner.size());
  staged_.Append(owner.wire());
  const Run run{CanonicalKey(LabelPath(owner), apex_labels_).prefix(), last_run_};
  runs_.Append({reinterpret_cast<const uint8_t*>(&run), sizeof run});
}

NameView StagedRecords::OwnerOf(uint64_t at) const {
  const uint8_t* run = staged_.data() + at;
  return NameView::FromValidWire(run + kRunHeaderOctets, run[4]);
}

bool StagedRecords::Before(const Run& a, const Run& b) const {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  const auto order = OwnerOf(a).CanonicalCompare(OwnerOf(b));
  return order == 0 ? a.at < b.at : order < 0;
}

StagedRecords::Parts StagedRecords::Split(bool halve) {
  const std::span<Run> all(reinterpret_cast<Run*>(runs_.data()), runs_.size() / sizeof(Run));
  // The key of the apex has no label; any label gives an octet that is not 0.
  const auto apex_end = std::partition(all.begin(), all.end(),
                                       [](const Run& run) { return run.prefix == CanonicalKey::Prefix(); });
  Parts parts{.apex = {all.begin(), apex_end}, .first = {apex_end, all.end()}, .second = {}};
  if (!halve || parts.first.size() < kRunsToHalve) return parts;
  const Name middle = MiddleChild(parts.first);
  const CanonicalKey::Prefix prefix = CanonicalKey(LabelPath(middle), apex_labels_).prefix();
  const auto half = std::partition(parts.first.begin(), parts.first.end(), [&](const Run& run) {
    return run.prefix != prefix ? run.prefix < prefix : OwnerOf(run).CanonicalCompare(middle) < 0;
  });
  parts.second = {half, parts.first.end()};
  parts.first = {parts.first.begin(), half};
  return parts;
}

// The direct child of the apex that has about as many runs before it as behind it.
Name StagedRecords::MiddleChild(std::span<const Run> runs) const {
  constexpr size_t kSampled = 1000;
  std::vector<Run> sample;
  for (size_t i = 0; i < kSampled; ++i) sample.push_back(runs[i * runs.size() / kSampled]);
  const auto middle = sample.begin() + kSampled / 2;
  std::nth_element(sample.begin(), middle, sample.end(),
                   [this](const Run& a, const Run& b) { return Before(a, b); });
  return Name(OwnerOf(*middle).Ancestor(apex_labels_ + 1));
}

void StagedRecords::Sort(std::span<Run> runs) const {
  const auto before = [this](const Run& a, const Run& b) { return Before(a, b); };
  if (!std::is_sorted(runs.begin(), runs.end(), before)) std::sort(runs.begin(), runs.end(), before);
}

void StagedRecords::AppendRecords(const Run& run, std::vector<DraftRecord>& records) const {
  const uint8_t* at = staged_.data() + run.at;
  const uint32_t count = LoadU32(at);
  at += kRunHeaderOctets + at[4];
  DraftRecord record;
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t shared = *at++;
    if ((shared & kNextLine) != 0) {
      ++record.line;
    } else {
      record.line = LoadU32(at);
      record.column = LoadU32(at + 4);
      record.file = LoadU32(at + 8);
      at += kPlaceOctets;
    }
    if ((shared & kSameTtl) == 0) {
      record.ttl = Ttl::Seconds(LoadU32(at));
      at += 4;
    }
    record.type = RrType{LoadU16(at)};
    record.rdata = {at + 4, LoadU16(at + 2)};
    records.push_back(record);
    at += 4 + record.rdata.size();
  }
}

void StagedRecords::Release() {
  staged_ = Arena();
  runs_ = Arena();
}

// As far as a delegation's few records reach.
void StagedRecords::Prefetch(const Run& run) const {
  const uint8_t* at = staged_.data() + run.at;
  __builtin_prefetch(at);
  __builtin_prefetch(at + 64);
  __builtin_prefetch(at + 128);
}

}  // namespace cairn
