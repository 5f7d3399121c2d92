// The command line of cairn-resolver as values: which verb, with what. Parsing does nothing else, so that a
// wrong flag has no effect at all. The flags of each verb stand in one table, from which its --help is
// printed too.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/base/complaint.h"
#include "common/dns/message.h"
#include "common/net/endpoint.h"
#include "resolver/options_reader.h"

namespace cairn {

// Flags which stand before the configuration file's values; `serve` and `trace` share them.
struct OptionFlags {
  std::string config;  // empty: defaults
  std::optional<std::string> root_hints;
  std::optional<uint16_t> upstream_port;
  bool query_loopback = false;
};

struct ServeCommand {
  OptionFlags options;
  std::vector<Endpoint> listen;  // empty: the configuration's
  std::string trace;             // a pattern; empty: none
};

struct TraceCommand {
  enum class Format : uint8_t { kTree, kJson };
  OptionFlags options;
  Question asked;
  Format format = Format::kTree;
  bool why = false;
  std::string replay;              // a file to show instead of resolving; empty: none
  std::optional<Endpoint> server;  // ask it as if it were the only root server
};

struct CheckConfigCommand {
  std::string path;
};

struct ControlCommand {
  std::string socket;
  std::vector<std::string> words;
};

// --help, --version, --schema: text for standard output, and success.
struct PrintCommand {
  std::string text;
};

struct WrongUsage {
  std::string text;
};

using Command =
    std::variant<ServeCommand, TraceCommand, CheckConfigCommand, ControlCommand, PrintCommand, WrongUsage>;

// `arguments` without the program's own name.
Command ParseCommandLine(std::span<const std::string> arguments);

// The configuration file's values with the flags' above them. nullopt when `complaints` has errors.
std::optional<ProgramOptions> EffectiveOptions(const OptionFlags& flags, Complaints& complaints);

}  // namespace cairn
