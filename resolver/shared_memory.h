// What the workers of one program share, built from the options: the answer cache, the delegation store and
// the epochs that protect their readers. Outlives all workers. Sizes are those of the start; a reload does
// not change them.
#pragma once

#include "common/base/epoch.h"
#include "common/base/random.h"
#include "resolver/cache.h"
#include "resolver/delegation_store.h"
#include "resolver/resolver.h"
#include "resolver/resolver_options.h"

namespace cairn {

inline CacheOptions CacheOptionsOf(const ResolverOptions& options) {
  return {.size_octets = options.cache_size_octets,
          .min_ttl = Ttl::Seconds(options.cache_min_ttl_s),
          .max_ttl = Ttl::Seconds(options.cache_max_ttl_s),
          .max_negative_ttl = Ttl::Seconds(options.cache_max_negative_ttl_s),
          .nxdomain_cut = options.nxdomain_cut,
          .max_stale = Ttl::Seconds(options.serve_stale ? options.stale_max_age_s : 0),
          .failure = options.failure_ttl,
          .longest_failure = options.failure_max_ttl,
          .max_rrset_records = options.cache_max_rrset_records,
          .max_types_per_name = options.cache_max_types};
}

inline DelegationStore::Options DelegationOptionsOf(const ResolverOptions& options) {
  return {.size_octets = options.delegations_size_octets,
          .min_ttl = Ttl::Seconds(options.delegation_min_ttl_s),
          .max_ttl = Ttl::Seconds(options.delegation_max_ttl_s)};
}

class SharedMemoryOwner {
 public:
  SharedMemoryOwner(const ResolverOptions& options, Random& random)
      : cache_(CacheOptionsOf(options), epochs_, random),
        delegations_(DelegationOptionsOf(options), random) {}

  SharedMemory For(EpochReader& reader) {
    return {.epoch = reader, .cache = cache_, .delegations = delegations_};
  }
  EpochDomain& epochs() { return epochs_; }
  Cache& cache() { return cache_; }
  DelegationStore& delegations() { return delegations_; }

 private:
  EpochDomain epochs_;
  Cache cache_;
  DelegationStore delegations_;
};

}  // namespace cairn
