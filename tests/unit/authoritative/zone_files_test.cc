// Names of zones as names of files, folders and lists of zones.
#include "authoritative/zone_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/base/status.h"

namespace cairn {
namespace {

struct WordCase {
  const char* name;  // as a zone file has it
  const char* word;
};

// Nothing leads out of a folder, hides a file, or means two names.
constexpr WordCase kWords[] = {
    {"example.org.", "example.org"},
    {"EXAMPLE.Org.", "example.org"},
    {".", "@"},
    {"@.example.", "%40.example"},
    {"0/26.2.0.192.in-addr.arpa.", "0%2f26.2.0.192.in-addr.arpa"},
    {"a\\.b.example.", "a%2eb.example"},
    {"\\.\\./etc.example.", "%2e%2e%2fetc.example"},
    {"a\\000\\255.example.", "a%00%ff.example"},
    {"%41.example.", "%2541.example"},
    {"_tcp.xn--bcher-kva.example.", "_tcp.xn--bcher-kva.example"},
    {"*.example.", "%2a.example"},
};

TEST(ZoneFilesTest, ANameIsOneWordAndTheWordIsThatName) {
  for (const WordCase& c : kWords) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(FileWordOf(Name::Literal(c.name)), c.word);
    const absl::StatusOr<Name> back = ApexOfFileWord(c.word);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, Name::Literal(c.name));
  }
  EXPECT_EQ(*ApexOfFileWord("Example.ORG"), Name::Literal("example.org."));
  EXPECT_EQ(*ApexOfFileWord("%2A.example"), Name::Literal("*.example."));
}

TEST(ZoneFilesTest, SaysWhyAWordIsNoName) {
  const std::string label(64, 'a');
  std::string name = "a";
  while (name.size() < 254) name += ".a";
  const std::pair<std::string, std::string> cases[] = {
      {"", "\"\" has an empty label"},
      {"a..b", "\"a..b\" has an empty label"},
      {"a.", "\"a.\" has an empty label"},
      {"a%2", "\"a%2\": after % two hexadecimal digits are expected"},
      {"a%zz", "\"a%zz\": after % two hexadecimal digits are expected"},
      {label, "\"" + label + "\" has a label of 64 octets, more than 63 (RFC 1035 section 2.3.4)"},
      {name, "\"" + name + "\" is a name of 257 octets, more than 255 (RFC 1035 section 2.3.4)"},
  };
  for (const auto& [word, complaint] : cases) EXPECT_EQ(ErrorText(ApexOfFileWord(word).status()), complaint);
}

TEST(ZoneFilesTest, PatternsTakeTheWord) {
  const Name apex = Name::Literal("A/b.example.");
  EXPECT_EQ(ExpandPattern("/z/%s.zone", apex), "/z/a%2fb.example.zone");
  EXPECT_EQ(ExpandPattern("%s/%s", apex), "a%2fb.example/a%2fb.example");
  EXPECT_EQ(ExpandPattern("/z/50%.zone", apex), "/z/50%.zone");
  EXPECT_EQ(ExpandPattern("", apex), "");
}

const TextPosition kNamedAt{.file = "c.yaml", .line = 7, .column = 9};

class ZoneFoldersTest : public testing::Test {
 protected:
  ZoneFoldersTest() {
    std::string pattern = testing::TempDir() + "folder-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ZoneFoldersTest() override { std::filesystem::remove_all(folder_); }
  // Complaints without the folder.
  std::string Said() const {
    std::string text;
    for (const Complaint& each : complaints_) text += each.ToText().substr(folder_.size() + 1) + "\n";
    return text;
  }

  std::string folder_;
  Complaints complaints_;
};

TEST_F(ZoneFoldersTest, FindsTheFilesThatAreZones) {
  for (const char* file : {"b.example.zone", "a.example.zone", "@.zone", "0%2f26.example.zone",
                           ".hidden.zone", ".zone", "notes.txt", "a.example.zone~", "a..b.zone"})
    std::ofstream(folder_ + "/" + file);
  std::filesystem::create_directory(folder_ + "/folder.zone");
  std::string found;
  for (const FoundZone& zone : ZonesOfFolder(folder_, kNamedAt, complaints_))
    found += zone.name.ToText() + "=" + zone.file.substr(folder_.size() + 1) + " ";
  EXPECT_EQ(
      found,
      "0/26.example.=0%2f26.example.zone .=@.zone a.example.=a.example.zone b.example.=b.example.zone ");
  EXPECT_EQ(Said(),
            "a..b.zone: warning: passed over, its name is not a zone's: \"a..b\" has an empty label\n");
}

TEST_F(ZoneFoldersTest, AFolderThatIsNoneIsAnError) {
  EXPECT_TRUE(ZonesOfFolder(folder_ + "/absent", kNamedAt, complaints_).empty());
  EXPECT_EQ(complaints_.at(0).ToText(), "c.yaml:7:9: error: cannot read the folder of zones " + folder_ +
                                            "/absent: No such file or directory");
}

TEST_F(ZoneFoldersTest, ReadsListsOfZones) {
  const std::string list = folder_ + "/list";
  std::ofstream(list) << "# customers\n\na.example\n  b.example\tzones/b  # moved\r\nc.example /z/c\n";
  std::string found;
  for (const FoundZone& zone : ZonesOfList(list, kNamedAt, complaints_))
    found += zone.name.ToText() + "=" + zone.file + "@" + std::to_string(zone.where.line) + " ";
  EXPECT_EQ(found, "a.example.=@3 b.example.=" + folder_ + "/zones/b@4 c.example.=/z/c@5 ");
  EXPECT_EQ(Said(), "");
}

TEST_F(ZoneFoldersTest, NamesTheMistakesOfAList) {
  const std::string list = folder_ + "/list";
  std::ofstream(list) << "good.example\n  a..b file\nc.example file more words\n";
  EXPECT_EQ(ZonesOfList(list, kNamedAt, complaints_).size(), 1U);
  EXPECT_EQ(Said(),
            "list:2:3: error: the name \"a..b\" has an empty label at column 3\n"
            "list:3:16: error: \"more\" is one word too many; a line is NAME or NAME FILE\n");
  complaints_.clear();
  ZonesOfList(folder_ + "/absent", kNamedAt, complaints_);
  EXPECT_EQ(complaints_.at(0).ToText(), "c.yaml:7:9: error: cannot read the list of zones " + folder_ +
                                            "/absent: No such file or directory");
  complaints_.clear();
  std::filesystem::create_directory(folder_ + "/folder");  // opens like a file, and gives nothing
  ZonesOfList(folder_ + "/folder", kNamedAt, complaints_);
  EXPECT_EQ(complaints_.at(0).ToText(), "c.yaml:7:9: error: cannot read the list of zones " + folder_ +
                                            "/folder to its end: is it a file?");
}

}  // namespace
}  // namespace cairn
