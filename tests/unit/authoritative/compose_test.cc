// What each outcome of a lookup looks like as a message: RFC 1034 section 4.3.2 steps 3 to 6, RFC 2308, 6672,
// 8482, 9471, and RFC 4035 section 3.1 with DO.
#include "authoritative/compose.h"

#include <string>

#include "common/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/authoritative/ask.h"

namespace cairn {
namespace {

using testing::Ask;
using testing::Asked;

struct AnswerCase {
  const char* name;
  Asked asked;
  const char* expected;
};

Asked Plain(std::string_view qname, std::string_view qtype) {
  return {.qname = qname, .qtype = qtype, .edns_octets = {}};
}
Asked Edns1232(std::string_view qname, std::string_view qtype) {
  return {.qname = qname, .qtype = qtype, .edns_octets = 1232};
}
Asked Tcp(std::string_view qname, std::string_view qtype) {
  return {.qname = qname, .qtype = qtype, .edns_octets = {}, .tcp = true};
}
Asked Dnssec(std::string_view qname, std::string_view qtype) {
  return {.qname = qname, .qtype = qtype, .edns_octets = 1232, .dnssec_ok = true};
}

void Expect(Responder& responder, std::span<const AnswerCase> cases) {
  for (const AnswerCase& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Ask(responder, c.asked), c.expected);
  }
}

TEST(Compose, WritesEachOutcome) {
  const AnswerCase cases[] = {
      {"answer", Plain("www.example.", "AAAA"), "aa noerror; answer www.example. AAAA"},
      {"the owner is spelled as the question", Plain("wWw.eXample.", "A"),
       "aa noerror; answer wWw.eXample. A"},
      {"NODATA", Plain("www.example.", "MX"), "aa noerror; authority example. SOA"},
      {"NXDOMAIN", Plain("nothing.example.", "A"), "aa nxdomain; authority example. SOA"},
      {"empty non-terminal", Plain("ent.example.", "A"), "aa noerror; authority example. SOA"},
      {"wildcard", Plain("q.W.example.", "TXT"), "aa noerror; answer q.W.example. TXT"},
      {"NS at the apex brings addresses", Plain("example.", "NS"),
       "aa noerror; answer example. NS (2); additional ns1.example. A, ns1.example. AAAA"},
      {"MX brings addresses", Plain("example.", "MX"),
       "aa noerror; answer example. MX (2); additional mail.example. A"},
      {"SRV brings addresses", Plain("_dns._tcp.example.", "SRV"),
       "aa noerror; answer _dns._tcp.example. SRV; additional ns1.example. A, ns1.example. AAAA"},
      {"HTTPS brings addresses", Plain("svc.example.", "HTTPS"),
       "aa noerror; answer svc.example. HTTPS; additional www.example. A, www.example. AAAA"},
      {"wildcard MX brings addresses", Plain("q.mx-w.example.", "MX"),
       "aa noerror; answer q.mx-w.example. MX; additional mail.example. A"},

      {"referral", Plain("x.sub.example.", "A"),
       "noerror; authority sub.example. NS (3); additional ns.sub.example. A, ns.sub.example. AAAA, "
       "ns1.sibling.example. A"},
      {"referral without glue", Plain("x.signed.example.", "A"), "noerror; authority signed.example. NS"},
      {"referral without DO has no DS", Edns1232("x.signed.example.", "A"),
       "noerror; authority signed.example. NS"},
      {"referral with DO, but the zone is not signed", Dnssec("x.signed.example.", "A"),
       "noerror; authority signed.example. NS"},
      {"DS at the cut", Plain("signed.example.", "DS"), "aa noerror; answer signed.example. DS"},
      {"no DS at the cut", Plain("sub.example.", "DS"), "aa noerror; authority example. SOA"},

      {"alias", Plain("alias.example.", "A"), "aa noerror; answer alias.example. CNAME, www.example. A"},
      {"alias, other type", Plain("alias.example.", "MX"),
       "aa noerror; answer alias.example. CNAME; authority example. SOA"},
      {"alias asked for itself", Plain("alias.example.", "CNAME"), "aa noerror; answer alias.example. CNAME"},
      {"alias to nothing", Plain("dangling.example.", "A"),
       "aa nxdomain; answer dangling.example. CNAME; authority example. SOA"},
      {"alias out of our zones", Plain("outside.example.", "A"), "aa noerror; answer outside.example. CNAME"},
      {"alias into a delegation", Plain("into-cut.example.", "A"),
       "aa noerror; answer into-cut.example. CNAME; authority sub.example. NS (3); additional "
       "ns.sub.example. A, "
       "ns.sub.example. AAAA, ns1.sibling.example. A"},
      {"wildcard alias", Plain("q.alias-w.example.", "A"),
       "aa noerror; answer q.alias-w.example. CNAME, www.example. A"},
      {"circle of two", Plain("loop-a.example.", "A"),
       "aa noerror; answer loop-a.example. CNAME, loop-b.example. CNAME"},
      {"alias of itself", Plain("self.example.", "A"), "aa noerror; answer self.example. CNAME"},

      {"DNAME", Plain("a.moved.example.", "A"),
       "aa noerror; answer moved.example. DNAME, a.moved.example. CNAME, a.w.example. A"},
      {"DNAME into a wildcard", Plain("q.moved.example.", "TXT"),
       "aa noerror; answer moved.example. DNAME, q.moved.example. CNAME, q.w.example. TXT"},
      {"DNAME asked for the alias", Plain("a.moved.example.", "CNAME"),
       "aa noerror; answer moved.example. DNAME, a.moved.example. CNAME"},
      {"DNAME out of our zones", Plain("a.gone.example.", "A"),
       "aa noerror; answer gone.example. DNAME, a.gone.example. CNAME"},
      {"the DNAME's owner", Plain("moved.example.", "A"), "aa noerror; answer moved.example. A"},
      {"DNAME too long",
       Plain("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.long.example.", "A"),
       "aa yxdomain; answer long.example. DNAME"},

      {"ANY gets one set", Plain("www.example.", "ANY"), "aa noerror; answer www.example. A"},
      {"ANY over TCP gets all", Tcp("www.example.", "ANY"),
       "aa noerror; answer www.example. A, www.example. TXT, www.example. AAAA"},
      {"ANY at an alias", Plain("alias.example.", "ANY"), "aa noerror; answer alias.example. CNAME"},
      {"ANY at an empty non-terminal", Plain("ent.example.", "ANY"), "aa noerror; authority example. SOA"},
      {"ANY for no name", Plain("nothing.example.", "ANY"), "aa nxdomain; authority example. SOA"},
      {"RRSIG of an unsigned name", Plain("www.example.", "RRSIG"), "aa noerror; authority example. SOA"},
      {"NSEC of an unsigned zone", Dnssec("www.example.", "NSEC"), "aa noerror; authority example. SOA"},
      {"NXDOMAIN of an unsigned zone with DO", Dnssec("nothing.example.", "A"),
       "aa nxdomain; authority example. SOA"},
  };
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::GoldenZone("example.", "lookup.zone")}));
  Expect(responder, cases);
}

