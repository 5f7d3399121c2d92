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
      "server: {listen: [\"127.0.0.1@5300\"], threads: 3, user: dns, state-dir: state}\n"
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
    {"zones:\n- {name: a, file: f, transfer: [{net: 1.2.3}]}\n",
     "c.yaml:2:39: error: net: \"1.2.3\" is not an IP address such as 192.0.2.1 or 2001:db8::1"},
};

TEST_F(AuthOptionsTest, NamesPlaceMistakeAndRemedy) {
  for (const MistakeCase& c : kMistakes) {
    SCOPED_TRACE(c.text);
    complaints_.clear();
    EXPECT_FALSE(Read(c.text));
    EXPECT_EQ(FirstComplaint(), c.complaint);
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

}  // namespace
}  // namespace cairn
