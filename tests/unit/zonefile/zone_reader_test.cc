// The zone file reader: owners, TTLs and classes left out, directives, line structure, hostile octets (RFC
// 1035 section 5, RFC 2308 section 4, RFC 3597 section 5). Mistakes and their places stand in
// zones/golden/broken.
#include "common/zonefile/zone_reader.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/dns/rr_types.h"
#include "common/zonefile/zone_writer.h"
#include "gtest/gtest.h"
#include "tests/support/source_path.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = testing::SourcePath("zones/golden");

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Records one a line; complaints behind them, without the name of the file.
std::string ReadAll(ZoneReader reader) {
  std::string text;
  ZoneRecord record;
  while (reader.Next(record)) AppendZoneLine(record, text);
  for (const Complaint& complaint : reader.complaints()) {
    text += std::to_string(complaint.where.line) + ":" + std::to_string(complaint.where.column) + ": " +
            complaint.text + "\n";
  }
  return text;
}

ZoneReaderOptions Options(const char* origin = "example.") {
  ZoneReaderOptions options;
  options.origin = Name::Literal(origin);
  return options;
}

std::string ReadText(std::string_view text, ZoneReaderOptions options = Options()) {
  return ReadAll(ZoneReader::FromText(text, "test", std::move(options)));
}

struct Case {
  const char* name;
  std::string text;
  std::string expected;
};

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ReadText(c.text), c.expected);
  }
}

TEST(ZoneReader, RepeatsTheOwner) {
  Check({
      {"across comments, blank lines and directives",
       "a 1 A 192.0.2.1\n; c\n\n   ; c\n$TTL 5\n  A 192.0.2.2\n",
       "a.example. 1 IN A 192.0.2.1\na.example. 5 IN A 192.0.2.2\n"},
      {"after a tab", "a 1 A 192.0.2.1\n\t1 A 192.0.2.2\n",
       "a.example. 1 IN A 192.0.2.1\na.example. 1 IN A 192.0.2.2\n"},
      {"also of a record with a mistake", "a 1 A x\n  1 A 192.0.2.2\n",
       "a.example. 1 IN A 192.0.2.2\n1:7: A address \"x\": expected an IPv4 address like 192.0.2.1\n"},
      {"the one from before $ORIGIN stays", "a 1 A 192.0.2.1\n$ORIGIN sub\n  1 A 192.0.2.2\n",
       "a.example. 1 IN A 192.0.2.1\na.example. 1 IN A 192.0.2.2\n"},
      {"a blank line is no owner", " \na 1 A 192.0.2.1\n \n 1 A 192.0.2.2",
       "a.example. 1 IN A 192.0.2.1\na.example. 1 IN A 192.0.2.2\n"},
      {"the entry may begin inside a parenthesis", "( a 1\n A 192.0.2.1 )\n",
       "a.example. 1 IN A 192.0.2.1\n"},
  });
}

TEST(ZoneReader, TakesTtlAndClassInEitherOrderOrNotAtAll) {
  Check({
      {"TTL first", "a 1 IN A 192.0.2.1\n", "a.example. 1 IN A 192.0.2.1\n"},
      {"class first", "a IN 1 A 192.0.2.1\n", "a.example. 1 IN A 192.0.2.1\n"},
      {"any case", "a in 1H a 192.0.2.1\n", "a.example. 3600 IN A 192.0.2.1\n"},
      {"class by number", "a CLASS1 1 A 192.0.2.1\n", "a.example. 1 IN A 192.0.2.1\n"},
      {"type CLA is no class", "a 1 CLA x\n", "a.example. 1 IN CLA \"x\"\n"},
      {"an owner that looks like a TTL", "1 1 A 192.0.2.1\n", "1.example. 1 IN A 192.0.2.1\n"},
      {"an owner that looks like a class", "IN 1 IN A 192.0.2.1\n", "IN.example. 1 IN A 192.0.2.1\n"},
      {"largest TTL", "a 2147483647 A 192.0.2.1\n", "a.example. 2147483647 IN A 192.0.2.1\n"},
      {"two TTLs", "a 1 2 A 192.0.2.1\n", "1:5: \"2\" is no TTL, class or RR type\n"},
      {"two classes", "a 1 IN IN A 192.0.2.1\n", "1:8: \"IN\" is no TTL, class or RR type\n"},
  });
}

