#include "authoritative/auth_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "authoritative/zone_files.h"
#include "common/base/status.h"
#include "common/config/document.h"
#include "common/config/schema.h"
#include "common/service/privileges.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kMostThreads = 256;

std::optional<std::string> ReadThreads(const ConfigNode& node, uint32_t& threads) {
  if (node.text == "auto") {
    threads = 0;
    return std::nullopt;
  }
  uint32_t number = 0;
  const char* const end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, number);
  if (error != std::errc{} || stop != end || number == 0 || number > kMostThreads) {
    return fmt::format("\"{}\" is neither auto nor a number from 1 to {}", node.text, kMostThreads);
  }
  threads = number;
  return std::nullopt;
}

void DeclareTransferRule(ConfigSchema& schema, TransferRule& rule) {
  schema.Custom(
      "net",
      [&rule](const ConfigNode& node) -> std::optional<std::string> {
        const absl::StatusOr<Subnet> net = Subnet::FromText(node.text);
        if (!net.ok()) return std::string(ErrorText(net.status()));
        rule.net = *net;
        return std::nullopt;
      },
      [&rule] { return rule.net.ToText(); }, "addresses this rule is about");
  schema.Require("net");
}

constexpr std::pair<std::string_view, ZonemdPolicy> kZonemdWords[] = {
    {"off", ZonemdPolicy::kOff}, {"check", ZonemdPolicy::kCheck}, {"require", ZonemdPolicy::kRequire}};

// For one zone: what it does not say is said for all.
void DeclareZonemd(ConfigSchema& schema, std::optional<ZonemdPolicy>& zonemd) {
  schema.Custom(
      "zonemd",
      [&zonemd](const ConfigNode& node) -> std::optional<std::string> {
        const auto* const word =
            std::ranges::find(kZonemdWords, node.text, [](const auto& w) { return w.first; });
        if (word == std::end(kZonemdWords)) return "expected off, check or require";
        zonemd = word->second;
        return std::nullopt;
      },
      [&zonemd] {
        const ZonemdPolicy policy = zonemd.value_or(ZonemdPolicy::kOff);
        return std::string(
            std::ranges::find(kZonemdWords, policy, [](const auto& w) { return w.second; })->first);
      },
      "whether its ZONEMD digest is checked (RFC 8976)");
}

// What a zone may say and a template may say for it.
void DeclareZoneData(ConfigSchema& schema, ZoneOptions& zone) {
  schema.Text("file", zone.file, "its zone file; %s stands for the zone's name");
  schema.Custom(
      "role",
      [](const ConfigNode& node) -> std::optional<std::string> {
        if (node.text == "primary") return std::nullopt;
        if (node.text == "secondary") return "secondary is not in this version; zones come from files";
        return fmt::format("\"{}\" is no role; write primary", node.text);
      },
      [] { return std::string("primary"); }, "where its data come from: a file");
  DeclareZonemd(schema, zone.zonemd);
  schema.List<TransferRule>("transfer", zone.transfer, DeclareTransferRule,
                            "who may have the whole zone (AXFR)");
  schema.NotHere("primaries", "zones come from files");
  schema.NotHere("notify", "secondaries ask when the SOA's refresh time is over");
  schema.NotHere("update", "zones change in their files, followed by a reload");
}

void DeclareRateLimit(ConfigSchema& schema, RateLimitOptions& limit) {
  schema.Flag("enabled", limit.enabled, "limit responses to clients whose address may be forged");
  schema.Number<uint32_t>("responses-per-second", limit.responses_per_second, 1, 1'000'000,
                          "to one /24 or /56, about one name, wildcard, delegation or zone");
  schema.Number<uint32_t>("burst", limit.burst, 1, 1'000'000, "responses at once after a rest");
  schema.Number<uint32_t>("network-responses-per-second", limit.network_responses_per_second, 0, 1'000'000,
                          "to one /24 or /56 about anything, at once twice as many; 0: no such limit");
  schema.Number<uint32_t>("slip", limit.slip, 0, 100,
                          "of the responses over the limit, each that manieth is sent, truncated; 0: none");
  schema.Subnets("exempt", limit.exempt, "client networks without a limit");
}