TEST(Compose, StopsAfterSixteenLinks) {
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::GoldenZone("example.", "lookup.zone")}));
  const absl::StatusOr<Message> message =
      Message::Parse(testing::ReplyTo(responder, testing::PacketFor(Tcp("chain1.example.", "A")), true));
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->answer.size(), limits::kMaxAliasLinks + 1);
  EXPECT_EQ(message->rcode(), Rcode::kNoError);
  // A DNAME that feeds itself: written once, with the sixteen aliases made from it.
  const absl::StatusOr<Message> spiral =
      Message::Parse(testing::ReplyTo(responder, testing::PacketFor(Tcp("a.spiral.example.", "A")), true));
  ASSERT_TRUE(spiral.ok());
  EXPECT_EQ(spiral->answer.size(), limits::kMaxAliasLinks + 1);
  EXPECT_EQ(Ask(responder, Tcp("chain4.example.", "A")).substr(0, 26), "aa noerror; answer chain4.");
  EXPECT_THAT(Ask(responder, Tcp("chain4.example.", "A")), ::testing::HasSubstr("chain19.example. A"));
}

TEST(Compose, DenialsFollowRfc4035Section313) {
  const std::string soa = "signed. SOA, signed. RRSIG, ";
  const std::string negative = "aa noerror; authority " + soa;
  const AnswerCase cases[] = {
      {"answer", Dnssec("a.signed.", "A"), "aa noerror; answer a.signed. A, a.signed. RRSIG"},
      {"answer without DO", Edns1232("a.signed.", "A"), "aa noerror; answer a.signed. A"},
      {"NODATA", Dnssec("a.signed.", "TXT"),
       "aa noerror; authority signed. SOA, signed. RRSIG, a.signed. NSEC, a.signed. RRSIG"},
      {"NODATA without DO", Edns1232("a.signed.", "TXT"), "aa noerror; authority signed. SOA"},
      {"empty non-terminal", Dnssec("ent.signed.", "A"),
       "aa noerror; authority signed. SOA, signed. RRSIG, alias.signed. NSEC, alias.signed. RRSIG"},
      {"no such name, two records", Dnssec("m.signed.", "A"),
       "aa nxdomain; authority signed. SOA, signed. RRSIG (2), b.ent.signed. NSEC, b.ent.signed. RRSIG, "
       "signed. NSEC"},
      {"no such name, one record for both", Dnssec("0.signed.", "A"),
       "aa nxdomain; authority signed. SOA, signed. RRSIG (2), signed. NSEC"},
      {"no such name, after the last", Dnssec("zzz.signed.", "A"),
       "aa nxdomain; authority signed. SOA, signed. RRSIG (2), c.*.we.signed. NSEC, c.*.we.signed. RRSIG, "
       "signed. NSEC"},
      {"wildcard answer", Dnssec("x.w.signed.", "A"),
       "aa noerror; answer x.w.signed. A, x.w.signed. RRSIG; authority *.w.signed. NSEC, *.w.signed. RRSIG"},
      {"an asterisk in the question", Dnssec("*.x.w.signed.", "A"),
       "aa noerror; answer *.x.w.signed. A, *.x.w.signed. RRSIG; authority *.w.signed. NSEC, *.w.signed. "
       "RRSIG"},
      {"wildcard NODATA", Dnssec("x.w.signed.", "TXT"),
       "aa noerror; authority signed. SOA, signed. RRSIG, *.w.signed. NSEC, *.w.signed. RRSIG"},
      {"a wildcard that is an empty non-terminal", Dnssec("x.we.signed.", "A"),
       "aa noerror; authority signed. SOA, signed. RRSIG, c.*.we.signed. NSEC, c.*.we.signed. RRSIG, "
       "*.w.signed. NSEC, "
       "*.w.signed. RRSIG"},
      {"alias to a wildcard", Dnssec("alias.signed.", "A"),
       "aa noerror; answer alias.signed. CNAME, alias.signed. RRSIG, x.w.signed. A, x.w.signed. RRSIG; "
       "authority "
       "*.w.signed. NSEC, *.w.signed. RRSIG"},
      {"signed delegation", Dnssec("x.secure.signed.", "A"),
       "noerror; authority secure.signed. NS, secure.signed. DS, secure.signed. RRSIG; additional "
       "ns.secure.signed. A"},
      {"unsigned delegation", Dnssec("x.unsecure.signed.", "A"),
       "noerror; authority unsecure.signed. NS, unsecure.signed. NSEC, unsecure.signed. RRSIG; additional "
       "ns.unsecure.signed. A"},
      {"no DS", Dnssec("unsecure.signed.", "DS"),
       "aa noerror; authority signed. SOA, signed. RRSIG, unsecure.signed. NSEC, unsecure.signed. RRSIG"},
      {"additional addresses with signatures", Dnssec("signed.", "NS"),
       "aa noerror; answer signed. NS, signed. RRSIG; additional ns.signed. A, ns.signed. RRSIG"},
      {"RRSIG asked for: those of one set", Edns1232("signed.", "RRSIG"), "aa noerror; answer signed. RRSIG"},
      {"RRSIG over TCP: all", Tcp("signed.", "RRSIG"), "aa noerror; answer signed. RRSIG (3)"},
      {"NSEC asked for", Edns1232("a.signed.", "NSEC"), "aa noerror; answer a.signed. NSEC"},
      {"ANY with DO", Dnssec("a.signed.", "ANY"), "aa noerror; answer a.signed. A, a.signed. RRSIG"},
  };
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::GoldenZone("signed.", "denial.zone")}));
  Expect(responder, cases);
}

