// One question to one server: what counts as its reply (RFC 5452 section 9, THREATS section 2), and what
// happens when the server is old, truncates, or somebody guesses.
#include "resolver/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/async/scope.h"
#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

using testing::ElementsAre;

const Endpoint kServer{IpAddress::Literal("192.0.2.1"), 53};

std::vector<uint8_t> GoodReply(ByteView query) {
  const Message asked = Message::Parse(query).value();
  return ReplyFromText(asked, "aa; answer www.example. 300 A 192.0.2.80")->ToWire();
}

// A spoiled reply: what is wrong with it, and how to make it so.
struct Spoiled {
  const char* name;
  Mismatch mismatch;
  void (*spoil)(std::vector<uint8_t>& reply);
};
const Spoiled kSpoiled[] = {
    {"shorter than a header", Mismatch::kTooShort, [](std::vector<uint8_t>& reply) { reply.resize(11); }},
    {"QR not set", Mismatch::kNotAResponse, [](std::vector<uint8_t>& reply) { reply[2] &= 0x7f; }},
    {"opcode NOTIFY", Mismatch::kOpcode, [](std::vector<uint8_t>& reply) { reply[2] |= 4 << 3; }},
    {"no question", Mismatch::kQuestionCount, [](std::vector<uint8_t>& reply) { reply[5] = 0; }},
    {"the header alone", Mismatch::kQuestionCount,
     [](std::vector<uint8_t>& reply) {
       reply.resize(kHeaderOctets);
       reply[5] = 0;
     }},
    {"two questions", Mismatch::kQuestionCount, [](std::vector<uint8_t>& reply) { reply[5] = 2; }},
    {"another name", Mismatch::kQuestion, [](std::vector<uint8_t>& reply) { reply[13] = 'v'; }},
    {"another type", Mismatch::kQuestion, [](std::vector<uint8_t>& reply) { reply[26] = 28; }},
    {"another class", Mismatch::kQuestion, [](std::vector<uint8_t>& reply) { reply[28] = 3; }},
    {"ends in the question", Mismatch::kQuestion, [](std::vector<uint8_t>& reply) { reply.resize(20); }},
    {"another spelling", Mismatch::kSpelling, [](std::vector<uint8_t>& reply) { reply[13] = 'W'; }},
};

std::vector<uint8_t> SampleQuery() {
  Message query;
  query.header.id = 7;
  query.questions.push_back(QuestionFromText("www.example. A"));
  return query.ToWire();
}

TEST(MatchReply, NamesWhatIsWrong) {
  const std::vector<uint8_t> query = SampleQuery();
  const ByteView question = ByteView(query).subspan(kHeaderOctets);
  EXPECT_EQ(MatchReply(GoodReply(query), question), Mismatch::kNone);
  for (const Spoiled& c : kSpoiled) {
    SCOPED_TRACE(c.name);
    std::vector<uint8_t> reply = GoodReply(query);
    c.spoil(reply);
    EXPECT_EQ(MatchReply(reply, question), c.mismatch);
  }
}

class ExchangeTest : public testing::Test {
 protected:
  ExchangeResult Ask(ExchangeRequest request) {
    std::optional<ExchangeResult> result;
    Scope scope;
    scope.Spawn(Run(request, result));
    while (scope.size() > 0 && world_.timers.NextDeadline()) {
      world_.clock.now = std::max(world_.clock.now, *world_.timers.NextDeadline());
      world_.timers.RunDue();
    }
    EXPECT_EQ(sockets_.waiting(), 0u);
    return result.value();
  }

  Task<void> Run(ExchangeRequest request, std::optional<ExchangeResult>& result) {
    const TracePoint nowhere;
    result = co_await exchanger_.Ask(std::move(request), budget_, nowhere);
  }

  static ExchangeRequest Request() {
    ExchangeRequest request;
    request.question = QuestionFromText("www.example. A");
    request.server = kServer;
    request.timeout = std::chrono::milliseconds(400);
    return request;
  }

