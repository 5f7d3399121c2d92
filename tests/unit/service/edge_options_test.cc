// The options of both programs' clients' side: what is read, what is refused with which words, and secrets
// that stay secret.
#include "common/service/edge_options.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "common/config/document.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

constexpr const char* kOne = "e5e973e5a6b2a43f48e7dc849e37bfcf";

class SecretFileTest : public ::testing::Test {
 protected:
  SecretFileTest() {
    char folder[] = "/tmp/cairn-edge-options-XXXXXX";
    path_ = std::string(mkdtemp(folder)) + "/secrets";
  }
  ~SecretFileTest() override {
    unlink(path_.c_str());
    rmdir(path_.substr(0, path_.rfind('/')).c_str());
  }

  CookieOptions Read(const std::string& content, mode_t mode = 0600) {
    std::ofstream(path_) << content;
    chmod(path_.c_str(), mode);
    complaints_.clear();
    return ReadCookieSecrets({.secret_file = path_, .where = {.file = "c.yaml", .line = 3, .column = 7}},
                             complaints_);
  }
  std::string Complaint() const {
    if (complaints_.empty()) return "";
    std::string text = complaints_[0].ToText();
    for (size_t at; (at = text.find(path_)) != text.npos;) text.replace(at, path_.size(), "FILE");
    return text;
  }

  std::string path_;
  Complaints complaints_;
};

TEST_F(SecretFileTest, LinesAreSecretsInTheOrderOfTheFile) {
  const CookieOptions options = Read(std::string("# of both sites\n") + kOne +
                                     " ; new\n\n  DD3BDF9344B678B185A6F5CB60FCA715\t# old\r\n");
  EXPECT_EQ(Complaint(), "");
  ASSERT_EQ(options.secrets.size(), 2u);
  EXPECT_EQ(options.secrets[0], (SipKey{.k0 = 0x3fa4b2a6e573e9e5, .k1 = 0xcfbf379e84dce748}));
  EXPECT_EQ(options.secrets[1].k0, 0xb178b64493df3bddu);
}

TEST_F(SecretFileTest, MistakesAreNamedAndSecretsAreNot) {
  struct Case {
    std::string content;
    mode_t mode;
    const char* complaint;
  };
  std::string many;
  for (int i = 0; i < 9; ++i) many += std::string(kOne) + "\n";
  const Case kCases[] = {
      {"", 0600, "FILE: error: no secret in this file: write 32 hexadecimal digits"},
      {std::string("\n") + kOne + "0\n", 0600, "FILE:2:1: error: expected a secret of 32 hexadecimal digits"},
      {std::string(kOne).substr(1) + "g\n", 0600,
       "FILE:1:1: error: expected a secret of 32 hexadecimal digits"},
      {std::string(kOne).substr(1) + " 0\n", 0600,
       "FILE:1:1: error: expected a secret of 32 hexadecimal digits"},
      {many, 0600, "FILE:9:1: error: more than 8 secrets"},
      {kOne, 0644, "c.yaml:3:7: error: secret-file: others may use FILE: chmod 640 it, or 600"},
      {kOne, 0660, "c.yaml:3:7: error: secret-file: others may use FILE: chmod 640 it, or 600"},
      {kOne, 0640, ""},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.complaint);
    Read(c.content, c.mode);
    EXPECT_EQ(Complaint(), c.complaint);
  }
  unlink(path_.c_str());
  ReadCookieSecrets({.secret_file = path_, .where = {.file = "c.yaml"}}, complaints_ = {});
  EXPECT_EQ(Complaint(), "c.yaml: error: secret-file: cannot read FILE: No such file or directory");
}

struct Both {
  TcpLimits tcp;
  ServerIdentity identity;
  CookieSettings cookies;
};

Complaints ReadInto(Both& both, const std::string& text, std::string* printed = nullptr) {
  Complaints complaints;
  const std::optional<ConfigNode> document = ReadConfigText(text, "c.yaml", complaints);
  if (!document) return complaints;
  ConfigSchema schema;
  ConfigSchema& server = schema.Section("server", "");
  DeclareIdentity(server, both.identity);
  DeclareTcp(server.Section("tcp", ""), both.tcp);
  DeclareCookies(schema.Section("cookies", ""), both.cookies);
  schema.Read(*document, complaints);
  if (printed != nullptr) *printed = schema.Print();
  return complaints;
}

TEST(EdgeOptions, ReadWhatTheyPrint) {
  Both read;
  std::string printed;
  ASSERT_TRUE(
      ReadInto(
          read,
          "server: {identity: ns1, version: \"a \\\"b\\\"\", tcp: {connections: 7, idle: 3s, unsent: 128KiB, "
          "least-rate: 0}}\ncookies: {enabled: false}\n",
          &printed)
          .empty());
  EXPECT_EQ(read.tcp.connections, 7u);
  EXPECT_EQ(read.tcp.idle, std::chrono::seconds(3));
  EXPECT_EQ(read.tcp.unsent_octets, 131072u);
  EXPECT_FALSE(read.cookies.enabled);
  Both again;
  EXPECT_TRUE(ReadInto(again, printed).empty()) << printed;
  EXPECT_EQ(again.tcp, read.tcp);
  EXPECT_EQ(again.identity, read.identity);
  EXPECT_EQ(again.cookies, read.cookies);
}

TEST(EdgeOptions, ANameThatFitsNoResponseIsRefused) {
  Both both;
  const Complaints complaints = ReadInto(both, "server: {identity: " + std::string(129, 'n') + "}\n");
  ASSERT_EQ(complaints.size(), 1u);
  EXPECT_EQ(complaints[0].ToText(), "c.yaml:1:20: error: identity '" + std::string(129, 'n') +
                                        "': 129 octets are more than the 128 that may stand here");
  EXPECT_TRUE(ReadInto(both, "server: {identity: " + std::string(128, 'n') + "}\n").empty());
}

TEST(TcpLimits, WorkersShareThem) {
  const TcpLimits share = TcpLimits{.connections = 10, .connections_per_address = 3}.ShareOf(4);
  EXPECT_EQ(share.connections, 2u);
  EXPECT_EQ(share.connections_per_address, 1u);
  EXPECT_EQ(TcpLimits().ShareOf(1), TcpLimits());
  EXPECT_EQ((TcpLimits{.connections = 1}.ShareOf(4).connections), 1u);
}

}  // namespace
}  // namespace cairn
