// What attacks cost: for each row of THREATS sections 1 and 2 that has a number, a world in which the attack
// happens, the number, and what was measured. Packets, octets, records and cache entries are counted, never
// time; CAIRN_SIM_COSTS=1 prints the table, with the CPU time of the whole run besides, the world around the
// resolver included.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <iostream>
#include <limits>
#include <string>

#include "resolver/work_budget.h"
#include "tests/sim/scenario.h"

namespace cairn::sim {
namespace {

constexpr size_t kAny = std::numeric_limits<size_t>::max();

// The last question of the world is the one that is measured. What must come of it stands in the world
// itself.
struct Attack {
  const char* name;
  std::string world;
  size_t queries = 0;  // sent upstream at the most
  size_t connections = 0;
  size_t reply_octets = kAny;
  size_t cache_entries = RowOf(Limit::kCachedRrsets).by_default;
  size_t cache_octets = size_t{16} << 10;
};

std::string Lines(int count, const char* pattern, int step = 1) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += "  " + fmt::format(fmt::runtime(pattern), i, i + step) + "\n";
  return text;
}

const std::string kRoot = "server root 11.0.0.1\nzone . on root\n";

// NXNSAttack (CVE-2020-8616): servers without glue, all named in the victim's zone.
std::string GluelessServers(int count) {
  return "server root 11.0.0.1\nserver evil 11.0.0.66\nserver victim 11.0.0.2\nzone . on root\nzone victim. "
         "on victim\n"
         "zone evil. on evil\n" +
         Lines(count, "sub NS ns{}.victim.") +
         "ask www.victim. TXT\nask www.sub.evil. A\n  rcode SERVFAIL\n  asked victim at most 10 times\n";
}

// NRDelegation (CVE-2022-3204): servers with glue that leads nowhere, as many as a message holds.
std::string DeadServers(int count) {
  return "server root 11.0.0.1\nserver evil 11.0.0.66\nzone . on root\nzone evil. on evil\n" +
         Lines(count, "sub NS ns{}.sub") + Lines(count, "ns{}.sub A 11.9.0.1") +
         "ask evil. SOA\nask www.sub.evil. A over tcp\n  rcode SERVFAIL\n";
}

// CVE-2019-19331: links of a chain in one reply, with the address at its end.
std::string LinksInOneReply(int count, const char* outcome) {
  return "server root 11.0.0.1\nserver evil 11.0.0.66\nzone . on root\nzone evil. on evil\n" +
         Lines(count, "l{} CNAME l{}") +
         fmt::format("  l{} A 192.0.2.1\nreply evil l1.evil. A\n", count + 1) +
         Lines(count, "answer l{}.evil. CNAME l{}.evil.") +
         fmt::format("  answer l{}.evil. A 192.0.2.1\n", count + 1) + "ask evil. SOA\nask l1.evil. A\n" +
         outcome;
}

std::string DnamesInARow(int count, const char* outcome) {
  std::string text = "server root 11.0.0.1\nserver odd 11.0.0.2\nserver even 11.0.0.3\nzone . on root\n";
  for (int i = 1; i <= count; ++i)
    text += fmt::format("zone d{}. on {}\n  @ DNAME d{}.\n", i, i % 2 ? "odd" : "even", i + 1);
  text += fmt::format("zone d{}. on odd\n  www A 192.0.2.1\n", count + 1);
  return text + "ask www.d1. A\n" + outcome;
}

// CVE-2014-8500: a zone cut at each label, each on a server of its own.
std::string NestedCuts(int count, const char* outcome) {
  std::string servers = "server root 11.0.0.1\n", zones = "zone . on root\n", apex;
  for (int i = 1; i <= count; ++i) {
    apex = fmt::format("z{}.", i) + apex;
    servers += fmt::format("server s{} 11.0.1.{}\n", i, i);
    zones += fmt::format("zone {} on s{}\n", apex, i);
  }
  return servers + zones + "  www A 192.0.2.1\nask www." + apex + " A over tcp\n" + outcome;
}

std::string LabelsInOneZone(int count) {
  std::string name;
  for (int i = 0; i < count; ++i) name += "a.";
  return kRoot + fmt::format("  {} A 192.0.2.1\nask {} A\n  answer {} A 192.0.2.1\n", name, name, name);
}

// Each link of a chain comes with 60 000 octets that have no business there.
std::string LargeReplies(int links, const char* outcome) {
  std::string text =
      "server root 11.0.0.1\nserver a 11.0.0.2 is truncating\nserver b 11.0.0.3 is truncating\nzone . on "
      "root\n";
  text += "zone a. on a\nzone b. on b\n  end A 192.0.2.1\n";
  for (int i = 1; i <= links; ++i) {
    const char* const here = i % 2 ? "a" : "b";
    const char* const there = i % 2 ? "b" : "a";
    const std::string target = i == links ? "end.b." : fmt::format("l{}.{}.", i + 1, there);
    text += fmt::format("reply {} l{}.{}. A over tcp\n  answer l{}.{}. CNAME {}\n", here, i, here, i, here,
                        target);
    text += "  repeat 250 additional x{i}." + std::string(here) + ". TXT " + std::string(220, 't') + "\n";
  }
  return text + "ask l1.a. A over tcp\n  believed\n" + outcome;
}

std::string SetOf(int count, const char* outcome) {
  return "server root 11.0.0.1\nserver ns1 11.0.0.2\nzone . on root\nzone test. on ns1\n" +
         Lines(count, "big AAAA 2001:db8::{}") + "ask test. SOA\nask big.test. AAAA over tcp\n" + outcome;
}

// TsuNAME (IMC 2021).
std::string Cycle(int length) {
  std::string text = "server root 11.0.0.1\nserver ns1 11.0.0.2\nzone . on root\n";
  for (int i = 1; i <= length; ++i)
    text += fmt::format("zone c{}. on ns1\n  @ NS ns.c{}.\n", i, i % length + 1);
  return text + "ask www.c1. A\n  rcode SERVFAIL\n";
}

std::string ServersThatHangUp(int count) {
  std::string text = "server root 11.0.0.1\nzone . on root\n", on;
  for (int i = 1; i <= count; ++i) {
    text = fmt::format("server s{} 11.0.1.{} is truncating tcp-resets\n", i, i) + text;
    on += fmt::format(" s{}", i);
  }
  return text + "zone test. on" + on + "\nask www.test. A over tcp\n  rcode SERVFAIL\n";
}

std::string DeadZone(const char* last) {
  return std::string(
             "server root 11.0.0.1\nserver dead 11.0.0.2 is silent\nzone . on root\nzone test. on dead\n") +
         last;
}

std::string GuessedIds(int count) {
  return fmt::format(
      "server root 11.0.0.1\nserver ns1 11.0.0.2 is spoofed={}\nzone . on root\nzone test. on ns1\n  www A "
      "192.0.2.1\n"
      "ask test. SOA\nask www.test. A\n  answer www.test. A 192.0.2.1\n",
      count);
}

std::string EqualQuestions(int count) {
  return fmt::format(
      "server root 11.0.0.1\nserver ns1 11.0.0.2\nzone . on root\nzone test. on ns1\n  www A 192.0.2.1\n"
      "ask test. SOA\nask www.test. A {} times\n  answered 100%\n",
      count);
}

std::string EndlessAliases() {
  return "server root 11.0.0.1\nserver evil 11.0.0.66\nserver wicked 11.0.0.67\nzone . on root\nzone evil. "
         "on evil\n"
         "zone wicked. on wicked\nreply evil * A\n  answer {qname} CNAME x{n}.wicked.\n"
         "reply wicked * A\n  answer {qname} CNAME y{n}.evil.\nask www.evil. A\n  rcode SERVFAIL\n";
}

// Each referral leads one label down, to a server with or without glue.
std::string EndlessReferrals(const char* referral) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "a.";
  return fmt::format(
      "server root 11.0.0.1\nserver evil 11.0.0.66\nserver wicked 11.0.0.67\nzone . on root\nzone evil. on "
      "evil\n"
      "zone wicked. on wicked\nreply evil * *\n  flags\n{0}reply wicked * *\n  flags\n{0}ask {1}evil. A over "
      "tcp\n"
      "  rcode SERVFAIL\n",
      referral, name);
}