// RFC 4035 section 3.1.4.1: with parent and child both served, DS comes from the parent, all else from the
// child.
TEST(Compose, AliasesAndDsCrossZones) {
  const auto parent =
      testing::ZoneOf("example.",
                      "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
                      "child 60 NS ns.child\nns.child 60 A 192.0.2.2\nelsewhere 60 NS ns.other.\n"
                      "child 60 DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
                      "to-child 60 CNAME www.child\nto-other 60 CNAME nothing.other.\n");
  const auto child = testing::ZoneOf("child.example.",
                                     "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.2\n"
                                     "www 60 A 192.0.2.3\nback 60 CNAME to-child.example.\n");
  const auto grandchild =
      testing::ZoneOf("grandchild.elsewhere.example.", "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns.other.\n");
  const auto other = testing::ZoneOf("other.", "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns.example.\n");
  const AnswerCase both[] = {
      {"DS from the parent", Plain("child.example.", "DS"), "aa noerror; answer child.example. DS"},
      {"SOA from the child", Plain("child.example.", "SOA"), "aa noerror; answer child.example. SOA"},
      {"NS from the child", Plain("child.example.", "NS"),
       "aa noerror; answer child.example. NS; additional ns.child.example. A"},
      {"alias into the child", Plain("to-child.example.", "A"),
       "aa noerror; answer to-child.example. CNAME, www.child.example. A"},
      {"alias there and back", Plain("back.child.example.", "A"),
       "aa noerror; answer back.child.example. CNAME, to-child.example. CNAME, www.child.example. A"},
      {"alias to nothing in another zone", Plain("to-other.example.", "A"),
       "aa nxdomain; answer to-other.example. CNAME; authority other. SOA"},
      {"DS of a zone whose parent is not ours", Plain("other.", "DS"), "aa noerror; authority other. SOA"},
      {"DS of a zone whose grandparent alone is ours", Plain("grandchild.elsewhere.example.", "DS"),
       "aa noerror; authority grandchild.elsewhere.example. SOA"},
      {"nobody's name", Plain("www.elsewhere.", "A"), "refused"},
      {"the root", Plain(".", "NS"), "refused"},
  };
  Responder responder;
  responder.SetZones(ZoneSet::Of({parent, child, grandchild, other}));
  Expect(responder, both);

  responder.SetZones(ZoneSet::Of({child}));
  const AnswerCase child_alone[] = {
      {"DS at the apex of the child", Plain("child.example.", "DS"),
       "aa noerror; authority child.example. SOA"},
      {"above the child", Plain("example.", "SOA"), "refused"},
  };
  Expect(responder, child_alone);

  responder.SetZones(std::make_shared<const ZoneSet>(
      std::vector<ZoneSet::Entry>{{Name::Literal("example."), nullptr}, {Name::Literal("other."), other}}));
  const AnswerCase not_loaded[] = {
      {"a zone that could not be loaded", Plain("www.example.", "A"), "servfail"},
      {"its neighbour", Plain("other.", "SOA"), "aa noerror; answer other. SOA"},
  };
  Expect(responder, not_loaded);
}