const ZoneTemplate* FindTemplate(const AuthOptions& options, std::string_view name) {
  const auto place = std::ranges::find(options.templates, name, &ZoneTemplate::name);
  return place == options.templates.end() ? nullptr : &*place;
}

// Empty: the default template, if there is one.
ZoneOptions StartFrom(const AuthOptions& options, std::string_view template_name) {
  const ZoneTemplate* const its =
      FindTemplate(options, template_name.empty() ? AuthOptions::kDefaultTemplate : template_name);
  ZoneOptions zone = its == nullptr ? ZoneOptions() : its->zone;
  if (its != nullptr) zone.template_name = its->name;
  return zone;
}

void DeclareTemplateName(ConfigSchema& schema, const AuthOptions& options, std::string& name) {
  schema.Custom(
      "template",
      [&options, &name](const ConfigNode& node) -> std::optional<std::string> {
        if (node.text != "" && FindTemplate(options, node.text) == nullptr)
          return fmt::format("there is no template \"{}\" under templates", node.text);
        name = node.text;
        return std::nullopt;
      },
      [&name] { return QuotedForYaml(name); }, "the template it starts from");
}

void DeclareTemplate(ConfigSchema& schema, ZoneTemplate& its) {
  schema.Place(its.where);
  schema.Text("name", its.name,
              "what zones call it; the one called default is that of zones which name none");
  schema.Require("name");
  DeclareZoneData(schema, its.zone);
}

void DeclareZones(ConfigSchema& schema, AuthOptions& options) {
  schema.List<ZoneTemplate>("templates", options.templates, DeclareTemplate, "what zones have in common");
  schema.Text("zones-dir", options.zones_dir, "folder whose files NAME.zone are zones");
  schema.List<ZoneList>(
      "zone-lists", options.zone_lists,
      [&options](ConfigSchema& item, ZoneList& list) {
        item.Place(list.where);
        item.Text("file", list.file, "its lines are NAME or NAME FILE");
        item.Require("file");
        DeclareTemplateName(item, options, list.template_name);
      },
      "files which list zones");
  schema.List<ZoneOptions>(
      "zones", options.zones,
      [&options](ConfigSchema& item, ZoneOptions& zone) {
        zone.listed = true;
        item.Place(zone.where);
        item.DomainName("name", zone.name, "the zone's apex");
        item.Require("name");
        DeclareTemplateName(item, options, zone.template_name);
        DeclareZoneData(item, zone);
      },
      "zones served",
      [&options](const ConfigNode& item) {
        const ConfigNode* const name = item.Find("template");
        return StartFrom(options, name == nullptr ? "" : name->text);
      });
}

ConfigSchema& DeclareServer(ConfigSchema& schema, AuthOptions& options) {
  ConfigSchema& server = schema.Section("server", "sockets and process");
  server.Endpoints("listen", options.listen, 53, "addresses to answer on, over UDP and TCP");
  server.Custom(
      "threads", [&options](const ConfigNode& node) { return ReadThreads(node, options.threads); },
      [&options] { return options.threads == 0 ? std::string("auto") : std::to_string(options.threads); },
      "workers; auto is one for each processor");
  server.Octets("answer-cache-size", options.answer_cache_octets, 0, size_t{1} << 30,
                "memory of each worker for finished answers");
  server.Text("user", options.user, "whom to become when started as root");
  server.Octets("zone-memory-limit", options.zone_memory_octets, 0, size_t{1} << 50,
                "most memory of all zones together; several are read at once, each taking 4 to 8 times its "
                "size meanwhile, and the index for denials is not counted; 0: what the system gives");
  server.Text("state-dir", options.state_dir, "for what must outlive the process; nothing is kept there yet");
  server.Text("control-socket", options.control_socket,
              "where `cairn-auth ctl` reaches the server; empty: nowhere");
  DeclareIdentity(server, options.identity);
  DeclareTcp(server.Section("tcp", "what TCP clients may hold"), options.tcp);
  return server;
}

