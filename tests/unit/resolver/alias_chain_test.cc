#include "resolver/alias_chain.h"

#include <string>

#include "common/base/epoch.h"
#include "common/dns/rdata_text.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

const Instant kStart = Instant() + std::chrono::hours(1);

Finding Reply(const AliasChain& chain, std::string_view zone_cut, std::string_view text) {
  Message query;
  query.questions.push_back(chain.question());
  return Judge(*ReplyFromText(query, text), chain.question(), Name::Literal(zone_cut));
}

std::string Describe(CollectedAnswer answer) {
  std::string text = ToText(answer.rcode);
  for (const Rrset& set : answer.answer) text += "; " + set.ToText();
  if (answer.soa) text += "; soa " + answer.soa->owner.ToText();
  return text;
}

constexpr char kSoa[] = "authority example. 900 SOA ns.example. mail.example. 1 7200 900 86400 300";

TEST(AliasChain, CollectsAliasesBeforeTheirTargets) {
  AliasChain chain(QuestionFromText("WWW.example. A"));
  chain.Append(
      Reply(chain, "example.",
            "aa; answer WWW.example. 300 CNAME web.example.; answer web.example. 300 CNAME www.test."));
  EXPECT_EQ(chain.question().ToText(), "www.test. A");
  EXPECT_FALSE(chain.complete());
  EXPECT_EQ(chain.restarts(), 2);
  chain.Append(Reply(chain, "test.", "aa; answer www.test. 60 A 192.0.2.1; answer www.test. 60 A 192.0.2.2"));
  EXPECT_TRUE(chain.complete());
  EXPECT_EQ(Describe(chain.TakeAnswer()),
            "NOERROR; WWW.example. 300 IN CNAME web.example.; web.example. 300 IN CNAME www.test.; "
            "www.test. 60 IN A 192.0.2.1\nwww.test. 60 IN A 192.0.2.2");
}

// RFC 6604 section 3: the RCODE speaks of the last name.
TEST(AliasChain, EndsNegativelyWithTheChain) {
  struct Case {
    const char *name, *reply, *expected;
  };
  const std::string alias = "aa; answer www.example. 300 CNAME web.example.; " + std::string(kSoa);
  const std::string gone = alias + "; rcode NXDOMAIN";
  const Case cases[] = {
      {"nodata", alias.c_str(), "NOERROR; www.example. 300 IN CNAME web.example.; soa example."},
      {"nxdomain", gone.c_str(), "NXDOMAIN; www.example. 300 IN CNAME web.example.; soa example."},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    AliasChain chain(QuestionFromText("www.example. A"));
    chain.Append(Reply(chain, "example.", c.reply));
    EXPECT_TRUE(chain.complete());
    EXPECT_EQ(Describe(chain.TakeAnswer()), c.expected);
  }
}

TEST(AliasChain, DoesNotFollowAnAliasThatWasAskedFor) {
  AliasChain chain(QuestionFromText("www.example. CNAME"));
  chain.Append(Reply(chain, "example.", "aa; answer www.example. 300 CNAME www.test."));
  EXPECT_TRUE(chain.complete());
  EXPECT_EQ(Describe(chain.TakeAnswer()), "NOERROR; www.example. 300 IN CNAME www.test.");
}

TEST(AliasChain, ALoopEndsInServfailWithWhatWasFound) {
  AliasChain chain(QuestionFromText("a.example. A"));
  chain.Append(Reply(chain, "example.", "aa; answer a.example. 300 CNAME b.test."));
  chain.Append(Reply(chain, "test.", "aa; answer b.test. 300 CNAME A.example."));
  EXPECT_EQ(chain.state(), AliasChain::State::kLoop);
  EXPECT_EQ(Describe(chain.TakeAnswer()),
            "SERVFAIL; a.example. 300 IN CNAME b.test.; b.test. 300 IN CNAME A.example.");
}

