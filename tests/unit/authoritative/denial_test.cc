// Proofs of what is not there, in zones that other people's signers made (zones/golden/signed). A row names
// the hashes that the NSEC3 records of the answer must match and cover; which records these are is found by
// looking at all of the zone, one by one.
#include "authoritative/denial.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/dns/binary_text.h"
#include "common/dnssec/nsec3_hash.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"
#include "tests/unit/authoritative/ask.h"

namespace cairn {
namespace {

using testing::Ask;
using testing::Asked;

Asked Dnssec(std::string_view qname, std::string_view qtype) {
  return {.qname = qname, .qtype = qtype, .edns_octets = 1232, .dnssec_ok = true};
}

std::string HashText(ByteView hash) {
  std::string text;
  AppendBase32Hex(hash, text);
  return text;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(ToLower(static_cast<uint8_t>(c)));
  return text;
}

// The owner, in lower case, of the NSEC3 that a claim like "match w.nsec3.test." or "cover q.nsec3.test."
// means.
std::string OwnerOf(const Zone& zone, std::string_view claim) {
  const bool match = claim.starts_with("match ");
  const Nsec3Params params = Nsec3Params::Of(zone.apex_node().Find(rr::kNsec3param).front());
  const std::string hash =
      HashText(HashOwnerName(Name::Literal(claim.substr(6)), params.iterations, params.salt));
  for (const Node node : zone) {
    const RrsetView nsec3 = node.Find(rr::kNsec3);
    if (!nsec3) continue;
    const ByteView rdata = nsec3.front();
    const std::string next = HashText(rdata.subspan(6 + params.salt.size(), 20));
    std::string from(AsText(node.label()));
    for (char& c : from) c = c >= 'a' && c <= 'v' ? static_cast<char>(c - 'a' + 'A') : c;
    const bool covers = from < next ? from < hash && hash < next : from < hash || hash < next;
    if (match ? from == hash : covers) return Lower(node.owner().ToText());
  }
  return fmt::format("({}: no such NSEC3)", claim);
}

struct ProofCase {
  const char* name;
  const char* qname;
  const char* qtype;
  const char* answer;  // without the NSEC3 records and their signatures
  std::vector<std::string> claims;
};

void ExpectProofs(const std::shared_ptr<const Zone>& zone, std::span<const ProofCase> cases) {
  Responder responder;
  responder.SetZones(ZoneSet::Of({zone}));
  for (const ProofCase& c : cases) {
    SCOPED_TRACE(c.name);
    absl::StatusOr<Message> message =
        Message::Parse(testing::ReplyTo(responder, testing::PacketFor(Dnssec(c.qname, c.qtype))));
    ASSERT_TRUE(message.ok());
    std::vector<std::string> owners;
    std::vector<std::string> signed_owners;
    std::erase_if(message->authority, [&](const Record& record) {
      const bool signature = record.type == rr::kRrsig && LoadU16(record.rdata.data()) == rr::kNsec3.value;
      if (!signature && record.type != rr::kNsec3) return false;
      (signature ? signed_owners : owners).push_back(Lower(record.owner.ToText()));
      return true;
    });
    EXPECT_EQ(testing::Summary(*message), c.answer);
    std::vector<std::string> expected;
    for (const std::string& claim : c.claims) expected.push_back(OwnerOf(*zone, claim));
    std::sort(expected.begin(), expected.end());
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    EXPECT_THAT(owners, ::testing::UnorderedElementsAreArray(expected));
    EXPECT_EQ(signed_owners, owners);
  }
}

constexpr const char* kSoa = "aa noerror; authority nsec3.test. SOA, nsec3.test. RRSIG";
constexpr const char* kNothing = "aa nxdomain; authority nsec3.test. SOA, nsec3.test. RRSIG";

TEST(Denial, ByNsec3FollowsRfc5155Section72) {
  const ProofCase cases[] = {
      {"answer", "a.nsec3.test.", "A", "aa noerror; answer a.nsec3.test. A, a.nsec3.test. RRSIG", {}},
      // 7.2.2
      {"no such name",
       "q.nsec3.test.",
       "A",
       kNothing,
       {"match nsec3.test.", "cover q.nsec3.test.", "cover *.nsec3.test."}},
      {"no such name, several labels",
       "x.y.z.a.nsec3.test.",
       "A",
       kNothing,
       {"match a.nsec3.test.", "cover z.a.nsec3.test.", "cover *.a.nsec3.test."}},
      {"below an empty non-terminal",
       "q.ent.nsec3.test.",
       "A",
       kNothing,
       {"match ent.nsec3.test.", "cover q.ent.nsec3.test.", "cover *.ent.nsec3.test."}},
      {"below the name of a wildcard",
       "x.*.we.nsec3.test.",
       "A",
       kNothing,
       {"match *.we.nsec3.test.", "cover x.*.we.nsec3.test.", "cover *.*.we.nsec3.test."}},
      {"in another case",
       "Q.ENT.nsec3.TEST.",
       "A",
       kNothing,
       {"match ent.nsec3.test.", "cover q.ent.nsec3.test.", "cover *.ent.nsec3.test."}},
      // 7.2.3
      {"NODATA", "a.nsec3.test.", "TXT", kSoa, {"match a.nsec3.test."}},
      {"NODATA at the apex", "nsec3.test.", "TXT", kSoa, {"match nsec3.test."}},
      {"empty non-terminal", "ent.nsec3.test.", "A", kSoa, {"match ent.nsec3.test."}},
      {"empty non-terminal above an insecure delegation",
       "cuts.nsec3.test.",
       "A",
       kSoa,
       {"match cuts.nsec3.test."}},
      {"DS at the apex", "nsec3.test.", "DS", kSoa, {"match nsec3.test."}},
      {"DS at a cut without", "open.nsec3.test.", "DS", kSoa, {"match open.nsec3.test."}},
      // 7.2.5
      {"wildcard NODATA",
       "x.w.nsec3.test.",
       "TXT",
       kSoa,
       {"match w.nsec3.test.", "cover x.w.nsec3.test.", "match *.w.nsec3.test."}},
      {"a wildcard that is an empty non-terminal",
       "x.we.nsec3.test.",
       "A",
       kSoa,
       {"match we.nsec3.test.", "cover x.we.nsec3.test.", "match *.we.nsec3.test."}},
      // 7.2.6
      {"wildcard",
       "x.w.nsec3.test.",
       "A",
       "aa noerror; answer x.w.nsec3.test. A, x.w.nsec3.test. RRSIG",
       {"cover x.w.nsec3.test."}},
      {"wildcard, several labels",
       "z.y.x.w.nsec3.test.",
       "A",
       "aa noerror; answer z.y.x.w.nsec3.test. A, z.y.x.w.nsec3.test. RRSIG",
       {"cover x.w.nsec3.test."}},
      {"an asterisk in the question",
       "*.x.w.nsec3.test.",
       "A",
       "aa noerror; answer *.x.w.nsec3.test. A, *.x.w.nsec3.test. RRSIG",
       {"cover x.w.nsec3.test."}},
      {"a wildcard by its own name",
       "*.w.nsec3.test.",
       "A",
       "aa noerror; answer *.w.nsec3.test. A, *.w.nsec3.test. RRSIG",
       {}},
      // 7.2.7
      {"signed delegation",
       "x.secure.nsec3.test.",
       "A",
       "noerror; authority secure.nsec3.test. NS, secure.nsec3.test. DS, secure.nsec3.test. RRSIG; "
       "additional ns.secure.nsec3.test. A",
       {}},
      {"unsigned delegation",
       "x.open.nsec3.test.",
       "A",
       "noerror; authority open.nsec3.test. NS; additional ns.open.nsec3.test. A",
       {"match open.nsec3.test."}},
      // 7.2.8
      {"a hash owner",
       "0madr2c2o78cqsoquiejtbeh6gfgb0ff.nsec3.test.",
       "A",
       kNothing,
       {"match nsec3.test.", "cover 0madr2c2o78cqsoquiejtbeh6gfgb0ff.nsec3.test.", "cover *.nsec3.test."}},
      {"NSEC3 at a hash owner",
       "0madr2c2o78cqsoquiejtbeh6gfgb0ff.nsec3.test.",
       "NSEC3",
       kNothing,
       {"match nsec3.test.", "cover 0madr2c2o78cqsoquiejtbeh6gfgb0ff.nsec3.test.", "cover *.nsec3.test."}},
      {"RRSIG at a hash owner",
       "0madr2c2o78cqsoquiejtbeh6gfgb0ff.nsec3.test.",
       "RRSIG",
       kNothing,
       {"match nsec3.test.", "cover 0madr2c2o78cqsoquiejtbeh6gfgb0ff.nsec3.test.", "cover *.nsec3.test."}},
      {"NSEC3 at a name", "a.nsec3.test.", "NSEC3", kSoa, {"match a.nsec3.test."}},
      {"NSEC3PARAM is data",
       "nsec3.test.",
       "NSEC3PARAM",
       "aa noerror; answer nsec3.test. NSEC3PARAM, nsec3.test. RRSIG",
       {}},
      // Chains: the proof of each link.
      {"alias to a wildcard",
       "alias.nsec3.test.",
       "A",
       "aa noerror; answer alias.nsec3.test. CNAME, alias.nsec3.test. RRSIG, x.w.nsec3.test. A, "
       "x.w.nsec3.test. RRSIG",
       {"cover x.w.nsec3.test."}},
      {"wildcard alias",
       "x.cname.nsec3.test.",
       "A",
       "aa noerror; answer x.cname.nsec3.test. CNAME, x.cname.nsec3.test. RRSIG, a.nsec3.test. A, "
       "a.nsec3.test. RRSIG",
       {"cover x.cname.nsec3.test."}},
      {"wildcard alias to NODATA",
       "x.cname.nsec3.test.",
       "TXT",
       "aa noerror; answer x.cname.nsec3.test. CNAME, x.cname.nsec3.test. RRSIG; authority nsec3.test. SOA, "
       "nsec3.test. RRSIG",
       {"cover x.cname.nsec3.test.", "match a.nsec3.test."}},
      {"alias to nothing",
       "dangling.nsec3.test.",
       "A",
       "aa nxdomain; answer dangling.nsec3.test. CNAME, dangling.nsec3.test. RRSIG; authority nsec3.test. "
       "SOA, nsec3.test. RRSIG",
       {"match nsec3.test.", "cover nothing.nsec3.test.", "cover *.nsec3.test."}},
      {"DNAME, whose alias nobody signed, to a wildcard",
       "q.moved.nsec3.test.",
       "A",
       "aa noerror; answer moved.nsec3.test. DNAME, moved.nsec3.test. RRSIG, q.moved.nsec3.test. CNAME, "
       "q.w.nsec3.test. A, q.w.nsec3.test. RRSIG",
       {"cover q.w.nsec3.test."}},
      {"DNAME to wildcard NODATA",
       "q.moved.nsec3.test.",
       "TXT",
       "aa noerror; answer moved.nsec3.test. DNAME, moved.nsec3.test. RRSIG, q.moved.nsec3.test. CNAME; "
       "authority nsec3.test. SOA, nsec3.test. RRSIG",
       {"match w.nsec3.test.", "cover q.w.nsec3.test.", "match *.w.nsec3.test."}},
  };
  ExpectProofs(testing::GoldenZone("nsec3.test.", "signed/nsec3.test.zone"), cases);
}

// Insecure delegations have no NSEC3, nor have cuts.optout.test. and f.cuts.optout.test., which exist through
// one alone.
TEST(Denial, ByNsec3WithOptOutSpeaksThroughTheClosestProvableEncloser) {
  constexpr const char* soa = "aa noerror; authority optout.test. SOA, optout.test. RRSIG";
  constexpr const char* nothing = "aa nxdomain; authority optout.test. SOA, optout.test. RRSIG";
  const ProofCase cases[] = {
      {"no such name",
       "q.optout.test.",
       "A",
       nothing,
       {"match optout.test.", "cover q.optout.test.", "cover *.optout.test."}},
      {"NODATA", "a.optout.test.", "TXT", soa, {"match a.optout.test."}},
      {"empty non-terminal", "ent.optout.test.", "A", soa, {"match ent.optout.test."}},
      {"wildcard NODATA",
       "x.w.optout.test.",
       "TXT",
       soa,
       {"match w.optout.test.", "cover x.w.optout.test.", "match *.w.optout.test."}},
      {"DS at a signed delegation",
       "secure.optout.test.",
       "DS",
       "aa noerror; answer secure.optout.test. DS, secure.optout.test. RRSIG",
       {}},
      {"NODATA at a signed delegation",
       "secure.optout.test.",
       "A",
       "noerror; authority secure.optout.test. NS, secure.optout.test. DS, secure.optout.test. RRSIG; "
       "additional ns.secure.optout.test. A",
       {}},
      // 7.2.4
      {"DS at an unsigned delegation",
       "open.optout.test.",
       "DS",
       soa,
       {"match optout.test.", "cover open.optout.test."}},
      {"DS at one far below",
       "d.f.cuts.optout.test.",
       "DS",
       soa,
       {"match optout.test.", "cover cuts.optout.test."}},
      // 7.2.7
      {"unsigned delegation",
       "x.open.optout.test.",
       "A",
       "noerror; authority open.optout.test. NS; additional ns.open.optout.test. A",
       {"match optout.test.", "cover open.optout.test."}},
      {"unsigned delegation far below",
       "x.d.f.cuts.optout.test.",
       "A",
       "noerror; authority d.f.cuts.optout.test. NS",
       {"match optout.test.", "cover cuts.optout.test."}},
      {"empty non-terminal without NSEC3",
       "cuts.optout.test.",
       "A",
       soa,
       {"match optout.test.", "cover cuts.optout.test."}},
      {"the one below it",
       "f.cuts.optout.test.",
       "A",
       soa,
       {"match optout.test.", "cover cuts.optout.test."}},
      {"no such name below it",
       "q.f.cuts.optout.test.",
       "A",
       nothing,
       {"match optout.test.", "cover cuts.optout.test.", "cover *.optout.test."}},
  };
  ExpectProofs(testing::GoldenZone("optout.test.", "signed/optout.test.zone"), cases);
}

TEST(Denial, WithoutDoNothingIsProved) {
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::GoldenZone("nsec3.test.", "signed/nsec3.test.zone")}));
  for (const char* qname : {"q.nsec3.test.", "0madr2c2o78cqsoquiejtbeh6gfgb0ff.nsec3.test."}) {
    EXPECT_EQ(Ask(responder, {.qname = qname, .qtype = "A", .edns_octets = 1232}),
              "aa nxdomain; authority nsec3.test. SOA");
  }
}

