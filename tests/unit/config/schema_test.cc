#include "common/config/schema.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

enum class Mode { kOff, kOn };

struct Peer {
  std::string name;
  Endpoint address;
  std::vector<Endpoint> addresses;
  TextPosition where;
};

struct Options {
  bool prime = true;
  uint16_t port = 53;
  size_t cache_octets = 1 << 20;
  Duration max_ttl = std::chrono::hours(24);
  std::string user;
  Name zone = Name::Literal("example.");
  Mode mode = Mode::kOff;
  std::vector<Endpoint> listen;
  std::vector<Peer> peers;
};

void Declare(ConfigSchema& schema, Options& options) {
  ConfigSchema& server = schema.Section("server", "the process");
  server.Flag("prime", options.prime, "ask the root");
  server.Number<uint16_t>("port", options.port, 1, 65535, "upstream port");
  server.Octets("cache-size", options.cache_octets, 1 << 20, size_t{1} << 40, "memory");
  server.Time("max-ttl", options.max_ttl, Duration(0), std::chrono::hours(24 * 7), "longest");
  server.Text("user", options.user, "account");
  server.DomainName("zone", options.zone, "a name");
  server.Choice<Mode>("mode", options.mode, {{"off", Mode::kOff}, {"on", Mode::kOn}}, "a word");
  server.Endpoints("listen", options.listen, 53, "addresses");
  schema.List<Peer>(
      "peers", options.peers,
      [](ConfigSchema& item, Peer& peer) {
        item.Text("name", peer.name, "how it is called");
        item.Endpoints("addresses", peer.addresses, 53, "where it is");
        item.Require("name");
        item.Place(peer.where);
      },
      "others");
}

Complaints ReadInto(Options& options, const char* text, std::string* printed = nullptr) {
  Complaints complaints;
  const auto document = ReadConfigText(text, "f", complaints);
  if (!document) return complaints;
  ConfigSchema schema;
  Declare(schema, options);
  schema.Read(*document, complaints);
  if (printed != nullptr) *printed = schema.Print();
  return complaints;
}

TEST(ConfigSchema, ReadsEveryKindOfOption) {
  Options options;
  const Complaints complaints =
      ReadInto(options,
               "server:\n  prime: false\n  port: 5300\n  cache-size: 64MiB\n  max-ttl: 2h\n"
               "  user: \"a b\"\n  zone: Lab.Example\n  mode: on\n  listen: 127.0.0.1@5353\n"
               "peers:\n- { name: one, addresses: [192.0.2.1, '2001:db8::1@5300'] }\n");
  ASSERT_TRUE(complaints.empty()) << complaints[0].ToText();
  EXPECT_FALSE(options.prime);
  EXPECT_EQ(options.port, 5300);
  EXPECT_EQ(options.cache_octets, size_t{64} << 20);
  EXPECT_EQ(options.max_ttl, std::chrono::hours(2));
  EXPECT_EQ(options.user, "a b");
  EXPECT_EQ(options.zone.ToText(), "Lab.Example.");
  EXPECT_EQ(options.mode, Mode::kOn);
  ASSERT_EQ(options.listen.size(), 1u);
  EXPECT_EQ(options.listen[0].ToText(), "127.0.0.1@5353");
  ASSERT_EQ(options.peers.size(), 1u);
  EXPECT_EQ(options.peers[0].addresses[0].ToText(), "192.0.2.1@53");
  EXPECT_EQ(options.peers[0].where.ToText(), "f:11:3");
}

struct Mistake {
  const char* name;
  const char* text;
  const char* complaint;
};

constexpr Mistake kMistakes[] = {
    {"misspelt", "server:\n  prme: true\n", "f:2:3: error: no option 'prme' here; did you mean 'prime'?"},
    {"unknown", "frobnicate: 1\n", "f:1:1: error: no option 'frobnicate' here; known here: server, peers"},
    {"flag is a word", "server: { prime: yes }\n", "f:1:18: error: prime 'yes': expected true or false"},
    {"number too large", "server: { port: 65536 }\n",
     "f:1:17: error: port '65536': expected a whole number from 1 to 65535"},
    {"negative", "server: { port: -1 }\n",
     "f:1:17: error: port '-1': expected a whole number from 1 to 65535"},
    {"octal is no such thing", "server: { port: 0x10 }\n",
     "f:1:17: error: port '0x10': expected a whole number"},
    {"octets", "server: { cache-size: 10 }\n",
     "f:1:23: error: cache-size '10': expected octets from 1MiB to 1TiB"},
    {"octets overflow", "server: { cache-size: 99999999TiB }\n", "f:1:23: error: cache-size"},
    {"time", "server: { max-ttl: 5y }\n", "f:1:20: error: max-ttl '5y': expected a time from 0ms to 1w"},
    {"word", "server: { mode: maybe }\n", "f:1:17: error: mode 'maybe': expected one of off, on"},
    {"list for a value", "server: { user: [a] }\n",
     "f:1:17: error: 'user' takes a single value, found a list"},
    {"value for a map", "server: 5\n", "f:1:9: error: expected a map of options, found a single value"},
    {"value for a list", "peers: 5\n", "f:1:8: error: 'peers' takes a list, found a single value"},
    {"required", "peers:\n- { addresses: 192.0.2.1 }\n", "f:2:3: error: 'name' is missing: how it is called"},
};