std::vector<Attack> Attacks() {
  return {
      {"20 servers without glue (NXNSAttack)", GluelessServers(20), 32},
      {"100 of them", GluelessServers(100), 32, 1},
      {"1000 of them", GluelessServers(1000), 32, 1},
      {"13 dead servers (NRDelegation)", DeadServers(13), 32},
      {"700 of them", DeadServers(700), 32, 1},
      {"11 links in one reply (CVE-2019-19331)", LinksInOneReply(11, "  answer 12 records\n"), 2},
      {"12 links", LinksInOneReply(12, "  rcode SERVFAIL\n"), 3},
      {"400 links", LinksInOneReply(400, "  rcode SERVFAIL\n"), 3, 1},
      {"aliases without end", EndlessAliases(), 16},
      {"11 DNAMEs in a row", DnamesInARow(11, "  answer 23 records\n"), 26},
      {"12 DNAMEs", DnamesInARow(12, "  rcode SERVFAIL\n"), 26},
      {"30 zone cuts on the way (CVE-2014-8500)", NestedCuts(30, "  answer 1 records\n"), 60},
      {"40 zone cuts", NestedCuts(40, "  rcode SERVFAIL\n"), 60},
      {"referrals without end",
       EndlessReferrals("  authority {qname} NS ns.{qname}\n  additional ns.{qname} A 11.0.0.66\n"), 40},
      {"and without glue",
       "server root 11.0.0.1\nserver evil 11.0.0.66\nserver wicked 11.0.0.67\nzone . on root\nzone evil. on "
       "evil\n"
       "zone wicked. on wicked\nreply evil * *\n  flags\n  authority {qname} NS ns.x{n}.wicked.\n"
       "reply wicked * *\n  flags\n  authority {qname} NS ns.x{n}.evil.\nask www.a.b.c.evil. A over tcp\n  "
       "rcode SERVFAIL\n",
       40},
      {"a name of 100 labels", LabelsInOneZone(100), 14},
      {"a cycle of two zones (TsuNAME)", Cycle(2), 16},
      {"a cycle of three", Cycle(3), 16},
      {"8 servers that truncate and hang up (CVE-2023-46317)", ServersThatHangUp(8), 16, 4},
      {"replies of 60 000 octets, twice", LargeReplies(2, "  answer 3 records\n"), 12, 2, 128 * 1024},
      {"three times", LargeReplies(3, "  rcode SERVFAIL\n"), 12, 3, 128 * 1024 + 65'535},
      {"a set of 256 (CVE-2024-1737)", SetOf(256, "  answer 256 records\n"), 2, 1, kAny},
      {"a set of 257", SetOf(257, "  rcode SERVFAIL\n"), 14, 4},
      {"a set of 1900", SetOf(1900, "  rcode SERVFAIL\n"), 14, 4},
      {"a dead name", DeadZone("ask www.test. A over tcp\n  rcode SERVFAIL\n"), 16},
      {"the 20th question for it (RFC 9520)",
       DeadZone("repeat 20 ask www.test. A over tcp\n  rcode SERVFAIL\n"), 1},
      {"the 20th name below it", DeadZone("repeat 20 ask w{i}.test. A over tcp\n  rcode SERVFAIL\n"), 1},
      {"50 guessed IDs (RFC 5452)", GuessedIds(50), 2, 1},
      {"1000 guessed IDs", GuessedIds(1000), 2, 1},
      {"200 equal questions (CVE-2025-5994)", EqualQuestions(200), 2},
  };
}

TEST(AttackCosts, StayWithinTheirNumbers) {
  const bool prints = std::getenv("CAIRN_SIM_COSTS") != nullptr;
  for (const Attack& attack : Attacks()) {
    SCOPED_TRACE(attack.name);
    const std::clock_t started = std::clock();
    const ScenarioOutcome outcome = RunScenario(attack.world, "attack");
    const double ms = 1000.0 * static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC;
    for (const std::string& finding : outcome.findings) ADD_FAILURE() << finding;
    const Cost& cost = outcome.cost;
    EXPECT_LE(cost.queries, attack.queries);
    EXPECT_LE(cost.queries, RowOf(Limit::kUpstreamQueries).by_default);
    EXPECT_LE(cost.connections, attack.connections);
    EXPECT_LE(cost.reply_octets, attack.reply_octets);
    EXPECT_LE(cost.cache_entries, attack.cache_entries);
    EXPECT_LE(cost.cache_octets, attack.cache_octets);
    if (prints) {
      std::cout << fmt::format("| {} | {} of {} | {} | {} | {} | {} | {} | {:.1f} |\n", attack.name,
                               cost.queries, attack.queries, cost.connections, cost.reply_octets,
                               cost.reply_records, cost.cache_entries, cost.cache_octets, ms);
    }
  }
}

}  // namespace
}  // namespace cairn::sim