// RFC 4035 section 2.2: without signatures at the apex a zone is unsigned, whatever else of DNSSEC it holds;
// proofs that nobody can validate would only be octets.
TEST(Denial, AnUnsignedZoneProvesNothing) {
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::ZoneOf(
      "z.",
      "@ 60 SOA ns.a. host 1 2 3 4 5\n@ 60 NS ns.a.\n@ 60 NSEC c NS SOA NSEC\nc 60 NS ns.a.\nc 60 NSEC @ NS "
      "NSEC\n"
      "c 60 DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n")}));
  EXPECT_EQ(Ask(responder, Dnssec("q.z.", "A")), "aa nxdomain; authority z. SOA");
  EXPECT_EQ(Ask(responder, Dnssec("x.c.z.", "A")), "noerror; authority c.z. NS");
  EXPECT_EQ(Ask(responder, Dnssec("c.z.", "DS")), "aa noerror; answer c.z. DS");
}

TEST(Denial, EachLinkIsProvedByTheChainOfItsZone) {
  Responder responder;
  responder.SetZones(ZoneSet::Of(
      {testing::GoldenZone("nsec.test.", "signed/nsec.test.zone"),
       testing::GoldenZone("nsec3.test.", "signed/nsec3.test.zone"),
       testing::ZoneOf("plain.test.",
                       "@ 60 SOA ns.a. host 1 2 3 4 5\n@ 60 NS ns.a.\n*.w 60 CNAME q.nsec3.test.\n"),
       testing::ZoneOf("signed.",
                       "@ 60 SOA ns.a. host 1 2 3 4 5\n@ 60 NS ns.a.\n@ 60 NSEC *.w NS SOA NSEC\n"
                       "@ 60 RRSIG SOA 13 1 60 20300101000000 20260101000000 1 signed. AAAA\n"
                       "*.w 60 CNAME x.w.nsec3.test.\n*.w 60 NSEC @ CNAME NSEC\n")}));
  const std::string x_w = testing::Summary(
      *Message::Parse(testing::ReplyTo(responder, testing::PacketFor(Dnssec("x.w.nsec3.test.", "A")))));
  const std::string cover = x_w.substr(x_w.find("authority ") + 10);
  EXPECT_EQ(Ask(responder, Dnssec("q.w.signed.", "A")),
            "aa noerror; answer q.w.signed. CNAME, x.w.nsec3.test. A, x.w.nsec3.test. RRSIG; authority "
            "*.w.signed. NSEC, " +
                cover);
  EXPECT_THAT(Ask(responder, Dnssec("q.w.plain.test.", "A")),
              ::testing::StartsWith("aa nxdomain; answer q.w.plain.test. CNAME; authority nsec3.test. SOA"));
  EXPECT_EQ(Ask(responder, Dnssec("q.moved.nsec.test.", "A")),
            "aa noerror; answer moved.nsec.test. DNAME, moved.nsec.test. RRSIG, q.moved.nsec.test. CNAME, "
            "q.w.nsec.test. A, q.w.nsec.test. RRSIG; authority *.w.nsec.test. NSEC, *.w.nsec.test. RRSIG");
}

