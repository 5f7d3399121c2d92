#include "common/service/supervisor.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <utility>

namespace cairn {
namespace {

// For this thread and those it starts from now on.
sigset_t Block(std::initializer_list<int> signals) {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int each : signals) sigaddset(&blocked, each);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  return blocked;
}

}  // namespace

void HoldHangup() { Block({SIGHUP}); }

Supervisor::Supervisor() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t handled = Block({SIGHUP, SIGTERM, SIGINT});
  signal_fd_ = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signal_fd_ >= 0) return;
  fmt::print(stderr, "signalfd: {}\n", std::strerror(errno));  // without it nothing could end us cleanly
  std::abort();
}

Supervisor::~Supervisor() { close(signal_fd_); }

void Supervisor::Watch(int fd, std::function<void()> ready) { watched_.push_back({fd, std::move(ready)}); }

int Supervisor::Run() {
  std::vector<pollfd> polled = {{.fd = signal_fd_, .events = POLLIN, .revents = 0}};
  for (const Watched& each : watched_) polled.push_back({.fd = each.fd, .events = POLLIN, .revents = 0});
  while (true) {
    if (poll(polled.data(), polled.size(), -1) < 0) continue;
    signalfd_siginfo signal{};
    while (read(signal_fd_, &signal, sizeof signal) == sizeof signal) {
      if (signal.ssi_signo != SIGHUP) return static_cast<int>(signal.ssi_signo);
      if (reload_) reload_();
    }
    for (size_t i = 0; i < watched_.size(); ++i) {
      if (polled[i + 1].revents != 0) watched_[i].ready();
    }
  }
}

}  // namespace cairn
