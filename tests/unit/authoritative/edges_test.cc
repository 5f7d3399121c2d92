// What the clients of cairn-auth get beside data: cookies (RFC 7873), NSID (RFC 5001), extended errors (RFC
// 8914), names of class CHAOS, BADKEY (RFC 8945), and less when they are too many (rate_limit.h).
#include <string>
#include <vector>

#include "authoritative/responder.h"
#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"
#include "tests/unit/authoritative/ask.h"

namespace cairn {
namespace {

using namespace std::string_literals;

class StillClock final : public Clock {
 public:
  Instant Now() const override { return now; }
  WallTime Wall() const override { return {1'800'000'000}; }
  Instant now{std::chrono::hours(1)};
};

Message Asking(std::string_view qname, std::vector<EdnsOption> options = {}) {
  Message query;
  query.header.id = 4711;
  query.questions.push_back({.qname = Name::Literal(qname), .qtype = rr::kA});
  query.edns = Edns{.options = std::move(options)};
  return query;
}

EdnsOption CookieOption(std::string_view octets) {
  return {.code = EdnsOptionCode::kCookie, .value = std::vector<uint8_t>(octets.begin(), octets.end())};
}

class EdgesTest : public ::testing::Test {
 protected:
  // The reply to `packet` from `client`; none when there is silence.
  std::optional<Message> Reply(Responder& responder, ByteView packet, const char* client = "192.0.2.1",
                               bool tcp = false) {
    responder.SetZones(zones_);
    Query query;
    query.packet = packet;
    query.tcp = tcp;
    query.to.client = {IpAddress::Literal(client), 1234};
    query.reply = buffer_;
    query.idle_limit_100ms = tcp ? 70 : 0;
    responder.OnQueries({&query, 1});
    if (query.reply_octets == 0) {
      EXPECT_TRUE(query.dropped);
      return std::nullopt;
    }
    absl::StatusOr<Message> message = Message::Parse({buffer_.data(), query.reply_octets});
    EXPECT_TRUE(message.ok()) << message.status();
    return *std::move(message);
  }
  std::optional<Message> Reply(Responder& responder, const Message& query, const char* client = "192.0.2.1",
                               bool tcp = false) {
    const std::vector<uint8_t> packet = query.ToWire();
    return Reply(responder, packet, client, tcp);
  }
  static std::string OptionOf(const Message& message, EdnsOptionCode code) {
    const EdnsOption* option = message.edns ? message.edns->Find(code) : nullptr;
    return option == nullptr ? "none" : std::string(AsText(option->value));
  }

  StillClock clock_;
  std::shared_ptr<const ZoneSet> zones_ =
      ZoneSet::Of({testing::GoldenZone("example.", "lookup.zone"), testing::ZoneOf("big.", [] {
                     std::string text = "@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns.x.\n@ 60 TXT";
                     for (int i = 0; i < 5; ++i) text += " " + std::string(200, 'x');
                     return text + "\n";
                   }())});
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(65535);
};

TEST_F(EdgesTest, ACookieComesBackWithOneOfOurs) {
  Responder responder({}, &clock_);
  const std::optional<Message> first = Reply(responder, Asking("www.example.", {CookieOption("8 octets")}));
  const std::string cookie = OptionOf(*first, EdnsOptionCode::kCookie);
  ASSERT_EQ(cookie.size(), 24u);
  EXPECT_EQ(cookie.substr(0, 8), "8 octets");
  EXPECT_EQ(first->answer.size(), 1u);
  const std::optional<Message> second = Reply(responder, Asking("www.example.", {CookieOption(cookie)}));
  EXPECT_EQ(OptionOf(*second, EdnsOptionCode::kCookie), cookie);
  EXPECT_EQ(responder.edns_counters().cookies_client_only, 1u);
  EXPECT_EQ(responder.edns_counters().cookies_valid, 1u);
  Reply(responder, Asking("www.example.", {CookieOption(cookie)}), "192.0.2.2");
  EXPECT_EQ(responder.edns_counters().cookies_invalid, 1u);
}

TEST_F(EdgesTest, WithoutCookiesTheyAreIgnored) {
  Responder responder({.edns = {.cookies = {.enabled = false}}}, &clock_);
  const std::optional<Message> reply = Reply(responder, Asking("www.example.", {CookieOption("8 octets")}));
  EXPECT_EQ(OptionOf(*reply, EdnsOptionCode::kCookie), "none");
  EXPECT_EQ(reply->answer.size(), 1u);
  Message alone = Asking("www.example.", {CookieOption("8 octets")});
  alone.questions.clear();
  EXPECT_EQ(Reply(responder, alone)->rcode(), Rcode::kFormErr);
}

// RFC 7873 section 5.4.
TEST_F(EdgesTest, AQueryForACookieAloneNeedsNoQuestion) {
  Responder responder({}, &clock_);
  Message alone = Asking("www.example.", {CookieOption("8 octets")});
  alone.questions.clear();
  const std::optional<Message> given = Reply(responder, alone);
  EXPECT_EQ(given->rcode(), Rcode::kNoError);
  EXPECT_TRUE(given->questions.empty());
  const std::string cookie = OptionOf(*given, EdnsOptionCode::kCookie);
  alone.edns->options = {CookieOption(cookie)};
  EXPECT_EQ(Reply(responder, alone)->rcode(), Rcode::kNoError);
  alone.edns->options = {CookieOption(cookie.substr(0, 23) + '\0')};
  const std::optional<Message> refused = Reply(responder, alone);
  EXPECT_EQ(refused->rcode(), Rcode::kBadCookie);
  EXPECT_EQ(OptionOf(*refused, EdnsOptionCode::kCookie), cookie) << "with one to come back with";
}

TEST_F(EdgesTest, ARequiredCookieIsDemandedOverUdpAlone) {
  Responder responder({.edns = {.cookies = {.require = true}}}, &clock_);
  const std::optional<Message> demanded =
      Reply(responder, Asking("www.example.", {CookieOption("8 octets")}));
  EXPECT_EQ(demanded->rcode(), Rcode::kBadCookie);
  EXPECT_TRUE(demanded->answer.empty());
  const std::string cookie = OptionOf(*demanded, EdnsOptionCode::kCookie);
  EXPECT_EQ(Reply(responder, Asking("www.example.", {CookieOption(cookie)}))->answer.size(), 1u);
  const std::optional<Message> without = Reply(responder, Asking("www.example."));
  EXPECT_EQ(testing::Summary(*without), "tc noerror");
  for (const bool with_cookie : {false, true}) {
    Message query = Asking("www.example.");
    if (with_cookie) query.edns->options = {CookieOption("8 octets")};
    EXPECT_EQ(Reply(responder, query, "192.0.2.1", true)->answer.size(), 1u);
  }
  EXPECT_EQ(responder.edns_counters().cookies_demanded, 2u);
}

TEST_F(EdgesTest, SecretsAreReplacedWhileServing) {
  const SipKey old_secret{.k0 = 1, .k1 = 2};
  const SipKey new_secret{.k0 = 3, .k1 = 4};
  Responder responder({.edns = {.cookies = {.secrets = {old_secret}}}}, &clock_);
  const std::string cookie = OptionOf(*Reply(responder, Asking("www.example.", {CookieOption("8 octets")})),
                                      EdnsOptionCode::kCookie);
  responder.SetClientPolicy({.secrets = {new_secret, old_secret}}, {});
  const std::string renewed =
      OptionOf(*Reply(responder, Asking("www.example.", {CookieOption(cookie)})), EdnsOptionCode::kCookie);
  EXPECT_EQ(responder.edns_counters().cookies_valid, 1u);
  EXPECT_NE(renewed, cookie);
  responder.SetClientPolicy({.secrets = {new_secret}}, {});
  Reply(responder, Asking("www.example.", {CookieOption(cookie)}));
  EXPECT_EQ(responder.edns_counters().cookies_invalid, 1u);
  Reply(responder, Asking("www.example.", {CookieOption(renewed)}));
  EXPECT_EQ(responder.edns_counters().cookies_valid, 2u);
}

TEST_F(EdgesTest, NsidAndKeepaliveAreToldToThoseWhoAsk) {
  Responder responder({.edns = {.nsid = "ns1.fra"}}, &clock_);
  const EdnsOption nsid{.code = EdnsOptionCode::kNsid, .value = {}};
  const EdnsOption keepalive{.code = EdnsOptionCode::kTcpKeepalive, .value = {}};
  const EdnsOption subnet{.code = EdnsOptionCode::kClientSubnet, .value = {0, 1, 24, 0, 192, 0, 2}};
  const std::optional<Message> tcp =
      Reply(responder, Asking("www.example.", {nsid, keepalive, subnet}), "192.0.2.1", true);
  EXPECT_EQ(OptionOf(*tcp, EdnsOptionCode::kNsid), "ns1.fra");
  EXPECT_EQ(OptionOf(*tcp, EdnsOptionCode::kTcpKeepalive), "\0\x46"s);
  EXPECT_EQ(OptionOf(*tcp, EdnsOptionCode::kClientSubnet), "none") << "never echoed (RFC 7871 section 7.2.1)";
  const std::optional<Message> udp = Reply(responder, Asking("www.example.", {keepalive}));
  EXPECT_TRUE(udp->edns->options.empty()) << "over UDP keepalive is ignored (RFC 7828 section 3.2.2)";
  Responder silent({}, &clock_);
  EXPECT_EQ(OptionOf(*Reply(silent, Asking("www.example.", {nsid})), EdnsOptionCode::kNsid), "none");
}

TEST_F(EdgesTest, RefusalsAreExplained) {
  Responder responder({}, &clock_);
  const auto code = [](const Message& message) {
    const std::string error = OptionOf(message, EdnsOptionCode::kExtendedError);
    return error == "none" ? -1 : error[0] << 8 | error[1];
  };
  EXPECT_EQ(code(*Reply(responder, Asking("www.example."))), -1);
  EXPECT_EQ(code(*Reply(responder, Asking("www.example.org."))), 20);
  Message notify = Asking("example.");
  notify.header.opcode = Opcode::kNotify;
  EXPECT_EQ(code(*Reply(responder, notify)), 21);
  zones_ = std::make_shared<const ZoneSet>(std::vector<ZoneSet::Entry>{{Name::Literal("broken."), nullptr}});
  EXPECT_EQ(code(*Reply(responder, Asking("www.broken."))), 24);
}

// Everything a client can ask for comes out of the size it can take: the response truncates, and fits.
TEST_F(EdgesTest, OptionsNeverMakeAResponseTooLong) {
  const std::string longest(ResponseOpt::kMaxNsidOctets, 'n');
  Responder responder({.edns = {.nsid = longest}}, &clock_);
  const EdnsOption nsid{.code = EdnsOptionCode::kNsid, .value = {}};
  for (uint16_t octets = 1000; octets < 1232; ++octets) {
    Message query = Asking("big.", {nsid, CookieOption("8 octets")});
    query.questions[0].qtype = rr::kTxt;
    query.edns->udp_payload_octets = octets;
    const std::optional<Message> reply = Reply(responder, query);
    EXPECT_LE(reply->ToWire().size(), octets);
    EXPECT_EQ(reply->header.truncated, reply->answer.empty());
    EXPECT_EQ(reply->edns->options.size(), 2u);
  }
}

TEST_F(EdgesTest, ChaosNamesAnswerOnlyWhenGiven) {
  struct Case {
    const char* qname;
    RrType qtype;
    const char* text;  // nullptr: REFUSED
  };
  const Case kCases[] = {
      {"id.server.", rr::kTxt, "me"},      {"HOSTNAME.bind.", rr::kTxt, "me"},
      {"version.bind.", rr::kTxt, "v1"},   {"version.server.", rr::kAny, "v1"},
      {"version.bind.", rr::kA, nullptr},  {"authors.bind.", rr::kTxt, nullptr},
      {"x.id.server.", rr::kTxt, nullptr}, {"www.example.", rr::kTxt, nullptr},
  };
  Responder named({.identity = {.identity = "me", .version = "v1"}}, &clock_);
  Responder silent({}, &clock_);
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.qname);
    Message query = Asking(c.qname);
    query.questions[0].qtype = c.qtype;
    query.questions[0].qclass = kClassCh;
    EXPECT_EQ(Reply(silent, query)->rcode(), Rcode::kRefused);
    const std::optional<Message> reply = Reply(named, query);
    EXPECT_EQ(reply->rcode(), c.text == nullptr ? Rcode::kRefused : Rcode::kNoError);
    ASSERT_EQ(reply->answer.size(), c.text == nullptr ? 0u : 1u);
    if (c.text == nullptr) continue;
    const Record& record = reply->answer[0];
    EXPECT_EQ(record.rr_class, kClassCh);
    EXPECT_EQ(record.ttl, Ttl());
    EXPECT_EQ(AsText(record.rdata), static_cast<char>(std::string_view(c.text).size()) + std::string(c.text));
  }
}

// RFC 8945 sections 5.2.1 and 5.3.2.
TEST_F(EdgesTest, AnUnknownKeyIsNamedInAnUnsignedTsig) {
  Responder responder({}, &clock_);
  const std::string algorithm = "\x0bhmac-sha256\0"s;
  const std::string time_and_fudge = "\0\0\x6b\x49\xd2\0\1\x2c"s;
  const std::string rdata = algorithm + time_and_fudge + "\0\4MAC!"s + "\x12\x67\0\0\0\0"s;
  Message query = Asking("www.example.");
  query.edns.reset();
  query.additional.push_back({.owner = Name::Literal("a-key."),
                              .type = rr::kTsig,
                              .rr_class = kClassAny,
                              .ttl = Ttl(),
                              .rdata = std::vector<uint8_t>(rdata.begin(), rdata.end())});
  const std::optional<Message> reply = Reply(responder, query);
  EXPECT_EQ(reply->rcode(), Rcode::kNotAuth);
  ASSERT_EQ(reply->additional.size(), 1u);
  const Record& tsig = reply->additional[0];
  EXPECT_EQ(tsig.owner.ToText(), "a-key.");
  EXPECT_EQ(tsig.type, rr::kTsig);
  EXPECT_EQ(AsText(tsig.rdata), algorithm + time_and_fudge + "\0\0\x12\x67\0\x11\0\0"s);

  query.additional[0].rdata.pop_back();
  EXPECT_EQ(Reply(responder, query)->rcode(), Rcode::kFormErr);
}

// RFC 8945 section 5.3: what does not fit beside the question is left out, with TC, and not half written.
TEST_F(EdgesTest, AnUnknownKeyWithoutRoomForItsNameIsTruncated) {
  Responder responder({}, &clock_);
  const std::string label(63, 'k');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'k') + ".";
  const Name algorithm = Name::Literal(longest);
  std::string rdata(AsText(algorithm.view().wire()));
  rdata += "\0\0\x6b\x49\xd2\0\1\x2c\0\0\x12\x67\0\0\0\0"s;
  Message query = Asking("www.example.");
  query.edns.reset();
  query.additional.push_back({.owner = Name::Literal("other." + longest.substr(6)),
                              .type = rr::kTsig,
                              .rr_class = kClassAny,
                              .ttl = Ttl(),
                              .rdata = std::vector<uint8_t>(rdata.begin(), rdata.end())});
  for (const bool tcp : {false, true}) {
    const std::optional<Message> reply = Reply(responder, query, "192.0.2.1", tcp);
    EXPECT_EQ(reply->rcode(), Rcode::kNotAuth);
    EXPECT_EQ(reply->header.truncated, !tcp);
    EXPECT_EQ(reply->additional.size(), tcp ? 1u : 0u);
    EXPECT_EQ(reply->questions.size(), 1u);
  }
}

// THREATS section 3: QTYPE ANY brings a forger no more than twelve octets for one, of what names have; with
// all sets it would.
TEST_F(EdgesTest, AnyIsNoAmplifier) {
  size_t above_when_full = 0;
  for (const char* zone : {"nsec", "nsec3", "optout"}) {
    const std::string apex = zone + std::string(".test.");
    zones_ = ZoneSet::Of({testing::GoldenZone(apex, "signed/" + apex + "zone")});
    for (const std::string& name : {apex, "a." + apex, "ns." + apex}) {
      SCOPED_TRACE(name);
      const std::vector<uint8_t> packet = testing::PacketFor({name, "ANY", 1232, true});
      const auto octets_out = [&](AnyAnswer any) {
        Responder responder({.any = any}, &clock_);
        responder.SetZones(zones_);
        return testing::ReplyTo(responder, packet).size();
      };
      EXPECT_GT(octets_out(AnyAnswer::kMinimal), packet.size());
      EXPECT_LE(octets_out(AnyAnswer::kMinimal), 12 * packet.size());
      above_when_full += octets_out(AnyAnswer::kFull) > 12 * packet.size() ? 1u : 0u;
    }
  }
  EXPECT_EQ(above_when_full, 3u) << "the apexes";
}

TEST_F(EdgesTest, FloodsAreTruncatedAndDropped) {
  Responder responder({.rate_limit = {.responses_per_second = 5, .burst = 5}}, &clock_);
  const auto summary = [&](const char* qname, const char* client, bool tcp = false,
                           std::vector<EdnsOption> options = {}) {
    const std::optional<Message> reply = Reply(responder, Asking(qname, std::move(options)), client, tcp);
    return reply ? testing::Summary(*reply) : "nothing";
  };
  const std::string cookie =
      OptionOf(*Reply(responder, Asking("www.example.", {CookieOption("8 octets")}), "198.51.100.1"),
               EdnsOptionCode::kCookie);
  const std::string whole = summary("www.example.", "192.0.2.1");
  EXPECT_EQ(whole.substr(0, 10), "aa noerror");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(summary("www.example.", "192.0.2.77"), whole);
  EXPECT_EQ(summary("www.example.", "192.0.2.1"), "nothing");
  EXPECT_EQ(summary("www.example.", "192.0.2.1"), "tc noerror");
  EXPECT_EQ(summary("www.example.", "192.0.3.1"), whole) << "another network";
  EXPECT_EQ(summary("example.", "192.0.2.1").substr(0, 10), "aa noerror") << "another name";
  EXPECT_EQ(summary("www.example.", "192.0.2.1", true), whole) << "over TCP";
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(summary("www.example.", "198.51.100.1", false, {CookieOption(cookie)}), whole)
        << "with a cookie";
  }
  EXPECT_EQ(responder.rate_limit_counters().dropped, 1u);
  EXPECT_EQ(responder.rate_limit_counters().truncated, 1u);
  clock_.now += std::chrono::seconds(1);
  EXPECT_EQ(summary("www.example.", "192.0.2.1"), whole) << "a second later";
}

