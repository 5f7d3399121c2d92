#include "authoritative/alias_trail.h"

#include <algorithm>

namespace cairn {

bool AliasTrail::Follow(NameView target) {
  if (full() || target == qname_ || std::find(followed_.begin(), followed_.end(), target) != followed_.end())
    return false;
  followed_.push_back(target);
  return true;
}

std::optional<NameView> AliasTrail::Redirect(NameView name, NameView owner, NameView target) {
  const size_t kept = name.size() - owner.size();
  if (kept + target.size() > kMaxNameOctets) return std::nullopt;
  uint8_t* made = made_by_dname_[followed_.size()].data();
  std::copy_n(name.data(), kept, made);
  std::copy_n(target.data(), target.size(), made + kept);
  return NameView::FromValidWire(made, kept + target.size());
}

bool AliasTrail::IsNew(Node dname) {
  if (std::find(dnames_.begin(), dnames_.end(), dname) != dnames_.end()) return false;
  dnames_.push_back(dname);
  return true;
}

}  // namespace cairn
