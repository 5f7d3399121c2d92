// Floods (THREATS section 1): what others notice of them. Each test asks as the attacker does, counts what a
// benign client gets beside him, and compares with a quiet day.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/scenario_text.h"
#include "tests/sim/sim_internet.h"
#include "tests/sim/sim_resolver.h"

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;

Question QuestionFor(const std::string& name) { return {.qname = Name::Literal(name), .qtype = rr::kA}; }

IpAddress ClientNumber(int number) {
  return IpAddress::Literal(fmt::format("10.1.{}.{}", number / 250, number % 250 + 1));
}

// A root, a zone `live.` that answers, a zone `dead.` that does not, a zone `slow.` with large answers, and a
// zone `evil.` whose answers are long chains.
class World {
 public:
  explicit World(const ResolverOptions& options = SimResolver::DefaultOptions()) : internet_(11) {
    internet_.AddServer("root", {IpAddress::Literal("11.0.0.1")});
    for (const char* name : {"live", "dead", "slow", "evil"}) {
      const std::string address = fmt::format("11.0.0.{}", internet_.servers().size() + 1);
      internet_.AddServer(name, {IpAddress::Literal(address)});
    }
    internet_.ServerNamed("dead")->liar().SetLies({Lie::kSilent}, {});
    std::string large;
    for (int i = 1; i <= 60; ++i) large += fmt::format("* 60 A 192.0.2.{}\n", i);
    internet_.AddZone({.apex = Name(), .servers = {"root"}});
    internet_.AddZone({.apex = Name::Literal("live."), .text = "* 86400 A 192.0.2.1\n", .servers = {"live"}});
    internet_.AddZone({.apex = Name::Literal("dead."), .servers = {"dead"}});
    internet_.AddZone({.apex = Name::Literal("slow."), .text = large, .servers = {"slow"}});
    internet_.AddZone({.apex = Name::Literal("evil."), .servers = {"evil"}});
    EXPECT_TRUE(internet_.Start().ok());
    resolver_ = std::make_unique<SimResolver>(internet_, options);
    resolver_->AskAndWait({.question = QuestionFor("warm.live.")});
  }

  SimInternet& internet() { return internet_; }
  SimWorld& world() { return internet_.world(); }
  SimResolver& resolver() { return *resolver_; }
  const Conversation& Ask(const std::string& name, int client = 0) {
    return resolver_->Ask({.question = QuestionFor(name), .from = ClientNumber(client)});
  }
  size_t QueriesTo(const char* server, size_t first_packet = 0) {
    const std::vector<Packet>& packets = world().log().packets();
    const IpAddress address = internet_.ServerNamed(server)->host().address();
    return static_cast<size_t>(
        std::count_if(packets.begin() + static_cast<std::ptrdiff_t>(first_packet), packets.end(),
                      [&](const Packet& packet) { return packet.to.address == address; }));
  }

 private:
  SimInternet internet_;
  std::unique_ptr<SimResolver> resolver_;
};

struct Service {
  size_t answered = 0;
  size_t asked = 0;
  Duration p99{};
};

Service Measure(const std::vector<const Conversation*>& benign) {
  Service service{.asked = benign.size()};
  std::vector<Duration> waits;
  for (const Conversation* one : benign) {
    const bool good = one->done() && one->reply.rcode() == Rcode::kNoError;
    service.answered += good;
    waits.push_back(good ? *one->answered - one->asked : Duration::max());
  }
  std::sort(waits.begin(), waits.end());
  service.p99 = waits[waits.size() * 99 / 100];
  return service;
}

// `flood` is called each millisecond, and every tenth a benign client asks for another name.
template <typename Flood>
Service BesideAFlood(World& world, int span_ms, Flood flood) {
  std::vector<const Conversation*> benign;
  for (int ms = 0; ms < span_ms; ++ms) {
    flood(ms);
    if (ms % 10 == 0)
      benign.push_back(&world.resolver().Ask({.question = QuestionFor(fmt::format("w{}.live.", ms))}));
    world.world().RunFor(milliseconds(1));
  }
  world.world().RunFor(std::chrono::seconds(12));
  return Measure(benign);
}

// Random names of a dead zone, 2000 a second from 1000 addresses (CVE-2013-class).
TEST(Floods, RandomNamesOfADeadZoneAreNobodyElsesConcern) {
  World world;
  const Service service = BesideAFlood(world, 3000, [&](int ms) {
    world.Ask(fmt::format("a{}.dead.", ms), ms % 1000);
    world.Ask(fmt::format("b{}.dead.", ms), (ms + 500) % 1000);
  });
  EXPECT_EQ(service.asked, 300u);
  EXPECT_GE(service.answered * 100, service.asked * 99);
  EXPECT_LE(service.p99, milliseconds(50));
  const ResolverCounters& counters = world.resolver().resolver().counters();
  // Of 6000 questions; those who had no place at the zone asked nobody, and the others at most twelve times each.
  EXPECT_GE(counters.zone_crowded.value() + counters.zone_resting.value(), 5000u);
  EXPECT_LE(world.QueriesTo("dead"), 6000u);
  EXPECT_LE(world.QueriesTo("root"), 8u);
  EXPECT_LE(world.resolver().cache().stats().octets, world.resolver().cache().stats().capacity_octets);
}

