#include "authoritative/commands.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "authoritative/auth_options.h"
#include "authoritative/serve.h"
#include "authoritative/zone_loader.h"
#include "common/base/status.h"
#include "common/service/arguments.h"
#include "common/service/control.h"
#include "common/service/version.h"

namespace cairn {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

struct Verb {
  std::string_view name;
  std::string_view usage;
  std::string_view text;
  int (*run)(Arguments& arguments);
};

int RunServe(Arguments& arguments);
int RunCheckZone(Arguments& arguments);
int RunCheckConfig(Arguments& arguments);
int RunCtl(Arguments& arguments);

constexpr std::array<Verb, 4> kVerbs = {{
    {"serve", "serve [--config FILE] [--listen ADDRESS@PORT]... [--zone NAME=FILE]... [--zones DIR]",
     "Answers queries about zones, in the foreground, until SIGTERM; SIGHUP reads changed files again.\n"
     "  --config FILE           the configuration file (YAML)\n"
     "  --listen ADDRESS@PORT   answer there instead of where the file says (127.0.0.1@5300, ::1@53)\n"
     "  --zone NAME=FILE        serve this zone too\n"
     "  --zones DIR             serve each file NAME.zone of this folder as zone NAME (@.zone is the root)\n",
     RunServe},
    {"check-zone", "check-zone NAME FILE [--dump] [--zonemd check|require]",
     "Reads a zone file and says what is wrong with it; exit code 0 when it can be served.\n"
     "  --dump                  print the zone, one record a line, names absolute, in canonical order\n"
     "  --zonemd check          the digest of a ZONEMD record must match (RFC 8976)\n"
     "  --zonemd require        and there must be one\n",
     RunCheckZone},
    {"check-config", "check-config FILE [--zones]",
     "Reads a configuration file and prints it with the defaults, or says what is wrong with it: also zone\n"
     "files that cannot be read, and a user this system does not know.\n"
     "  --zones                 read all zone files too, and say what is wrong with them\n",
     RunCheckConfig},
    {"ctl", "ctl [--socket PATH] VERB [ARGUMENT]...",
     "Asks the running server. Exit code 2 when it does not know the verb, or not with these words.\n"
     "  --socket PATH           its control socket (default /run/cairn-auth/control)\n"
     "\n"
     "  status [--json]              version, time, zones and queries\n"
     "  reload [ZONE]                configuration and changed zone files, or one zone's file\n"
     "  zone-status [--json] [ZONE]  serial, size and state of zones\n"
     "  dump ZONE                    the zone as it is served, in canonical form\n"
     "  stats                        the counters that are not 0\n"
     "  metrics                      all counters, in Prometheus's text format\n"
     "  log-level LEVEL              debug, info, warning or error, until the next reload\n"
     "  stop                         end the server\n"
     "  help                         the verbs of the running server\n",
     RunCtl},
}};

void PrintUsage(std::FILE* out) {
  fmt::print(out, "cairn-auth {}: an authoritative DNS server\n\n", Version());
  for (const Verb& verb : kVerbs) fmt::print(out, "  cairn-auth {}\n", verb.usage);
  fmt::print(out, "\n--help after a verb tells more; --version prints the version.\n");
}

int WrongUsage(const Verb& verb, std::string_view mistake) {
  fmt::print(stderr, "cairn-auth {}: {}\nusage: cairn-auth {}\n", verb.name, mistake, verb.usage);
  return kWrongUsage;
}

int WrongUsage(std::string_view verb_name, std::string_view mistake) {
  for (const Verb& verb : kVerbs) {
    if (verb.name == verb_name) return WrongUsage(verb, mistake);
  }
  return kWrongUsage;
}

void AddListen(Arguments& arguments, const std::string& text, std::vector<Endpoint>& listen) {
  const absl::StatusOr<Endpoint> endpoint = Endpoint::FromText(text, 53);
  if (!endpoint.ok()) return arguments.Fail(fmt::format("--listen: {}", ErrorText(endpoint.status())));
  listen.push_back(*endpoint);
}

void AddZone(Arguments& arguments, const std::string& text, std::vector<ZoneOptions>& zones) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size()) {
    return arguments.Fail(
        fmt::format("--zone {}: write NAME=FILE, such as example.org=example.org.zone", text));
  }
  absl::StatusOr<Name> name = Name::FromText(text.substr(0, equals));
  if (!name.ok()) return arguments.Fail(fmt::format("--zone {}: {}", text, ErrorText(name.status())));
  ZoneOptions& zone = zones.emplace_back();
  zone.name = *std::move(name);
  zone.file = text.substr(equals + 1);
  zone.where.file = "--zone " + text;
}

int RunServe(Arguments& arguments) {
  AuthArguments asked;
  while (arguments.Next()) {
    if (const auto file = arguments.ValueOf("--config"))
      asked.config_file = *file;
    else if (const auto listen = arguments.ValueOf("--listen"))
      AddListen(arguments, *listen, asked.listen);
    else if (const auto zone = arguments.ValueOf("--zone"))
      AddZone(arguments, *zone, asked.zones);
    else if (const auto folder = arguments.ValueOf("--zones"))
      asked.zones_dir = *folder;
    else
      arguments.FailUnknown();
  }
  if (asked.config_file.empty() && asked.zones.empty() && asked.zones_dir.empty()) {
    arguments.Fail("nothing to serve: give --config FILE, --zone NAME=FILE or --zones DIR");
  }
  if (!arguments.ok()) return WrongUsage("serve", arguments.mistake());
  return Serve(asked);
}

