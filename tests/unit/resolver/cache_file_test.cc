// Written and read again: the same answers, with what is left of their lives; and what is not read.
#include "resolver/cache_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <vector>

#include "common/dns/rdata_text.h"
#include "fmt/format.h"
#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

using std::chrono::seconds;

const Instant kStart = Instant() + std::chrono::hours(1);
constexpr WallTime kWall{1'700'000'000};

Rrset SetOf(std::string_view owner, RrType type, uint32_t ttl, const std::vector<std::string>& texts) {
  Rrset rrset{.owner = Name::Literal(owner), .type = type, .ttl = Ttl::Seconds(ttl), .rdatas = {}};
  for (const std::string& text : texts) rrset.rdatas.Add(*RdataFromText(type, text));
  return rrset;
}

std::function<OctetSource()> Open(const std::vector<uint8_t>& file) {
  return [&file]() -> OctetSource {
    return [left = ByteView(file)](std::span<uint8_t> out) mutable {
      const size_t octets = std::min(out.size(), left.size());
      std::copy_n(left.begin(), octets, out.begin());
      left = left.subspan(octets);
      return octets;
    };
  };
}

class CacheFileTest : public ::testing::Test {
 protected:
  struct Filled {
    explicit Filled(CacheOptions options = {.size_octets = 1 << 20}) : cache(options, epochs, *random) {}
    std::unique_ptr<Random> random = NewSeededRandom(1);
    EpochDomain epochs;
    Cache cache;
    EpochReader reader{epochs};
  };

  void Fill(Filled& filled) {
    const Provenance from{.filler = IpAddress::Literal("192.0.2.53"), .zone = zone};
    RdataSet rrsigs;
    rrsigs.Add(*RdataFromText(rr::kRrsig, "A 13 2 600 20300101000000 20200101000000 4711 example. AAAA"));
    filled.cache.StoreRrset(SetOf("www.example.", rr::kA, 600, {"192.0.2.1", "192.0.2.2"}), rrsigs, from,
                            kStart);
    filled.cache.StoreRrset(SetOf("alias.example.", rr::kCname, 60, {"www.example."}), {}, {}, kStart);
    const Rrset soa = SetOf("example.", rr::kSoa, 900, {"ns.example. h.example. 1 2 3 4 300"});
    filled.cache.StoreNoData(Name::Literal("www.example."), rr::kMx, soa, {}, from, kStart);
    filled.cache.StoreNxDomain(Name::Literal("no.example."), soa, {}, from, kStart);
    filled.cache.StoreFailure(Name::Literal("dead.example."), rr::kA, ExtendedError::kOther, kStart);
    filled.cache.StoreRrset(SetOf("local.example.", rr::kA, 600, {"192.0.2.9"}), {},
                            {.rank = TrustRank::kLocal}, kStart);
    filled.cache.StoreRrset(SetOf("secure.example.", rr::kA, 600, {"192.0.2.8"}), {},
                            {.rank = TrustRank::kSecure, .security = Security::kSecure}, kStart);
  }
  std::vector<uint8_t> Written(const Cache& cache, Instant now) {
    std::vector<uint8_t> file;
    WriteCache(cache, upstreams, now, kWall, [&](ByteView octets) {
      file.insert(file.end(), octets.begin(), octets.end());
      return true;
    });
    return file;
  }
  // "restored 5, expired 0, refused 0", or what is wrong.
  std::string Read(const std::vector<uint8_t>& file, Instant now, WallTime wall, Cache& into) {
    const absl::StatusOr<CacheFileReport> report = ReadCache(Open(file), upstreams, now, wall, into);
    if (!report.ok()) return std::string(report.status().message());
    return fmt::format("restored {}, expired {}, refused {}", report->restored, report->expired,
                       report->refused);
  }
  std::set<std::string> Entries(const Cache& cache, Instant now) {
    std::set<std::string> texts;
    cache.ForEach([&](const CacheEntry& entry) { texts.insert(entry.ToText(now)); });
    return texts;
  }

  const Name zone = Name::Literal("example.");
  std::vector<std::string> upstreams = {"corp.example. forward 192.0.2.9@53"};
};

TEST_F(CacheFileTest, GivesBackAnswersWithTheTimeAwayTakenOff) {
  Filled before, after;
  Fill(before);
  const std::vector<uint8_t> file = Written(before.cache, kStart + seconds(10));
  // The machine was started anew: monotonic time began again.
  const Instant later = Instant() + seconds(5);
  EXPECT_EQ(Read(file, later, {kWall.seconds + 40}, after.cache), "restored 5, expired 0, refused 0");
  EXPECT_EQ(Entries(after.cache, later),
            (std::set<std::string>{
                "www.example. A rrset, 550 s left, authoritative answer, from 192.0.2.53 for example.",
                "alias.example. CNAME rrset, 10 s left, authoritative answer",
                "www.example. MX nodata, 250 s left, authoritative answer, from 192.0.2.53 for example.",
                "no.example. nxdomain, 250 s left, authoritative answer, from 192.0.2.53 for example.",
                "secure.example. A rrset, 550 s left, authoritative answer"}))
      << "no failures, nothing local, and what was validated is so no more";
  const CacheEntry* www = after.cache.Find(Name::Literal("www.example."), rr::kA, later);
  EXPECT_EQ(www->rdatas().size(), 2u);
  EXPECT_EQ(www->rrsigs().size(), 1u);
  EXPECT_EQ(after.cache.Lookup(Name::Literal("no.example."), rr::kA, later).entry->soa_owner().ToText(),
            "example.");
}

TEST_F(CacheFileTest, WhatExpiredMeanwhileStaysAwayUnlessItMayBeStale) {
  Filled before, after, stale({.size_octets = 1 << 20, .max_stale = Ttl::Seconds(3600)});
  Fill(before);
  const std::vector<uint8_t> file = Written(before.cache, kStart);
  EXPECT_EQ(Read(file, kStart, {kWall.seconds + 60}, after.cache), "restored 4, expired 1, refused 0");
  EXPECT_EQ(Read(file, kStart, {kWall.seconds + 60}, stale.cache), "restored 5, expired 0, refused 0");
  const Name alias = Name::Literal("alias.example.");
  EXPECT_FALSE(stale.cache.Lookup(alias, rr::kA, kStart));
  EXPECT_EQ(stale.cache.LookupStale(alias, rr::kA, kStart).outcome, CacheHit::Outcome::kAlias);
}

TEST_F(CacheFileTest, TheLimitsOfNowHold) {
  Filled before, after({.size_octets = 1 << 20, .max_ttl = Ttl::Seconds(30), .max_rrset_records = 1});
  Fill(before);
  EXPECT_EQ(Read(Written(before.cache, kStart), kStart, {kWall.seconds + 10}, after.cache),
            "restored 4, expired 0, refused 1");
  EXPECT_TRUE(after.cache.Lookup(Name::Literal("alias.example."), rr::kA, kStart + seconds(19)));
  EXPECT_FALSE(after.cache.Lookup(Name::Literal("alias.example."), rr::kA, kStart + seconds(20)));
}

TEST_F(CacheFileTest, ManyEntriesNeedManyBlocks) {
  Filled before, after;
  for (int i = 0; i < 5000; ++i)
    before.cache.StoreRrset(SetOf(fmt::format("n{}.example.", i), rr::kA, 600, {"192.0.2.1"}), {}, {},
                            kStart);
  const std::vector<uint8_t> file = Written(before.cache, kStart);
  EXPECT_GT(file.size(), size_t{128} << 10);
  EXPECT_EQ(Read(file, kStart, kWall, after.cache), "restored 5000, expired 0, refused 0");
  EXPECT_EQ(Written(after.cache, kStart).size(), file.size());
}

// A cold start, and never a crash.
TEST_F(CacheFileTest, OfADamagedFileNothingIsTaken) {
  Filled before;
  Fill(before);
  const std::vector<uint8_t> good = Written(before.cache, kStart);
  const std::string damaged = "damaged: cut short, or a checksum does not agree";
  const auto read = [&](const std::vector<uint8_t>& file, WallTime wall = kWall) {
    Filled after;
    const std::string said = Read(file, kStart, wall, after.cache);
    EXPECT_EQ(after.cache.stats().entries, 0u);
    return said;
  };
  EXPECT_EQ(read({}), "not a cache file");
  EXPECT_EQ(read({good.begin(), good.begin() + 11}), "not a cache file");
  EXPECT_EQ(read({good.begin(), good.begin() + 20}), "damaged: cut short");
  EXPECT_EQ(read({good.begin(), good.begin() + 30}), damaged);
  EXPECT_EQ(read({good.begin(), good.end() - 1}), damaged);
  EXPECT_EQ(read({good.begin(), good.end() - 12}), damaged) << "the empty block at the end is missing";
  for (const size_t at : {size_t{28}, size_t{33}, size_t{48}, good.size() - 14, good.size() - 1}) {
    std::vector<uint8_t> flipped = good;
    flipped[at] ^= 0x10;
    EXPECT_EQ(read(flipped), damaged) << at;
  }
  std::vector<uint8_t> other = good;
  other[0] ^= 1;
  EXPECT_EQ(read(other), "not a cache file");
  other = good;
  other[11] = 1;
  EXPECT_EQ(read(other), "written in format 1; this version reads 2");
  EXPECT_EQ(read(good, {kWall.seconds - 1}), "written in the future, by the clock of this machine");
}

// What another forwarder said of a name may not be so, and the entries do not tell under which rule they
// came.
TEST_F(CacheFileTest, WhatCameFromOtherForwardersIsNotRead) {
  Filled before, after;
  Fill(before);
  const std::vector<uint8_t> file = Written(before.cache, kStart);
  const std::vector<std::string> then = upstreams;
  for (const std::vector<std::string>& now : {std::vector<std::string>{},
                                              {"corp.example. forward 192.0.2.8@53"},
                                              {then[0], "lan. stub 192.0.2.1@53"}}) {
    upstreams = now;
    EXPECT_EQ(Read(file, kStart, kWall, after.cache),
              "written while other forward-zones or stub-zones were configured");
    EXPECT_EQ(after.cache.stats().entries, 0u);
  }
  upstreams = then;
  EXPECT_EQ(Read(file, kStart, kWall, after.cache), "restored 5, expired 0, refused 0");
}

TEST_F(CacheFileTest, OnDiskTheFileIsReplacedWhole) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "cairn_cache_file_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "cache").string();
  ManualClock clock;
  clock.now = kStart;
  Filled before, after;
  EXPECT_EQ(LoadCacheFile(path, upstreams, clock, after.cache)->restored, 0u) << "no file yet";
  Fill(before);
  ASSERT_TRUE(SaveCacheFile(before.cache, upstreams, clock, path).ok());
  ASSERT_TRUE(SaveCacheFile(before.cache, upstreams, clock, path).ok()) << "again, over the old one";
  EXPECT_EQ(LoadCacheFile(path, upstreams, clock, after.cache)->restored, 5u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1) << "nothing is left beside it";
  std::ofstream(path, std::ios::app) << "x";
  EXPECT_TRUE(LoadCacheFile(path, upstreams, clock, after.cache).ok())
      << "the end is where the empty block is";
  std::filesystem::resize_file(path, 38);
  EXPECT_EQ(LoadCacheFile(path, upstreams, clock, after.cache).status().message(),
            path + ": damaged: cut short, or a checksum does not agree");
  const std::string nowhere = (folder / "missing" / "cache").string();
  EXPECT_FALSE(SaveCacheFile(before.cache, upstreams, clock, nowhere).ok());
}

}  // namespace
}  // namespace cairn