// Random names lead to one account: of the zone, the zone cut, or the wildcard; so do queries that are
// refused.
TEST_F(EdgesTest, RandomNamesShareAnAccount) {
  for (const char* suffix : {"nothing.example.", "sub.example.", "w.example.", "not-ours.test."}) {
    SCOPED_TRACE(suffix);
    Responder responder({.rate_limit = {.responses_per_second = 5, .burst = 5, .slip = 0}}, &clock_);
    int answered = 0;
    for (int i = 0; i < 50; ++i) {
      if (Reply(responder, Asking("r" + std::to_string(i) + "." + suffix))) ++answered;
    }
    EXPECT_EQ(answered, 5);
  }
}

TEST_F(EdgesTest, NothingOfThisAllocates) {
  Responder responder({.edns = {.nsid = "ns1.fra"}, .rate_limit = {.burst = 5}}, &clock_);
  responder.SetZones(zones_);
  const EdnsOption nsid{.code = EdnsOptionCode::kNsid, .value = {}};
  const std::vector<uint8_t> packet = Asking("www.example.", {nsid, CookieOption("8 octets")}).ToWire();
  Query query;
  query.packet = packet;
  query.to.client = {IpAddress::Literal("192.0.2.1"), 1234};
  query.reply = buffer_;
  const testing::AllocationCounter counter;
  for (int i = 0; i < 20; ++i) responder.OnQueries({&query, 1});
  EXPECT_EQ(counter.count(), 0u);
}

}  // namespace
}  // namespace cairn