TEST(ConfigSchema, NamesEachMistakeWithItsPlace) {
  for (const Mistake& c : kMistakes) {
    SCOPED_TRACE(c.name);
    Options options;
    const Complaints complaints = ReadInto(options, c.text);
    ASSERT_EQ(complaints.size(), 1u);
    EXPECT_TRUE(complaints[0].ToText().starts_with(c.complaint)) << complaints[0].ToText();
  }
}

TEST(ConfigSchema, MistakesKeepTheDefaultsAndAreAllReported) {
  Options options;
  const Complaints complaints =
      ReadInto(options, "server: { port: 0, listen: [127.0.0.1, nonsense, 300.1.1.1], mode: x }\n");
  EXPECT_EQ(complaints.size(), 4u);
  EXPECT_EQ(options.port, 53);
  EXPECT_TRUE(options.listen.empty());
}

TEST(ConfigSchema, WhatItPrintsReadsBackToTheSame) {
  Options options;
  std::string printed;
  ASSERT_TRUE(
      ReadInto(options,
               "server: { user: \"q\\\"\\\\ \\x01\", cache-size: 3GiB, max-ttl: 90s, listen: [\"::1@53\"] }\n"
               "peers: [{ name: a, addresses: [192.0.2.1] }, { name: \"\" }]\n",
               &printed)
          .empty());
  Options again;
  std::string printed_again;
  const Complaints complaints = ReadInto(again, printed.c_str(), &printed_again);
  ASSERT_TRUE(complaints.empty()) << complaints[0].ToText() << '\n' << printed;
  EXPECT_EQ(printed, printed_again);
  EXPECT_EQ(again.user, options.user);
  EXPECT_EQ(again.peers.size(), 2u);
}

struct Item {
  std::string name;
  uint32_t size = 1;
};

// An item begins as `start` has it; the list of starts is declared first, and stands last in the file.
TEST(ConfigSchema, ItemsStartFromWhatWasDeclaredBefore) {
  std::vector<Item> kinds;
  std::vector<Item> items;
  const auto declare = [](ConfigSchema& schema, Item& item) {
    schema.Text("name", item.name, "name");
    schema.Number<uint32_t>("size", item.size, 0, 9, "size");
  };
  ConfigSchema schema;
  schema.List<Item>("kinds", kinds, declare, "kinds");
  schema.List<Item>("items", items, declare, "items", [&kinds](const ConfigNode&) { return kinds.front(); });
  Complaints complaints;
  const auto document =
      ReadConfigText("items:\n- {name: a}\n- {size: 7}\nkinds:\n- {name: k, size: 3}\n", "f", complaints);
  schema.Read(*document, complaints);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].name, "a");
  EXPECT_EQ(items[0].size, 3U);
  EXPECT_EQ(items[1].name, "k");
  EXPECT_EQ(items[1].size, 7U);
}

TEST(ConfigSchema, ComplainsInTheOrderOfTheFileWhateverTheOrderOfDeclaration) {
  uint32_t first = 0;
  uint32_t second = 0;
  ConfigSchema schema;
  schema.Number<uint32_t>("first", first, 0, 9, "first");
  schema.Number<uint32_t>("second", second, 0, 9, "second");
  Complaints complaints;
  const auto document = ReadConfigText("second: x\nthird: 1\nfirst: y\n", "f", complaints);
  schema.Read(*document, complaints);
  ASSERT_EQ(complaints.size(), 3U);
  for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(complaints[i].where.line, i + 1);
}

TEST(ConfigSchema, OffIsShortForASectionThatIsNotEnabled) {
  bool enabled = true;
  ConfigSchema schema;
  schema.Section("limit", "limit").Flag("enabled", enabled, "whether");
  schema.Section("plain", "has no such flag");
  Complaints complaints;
  schema.Read(*ReadConfigText("limit: off\n", "f", complaints), complaints);
  EXPECT_TRUE(complaints.empty());
  EXPECT_FALSE(enabled);
  schema.Read(*ReadConfigText("limit: on\nplain: off\n", "f", complaints), complaints);
  ASSERT_EQ(complaints.size(), 2U);
  EXPECT_EQ(complaints[0].ToText(), "f:1:8: error: expected a map of options, found a single value");
  EXPECT_EQ(complaints[1].ToText(), "f:2:8: error: expected a map of options, found a single value");
}

TEST(ConfigSchema, KnowsWhatWasGivenAndRefusesWhatIsNotHere) {
  std::string user = "nobody";
  ConfigSchema schema;
  schema.Text("user", user, "user");
  schema.NotHere("keys", "nothing is signed");
  Complaints complaints;
  schema.Read(*ReadConfigText("user: nobody\n", "f", complaints), complaints);
  EXPECT_TRUE(complaints.empty());
  EXPECT_TRUE(schema.Given("user"));
  EXPECT_FALSE(schema.Given("keys"));
  EXPECT_EQ(schema.Print(), "user: nobody\n");
  schema.Read(*ReadConfigText("keys: [a]\n", "f", complaints), complaints);
  EXPECT_FALSE(schema.Given("user"));
  ASSERT_EQ(complaints.size(), 1U);
  EXPECT_EQ(complaints[0].ToText(), "f:1:7: error: keys: not in this version; nothing is signed");
}

}  // namespace
}  // namespace cairn
