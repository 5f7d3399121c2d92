// The control socket: a UNIX stream which only the server's own user and root may use (mode 0600, and the
// peer's uid is asked again: a directory may be more open than meant). One request a connection: a line of
// words separated by blanks, answered with "ok" or "error", a newline, text, and the end of the stream. Both
// sides bound what they read.
//
// The server half does one request at a time, on whichever thread waits for fd() (the Supervisor's): verbs
// may take their time, queries do not pass here.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace cairn {

struct ControlReply {
  bool ok = true;
  std::string text;  // lines, the last one with its newline
};

class ControlServer {
 public:
  // `arguments` are the words after the verb.
  using Verb = std::function<ControlReply(std::span<const std::string> arguments)>;

  // Takes the place of a socket file which no server answers on any more; one which a server does answer on
  // is an error.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Open(const std::string& path);
  ~ControlServer();  // removes the socket file
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // `usage` is what "help" prints: "reload [ZONE]  read files again".
  void Register(std::string verb, std::string usage, Verb action);

  int fd() const { return fd_; }  // readable: a client waits
  void ServeOne();

  // What a request line gives; separate from the socket so that tests and other transports can ask.
  ControlReply Answer(std::string_view request) const;

 private:
  struct Entry {
    std::string usage;
    Verb action;
  };
  ControlServer(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  std::string path_;
  std::map<std::string, Entry, std::less<>> verbs_;
};

// The client half: asks the server behind `path` and waits for all of its answer.
absl::StatusOr<ControlReply> AskControl(const std::string& path, std::span<const std::string> words);

}  // namespace cairn
