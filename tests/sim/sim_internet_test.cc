// The simulated Internet without a resolver: zones are completed as promised, liars lie as their words say,
// and the real root zone is a root.
#include "tests/sim/sim_internet.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "common/zone/zone_lookup.h"
#include "tests/sim/checkers.h"
#include "tests/sim/sim_resolver.h"
#include "tests/support/source_path.h"

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Asks one server one question, and describes the first reply.
class Prober final : public UdpReceiver {
 public:
  explicit Prober(SimInternet& internet)
      : world_(internet.world()), host_(world_.AddHost("prober", {IpAddress::Literal("10.0.0.9")})) {}

  std::string Ask(const SimServer& server, std::string_view name, RrType type, bool edns = true) {
    Message query;
    query.header.id = 4711;
    query.questions.push_back({.qname = Name::Literal(name), .qtype = type});
    if (edns) query.edns.emplace();
    replies_.clear();
    asked_ = server.host().address();
    const auto socket = *host_.OpenUdp({host_.address(), 0}, *this);
    socket->Send({server.host().address(), 53}, query.ToWire());
    world_.RunFor(seconds(1), [this] { return !replies_.empty(); });
    return replies_.empty() ? "silence" : replies_.front();
  }

  void OnDatagram(UdpSocket& /*socket*/, const Endpoint& from, ByteView datagram) override {
    const absl::StatusOr<Message> reply = Message::Parse(datagram);
    std::string text = reply.ok() ? Describe(*reply) : "garbage";
    if (from.port != 53) text += " | from another port";
    if (from.address != asked_) text += " | from another address";
    if (reply.ok() && !reply->answer.empty() && reply->answer.front().ttl == Ttl::Seconds(0))
      text += " | ttl 0";
    replies_.push_back(std::move(text));
  }

 private:
  static std::string Describe(const Message& reply) {
    std::string text = cairn::ToText(reply.rcode());
    if (reply.header.id != 4711) text += " wrong id";
    if (reply.header.authoritative) text += " aa";
    if (reply.header.truncated) text += " tc";
    if (reply.edns) text += " edns";
    for (const Question& question : reply.questions) text += " | " + question.ToText();
    for (const std::vector<Record>* section : {&reply.answer, &reply.authority, &reply.additional}) {
      text += " |";
      for (const Record& record : *section) text += " " + record.owner.ToText() + " " + record.type.ToText();
    }
    return text;
  }

  SimWorld& world_;
  SimHost& host_;
  IpAddress asked_ = IpAddress::Literal("0.0.0.0");
  std::vector<std::string> replies_;
};

SimServer& ServerAt(SimInternet& internet, const std::string& name, const std::string& address) {
  return internet.AddServer(name, {IpAddress::Literal(address)});
}

std::vector<std::string> RecordsOf(const SimInternet& internet, std::string_view apex, RrType type) {
  std::vector<std::string> records;
  for (const Node node : *internet.ZoneAt(Name::Literal(apex))) {
    if (const RrsetView set = node.Find(type)) {
      records.push_back(node.owner().ToText() + " " + std::to_string(set.size()));
    }
  }
  return records;
}

TEST(SimInternet, CompletesZones) {
  SimInternet internet(1);
  ServerAt(internet, "root", "11.0.0.1");
  internet.AddServer("ns1", {IpAddress::Literal("11.0.0.2"), IpAddress::Literal("2001:db8::2")});
  internet.AddZone({.apex = Name(), .text = "", .servers = {"root"}});
  internet.AddZone({.apex = Name::Literal("a.test."), .text = "", .servers = {"ns1"}});
  internet.AddZone({.apex = Name::Literal("b.test."), .text = "@ NS ns1.a.test.\n", .servers = {"ns1"}});
  internet.AddZone({.apex = Name::Literal("hidden."), .text = "", .servers = {"ns1"}, .delegated = false});
  ASSERT_TRUE(internet.Start().ok());
  using Texts = std::vector<std::string>;
  EXPECT_EQ(RecordsOf(internet, ".", rr::kNs), (Texts{". 1", "a.test. 1", "b.test. 1"}));
  EXPECT_EQ(RecordsOf(internet, ".", rr::kA), (Texts{"root. 1", "ns1.a.test. 1"}));
  EXPECT_EQ(RecordsOf(internet, ".", rr::kAaaa), (Texts{"ns1.a.test. 1"}));
  EXPECT_EQ(RecordsOf(internet, "a.test.", rr::kSoa), (Texts{"a.test. 1"}));
  EXPECT_EQ(RecordsOf(internet, "b.test.", rr::kA), Texts{});
}

TEST(SimInternet, SaysWhereAZoneIsWrong) {
  SimInternet internet(1);
  ServerAt(internet, "root", "11.0.0.1");
  internet.AddZone({.apex = Name(),
                    .text = "www A 192.0.2\n",
                    .servers = {"root"},
                    .text_name = "world",
                    .first_line = 7});
  EXPECT_NE(internet.Start().message().find("world:7:"), absl::string_view::npos);
}

