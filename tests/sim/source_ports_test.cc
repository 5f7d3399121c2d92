// What an off-path attacker sees of ports and IDs (RFC 5452 section 4.5): three thousand questions of one
// resolver, each to be asked upstream. THREATS section 5 says why a port serves some hundred queries: the
// window it is drawn from moves on.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/sim_internet.h"
#include "tests/sim/sim_resolver.h"

namespace cairn::sim {
namespace {

struct Sent {
  uint16_t port;
  uint16_t id;
};

std::vector<Sent> ThreeThousandQueries() {
  SimInternet internet(7);
  internet.AddServer("root", {IpAddress::Literal("11.0.0.1")});
  internet.AddZone({.apex = Name(), .text = "* 0 A 192.0.2.1\n", .servers = {"root"}});
  EXPECT_TRUE(internet.Start().ok());
  SimResolver resolver(internet);
  for (int i = 0; i < 3000; ++i)
    resolver.AskAndWait(
        {.question = {.qname = Name::Literal("w" + std::to_string(i) + "."), .qtype = rr::kA}});
  std::vector<Sent> sent;
  for (const Packet& packet : internet.world().log().packets()) {
    if (packet.to.port == 53 && packet.from.address == resolver.host().address())
      sent.push_back({packet.from.port, LoadU16(packet.payload.data())});
  }
  return sent;
}

// Steps that come again, as those of a counter do.
template <typename Value>
size_t MostFrequentStep(const std::vector<Sent>& sent, Value value) {
  std::map<uint16_t, size_t> steps;
  size_t most = 0;
  for (size_t i = 1; i < sent.size(); ++i)
    most = std::max(most, ++steps[static_cast<uint16_t>(value(sent[i]) - value(sent[i - 1]))]);
  return most;
}

TEST(SourcePorts, AreManyAndFollowNoOrder) {
  const std::vector<Sent> sent = ThreeThousandQueries();
  ASSERT_GE(sent.size(), 3000u);
  std::map<uint16_t, size_t> uses;
  std::set<uint16_t> ids;
  std::vector<size_t> eighths(8);
  for (const Sent& one : sent) {
    ++uses[one.port];
    ids.insert(one.id);
    ++eighths[one.port / 8192];
    EXPECT_GE(one.port, 1024);
  }
  // 3000 draws of 65 536 meet 67 times; ports are drawn from a window of 64 that is another after 160
  // queries.
  EXPECT_GE(ids.size(), sent.size() * 95 / 100);
  EXPECT_GE(uses.size(), sent.size() / 5);
  for (const auto& [port, times] : uses) EXPECT_LE(times, sent.size() / 50) << "port " << port;
  for (const size_t share : eighths) EXPECT_GE(share, sent.size() / 32);
  const auto port_of = [](const Sent& one) { return one.port; };
  const auto id_of = [](const Sent& one) { return one.id; };
  EXPECT_LE(MostFrequentStep(sent, id_of), 6u);
  EXPECT_LE(MostFrequentStep(sent, port_of), 64u);
  RecordProperty("distinct_ports", static_cast<int>(uses.size()));
}

}  // namespace
}  // namespace cairn::sim