// behaviours: the record's own, $TTL, the previous one, the SOA's minimum; never a silent 0.
TEST(ZoneReader, FindsTheTtl) {
  constexpr const char* kSoa = "SOA a a 1 2 3 4 5\n";
  constexpr const char* kSoaText = "SOA a.example. a.example. 1 2 3 4 5\n";
  Check({
      {"SOA without one takes its minimum", std::string("@ ") + kSoa + "a A 192.0.2.1\n",
       std::string("example. 5 IN ") + kSoaText + "a.example. 5 IN A 192.0.2.1\n"},
      {"the SOA's own", std::string("@ 9 ") + kSoa + "a A 192.0.2.1\n",
       std::string("example. 9 IN ") + kSoaText + "a.example. 9 IN A 192.0.2.1\n"},
      {"the previous one", "a 7 A 192.0.2.1\nb A 192.0.2.1\n",
       "a.example. 7 IN A 192.0.2.1\nb.example. 7 IN A 192.0.2.1\n"},
      {"$TTL before the previous one", "$TTL 1d\na 7 A 192.0.2.1\nb A 192.0.2.1\n",
       "a.example. 7 IN A 192.0.2.1\nb.example. 86400 IN A 192.0.2.1\n"},
      {"0 when it says so", "$TTL 0\na A 192.0.2.1\n", "a.example. 0 IN A 192.0.2.1\n"},
  });
  ZoneReaderOptions with_default = Options();
  with_default.default_ttl = Ttl::Seconds(60);
  EXPECT_EQ(ReadText("a A 192.0.2.1\n", with_default), "a.example. 60 IN A 192.0.2.1\n");
}

TEST(ZoneReader, FollowsOriginAtAnyPlace) {
  Check({
      {"relative", "$ORIGIN sub\na 1 NS b\n@ 1 NS @\n",
       "a.sub.example. 1 IN NS b.sub.example.\nsub.example. 1 IN NS sub.example.\n"},
      {"absolute", "$origin other.\na 1 NS b\n", "a.other. 1 IN NS b.other.\n"},
      {"the root", "$ORIGIN .\na 1 NS @\n", "a. 1 IN NS .\n"},
      {"dollar owner", "\\$TTL 1 A 192.0.2.1\n", "\\$TTL.example. 1 IN A 192.0.2.1\n"},
  });
}

TEST(ZoneReader, ReadsAnyLineStructure) {
  Check({
      {"CRLF", "a 1 A 192.0.2.1\r\n  1 A 192.0.2.2\r\n",
       "a.example. 1 IN A 192.0.2.1\na.example. 1 IN A 192.0.2.2\n"},
      {"CRLF in parentheses", "a 1 TXT ( b\r\n c )\r\n", "a.example. 1 IN TXT \"b\" \"c\"\n"},
      {"byte order mark", "\xef\xbb\xbfz 1 A 192.0.2.1\n", "z.example. 1 IN A 192.0.2.1\n"},
      {"no last newline", "a 1 A 192.0.2.1", "a.example. 1 IN A 192.0.2.1\n"},
      {"comment without a last newline", "a 1 A 192.0.2.1 ; c", "a.example. 1 IN A 192.0.2.1\n"},
      {"empty", "", ""},
      {"only a comment", "; c", ""},
      {"nested parentheses", "a 1 TXT ((b) ( c\n))\n", "a.example. 1 IN TXT \"b\" \"c\"\n"},
      {"parenthesis right behind a word", "a 1 TXT(b)\n", "a.example. 1 IN TXT \"b\"\n"},
      {"comment right behind a word", "a 1 TXT b;c\n", "a.example. 1 IN TXT \"b\"\n"},
      {"semicolon in quotes", "a 1 TXT \"b;c\"\n", "a.example. 1 IN TXT \"b;c\"\n"},
      {"NUL and 8-bit octets", std::string("a\0\xff 1 TXT \0\n", 12),
       "a\\000\\255.example. 1 IN TXT \"\\000\"\n"},
      {"backslash before the line end", "a 1 TXT b\\\nc 1 A 192.0.2.1\n",
       "c.example. 1 IN A 192.0.2.1\n1:10: bad escape \"\\\": write \\X or \\DDD with DDD from 000 to 255\n"},
      {"line of 100 kB", "a 1 TXT " + std::string(100'000, ' ') + "b ; " + std::string(100'000, 'c') + "\n",
       "a.example. 1 IN TXT \"b\"\n"},
      {"mistakes do not hide those behind them", "a 1 TXT \"b\nc 1 A 1\nd 1 TXT e )\nf 1 A 192.0.2.1\n",
       "f.example. 1 IN A 192.0.2.1\n1:9: the quoted string is not closed on its line; a line end is written "
       "\\010\n"
       "2:7: A address \"1\": expected an IPv4 address like 192.0.2.1\n3:11: this parenthesis closes none "
       "that is open\n"},
  });
}

