#include "resolver/finding.h"

#include <set>
#include <string>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/unit/resolver/scripted_world.h"

namespace cairn {
namespace {

// Verdict; what is kept, with its rank; whom we are referred to; what is dropped and why.
std::string Describe(const Finding& finding) {
  std::string text = finding.ToText();
  const auto keep = [&](const KeptRrset& set) {
    text += fmt::format("; keep {} {} {}", set.rrset.owner.ToText(), set.rrset.type.ToText(),
                        static_cast<int>(set.rank));
    if (!set.cacheable) text += " uncached";
    if (!set.rrsigs.empty()) text += fmt::format(" with {} rrsig", set.rrsigs.size());
  };
  for (const KeptRrset& set : finding.answer) keep(set);
  if (finding.soa) keep(*finding.soa);
  for (const KeptRrset& set : finding.proofs) keep(set);
  if (finding.ds) keep(*finding.ds);
  if (finding.referral) {
    for (const DelegationServer& server : finding.referral->servers) {
      text += "; ask " + server.name.ToText();
      for (const IpAddress& address : server.addresses) text += " " + address.ToText();
    }
  }
  for (const DroppedRecord& dropped : finding.dropped)
    text += fmt::format("; drop {} {}: {}", dropped.record.owner.ToText(), dropped.record.type.ToText(),
                        ToText(dropped.rule));
  return text;
}

struct FindingCase {
  const char* name;
  const char* asked;
  const char* zone_cut;
  const char* reply;
  const char* expected;
};

constexpr char kSoa[] = "authority example. 900 SOA ns.example. mail.example. 1 7200 900 86400 300";

std::string JudgeText(const FindingCase& c, const JudgeOptions& options = {}) {
  Message query;
  query.questions.push_back(QuestionFromText(c.asked));
  std::string text = c.reply;
  if (const size_t at = text.find("SOA!"); at != std::string::npos) text.replace(at, 4, kSoa);
  const std::optional<Message> reply = ReplyFromText(query, text);
  return Describe(Judge(*reply, query.questions[0], Name::Literal(c.zone_cut), options));
}

// RFC 1034 section 5.3.3 step 4.
constexpr FindingCase kKinds[] = {
    {"answer", "www.example. A", "example.", "aa; answer www.example. 300 A 192.0.2.1",
     "answer www.example. A; keep www.example. A 5"},
    {"answer with another spelling", "www.example. A", "example.", "aa; answer WWW.Example. 300 A 192.0.2.1",
     "answer www.example. A; keep WWW.Example. A 5"},
    {"any takes each type", "www.example. ANY", "example.",
     "aa; answer www.example. 300 A 192.0.2.1; answer www.example. 300 TXT x; answer www.example. 300 A "
     "192.0.2.2",
     "answer www.example. ANY; keep www.example. A 5; keep www.example. TXT 5"},
    {"alias inside the zone, with its target", "www.example. A", "example.",
     "aa; answer www.example. 300 CNAME web.example.; answer web.example. 300 A 192.0.2.1",
     "answer web.example. A by 1 alias records; keep www.example. CNAME 5; keep web.example. A 4"},
    {"target before its alias", "www.example. A", "example.",
     "aa; answer web.example. 300 A 192.0.2.1; answer www.example. 300 CNAME web.example.",
     "answer web.example. A by 1 alias records; keep www.example. CNAME 5; keep web.example. A 4"},
    {"alias out of the zone", "www.example. A", "example.", "aa; answer www.example. 300 CNAME www.test.",
     "alias to www.test.: its target must be asked for elsewhere; keep www.example. CNAME 5"},
    {"alias alone", "www.example. A", "example.", "aa; answer www.example. 300 CNAME web.example.",
     "alias to web.example.: nothing was said about its target; keep www.example. CNAME 5"},
    {"alias to a name without the type", "www.example. A", "example.",
     "aa; answer www.example. 300 CNAME web.example.; SOA!",
     "nodata web.example. A; keep www.example. CNAME 5; keep example. SOA 4"},
    {"alias to a name that does not exist", "www.example. A", "example.",
     "aa; rcode NXDOMAIN; answer www.example. 300 CNAME web.example.; SOA!",
     "nxdomain web.example.; keep www.example. CNAME 5; keep example. SOA 4"},
    {"the alias itself was asked for", "www.example. CNAME", "example.",
     "aa; answer www.example. 300 CNAME web.example.",
     "answer www.example. CNAME; keep www.example. CNAME 5"},
    {"alias to itself", "www.example. A", "example.", "aa; answer www.example. 300 CNAME www.example.",
     "alias to www.example.: its target must be asked for elsewhere; keep www.example. CNAME 5"},
    {"referral", "www.example. A", ".",
     "authority example. 3600 NS ns1.example.; authority example. 3600 NS ns2.example.; "
     "additional ns1.example. 3600 A 192.0.2.1; additional ns2.example. 3600 AAAA 2001:db8::2",
     "referral to example. (2 servers, 2 addresses); ask ns1.example. 192.0.2.1; ask ns2.example. "
     "2001:db8::2"},
    {"referral although AA is set", "www.example. A", ".", "aa; authority example. 3600 NS ns.test.",
     "referral to example. (1 servers, 0 addresses); ask ns.test."},
    {"referral with DS", "www.example. A", ".",
     "authority example. 3600 NS ns.test.; authority example. 3600 DS 1 13 2 "
     "0000000000000000000000000000000000000000000000000000000000000000",
     "referral to example. (1 servers, 0 addresses); keep example. DS 2; ask ns.test."},
    {"nodata", "www.example. A", "example.", "aa; SOA!", "nodata www.example. A; keep example. SOA 5"},
    {"nxdomain", "www.example. A", "example.", "aa; rcode NXDOMAIN; SOA!",
     "nxdomain www.example.; keep example. SOA 5"},
    {"nxdomain without SOA", "www.example. A", "example.", "aa; rcode NXDOMAIN",
     "nxdomain www.example.: no SOA: not to be cached"},
    {"empty", "www.example. A", "example.", "aa", "empty: NOERROR with neither answer, SOA nor referral"},
    {"truncated", "www.example. A", "example.", "aa; tc; answer www.example. 300 A 192.0.2.1",
     "truncated; drop www.example. A: nothing of this reply is believed"},
    {"servfail", "www.example. A", "example.", "rcode SERVFAIL", "server error SERVFAIL"},
    {"refused", "www.example. A", "example.", "rcode REFUSED; answer www.example. 300 A 192.0.2.1",
     "server error REFUSED; drop www.example. A: nothing of this reply is believed"},
    {"lame: an answer without AA", "www.example. A", "example.", "answer www.example. 300 A 192.0.2.1",
     "lame: not authoritative; drop www.example. A: nothing of this reply is believed"},
    {"lame: upward referral", "www.example. A", "example.", "authority . 3600 NS a.root.",
     "lame: refers upwards or sideways; drop . NS: outside the zone of the server"},
    {"lame: refers to itself", "www.example. A", "example.", "authority example. 3600 NS ns.example.",
     "lame: refers upwards or sideways; drop example. NS: nothing of this reply is believed"},
    {"lame: sideways referral", "www.example. A", "example.", "authority other.example. 3600 NS ns.example.",
     "lame: refers upwards or sideways; drop other.example. NS: nothing of this reply is believed"},
    {"lame: negative without AA", "www.example. A", "example.", "rcode NXDOMAIN; SOA!",
     "lame: not authoritative; drop example. SOA: nothing of this reply is believed"},
    {"referral to the cut whose DS is asked", "example. DS", ".", "authority example. 3600 NS ns.test.",
     "useless: it does not know that DS is the parent's; drop example. NS: nothing of this reply is "
     "believed"},
    {"every server inside the cut without glue", "www.example. A", ".",
     "authority example. 3600 NS ns.example.",
     "useless: a referral without any server that could be asked; drop example. NS: a server inside the cut "
     "without glue"},
    {"DS denied by the child", "sub.example. DS", "example.",
     "aa; authority sub.example. 60 SOA ns.sub.example. h.example. 1 2 3 4 60",
     "useless: neither answer nor referral, nor an SOA that could deny it; drop sub.example. SOA: not the "
     "SOA of the "
     "name's zone"},
    {"yxdomain without DNAME", "www.example. A", "example.", "aa; rcode YXDOMAIN", "server error YXDOMAIN"},
};

TEST(Finding, SaysWhatAReplyIs) {
  for (const FindingCase& c : kKinds) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(JudgeText(c), c.expected);
  }
}

// THREATS section 4: nothing of this may be kept, and the rest must be.
constexpr FindingCase kPoison[] = {
    {"another name beside the answer", "www.example. A", "example.",
     "aa; answer www.example. 300 A 192.0.2.1; answer mail.example. 300 A 192.0.2.66",
     "answer www.example. A; keep www.example. A 5; drop mail.example. A: not on the way from the question "
     "to its answer"},
    {"a name outside the zone", "www.example. A", "example.",
     "aa; answer www.example. 300 A 192.0.2.1; answer www.bank.test. 300 A 192.0.2.66",
     "answer www.example. A; keep www.example. A 5; drop www.bank.test. A: outside the zone of the server"},
    {"the target outside the zone comes along", "www.example. A", "example.",
     "aa; answer www.example. 300 CNAME www.bank.test.; answer www.bank.test. 300 A 192.0.2.66",
     "alias to www.bank.test.: its target must be asked for elsewhere; keep www.example. CNAME 5; "
     "drop www.bank.test. A: outside the zone of the server"},
    {"out of the zone and back in", "www.example. A", "example.",
     "aa; answer www.example. 300 CNAME www.test.; answer www.test. 300 CNAME web.example.; answer "
     "web.example. 300 A 192.0.2.66",
     "alias to www.test.: its target must be asked for elsewhere; keep www.example. CNAME 5; "
     "drop www.test. CNAME: outside the zone of the server; "
     "drop web.example. A: behind an alias that must be asked for anew"},
    {"promiscuous NS", "www.example. A", "example.",
     "aa; answer www.example. 300 A 192.0.2.1; authority example. 300 NS ns.evil.example.; "
     "additional ns.evil.example. 300 A 192.0.2.66",
     "answer www.example. A; keep www.example. A 5; drop example. NS: NS beside an answer; "
     "drop ns.evil.example. A: not an address of a server we are referred to"},
    {"Kaminsky: a delegation of the parent's name from a child name", "x1.example. A", "example.",
     "aa; rcode NXDOMAIN; SOA!; authority example. 300 NS www.example.; additional www.example. 300 A "
     "192.0.2.66",
     "nxdomain x1.example.; keep example. SOA 5; drop example. NS: NS beside an answer; "
     "drop www.example. A: not an address of a server we are referred to"},
    {"glue outside the zone", "www.sub.example. A", "example.",
     "authority sub.example. 300 NS ns.sub.example.; authority sub.example. 300 NS www.bank.test.; "
     "additional ns.sub.example. 300 A 192.0.2.1; additional www.bank.test. 300 A 192.0.2.66",
     "referral to sub.example. (2 servers, 1 addresses); ask ns.sub.example. 192.0.2.1; ask www.bank.test.; "
     "drop www.bank.test. A: address of a server outside the zone"},
    {"glue for nobody", "www.sub.example. A", "example.",
     "authority sub.example. 300 NS ns.sub.example.; additional ns.sub.example. 300 A 192.0.2.1; "
     "additional www.example. 300 A 192.0.2.66; additional ns.sub.example. 300 TXT x",
     "referral to sub.example. (1 servers, 1 addresses); ask ns.sub.example. 192.0.2.1; "
     "drop www.example. A: not an address of a server we are referred to; "
     "drop ns.sub.example. TXT: not an address of a server we are referred to"},
    {"glue where no server can be", "www.example. A", ".",
     "authority example. 300 NS ns.test.; additional ns.test. 300 A 0.0.0.0; additional ns.test. 300 A "
     "224.0.0.1; "
     "additional ns.test. 300 AAAA ::; additional ns.test. 300 AAAA ff02::1; additional ns.test. 300 A "
     "192.0.2.1",
     "referral to example. (1 servers, 1 addresses); ask ns.test. 192.0.2.1; "
     "drop ns.test. A: an address where no server can be; drop ns.test. A: an address where no server can "
     "be; "
     "drop ns.test. AAAA: an address where no server can be; drop ns.test. AAAA: an address where no server "
     "can be"},
    {"two delegations in one referral", "www.example. A", ".",
     "authority example. 300 NS ns.test.; authority com. 300 NS ns.evil.",
     "referral to example. (1 servers, 0 addresses); ask ns.test.; "
     "drop com. NS: not the delegation on the way to the name"},
    {"SOA of another zone", "www.example. A", ".",
     "aa; rcode NXDOMAIN; authority com. 300 SOA ns.com. mail.com. 1 2 3 4 5; SOA!",
     "nxdomain www.example.; keep example. SOA 5; drop com. SOA: not the SOA of the name's zone"},
    {"SOA below the name", "example. A", ".",
     "aa; authority www.example. 300 SOA ns.com. mail.com. 1 2 3 4 5",
     "useless: neither answer nor referral, nor an SOA that could deny it; drop www.example. SOA: not the "
     "SOA of the "
     "name's zone"},
    {"data beside a CNAME", "www.example. A", "example.",
     "aa; answer www.example. 300 A 192.0.2.66; answer www.example. 300 CNAME web.example.",
     "alias to web.example.: nothing was said about its target; keep www.example. CNAME 5; "
     "drop www.example. A: beside a CNAME"},
    {"two CNAMEs", "www.example. A", "example.",
     "aa; answer www.example. 300 CNAME a.example.; answer www.example. 300 CNAME b.example.; answer "
     "b.example. 300 A 192.0.2.1",
     "alias to a.example.: nothing was said about its target; keep www.example. CNAME 5; "
     "drop www.example. CNAME: a second alias at one name; "
     "drop b.example. A: not on the way from the question to its answer"},
    {"DNAME: its CNAME is ours", "www.sub.example. A", "example.",
     "aa; answer sub.example. 300 DNAME new.example.; answer www.sub.example. 300 CNAME www.bank.example.; "
     "answer www.new.example. 300 A 192.0.2.1",
     "answer www.new.example. A by 2 alias records; keep sub.example. DNAME 5 uncached; keep "
     "www.sub.example. CNAME 5 uncached; "
     "keep www.new.example. A 4; drop www.sub.example. CNAME: we make the CNAME of a DNAME ourselves"},
    {"DNAME above the zone", "www.example. A", "example.",
     "aa; answer . 300 DNAME evil.; answer www.example. 300 CNAME www.example.evil.",
     "alias to www.example.evil.: its target must be asked for elsewhere; keep www.example. CNAME 5; "
     "drop . DNAME: outside the zone of the server"},
    {"foreign section content", "www.example. A", "example.",
     "aa; answer www.example. 300 A 192.0.2.1; authority www.example. 300 A 192.0.2.66; authority example. "
     "300 TXT x",
     "answer www.example. A; keep www.example. A 5; drop www.example. A: not expected in this section; "
     "drop example. TXT: not expected in this section"},
};

TEST(Finding, KeepsOnlyWhatTheServerMaySpeakFor) {
  for (const FindingCase& c : kPoison) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(JudgeText(c), c.expected);
  }
}