// What stands at a zone cut beside its NS is the child's: told as glue, and not for anything else.
TEST(Compose, AddressesAtAZoneCutAreGlueAlone) {
  Responder responder;
  responder.SetZones(
      ZoneSet::Of({testing::ZoneOf("example.",
                                   "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
                                   "cut 60 NS cut\ncut 60 A 192.0.2.2\nmx 60 MX 1 cut\n")}));
  const AnswerCase cases[] = {
      {"referral", Plain("x.cut.example.", "A"),
       "noerror; authority cut.example. NS; additional cut.example. A"},
      {"MX", Plain("mx.example.", "MX"), "aa noerror; answer mx.example. MX"},
  };
  Expect(responder, cases);
}

// RFC 2181 section 5: no record stands in an answer twice, also when two DNAMEs feed each other.
TEST(Compose, WritesEachDnameOnce) {
  Responder responder;
  responder.SetZones(
      ZoneSet::Of({testing::ZoneOf("example.",
                                   "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
                                   "a 60 DNAME x.b\nb 60 DNAME x.a\n")}));
  const std::string answer = Ask(responder, Plain("q.a.example.", "A"));
  EXPECT_THAT(answer, ::testing::StartsWith("aa noerror; answer a.example. DNAME, q.a.example. CNAME, "
                                            "b.example. DNAME, q.x.b.example. CNAME, "
                                            "q.x.x.a.example. CNAME, q.x.x.x.b.example. CNAME, "));
  EXPECT_EQ(answer.find("DNAME", answer.find("q.x.x.a.example.")), std::string::npos) << answer;
}

