// A cache file of any content, its checksums right or wrong: reading it ends without a fault, leaves the
// cache as it was when the file is refused, and whatever it lets in is what a cache may hold. Written and
// read again it is the same.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/base/epoch.h"
#include "common/base/siphash.h"
#include "common/dns/rdata.h"
#include "resolver/cache_file.h"
#include "tests/fuzz/property.h"

namespace cairn {
namespace {

using testing::Require;

constexpr Instant kNow = Instant() + std::chrono::hours(1);
constexpr WallTime kWall{1'700'000'000};

struct World {
  std::unique_ptr<Random> random = NewSeededRandom(1);
  EpochDomain epochs;
  Cache cache{{.size_octets = 1 << 20, .max_stale = Ttl::Seconds(3600)}, epochs, *random};
  EpochReader reader{epochs};
};

absl::StatusOr<CacheFileReport> Read(ByteView file, Cache& cache) {
  const auto open = [file]() -> OctetSource {
    return [left = file](std::span<uint8_t> out) mutable {
      const size_t octets = std::min(out.size(), left.size());
      std::copy_n(left.begin(), octets, out.begin());
      left = left.subspan(octets);
      return octets;
    };
  };
  return ReadCache(open, {}, kNow, kWall, cache);
}

std::vector<uint8_t> Write(const Cache& cache) {
  std::vector<uint8_t> file;
  WriteCache(cache, {}, kNow, kWall, [&file](ByteView octets) {
    file.insert(file.end(), octets.begin(), octets.end());
    return true;
  });
  return file;
}

void Append(std::vector<uint8_t>& file, uint64_t value, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8)
    file.push_back(static_cast<uint8_t>(value >> shift));
}

// The octets as the entries of one block, so that mutations get past the checksum.
std::vector<uint8_t> AsFile(ByteView entries) {
  constexpr SipKey kChecksumKey{0x636169726e206361, 0x6368652066696c65};
  const std::string_view magic = "cairn cache\2";
  std::vector<uint8_t> file(magic.begin(), magic.end());
  Append(file, static_cast<uint64_t>(kWall.seconds) - 60, 8);
  Append(file, SipHash(kChecksumKey, ByteView()), 8);  // no upstreams
  for (const ByteView block : {entries, ByteView()}) {
    Append(file, block.size(), 4);
    Append(file, SipHash(kChecksumKey, block), 8);
    file.insert(file.end(), block.begin(), block.end());
  }
  return file;
}

std::multiset<std::string> EntriesOf(const Cache& cache) {
  std::multiset<std::string> texts;
  cache.ForEach([&](const CacheEntry& entry) {
    Require(entry.rank() <= TrustRank::kAuthoritativeAnswer && entry.security() == Security::kUnchecked,
            "a file proves nothing");
    Require(entry.kind() != CacheKind::kFailure, "failures are not kept in files");
    const RrType type = entry.kind() == CacheKind::kRrset ? entry.type() : rr::kSoa;
    for (const ByteView rdata : entry.rdatas())
      Require(CheckRdata(type, rdata) == WireFault::kNone, "RDATA is well formed");
    if (entry.zone()) Require(entry.owner().IsAtOrBelow(*entry.zone()), "nobody speaks for other zones");
    if (entry.kind() != CacheKind::kRrset)
      Require(entry.owner().IsAtOrBelow(entry.soa_owner()), "RFC 2308: the SOA is at or above the name");
    Require(entry.expires() <= kNow + std::chrono::seconds(86400), "no longer than the cap");
    texts.insert(entry.ToText(kNow) + entry.ToRrset(kNow).ToText());
  });
  return texts;
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  World raw, wrapped, again;
  if (!Read({data, size}, raw.cache).ok()) Require(raw.cache.stats().entries == 0, "refused is refused");
  EntriesOf(raw.cache);

  if (!Read(AsFile({data, size}), wrapped.cache).ok()) {
    Require(wrapped.cache.stats().entries == 0, "refused is refused");
    return 0;
  }
  const std::multiset<std::string> entries = EntriesOf(wrapped.cache);
  const absl::StatusOr<CacheFileReport> report = Read(Write(wrapped.cache), again.cache);
  Require(report.ok() && report->refused == 0, "what was written is read");
  Require(EntriesOf(again.cache) == entries, "and is the same");
  return 0;
}