  // A server that tells every query apart and counts on `reply`.
  void Serve(std::string reply, std::string over_tcp = "aa; answer www.example. 300 A 192.0.2.80") {
    world_.network.servers[kServer.address] = [=](const Message& query, bool tcp) {
      std::optional<std::vector<uint8_t>> wire;
      if (std::optional<Message> message = ReplyFromText(query, tcp ? over_tcp : reply))
        wire = message->ToWire();
      return wire;
    };
  }

  ScriptedWorld world_;
  ResolverOptions options_ = ScriptedWorld::DefaultOptions();
  ResolverCounters counters_;
  UpstreamSockets sockets_{world_.network, *world_.random, options_};
  Exchanger exchanger_{world_.clock, world_.timers, *world_.random, world_.network,
                       sockets_,     options_,      counters_};
  FetchBudget budget_{std::make_shared<WorkBudget>(world_.clock.now, nullptr)};
};

TEST_F(ExchangeTest, ReplyComesBackWithItsTime) {
  Serve("aa; answer www.example. 300 A 192.0.2.80");
  const ExchangeResult result = Ask(Request());
  ASSERT_EQ(result.end, ExchangeResult::End::kReply);
  EXPECT_EQ(result.reply.answer.size(), 1u);
  EXPECT_EQ(result.rtt, std::chrono::milliseconds(10));
  EXPECT_FALSE(result.over_tcp);
  EXPECT_FALSE(result.without_edns);
}

TEST_F(ExchangeTest, SilenceTimesOut) {
  Serve("silence");
  const ExchangeResult result = Ask(Request());
  EXPECT_EQ(result.end, ExchangeResult::End::kTimeout);
  EXPECT_EQ(result.rtt, std::chrono::milliseconds(400));
}

TEST_F(ExchangeTest, DeadlineOfTheClientCutsTheTimeout) {
  Serve("silence");
  world_.clock.now = budget_.deadline() - std::chrono::milliseconds(100);
  EXPECT_EQ(Ask(Request()).rtt, std::chrono::milliseconds(100));
  EXPECT_EQ(Ask(Request()).end, ExchangeResult::End::kLimit);
}

TEST_F(ExchangeTest, TruncatedReplyIsAskedOverTcp) {
  Serve("aa; tc", "aa; tc; answer www.example. 300 A 192.0.2.80");
  const ExchangeResult result = Ask(Request());
  ASSERT_EQ(result.end, ExchangeResult::End::kReply);
  EXPECT_TRUE(result.over_tcp);
  EXPECT_FALSE(result.reply.header.truncated);  // an erroneous TC over TCP means nothing
  EXPECT_THAT(world_.network.asked, ElementsAre("192.0.2.1 www.example. A", "tcp 192.0.2.1 www.example. A"));
}

TEST_F(ExchangeTest, FailedTcpIsTheServersFailure) {
  Serve("aa; tc", "silence");
  EXPECT_EQ(Ask(Request()).end, ExchangeResult::End::kUnreachable);
}

TEST_F(ExchangeTest, WithoutEdnsForThoseWhoDoNotKnowIt) {
  for (const char* refusal : {"rcode FORMERR; no-edns", "rcode NOTIMP; no-edns", "rcode BADVERS"}) {
    SCOPED_TRACE(refusal);
    world_.network.servers[kServer.address] = [refusal](const Message& query, bool) {
      return std::optional(
          ReplyFromText(query, query.edns ? refusal : "aa; answer www.example. 300 A 192.0.2.80")->ToWire());
    };
    const ExchangeResult result = Ask(Request());
    ASSERT_EQ(result.end, ExchangeResult::End::kReply);
    EXPECT_EQ(result.reply.rcode(), Rcode::kNoError);
    EXPECT_TRUE(result.without_edns);
  }
}