TEST(ZoneReader, Generates) {
  Check({
      {"range", "$GENERATE 1-3 a$ 1 A 192.0.2.$\n",
       "a1.example. 1 IN A 192.0.2.1\na2.example. 1 IN A 192.0.2.2\na3.example. 1 IN A 192.0.2.3\n"},
      {"step", "$GENERATE 0-5/5 a$ 1 IN A 192.0.2.$\n",
       "a0.example. 1 IN A 192.0.2.0\na5.example. 1 IN A 192.0.2.5\n"},
      {"offset, width, base", "$GENERATE 10-10 a${-1,4,x}.${0,3}.${0,0,X}.${0,0,o} 1 PTR $\n",
       "a0009.010.A.12.example. 1 IN PTR 10.example.\n"},
      {"nibbles", "$GENERATE 291-291 ${0,7,n} 1 PTR ${0,1,N}\n",
       "3.2.1.0.example. 1 IN PTR 3.2.1.example.\n"},
      {"quoted RDATA of several fields", "$GENERATE 1-1 a 1 MX \"$ m$\"\n",
       "a.example. 1 IN MX 1 m1.example.\n"},
      {"RDATA of several fields", "$GENERATE 1-1 a 1 MX $ m$ ; c\n", "a.example. 1 IN MX 1 m1.example.\n"},
      {"strings keep their quotes", "$GENERATE 1-1 a 1 TXT \"b $\"\n", "a.example. 1 IN TXT \"b 1\"\n"},
      {"escaped dollar", "$GENERATE 1-1 a\\$$ 1 TXT \\$\n", "a\\$1.example. 1 IN TXT \"$\"\n"},
      {"leaves owner and origin alone", "b 1 A 192.0.2.1\n$GENERATE 1-1 a$ 1 A 192.0.2.$\n  1 A 192.0.2.2\n",
       "b.example. 1 IN A 192.0.2.1\na1.example. 1 IN A 192.0.2.1\nb.example. 1 IN A 192.0.2.2\n"},
  });
}

TEST(ZoneReader, GeneratesNoMoreThanAllowed) {
  ZoneReaderOptions options = Options();
  options.max_generated = 3;
  EXPECT_EQ(ReadText("$GENERATE 1-2 a$ 1 A 192.0.2.$\n$GENERATE 1-2 b$ 1 A 192.0.2.$\n", options),
            "a1.example. 1 IN A 192.0.2.1\na2.example. 1 IN A 192.0.2.2\n"
            "2:11: $GENERATE would make 2 records more; a zone may have 3 of them\n");
}

