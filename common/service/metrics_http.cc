#include "common/service/metrics_http.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "common/base/lacks_resources.h"
#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/net/uv_sockets.h"

namespace cairn {
namespace {

// From the accepted connection to its end. A scraper on the same network needs milliseconds.
constexpr Duration kPatience = std::chrono::seconds(5);

std::string Response(std::string_view status, std::string_view more_headers, std::string_view body,
                     bool with_body) {
  return fmt::format(
      "HTTP/1.1 {}\r\n{}Content-Length: {}\r\nConnection: close\r\n"
      "X-Content-Type-Options: nosniff\r\n\r\n{}",
      status, more_headers, body.size(), with_body ? body : "");
}

std::string Refusal(std::string_view status, std::string_view more_headers = "") {
  return Response(status, fmt::format("{}Content-Type: text/plain\r\n", more_headers),
                  fmt::format("{}\n", status), true);
}

// How long newcomers wait in the backlog when the system could not accept one: they keep the listener
// readable, and asking again at once would take a whole processor (THREATS section 3).
constexpr Duration kRest = std::chrono::milliseconds(500);

// The next word of a request line; its blank is taken too.
std::string_view TakeWord(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

}  // namespace

// RFC 9112 section 3: method, target and version, one blank between them.
std::optional<std::string> MetricsHttp::Answer(std::string_view octets, const Report& report) {
  if (octets.find("\r\n\r\n") == std::string_view::npos && octets.find("\n\n") == std::string_view::npos) {
    if (octets.size() < limits::kMetricsRequestOctets) return std::nullopt;
    return Refusal("431 Request Header Fields Too Large");  // RFC 6585 section 5
  }
  std::string_view line = octets.substr(0, octets.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::string_view method = TakeWord(line);
  const std::string_view target = TakeWord(line);
  if (method.empty() || target.empty() || !line.starts_with("HTTP/1.")) return Refusal("400 Bad Request");
  if (method != "GET" && method != "HEAD") return Refusal("405 Method Not Allowed", "Allow: GET, HEAD\r\n");
  if (target.substr(0, target.find('?')) != "/metrics") return Refusal("404 Not Found");
  return Response("200 OK", "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n", report(),
                  method == "GET");
}

// ---- Sockets

class MetricsHttp::Sockets {
 public:
  Sockets(std::vector<Descriptor> listeners, Descriptor wake, const Clock& clock, Report report)
      : listeners_(std::move(listeners)), wake_(std::move(wake)), clock_(clock), report_(std::move(report)) {}

  void Run();
  void End() const {
    const uint64_t one = 1;
    if (write(wake_.get(), &one, sizeof one) < 0) return;  // full: it is awake already
  }

 private:
  // Reads until there is an answer, writes it, and then lets the client finish: closing with octets unread
  // would reset the connection, and the client might never see the answer.
  struct Connection {
    Descriptor fd;
    Instant deadline;
    std::string received;
    std::string answer;
    size_t sent = 0;
    bool finishing = false;
  };

  void Accept(int listener);
  bool Advance(Connection& connection) const;
  bool Read(Connection& connection) const;
  bool Write(Connection& connection) const;

  std::vector<Descriptor> listeners_;
  Descriptor wake_;
  const Clock& clock_;
  const Report report_;
  std::vector<Connection> connections_;
  Instant rests_until_{};
};

void MetricsHttp::Sockets::Run() {
  while (true) {
    std::vector<pollfd> polled = {{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    // With all places taken, too, newcomers wait in the backlog.
    const bool rests = clock_.Now() < rests_until_;
    const bool places = !rests && connections_.size() < limits::kMetricsConnections;
    for (const Descriptor& each : listeners_)
      polled.push_back({.fd = places ? each.get() : -1, .events = POLLIN, .revents = 0});
    for (const Connection& each : connections_) {
      const bool writing = !each.answer.empty() && !each.finishing;
      polled.push_back({.fd = each.fd.get(), .events = short(writing ? POLLOUT : POLLIN), .revents = 0});
    }
    constexpr int kLookAtDeadlinesMs = 500;
    const int timeout_ms = connections_.empty() && !rests ? -1 : kLookAtDeadlinesMs;
    if (poll(polled.data(), polled.size(), timeout_ms) < 0) continue;
    if (polled[0].revents != 0) return;

    const Instant now = clock_.Now();
    std::vector<Connection> living;
    for (size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = connections_[i];
      const bool ready = polled[1 + listeners_.size() + i].revents != 0;
      if (now < connection.deadline && (!ready || Advance(connection)))
        living.push_back(std::move(connection));
    }
    connections_ = std::move(living);
    for (size_t i = 0; i < listeners_.size(); ++i) {
      if (polled[1 + i].revents != 0) Accept(listeners_[i].get());
    }
  }
}

void MetricsHttp::Sockets::Accept(int listener) {
  if (connections_.size() == limits::kMetricsConnections) return;
  Descriptor fd(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd.get() < 0) {
    if (LacksResources(errno)) rests_until_ = clock_.Now() + kRest;
    return;
  }
  Connection& connection = connections_.emplace_back();
  connection.fd = std::move(fd);
  connection.deadline = clock_.Now() + kPatience;
}

// False: the connection ends.
bool MetricsHttp::Sockets::Advance(Connection& connection) const {
  return connection.answer.empty() || connection.finishing ? Read(connection) : Write(connection);
}

bool MetricsHttp::Sockets::Read(Connection& connection) const {
  std::array<char, 2048> part;
  const ssize_t count = recv(connection.fd.get(), part.data(), part.size(), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  if (connection.finishing) return true;  // passed over, until the client ends or the time is up
  connection.received.append(part.data(), static_cast<size_t>(count));
  std::optional<std::string> answer = Answer(connection.received, report_);
  if (answer) connection.answer = *std::move(answer);
  return true;
}

bool MetricsHttp::Sockets::Write(Connection& connection) const {
  const std::string_view left = std::string_view(connection.answer).substr(connection.sent);
  const ssize_t count = send(connection.fd.get(), left.data(), left.size(), MSG_NOSIGNAL);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  connection.sent += static_cast<size_t>(count);
  if (connection.sent < connection.answer.size()) return true;
  connection.finishing = true;
  return shutdown(connection.fd.get(), SHUT_WR) == 0;
}

// ---- The public face

absl::StatusOr<std::unique_ptr<MetricsHttp>> MetricsHttp::Open(const std::vector<Endpoint>& listen,
                                                               const Clock& clock, Report report) {
  std::vector<Descriptor> listeners;
  for (const Endpoint& local : listen) {
    absl::StatusOr<Descriptor> fd = OpenTcpSocket(local, Sharing::kAlone);
    if (!fd.ok()) return fd.status();
    if (::listen(fd->get(), static_cast<int>(limits::kMetricsConnections)) != 0) {
      return Err(absl::StatusCode::kUnavailable,
                 fmt::format("{}: cannot listen for metrics: {}", local.ToText(), std::strerror(errno)));
    }
    listeners.push_back(*std::move(fd));
  }
  Descriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake.get() < 0) {
    return Err(absl::StatusCode::kUnavailable, fmt::format("eventfd: {}", std::strerror(errno)));
  }
  return std::unique_ptr<MetricsHttp>(new MetricsHttp(
      std::make_unique<Sockets>(std::move(listeners), std::move(wake), clock, std::move(report))));
}

MetricsHttp::MetricsHttp(std::unique_ptr<Sockets> sockets) : sockets_(std::move(sockets)) {}

MetricsHttp::~MetricsHttp() {
  if (!thread_.joinable()) return;
  sockets_->End();
  thread_.join();
}

void MetricsHttp::Start() {
  thread_ = std::thread([this] { sockets_->Run(); });
}

}  // namespace cairn
