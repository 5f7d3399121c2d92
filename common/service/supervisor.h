// The main thread of a server: workers answer queries, this one waits for signals and control requests and
// does what they ask. Reloading therefore never holds up a query, and needs no lock against another reload.
#pragma once

#include <functional>
#include <vector>

namespace cairn {

// Lets SIGHUP wait until there is a Supervisor. Its default effect is to end the process, and whoever asks
// for a reload while the first zones are being read does not want that. SIGTERM and SIGINT keep theirs till
// then: there is nothing to end in order yet.
void HoldHangup();

class Supervisor {
 public:
  // Blocks SIGHUP, SIGTERM and SIGINT for this thread and those it starts from now on, and ignores SIGPIPE (a
  // client that leaves must not end the server): make it before any thread.
  Supervisor();
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  void OnHangup(std::function<void()> reload) { reload_ = std::move(reload); }
  // Calls `ready` whenever `fd` is readable.
  void Watch(int fd, std::function<void()> ready);

  // Returns the signal that asked for the end: SIGTERM or SIGINT.
  int Run();

 private:
  struct Watched {
    int fd;
    std::function<void()> ready;
  };
  int signal_fd_;
  std::function<void()> reload_;
  std::vector<Watched> watched_;
};

}  // namespace cairn
