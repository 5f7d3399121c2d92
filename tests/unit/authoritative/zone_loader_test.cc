#include "authoritative/zone_loader.h"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "common/zone/arena.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/source_path.h"

namespace cairn {
namespace {

std::vector<std::string> Dump(const Zone& zone) {
  std::vector<std::string> lines;
  DumpZone(zone, [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

TEST(ZoneLoader, ADumpReadsBackAsTheSameZone) {
  for (const auto& [apex, file] :
       {std::pair("example.", "lookup.zone"), std::pair("signed.", "denial.zone")}) {
    const LoadedZone loaded =
        LoadZone(Name::Literal(apex), testing::SourcePath(std::string("zones/golden/") + file));
    ASSERT_NE(loaded.zone, nullptr) << file;
    const std::vector<std::string> lines = Dump(*loaded.zone);
    EXPECT_EQ(lines.size(), loaded.zone->record_count());
    std::string text;
    for (const std::string& line : lines) text += line;
    const LoadedZone again = LoadZoneText(Name::Literal(apex), text, "dump");
    ASSERT_NE(again.zone, nullptr);
    EXPECT_EQ(Dump(*again.zone), lines);
  }
}

TEST(ZoneLoader, WritesAFileThatLoadsAgain) {
  const LoadedZone loaded =
      LoadZone(Name::Literal("example."), testing::SourcePath("zones/golden/lookup.zone"));
  const std::string path = ::testing::TempDir() + "/zone_loader_test.zone";
  ASSERT_TRUE(WriteZone(*loaded.zone, path).ok());
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
  const LoadedZone again = LoadZone(Name::Literal("example."), path);
  ASSERT_NE(again.zone, nullptr);
  EXPECT_EQ(Dump(*again.zone), Dump(*loaded.zone));
  std::filesystem::remove(path);
}

TEST(ZoneLoader, AFileThatIsNotThereIsAComplaint) {
  const LoadedZone loaded = LoadZone(Name::Literal("example."), "/nonexistent/zone");
  EXPECT_EQ(loaded.zone, nullptr);
  ASSERT_EQ(loaded.complaints.size(), 1U);  // and not also that what could not be read has no SOA
  EXPECT_THAT(loaded.complaints.front().ToText(),
              ::testing::HasSubstr("/nonexistent/zone: error: cannot be"));
}

TEST(ZoneLoader, AnEmptyFileIsNamedWithWhatItLacks) {
  const LoadedZone loaded = LoadZoneText(Name::Literal("example."), "; nothing\n", "empty.zone");
  ASSERT_EQ(loaded.complaints.size(), 2U);
  EXPECT_THAT(loaded.complaints[0].ToText(),
              ::testing::StartsWith("empty.zone:1:1: error: the zone example. has no"));
  EXPECT_THAT(loaded.complaints[1].ToText(),
              ::testing::StartsWith("empty.zone:1:1: error: the zone example. has no"));
}

TEST(ZoneLoader, ASoaWithAMistakeIsNotMissing) {
  const LoadedZone loaded = LoadZoneText(
      Name::Literal("example."), "@ 60 SOA ns host one 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n", "zone");
  EXPECT_EQ(loaded.zone, nullptr);
  ASSERT_EQ(loaded.complaints.size(), 1U);
  EXPECT_THAT(loaded.complaints[0].ToText(), ::testing::StartsWith("zone:1:18: error: "));
}

TEST(ZoneLoader, AWrongFolderIsAStatusThatNamesIt) {
  const LoadedZone loaded =
      LoadZone(Name::Literal("example."), testing::SourcePath("zones/golden/lookup.zone"));
  const absl::Status status = WriteZone(*loaded.zone, "/nonexistent/zone");
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.ToString(), ::testing::HasSubstr("/nonexistent/zone"));
}

// RFC 8976 section 4; the digests themselves are zone/zonemd_test.cc's matter.
TEST(ZoneLoader, AZoneWithoutItsDigestIsNotServedWhereItIsAskedFor) {
  const std::string text = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n";
  const std::string digest = "@ 60 ZONEMD 1 1 1 " + std::string(96, '0') + "\n";
  const Name apex = Name::Literal("example.");
  EXPECT_NE(LoadZoneText(apex, text + digest, "zone").zone, nullptr);
  EXPECT_NE(LoadZoneText(apex, text, "zone", ZonemdPolicy::kCheck).zone, nullptr);
  const auto expect_refused = [](const LoadedZone& refused, const char* complaint) {
    EXPECT_EQ(refused.zone, nullptr);
    ASSERT_EQ(refused.complaints.size(), 1u);
    EXPECT_THAT(refused.complaints[0].ToText(), ::testing::StartsWith(complaint));
  };
  expect_refused(LoadZoneText(apex, text, "zone", ZonemdPolicy::kRequire),
                 "zone:1:6: error: there is no ZONEMD record at the apex");
  expect_refused(LoadZoneText(apex, text + digest, "zone", ZonemdPolicy::kCheck),
                 "zone:4:6: error: the zone's SHA-384 digest is ");
}

// Wherever in its reading the memory ends, in this thread or in the one that builds the other half.
TEST(ZoneLoader, AZoneWithoutMemoryIsRefusedAndNothingElse) {
  const Name apex = Name::Literal("example.");
  std::string text = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n";
  const std::string small = text;
  for (int i = 0; i < 20'500; ++i) text += "n" + std::to_string(i) + " 60 NS ns.n" + std::to_string(i) + "\n";
  const LoadedZone served = LoadZoneText(apex, small, "small");
  const size_t octets_before = Arena::AllOctets();
  const absl::Cleanup no_limit = [] { Arena::LimitAll(SIZE_MAX); };
  size_t refused = 0;
  LoadedZone loaded;
  for (size_t most = size_t{64} << 10; loaded.zone == nullptr; most *= 2) {
    Arena::LimitAll(octets_before + most);
    loaded = LoadZoneText(apex, text, "large");
    if (loaded.zone != nullptr) break;
    ++refused;
    EXPECT_NE(LoadZoneText(apex, small, "small").zone, nullptr) << "for which there is room";
    ASSERT_EQ(loaded.complaints.size(), 1u);
    EXPECT_THAT(
        loaded.complaints[0].ToText(),
        ::testing::StartsWith("large: error: there is not enough memory for the zone example. beside the "));
    EXPECT_EQ(Arena::AllOctets(), octets_before) << "nothing of it is kept";
  }
  EXPECT_GT(refused, 4u);
  EXPECT_EQ(Dump(*served.zone).size(), 3u);
}

// In whichever thread: it is thrown where all have ended, and not out of one of them.
TEST(ZoneLoader, LackOfMemoryInOneOfSeveralThreadsIsTheCallers) {
  for (const size_t lacking : {size_t{0}, size_t{1}, size_t{63}}) {
    EXPECT_THROW(InParallel(64,
                            [lacking](size_t index) {
                              if (index >= lacking) throw std::bad_alloc();
                            }),
                 std::bad_alloc);
  }
  std::atomic<size_t> done = 0;
  InParallel(64, [&](size_t) { ++done; });
  InParallel(0, [&](size_t) { ++done; });
  EXPECT_EQ(done, 64u);
}

// A syntax error and a mistake in the content, both told in one run, and the zone not served.
TEST(ZoneLoader, AllMistakesAreToldAtOnce) {
  const LoadedZone loaded = LoadZoneText(Name::Literal("example."),
                                         "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nbad 60 A 192.0.2.256\n"
                                         "a 60 CNAME b\na 60 A 192.0.2.1\n",
                                         "zone");
  EXPECT_EQ(loaded.zone, nullptr);
  std::string complaints;
  for (const Complaint& complaint : loaded.complaints) complaints += complaint.ToText() + "\n";
  EXPECT_THAT(complaints, ::testing::HasSubstr("zone:3:"));
  EXPECT_THAT(complaints, ::testing::HasSubstr("zone:4:6: error: CNAME at a.example."));
}

}  // namespace
}  // namespace cairn
