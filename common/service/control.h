// The control socket: a UNIX stream which only the server's own user and root may use (mode 0600, and the
// peer's uid is asked again: a directory may be more open than meant). One request a connection: a line of
// words separated by blanks, answered with "ok" or "error", a newline, text, and the end of the stream. Both
// sides bound what they read.
//
// A verb's usage says how many words it takes, and a request with other words is wrong usage and never
// reaches the verb: what an operator mistyped is not half done.
//
// The server half answers one connection at a time (ServeOne, on whichever thread waits for fd()), or
// several, each on a thread of the caller's (Accept, then Serve). Verbs may take their time, queries do not
// pass here.
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
  std::string text;          // lines, the last one with its newline
  bool wrong_usage = false;  // and not ok: no such verb, or not with these words
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

  // `usage` is what "help" prints: "reload [ZONE]  read files again". Up to the first two blanks it says
  // which words the verb takes: each one, [each] optional [word], and any number of [words]... .
  void Register(std::string verb, std::string usage, Verb action);

  int fd() const { return fd_; }  // readable: a client waits
  void ServeOne() { Serve(Accept()); }
  // The next client's connection, for Serve; -1 when there is none after all. When the system has no
  // descriptors left it takes a tenth of a second: the client keeps fd() readable, and asking again at once
  // would take a whole processor.
  int Accept();
  // Reads the request, answers it and closes. From any thread; then verbs run there, several at once.
  void Serve(int client) const;

  // What a request line gives; separate from the socket so that tests and other transports can ask.
  ControlReply Answer(std::string_view request) const;

 private:
  struct Entry {
    std::string usage;
    std::string synopsis;  // of the usage, what stands before its explanation
    size_t least_words = 0;
    size_t most_words = 0;
    Verb action;
  };
  static Entry EntryOf(std::string usage, Verb action);
  ControlServer(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  std::string path_;
  std::map<std::string, Entry, std::less<>> verbs_;
};

// The client half: asks the server behind `path` and waits for all of its answer.
absl::StatusOr<ControlReply> AskControl(const std::string& path, std::span<const std::string> words);

}  // namespace cairn
