// Server cookies: the vectors of RFC 9018 appendix A, and each reason not to take one.
#include "common/service/server_cookies.h"

#include <fmt/format.h>

#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"

namespace cairn {
namespace {

std::string Octets(std::string_view hex) {
  std::string octets;
  for (size_t i = 0; i < hex.size(); i += 2)
    octets += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return octets;
}
std::string Hex(ByteView octets) {
  std::string hex;
  for (const uint8_t octet : octets) hex += fmt::format("{:02x}", octet);
  return hex;
}

SipKey Secret(std::string_view hex) {
  const std::string octets = Octets(hex);
  SipKey key;
  std::memcpy(&key.k0, octets.data(), 8);
  std::memcpy(&key.k1, octets.data() + 8, 8);
  return key;
}

const SipKey kSecret = Secret("e5e973e5a6b2a43f48e7dc849e37bfcf");
const SipKey kOldSecret = Secret("dd3bdf9344b678b185a6f5cb60fca715");
const SipKey kNewSecret = Secret("445536bcd2513298075a5d379663c962");
constexpr const char* kClient = "198.51.100.100";
constexpr const char* kV6Client = "2001:db8:220:1:59de:d0f4:8769:82b8";

struct Checked {
  CookieStanding standing;
  std::string answer;
};

Checked Check(const std::vector<SipKey>& secrets, std::string_view shown, const char* client, int64_t now) {
  ServerCookies cookies({.secrets = secrets, .seed = {}});
  Cookie answer;
  const std::string octets = Octets(shown);
  const CookieStanding standing =
      cookies.Check(AsBytes(octets), IpAddress::Literal(client), WallTime{now}, answer);
  return {standing, Hex(answer)};
}

struct CookieCase {
  const char* name;
  std::vector<SipKey> secrets;
  const char* client;
  int64_t now;
  const char* shown;
  CookieStanding standing;
  const char* answer;  // nullptr: another than `shown`
};

const CookieCase kCases[] = {
    {"A.1: a new cookie",
     {kSecret},
     kClient,
     1559731985,
     "2464c4abcf10c957",
     CookieStanding::kClientOnly,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480"},
    {"A.2: renewed after 40 minutes",
     {kSecret},
     kClient,
     1559734385,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
     CookieStanding::kValid,
     "2464c4abcf10c957010000005cf7a871d4a564a1442aca77"},
    {"A.3: reserved octets of another maker",
     {kSecret},
     "203.0.113.203",
     1559734700,
     "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
     CookieStanding::kInvalid,
     "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e"},
    {"A.3: the same while it is young",
     {kSecret},
     "203.0.113.203",
     1559728000,
     "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
     CookieStanding::kValid,
     "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5"},
    {"A.4: IPv6, made with the secret before",
     {kNewSecret, kOldSecret},
     kV6Client,
     1559741961,
     "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
     CookieStanding::kValid,
     "22681ab97d52c298010000005cf7c609a6bb79d16625507a"},
    {"A.4: that secret is gone",
     {kNewSecret},
     kV6Client,
     1559741961,
     "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
     CookieStanding::kInvalid,
     "22681ab97d52c298010000005cf7c609a6bb79d16625507a"},

    {"fresh: the same again",
     {kSecret},
     kClient,
     1559731985 + 1799,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
     CookieStanding::kValid,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480"},
    {"half an hour: renewed",
     {kSecret},
     kClient,
     1559731985 + 1800,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
     CookieStanding::kValid,
     nullptr},
    {"an hour",
     {kSecret},
     kClient,
     1559731985 + 3600,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
     CookieStanding::kValid,
     nullptr},
    {"over an hour",
     {kSecret},
     kClient,
     1559731985 + 3601,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
     CookieStanding::kInvalid,
     nullptr},
    {"made five minutes ahead",
     {kSecret},
     kClient,
     1559731985 - 300,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
     CookieStanding::kValid,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480"},
    {"made further ahead",
     {kSecret},
     kClient,
     1559731985 - 301,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
     CookieStanding::kInvalid,
     nullptr},
    {"of another address",
     {kSecret},
     "198.51.100.101",
     1559731985,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
     CookieStanding::kInvalid,
     nullptr},
    {"of another client",
     {kSecret},
     kClient,
     1559731985,
     "2464c4abcf10c958010000005cf79f111f8130c3eee29480",
     CookieStanding::kInvalid,
     nullptr},
    {"hash changed",
     {kSecret},
     kClient,
     1559731985,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29481",
     CookieStanding::kInvalid,
     nullptr},
    {"version 2",
     {kSecret},
     kClient,
     1559731985,
     "2464c4abcf10c957020000005cf79f111f8130c3eee29480",
     CookieStanding::kInvalid,
     nullptr},
    {"another server's, of 8 octets",
     {kSecret},
     kClient,
     1559731985,
     "2464c4abcf10c9570123456789abcdef",
     CookieStanding::kInvalid,
     nullptr},
    {"another server's, of 32 octets",
     {kSecret},
     kClient,
     1559731985,
     "2464c4abcf10c957010000005cf79f111f8130c3eee2948001000000000000000000000000000000",
     CookieStanding::kInvalid,
     nullptr},
};

TEST(ServerCookies, FollowsRfc9018) {
  for (const CookieCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const Checked checked = Check(c.secrets, c.shown, c.client, c.now);
    EXPECT_EQ(checked.standing, c.standing);
    if (c.answer != nullptr) {
      EXPECT_EQ(checked.answer, c.answer);
    } else {
      EXPECT_NE(checked.answer, c.shown);
      EXPECT_EQ(checked.answer.substr(0, 16), std::string(c.shown).substr(0, 16))
          << "the client's part comes back";
      EXPECT_EQ(Check(c.secrets, checked.answer, c.client, c.now).standing, CookieStanding::kValid);
    }
  }
}

// Times are 32 bits: 2^31 and 2^32 pass inside a cookie's hour (RFC 9018 section 4.3, RFC 1982).
TEST(ServerCookies, LiveThrough2038And2106) {
  for (const int64_t turn : {int64_t{1} << 31, int64_t{1} << 32, int64_t{3} << 31}) {
    const Checked made = Check({kSecret}, "2464c4abcf10c957", kClient, turn - 10);
    EXPECT_EQ(Check({kSecret}, made.answer, kClient, turn + 10).standing, CookieStanding::kValid);
    EXPECT_EQ(Check({kSecret}, made.answer, kClient, turn + 3600).standing, CookieStanding::kInvalid);
  }
}

TEST(ServerCookies, DrawnSecretsChangeEachDayAndLastAnHourLonger) {
  constexpr int64_t kMidnight = 20'000 * 86'400;
  ServerCookies cookies({.secrets = {}, .seed = kSecret});
  ServerCookies of_other_seed({.secrets = {}, .seed = kNewSecret});
  const IpAddress client = IpAddress::Literal(kClient);
  const std::string first = Octets("2464c4abcf10c957");
  Cookie made;
  Cookie next;
  cookies.Check(AsBytes(first), client, WallTime{kMidnight - 60}, made);
  EXPECT_EQ(cookies.Check(made, client, WallTime{kMidnight - 1}, next), CookieStanding::kValid);
  EXPECT_EQ(next, made);
  EXPECT_EQ(of_other_seed.Check(made, client, WallTime{kMidnight - 1}, next), CookieStanding::kInvalid);
  EXPECT_EQ(cookies.Check(made, client, WallTime{kMidnight + 60}, next), CookieStanding::kValid);
  EXPECT_NE(next, made) << "made with the secret of the new day";
  EXPECT_EQ(cookies.Check(next, client, WallTime{kMidnight + 61}, made), CookieStanding::kValid);
  EXPECT_EQ(made, next);
  // Made before midnight with a time ahead, so that its hour is not over: yet the secret's is.
  cookies.Check(AsBytes(first), client, WallTime{kMidnight - 1}, made);
  EXPECT_EQ(cookies.Check(made, client, WallTime{kMidnight + 3599}, next), CookieStanding::kValid);
  EXPECT_EQ(cookies.Check(made, client, WallTime{kMidnight + 3601}, next), CookieStanding::kInvalid);
}

TEST(ServerCookies, AllocateNothing) {
  ServerCookies cookies({.secrets = {}, .seed = kSecret});
  const IpAddress client = IpAddress::Literal(kV6Client);
  Cookie cookie;
  Cookie next;
  const testing::AllocationCounter counter;
  const std::array<uint8_t, 8> shown{};
  for (int64_t hour = 0; hour < 50; ++hour) {
    cookies.Check(shown, client, WallTime{hour * 3600}, cookie);
    cookies.Check(cookie, client, WallTime{hour * 3600 + 2000}, next);
  }
  EXPECT_EQ(counter.count(), 0u);
}

}  // namespace
}  // namespace cairn
