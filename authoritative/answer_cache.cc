#include "authoritative/answer_cache.h"

#include <algorithm>
#include <utility>

namespace cairn {
namespace {

// The octets of the name's last labels that its answer points into: those of the zone cut for a referral, of
// the apex for "no such name", all of them for what a node says of itself.
enum class Kind : uint64_t { kReferral = 1, kNoSuchName, kNothingHere, kNoData, kAnswer, kAlias };

uint64_t Pack(Kind kind, NodeId node, RrType qtype, bool dnssec_ok) {
  return static_cast<uint64_t>(kind) | uint64_t{dnssec_ok} << 8 | uint64_t{qtype.value} << 16 |
         uint64_t{node} << 32;
}
Kind KindOf(uint64_t finding) { return static_cast<Kind>(finding & 0xff); }
NodeId NodeOf(uint64_t finding) { return static_cast<NodeId>(finding >> 32); }

// One operator for each outcome; 0 for what is not kept.
struct FindingOf {
  uint64_t operator()(const lookup::Delegation& delegation) const {
    return Pack(Kind::kReferral, delegation.node.id(), RrType{}, secured);
  }
  uint64_t operator()(const lookup::NxDomain&) const {
    return secured ? 0 : Pack(Kind::kNoSuchName, kNoNode, RrType{}, false);
  }
  uint64_t operator()(const lookup::NoData& none) const {
    if (none.synthesised) return 0;
    return secured ? Pack(Kind::kNoData, none.node.id(), qtype, true)
                   : Pack(Kind::kNothingHere, none.node.id(), RrType{}, false);
  }
  uint64_t operator()(const lookup::Answer& answer) const {
    if (answer.synthesised) return 0;
    const bool dear = secured || answer.rrset.HasTargets() || answer.rrset.size() > kCheapRecords;
    return dear ? Pack(Kind::kAnswer, answer.node.id(), qtype, secured) : 0;
  }
  uint64_t operator()(const lookup::Alias& alias) const {
    // It may lead into another zone, signed or not.
    return alias.synthesised ? 0 : Pack(Kind::kAlias, alias.node.id(), qtype, dnssec_ok);
  }
  uint64_t operator()(const lookup::Redirection&) const { return 0; }

  static constexpr size_t kCheapRecords = 2;
  RrType qtype;
  bool dnssec_ok;
  bool secured;  // signatures and proofs come along
};

// Where the part of the question's name begins into which the answer may point.
size_t PointableFrom(const AnswerCache::Key& key, const LabelPath& qname) {
  size_t octets = qname.name().size();
  switch (KindOf(key.finding)) {
    case Kind::kReferral:
      octets = qname.Suffix(Node(*key.zone, NodeOf(key.finding)).LabelCount()).size();
      break;
    case Kind::kNoSuchName:
    case Kind::kNothingHere:
      octets = key.zone->apex().size();
      break;
    case Kind::kNoData:
    case Kind::kAnswer:
    case Kind::kAlias:
      break;
  }
  return kHeaderOctets + qname.name().size() - octets;
}

}  // namespace

// One answer, in eight pairs of cache lines.
struct AnswerCache::Slot {
  static constexpr size_t kOctets = 1024;
  static constexpr size_t kMostPointers = 64;

