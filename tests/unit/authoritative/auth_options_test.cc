// The configuration file: what is accepted and what is said about the rest.
#include "authoritative/auth_options.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace cairn {
namespace {

class AuthOptionsTest : public testing::Test {
 protected:
  AuthOptionsTest() {
    std::string pattern = testing::TempDir() + "options-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~AuthOptionsTest() override { std::filesystem::remove_all(directory_); }

  std::optional<AuthOptions> Read(const std::string& text) {
    AuthArguments arguments;
    arguments.config_file = directory_ + "/c.yaml";
    std::ofstream(arguments.config_file) << text;
    return ReadAuthOptions(arguments, complaints_);
  }
  std::string FirstComplaint() const {
    if (complaints_.empty()) return "";
    const std::string text = complaints_[0].ToText();
    return text.starts_with(directory_) ? text.substr(directory_.size() + 1) : text;
  }

  std::string directory_;
  Complaints complaints_;
};

TEST_F(AuthOptionsTest, ReadsWhatItPrints) {
  const auto options = Read(
      "server: {listen: [\"127.0.0.1@5300\"], threads: 3, user: dns, control-socket: run/control, "
      "state-dir: state}\n"
      "log: {level: debug}\n"
      "any: full\n"
      "rate-limit: {responses-per-second: 50, slip: 1, exempt: [192.0.2.0/24]}\n"
      "cookies: {require: true}\n"
      "zones:\n"
      "- {name: example.org, file: zones/example.org, transfer: [{net: 192.0.2.0/24}, {net: \"::1\"}]}\n");
  ASSERT_TRUE(options) << FirstComplaint();
  EXPECT_EQ(options->threads, 3U);
  EXPECT_EQ(options->rate_limit.responses_per_second, 50U);
  EXPECT_TRUE(options->rate_limit.enabled);
  EXPECT_TRUE(options->cookies.require);
  EXPECT_EQ(options->control_socket, directory_ + "/run/control");
  EXPECT_EQ(options->state_dir, directory_ + "/state");
  ASSERT_EQ(options->zones.size(), 1U);
  EXPECT_EQ(options->zones[0].file, directory_ + "/zones/example.org");
  EXPECT_TRUE(options->zones[0].transfer[0].net.Contains(IpAddress::Literal("192.0.2.9")));
  const std::string printed = PrintAuthOptions(*options);
  const auto again = Read(printed);
  ASSERT_TRUE(again) << FirstComplaint();
  EXPECT_EQ(PrintAuthOptions(*again), printed);
}

TEST_F(AuthOptionsTest, AnEmptyFileIsAllDefaults) {
  const auto options = Read("");
  ASSERT_TRUE(options) << FirstComplaint();
  ASSERT_EQ(options->listen.size(), 2U);
  EXPECT_EQ(options->listen[0].ToText(), "0.0.0.0@53");
  EXPECT_EQ(options->listen[1].ToText(), "::@53");
  EXPECT_EQ(options->control_socket, "");
}

struct MistakeCase {
  const char* text;
  const char* complaint;
};

constexpr MistakeCase kMistakes[] = {
    {"server:\n  threads: many\n",
     "c.yaml:2:12: error: threads: \"many\" is neither auto nor a number from 1 to 256"},
    {"server:\n  threads: 0\n",
     "c.yaml:2:12: error: threads: \"0\" is neither auto nor a number from 1 to 256"},
    {"server:\n  listen: []\n", "c.yaml:2:11: error: listen: at least one ADDRESS@PORT is needed"},
    {"rate-limit: {exempt: [1.2.3]}\n",
     "c.yaml:1:23: error: \"1.2.3\" is not an IP address such as 192.0.2.1 or 2001:db8::1"},
    {"cookies: {enabled: false, require: true}\n",
     "c.yaml:1:10: error: require: cookies are required, but not enabled"},
    {"keys: []\n",
     "c.yaml:1:7: error: keys: not in this version; nothing that this version does is signed with TSIG"},
    {"zones:\n- {name: a, file: f, role: secondary}\n",
     "c.yaml:2:28: error: role: secondary is not in this version; zones come from files"},
    {"zones:\n- {name: a, file: f, primaries: [192.0.2.1]}\n",
     "c.yaml:2:33: error: primaries: not in this version; zones come from files"},
    {"zones:\n- {name: a, file: f, notify: []}\n",
     "c.yaml:2:30: error: notify: not in this version; secondaries ask when the SOA's refresh time is over"},
    {"zones:\n- {name: a, file: f, update: []}\n",
     "c.yaml:2:30: error: update: not in this version; zones change in their files, followed by a reload"},
    {"zones:\n- {name: a}\n", "c.yaml:2:3: error: 'file' is missing: its zone file"},
    {"zones:\n- {name: a, template: x}\n",
     "c.yaml:2:23: error: template: there is no template \"x\" under templates"},
    {"templates:\n- {name: t, file: all.zone}\n",
     "c.yaml:2:3: error: the file of template \"t\" is \"all.zone\" for every zone; %s in it stands for the "
     "zone's name"},
    {"templates:\n- {name: t}\n- {name: t}\n", "c.yaml:3:3: error: template \"t\" was given before"},
    {"metrics: {listen: [127.0.0.1@port]}\n", "c.yaml:1:20: error: "},
    {"zones:\n- {name: a, file: f, transfer: [{net: 1.2.3}]}\n",
     "c.yaml:2:39: error: net: \"1.2.3\" is not an IP address such as 192.0.2.1 or 2001:db8::1"},
};

TEST_F(AuthOptionsTest, NamesPlaceMistakeAndRemedy) {
  for (const MistakeCase& c : kMistakes) {
    SCOPED_TRACE(c.text);
    complaints_.clear();
    EXPECT_FALSE(Read(c.text));
    EXPECT_TRUE(FirstComplaint().starts_with(c.complaint)) << FirstComplaint();
  }
}

TEST_F(AuthOptionsTest, AZoneSaysItselfWhetherItsDigestIsChecked) {
  const auto options = Read(
      "zones:\n- {name: a.example, file: f}\n- {name: b.example, file: g, zonemd: off}\nzonemd: require\n");
  ASSERT_TRUE(options) << FirstComplaint();
  EXPECT_EQ(options->zones[0].zonemd, ZonemdPolicy::kRequire);
  EXPECT_EQ(options->zones[1].zonemd, ZonemdPolicy::kOff);
  EXPECT_EQ(*Read("zones:\n- {name: a.example, file: f}\n")->zones[0].zonemd, ZonemdPolicy::kOff);
  EXPECT_FALSE(Read("zones:\n- {name: a.example, file: f, zonemd: yes}\n"));
  EXPECT_EQ(FirstComplaint(), "c.yaml:2:38: error: zonemd: expected off, check or require");
}

TEST_F(AuthOptionsTest, RefusesAZoneGivenTwice) {
  EXPECT_FALSE(Read("zones:\n- {name: a.example, file: f}\n- {name: A.example., file: g}\n"));
  EXPECT_EQ(FirstComplaint(),
            "c.yaml:3:3: error: zone A.example. was given before, at " + directory_ + "/c.yaml:2:3");
}

TEST_F(AuthOptionsTest, FindsZonesInAFolder) {
  for (const char* name : {"b.example.zone", "a.example.zone", "notes.txt"})
    std::ofstream(directory_ + "/" + name);
  AuthArguments arguments;
  arguments.zones_dir = directory_;
  const auto options = ReadAuthOptions(arguments, complaints_);
  ASSERT_TRUE(options) << FirstComplaint();
  ASSERT_EQ(options->zones.size(), 2U);
  EXPECT_EQ(options->zones[0].name.ToText(), "a.example.");
  EXPECT_EQ(options->zones[1].file, directory_ + "/b.example.zone");
}

// Options of a template hold for its zones, and what a zone says itself counts more: also that nobody may
// have it.
TEST_F(AuthOptionsTest, ZonesStartFromTheirTemplate) {
  std::ofstream(directory_ + "/list") << "l.example\nm.example other\n";
  std::filesystem::create_directory(directory_ + "/dir");
  std::ofstream(directory_ + "/dir/d.example.zone");
  const auto options = Read(
      "zones:\n"
      "- {name: a.example, template: hosting}\n"
      "- {name: b.example, template: hosting, transfer: []}\n"
      "- {name: c.example, template: hosting, file: mine}\n"
      "- {name: e.example, file: plain}\n"
      "zone-lists: [{file: list, template: hosting}]\n"
      "zones-dir: dir\n"
      "templates:\n"
      "- {name: hosting, file: \"zones/%s.db\", transfer: [{net: 192.0.2.1}]}\n"
      "- {name: default, transfer: [{net: 192.0.2.2}, {net: 192.0.2.3}]}\n");
  ASSERT_TRUE(options) << FirstComplaint();
  std::string found;
  for (const ZoneOptions& zone : options->zones) {
    found += zone.name.ToText() + "=" + zone.file.substr(directory_.size() + 1) + "/" +
             std::to_string(zone.transfer.size()) + " ";
  }
  EXPECT_EQ(
      found,
      "a.example.=zones/a.example.db/1 b.example.=zones/b.example.db/0 c.example.=mine/1 e.example.=plain/2 "
      "l.example.=zones/l.example.db/1 m.example.=other/1 d.example.=dir/d.example.zone/2 ");
  const std::string printed = PrintAuthOptions(*options);
  EXPECT_EQ(printed.find("l.example"), std::string::npos) << printed;
  const auto again = Read(printed);
  ASSERT_TRUE(again) << FirstComplaint();
  EXPECT_EQ(PrintAuthOptions(*again), printed);
  EXPECT_EQ(again->zones.size(), options->zones.size());
}

TEST_F(AuthOptionsTest, AZoneOfTheFolderMayHaveOptionsOfItsOwn) {
  std::filesystem::create_directory(directory_ + "/dir");
  for (const char* name : {"a.example.zone", "b.example.zone"}) std::ofstream(directory_ + "/dir/" + name);
  const auto options =
      Read("zones-dir: dir\nzones:\n- {name: a.example, file: dir/a.example.zone, transfer: [{net: ::1}]}\n");
  ASSERT_TRUE(options) << FirstComplaint();
  ASSERT_EQ(options->zones.size(), 2U);
  EXPECT_EQ(options->zones[0].transfer.size(), 1U);
  EXPECT_FALSE(Read("zones-dir: dir\nzones:\n- {name: a.example, file: other}\n"));
  EXPECT_EQ(FirstComplaint(),
            "dir/a.example.zone: error: zone a.example. was given before, at " + directory_ + "/c.yaml:3:3");
}

TEST_F(AuthOptionsTest, AListWithoutFilesNeedsATemplate) {
  std::ofstream(directory_ + "/list") << "a.example\n";
  EXPECT_FALSE(Read("zone-lists: [{file: list}]\n"));
  EXPECT_EQ(FirstComplaint(),
            "list:1:1: error: zone a.example. has no file: the line names none, and no template has a "
            "pattern for it");
}

TEST_F(AuthOptionsTest, ChecksWhatOnlyTheSystemKnows) {
  std::ofstream(directory_ + "/there");
  const auto options = Read(
      "server: {user: nobody-of-this-name, control-socket: absent/control}\n"
      "zones:\n- {name: a.example, file: there}\n- {name: b.example, file: missing}\n");
  ASSERT_TRUE(options) << FirstComplaint();
  CheckAgainstSystem(*options, complaints_);
  std::string said;
  for (const Complaint& each : complaints_) said += each.ToText().substr(directory_.size() + 1) + "\n";
  EXPECT_EQ(said,
            "c.yaml:1:16: error: user: there is no user \"nobody-of-this-name\" on this system\n"
            "c.yaml:1:53: error: control-socket: its folder " +
                directory_ +
                "/absent: No such file or directory\n"
                "c.yaml:4:3: error: zone b.example.: cannot read " +
                directory_ + "/missing: No such file or directory\n");
}

TEST_F(AuthOptionsTest, ProtectionsAreSwitchedOffByOneWord) {
  const auto options = Read("rate-limit: off\ncookies: off\n");
  ASSERT_TRUE(options) << FirstComplaint();
  EXPECT_FALSE(options->rate_limit.enabled);
  EXPECT_FALSE(options->cookies.enabled);
}

TEST_F(AuthOptionsTest, KnowsWhetherAddressesWereGiven) {
  EXPECT_FALSE(Read("")->listen_given);
  EXPECT_TRUE(Read("server: {listen: [\"::1@53\"]}\n")->listen_given);
  AuthArguments arguments;
  arguments.listen = {*Endpoint::FromText("127.0.0.1@5300")};
  EXPECT_TRUE(ReadAuthOptions(arguments, complaints_)->listen_given);
}

}  // namespace
}  // namespace cairn
