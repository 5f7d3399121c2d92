#include "authoritative/serve_control.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "authoritative/facts.h"
#include "authoritative/serve_report.h"
#include "authoritative/zone_loader.h"
#include "common/base/limits.h"
#include "common/base/status.h"

namespace cairn {
namespace {

using Words = std::span<const std::string>;

ControlReply Fine(std::string text) { return {.ok = true, .text = std::move(text)}; }
ControlReply Failed(std::string text) { return {.ok = false, .text = std::move(text) + "\n"}; }
ControlReply Misused(std::string text) {
  return {.ok = false, .text = std::move(text) + "\n", .wrong_usage = true};
}

ControlReply WithZone(const std::string& word, const std::function<ControlReply(NameView)>& act) {
  const absl::StatusOr<Name> apex = Name::FromText(word);
  if (!apex.ok()) return Misused(std::string(ErrorText(apex.status())));
  return act(*apex);
}

// "--json" first, then what else there is; nullopt: another word stands in its place.
struct Format {
  bool json = false;
  Words rest;
};
Format FormatOf(Words words) {
  if (words.empty() || words[0] != "--json") return {.json = false, .rest = words};
  return {.json = true, .rest = words.subspan(1)};
}

ControlReply Status(AuthServer& server, Words words) {
  const Format format = FormatOf(words);
  if (!format.rest.empty()) return Misused("usage: status [--json]");
  const std::vector<Fact> facts =
      StatusFacts(server.Running(), server.listening(), *server.zones(), server.Counters());
  return Fine(format.json ? FactsAsJson(facts) + "\n" : FactsAsLines(facts));
}

std::string ZoneStatusText(const std::vector<const ServedZone*>& zones, bool json) {
  std::string text;
  for (const ServedZone* each : zones) {
    const std::vector<Fact> facts = ZoneFacts(*each);
    text += !json ? FactsAsRow(facts) : fmt::format("{}{}", text.empty() ? "[" : ",\n ", FactsAsJson(facts));
  }
  return !json ? text : text.empty() ? "[]\n" : text + "]\n";
}

ControlReply ZoneStatus(AuthServer& server, Words words) {
  const Format format = FormatOf(words);
  if (format.rest.size() > 1) return Misused("usage: zone-status [--json] [ZONE]");
  const std::shared_ptr<const ServedZones::Table> table = server.zones();
  if (format.rest.empty()) {
    std::vector<const ServedZone*> all;
    for (const auto& row : table->rows) all.push_back(row.get());
    return Fine(ZoneStatusText(all, format.json));
  }
  return WithZone(format.rest[0], [&](NameView apex) {
    const ServedZone* const row = table->Find(apex);
    if (row == nullptr) return Failed(fmt::format("there is no zone {}", apex.ToText()));
    return Fine(ZoneStatusText({row}, format.json));
  });
}

ControlReply Dump(AuthServer& server, NameView apex) {
  const std::shared_ptr<const ServedZones::Table> table = server.zones();
  const ServedZone* const row = table->Find(apex);
  if (row == nullptr) return Failed(fmt::format("there is no zone {}", apex.ToText()));
  if (row->zone == nullptr)
    return Failed(fmt::format("nothing is served of {}: {}", apex.ToText(), row->last_complaint));
  std::string text;
  bool all = true;
  DumpZone(*row->zone, [&](std::string_view line) {
    all = all && text.size() + line.size() < limits::kControlReplyOctets;
    if (all) text += line;
  });
  if (all) return Fine(std::move(text));
  return Failed(
      fmt::format("the zone is longer than the {} octets of a reply; check-zone --dump prints its file",
                  limits::kControlReplyOctets));
}

ControlReply SetLogLevel(AuthServer& server, const std::string& word) {
  const std::optional<LogLevel> level = LogLevelFromName(word);
  if (!level) return Misused(fmt::format("\"{}\" is no level: debug, info, warning, error", word));
  server.log().SetLevel(*level);
  return Fine(fmt::format("from now to the next reload lines of level {} and above are written\n", word));
}

// The way out is the one of the signal.
ControlReply Stop() {
  kill(getpid(), SIGTERM);
  return Fine("ending\n");
}

}  // namespace

void RegisterControlVerbs(ControlServer& control, AuthServer& server) {
  control.Register("status", "status [--json]              version, time, zones and queries",
                   [&server](Words words) { return Status(server, words); });
  control.Register("reload",
                   "reload [ZONE]                configuration and changed zone files, or one zone's file",
                   [&server](Words words) {
                     if (words.empty()) return server.Reload();
                     return WithZone(words[0], [&](NameView apex) { return server.ReloadZone(apex); });
                   });
  control.Register("zone-status", "zone-status [--json] [ZONE]  serial, size and state of zones",
                   [&server](Words words) { return ZoneStatus(server, words); });
  control.Register("dump", "dump ZONE                    the zone as it is served, in canonical form",
                   [&server](Words words) {
                     return WithZone(words[0], [&](NameView apex) { return Dump(server, apex); });
                   });
  control.Register("stats", "stats                        the counters that are not 0", [&server](Words) {
    return Fine(MetricsReport(*server.zones(), server.Counters()).Figures());
  });
  control.Register(
      "metrics", "metrics                      all counters, in Prometheus's text format",
      [&server](Words) { return Fine(MetricsReport(*server.zones(), server.Counters()).text()); });
  control.Register("log-level",
                   "log-level LEVEL              debug, info, warning or error, until the next reload",
                   [&server](Words words) { return SetLogLevel(server, words[0]); });
  control.Register("stop", "stop                         end the server", [](Words) { return Stop(); });
}

}  // namespace cairn
