#include "common/zone/zone_set.h"

#include <algorithm>
#include <map>
#include <utility>

namespace cairn {

static_assert(sizeof(ZoneSet::Entry) == 64);

ZoneSet::ZoneSet(std::vector<Entry> entries) {
  std::map<Name, std::shared_ptr<const Zone>, NameLess> by_apex;
  for (Entry& entry : entries) by_apex.insert_or_assign(std::move(entry.apex), std::move(entry.zone));
  for (auto& [apex, zone] : by_apex) entries_.push_back({apex, std::move(zone)});

  size_t slot_count = 2;
  while (slot_count < 2 * entries_.size()) slot_count *= 2;
  slots_.resize(slot_count);
  for (size_t i = 0; i < entries_.size(); ++i) {
    const NameView apex = entries_[i].apex.view();
    const uint64_t hash = apex.Hash();
    size_t slot = hash & (slot_count - 1);
    while (slots_[slot].entry != 0) slot = (slot + 1) & (slot_count - 1);
    slots_[slot] = {.tag = static_cast<uint32_t>(hash >> 32), .entry = static_cast<uint32_t>(i + 1)};
    label_counts_.set(static_cast<size_t>(apex.LabelCount()));
    most_labels_ = std::max(most_labels_, apex.LabelCount());
  }
}

std::shared_ptr<const ZoneSet> ZoneSet::Of(std::vector<std::shared_ptr<const Zone>> zones) {
  std::vector<Entry> entries;
  for (std::shared_ptr<const Zone>& zone : zones) {
    Name apex(zone->apex());
    entries.push_back({std::move(apex), std::move(zone)});
  }
  return std::make_shared<const ZoneSet>(std::move(entries));
}

const ZoneSet::Entry* ZoneSet::LongestMatch(const LabelPath& path) const {
  return Match(path, path.labels());
}

const ZoneSet::Entry* ZoneSet::LongestMatchAbove(const LabelPath& path) const {
  return Match(path, path.labels() - 1);
}

const ZoneSet::Entry* ZoneSet::Find(NameView apex) const {
  const LabelPath path(apex);
  return Probe(path, path.labels());
}

const ZoneSet::Slot* ZoneSet::FirstSlot(const LabelPath& path) const {
  for (int labels = std::min(path.labels(), most_labels_); labels >= 0; --labels) {
    if (label_counts_.test(static_cast<size_t>(labels)))
      return &slots_[path.Hash(labels) & (slots_.size() - 1)];
  }
  return nullptr;
}

void ZoneSet::PrefetchSlot(const LabelPath& path) const {
  if (const Slot* slot = FirstSlot(path)) __builtin_prefetch(slot);
}

void ZoneSet::PrefetchEntry(const LabelPath& path) const {
  const Slot* slot = FirstSlot(path);
  if (slot == nullptr || slot->entry == 0) return;
  __builtin_prefetch(&entries_[slot->entry - 1]);
}

void ZoneSet::PrefetchZone(const LabelPath& path) const {
  const Slot* slot = FirstSlot(path);
  if (slot == nullptr || slot->entry == 0) return;
  if (const Zone* zone = entries_[slot->entry - 1].zone.get()) zone->Prefetch();
}

const ZoneSet::Entry* ZoneSet::Match(const LabelPath& path, int labels) const {
  for (labels = std::min(labels, most_labels_); labels >= 0; --labels) {
    if (!label_counts_.test(static_cast<size_t>(labels))) continue;
    if (const Entry* entry = Probe(path, labels)) return entry;
  }
  return nullptr;
}

const ZoneSet::Entry* ZoneSet::Probe(const LabelPath& path, int labels) const {
  if (slots_.empty()) return nullptr;
  const uint64_t hash = path.Hash(labels);
  for (size_t slot = hash & (slots_.size() - 1);; slot = (slot + 1) & (slots_.size() - 1)) {
    if (slots_[slot].entry == 0) return nullptr;
    const Entry& entry = entries_[slots_[slot].entry - 1];
    if (slots_[slot].tag == static_cast<uint32_t>(hash >> 32) && entry.apex.view() == path.Suffix(labels))
      return &entry;
  }
}

}  // namespace cairn