TEST_F(ExchangeTest, RefusalsOfEdnsMayBeTheHeaderAlone) {
  for (const Rcode rcode : {Rcode::kFormErr, Rcode::kNotImp}) {
    SCOPED_TRACE(ToText(rcode));
    world_.network.servers[kServer.address] = [rcode](const Message& query, bool) {
      if (!query.edns)
        return std::optional(ReplyFromText(query, "aa; answer www.example. 300 A 192.0.2.80")->ToWire());
      std::vector<uint8_t> refusal = ReplyFromText(query, "no-edns")->ToWire();
      refusal.resize(kHeaderOctets);
      refusal[3] = static_cast<uint8_t>(rcode);
      refusal[5] = 0;
      return std::optional(refusal);
    };
    const ExchangeResult result = Ask(Request());
    ASSERT_EQ(result.end, ExchangeResult::End::kReply);
    EXPECT_EQ(result.reply.rcode(), Rcode::kNoError);
    EXPECT_TRUE(result.without_edns);
    EXPECT_LT(result.rtt, std::chrono::milliseconds(100));
  }
}

// TuDoor (S&P 2024): each kind of invalid datagram comes first and the right one later; it is as if the first
// never came.
TEST_F(ExchangeTest, InvalidDatagramsAreAsIfTheyNeverCame) {
  for (const Spoiled& c : kSpoiled) {
    SCOPED_TRACE(c.name);
    world_.network.on_udp = [this, &c](const Endpoint& from, const Endpoint& to, ByteView query) {
      std::vector<uint8_t> spoiled = GoodReply(query);
      c.spoil(spoiled);
      world_.network.Inject(to, from, spoiled, std::chrono::milliseconds(1));
      world_.network.Inject(to, from, GoodReply(query), std::chrono::milliseconds(150));
    };
    world_.network.asked.clear();
    const ExchangeResult result = Ask(Request());
    EXPECT_EQ(result.end, ExchangeResult::End::kReply);
    EXPECT_THAT(world_.network.asked, ElementsAre("192.0.2.1 www.example. A"));
  }
}

TEST_F(ExchangeTest, OtherSendersAreNotHeard) {
  for (const Endpoint& stranger :
       {Endpoint{IpAddress::Literal("192.0.2.2"), 53}, Endpoint{kServer.address, 54}}) {
    world_.network.on_udp = [&](const Endpoint& from, const Endpoint& /*to*/, ByteView query) {
      world_.network.Inject(stranger, from, GoodReply(query), std::chrono::milliseconds(1));
    };
    EXPECT_EQ(Ask(Request()).end, ExchangeResult::End::kTimeout);
  }
  EXPECT_EQ(counters_.upstream_mismatches.value(), 2u);
}

TEST_F(ExchangeTest, WrongIdFromTheServerMovesToTcp) {
  Serve("silence");
  world_.network.on_udp = [this](const Endpoint& from, const Endpoint& to, ByteView query) {
    std::vector<uint8_t> guess = GoodReply(query);
    guess[1] ^= 1;
    world_.network.Inject(to, from, guess, std::chrono::milliseconds(1));
  };
  const ExchangeResult result = Ask(Request());
  EXPECT_EQ(result.end, ExchangeResult::End::kReply);
  EXPECT_TRUE(result.over_tcp);
  EXPECT_EQ(counters_.upstream_near_misses.value(), 1u);
}

TEST_F(ExchangeTest, ManyMismatchesMoveToTcp) {
  Serve("silence");
  world_.network.on_udp = [this](const Endpoint& from, const Endpoint& to, ByteView query) {
    std::vector<uint8_t> spoiled = GoodReply(query);
    spoiled[13] = 'v';
    for (int i = 0; i < 100; ++i) world_.network.Inject(to, from, spoiled, std::chrono::milliseconds(1));
  };
  EXPECT_TRUE(Ask(Request()).over_tcp);
}

TEST_F(ExchangeTest, SpellingMustComeBackWhenItWasDrawn) {
  ExchangeRequest request = Request();
  request.randomise_case = true;
  request.question = QuestionFromText("abcdefghijklmnopqrstuvwxyz.example. A");
  bool fold = true;
  std::set<std::string> spellings;
  world_.network.servers[kServer.address] = [&](const Message& query, bool) {
    spellings.insert(query.questions.at(0).qname.ToText());
    Message reply = ReplyFromText(query, "aa").value();
    if (fold) reply.questions.at(0).qname = query.questions.at(0).qname.ToLower();
    return std::optional(reply.ToWire());
  };
  ExchangeResult result = Ask(request);
  EXPECT_TRUE(result.over_tcp);
  EXPECT_TRUE(result.case_folded);  // over TCP nobody can have forged it: the server folds
  fold = false;
  result = Ask(request);
  EXPECT_FALSE(result.over_tcp);
  EXPECT_EQ(spellings.size(), 3u);
}