// Head of a zone z. that counts as signed.
constexpr const char* kSignedZ =
    "@ 60 SOA ns.a. host 1 2 3 4 5\n@ 60 NS ns.a.\n"
    "@ 60 RRSIG SOA 13 1 60 20300101000000 20260101000000 1 z. AAAA\n";

// An NSEC3 record of `name`, that spans the whole circle but itself.
std::string Nsec3Of(const char* name, uint16_t iterations) {
  const std::string hash = HashText(HashOwnerName(Name::Literal(name), iterations, {}));
  return fmt::format("{} 60 NSEC3 1 0 {} - {} A RRSIG\n", hash, iterations, hash);
}

// RFC 5155 section 7.2.9.
TEST(Denial, ACollisionIsAFailure) {
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::ZoneOf(
      "z.", std::string(kSignedZ) + "@ 60 NSEC3PARAM 1 0 0 -\n" + Nsec3Of("z.", 0) + Nsec3Of("q.z.", 0))}));
  EXPECT_EQ(Ask(responder, Dnssec("q.z.", "A")), "servfail");
  EXPECT_EQ(Ask(responder, Dnssec("x.q.z.", "A")), "servfail");
  EXPECT_EQ(Ask(responder, {.qname = "q.z.", .qtype = "A", .edns_octets = 1232}),
            "aa nxdomain; authority z. SOA");
  EXPECT_THAT(Ask(responder, Dnssec("other.z.", "A")), ::testing::StartsWith("aa nxdomain"));
}

