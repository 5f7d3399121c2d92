#include "resolver/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "common/base/status.h"
#include "common/service/arguments.h"
#include "common/service/version.h"
#include "common/trace/json.h"
#include "resolver/trace_question.h"

namespace cairn {
namespace {

using Mistake = std::optional<std::string>;

struct Flag {
  std::string_view name;   // "--config"
  std::string_view value;  // what --help calls its value; empty: it takes none
  std::string_view text;
  std::function<Mistake(const std::string&)> set;
};

struct Verb {
  std::string_view name;
  std::string_view operands;  // as --help shows them: "NAME [TYPE]"
  std::string_view text;
  std::vector<Flag> flags;
  // Words after the first operand are operands too, whatever they look like: a control verb has flags of its
  // own.
  bool rest_is_operands = false;
};

constexpr std::string_view kProgramHelp =
    R"(cairn-resolver: a caching recursive DNS resolver which shows its work.

  cairn-resolver serve [--config FILE] [--listen ADDRESS@PORT]...   answer clients
  cairn-resolver trace NAME [TYPE]                                  resolve one name and show every decision
  cairn-resolver check-config FILE                                  check a configuration and print what it means
  cairn-resolver ctl VERB ...                                       ask a running server
  cairn-resolver VERB --help                                        the flags of a verb
  cairn-resolver --version

Exit codes: 0 done, 1 the work failed (SERVFAIL, bad configuration, ...), 2 wrong usage.)";

std::string UsageText(const Verb& verb) {
  return fmt::format("usage: cairn-resolver {}{}{}{}", verb.name, verb.flags.empty() ? "" : " [FLAGS]",
                     verb.operands.empty() ? "" : " ", verb.operands);
}

// A mistake must not be lost above a screen of help.
std::string WithUsage(std::string_view mistake, const Verb& verb) {
  return fmt::format("{}\n{}; --help tells more", mistake, UsageText(verb));
}

std::string HelpText(const Verb& verb) {
  std::string out = fmt::format("{}\n\n{}\n{}", UsageText(verb), verb.text, verb.flags.empty() ? "" : "\n");
  for (const Flag& flag : verb.flags) {
    out +=
        fmt::format("  {:<28}{}\n",
                    fmt::format("{}{}{}", flag.name, flag.value.empty() ? "" : " ", flag.value), flag.text);
  }
  return out;
}

// ---- Values of flags

Mistake SetText(std::string& target, const std::string& value) {
  if (value.empty()) return "its value is empty";
  target = value;
  return std::nullopt;
}

Mistake SetPort(std::optional<uint16_t>& target, const std::string& value) {
  uint16_t port = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, port);
  if (error != std::errc() || stop != end || port == 0) return "expected a port from 1 to 65535";
  target = port;
  return std::nullopt;
}

Mistake ReadEndpoint(const std::string& value, const std::function<void(Endpoint)>& take) {
  absl::StatusOr<Endpoint> endpoint = Endpoint::FromText(value, 53);
  if (!endpoint.ok()) return std::string(ErrorText(endpoint.status()));
  take(*endpoint);
  return std::nullopt;
}

std::vector<Flag> CommonFlags(OptionFlags& options) {
  return {
      {"--config", "FILE", "configuration file; without it the defaults hold",
       [&](const std::string& value) { return SetText(options.config, value); }},
      {"--root-hints", "FILE", "zone file with the root's servers, instead of the built-in ones",
       [&](const std::string& value) { return SetText(options.root_hints.emplace(), value); }},
      {"--upstream-port", "PORT", "port that servers are asked on (53)",
       [&](const std::string& value) { return SetPort(options.upstream_port, value); }},
      {"--query-loopback", "", "ask servers on loopback addresses too: for labs",
       [&](const std::string&) -> Mistake {
         options.query_loopback = true;
         return std::nullopt;
       }},
  };
}

// ---- Walking over the arguments

struct Walked {
  std::vector<std::string> operands;
  std::string mistake;
  bool help = false;
};