TEST(Finding, BelievesADnameForTheWholeTreeOnlyOverTcp) {
  const FindingCase c{"", "www.sub.example. A", "example.", "aa; tc; answer sub.example. 300 DNAME new.test.",
                      ""};
  EXPECT_EQ(JudgeText(c, {.over_tcp = true}),
            "alias to www.new.test.: its target must be asked for elsewhere; keep sub.example. DNAME 5; "
            "keep www.sub.example. CNAME 5 uncached");
}

TEST(Finding, TheCnameOfADnameCanBeTheAnswer) {
  const FindingCase c{"", "www.sub.example. CNAME", "example.",
                      "aa; answer sub.example. 300 DNAME new.example.", ""};
  EXPECT_EQ(JudgeText(c),
            "answer www.sub.example. CNAME; keep sub.example. DNAME 5 uncached; keep www.sub.example. CNAME "
            "5 uncached");
}

TEST(Finding, TellsWhenADnameMakesTheNameTooLong) {
  const std::string label(63, 'a');
  const std::string target = fmt::format("{0}.{0}.{0}.example.", label);
  const std::string asked = fmt::format("{}.sub.example. A", label);
  const std::string reply = fmt::format("aa; rcode YXDOMAIN; answer sub.example. 300 DNAME {}", target);
  const FindingCase c{"", asked.c_str(), "example.", reply.c_str(), ""};
  EXPECT_EQ(JudgeText(c),
            "yxdomain: the DNAME makes a name above 255 octets; keep sub.example. DNAME 5 uncached");
}