TEST(ZoneReader, StopsAfterTooManyMistakes) {
  ZoneReaderOptions options = Options();
  options.max_complaints = 2;
  ZoneReader reader = ZoneReader::FromText("a\nb\nc\nd 1 A 192.0.2.1\n", "test", options);
  ZoneRecord record;
  EXPECT_FALSE(reader.Next(record));
  ASSERT_EQ(reader.complaints().size(), 3u);
  EXPECT_EQ(reader.complaints()[1].where.line, 2u);
  EXPECT_EQ(reader.complaints()[2].ToText(), "test:2:2: error: reading stops here, after 2 mistakes");
}

// Files in a folder of their own, gone with the test.
class ZoneFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(folder_ / "sub");
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string Write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }

  fs::path folder_;
};

TEST_F(ZoneFiles, IncludeBringsOriginAndOwnerBack) {
  Write("sub/inner.zone", "$ORIGIN deeper\nb 1 A 192.0.2.2\n");
  const std::string outer =
      Write("outer.zone",
            "a 1 A 192.0.2.1\n$INCLUDE sub/inner.zone in.other.\n  1 NS n\n$INCLUDE \"sub/inner.zone\"\n");
  EXPECT_EQ(
      ReadAll(ZoneReader::FromFile(outer, Options())),
      "a.example. 1 IN A 192.0.2.1\nb.deeper.in.other. 1 IN A 192.0.2.2\na.example. 1 IN NS n.example.\n"
      "b.deeper.example. 1 IN A 192.0.2.2\n");
}

TEST_F(ZoneFiles, AnIncludedFileHasItsOwnFirstOwner) {
  Write("inner.zone", "  1 A 192.0.2.2\n");
  const std::string outer = Write("outer.zone", "a 1 A 192.0.2.1\n$INCLUDE inner.zone\n");
  ZoneReader reader = ZoneReader::FromFile(outer, Options());
  ZoneRecord record;
  while (reader.Next(record)) EXPECT_EQ(reader.FileName(record.file), outer);
  ASSERT_EQ(reader.complaints().size(), 1u);
  EXPECT_EQ(reader.complaints()[0].where.file, (folder_ / "inner.zone").string());
}

TEST_F(ZoneFiles, IncludesNeitherLoopNorNestTooDeep) {
  Write("a.zone", "$INCLUDE b.zone\n");
  Write("b.zone", "$INCLUDE ./sub/../a.zone\n");
  EXPECT_EQ(ReadAll(ZoneReader::FromFile((folder_ / "a.zone").string(), Options())),
            "1:10: cannot include \"./sub/../a.zone\": it is being read already, so the inclusion would "
            "never end\n");
  for (int i = 0; i < 12; ++i) Write("n" + std::to_string(i), "$INCLUDE n" + std::to_string(i + 1) + "\n");
  EXPECT_EQ(ReadAll(ZoneReader::FromFile((folder_ / "n0").string(), Options())),
            "1:10: cannot include \"n11\": more than 10 files inside each other\n");
}

TEST_F(ZoneFiles, IncludeCanBeForbidden) {
  ZoneReaderOptions options = Options();
  options.includes = false;
  EXPECT_EQ(ReadText("$INCLUDE /etc/passwd\n", options),
            "1:10: cannot include \"/etc/passwd\": $INCLUDE is not allowed here\n");
}

TEST_F(ZoneFiles, AFileThatCannotBeReadIsAComplaint) {
  EXPECT_EQ(ReadAll(ZoneReader::FromFile((folder_ / "none").string(), Options())),
            "0:0: cannot be read: No such file or directory\n");
  EXPECT_EQ(ReadAll(ZoneReader::FromFile(folder_.string(), Options())),
            "0:0: cannot be read: Is a directory\n");
}