// The flag that stands at this word, its value set; nullptr when none of the verb's does.
const Flag* TakeFlag(const Verb& verb, Arguments& arguments) {
  for (const Flag& flag : verb.flags) {
    const bool plain = flag.value.empty();
    std::optional<std::string> value;
    if (plain ? arguments.Is(flag.name) : (value = arguments.ValueOf(flag.name)).has_value()) {
      const Mistake mistake = flag.set(value.value_or(""));
      if (mistake) arguments.Fail(fmt::format("{} {}: {}", flag.name, value.value_or(""), *mistake));
      return &flag;
    }
  }
  return nullptr;
}

Walked WalkArguments(const Verb& verb, std::span<const std::string> words) {
  Walked walked;
  Arguments arguments(std::vector<std::string>(words.begin(), words.end()));
  while (arguments.Next()) {
    const bool operand = !arguments.IsOption() || (verb.rest_is_operands && !walked.operands.empty());
    if (operand) {
      walked.operands.push_back(arguments.word());
    } else if (arguments.Is("--help") || arguments.Is("-h")) {
      walked.help = true;
      return walked;
    } else if (TakeFlag(verb, arguments) == nullptr) {
      arguments.FailUnknown();
    }
  }
  walked.mistake = arguments.mistake();
  return walked;
}

// Walks over `arguments`; a mistake, a wrong number of operands and --help end here, else `make` gives the
// command.
Command Parse(const Verb& verb, std::span<const std::string> arguments, size_t least_operands,
              size_t most_operands, const std::function<Command(const std::vector<std::string>&)>& make) {
  const Walked walked = WalkArguments(verb, arguments);
  if (walked.help) return PrintCommand{HelpText(verb)};
  if (!walked.mistake.empty()) return WrongUsage{WithUsage(walked.mistake, verb)};
  if (walked.operands.size() < least_operands) {
    return WrongUsage{WithUsage(fmt::format("'{}' needs {}", verb.name, verb.operands), verb)};
  }
  if (walked.operands.size() > most_operands) {
    return WrongUsage{WithUsage(
        fmt::format("'{}' does not know what to do with '{}'", verb.name, walked.operands[most_operands]),
        verb)};
  }
  return make(walked.operands);
}

// ---- Verbs

Command ParseServe(std::span<const std::string> arguments) {
  ServeCommand command;
  Verb verb{.name = "serve",
            .operands = "",
            .text =
                "Answers clients until SIGTERM or SIGINT; SIGHUP reads the configuration "
                "again. Logs go to standard error.",
            .flags = CommonFlags(command.options)};
  verb.flags.push_back({"--listen", "ADDRESS@PORT",
                        "where clients ask, instead of the configuration's; may be repeated",
                        [&](const std::string& value) {
                          return ReadEndpoint(value, [&](Endpoint e) { command.listen.push_back(e); });
                        }});
  verb.flags.push_back(
      {"--trace", "NAME|REGEX",
       "write the trace of each client query for this name, or matching this pattern, to standard error",
       [&](const std::string& value) { return SetText(command.trace, value); }});
  return Parse(verb, arguments, 0, 0, [&](const auto&) -> Command { return command; });
}

