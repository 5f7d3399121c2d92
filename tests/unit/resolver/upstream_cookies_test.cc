// Cookies towards servers: RFC 7873 sections 4, 5.1 and 5.3.
#include "resolver/upstream_cookies.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

using Verdict = UpstreamCookies::Verdict;

const Endpoint kServer{IpAddress::Literal("192.0.2.1"), 53};
const Endpoint kOther{IpAddress::Literal("192.0.2.2"), 53};
const IpAddress kOwn = IpAddress::Literal("198.51.100.1");
const IpAddress kOwnOther = IpAddress::Literal("198.51.100.2");
const Instant kNow = Instant() + std::chrono::hours(1);

std::vector<uint8_t> Octets(const UpstreamCookie& cookie) {
  return {cookie.octets().begin(), cookie.octets().end()};
}

// A reply's OPT with the client cookie of `sent` and `server_octets` octets after it.
Edns Reply(const UpstreamCookie& sent, size_t server_octets) {
  Edns edns;
  EdnsOption option{.code = EdnsOptionCode::kCookie,
                    .value = {sent.client_part().begin(), sent.client_part().end()}};
  option.value.resize(kClientCookieOctets + server_octets, 7);
  edns.options.push_back(option);
  return edns;
}

class UpstreamCookiesTest : public testing::Test {
 protected:
  std::unique_ptr<Random> random_ = NewSeededRandom(1);
  UpstreamCookies cookies_{100, *random_};
};

TEST_F(UpstreamCookiesTest, EachServerAndEachAddressOfOursHasItsOwn) {
  const UpstreamCookie cookie = cookies_.For(kServer, kOwn);
  EXPECT_EQ(cookie.octets().size(), kClientCookieOctets);
  EXPECT_EQ(Octets(cookie), Octets(cookies_.For(kServer, kOwn)));
  EXPECT_NE(Octets(cookie), Octets(cookies_.For(kOther, kOwn)));
  EXPECT_NE(Octets(cookie), Octets(cookies_.For(kServer, kOwnOther)));
}

TEST_F(UpstreamCookiesTest, TheServersPartGoesBackFromTheAddressItWasGivenTo) {
  const UpstreamCookie sent = cookies_.For(kServer, kOwn);
  const Edns reply = Reply(sent, 16);
  EXPECT_EQ(cookies_.Judge(kServer, sent, &reply, kNow), Verdict::kOurs);
  cookies_.Learn(kServer, kOwn, reply);
  EXPECT_EQ(Octets(cookies_.For(kServer, kOwn)), reply.options[0].value);
  EXPECT_EQ(cookies_.For(kServer, kOwnOther).octets().size(), kClientCookieOctets);
}

TEST_F(UpstreamCookiesTest, JudgesByClientPartAndLength) {
  const UpstreamCookie sent = cookies_.For(kServer, kOwn);
  for (const size_t octets : {size_t{8}, size_t{32}}) {
    const Edns reply = Reply(sent, octets);
    EXPECT_EQ(cookies_.Judge(kServer, sent, &reply, kNow), Verdict::kOurs) << octets;
  }
  for (const size_t octets : {size_t{0}, size_t{7}, size_t{33}}) {
    const Edns reply = Reply(sent, octets);
    EXPECT_EQ(cookies_.Judge(kServer, sent, &reply, kNow), Verdict::kForeign) << octets;
  }
  const Edns guessed = Reply(cookies_.For(kOther, kOwn), 8);
  EXPECT_EQ(cookies_.Judge(kServer, sent, &guessed, kNow), Verdict::kForeign);
}

TEST_F(UpstreamCookiesTest, WhoeverSentCookiesMustGoOn) {
  const UpstreamCookie sent = cookies_.For(kServer, kOwn);
  const Edns without;
  EXPECT_EQ(cookies_.Judge(kServer, sent, &without, kNow), Verdict::kAbsent);
  cookies_.Learn(kServer, kOwn, Reply(sent, 8));
  EXPECT_EQ(cookies_.Judge(kServer, sent, &without, kNow), Verdict::kMissing);
  EXPECT_EQ(cookies_.Judge(kServer, sent, nullptr, kNow), Verdict::kMissing);
}

TEST_F(UpstreamCookiesTest, GivenUpForAQuarterOfAnHour) {
  const UpstreamCookie sent = cookies_.For(kServer, kOwn);
  cookies_.Learn(kServer, kOwn, Reply(sent, 8));
  cookies_.GiveUp(kServer, kNow);
  EXPECT_FALSE(cookies_.Wanted(kServer, kNow));
  EXPECT_EQ(cookies_.Judge(kServer, sent, nullptr, kNow), Verdict::kAbsent);
  EXPECT_TRUE(cookies_.Wanted(kServer, kNow + std::chrono::minutes(15)));
}

}  // namespace
}  // namespace cairn