  Key key;
  Composed composed;
  bool authoritative;
  uint16_t octet_count;
  uint16_t pointer_count;
  std::array<uint16_t, 3> counts;
  std::array<uint16_t, kMostPointers> pointers;
  std::array<uint8_t, kOctets - 172> octets;
};

AnswerCache::AnswerCache(size_t octets) {
  static_assert(sizeof(Slot) == Slot::kOctets);
  buckets_.resize(octets / (sizeof(Bucket) + kWays * sizeof(Slot)));
  slots_ = std::make_unique_for_overwrite<Slot[]>(buckets_.size() * kWays);
}

AnswerCache::~AnswerCache() = default;

void AnswerCache::Clear() { std::ranges::fill(buckets_, Bucket{}); }

AnswerCache::Key AnswerCache::KeyOf(const Zone& zone, const LookupResult& found, RrType qtype,
                                    bool dnssec_ok) {
  // These have an answer of their own for each transport (RFC 8482).
  if (qtype == rr::kAny || qtype == rr::kRrsig) return {};
  const FindingOf finding_of{
      .qtype = qtype, .dnssec_ok = dnssec_ok, .secured = dnssec_ok && zone.is_signed()};
  const uint64_t finding = std::visit(finding_of, found);
  return finding == 0 ? Key{} : Key{&zone, finding};
}

AnswerCache::Place AnswerCache::PlaceOf(const Key& key) const {
  __extension__ using Uint128 = unsigned __int128;
  const Uint128 product = Uint128{key.finding ^ 0x9e3779b97f4a7c15} *
                          (reinterpret_cast<uintptr_t>(key.zone) ^ 0xd1b54a32d192ed03);
  const uint64_t hash = static_cast<uint64_t>(product >> 64) ^ static_cast<uint64_t>(product);
  return {static_cast<size_t>(Uint128{hash} * buckets_.size() >> 64), hash | 1};
}

void AnswerCache::PrefetchBucket(const Key& key) const { __builtin_prefetch(&buckets_[PlaceOf(key).bucket]); }

void AnswerCache::PrefetchAnswer(const Key& key) const {
  const Place place = PlaceOf(key);
  const auto& tags = buckets_[place.bucket].tags;
  const auto way = static_cast<size_t>(std::ranges::find(tags, place.tag) - tags.begin());
  if (way == kWays) return;
  const Slot& slot = slots_[place.bucket * kWays + way];
  __builtin_prefetch(&slot);
  for (size_t at = 0; at < 192; at += 64) __builtin_prefetch(slot.octets.data() + at);
}

std::optional<Composed> AnswerCache::Copy(const Key& key, MessageWriter& out) const {
  const Place place = PlaceOf(key);
  const Bucket& bucket = buckets_[place.bucket];
  for (size_t way = 0; way < kWays; ++way) {
    if (bucket.tags[way] != place.tag) continue;
    const Slot& slot = slots_[place.bucket * kWays + way];
    if (slot.key != key) continue;
    if (!out.AddReady({.octets = {slot.octets.data(), slot.octet_count},
                       .pointers = {slot.pointers.data(), slot.pointer_count},
                       .counts = slot.counts})) {
      return std::nullopt;
    }
    out.SetAuthoritative(slot.authoritative);
    out.SetRcode(slot.composed.rcode);
    return slot.composed;
  }
  return std::nullopt;
}

// Whether `place` was the last of its bucket that was not there.
bool AnswerCache::ComesAgain(const Place& place) {
  return std::exchange(buckets_[place.bucket].missed, place.tag) == place.tag;
}

Composed AnswerCache::ComposeAndKeep(const Key& key, const ComposeRequest& request, MessageWriter& out) {
  const Place place = PlaceOf(key);
  if (!ComesAgain(place)) return Compose(request, out);
  const size_t start = out.size();
  PointerNotes notes;
  out.NotePointers(&notes);
  const Composed composed = Compose(request, out);
  out.NotePointers(nullptr);

  Slot made;
  const ByteView sections = out.written().subspan(start);
  if (!composed.complete || sections.size() > made.octets.size() || notes.count() > Slot::kMostPointers)
    return composed;
  made.key = key;
  made.composed = composed;
  made.authoritative = out.authoritative();
  made.octet_count = static_cast<uint16_t>(sections.size());
  made.pointer_count = static_cast<uint16_t>(notes.count());
  made.counts = out.counts();
  std::ranges::copy(sections, made.octets.begin());
  const size_t pointable_from = PointableFrom(key, request.qname);
  for (size_t i = 0; i < notes.count(); ++i) {
    const size_t at = notes[i];
    const size_t target = LoadU16(out.written().data() + at) & 0x3fffU;
    if (target < pointable_from) return composed;  // into labels which other names do not have
    made.pointers[i] = static_cast<uint16_t>(at - start);
    StoreU16(made.octets.data() + made.pointers[i], static_cast<uint16_t>(target - start));
  }
  Keep(key, place, made);
  return composed;
}

void AnswerCache::Keep(const Key& key, const Place& place, const Slot& made) {
  Bucket& bucket = buckets_[place.bucket];
  const Slot* slots = &slots_[place.bucket * kWays];
  size_t way = 0;
  while (way < kWays && bucket.tags[way] != 0 && !(bucket.tags[way] == place.tag && slots[way].key == key))
    ++way;
  if (way == kWays) way = next_way_ = (next_way_ + 1) % kWays;
  bucket.tags[way] = place.tag;
  slots_[place.bucket * kWays + way] = made;
}

}  // namespace cairn