Command ParseTrace(std::span<const std::string> arguments) {
  TraceCommand command;
  bool schema = false;
  Verb verb{.name = "trace",
            .operands = "NAME [TYPE]",
            .text =
                "Resolves NAME (TYPE A unless given) from here with a cold cache and shows every decision.\n"
                "Success: NOERROR or NXDOMAIN. A NAME without a final dot counts as if it had one.",
            .flags = CommonFlags(command.options)};
  verb.flags.push_back({"--format", "tree|json", "for people (the default), or for programs",
                        [&](const std::string& value) -> Mistake {
                          if (value != "tree" && value != "json") return "expected tree or json";
                          command.format =
                              value == "json" ? TraceCommand::Format::kJson : TraceCommand::Format::kTree;
                          return std::nullopt;
                        }});
  verb.flags.push_back(
      {"--server", "ADDRESS@PORT",
       "start at this server as if it were the only root server; other servers are asked on PORT too",
       [&](const std::string& value) {
         return ReadEndpoint(value, [&](Endpoint e) { command.server = e; });
       }});
  verb.flags.push_back({"--why", "", "end with three sentences: what happened, whose fault, what to do",
                        [&](const std::string&) -> Mistake {
                          command.why = true;
                          return std::nullopt;
                        }});
  verb.flags.push_back({"--replay", "FILE",
                        "show the trace which --format json wrote there, and resolve nothing",
                        [&](const std::string& value) { return SetText(command.replay, value); }});
  verb.flags.push_back({"--schema", "", "print the JSON Schema of --format json and do nothing else",
                        [&](const std::string&) -> Mistake {
                          schema = true;
                          return std::nullopt;
                        }});
  const Command parsed =
      Parse(verb, arguments, 0, 2, [&](const std::vector<std::string>& operands) -> Command {
        if (schema) return PrintCommand{TraceSchema()};
        if (!command.replay.empty() && !operands.empty())
          return WrongUsage{WithUsage("--replay shows a file and takes no NAME", verb)};
        if (!command.replay.empty()) return command;
        if (operands.empty()) return WrongUsage{WithUsage("'trace' needs a NAME", verb)};
        absl::StatusOr<Question> asked = TraceQuestionFromText(operands);
        if (!asked.ok()) return WrongUsage{std::string(ErrorText(asked.status()))};
        command.asked = *std::move(asked);
        return command;
      });
  return parsed;
}

Command ParseCheckConfig(std::span<const std::string> arguments) {
  const Verb verb{
      .name = "check-config",
      .operands = "FILE",
      .text =
          "Reads a configuration file, says what is wrong with it and where, or prints the effective values.",
      .flags = {}};
  return Parse(verb, arguments, 1, 1, [](const std::vector<std::string>& operands) -> Command {
    return CheckConfigCommand{operands[0]};
  });
}

Command ParseControl(std::span<const std::string> arguments) {
  ControlCommand command{.socket = "/run/cairn-resolver/control", .words = {}};
  const Verb verb{
      .name = "ctl",
      .operands = "VERB [ARGUMENT]...",
      .text =
          "Asks a running server through its control socket. Verbs: status, stats, metrics, reload,\n"
          "trace [--why] [--json] NAME [TYPE], "
          "trace-on NAME|REGEX, trace-off, lookup NAME [TYPE], flush [--subtree] NAME, dump-cache,\n"
          "dump-servers, help.",
      .flags = {{"--socket", "PATH", "the server's control-socket (/run/cairn-resolver/control)",
                 [&](const std::string& value) { return SetText(command.socket, value); }}},
      .rest_is_operands = true};
  return Parse(verb, arguments, 1, arguments.size(),
               [&](const std::vector<std::string>& operands) -> Command {
                 command.words = operands;
                 return command;
               });
}

}  // namespace

Command ParseCommandLine(std::span<const std::string> arguments) {
  if (arguments.empty()) return WrongUsage{fmt::format("a verb is missing\n\n{}", kProgramHelp)};
  const std::string& verb = arguments[0];
  const std::span<const std::string> rest = arguments.subspan(1);
  if (verb == "serve") return ParseServe(rest);
  if (verb == "trace") return ParseTrace(rest);
  if (verb == "check-config") return ParseCheckConfig(rest);
  if (verb == "ctl") return ParseControl(rest);
  if (verb == "--help" || verb == "-h" || verb == "help") return PrintCommand{std::string(kProgramHelp)};
  if (verb == "--version" || verb == "-V") return PrintCommand{fmt::format("cairn-resolver {}\n", Version())};
  return WrongUsage{fmt::format("there is no verb '{}'\n\n{}", verb, kProgramHelp)};
}

std::optional<ProgramOptions> EffectiveOptions(const OptionFlags& flags, Complaints& complaints) {
  std::optional<ProgramOptions> options = flags.config.empty() ? ReadOptions("", "the defaults", complaints)
                                                               : ReadOptionsFile(flags.config, complaints);
  if (!options) return std::nullopt;
  if (flags.root_hints) options->resolver.root_hints = *flags.root_hints;
  if (flags.upstream_port) options->resolver.upstream_port = *flags.upstream_port;
  if (flags.query_loopback) options->resolver.query_loopback = true;
  return options;
}

}  // namespace cairn
