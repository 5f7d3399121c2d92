// Signed zones with holes, as an interrupted signer or a careless edit leaves them: records of the chains and
// signatures are missing, in many ways. What the zone says stays what it says; proofs may be wrong, and
// validators will see it (RFC 4035 section 5.4), but nothing else happens.
#include <fstream>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/support/source_path.h"
#include "tests/unit/authoritative/ask.h"

namespace cairn {
namespace {

bool IsOfDnssec(std::string_view line) {
  for (const std::string_view type : {" RRSIG ", " NSEC ", " NSEC3 ", " NSEC3PARAM ", " DNSKEY "}) {
    if (line.find(type) != line.npos) return true;
  }
  return false;
}

// The zone file without each `step`-th record of DNSSEC, counted from `first`.
std::string WithHoles(const std::string& file, size_t step, size_t first) {
  std::ifstream in(testing::SourcePath("zones/golden/signed/" + file));
  std::string text, line;
  size_t seen = 0;
  while (std::getline(in, line)) {
    if (!IsOfDnssec(line) || seen++ % step != first) text += line + "\n";
  }
  EXPECT_GT(seen, 30u);
  return text;
}

std::shared_ptr<const Zone> Load(NameView apex, const std::string& text) {
  LoadedZone loaded = LoadZoneText(Name(apex), text, "zone");  // warnings there may be
  return std::move(loaded.zone);
}

// RCODE and the data of the answer section.
std::string Data(Responder& responder, const std::string& qname, const char* qtype) {
  const testing::Asked asked{.qname = qname, .qtype = qtype, .edns_octets = 4096, .dnssec_ok = true};
  absl::StatusOr<Message> reply =
      Message::Parse(testing::ReplyTo(responder, testing::PacketFor(asked), true));
  if (!reply.ok()) return reply.status().ToString();
  std::erase_if(reply->answer, [](const Record& record) { return record.type == rr::kRrsig; });
  reply->authority.clear();
  reply->additional.clear();
  return testing::Summary(*reply);
}

constexpr std::pair<size_t, size_t> kHoles[] = {{1, 0}, {2, 0}, {2, 1}, {3, 0}, {3, 1}, {3, 2}, {5, 3}};

TEST(BrokenChain, TheDataAreAnsweredAllTheSame) {
  for (const std::string apex : {"nsec.test.", "nsec3.test.", "optout.test."}) {
    const std::shared_ptr<const Zone> whole = testing::GoldenZone(apex, "signed/" + apex + "zone");
    Responder intact, holed;
    intact.SetZones(ZoneSet::Of({whole}));
    for (const auto& [step, first] : kHoles) {
      const std::shared_ptr<const Zone> zone = Load(whole->apex(), WithHoles(apex + "zone", step, first));
      ASSERT_NE(zone, nullptr);
      holed.SetZones(ZoneSet::Of({zone}));
      for (const Node node : *whole) {
        if (node.Is(Node::kHashOwner)) continue;
        for (const std::string& qname : {node.owner().ToText(), "q." + node.owner().ToText()}) {
          for (const char* qtype : {"A", "DS", "CNAME"}) {
            const std::string said = Data(holed, qname, qtype);
            if (said == "servfail") continue;  // no proof can be had
            EXPECT_EQ(said, Data(intact, qname, qtype))
                << qname << ' ' << qtype << ", every " << step << " from " << first;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace cairn
