// Reading zones again: what changed is read, what is bad keeps the data before it.
#include "authoritative/serve_zones.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "authoritative/serve_report.h"

namespace cairn {
namespace {

std::string ZoneText(unsigned serial) {
  return "$TTL 60\n@ SOA ns h " + std::to_string(serial) + " 1 1 1 1\n@ NS ns.other.\n";
}

class ServedZonesTest : public testing::Test {
 protected:
  ServedZonesTest() {
    std::string pattern = testing::TempDir() + "zones-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~ServedZonesTest() override { std::filesystem::remove_all(directory_); }

  // A file of another size is a changed file, whatever the file system thinks of time.
  void Write(const std::string& file, const std::string& text) {
    std::ofstream(directory_ + "/" + file) << text << std::string(++writes_, '\n');
  }
  ZoneOptions Option(const char* name, const std::string& file) const {
    ZoneOptions zone;
    zone.name = Name::Literal(name);
    zone.file = directory_ + "/" + file;
    return zone;
  }
  // "example.=1 broken.=SERVFAIL"
  std::string Serials() const {
    std::string text;
    const std::shared_ptr<const ZoneSet> zones = zones_.table()->zones;
    for (const ZoneSet::Entry& entry : zones->entries()) {
      text += (text.empty() ? "" : " ") + entry.apex.ToText() + "=" +
              (entry.zone == nullptr ? "SERVFAIL" : std::to_string(entry.zone->serial()));
    }
    return text;
  }

  std::string FactOf(const char* apex, std::string_view key) const {
    for (const Fact& fact : ZoneFacts(*zones_.table()->Find(Name::Literal(apex)))) {
      if (fact.key == key) return fact.value;
    }
    return "";
  }
  std::string StateOf(const char* apex) const { return FactOf(apex, "state"); }

  std::string directory_;
  size_t writes_ = 0;
  // Years ahead: every file was written long before it is read.
  struct LateClock final : Clock {
    Instant Now() const override { return Instant{}; }
    WallTime Wall() const override { return wall; }
    WallTime wall{.seconds = 4'000'000'000};
  } clock_;
  std::string logged_;
  Log log_{clock_, LogLevel::kInfo, [this](std::string_view line) { logged_ += line; }};
  ServedZones zones_{clock_, log_};
};

TEST_F(ServedZonesTest, ABrokenZoneDoesNotKeepOthersFromBeingServed) {
  Write("good", ZoneText(1));
  const ServedZones::Outcome outcome = zones_.Read({Option("bad.", "missing"), Option("good.", "good")});
  EXPECT_EQ(Serials(), "bad.=SERVFAIL good.=1");
  EXPECT_EQ(outcome.loaded, 1U);
  EXPECT_EQ(outcome.refused, 1U);
  EXPECT_NE(outcome.complaints.find("missing: error: "), std::string::npos) << outcome.complaints;
  EXPECT_NE(logged_.find("zone-refused zone=bad."), std::string::npos);
}

TEST_F(ServedZonesTest, ReadsChangedFilesAlone) {
  Write("a", ZoneText(1));
  Write("b", ZoneText(1));
  const std::vector<ZoneOptions> options = {Option("a.", "a"), Option("b.", "b")};
  EXPECT_EQ(zones_.Read(options).loaded, 2U);
  const auto before = zones_.table()->zones;
  Write("b", ZoneText(2));
  EXPECT_EQ(zones_.Read(options).loaded, 1U);
  EXPECT_EQ(Serials(), "a.=1 b.=2");
  EXPECT_EQ(zones_.table()->zones->entries()[0].zone, before->entries()[0].zone);
  EXPECT_EQ(before->entries()[1].zone->serial(), 1U);  // whoever still answers from it may
}

TEST_F(ServedZonesTest, KeepsTheDataBeforeABadFile) {
  Write("a", ZoneText(1));
  const std::vector<ZoneOptions> options = {Option("a.", "a")};
  zones_.Read(options);
  Write("a", "nonsense");
  EXPECT_EQ(zones_.Read(options).refused, 1U);
  EXPECT_EQ(Serials(), "a.=1");
  EXPECT_EQ(StateOf("a."), "served, new file refused");
  EXPECT_EQ(zones_.table()->Find(Name::Literal("a."))->failures, 1U);
  Write("a", ZoneText(3));
  zones_.Read(options);
  EXPECT_EQ(Serials(), "a.=3");
  EXPECT_EQ(StateOf("a."), "served");
}

// Also when the file is good again: somebody may ask what went wrong in the night.
TEST_F(ServedZonesTest, RemembersTheLastRefusal) {
  Write("a", ZoneText(1));
  const std::vector<ZoneOptions> options = {Option("a.", "a")};
  zones_.Read(options);
  EXPECT_EQ(FactOf("a.", "refusal"), "");
  Write("a", "nonsense");
  zones_.Read(options);
  clock_.wall = {.seconds = 4'000'000'060};
  Write("a", ZoneText(3));
  zones_.Read(options);
  EXPECT_EQ(StateOf("a."), "served");
  EXPECT_EQ(FactOf("a.", "complaint"), "");
  EXPECT_EQ(FactOf("a.", "refusal"), directory_ + "/a:1:9: error: the RR type is missing");
  EXPECT_EQ(FactOf("a.", "refused-at"), "2096-10-02T07:06:40Z");
  EXPECT_EQ(FactOf("a.", "loaded-at"), "2096-10-02T07:07:40Z");
}

TEST_F(ServedZonesTest, TellsDnssecAndDigestOfAZone) {
  const std::string digest = "@ ZONEMD 1 1 1 " + std::string(96, '0') + "\n";
  const std::string signature = "@ RRSIG SOA 13 1 60 20300101000000 20260101000000 1 a. AAAA\n";
  const std::string nsec3 = "@ NSEC3PARAM 1 0 0 -\n" + signature;
  const std::string hash = "qj2k5gbslc63lg0qour6j95c8s2b6ueh";  // of "a."
  struct Case {
    std::string more;
    const char* dnssec;
  };
  for (const Case& c : {Case{"", "unsigned"}, Case{signature, "signed without denial"},
                        Case{signature + "@ NSEC a. SOA\n", "NSEC"},
                        Case{nsec3 + hash + " NSEC3 1 0 0 - " + hash + " SOA\n", "NSEC3"},
                        Case{nsec3 + hash + " NSEC3 1 1 0 - " + hash + " SOA\n", "NSEC3 with opt-out"}}) {
    Write("a", ZoneText(1) + c.more);
    zones_.Read({Option("a.", "a")});
    EXPECT_EQ(FactOf("a.", "dnssec"), c.dnssec);
    EXPECT_EQ(FactOf("a.", "zonemd"), "not checked");
  }
  ZoneOptions checked = Option("a.", "a");
  checked.zonemd = ZonemdPolicy::kCheck;
  zones_.Read({checked});
  EXPECT_EQ(FactOf("a.", "zonemd"), "none");
  Write("a", ZoneText(1) + digest);
  zones_.Read({checked});
  EXPECT_EQ(FactOf("a.", "zonemd"), "none");  // of what is served
  EXPECT_NE(FactOf("a.", "refusal").find("/a:4:3: error: the zone's SHA-384 digest is"), std::string::npos);
}

// The file of the zone itself is the same; what it includes is not.
TEST_F(ServedZonesTest, ReadsARefusedZoneAgainThoughItsFileIsTheSame) {
  Write("a", ZoneText(1) + "$INCLUDE part\n");
  const std::vector<ZoneOptions> options = {Option("a.", "a")};
  EXPECT_EQ(zones_.Read(options).refused, 1U);
  EXPECT_EQ(zones_.Read(options).refused, 1U);
  EXPECT_EQ(Serials(), "a.=SERVFAIL");
  Write("part", "www A 192.0.2.1");
  EXPECT_EQ(zones_.Read(options).loaded, 1U);
  EXPECT_EQ(Serials(), "a.=1");
}

TEST_F(ServedZonesTest, ReadsAZoneAgainWhenAFileItIncludesHasChanged) {
  Write("part", "www A 192.0.2.1");
  Write("a", ZoneText(1) + "$INCLUDE part\n");
  const std::vector<ZoneOptions> options = {Option("a.", "a")};
  EXPECT_EQ(zones_.Read(options).loaded, 1U);
  EXPECT_EQ(zones_.Read(options).loaded, 0U);
  Write("part", "www A 192.0.2.1\nwww A 192.0.2.2");
  EXPECT_EQ(zones_.Read(options).loaded, 1U);
  EXPECT_EQ(zones_.table()->Find(Name::Literal("a."))->zone->record_count(), 4U);
  std::filesystem::remove(directory_ + "/part");
  EXPECT_EQ(zones_.Read(options).refused, 1U);
  EXPECT_EQ(Serials(), "a.=1");
}

// The clock of the file system cannot tell what was written in the second of the reading from what was there.
TEST_F(ServedZonesTest, TrustsNoIncludedFileWrittenWhileItRead) {
  Write("part", "www A 192.0.2.1");
  Write("a", ZoneText(1) + "$INCLUDE part\n");
  clock_.wall = {.seconds = 0};
  const std::vector<ZoneOptions> options = {Option("a.", "a")};
  EXPECT_EQ(zones_.Read(options).loaded, 1U);
  EXPECT_EQ(zones_.Read(options).loaded, 1U);
}

// RFC 1982: 4294967295 is before 1, and 3 is not.
TEST_F(ServedZonesTest, WarnsOfASerialThatWentBack) {
  const std::vector<ZoneOptions> options = {Option("a.", "a")};
  for (const unsigned serial : {4294967295U, 1U, 1U, 3U}) {
    Write("a", ZoneText(serial));
    EXPECT_EQ(zones_.Read(options).complaints, "") << serial;
  }
  Write("a", ZoneText(2));
  EXPECT_EQ(zones_.Read(options).complaints,
            directory_ +
                "/a:2:3: warning: serial 2 is before 3, which was served: secondaries keep the old zone "
                "(RFC 1982)\n");
  EXPECT_EQ(Serials(), "a.=2");
}

TEST_F(ServedZonesTest, FollowsTheConfiguration) {
  Write("a", ZoneText(1));
  Write("other", ZoneText(9));
  zones_.Read({Option("a.", "a"), Option("b.", "a")});
  const ServedZones::Outcome outcome = zones_.Read({Option("a.", "other"), Option("c.", "a")});
  EXPECT_EQ(outcome.removed, 1U);
  EXPECT_EQ(Serials(), "a.=9 c.=1");
}

TEST_F(ServedZonesTest, ReadsOneZoneOnDemandWhateverItsFileLooksLike) {
  Write("a", ZoneText(1));
  zones_.Read({Option("a.", "a")});
  ServedZones::Outcome outcome;
  EXPECT_TRUE(zones_.ReadOne(Name::Literal("A."), outcome));
  EXPECT_EQ(outcome.loaded, 1U);
  EXPECT_FALSE(zones_.ReadOne(Name::Literal("b."), outcome));
}

}  // namespace
}  // namespace cairn