// Returns the section of the server, whose places are asked for later.
ConfigSchema& DeclareAuthOptions(ConfigSchema& schema, AuthOptions& options) {
  ConfigSchema& server = DeclareServer(schema, options);
  ConfigSchema& log = schema.Section("log", "what the operator is told");
  static bool standard_error = true;  // the one target there is
  log.Choice<bool>("target", standard_error, {{"stderr", true}}, "where lines go");
  log.Choice<LogLevel>("level", options.log_level,
                       {{"debug", LogLevel::kDebug},
                        {"info", LogLevel::kInfo},
                        {"warning", LogLevel::kWarning},
                        {"error", LogLevel::kError}},
                       "the least important lines that are written");
  schema.Choice<AnyAnswer>("any", options.any, {{"minimal", AnyAnswer::kMinimal}, {"full", AnyAnswer::kFull}},
                           "what QTYPE ANY gets over UDP (RFC 8482)");
  schema.Choice<ZonemdPolicy>(
      "zonemd", options.zonemd,
      {{"off", ZonemdPolicy::kOff}, {"check", ZonemdPolicy::kCheck}, {"require", ZonemdPolicy::kRequire}},
      "whether ZONEMD digests of zones are checked when they are read (RFC 8976)");
  DeclareRateLimit(schema.Section("rate-limit", "responses to one client network"), options.rate_limit);
  DeclareCookies(schema.Section("cookies", "DNS cookies (RFC 7873)"), options.cookie_settings);
  schema.Section("metrics", "counters for Prometheus over HTTP")
      .Endpoints("listen", options.metrics_listen, 9153, "where; [] is nowhere. Whoever reaches it may read");
  schema.NotHere("keys", "nothing that this version does is signed with TSIG");
  DeclareZones(schema, options);
  return server;
}

void Complain(Complaints& complaints, TextPosition where, std::string text) {
  complaints.push_back({Severity::kError, std::move(where), std::move(text)});
}

void AddFound(AuthOptions& options, std::vector<FoundZone> found, std::string_view template_name,
              Complaints& complaints) {
  const ZoneOptions start = StartFrom(options, template_name);
  for (FoundZone& each : found) {
    ZoneOptions& zone = options.zones.emplace_back(start);
    zone.name = std::move(each.name);
    zone.where = std::move(each.where);
    if (!each.file.empty()) zone.file = std::move(each.file);
    if (!zone.file.empty()) continue;
    Complain(complaints, zone.where,
             fmt::format("zone {} has no file: the line names none, and no template has a pattern for it",
                         zone.name.ToText()));
  }
}

void CheckTemplates(const AuthOptions& options, Complaints& complaints) {
  for (const ZoneTemplate& each : options.templates) {
    if (FindTemplate(options, each.name) != &each)
      Complain(complaints, each.where, fmt::format("template \"{}\" was given before", each.name));
    if (!each.zone.file.empty() && each.zone.file.find("%s") == std::string::npos) {
      Complain(
          complaints, each.where,
          fmt::format(
              "the file of template \"{}\" is \"{}\" for every zone; %s in it stands for the zone's name",
              each.name, each.zone.file));
    }
  }
}

// One zone from two places is a mistake, except when both mean the same file: then the first one counts,
// which lets a zone of a folder have options of its own.
void RefuseDoubles(std::vector<ZoneOptions>& zones, Complaints& complaints) {
  absl::flat_hash_map<Name, size_t, NameHash, NameEq> seen;
  size_t kept = 0;
  for (size_t i = 0; i < zones.size(); ++i) {
    const auto [first, fresh] = seen.emplace(zones[i].name, kept);
    if (!fresh) {
      const ZoneOptions& before = zones[first->second];
      if (zones[i].listed || before.file != zones[i].file) {
        Complain(
            complaints, zones[i].where,
            fmt::format("zone {} was given before, at {}", zones[i].name.ToText(), before.where.ToText()));
      }
      continue;
    }
    if (kept != i) zones[kept] = std::move(zones[i]);
    ++kept;
  }
  zones.resize(kept);
}

std::string Absolute(const std::string& path, const fs::path& folder) {
  return path.empty() ? path : (folder / path).lexically_normal().string();
}

// Paths of a file start where the file lies; those of the command line where the command was given.
void MakeAbsolute(AuthOptions& options, const std::string& config_file) {
  const fs::path folder = fs::absolute(config_file).parent_path();
  for (std::string* path : {&options.state_dir, &options.control_socket, &options.zones_dir,
                            &options.cookie_settings.secret_file}) {
    *path = Absolute(*path, folder);
  }
  for (ZoneTemplate& each : options.templates) each.zone.file = Absolute(each.zone.file, folder);
  for (ZoneList& list : options.zone_lists) list.file = Absolute(list.file, folder);
  for (ZoneOptions& zone : options.zones) zone.file = Absolute(zone.file, folder);
}