// Whoever writes a zone chooses what its proofs cost: an answer that would spend more fails (CVE-2023-50868).
TEST(Denial, HashingIsBounded) {
  constexpr uint16_t kIterations = limits::kNsec3Iterations;
  std::string text =
      kSignedZ + fmt::format("@ 60 NSEC3PARAM 1 0 {} -\n", kIterations) + Nsec3Of("z.", kIterations);
  for (int i = 0; i < 10; ++i) text += fmt::format("*.w{} 60 CNAME x.w{}\n", i, i + 1);
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::ZoneOf("z.", text)}));
  // Three hashes at the end, and one for each wildcard on the way there: six are within the bound.
  static_assert(limits::kNsec3DigestsPerAnswer / (kIterations + 1) == 6);
  EXPECT_THAT(Ask(responder, Dnssec("x.w7.z.", "A")),
              ::testing::StartsWith("aa nxdomain; answer x.w7.z. CNAME"));
  EXPECT_EQ(Ask(responder, Dnssec("x.w6.z.", "A")), "servfail");
  EXPECT_EQ(Ask(responder, Dnssec("x.w0.z.", "A")), "servfail");
  // Deep below empty non-terminals without NSEC3, the search for the closest provable encloser.
  std::string deep = kSignedZ + fmt::format("@ 60 NSEC3PARAM 1 0 {} -\n", kIterations) +
                     Nsec3Of("z.", kIterations) + "a.b.c.d.e.f.g.h 60 NS ns.a.\n";
  responder.SetZones(ZoneSet::Of({testing::ZoneOf("z.", deep)}));
  EXPECT_EQ(Ask(responder, Dnssec("a.b.c.d.e.f.g.h.z.", "DS")), "servfail");
  EXPECT_THAT(Ask(responder, Dnssec("g.h.z.", "A")), ::testing::StartsWith("aa noerror; authority z. SOA"));
}

TEST(Denial, AllocatesNothing) {
  Responder responder;
  responder.SetZones(ZoneSet::Of({testing::GoldenZone("optout.test.", "signed/optout.test.zone")}));
  std::vector<uint8_t> reply(4096);
  const std::vector<uint8_t> packets[] = {
      testing::PacketFor(Dnssec("q.f.cuts.optout.test.", "A")),
      testing::PacketFor(Dnssec("q.moved.optout.test.", "TXT")),
  };
  const auto ask_all = [&] {
    for (const std::vector<uint8_t>& packet : packets) {
      Query query;
      query.packet = packet;
      query.reply = reply;
      responder.OnQueries({&query, 1});
    }
  };
  ask_all();  // a thread's first hash makes its context
  const testing::AllocationCounter counter;
  ask_all();
  EXPECT_EQ(counter.count(), 0u);
}

}  // namespace
}  // namespace cairn
