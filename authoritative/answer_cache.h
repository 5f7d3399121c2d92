// Finished answers, kept by what they were made from. What stands behind the question of an answer depends on
// what Find found (a zone cut, a node and its set, "no such name") and on how the zone's part of the name is
// spelled, not on the labels before it: all names below one cut get the same referral, octet for octet, but
// for where it begins. So what is kept are the sections and the places of their compression pointers (RFC
// 1035 section 4.1.4), which move with the length of the question. Outsiders choose names, not findings: a
// flood of made-up names finds its one answer here, and pushes out no other.
//
// One worker's, for one snapshot of zones. Buckets are cache lines of seven tags; a finding is kept when it
// comes twice without another that is not kept in its bucket between them, so that a large zone whose names
// are all asked for alike costs its queries one look and no copying.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "authoritative/compose.h"
#include "common/dns/message_writer.h"
#include "common/zone/zone_lookup.h"

namespace cairn {

class AnswerCache {
 public:
  // Room for both forms (with and without DO) of some 3500 answers, twice what the root zone has delegations,
  // and little enough to stay in a processor's caches.
  static constexpr size_t kUsualOctets = 8 << 20;

  // What an answer was made from; false for what is not kept, because it depends on more than the finding
  // (wildcards, DNAME, proofs of a name that does not exist), or because making it again costs no more.
  struct Key {
    const Zone* zone = nullptr;
    uint64_t finding = 0;
    explicit operator bool() const { return zone != nullptr; }
    friend bool operator==(const Key&, const Key&) = default;
  };
  static Key KeyOf(const Zone& zone, const LookupResult& found, RrType qtype, bool dnssec_ok);

  // Never takes more than `octets`; less than a bucket's worth keeps nothing.
  explicit AnswerCache(size_t octets);
  ~AnswerCache();
  bool enabled() const { return !buckets_.empty(); }
  void Clear();

  // Each fetches the cache lines which Copy(key) will read next: the bucket, the answer.
  void PrefetchBucket(const Key& key) const;
  void PrefetchAnswer(const Key& key) const;
  // Adds the sections of the answer kept for `key` to `out`, which holds header and question, with AA and
  // RCODE. Nothing, and nothing written, when there is none, or no room: then Compose says what to leave out.
  std::optional<Composed> Copy(const Key& key, MessageWriter& out) const;
  // Compose, and keeps what it wrote if the finding deserves it. `request` is for the same finding.
  Composed ComposeAndKeep(const Key& key, const ComposeRequest& request, MessageWriter& out);

 private:
  static constexpr size_t kWays = 7;
  struct alignas(64) Bucket {
    std::array<uint64_t, kWays> tags{};  // 0: empty
    uint64_t missed = 0;                 // the last that was not there
  };
  struct Slot;
  struct Place {
    size_t bucket;
    uint64_t tag;
  };

  Place PlaceOf(const Key& key) const;
  bool ComesAgain(const Place& place);
  void Keep(const Key& key, const Place& place, const Slot& made);

  std::vector<Bucket> buckets_;
  std::unique_ptr<Slot[]> slots_;  // kWays for each bucket
  size_t next_way_ = 0;
};

}  // namespace cairn
