// Zones going out: which records in which order, to whom, and what passes on to the next handler.
#include "authoritative/serve_transfer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>

#include "authoritative/zone_loader.h"
#include "common/base/limits.h"
#include "common/dns/message.h"

namespace cairn {
namespace {

constexpr const char* kZone =
    "$TTL 300\n"
    "@ SOA ns1 host 7 3600 600 86400 60\n"
    "@ NS ns1\n"
    "ns1 A 192.0.2.1\n"
    "a.ent TXT \"below an empty non-terminal\"\n"
    "sub NS ns.sub\n"
    "ns.sub A 192.0.2.2\n";

// Keeps what is replied, all messages of an answer in one go.
class CapturingListener final : public Listener {
 public:
  Endpoint local() const override { return {}; }
  void Reply(const ReplyTo&, ByteView message) override {
    absl::StatusOr<Message> parsed = Message::Parse(message);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    messages.push_back(*std::move(parsed));
    octets.emplace_back(message.begin(), message.end());
  }
  std::vector<Message> messages;
  std::vector<std::vector<uint8_t>> octets;
};

// Keeps sources without reading them: transfers that never end.
class HoldingListener final : public Listener {
 public:
  Endpoint local() const override { return {}; }
  void Reply(const ReplyTo&, ByteView) override {}
  void ReplyAll(const ReplyTo&, std::unique_ptr<MessageSource> messages) override {
    sources.push_back(std::move(messages));
  }
  std::deque<std::unique_ptr<MessageSource>> sources;
};

class CountingHandler final : public QueryHandler {
 public:
  void OnQueries(std::span<Query> batch) override { batches.push_back(batch.size()); }
  std::vector<size_t> batches;
};

std::vector<uint8_t> Ask(const char* qname, RrType qtype, std::optional<uint32_t> serial = std::nullopt) {
  Message query;
  query.header.id = 4711;
  query.questions.push_back({Name::Literal(qname), qtype, kClassIn});
  if (serial) {
    std::vector<uint8_t> soa(22, 0);  // two root names, the serial and four integers
    StoreU32(soa.data() + 2, *serial);
    query.authority.push_back({Name::Literal(qname), rr::kSoa, kClassIn, Ttl::Seconds(0), soa});
  }
  return query.ToWire();
}

class TransferTest : public testing::Test {
 protected:
  TransferTest() : reply_(65535) {
    ZoneOptions zone;
    zone.name = Name::Literal("example.");
    zone.transfer = {{*Subnet::FromText("192.0.2.0/24")}};
    ZoneOptions broken = zone;
    broken.name = Name::Literal("broken.");
    ZoneOptions unlisted = zone;
    unlisted.name = Name::Literal("unlisted.");
    unlisted.transfer.clear();
    ZoneOptions absent = zone;
    absent.name = Name::Literal("absent.");
    const LoadedZone loaded = LoadZoneText(zone.name, kZone, "test.zone");
    EXPECT_NE(loaded.zone, nullptr);
    std::vector<ZoneSet::Entry> entries = {
        {zone.name, loaded.zone}, {unlisted.name, loaded.zone}, {broken.name, nullptr}};
    transfers_.Set(
        std::make_shared<const ZoneSet>(std::move(entries)),
        std::make_shared<const TransferRules>(std::vector<ZoneOptions>{zone, broken, unlisted, absent}));
  }

  Query MakeQuery(const std::vector<uint8_t>& packet, Listener& listener, const char* client) {
    Query query{.packet = packet, .to = {}, .tcp = true, .reply = reply_};
    query.to.listener = &listener;
    query.to.connection = 1;
    query.to.client = {IpAddress::Literal(client), 53};
    return query;
  }
  // The records of a transfer as lines, or the RCODE of its refusal.
  std::string Transfer(const std::vector<uint8_t>& packet, const char* client = "192.0.2.77") {
    CapturingListener listener;
    Query query = MakeQuery(packet, listener, client);
    transfers_.OnQueries({&query, 1});
    if (query.reply_octets > 0) {
      return ToText(Message::Parse({reply_.data(), query.reply_octets})->rcode());
    }
    std::string text;
    for (const Message& message : listener.messages) {
      EXPECT_EQ(message.header.id, 4711);
      EXPECT_TRUE(message.header.authoritative);
      for (const Record& record : message.answer) text += record.ToText() + "\n";
    }
    return text;
  }

