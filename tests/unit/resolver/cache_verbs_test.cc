#include "resolver/cache_verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/dns/rdata_text.h"
#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

class CacheDeskTest : public ::testing::Test {
 protected:
  CacheDeskTest() {
    const Name zone = Name::Literal("example.");
    const Provenance from{.filler = IpAddress::Literal("192.0.2.53"), .zone = zone};
    const Instant start = clock.now;
    Store("www.example.", rr::kA, {"192.0.2.1", "192.0.2.2"}, from);
    Store("alias.example.", rr::kCname, {"www.example."}, {});
    Rrset soa{.owner = zone, .type = rr::kSoa, .ttl = Ttl::Seconds(300), .rdatas = {}};
    soa.rdatas.Add(*RdataFromText(rr::kSoa, "ns.example. h.example. 1 2 3 4 300"));
    cache.StoreNoData(Name::Literal("www.example."), rr::kMx, soa, {}, from, start);
    cache.StoreNxDomain(Name::Literal("no.example."), soa, {}, from, start);
    cache.StoreFailure(Name::Literal("dead.test."), rr::kA, ExtendedError::kNoReachableAuthority, start);
    Delegation root;
    root.servers.push_back({Name::Literal("a.root."), {IpAddress::Literal("192.0.2.3")}});
    delegations.SetPermanent(root);
    delegations.Store({.cut = zone,
                       .servers = {{Name::Literal("ns.example."), {IpAddress::Literal("192.0.2.53")}}},
                       .learnt = start,
                       .expires = start + std::chrono::seconds(3600),
                       .filler = std::nullopt},
                      start);
    clock.now += std::chrono::seconds(10);
  }
  void Store(std::string_view owner, RrType type, const std::vector<std::string>& texts,
             const Provenance& from) {
    Rrset rrset{.owner = Name::Literal(owner), .type = type, .ttl = Ttl::Seconds(600), .rdatas = {}};
    for (const std::string& text : texts) rrset.rdatas.Add(*RdataFromText(type, text));
    cache.StoreRrset(rrset, {}, from, clock.now);
  }

  ManualClock clock;  // 2023-11-14T22:13:20Z
  EpochDomain epochs;
  std::unique_ptr<Random> random = NewSeededRandom(1);
  Cache cache{{.size_octets = 1 << 20, .nxdomain_cut = NxDomainCut::kAuthoritative}, epochs, *random};
  DelegationStore delegations{{}, *random};
  CacheDesk desk{cache, delegations, epochs, clock};
};

TEST_F(CacheDeskTest, DumpHasARecordALineAndSaysWhoToldUsAndWhen) {
  const std::string dump = desk.Dump(NameView(), 1 << 20);
  for (const char* line :
       {"www.example. 590 IN A 192.0.2.1 ; authoritative answer, from 192.0.2.53 for example., learnt "
        "2023-11-14T22:13:10Z\n",
        "www.example. 590 IN A 192.0.2.2 ; ",
        "alias.example. 590 IN CNAME www.example. ; authoritative answer, learnt 2023-11-14T22:13:10Z\n",
        "; www.example. MX nodata, 290 s left, SOA of example., authoritative answer, from 192.0.2.53",
        "; no.example. nxdomain, 290 s left, SOA of example.",
        "; zone cut example. by ns.example. (192.0.2.53), 3590 s left\n", "; zone cut . by a.root."})
    EXPECT_THAT(dump, HasSubstr(line));
  EXPECT_THAT(desk.Dump(Name::Literal("test."), 1 << 20),
              "; dead.test. A failure, 0 s left, no server could be reached: 1 in a row, learnt "
              "2023-11-14T22:13:10Z\n");
}

TEST_F(CacheDeskTest, DumpStopsAtItsLimitAndSaysSo) {
  const std::string dump = desk.Dump(NameView(), 100);
  EXPECT_LE(dump.size(), 200u);
  EXPECT_THAT(dump, HasSubstr("further entries do not fit\n"));
}

TEST_F(CacheDeskTest, LookupShowsWhatIsKnownAndWhatWouldBeAnswered) {
  struct Case {
    const char* asked;
    const char* expected;
  };
  for (const auto& [asked, expected] : {
           Case{"alias.example. A",
                "would be answered NOERROR from the cache\nalias.example. 590 IN CNAME www.example.\n"
                "www.example. 590 IN A 192.0.2.1\nwww.example. 590 IN A 192.0.2.2\nclosest zone cut: "
                "example."},
           {"alias.example. TXT", "would be answered after asking servers for www.example. TXT\n"},
           {"alias.example. MX", "would be answered NOERROR from the cache\nalias.example. 590 IN CNAME"},
           {"no.example. TXT", "; no.example. nxdomain, 290 s left"},
           {"a.b.no.example. TXT", "would be answered NXDOMAIN from the cache\nexample. 290 IN SOA"},
           {"dead.test. A", "; dead.test. A failure, 0 s left, no server could be reached: 1 in a row"},
           {"new.test. A", "new.test. A is not in the cache\nwould be answered after asking servers for new"},
       }) {
    EXPECT_THAT(desk.Lookup(QuestionFromText(asked)), HasSubstr(expected)) << asked;
  }
}

TEST_F(CacheDeskTest, FlushSaysHowMuchIsForgotten) {
  EXPECT_EQ(desk.Flush(Name::Literal("www.example."), false, rr::kA), "1 entries forgotten\n");
  EXPECT_EQ(desk.Flush(Name::Literal("www.example."), false, std::nullopt),
            "1 entries and 0 zone cuts forgotten\n");
  EXPECT_EQ(desk.Flush(Name::Literal("example."), true, rr::kCname), "1 entries forgotten\n");
  EXPECT_EQ(desk.Flush(Name::Literal("example."), true, std::nullopt),
            "1 entries and 1 zone cuts forgotten\n");
  EXPECT_EQ(cache.stats().entries, 1u) << "dead.test.";
}

}  // namespace
}  // namespace cairn
