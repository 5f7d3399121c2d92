// The zones a server serves, as one immutable snapshot: apex to zone, and the longest match for a name. A
// reload builds the next set beside this one; zones that did not change are shared by both.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/dns/name.h"
#include "common/zone/label_path.h"
#include "common/zone/zone.h"

namespace cairn {

class ZoneSet {
 public:
  struct alignas(64) Entry {  // one cache line
    Name apex;
    // Null: configured, but there is nothing to serve (SERVFAIL, never NXDOMAIN).
    std::shared_ptr<const Zone> zone;
  };

  ZoneSet() = default;
  // Two entries with one apex: the last counts.
  explicit ZoneSet(std::vector<Entry> entries);
  // One zone or several, for tests and simulations.
  static std::shared_ptr<const ZoneSet> Of(std::vector<std::shared_ptr<const Zone>> zones);

  // The entry with the longest apex at or above the name; null when there is none.
  const Entry* LongestMatch(const LabelPath& path) const;
  // The same among the apexes strictly above the name: where DS at an apex is asked (RFC 4035
  // section 3.1.4.1).
  const Entry* LongestMatchAbove(const LabelPath& path) const;
  const Entry* Find(NameView apex) const;
  // Each fetches the cache lines that LongestMatch will touch next, and reads what the one before fetched:
  // the slot, the entry it names, the zone of that. Calling each for a whole batch overlaps the waits.
  void PrefetchSlot(const LabelPath& path) const;
  void PrefetchEntry(const LabelPath& path) const;
  void PrefetchZone(const LabelPath& path) const;

  std::span<const Entry> entries() const { return entries_; }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t entry = 0;  // index + 1
  };
  // The slot where the longest apex that the name can have would stand; null when there is none.
  const Slot* FirstSlot(const LabelPath& path) const;
  const Entry* Probe(const LabelPath& path, int labels) const;
  const Entry* Match(const LabelPath& path, int labels) const;

  std::vector<Entry> entries_;  // in canonical order of their apexes
  std::vector<Slot> slots_;     // a power of two, at most half full
  std::bitset<kMaxLabels + 1>
      label_counts_;  // which numbers of labels some apex has: the others need no probe
  int most_labels_ = -1;
};

}  // namespace cairn