  std::vector<uint8_t> reply_;
  CountingHandler next_;
  EdnsResponder edns_{{.nsid = "ns1"}, nullptr};
  struct StoppedClock final : Clock {
    Instant Now() const override { return Instant{}; }
    WallTime Wall() const override { return {}; }
  } clock_;
  ResponseRateLimiter limiter_{{.burst = 5, .slip = 2}, {}};
  TransferService transfers_{next_, edns_, limiter_, &clock_};
};

constexpr const char* kSoaLine = "example. 300 IN SOA ns1.example. host.example. 7 3600 600 86400 60\n";

// RFC 1995 section 2: what does not fit a datagram is asked for again over TCP, for which the SOA is enough.
TEST_F(TransferTest, OverUdpAnIxfrGetsTheSoaAloneAndAnAxfrPassesOn) {
  const auto over_udp = [this](const std::vector<uint8_t>& packet, const char* client) -> std::string {
    CapturingListener listener;
    Query query = MakeQuery(packet, listener, client);
    query.tcp = false;
    transfers_.OnQueries({&query, 1});
    if (query.reply_octets == 0) return "passed on";
    const absl::StatusOr<Message> reply = Message::Parse({reply_.data(), query.reply_octets});
    EXPECT_TRUE(reply.ok()) << reply.status();
    if (reply->rcode() != Rcode::kNoError) return ToText(reply->rcode());
    EXPECT_TRUE(reply->header.authoritative);
    std::string text;
    for (const Record& record : reply->answer) text += record.ToText() + "\n";
    return text;
  };
  EXPECT_EQ(over_udp(Ask("example.", rr::kIxfr, 3), "192.0.2.77"), kSoaLine);
  EXPECT_EQ(over_udp(Ask("example.", rr::kIxfr, 7), "192.0.2.77"), kSoaLine);
  // To a stranger the responder says REFUSED, under its rate limit.
  EXPECT_EQ(over_udp(Ask("example.", rr::kIxfr, 3), "198.51.100.1"), "passed on");
  EXPECT_EQ(over_udp(Ask("example.", rr::kAxfr), "192.0.2.77"), "passed on");
  EXPECT_EQ(transfers_.counters().over_udp, 2u);
  EXPECT_EQ(transfers_.counters().started, 0u);
}

// A forged address that a rule allows gets no more of them than of other answers; who comes over TCP does.
TEST_F(TransferTest, OverUdpTheSoaIsUnderTheRateLimit) {
  const std::vector<uint8_t> packet = Ask("example.", rr::kIxfr, 3);
  CapturingListener listener;
  std::string outcomes;
  for (int i = 0; i < 9; ++i) {
    Query query = MakeQuery(packet, listener, "192.0.2.77");
    query.tcp = false;
    transfers_.OnQueries({&query, 1});
    if (query.dropped) {
      outcomes += "nothing ";
      continue;
    }
    const absl::StatusOr<Message> reply = Message::Parse({reply_.data(), query.reply_octets});
    ASSERT_TRUE(reply.ok()) << reply.status();
    outcomes += reply->answer.size() == 1 ? "soa " : reply->header.truncated ? "tc " : "? ";
  }
  EXPECT_EQ(outcomes, "soa soa soa soa soa nothing tc nothing tc ");
  EXPECT_EQ(next_.batches.size(), 0u);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(Transfer(Ask("example.", rr::kIxfr, 7)), kSoaLine);
}

TEST_F(TransferTest, SendsEverythingBetweenTwoSoas) {
  const std::string expected = std::string(kSoaLine) +
                               "example. 300 IN NS ns1.example.\n"
                               "a.ent.example. 300 IN TXT \"below an empty non-terminal\"\n"
                               "ns1.example. 300 IN A 192.0.2.1\n"
                               "sub.example. 300 IN NS ns.sub.example.\n"
                               "ns.sub.example. 300 IN A 192.0.2.2\n" +
                               kSoaLine;
  EXPECT_EQ(Transfer(Ask("example.", rr::kAxfr)), expected);
  EXPECT_EQ(Transfer(Ask("EXAMPLE.", rr::kAxfr)),
            expected);  // letters are those of the zone (RFC 5936 section 3.4)
  EXPECT_EQ(Transfer(Ask("example.", rr::kIxfr, 6)), expected);
  EXPECT_EQ(Transfer(Ask("example.", rr::kIxfr)), expected);
}

// RFC 5936 section 3.4: names are compressed, in RDATA too where RFC 3597 section 4 allows it, and nowhere
// else.
TEST_F(TransferTest, CompressesNames) {
  CapturingListener listener;
  const std::vector<uint8_t> packet = Ask("example.", rr::kAxfr);
  Query query = MakeQuery(packet, listener, "192.0.2.77");
  transfers_.OnQueries({&query, 1});
  size_t records = 0;
  for (const std::vector<uint8_t>& octets : listener.octets) records += octets.size();
  const size_t question = 12 + 9 + 4;
  const size_t soa = 2 + 10 + (4 + 2) + (5 + 2) + 20;  // ns1 and host before the apex, both times
  const size_t ns = 2 + 10 + (4 + 2);                  // ns1 before the apex
  const size_t txt = (2 + 4 + 2) + 10 + 28;            // a.ent before the apex
  const size_t sub = (4 + 2) + 10 + (3 + 2), ns_sub = (3 + 4 + 2) + 14;  // ns before the owner; ns.sub
  EXPECT_EQ(records, question + 2 * soa + ns + txt + ((4 + 2) + 14) + sub + ns_sub);
}

// RFC 1995 section 2, with the circular order of RFC 1982.
TEST_F(TransferTest, TellsAnUpToDateClientTheSoaAlone) {
  EXPECT_EQ(Transfer(Ask("example.", rr::kIxfr, 7)), kSoaLine);
  EXPECT_EQ(Transfer(Ask("example.", rr::kIxfr, 8)), kSoaLine);
  EXPECT_NE(Transfer(Ask("example.", rr::kIxfr, 0xFFFFFFFF)), kSoaLine);
}

TEST_F(TransferTest, GoesOnWhereAMessageWasFull) {
  std::string text = kZone;
  for (int i = 0; i < 20'000; ++i) text += fmt::format("n{} A 192.0.2.3\nn{} A 192.0.2.4\n", i, i);
  ZoneOptions zone;
  zone.name = Name::Literal("example.");
  zone.transfer = {{*Subnet::FromText("0.0.0.0/0")}};
  const LoadedZone loaded = LoadZoneText(zone.name, text, "test.zone");
  transfers_.Set(ZoneSet::Of({loaded.zone}), std::make_shared<const TransferRules>(std::vector{zone}));
  CapturingListener listener;
  const std::vector<uint8_t> packet = Ask("example.", rr::kAxfr);
  Query query = MakeQuery(packet, listener, "198.51.100.1");
  transfers_.OnQueries({&query, 1});
  EXPECT_GT(listener.messages.size(), 5U);
  size_t records = 0;
  for (const Message& message : listener.messages) records += message.answer.size();
  EXPECT_EQ(records, loaded.zone->record_count() + 1);
  EXPECT_EQ(listener.messages.back().answer.back().type, rr::kSoa);
}

// In the root zone nothing is left to point to, and an owner may have all 255 octets.
TEST_F(TransferTest, SendsTheRootZoneAndItsLongestNames) {
  const std::string label(63, 'x');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'x') + ".";
  ZoneOptions root;
  root.transfer = {{*Subnet::FromText("0.0.0.0/0")}};
  const LoadedZone loaded = LoadZoneText(
      root.name, ". 60 SOA ns. host. 1 2 3 4 5\n. 60 NS ns.\n" + longest + " 60 A 192.0.2.1\n", "root.zone");
  ASSERT_NE(loaded.zone, nullptr);
  transfers_.Set(ZoneSet::Of({loaded.zone}), std::make_shared<const TransferRules>(std::vector{root}));
  EXPECT_EQ(Transfer(Ask(".", rr::kAxfr)), ". 60 IN SOA ns. host. 1 2 3 4 5\n. 60 IN NS ns.\n" + longest +
                                               " 60 IN A 192.0.2.1\n. 60 IN SOA ns. host. 1 2 3 4 5\n");
}

struct RefusalCase {
  const char* why;
  const char* qname;
  const char* client;
  const char* rcode;
};

constexpr RefusalCase kRefusals[] = {
    {"a stranger", "example.", "198.51.100.1", "REFUSED"},
    {"a zone without a rule", "unlisted.", "192.0.2.77", "REFUSED"},
    {"a name inside a zone", "www.example.", "192.0.2.77", "REFUSED"},
    {"no zone of ours, though a rule names it", "absent.", "192.0.2.77", "NOTAUTH"},
    {"a zone that could not be read", "broken.", "192.0.2.77", "SERVFAIL"},
};

TEST_F(TransferTest, SaysWhyNot) {
  for (const RefusalCase& c : kRefusals) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(Transfer(Ask(c.qname, rr::kAxfr), c.client), c.rcode);
  }
  EXPECT_EQ(transfers_.counters().refused, std::size(kRefusals));
}

// RFC 6891 section 7: also a refusal has an OPT when the query had one, and only then.
TEST_F(TransferTest, RefusesWithAnOptWhenAskedWithOne) {
  for (const bool with_edns : {false, true}) {
    std::vector<uint8_t> packet = Ask("unlisted.", rr::kAxfr);
    if (with_edns) {
      Message query = *Message::Parse(packet);
      query.edns.emplace();
      packet = query.ToWire();
    }
    CapturingListener listener;
    Query query = MakeQuery(packet, listener, "192.0.2.77");
    transfers_.OnQueries({&query, 1});
    EXPECT_EQ(Message::Parse({reply_.data(), query.reply_octets})->edns.has_value(), with_edns);
  }
}

TEST_F(TransferTest, KeepsPlacesForOtherPeers) {
  HoldingListener listener;
  const std::vector<uint8_t> packet = Ask("example.", rr::kAxfr);
  for (size_t i = 0; i <= limits::kTransfersOutPerPeer; ++i) {
    Query query = MakeQuery(packet, listener, "192.0.2.1");
    transfers_.OnQueries({&query, 1});
  }
  EXPECT_EQ(listener.sources.size(), limits::kTransfersOutPerPeer);
  EXPECT_NE(Transfer(packet, "192.0.2.2"), "REFUSED");
  listener.sources.pop_front();
  EXPECT_NE(Transfer(packet, "192.0.2.1"), "REFUSED");
}

TEST_F(TransferTest, OtherQueriesPassOnInBatches) {
  CapturingListener listener;
  const std::vector<uint8_t> transfer = Ask("example.", rr::kAxfr);
  const std::vector<uint8_t> other = Ask("example.", rr::kSoa);
  const std::vector<uint8_t> cut(transfer.begin(), transfer.begin() + 14);
  std::vector<Query> batch;
  for (const auto* packet : {&other, &cut, &transfer, &other}) {
    batch.push_back(MakeQuery(*packet, listener, "192.0.2.77"));
  }
  transfers_.OnQueries(batch);
  EXPECT_EQ(next_.batches, (std::vector<size_t>{2, 1}));

  Query datagram = MakeQuery(transfer, listener, "192.0.2.77");
  datagram.tcp = false;  // AXFR has no meaning over UDP (RFC 5936 section 4.2)
  transfers_.OnQueries({&datagram, 1});
  EXPECT_EQ(next_.batches.size(), 3U);
}

}  // namespace
}  // namespace cairn