bool ReadFile(AuthOptions& options, const std::string& path, Complaints& complaints) {
  const std::optional<ConfigNode> document = ReadConfigFile(path, complaints);
  if (!document) return false;
  ConfigSchema schema;
  const ConfigSchema& server = DeclareAuthOptions(schema, options);
  schema.Read(*document, complaints);
  options.listen_given = server.Given("listen");
  options.zones_dir_where = schema.WhereIs("zones-dir");
  options.user_where = server.WhereIs("user");
  options.control_socket_where = server.WhereIs("control-socket");
  if (options.listen.empty())
    Complain(complaints, server.WhereIs("listen"), "listen: at least one ADDRESS@PORT is needed");
  for (const ZoneOptions& zone : options.zones) {
    if (zone.file.empty()) Complain(complaints, zone.where, "'file' is missing: its zone file");
  }
  CheckTemplates(options, complaints);
  for (ZoneTemplate& each : options.templates) {
    if (!each.zone.zonemd) each.zone.zonemd = options.zonemd;
  }
  MakeAbsolute(options, path);
  return true;
}

}  // namespace

std::optional<AuthOptions> ReadAuthOptions(const AuthArguments& arguments, Complaints& complaints) {
  AuthOptions options;
  options.listen = {*Endpoint::FromText("0.0.0.0@53"), *Endpoint::FromText("::@53")};
  if (!arguments.config_file.empty() && !ReadFile(options, arguments.config_file, complaints))
    return std::nullopt;
  if (!arguments.listen.empty()) {
    options.listen = arguments.listen;
    options.listen_given = true;
  }
  options.cookies = ReadCookieSecrets(options.cookie_settings, complaints);
  if (!arguments.zones_dir.empty()) {
    options.zones_dir = fs::absolute(arguments.zones_dir).string();
    options.zones_dir_where = {.file = "--zones " + arguments.zones_dir};
  }
  for (const ZoneOptions& asked : arguments.zones) {
    ZoneOptions& zone = options.zones.emplace_back(StartFrom(options, ""));
    zone.name = asked.name;
    zone.file = fs::absolute(asked.file).string();
    zone.where = asked.where;
    zone.listed = true;
  }
  for (const ZoneList& list : options.zone_lists)
    AddFound(options, ZonesOfList(list.file, list.where, complaints), list.template_name, complaints);
  if (!options.zones_dir.empty())
    AddFound(options, ZonesOfFolder(options.zones_dir, options.zones_dir_where, complaints), "", complaints);
  for (ZoneOptions& zone : options.zones) zone.file = ExpandPattern(zone.file, zone.name);
  for (ZoneOptions& zone : options.zones) {
    if (!zone.zonemd) zone.zonemd = options.zonemd;
  }
  RefuseDoubles(options.zones, complaints);
  if (HasErrors(complaints)) return std::nullopt;
  return options;
}

void CheckAgainstSystem(const AuthOptions& options, Complaints& complaints) {
  const auto cannot = [&complaints](const TextPosition& where, std::string_view what) {
    Complain(complaints, where, fmt::format("{}: {}", what, std::generic_category().message(errno)));
  };
  if (const absl::Status user = CheckUser(options.user); !user.ok())
    Complain(complaints, options.user_where, fmt::format("user: {}", ErrorText(user)));
  const std::string folder = fs::path(options.control_socket).parent_path().string();
  if (!folder.empty() && access(folder.c_str(), F_OK) != 0)
    cannot(options.control_socket_where, fmt::format("control-socket: its folder {}", folder));
  for (const ZoneOptions& zone : options.zones) {
    if (access(zone.file.c_str(), R_OK) != 0)
      cannot(zone.where, fmt::format("zone {}: cannot read {}", zone.name.ToText(), zone.file));
  }
}

std::string PrintAuthOptions(const AuthOptions& options) {
  AuthOptions printed = options;
  std::erase_if(printed.zones, [](const ZoneOptions& zone) { return !zone.listed; });
  ConfigSchema schema;
  DeclareAuthOptions(schema, printed);
  return schema.Print();
}

}  // namespace cairn