void TakeZonemd(Arguments& arguments, const std::string& word, ZonemdPolicy& policy) {
  if (word == "check")
    policy = ZonemdPolicy::kCheck;
  else if (word == "require")
    policy = ZonemdPolicy::kRequire;
  else
    arguments.Fail(fmt::format("--zonemd {}: expected check or require", word));
}

void Print(const Complaints& complaints) {
  for (const Complaint& complaint : complaints) fmt::print(stderr, "{}\n", complaint.ToText());
}

int RunCheckZone(Arguments& arguments) {
  bool dump = false;
  ZonemdPolicy zonemd = ZonemdPolicy::kOff;
  std::vector<std::string> words;
  while (arguments.Next()) {
    if (arguments.Is("--dump"))
      dump = true;
    else if (const auto policy = arguments.ValueOf("--zonemd"))
      TakeZonemd(arguments, *policy, zonemd);
    else if (arguments.IsOption() || words.size() == 2)
      arguments.FailUnknown();
    else
      words.push_back(arguments.word());
  }
  if (words.size() < 2) arguments.Fail("a zone's name and its file are needed");
  if (!arguments.ok()) return WrongUsage("check-zone", arguments.mistake());
  const absl::StatusOr<Name> apex = Name::FromText(words[0]);
  if (!apex.ok()) return WrongUsage("check-zone", ErrorText(apex.status()));

  const LoadedZone loaded = LoadZone(*apex, words[1], zonemd);
  Print(loaded.complaints);
  if (loaded.zone == nullptr) return kFailed;
  if (dump) {
    DumpZone(*loaded.zone, [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stdout); });
    return std::fflush(stdout) == 0 ? kDone : kFailed;
  }
  fmt::print("{} can be served: serial {}, {} records, {} octets of memory\n", apex->ToText(),
             loaded.zone->serial(), loaded.zone->record_count(), loaded.zone->MemoryOctets());
  return kDone;
}

// Whether all of them can be served; nothing of them is kept.
bool CheckZones(const std::vector<ZoneOptions>& zones) {
  std::vector<Complaints> complaints(zones.size());
  InParallel(zones.size(), [&](size_t i) {
    complaints[i] =
        LoadZone(zones[i].name, zones[i].file, zones[i].zonemd.value_or(ZonemdPolicy::kOff)).complaints;
  });
  bool good = true;
  for (const Complaints& each : complaints) {
    Print(each);
    good = good && !HasErrors(each);
  }
  return good;
}

int RunCheckConfig(Arguments& arguments) {
  bool zones = false;
  std::vector<std::string> words;
  while (arguments.Next()) {
    if (arguments.Is("--zones"))
      zones = true;
    else if (arguments.IsOption() || words.size() == 1)
      arguments.FailUnknown();
    else
      words.push_back(arguments.word());
  }
  if (words.empty()) arguments.Fail("a configuration file is needed");
  if (!arguments.ok()) return WrongUsage("check-config", arguments.mistake());
  Complaints complaints;
  AuthArguments asked;
  asked.config_file = words[0];
  const std::optional<AuthOptions> options = ReadAuthOptions(asked, complaints);
  if (options) CheckAgainstSystem(*options, complaints);
  Print(complaints);
  if (HasErrors(complaints)) return kFailed;
  if (zones && !CheckZones(options->zones)) return kFailed;
  fmt::print("{}", PrintAuthOptions(*options));
  return kDone;
}

int RunCtl(Arguments& arguments) {
  std::string socket = AuthOptions::kUsualControlSocket;
  std::vector<std::string> words;
  while (arguments.Next()) {
    const bool for_the_verb = !words.empty();
    const auto path = for_the_verb ? std::nullopt : arguments.ValueOf("--socket");
    if (path)
      socket = *path;
    else if (arguments.IsOption() && !for_the_verb)
      arguments.FailUnknown();
    else
      words.push_back(arguments.word());
  }
  if (words.empty()) arguments.Fail("a verb is missing");
  if (!arguments.ok()) return WrongUsage("ctl", arguments.mistake());
  const absl::StatusOr<ControlReply> reply = AskControl(socket, words);
  if (!reply.ok()) {
    fmt::print(stderr, "cairn-auth ctl: {}\n", ErrorText(reply.status()));
    return kFailed;
  }
  fmt::print(reply->ok ? stdout : stderr, "{}", reply->text);
  return reply->ok ? kDone : reply->wrong_usage ? kWrongUsage : kFailed;
}

bool AsksForHelp(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--help" || word == "-h") return true;
  }
  return false;
}

}  // namespace

int RunCommand(std::vector<std::string> words) {
  const std::string first = words.empty() ? "" : words[0];
  if (first == "--version") {
    fmt::print("cairn-auth {}\n", Version());
    return kDone;
  }
  for (const Verb& verb : kVerbs) {
    if (verb.name != first) continue;
    if (AsksForHelp(words)) {
      fmt::print("usage: cairn-auth {}\n\n{}", verb.usage, verb.text);
      return kDone;
    }
    words.erase(words.begin());
    Arguments arguments(std::move(words));
    return verb.run(arguments);
  }
  const bool help = first == "--help" || first == "-h" || first == "help";
  if (!help && !first.empty()) fmt::print(stderr, "cairn-auth: there is no verb \"{}\"\n\n", first);
  PrintUsage(help ? stdout : stderr);
  return help ? kDone : kWrongUsage;
}

}  // namespace cairn