TEST(SimInternet, AChangeIsServedAtOnce) {
  SimInternet internet(1);
  SimServer& root = ServerAt(internet, "root", "11.0.0.1");
  internet.AddZone({.apex = Name(), .text = "", .servers = {"root"}});
  ASSERT_TRUE(internet.Start().ok());
  Prober prober(internet);
  EXPECT_EQ(prober.Ask(root, "www.", rr::kA), "NXDOMAIN aa edns | www. A | | . SOA |");
  ASSERT_TRUE(internet
                  .Change(NameView(),
                          [](std::vector<Record>& records) {
                            records.push_back(RecordFromText("www. 60 A 192.0.2.1").value());
                          })
                  .ok());
  EXPECT_EQ(prober.Ask(root, "www.", rr::kA), "NOERROR aa edns | www. A | www. A | |");
  EXPECT_EQ(internet.VersionsOf(NameView()).size(), 2u);
}

struct LieCase {
  Lie lie;
  const char* with_edns;
  const char* without_edns;
};

constexpr const char* kTruthWithEdns = "NOERROR aa edns | WWW.test. A | WWW.test. A | |";
constexpr const char* kTruth = "NOERROR aa | WWW.test. A | WWW.test. A | |";

constexpr LieCase kLieCases[] = {
    {Lie::kSilent, "silence", "silence"},
    {Lie::kRefused, "REFUSED edns | WWW.test. A | | |", "REFUSED | WWW.test. A | | |"},
    {Lie::kServFail, "SERVFAIL edns | WWW.test. A | | |", "SERVFAIL | WWW.test. A | | |"},
    {Lie::kFormErr, "FORMERR edns | WWW.test. A | | |", "FORMERR | WWW.test. A | | |"},
    {Lie::kNotImp, "NOTIMP edns | WWW.test. A | | |", "NOTIMP | WWW.test. A | | |"},
    {Lie::kUpwardReferral, "NOERROR edns | WWW.test. A | | . NS |", "NOERROR | WWW.test. A | | . NS |"},
    {Lie::kSidewaysReferral, "NOERROR edns | WWW.test. A | | test. NS |",
     "NOERROR | WWW.test. A | | test. NS |"},
    {Lie::kEmpty, "NOERROR edns | WWW.test. A | | |", "NOERROR | WWW.test. A | | |"},
    {Lie::kNotAuthoritative, "NOERROR edns | WWW.test. A | WWW.test. A | |",
     "NOERROR | WWW.test. A | WWW.test. A | |"},
    {Lie::kTruncating, "NOERROR tc edns | WWW.test. A | | |", "NOERROR tc | WWW.test. A | | |"},
    {Lie::kWrongId, "NOERROR wrong id aa edns | WWW.test. A | WWW.test. A | |",
     "NOERROR wrong id aa | WWW.test. A | WWW.test. A | |"},
    {Lie::kWrongQuestion, "NOERROR aa edns | not.WWW.test. A | WWW.test. A | |",
     "NOERROR aa | not.WWW.test. A | WWW.test. A | |"},
    {Lie::kGarbage, "garbage", "garbage"},
    {Lie::kSpoofed, "NOERROR wrong id aa edns | WWW.test. A | WWW.test. A | |",
     "NOERROR wrong id aa | WWW.test. A | WWW.test. A | |"},
    {Lie::kEdnsFormErr, "FORMERR | WWW.test. A | | |", kTruth},
    {Lie::kEdnsNotImp, "NOTIMP | WWW.test. A | | |", kTruth},
    {Lie::kEdnsSilent, "silence", kTruth},
    {Lie::kEdnsBadVers, "BADVERS edns | WWW.test. A | | |", kTruth},
    {Lie::kNoEdns, kTruth, kTruth},
    {Lie::kFoldsCase, "NOERROR aa edns | www.test. A | WWW.test. A | |",
     "NOERROR aa | www.test. A | WWW.test. A | |"},
    {Lie::kDenyingEnts, kTruthWithEdns, kTruth},
    {Lie::kInvalidFirst, kTruthWithEdns, kTruth},  // QR and the opcode are not described
    {Lie::kCookies, kTruthWithEdns, kTruth},       // the query brings none
    {Lie::kCookiesOrBad, kTruthWithEdns, kTruth},
    {Lie::kCookieFormErr, kTruthWithEdns, kTruth},
    {Lie::kSpoofedWithoutCookie, kTruthWithEdns, kTruth},
    {Lie::kSpoofedFormErr, "FORMERR | WWW.test. A | | |", "FORMERR | WWW.test. A | | |"},
    {Lie::kPoison,
     "NOERROR aa edns | WWW.test. A | WWW.test. A bank. A | bank. NS | ns-of-the-liar.bank. A bank. A",
     "NOERROR aa | WWW.test. A | WWW.test. A bank. A | bank. NS | ns-of-the-liar.bank. A bank. A"},
    {Lie::kHugeTtl, "NOERROR aa edns | WWW.test. A | WWW.test. A | | | ttl 0",
     "NOERROR aa | WWW.test. A | WWW.test. A | | | ttl 0"},
    {Lie::kOtherAddress, "NOERROR aa edns | WWW.test. A | WWW.test. A | | | from another address",
     "NOERROR aa | WWW.test. A | WWW.test. A | | | from another address"},
    {Lie::kOtherPort, "NOERROR aa edns | WWW.test. A | WWW.test. A | | | from another port",
     "NOERROR aa | WWW.test. A | WWW.test. A | | | from another port"},
    {Lie::kTcpRefused, kTruthWithEdns, kTruth},
    {Lie::kTcpSilent, kTruthWithEdns, kTruth},
    {Lie::kTcpResets, kTruthWithEdns, kTruth},
    {Lie::kTcpMute, kTruthWithEdns, kTruth},
};