// CVE-2026-42534: ten thousand questions that nobody answers, from 5000 addresses, while the table has 4096
// places.
TEST(Floods, StuckQuestionsDoNotKeepOthersWaiting) {
  World quiet;
  const Service before = BesideAFlood(quiet, 1000, [](int) {});
  World world;
  // The zone is not given up: it is one of those where each name hangs for as long as it may.
  const Service beside = BesideAFlood(world, 1000, [&](int ms) {
    for (int i = 0; i < 10; ++i) world.Ask(fmt::format("x{}-{}.dead.", ms, i), (10 * ms + i) % 5000);
  });
  EXPECT_EQ(before.answered, before.asked);
  EXPECT_GE(beside.answered * 100, beside.asked * 99);
  EXPECT_LT(beside.p99, 2 * before.p99);
}

// DNSBomb (CVE-2024-33655): a thousand questions of one (forged) address, whose answers could leave at one
// moment.
TEST(Floods, AnswersDoNotPileUp) {
  World world;
  PathPolicy far;
  far.delay = milliseconds(190);
  world.world().SetPath(world.resolver().host(), world.internet().ServerNamed("slow")->host(), far);
  const IpAddress victim = ClientNumber(7);
  size_t asked_octets = 0;
  for (int i = 0; i < 1000; ++i) {
    world.Ask(fmt::format("n{}.slow.", i), 7);
    if (i % 100 == 99) world.world().RunFor(milliseconds(1));
  }
  world.world().RunFor(std::chrono::seconds(12));
  std::map<int64_t, size_t> octets_of_50_ms;
  for (const Packet& packet : world.world().log().packets()) {
    if (packet.from.address == victim) asked_octets += packet.payload.size();
    if (packet.to.address == victim && packet.kind == PacketKind::kDatagram)
      octets_of_50_ms[packet.sent.time_since_epoch() / milliseconds(50)] += packet.payload.size();
  }
  size_t peak = 0;
  for (const auto& [when, octets] : octets_of_50_ms) peak = std::max(peak, octets);
  EXPECT_GT(peak, 10'000u);  // some did pile up
  EXPECT_LE(peak, 60 * asked_octets);
  EXPECT_LE(peak,
            200u * 1232);  // as many as may wait for one address, and 1000 refusals of 50 octets are less
  EXPECT_GT(world.resolver().resolver().counters().clients_over_share.value(), 700u);
}

// CacheFlush (USENIX Security 2024): one question in ten brings as much into the cache as may come of one.
TEST(Floods, LongChainsDoNotFlushTheCache) {
  const auto hits = [](bool hostile) {
    ResolverOptions options = SimResolver::DefaultOptions();
    options.cache_size_octets = size_t{1} << 20;
    World world(options);
    std::string script = "reply evil * A\n";
    for (int i = 0; i < 10; ++i) {
      const std::string owner = i == 0 ? "{qname}" : fmt::format("c{}.{{qname}}", i);
      script += "  answer " + owner + fmt::format(" 86400 CNAME c{}.{{qname}}\n", i + 1);
    }
    script += "  answer c10.{qname} 86400 A 192.0.2.66\n";
    world.internet().ServerNamed("evil")->liar().AddScript(
        ScriptedReply::Read(ReadScenario(script).front()).value());
    constexpr int kHot = 2500;
    const auto ask_all = [&](int round) {
      for (int i = 0; i < kHot; ++i) {
        world.resolver().Ask({.question = QuestionFor(fmt::format("h{}.live.", i))});
        if (hostile && i % 9 == 0)
          world.resolver().Ask({.question = QuestionFor(fmt::format("e{}-{}.evil.", round, i))});
        if (i % 50 == 49) world.world().RunFor(milliseconds(100));
      }
    };
    ask_all(0);
    ask_all(1);
    const size_t first = world.world().log().packets().size();
    ask_all(2);
    return 1 - static_cast<double>(world.QueriesTo("live", first)) / kHot;
  };
  const double quiet = hits(false);
  const double beside = hits(true);
  EXPECT_GT(quiet, 0.9);
  EXPECT_LT(quiet - beside, 0.05) << quiet << " and " << beside;
}

}  // namespace
}  // namespace cairn::sim
