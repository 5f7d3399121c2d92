#include "resolver/delegation_store.h"

#include <string>
#include <vector>

#include "common/base/limits.h"
#include "fmt/format.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

using std::chrono::seconds;
using Outcome = DelegationStore::Outcome;

const Instant kStart = Instant() + std::chrono::hours(1);

Delegation Cut(std::string_view cut, std::vector<std::string> servers, int ttl_s, Instant now = kStart) {
  Delegation delegation;
  delegation.cut = Name::Literal(cut);
  for (const std::string& server : servers)
    delegation.servers.push_back({Name::Literal(server), {IpAddress::Literal("192.0.2.1")}});
  delegation.expires = now + seconds(ttl_s);
  return delegation;
}

class DelegationStoreTest : public ::testing::Test {
 protected:
  DelegationStoreTest() { store.SetPermanent(Cut(".", {"hint.root."}, 0)); }
  std::string Closest(std::string_view qname, int after_s = 0) const {
    const std::optional<Delegation> cut = store.Closest(Name::Literal(qname), kStart + seconds(after_s));
    return cut ? cut->cut.ToText() : "none";
  }
  Outcome Store(std::string_view cut, std::string server, int ttl_s, int after_s = 0) {
    const Instant now = kStart + seconds(after_s);
    return store.Store(Cut(cut, {std::move(server)}, ttl_s, now), now);
  }

  std::unique_ptr<Random> random = NewSeededRandom(1);
  DelegationStore store{{}, *random};
};

TEST_F(DelegationStoreTest, GivesTheDeepestLiveCut) {
  EXPECT_EQ(Closest("www.sub.example."), ".");
  EXPECT_EQ(Store("example.", "ns.example.", 3600), Outcome::kStored);
  EXPECT_EQ(Store("sub.example.", "ns.sub.example.", 600), Outcome::kStored);
  EXPECT_EQ(Closest("WWW.sub.example."), "sub.example.");
  EXPECT_EQ(Closest("sub.example."), "sub.example.");
  EXPECT_EQ(Closest("other.example."), "example.");
  EXPECT_EQ(Closest("xsub.example."), "example.");
  EXPECT_EQ(Closest("test."), ".");
  EXPECT_EQ(Closest("www.sub.example.", 600), "example.");
  EXPECT_EQ(Closest("www.sub.example.", 3600), ".");
}

TEST_F(DelegationStoreTest, KeepsNamesAndGlue) {
  Delegation delegation = Cut("example.", {"ns1.example.", "ns2.test."}, 3600);
  delegation.servers[0].addresses.push_back(IpAddress::Literal("2001:db8::1"));
  delegation.servers[1].addresses.clear();
  delegation.filler = IpAddress::Literal("198.51.100.1");
  delegation.ds = DsKnowledge::kPresent;
  store.Store(delegation, kStart);
  const std::optional<Delegation> found = store.Find(Name::Literal("example."), kStart + seconds(1));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ToText(kStart + seconds(1)),
            "example. by ns1.example. (192.0.2.1 2001:db8::1) ns2.test. (no glue), 3599 s left");
  EXPECT_EQ(found->filler, delegation.filler);
  EXPECT_EQ(found->ds, DsKnowledge::kPresent);
  EXPECT_EQ(found->learnt, kStart);
}

TEST_F(DelegationStoreTest, DsIsAskedAboveTheCut) {
  Store("example.", "ns.example.", 3600);
  Store("sub.example.", "ns.example.", 3600);
  EXPECT_EQ(store.ClosestAbove(Name::Literal("sub.example."), kStart)->cut.ToText(), "example.");
  EXPECT_FALSE(store.ClosestAbove(Name(), kStart));
}

TEST_F(DelegationStoreTest, LivesAsLongAsTheParentSaysWithinBounds) {
  struct Case {
    int ttl_s, kept_s;
  };
  for (const auto& [ttl_s, kept_s] : {Case{1, 60}, {60, 60}, {61, 61}, {86400, 86400}, {200000, 86400}}) {
    Store("example.", "ns.example.", ttl_s);
    EXPECT_EQ(Closest("example.", kept_s - 1), "example.") << ttl_s;
    EXPECT_EQ(Closest("example.", kept_s), ".") << ttl_s;
    store.Forget(Name::Literal("example."));
  }
  EXPECT_EQ(Store("example.", "ns.example.", 0), Outcome::kZeroTtl);
}

// Ghost and phoenix domains (CVE-2022-30698, CVE-2022-30699).
TEST_F(DelegationStoreTest, WhatWasLearntBelowACutDiesWithIt) {
  Store("example.", "ns.old.", 100);
  Store("sub.example.", "ns.sub.", 86400);
  Store("deep.sub.example.", "ns.deep.", 86400);
  EXPECT_EQ(Closest("www.deep.sub.example.", 99), "deep.sub.example.");
  EXPECT_EQ(Closest("www.deep.sub.example.", 100), ".") << "the parent's TTL has ended";

  // Nobody but a live parent can bring it back.
  EXPECT_EQ(Store("deep.sub.example.", "ns.deep.", 3600, 100), Outcome::kChanged)
      << "now as a cut below the root";
  store.Forget(Name::Literal("deep.sub.example."));

  // The same servers again: what they said still holds.
  EXPECT_EQ(Store("example.", "ns.old.", 100, 101), Outcome::kRefreshed);
  EXPECT_EQ(Closest("www.sub.example.", 102), "sub.example.");

  // Others: it does not.
  EXPECT_EQ(Store("example.", "ns.new.", 100, 102), Outcome::kChanged);
  EXPECT_EQ(Closest("www.sub.example.", 103), "example.");
  EXPECT_EQ(Store("example.", "ns.old.", 100, 104), Outcome::kChanged);
  EXPECT_EQ(Closest("www.sub.example.", 105), "example.") << "not even when the old ones come back";
}