TEST(Finding, AForwarderNeedsNoAaAndRanksLower) {
  const FindingCase answer{"", "www.example. A", ".", "answer www.example. 300 A 192.0.2.1", ""};
  EXPECT_EQ(JudgeText(answer, {.recursive = true}), "answer www.example. A; keep www.example. A 3");
  const FindingCase referral{"", "www.example. A", ".", "authority example. 300 NS ns.test.", ""};
  EXPECT_EQ(JudgeText(referral, {.recursive = true}),
            "useless: neither answer nor referral, nor an SOA that could deny it; drop example. NS: nothing "
            "of this reply "
            "is believed");
}

TEST(Finding, TtlOfASetIsTheLeastAndDuplicatesFold) {
  Message query;
  query.questions.push_back(QuestionFromText("www.example. A"));
  const std::optional<Message> reply =
      ReplyFromText(query,
                    "aa; answer www.example. 300 A 192.0.2.1; answer www.example. 60 A 192.0.2.2; answer "
                    "www.example. 900 A 192.0.2.1");
  const Finding finding = Judge(*reply, query.questions[0], Name::Literal("example."));
  ASSERT_EQ(finding.answer.size(), 1u);
  EXPECT_EQ(finding.answer[0].rrset.ttl, Ttl::Seconds(60));
  EXPECT_EQ(finding.answer[0].rrset.rdatas.size(), 2u);
}

