// The resolver's cache: a hit as the fast path does it (fold, hash, probe, copy the records), batches of 32
// with prefetching, inserts, and what an entry costs in octets.
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "common/base/epoch.h"
#include "resolver/cache.h"

namespace cairn {
namespace {

const Instant kNow = Instant() + std::chrono::hours(1);

// "nNNNNNNN.example.org." has 20 octets of text; one A record each.
struct World {
  explicit World(size_t names) {
    for (size_t i = 0; i < names; ++i) {
      std::string number = std::to_string(i);
      owners.push_back(Name::Literal("n" + std::string(7 - number.size(), '0') + number + ".example.org"));
      order.push_back(static_cast<uint32_t>(random->Below(names)));
    }
    set.rdatas.Add(std::vector<uint8_t>{192, 0, 2, 1});
  }
  void Fill() {
    for (const Name& owner : owners) Store(owner);
  }
  void Store(const Name& owner) {
    set.owner = owner;
    cache.StoreRrset(set, {}, {.filler = IpAddress::V4(std::vector<uint8_t>{192, 0, 2, 53})}, kNow);
  }

  std::unique_ptr<Random> random = NewSeededRandom(1);
  EpochDomain epochs;
  Cache cache{{.size_octets = size_t{256} << 20}, epochs, *random};
  EpochReader reader{epochs};
  std::vector<Name> owners;
  std::vector<uint32_t> order;
  Rrset set{.owner = Name(), .type = rr::kA, .ttl = Ttl::Seconds(86400), .rdatas = {}};
};

void BM_Hit(benchmark::State& state) {
  World world(static_cast<size_t>(state.range(0)));
  world.Fill();
  uint8_t out[64];
  size_t i = 0;
  for (auto _ : state) {
    CacheKey key;
    world.cache.MakeKey(world.owners[world.order[i]], key);
    const CacheHit hit = world.cache.Lookup(key, rr::kA, kNow);
    benchmark::DoNotOptimize(hit.entry->CopyRecords(out, 12, hit.entry->RemainingTtl(kNow)));
    i = i + 1 == world.order.size() ? 0 : i + 1;
  }
  const Cache::Stats stats = world.cache.stats();
  state.counters["octets/entry"] = static_cast<double>(stats.octets) / static_cast<double>(stats.entries);
}
BENCHMARK(BM_Hit)->Arg(10'000)->Arg(1'000'000);

void BM_HitInBatches(benchmark::State& state) {
  constexpr size_t kBatch = 32;
  World world(static_cast<size_t>(state.range(0)));
  world.Fill();
  std::vector<CacheKey> keys(kBatch);
  uint8_t out[64];
  size_t i = 0;
  for (auto _ : state) {
    for (CacheKey& key : keys) {
      world.cache.MakeKey(world.owners[world.order[i]], key);
      i = i + 1 == world.order.size() ? 0 : i + 1;
    }
    for (const CacheKey& key : keys) world.cache.Prefetch(key, rr::kA);
    for (const CacheKey& key : keys) world.cache.PrefetchEntry(key, rr::kA);
    for (const CacheKey& key : keys) {
      const CacheHit hit = world.cache.Lookup(key, rr::kA, kNow);
      benchmark::DoNotOptimize(hit.entry->CopyRecords(out, 12, hit.entry->RemainingTtl(kNow)));
    }
    world.reader.Quiesce();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}
BENCHMARK(BM_HitInBatches)->Arg(10'000)->Arg(1'000'000);

void BM_Miss(benchmark::State& state) {
  World world(static_cast<size_t>(state.range(0)));
  world.Fill();
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(world.cache.Lookup(world.owners[world.order[i]], rr::kAaaa, kNow));
    i = i + 1 == world.order.size() ? 0 : i + 1;
  }
}
BENCHMARK(BM_Miss)->Arg(1'000'000);

// First into an empty cache, later over what is there.
void BM_Insert(benchmark::State& state) {
  World world(static_cast<size_t>(state.range(0)));
  size_t i = 0;
  for (auto _ : state) {
    world.Store(world.owners[i]);
    if (i % 32 == 0) world.reader.Quiesce();
    i = i + 1 == world.owners.size() ? 0 : i + 1;
  }
}
BENCHMARK(BM_Insert)->Arg(1'000'000);

}  // namespace
}  // namespace cairn
