// The real signed root zone (CAIRN_ROOT_ZONE, or ../shared/data/root-2018.zone beside the source): it loads,
// its dump has its content, and each of its names gets the answer RFC 4035 section 3.1 asks for.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "common/zonefile/zone_reader.h"
#include "common/zonefile/zone_writer.h"
#include "gtest/gtest.h"
#include "tests/support/source_path.h"
#include "tests/unit/authoritative/ask.h"

namespace cairn {
namespace {

std::string RootZonePath() {
  const char* given = std::getenv("CAIRN_ROOT_ZONE");
  return given != nullptr ? given : testing::SourcePath("../shared/data/root-2018.zone");
}

class RootZoneTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(RootZonePath())) GTEST_SKIP() << "no root zone at " << RootZonePath();
    LoadedZone loaded = LoadZone(Name::Literal("."), RootZonePath());
    for (const Complaint& complaint : loaded.complaints) ADD_FAILURE() << complaint.ToText();
    zone_ = std::move(loaded.zone);
    ASSERT_NE(zone_, nullptr);
    responder_.SetZones(ZoneSet::Of({zone_}));
    signed_ = static_cast<bool>(zone_->apex_node().Find(rr::kRrsig));
  }
  Message Ask(NameView qname, RrType qtype) {
    Message query;
    query.questions.push_back({.qname = Name(qname), .qtype = qtype});
    query.edns = Edns{.udp_payload_octets = 1232, .dnssec_ok = true, .options = {}};
    const absl::StatusOr<Message> reply = Message::Parse(testing::ReplyTo(responder_, query.ToWire(), true));
    EXPECT_TRUE(reply.ok()) << reply.status();
    return *reply;
  }
  static size_t Count(const std::vector<Record>& records, RrType type) {
    return static_cast<size_t>(
        std::count_if(records.begin(), records.end(), [&](const Record& r) { return r.type == type; }));
  }

  // Copies of the zone are about which had their signatures taken out, to be smaller.
  size_t Signatures(size_t when_signed) const { return signed_ ? when_signed : 0; }

  std::shared_ptr<const Zone> zone_;
  bool signed_ = false;
  Responder responder_;
};

TEST_F(RootZoneTest, TheDumpHasTheContentOfTheFile) {
  std::set<std::string> file_lines;
  ZoneReaderOptions options;
  ZoneReader reader = ZoneReader::FromFile(RootZonePath(), options);
  ZoneRecord record;
  while (reader.Next(record)) {
    std::string line;
    AppendZoneLine(record, line);
    file_lines.insert(line);
  }
  std::set<std::string> dumped;
  DumpZone(*zone_, [&](std::string_view line) { EXPECT_TRUE(dumped.emplace(line).second) << line; });
  EXPECT_EQ(dumped, file_lines);
  EXPECT_EQ(zone_->serial(), 2018031200u);
}

TEST_F(RootZoneTest, EachNameIsAnswered) {
  size_t delegations = 0;
  for (const Node node : *zone_) {
    const Name owner = node.owner();
    SCOPED_TRACE(owner.ToText());
    const Message reply = Ask(owner, node.IsApex() ? rr::kSoa : rr::kA);
    EXPECT_EQ(reply.rcode(), Rcode::kNoError);
    if (node.IsApex()) {
      EXPECT_TRUE(reply.header.authoritative);
      EXPECT_EQ(Count(reply.answer, rr::kRrsig), Signatures(1));
      continue;
    }
    // All else is a delegation, something below one, or an empty non-terminal.
    if (node.empty() && !node.Is(Node::kOccluded)) {
      EXPECT_EQ(Count(reply.authority, rr::kSoa), 1u);
      continue;
    }
    EXPECT_FALSE(reply.header.authoritative);
    EXPECT_GE(Count(reply.authority, rr::kNs), 1u);
    if (!node.Is(Node::kZoneCut)) continue;
    ++delegations;
    const bool secure = static_cast<bool>(node.Find(rr::kDs));
    EXPECT_EQ(Count(reply.authority, rr::kDs) > 0, secure && signed_);
    EXPECT_EQ(Count(reply.authority, rr::kNsec), secure || !signed_ ? 0u : 1u);
    EXPECT_EQ(Count(reply.authority, rr::kRrsig), Signatures(1));
    // In-domain name servers come with their addresses (RFC 9471).
    for (const Record& ns : reply.authority) {
      if (ns.type != rr::kNs) continue;
      const NameView target = NameView::FromValidWire(ns.rdata.data());
      if (!target.IsAtOrBelow(owner)) continue;
      EXPECT_TRUE(std::any_of(reply.additional.begin(), reply.additional.end(),
                              [&](const Record& glue) { return glue.owner == target; }));
    }
    const Message ds = Ask(owner, rr::kDs);
    EXPECT_TRUE(ds.header.authoritative);
    EXPECT_EQ(Count(ds.answer, rr::kDs) > 0, secure);
    if (!secure) {
      EXPECT_EQ(Count(ds.authority, rr::kNsec), signed_ ? 1u : 0u);
    }
  }
  EXPECT_GT(delegations, 1500u);
}

// Between any two neighbours a name that does not exist is denied by the NSEC in front of it, and one for the
// wildcard.
TEST_F(RootZoneTest, NamesBetweenAreDenied) {
  for (const Node node : *zone_) {
    if (!node.Is(Node::kZoneCut)) continue;
    const Name owner = node.owner();
    std::string text = owner.ToText();
    text.insert(text.size() - 1, "-0");  // right after the name, before all others
    const Name missing = Name::Literal(text);
    const Message reply = Ask(missing, rr::kA);
    SCOPED_TRACE(text);
    EXPECT_EQ(reply.rcode(), Rcode::kNxDomain);
    EXPECT_EQ(Count(reply.authority, rr::kNsec), signed_ ? 2u : 0u);
    EXPECT_EQ(Count(reply.authority, rr::kRrsig), Signatures(3));
    if (!signed_) continue;
    bool covered = false;
    for (const Record& nsec : reply.authority) {
      if (nsec.type != rr::kNsec) continue;
      const NameView next = NameView::FromValidWire(nsec.rdata.data());
      covered |= nsec.owner == owner && missing.view().CanonicalCompare(nsec.owner) > 0 &&
                 (next.IsRoot() || missing.view().CanonicalCompare(next) < 0);
    }
    EXPECT_TRUE(covered);
  }
}

}  // namespace
}  // namespace cairn