// RFC 5155 section 7.2.8: where a name reads like a hash, what the NSEC3 chain put there is not the name's.
TEST(Compose, Nsec3RecordsAreNobodysData) {
  const std::string hash = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom";
  const std::string text = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n" + hash +
                           " 60 A 192.0.2.2\n" + hash +
                           " 60 NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG\n" + hash +
                           " 60 RRSIG NSEC3 13 2 60 20300101000000 20260101000000 1 example. AAAA\n";
  const std::string owner = hash + ".example.";
  const std::string signature = owner + " 60 RRSIG A 13 2 60 20300101000000 20260101000000 1 example. AAAB\n";
  const std::string negative = "aa noerror; authority example. SOA";
  const AnswerCase unsigned_data[] = {
      {"ANY", Edns1232(owner, "ANY"), "aa noerror; answer 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. A"},
      {"ANY over TCP", Tcp(owner, "ANY"), "aa noerror; answer 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. A"},
      {"NSEC3", Edns1232(owner, "NSEC3"), negative.c_str()},
      {"RRSIG", Edns1232(owner, "RRSIG"), negative.c_str()},
  };
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::ZoneOf("example.", text)}));
  Expect(responder, unsigned_data);
  const AnswerCase orphan[] = {
      {"ANY where the NSEC3 is gone", Edns1232("a.example.", "ANY"), negative.c_str()}};
  responder.SetZones(ZoneSet::Of({testing::ZoneOf(
      "example.", std::string("@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n") +
                      "a 60 RRSIG NSEC3 13 2 60 20300101000000 20260101000000 1 example. AAAA\n")}));
  Expect(responder, orphan);
  const AnswerCase signed_data[] = {
      {"RRSIG", Edns1232(owner, "RRSIG"),
       "aa noerror; answer 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. RRSIG"},
      {"RRSIG over TCP", Tcp(owner, "RRSIG"),
       "aa noerror; answer 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. RRSIG"},
      {"ANY over TCP", Tcp(owner, "ANY"),
       "aa noerror; answer 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. A, "
       "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. RRSIG"},
  };
  responder.SetZones(ZoneSet::Of({testing::ZoneOf("example.", text + signature)}));
  Expect(responder, signed_data);
}

