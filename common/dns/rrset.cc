#include "common/dns/rrset.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "common/dns/rdata_text.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// Which set a record belongs to. Borrows from the record.
struct SetKey {
  NameView owner;
  RrType type;
  RrClass rr_class;

  friend bool operator==(const SetKey&, const SetKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const SetKey& key) {
    return H::combine(std::move(h), key.owner.Hash(), key.type.value, key.rr_class.value);
  }
};

// One RDATA of the set with index `set`. Borrows from the record.
struct MemberKey {
  size_t set;
  ByteView rdata;

  friend bool operator==(const MemberKey& a, const MemberKey& b) {
    return a.set == b.set && std::ranges::equal(a.rdata, b.rdata);
  }
  template <typename H>
  friend H AbslHashValue(H h, const MemberKey& key) {
    return H::combine(H::combine_contiguous(std::move(h), key.rdata.data(), key.rdata.size()), key.set);
  }
};

std::string LineOf(NameView owner, Ttl ttl, RrClass rr_class, RrType type, ByteView rdata) {
  std::string line =
      fmt::format("{} {} {} {} ", owner.ToText(), ttl.seconds(), rr_class.ToText(), type.ToText());
  AppendRdataText(type, rdata, line);
  return line;
}

}  // namespace

void RdataSet::Add(ByteView rdata) {
  const size_t old_size = packed_.size();
  packed_.resize(old_size + 2 + rdata.size());
  StoreU16(packed_.data() + old_size, static_cast<uint16_t>(rdata.size()));
  if (!rdata.empty()) std::memcpy(packed_.data() + old_size + 2, rdata.data(), rdata.size());
  ++count_;
}

bool RdataSet::AddUnique(ByteView rdata) {
  if (Contains(rdata)) return false;
  Add(rdata);
  return true;
}

bool RdataSet::Contains(ByteView rdata) const {
  return std::ranges::any_of(*this, [rdata](ByteView member) { return std::ranges::equal(member, rdata); });
}

std::string Rrset::ToText() const {
  std::string text;
  for (const ByteView rdata : rdatas) {
    if (!text.empty()) text += '\n';
    text += LineOf(owner, ttl, rr_class, type, rdata);
  }
  return text;
}

std::string Record::ToText() const { return LineOf(owner, ttl, rr_class, type, rdata); }

// Hashing finds sets and repeated members: comparing each with each would let one message of thousands of
// records cost milliseconds (CVE-2024-1737).
std::vector<Rrset> GroupIntoRrsets(const std::vector<Record>& records) {
  std::vector<Rrset> sets;
  absl::flat_hash_map<SetKey, size_t> set_of;
  absl::flat_hash_set<MemberKey> members;
  set_of.reserve(records.size());
  members.reserve(records.size());
  for (const Record& record : records) {
    const SetKey key{.owner = record.owner, .type = record.type, .rr_class = record.rr_class};
    const auto [found, is_new] = set_of.try_emplace(key, sets.size());
    if (is_new) {
      sets.push_back({.owner = record.owner,
                      .type = record.type,
                      .rr_class = record.rr_class,
                      .ttl = record.ttl,
                      .rdatas = {}});
    }
    Rrset& set = sets[found->second];
    set.ttl = std::min(set.ttl, record.ttl);
    if (members.insert({.set = found->second, .rdata = record.rdata}).second) set.rdatas.Add(record.rdata);
  }
  return sets;
}

}  // namespace cairn