TEST(Finding, ForeignClassesAndMetaTypesAreNoData) {
  Message query;
  query.questions.push_back(QuestionFromText("www.example. A"));
  std::optional<Message> reply =
      ReplyFromText(query, "aa; answer www.example. 300 A 192.0.2.1; answer www.example. 300 A 192.0.2.2");
  reply->answer[0].rr_class = kClassCh;
  reply->answer.push_back({Name::Literal("www.example."), rr::kAny, kClassIn, Ttl::Seconds(1), {}});
  EXPECT_EQ(Describe(Judge(*reply, query.questions[0], Name::Literal("example."))),
            "answer www.example. A; keep www.example. A 5; drop www.example. A: not of class IN; "
            "drop www.example. ANY: a meta type is not data");
}

// NRDelegation (CVE-2022-3204), and a chain of 400 links in one reply.
TEST(Finding, LimitsHoldFromBothSides) {
  Message query;
  query.questions.push_back(QuestionFromText("l0.example. A"));
  std::string referral, chain = "aa";
  for (int i = 0; i < 20; ++i) {
    referral += fmt::format("authority example. 300 NS ns{0}.test.; ", i);
    for (int j = 0; j < 8; ++j)
      referral += fmt::format("additional ns{}.test. 300 A 192.0.2.{}; ", i, 8 * i + j + 1);
  }
  for (int i = 0; i < 400; ++i)
    chain += fmt::format("; answer l{}.example. 300 CNAME l{}.example.", i, i + 1);

  const Finding referred = Judge(*ReplyFromText(query, referral), query.questions[0], Name());
  ASSERT_EQ(referred.kind, FindingKind::kReferral);
  ASSERT_EQ(referred.referral->servers.size(), 13u);
  size_t addresses = 0;
  for (const DelegationServer& server : referred.referral->servers) {
    EXPECT_LE(server.addresses.size(), 6u);
    addresses += server.addresses.size();
  }
  EXPECT_EQ(addresses, 26u);
  EXPECT_EQ(referred.dropped.size(), 7u + 160 - 26);

  const Finding chained = Judge(*ReplyFromText(query, chain), query.questions[0], Name::Literal("example."));
  EXPECT_EQ(chained.kind, FindingKind::kAlias);
  EXPECT_EQ(chained.answer.size(), 11u);
  EXPECT_EQ(chained.last_name.ToText(), "l11.example.");
  EXPECT_EQ(chained.dropped.size(), 389u);
}

