// Who waits, whose share is used up, and who gives way: each limit from both sides.
#include "resolver/client_table.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

using Refusal = ClientTable::Refusal;
using std::chrono::milliseconds;

class ClientTableTest : public testing::Test {
 protected:
  Refusal Come(const char* address, bool verified = false) {
    ClientQuery client;
    client.to.client = {IpAddress::Literal(address), 4242};
    const Refusal refusal = table.Consider(client.to.client.address, verified, now);
    if (refusal != Refusal::kNone) return refusal;
    if (ClientTable::Seat* seat = table.WhoGivesWay(now)) {
      evicted.push_back(seat->client.to.client.address.ToText());
      table.Free(*seat);
    }
    seats.push_back(&table.Take(std::move(client), verified, now));
    return refusal;
  }

  std::unique_ptr<Random> random = NewSeededRandom(1);
  ClientTable table{{.clients = 4,
                     .per_address = 2,
                     .per_verified_address = 3,
                     .slow = milliseconds(200),
                     .answer_within = {}},
                    *random};
  Instant now = Instant() + std::chrono::hours(1);
  std::vector<ClientTable::Seat*> seats;
  std::vector<std::string> evicted;
};

TEST_F(ClientTableTest, OneAddressHasItsShare) {
  EXPECT_EQ(Come("192.0.2.1"), Refusal::kNone);
  EXPECT_EQ(Come("192.0.2.1"), Refusal::kNone);
  EXPECT_EQ(Come("192.0.2.1"), Refusal::kShareTaken);
  EXPECT_EQ(Come("192.0.2.2"), Refusal::kNone);
  table.Free(*seats[0]);
  EXPECT_EQ(Come("192.0.2.1"), Refusal::kNone);
}

// Whoever forges an address fills the share of those who do not prove it, and no other (RFC 7873 section 1).
TEST_F(ClientTableTest, ACookieHasAShareOfItsOwn) {
  EXPECT_EQ(Come("192.0.2.1"), Refusal::kNone);
  EXPECT_EQ(Come("192.0.2.1"), Refusal::kNone);
  EXPECT_EQ(Come("192.0.2.1"), Refusal::kShareTaken);
  EXPECT_EQ(Come("192.0.2.1", true), Refusal::kNone);
  EXPECT_EQ(Come("192.0.2.1", true), Refusal::kNone);
  table.Free(*seats[0]);
  EXPECT_EQ(Come("192.0.2.1", true), Refusal::kNone);
  table.Free(*seats[1]);
  EXPECT_EQ(Come("192.0.2.1", true), Refusal::kShareTaken);
}

TEST_F(ClientTableTest, AnIpv6ClientIsItsNetwork) {
  EXPECT_EQ(Come("2001:db8::1"), Refusal::kNone);
  EXPECT_EQ(Come("2001:db8::ffff:1"), Refusal::kNone);
  EXPECT_EQ(Come("2001:db8::2"), Refusal::kShareTaken);
  EXPECT_EQ(Come("2001:db8:0:1::2"), Refusal::kNone);
}

TEST_F(ClientTableTest, FastOnesAreNotDisturbed) {
  for (const char* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"})
    EXPECT_EQ(Come(address), Refusal::kNone);
  now += milliseconds(199);
  EXPECT_EQ(Come("192.0.2.5"), Refusal::kTableFull);
}

TEST_F(ClientTableTest, TheSlowestGivesWayWhileSlowOnesHoldMoreThanHalf) {
  Come("192.0.2.1");
  now += milliseconds(100);
  Come("192.0.2.2");
  Come("192.0.2.3");
  Come("192.0.2.4");
  now += milliseconds(100);  // one is slow
  EXPECT_EQ(Come("192.0.2.5"), Refusal::kTableFull);
  now += milliseconds(100);  // all are
  EXPECT_EQ(Come("192.0.2.5"), Refusal::kNone);
  EXPECT_EQ(Come("192.0.2.6"), Refusal::kNone);
  EXPECT_EQ(evicted, (std::vector<std::string>{"192.0.2.1", "192.0.2.2"}));
  EXPECT_EQ(Come("192.0.2.7"), Refusal::kTableFull);  // two slow ones keep their half
  EXPECT_EQ(table.taken(), 4u);
}

TEST_F(ClientTableTest, SeatsAreUsedAgainInAnyOrder) {
  for (int round = 0; round < 100; ++round) {
    Come("192.0.2.1");
    Come("192.0.2.2");
    Come("192.0.2.3");
    now += milliseconds(round % 3 * 150);
    table.Free(*seats[static_cast<size_t>(round) % 3]);
    table.Free(*seats[static_cast<size_t>(round + 1) % 3]);
    table.Free(*seats[static_cast<size_t>(round + 2) % 3]);
    seats.clear();
    EXPECT_EQ(table.taken(), 0u);
    EXPECT_EQ(table.WhoGivesWay(now), nullptr);
  }
}

}  // namespace
}  // namespace cairn