// 239 octets: twice does not fit into a name, and with a question hardly into a small message.
std::string LongName() {
  const std::string label(63, 'l');
  return label + "." + label + "." + label + "." + std::string(45, 'l');
}

std::string BigZone() {
  std::string text = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n";
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    text += "a40 60 A 192.0.2." + n + "\na40 60 A 198.51.100." + n + "\n";                 // 40 x 16 octets
    text += "wide 60 NS ns" + n + ".wide\nns" + n + ".wide 60 A 192.0.2." + n + "\n";      // glue for 20
    text += "far 60 NS ns" + n + ".near\nns" + n + ".near 60 AAAA 2001:db8::" + n + "\n";  // siblings for 20
    text += "near 60 NS ns" + n + ".near\n";
    text += "mx 60 MX " + n + " mx" + n + "\nmx" + n + " 60 A 192.0.2." + n + "\n";
  }
  return text + "deep 60 DNAME " + LongName() + ".\n";
}

TEST(Compose, TruncatesByWholeSets) {
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::ZoneOf("big.", BigZone())}));
  EXPECT_EQ(Ask(responder, Plain("a40.big.", "A")), "aa tc noerror");
  EXPECT_EQ(Ask(responder, Edns1232("a40.big.", "A")), "aa noerror; answer a40.big. A (40)");
  EXPECT_EQ(Ask(responder, Tcp("a40.big.", "A")), "aa noerror; answer a40.big. A (40)");
  // RFC 9471 section 3.1: all of the in-domain glue, or TC.
  const std::string cut_short = Ask(responder, Plain("x.wide.big.", "A"));
  EXPECT_EQ(cut_short.substr(0, 40), "tc noerror; authority wide.big. NS (20);");
  EXPECT_EQ(Ask(responder, Edns1232("x.wide.big.", "A")).substr(0, 2), "no");
  EXPECT_THAT(Ask(responder, Edns1232("x.wide.big.", "A")), ::testing::HasSubstr("ns19.wide.big. A"));
  // Sibling glue and other additional data: when there is room, thirteen names at most, and never TC.
  EXPECT_EQ(Ask(responder, Plain("x.far.big.", "A")).substr(0, 2), "no");
  EXPECT_THAT(Ask(responder, Tcp("x.far.big.", "A")), ::testing::HasSubstr("ns12.near.big. AAAA"));
  EXPECT_THAT(Ask(responder, Tcp("x.far.big.", "A")),
              ::testing::Not(::testing::HasSubstr("ns13.near.big. AAAA")));
  EXPECT_THAT(Ask(responder, Tcp("mx.big.", "MX")), ::testing::Not(::testing::HasSubstr("mx13.big. A")));
}

// RFC 6672 section 2.2: the DNAME may not fit, but what became of the name is known.
TEST(Compose, ATruncatedRedirectionSaysYxdomainToo) {
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::ZoneOf("big.", BigZone())}));
  const std::string qname = LongName() + ".deep.big.";
  EXPECT_EQ(Ask(responder, Plain(qname, "A")), "aa tc yxdomain");
  EXPECT_EQ(Ask(responder, Edns1232(qname, "A")), "aa yxdomain; answer deep.big. DNAME");
}

TEST(Compose, NegativeAnswersCarryTheNegativeTtl) {
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::GoldenZone("example.", "lookup.zone")}));
  for (const char* qname : {"nothing.example.", "ent.example."}) {
    const absl::StatusOr<Message> message =
        Message::Parse(testing::ReplyTo(responder, testing::PacketFor(Plain(qname, "A"))));
    ASSERT_TRUE(message.ok());
    EXPECT_EQ(message->authority.at(0).ttl.seconds(), 300u) << qname;
  }
}

}  // namespace
}  // namespace cairn