// Each name of a list that is too long is kept for some draw and dropped for another, wherever it stands.
TEST(Finding, WhichServersAreKeptIsDrawn) {
  Message query;
  query.questions.push_back(QuestionFromText("www.example. A"));
  std::string referral;
  constexpr uint64_t kServers = 40;
  for (uint64_t i = 0; i < kServers; ++i)
    referral += fmt::format("authority example. 300 NS ns{}.test.; ", i);
  std::multiset<std::string> kept;
  for (uint64_t draw = 0; draw < kServers; ++draw) {
    const Finding finding =
        Judge(*ReplyFromText(query, referral), query.questions[0], Name(), {.draw = draw});
    ASSERT_EQ(finding.referral->servers.size(), 13u);
    for (const DelegationServer& server : finding.referral->servers) kept.insert(server.name.ToText());
  }
  for (uint64_t i = 0; i < kServers; ++i) EXPECT_EQ(kept.count(fmt::format("ns{}.test.", i)), 13u) << i;
}

TEST(Finding, ASetAboveTheLimitIsOfNoUse) {
  Message query;
  query.questions.push_back(QuestionFromText("www.example. A"));
  std::string reply = "aa";
  for (int i = 0; i < 256; ++i) reply += fmt::format("; answer www.example. 300 A 10.0.0.{}", i);
  EXPECT_EQ(Judge(*ReplyFromText(query, reply), query.questions[0], Name::Literal("example.")).kind,
            FindingKind::kAnswer);
  reply += "; answer www.example. 300 A 10.0.1.0";
  const Finding above = Judge(*ReplyFromText(query, reply), query.questions[0], Name::Literal("example."));
  EXPECT_EQ(above.kind, FindingKind::kUseless);
  EXPECT_TRUE(above.answer.empty());
  EXPECT_EQ(above.dropped.size(), 257u);
}

}  // namespace
}  // namespace cairn
