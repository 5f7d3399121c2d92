#include "common/zone/nsec3_chain.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace cairn {

Nsec3Chain::Nsec3Chain(const Nsec3Params& params, std::vector<Link> links, bool opt_out)
    : iterations_(params.iterations),
      opt_out_(opt_out),
      salt_(params.salt.begin(), params.salt.end()),
      links_(std::move(links)) {
  links_.shrink_to_fit();
  const unsigned bits = std::clamp(static_cast<unsigned>(std::bit_width(links_.size())), 1U, 31U);
  shift_ = 32 - bits;
  bucket_starts_.assign((size_t{1} << bits) + 1, 0);
  for (const Link& link : links_) ++bucket_starts_[BucketOf(link.hash) + 1];
  for (size_t i = 1; i < bucket_starts_.size(); ++i) bucket_starts_[i] += bucket_starts_[i - 1];
}

Nsec3Chain::Found Nsec3Chain::Find(const Nsec3Hash& hash) const {
  const size_t bucket = BucketOf(hash);
  const auto begin = links_.begin() + bucket_starts_[bucket];
  const auto end = links_.begin() + bucket_starts_[bucket + 1];
  const auto after =
      std::upper_bound(begin, end, hash, [](const Nsec3Hash& h, const Link& link) { return h < link.hash; });
  const Link& link = after == links_.begin() ? links_.back() : *(after - 1);
  return {link.node, link.hash == hash};
}

size_t Nsec3Chain::MemoryOctets() const {
  return links_.capacity() * sizeof(Link) + bucket_starts_.capacity() * sizeof(uint32_t);
}

}  // namespace cairn