TEST_F(DelegationStoreTest, RefreshKeepsTheCutsBelow) {
  Store("example.", "ns.example.", 3600);
  Store("sub.example.", "ns.sub.", 3600);
  Delegation more_glue = Cut("example.", {"ns.example."}, 3600, kStart + seconds(10));
  more_glue.servers[0].addresses.push_back(IpAddress::Literal("2001:db8::1"));
  EXPECT_EQ(store.Store(more_glue, kStart + seconds(10)), Outcome::kRefreshed);
  EXPECT_EQ(Closest("www.sub.example.", 11), "sub.example.");
}

TEST_F(DelegationStoreTest, PrimingServesUntilItsTtlEndsThenTheHintsAgain) {
  EXPECT_EQ(Store(".", "a.root.", 600), Outcome::kStored);
  Store("example.", "ns.example.", 3600);
  EXPECT_EQ(store.Closest(Name(), kStart)->servers[0].name.ToText(), "a.root.");
  EXPECT_EQ(store.Closest(Name(), kStart + seconds(600))->servers[0].name.ToText(), "hint.root.");
  EXPECT_EQ(Closest("www.example.", 601), "example.") << "the root stays the root";
}

// The TLDs of one root need not be those of another.
TEST_F(DelegationStoreTest, OtherHintsEndWhatTheOldRootSaid) {
  Store(".", "a.root.", 600);
  Store("example.", "ns.example.", 3600);
  store.SetPermanent(Cut(".", {"hint.root."}, 0));
  EXPECT_EQ(Closest("www.example."), "example.") << "the same hints change nothing";
  store.SetPermanent(Cut(".", {"other.root."}, 0));
  EXPECT_EQ(Closest("www.example."), ".");
  EXPECT_EQ(store.Closest(Name(), kStart)->servers[0].name.ToText(), "other.root.");
}

TEST_F(DelegationStoreTest, WhatIsConfiguredIsNotOverruled) {
  store.SetPermanent(Cut("lab.example.", {"ns.lab."}, 0));
  EXPECT_EQ(Store("lab.example.", "ns.evil.", 3600), Outcome::kPermanent);
  EXPECT_EQ(Closest("www.lab.example."), "lab.example.");
  EXPECT_EQ(Store("sub.lab.example.", "ns.sub.", 3600), Outcome::kStored);
  EXPECT_EQ(Closest("www.sub.lab.example."), "sub.lab.example.");
  store.SetPermanent(Cut("lab.example.", {"ns.other."}, 0));
  EXPECT_EQ(Closest("www.sub.lab.example."), "lab.example.");
}

TEST_F(DelegationStoreTest, RefusesWhatNobodyVouchesFor) {
  DelegationStore rootless({}, *random);
  EXPECT_EQ(rootless.Store(Cut("example.", {"ns.example."}, 3600), kStart), Outcome::kNoLiveParent);
  EXPECT_FALSE(rootless.Closest(Name::Literal("example."), kStart));
  EXPECT_EQ(store.Store(Cut("example.", {}, 3600), kStart), Outcome::kNoServers);
}

// NRDelegation (CVE-2022-3204).
TEST_F(DelegationStoreTest, HoldsTheLimitsOfOneCut) {
  Delegation large = Cut("example.", {}, 3600);
  for (int i = 0; i < 100; ++i) {
    DelegationServer server{Name::Literal(fmt::format("ns{}.test.", i)), {}};
    for (int j = 1; j <= 10; ++j)
      server.addresses.push_back(IpAddress::Literal(fmt::format("10.0.{}.{}", i, j)));
    large.servers.push_back(std::move(server));
  }
  store.Store(large, kStart);
  const std::optional<Delegation> kept = store.Find(Name::Literal("example."), kStart);
  ASSERT_EQ(kept->servers.size(), limits::kMaxNsNames);
  size_t addresses = 0;
  for (const DelegationServer& server : kept->servers) {
    EXPECT_LE(server.addresses.size(), limits::kMaxAddressesPerServer);
    addresses += server.addresses.size();
  }
  EXPECT_EQ(addresses, limits::kMaxGlueAddresses);
}

TEST_F(DelegationStoreTest, IsBoundedAndKeepsWhatIsUsed) {
  DelegationStore small({.size_octets = 64 << 10}, *random);
  small.SetPermanent(Cut(".", {"hint.root."}, 0));
  small.Store(Cut("used.", {"ns.used."}, 3600), kStart);
  for (int i = 0; i < 2000; ++i) {
    small.Store(Cut(fmt::format("n{}.", i), {"ns.test."}, 3600), kStart);
    ASSERT_TRUE(small.Find(Name::Literal("used."), kStart)) << i;
    ASSERT_LE(small.stats().octets, size_t{64} << 10);
  }
  EXPECT_GT(small.stats().evicted, 1000u);
}

TEST_F(DelegationStoreTest, ForgetsATree) {
  Store("example.", "ns.example.", 3600);
  Store("sub.example.", "ns.example.", 3600);
  Store("test.", "ns.test.", 3600);
  EXPECT_EQ(store.ForgetSubtree(Name::Literal("example.")), 2u);
  size_t left = 0;
  store.ForEach([&](const Delegation&) { ++left; });
  EXPECT_EQ(left, 2u) << "the hints and test.";
}

}  // namespace
}  // namespace cairn
