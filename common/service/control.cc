#include "common/service/control.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/cleanup/cleanup.h"
#include "common/base/lacks_resources.h"
#include "common/base/limits.h"
#include "common/base/status.h"

namespace cairn {
namespace {

// A client that sends no request, or takes no answer, holds up other control clients no longer than this.
constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

absl::Status SystemError(const std::string& path, const char* what) {
  return Err(absl::StatusCode::kUnavailable,
             fmt::format("{}: cannot {}: {}", path, what, std::strerror(errno)));
}

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return InvalidArgument(
        fmt::format("\"{}\": the path of a socket has 1 to {} octets", path, sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool Connected(int fd, const sockaddr_un& address) {
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

int NewSocket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

void SetPatience(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
}

bool MayControl(int fd) {
  ucred peer{};
  socklen_t octets = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &octets) != 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// Up to the first newline, which is not returned; nullopt when it does not come in time, or not within the
// limit.
std::optional<std::string> ReadRequest(int fd) {
  std::string request;
  std::array<char, 1024> part;
  while (request.size() <= limits::kControlRequestOctets) {
    const ssize_t count = recv(fd, part.data(), part.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    request.append(part.data(), static_cast<size_t>(count));
    const size_t end = request.find('\n');
    if (end != std::string::npos && end <= limits::kControlRequestOctets) return request.substr(0, end);
  }
  return std::nullopt;
}

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const size_t end = line.find_first_of(" \t\r");
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(words.back().size());
  }
}

std::string Framed(const ControlReply& reply) {
  std::string text = (reply.ok ? "ok\n" : reply.wrong_usage ? "usage\n" : "error\n") + reply.text;
  if (text.size() > limits::kControlReplyOctets) text.resize(limits::kControlReplyOctets);
  return text;
}

}  // namespace

// ---- Server

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Open(const std::string& path) {
  const absl::StatusOr<sockaddr_un> address = AddressOf(path);
  if (!address.ok()) return address.status();
  const int fd = NewSocket();
  if (fd < 0) return SystemError(path, "open a control socket");
  auto closed = absl::MakeCleanup([fd] { close(fd); });

  if (Connected(fd, *address)) {
    return Err(absl::StatusCode::kAlreadyExists,
               fmt::format("{}: another server answers on this control socket", path));
  }
  struct stat existing{};
  if (lstat(path.c_str(), &existing) == 0) {
    if (!S_ISSOCK(existing.st_mode)) {
      return InvalidArgument(fmt::format("{}: is in the way of the control socket and no socket", path));
    }
    unlink(path.c_str());
  }
  const mode_t before = umask(0177);
  const int bound = bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  umask(before);
  if (bound != 0 || listen(fd, 16) != 0) return SystemError(path, "open a control socket");
  std::move(closed).Cancel();
  return std::unique_ptr<ControlServer>(new ControlServer(fd, path));
}

ControlServer::~ControlServer() {
  close(fd_);
  unlink(path_.c_str());
}

ControlServer::Entry ControlServer::EntryOf(std::string usage, Verb action) {
  Entry entry;
  entry.usage = std::move(usage);
  entry.action = std::move(action);
  entry.synopsis = entry.usage.substr(0, entry.usage.find("  "));
  const std::vector<std::string> words = Words(entry.synopsis);
  bool optional = false;
  for (size_t i = 1; i < words.size(); ++i) {  // the first is the verb
    optional = optional || words[i].starts_with('[');
    entry.least_words += optional ? 0 : 1;
    entry.most_words = words[i].ends_with("...") ? SIZE_MAX : entry.most_words + 1;
    optional = optional && words[i].find(']') == std::string::npos;
  }
  return entry;
}

void ControlServer::Register(std::string verb, std::string usage, Verb action) {
  verbs_.insert_or_assign(std::move(verb), EntryOf(std::move(usage), std::move(action)));
}

int ControlServer::Accept() {
  constexpr int kRestMs = 100;
  const int client = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0 && LacksResources(errno)) poll(nullptr, 0, kRestMs);
  return client;
}

void ControlServer::Serve(int client) const {
  if (client < 0) return;
  const absl::Cleanup closed = [client] { close(client); };
  SetPatience(client);
  if (!MayControl(client)) {
    WriteAll(client, Framed({.ok = false, .text = "only the server's own user and root may ask\n"}));
    return;
  }
  const std::optional<std::string> request = ReadRequest(client);
  WriteAll(client,
           Framed(request ? Answer(*request)
                          : ControlReply{.ok = false,
                                         .text = fmt::format("no request line of up to {} octets came\n",
                                                             limits::kControlRequestOctets)}));
}

ControlReply ControlServer::Answer(std::string_view request) const {
  const std::vector<std::string> words = Words(request);
  const auto place = words.empty() ? verbs_.end() : verbs_.find(words[0]);
  if (place != verbs_.end()) {
    const Entry& entry = place->second;
    const std::span<const std::string> arguments = std::span(words).subspan(1);
    if (arguments.size() >= entry.least_words && arguments.size() <= entry.most_words)
      return entry.action(arguments);
    return {.ok = false, .text = fmt::format("usage: {}\n", entry.synopsis), .wrong_usage = true};
  }
  const bool asked = words.size() == 1 && words[0] == "help";
  ControlReply help{.ok = asked, .text = "", .wrong_usage = !asked};
  if (!asked) help.text = "there is no such verb; these exist:\n";
  for (const auto& [name, entry] : verbs_) help.text += fmt::format("  {}\n", entry.usage);
  return help;
}

// ---- Client

absl::StatusOr<ControlReply> AskControl(const std::string& path, std::span<const std::string> words) {
  const absl::StatusOr<sockaddr_un> address = AddressOf(path);
  if (!address.ok()) return address.status();
  const int fd = NewSocket();
  if (fd < 0) return SystemError(path, "open a control socket");
  const absl::Cleanup closed = [fd] { close(fd); };
  if (!Connected(fd, *address)) {
    if (errno != ENOENT) return SystemError(path, "reach a server through its control socket");
    return Err(absl::StatusCode::kNotFound,
               fmt::format("{}: no server has a control socket there; its configuration names it "
                           "(control-socket), and --socket says where it is",
                           path));
  }

  std::string request;
  for (const std::string& word : words) request += (request.empty() ? "" : " ") + word;
  if (!WriteAll(fd, request + "\n")) return SystemError(path, "send the request");

  std::string text;
  std::array<char, 4096> part;
  ssize_t count = 0;
  while (text.size() <= limits::kControlReplyOctets && (count = recv(fd, part.data(), part.size(), 0)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(path, "read the answer");
    text.append(part.data(), static_cast<size_t>(count));
  }
  if (text.starts_with("ok\n")) return ControlReply{.ok = true, .text = text.substr(3)};
  if (text.starts_with("error\n")) return ControlReply{.ok = false, .text = text.substr(6)};
  if (text.starts_with("usage\n"))
    return ControlReply{.ok = false, .text = text.substr(6), .wrong_usage = true};
  return Err(absl::StatusCode::kUnavailable, fmt::format("{}: the server ended without an answer", path));
}

}  // namespace cairn