TEST(Liars, LieAsTheirWordsSay) {
  SimInternet internet(1);
  SimServer& server =
      internet.AddServer("ns1", {IpAddress::Literal("11.0.0.1"), IpAddress::Literal("11.0.0.2")});
  internet.AddZone({.apex = Name::Literal("test."), .text = "www A 192.0.2.1\n", .servers = {"ns1"}});
  ASSERT_TRUE(internet.Start().ok());
  Prober prober(internet);
  EXPECT_EQ(std::size(kLieCases), Lies().size());
  for (const LieCase& c : kLieCases) {
    SCOPED_TRACE(ToText(c.lie));
    EXPECT_EQ(LieFromText(ToText(c.lie)), c.lie);
    server.liar().SetLies({c.lie}, {Name::Literal("bank.")});
    EXPECT_EQ(prober.Ask(server, "WWW.test.", rr::kA), c.with_edns);
    EXPECT_EQ(prober.Ask(server, "WWW.test.", rr::kA, false), c.without_edns);
  }
}

// ---- The real root zone as the root of a world

std::string RootZoneFile() {
  const char* const path = std::getenv("CAIRN_ROOT_ZONE");
  return path != nullptr ? path : testing::SourcePath("../shared/data/root-2018.zone");
}

TEST(RealRootZone, IsTheRootOfAWorld) {
  if (!std::filesystem::exists(RootZoneFile())) GTEST_SKIP() << RootZoneFile() << " is not there";
  SimInternet internet(1);
  const std::vector<std::string> roots = {"198.41.0.4",     "199.9.14.201",  "192.33.4.12",  "199.7.91.13",
                                          "192.203.230.10", "192.5.5.241",   "192.112.36.4", "198.97.190.53",
                                          "192.36.148.17",  "192.58.128.30", "193.0.14.129", "199.7.83.42",
                                          "202.12.27.33"};
  ZonePlan root{.apex = Name(), .text = "", .servers = {}, .file = RootZoneFile()};
  for (const std::string& address : roots) {
    root.servers.push_back("root" + std::to_string(root.servers.size()));
    ServerAt(internet, root.servers.back(), address);
  }
  internet.AddZone(root);
  ServerAt(internet, "a.gtld-servers.net", "192.5.6.30");
  ServerAt(internet, "ns1", "11.0.0.1");
  internet.AddZone({.apex = Name::Literal("com."),
                    .text = "@ NS a.gtld-servers.net.\n",
                    .servers = {"a.gtld-servers.net"}});
  internet.AddZone({.apex = Name::Literal("example.com."), .text = "www A 192.0.2.1\n", .servers = {"ns1"}});
  const absl::Status started = internet.Start();
  ASSERT_TRUE(started.ok()) << started.ToString();

  // Twelve of the thirteen servers of com. are not of this world: it takes a while to find the one that is,
  // and all of a client's patience where each has a second address.
  ResolverOptions options = SimResolver::DefaultOptions();
  options.client_timeout_ms = 10000;
  options.ipv6 = false;
  SimResolver resolver(internet, options);
  Checkers checkers(resolver);
  const struct {
    const char* name;
    RrType type;
    Rcode rcode;
  } cases[] = {
      {"www.example.com.", rr::kA, Rcode::kNoError},
      {"no-such-tld.", rr::kA, Rcode::kNxDomain},
      {".", rr::kNs, Rcode::kNoError},
      {"com.", rr::kDs, Rcode::kNoError},
      {"www.nothing.invalid-tld-of-ours.", rr::kA, Rcode::kNxDomain},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Conversation& conversation =
        resolver.AskAndWait({.question = {.qname = Name::Literal(c.name), .qtype = c.type}});
    ASSERT_TRUE(conversation.done());
    EXPECT_EQ(conversation.reply.rcode(), c.rcode);
    checkers.CheckAnswer(conversation, Demand::kTruth);
  }
  checkers.CheckNothingAlive();
  for (const std::string& finding : checkers.findings()) ADD_FAILURE() << finding;
}

}  // namespace
}  // namespace cairn::sim
