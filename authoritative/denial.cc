#include "authoritative/denial.h"

#include <algorithm>

#include "authoritative/nsec3_denial.h"
#include "authoritative/nsec_denial.h"

namespace cairn {

bool DenialProofs::Add(const Zone& zone, const LabelPath& qname, const LookupResult& result) {
  switch (zone.denial()) {
    case Denial::kNone:
      return true;
    case Denial::kNsec:
      ProveWithNsec(zone, qname, result, *this);
      return true;
    case Denial::kNsec3:
      return ProveWithNsec3(zone, qname, result, *this);
  }
  return true;
}

void DenialProofs::Keep(Node owner, RrType type) {
  const Record record{owner, type};
  if (records_.size() == kMost || std::find(records_.begin(), records_.end(), record) != records_.end())
    return;
  records_.push_back(record);
}

bool DenialProofs::SpendDigests(size_t digests) {
  if (digests > digests_left_) return false;
  digests_left_ -= digests;
  return true;
}

NameView WildcardInto(Node parent, NameBuffer& out) {
  NameBuffer owner;
  parent.OwnerInto(owner);
  out.octets[0] = 1;
  out.octets[1] = '*';
  std::copy_n(owner.octets.data(), owner.size, out.octets.data() + 2);
  out.size = owner.size + 2;
  return out.view();
}

}  // namespace cairn