TEST_F(ExchangeTest, UnreadableReplyIsIgnored) {
  world_.network.on_udp = [this](const Endpoint& from, const Endpoint& to, ByteView query) {
    std::vector<uint8_t> reply = GoodReply(query);
    reply[7] = 9;  // ANCOUNT
    world_.network.Inject(to, from, reply, std::chrono::milliseconds(1));
  };
  EXPECT_EQ(Ask(Request()).end, ExchangeResult::End::kTimeout);
}

TEST_F(ExchangeTest, NoSocketIsNoCrash) {
  world_.network.no_sockets = true;
  EXPECT_EQ(Ask(Request()).end, ExchangeResult::End::kUnreachable);
  world_.network.no_sockets = false;
  Serve("aa");
  EXPECT_EQ(Ask(Request()).end, ExchangeResult::End::kReply);
}

TEST_F(ExchangeTest, NoRouteIsKnownAtOnce) {
  Serve("aa");
  world_.network.without_route.insert(kServer.address);
  const ExchangeResult result = Ask(Request());
  EXPECT_EQ(result.end, ExchangeResult::End::kUnreachable);
  EXPECT_EQ(result.rtt, Duration(0));
}

TEST_F(ExchangeTest, PortsAndIdsAreSpread) {
  std::set<uint16_t> ids;
  world_.network.on_udp = [&ids](const Endpoint&, const Endpoint&, ByteView query) {
    ids.insert(LoadU16(query.data()));
  };
  Serve("aa");
  for (int i = 0; i < 2000; ++i) {
    budget_ = FetchBudget(std::make_shared<WorkBudget>(world_.clock.now, nullptr));
    ASSERT_EQ(Ask(Request()).end, ExchangeResult::End::kReply);
  }
  std::set<uint16_t> ports;
  for (const Endpoint& from : world_.network.ports_used) ports.insert(from.port);
  // A socket serves two or three queries before the next is drawn: 800 draws out of 1024 hit about 555.
  EXPECT_GT(ports.size(), 500u);
  EXPECT_GT(ids.size(), 1900u);
}

TEST_F(ExchangeTest, SocketsAreGivenUpForFreshPorts) {
  ResolverOptions few = options_;
  few.upstream_sockets = 1;
  UpstreamSockets one(world_.network, *world_.random, few);
  Exchanger exchanger(world_.clock, world_.timers, *world_.random, world_.network, one, few, counters_);
  Serve("aa");
  const size_t before = world_.network.open_sockets;
  for (int i = 0; i < 3000; ++i) {
    FetchBudget budget(std::make_shared<WorkBudget>(world_.clock.now, nullptr));
    Scope scope;
    scope.Spawn([](Exchanger& asker, FetchBudget& purse) -> Task<void> {
      ExchangeRequest request = Request();
      const TracePoint nowhere;
      const ExchangeResult result = co_await asker.Ask(std::move(request), purse, nowhere);
      EXPECT_EQ(result.end, ExchangeResult::End::kReply);
    }(exchanger, budget));
    while (scope.size() > 0) {
      world_.clock.now = *world_.timers.NextDeadline();
      world_.timers.RunDue();
    }
  }
  std::set<uint16_t> ports;
  for (const Endpoint& from : world_.network.ports_used) ports.insert(from.port);
  EXPECT_GE(ports.size(), 3u);   // a socket serves at most 1024 queries
  EXPECT_LE(ports.size(), 12u);  // and at least 256
  EXPECT_EQ(world_.network.open_sockets, before + 1);
}

}  // namespace
}  // namespace cairn
