// The control socket: what a request line gives, and one round trip through a socket in a directory of the
// test's own.
#include "common/service/control.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/base/limits.h"
#include "common/base/status.h"

namespace cairn {
namespace {

class ControlTest : public testing::Test {
 protected:
  ControlTest() {
    std::string pattern = testing::TempDir() + "control-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/socket";
  }
  ~ControlTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<ControlServer> Open() {
    absl::StatusOr<std::unique_ptr<ControlServer>> server = ControlServer::Open(path_);
    EXPECT_TRUE(server.ok()) << server.status();
    (*server)->Register("echo", "echo [WORD]...", [](std::span<const std::string> arguments) {
      std::string text = std::to_string(arguments.size());
      for (const std::string& each : arguments) text += "," + each;
      return ControlReply{true, text + "\n"};
    });
    (*server)->Register("move", "move [--far] FROM [TO]   takes one to three words",
                        [](std::span<const std::string>) { return ControlReply{true, "moved\n"}; });
    (*server)->Register("fail", "fail",
                        [](std::span<const std::string>) { return ControlReply{false, "no\n"}; });
    return *std::move(server);
  }
  // What a client gets which sends `octets` and then no more.
  std::string Send(ControlServer& server, const std::string& octets) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(send(fd, octets.data(), octets.size(), MSG_NOSIGNAL), static_cast<ssize_t>(octets.size()));
    shutdown(fd, SHUT_WR);
    server.ServeOne();
    std::string reply(4096, '\0');
    const ssize_t count = recv(fd, reply.data(), reply.size(), 0);
    close(fd);
    reply.resize(count > 0 ? static_cast<size_t>(count) : 0);
    return reply;
  }

  std::string directory_;
  std::string path_;
};

struct AnswerCase {
  const char* request;
  bool ok;
  const char* text;
};

constexpr const char* kHelp =
    "  echo [WORD]...\n  fail\n  move [--far] FROM [TO]   takes one to three words\n";

const AnswerCase kAnswers[] = {
    {"echo a b", true, "2,a,b\n"}, {"  echo \t a  ", true, "1,a\n"}, {"echo", true, "0\n"},
    {"fail", false, "no\n"},       {"move a", true, "moved\n"},      {"move --far a b", true, "moved\n"},
    {"help", true, kHelp},
};

TEST_F(ControlTest, AnswersLinesOfWords) {
  const std::unique_ptr<ControlServer> server = Open();
  for (const AnswerCase& c : kAnswers) {
    SCOPED_TRACE(c.request);
    const ControlReply reply = server->Answer(c.request);
    EXPECT_EQ(reply.ok, c.ok);
    EXPECT_EQ(reply.text, c.text);
    EXPECT_FALSE(reply.wrong_usage);
  }
}

// The verb is not reached: "moved" and "no" are its words.
TEST_F(ControlTest, RefusesWordsWhichTheUsageDoesNotName) {
  const std::unique_ptr<ControlServer> server = Open();
  const std::pair<const char*, std::string> cases[] = {
      {"move", "usage: move [--far] FROM [TO]\n"},
      {"move a b c d", "usage: move [--far] FROM [TO]\n"},
      {"fail now", "usage: fail\n"},
      {"help me", std::string("there is no such verb; these exist:\n") + kHelp},
      {"nothing", std::string("there is no such verb; these exist:\n") + kHelp},
      {"", std::string("there is no such verb; these exist:\n") + kHelp},
  };
  for (const auto& [request, text] : cases) {
    SCOPED_TRACE(request);
    const ControlReply reply = server->Answer(request);
    EXPECT_FALSE(reply.ok);
    EXPECT_TRUE(reply.wrong_usage);
    EXPECT_EQ(reply.text, text);
  }
}

TEST_F(ControlTest, ServesItsOwnUserOnly) {
  const std::unique_ptr<ControlServer> server = Open();
  struct stat status{};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(ControlTest, TheClientGetsTheWholeAnswer) {
  const std::unique_ptr<ControlServer> server = Open();
  std::thread serving([&] { server->ServeOne(); });
  const std::vector<std::string> words = {"echo", "a"};
  const absl::StatusOr<ControlReply> reply = AskControl(path_, words);
  serving.join();
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(reply->ok);
  EXPECT_EQ(reply->text, "1,a\n");
}

TEST_F(ControlTest, BoundsARequest) {
  const std::unique_ptr<ControlServer> server = Open();
  const std::string longest = "echo " + std::string(limits::kControlRequestOctets - 5, 'x');
  EXPECT_TRUE(Send(*server, longest + "\n").starts_with("ok\n1,x"));
  EXPECT_EQ(Send(*server, longest + "x\n"), "error\nno request line of up to 8192 octets came\n");
  EXPECT_EQ(Send(*server, "fail now\n"), "usage\nusage: fail\n");
  EXPECT_EQ(Send(*server, "echo without an end"), "error\nno request line of up to 8192 octets came\n");
}

TEST_F(ControlTest, TakesTheSocketOfTheDeadButNotOfTheLiving) {
  std::unique_ptr<ControlServer> server = Open();
  EXPECT_EQ(ErrorText(ControlServer::Open(path_).status()),
            path_ + ": another server answers on this control socket");
  std::filesystem::create_hard_link(path_, directory_ + "/kept");
  server.reset();
  std::filesystem::rename(directory_ + "/kept", path_);  // as a server leaves it that was killed
  EXPECT_NE(Open(), nullptr);
}

TEST_F(ControlTest, LeavesOtherFilesAlone) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(ErrorText(ControlServer::Open(path_).status()),
            path_ + ": is in the way of the control socket and no socket");
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(ControlTest, SaysWhenNobodyAnswers) {
  const std::vector<std::string> words = {"status"};
  EXPECT_EQ(ErrorText(AskControl(path_, words).status()),
            path_ +
                ": no server has a control socket there; its configuration names it (control-socket), and "
                "--socket says where it is");
}

}  // namespace
}  // namespace cairn