// The window over a file moves by a quarter of a megabyte: entries of every length lie across its edges, and
// the file reads like the same text in memory.
TEST_F(ZoneFiles, ReadsAcrossTheEdgesOfItsWindow) {
  std::string text = "$TTL 1\n$ORIGIN sub\n";
  for (int i = 0; text.size() < 1'500'000; ++i) {
    const std::string number = std::to_string(i);
    switch (i % 5) {
      case 0:
        text += "a" + number + " NS n" + number + "\n";
        break;
      case 1:
        text +=
            "b" + number + " TXT ( \"" + std::string(static_cast<size_t>(i % 200), 'x') + "\"\n ; c\n y )\n";
        break;
      case 2:
        text += "  A 192.0.2.1\n\n";
        break;
      case 3:
        text += "$ORIGIN o" + number + ".example.\n";
        break;
      case 4:
        text += "wrong" + number + " A ( 1\n )\n";
        break;
    }
  }
  ZoneReaderOptions options = Options();
  options.max_complaints = 1'000'000;
  const std::string from_file = ReadAll(ZoneReader::FromFile(Write("z", text), options));
  EXPECT_EQ(from_file, ReadText(text, options));
  EXPECT_GT(from_file.size(), 500'000u);
}

TEST_F(ZoneFiles, AParenthesisThatNeverClosesEndsAtTheLimit) {
  std::string text = "a 1 A 192.0.2.1\nb 1 TXT (\n";
  while (text.size() < 4'000'000) text += "; comment, and nothing that a TXT would refuse\n";
  text += "c 1 A 192.0.2.1\n";
  EXPECT_EQ(ReadAll(ZoneReader::FromFile(Write("z", text), Options())),
            "a.example. 1 IN A 192.0.2.1\nc.example. 1 IN A 192.0.2.1\n"
            "2:9: more than 2097152 octets from here without an end: the parenthesis is never closed\n");
}

// --- Golden files

TEST(GoldenZones, EveryTypeHasItsCanonicalForm) {
  EXPECT_EQ(ReadAll(ZoneReader::FromFile((kGolden / "every_type.zone").string(), Options())),
            ReadFile(kGolden / "every_type.canonical"));
  EXPECT_EQ(ReadAll(ZoneReader::FromFile((kGolden / "every_type.canonical").string(), Options("elsewhere."))),
            ReadFile(kGolden / "every_type.canonical"));
}

TEST(GoldenZones, EveryRowOfTheTableHasALine) {
  const std::string canonical = ReadFile(kGolden / "every_type.canonical");
  for (const RrTypeInfo& info : kRrTypes) {
    if (info.type.IsMeta()) continue;
    EXPECT_NE(canonical.find(" IN " + std::string(info.mnemonic)), std::string::npos) << info.mnemonic;
  }
}

// broken/NAME.zone has its mistakes in broken/NAME.expected: "line:column: error: text", one a line.
TEST(GoldenZones, BrokenOnesAreToldWithTheirPlace) {
  int zones = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(kGolden / "broken")) {
    if (entry.path().extension() != ".zone") continue;
    SCOPED_TRACE(entry.path().filename());
    ++zones;
    ZoneReader reader = ZoneReader::FromFile(entry.path().string(), Options());
    ZoneRecord record;
    while (reader.Next(record)) {
    }
    std::string told;
    for (const Complaint& complaint : reader.complaints()) {
      told += complaint.ToText().substr(entry.path().string().size() + 1) + "\n";
    }
    EXPECT_EQ(told, ReadFile(fs::path(entry.path()).replace_extension(".expected")));
  }
  EXPECT_GE(zones, 8);
}

// The real root zone, where it is there: what is written reads back to the same.
TEST(GoldenZones, TheRootZoneIsWrittenAndReadBack) {
  const char* path = std::getenv("CAIRN_ROOT_ZONE");
  const fs::path root = path != nullptr ? path : testing::SourcePath("../shared/data/root-2018.zone");
  if (!fs::exists(root)) GTEST_SKIP() << root << " is not there";
  const std::string written = ReadAll(ZoneReader::FromFile(root.string(), Options(".")));
  EXPECT_EQ(written.find("error"), std::string::npos);
  EXPECT_GT(std::ranges::count(written, '\n'), 10'000);
  EXPECT_EQ(ReadText(written, Options("elsewhere.")), written);
}

}  // namespace
}  // namespace cairn