// CVE-2019-19331: eleven aliases are followed, the twelfth is not.
TEST(AliasChain, IsNeverLongerThanItsLimit) {
  AliasChain chain(QuestionFromText("l0.t0. A"));
  for (int i = 0; i < 11; ++i) {
    ASSERT_FALSE(chain.complete()) << i;
    chain.Append(Reply(chain, fmt::format("t{}.", i),
                       fmt::format("aa; answer l{0}.t{0}. 300 CNAME l{1}.t{1}.", i, i + 1)));
  }
  ASSERT_FALSE(chain.complete());
  chain.Append(Reply(chain, "t11.", "aa; answer l11.t11. 300 CNAME l12.t12."));
  EXPECT_EQ(chain.state(), AliasChain::State::kTooLong);
  EXPECT_EQ(chain.TakeAnswer().rcode, Rcode::kServFail);
}

class CachedChain : public ::testing::Test {
 protected:
  void Store(std::string_view owner, RrType type, std::string_view rdata) {
    Rrset rrset{.owner = Name::Literal(owner), .type = type, .ttl = Ttl::Seconds(300), .rdatas = {}};
    rrset.rdatas.Add(*RdataFromText(type, rdata));
    cache.StoreRrset(rrset, {}, {}, kStart);
  }
  CacheHit Hit(const AliasChain& chain) {
    return cache.Lookup(chain.question().qname, chain.question().qtype, kStart);
  }

  EpochDomain epochs;
  std::unique_ptr<Random> random = NewSeededRandom(1);
  Cache cache{{.size_octets = 1 << 20}, epochs, *random};
  EpochReader reader{epochs};
};

TEST_F(CachedChain, WalksThroughTheCache) {
  Store("www.example.", rr::kCname, "Web.test.");
  Store("web.test.", rr::kA, "192.0.2.1");
  AliasChain chain(QuestionFromText("WWW.Example. A"));
  chain.Append(Hit(chain), kStart);
  EXPECT_EQ(chain.question().ToText(), "Web.test. A");
  chain.Append(Hit(chain), kStart);
  EXPECT_EQ(Describe(chain.TakeAnswer()),
            "NOERROR; WWW.Example. 300 IN CNAME Web.test.; Web.test. 300 IN A 192.0.2.1")
      << "in the spelling of the question and of the alias";
}

// RFC 6672 section 3.1.
TEST_F(CachedChain, SynthesisesFromACachedDname) {
  Store("sub.example.", rr::kDname, "new.test.");
  AliasChain chain(QuestionFromText("www.sub.example. A"));
  chain.AppendDname(*cache.FindDname(chain.question().qname, kStart), kStart);
  EXPECT_EQ(chain.question().ToText(), "www.new.test. A");
  EXPECT_EQ(Describe(chain.TakeAnswer()),
            "NOERROR; sub.example. 300 IN DNAME new.test.; www.sub.example. 300 IN CNAME www.new.test.");
}

TEST_F(CachedChain, ADnameCanMakeANameTooLong) {
  const std::string label(63, 'a');
  Store("sub.example.", rr::kDname, fmt::format("{0}.{0}.{0}.test.", label));
  AliasChain chain(QuestionFromText(label + ".sub.example. A"));
  chain.AppendDname(*cache.FindDname(chain.question().qname, kStart), kStart);
  EXPECT_TRUE(chain.complete());
  EXPECT_EQ(chain.TakeAnswer().rcode, Rcode::kYxDomain);
}

TEST_F(CachedChain, ARememberedFailureEndsIt) {
  AliasChain chain(QuestionFromText("www.example. A"));
  cache.StoreFailure(chain.question().qname, rr::kA, ExtendedError::kNoReachableAuthority, kStart);
  chain.Append(Hit(chain), kStart);
  const CollectedAnswer answer = chain.TakeAnswer();
  EXPECT_EQ(answer.rcode, Rcode::kServFail);
  EXPECT_EQ(answer.extended_error, ExtendedError::kCachedError);
}

}  // namespace
}  // namespace cairn
