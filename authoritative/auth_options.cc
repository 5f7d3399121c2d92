#include "authoritative/auth_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/status.h"
#include "common/config/document.h"
#include "common/config/schema.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kMostThreads = 256;
constexpr std::string_view kZoneFileEnding = ".zone";

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

void DeclareZone(ConfigSchema& schema, ZoneOptions& zone) {
  schema.Place(zone.where);
  schema.DomainName("name", zone.name, "the zone's apex");
  schema.Text("file", zone.file, "its zone file");
  schema.Choice<ZoneRole>("role", zone.role, {{"primary", ZoneRole::kPrimary}},
                          "where its data come from: a file");
  DeclareZonemd(schema, zone.zonemd);
  schema.List<TransferRule>("transfer", zone.transfer, DeclareTransferRule,
                            "who may have the whole zone (AXFR)");
  schema.Require("name");
  schema.Require("file");
}

void DeclareRateLimit(ConfigSchema& schema, RateLimitOptions& limit) {
  schema.Flag("enabled", limit.enabled, "limit responses to clients whose address may be forged");
  schema.Number<uint32_t>("responses-per-second", limit.responses_per_second, 1, 1'000'000,
                          "to one /24 or /56, about one name, wildcard, delegation or zone");
  schema.Number<uint32_t>("burst", limit.burst, 1, 1'000'000, "responses at once after a rest");
  schema.Number<uint32_t>("slip", limit.slip, 0, 100,
                          "of the responses over the limit, each that manieth is sent, truncated; 0: none");
  schema.Subnets("exempt", limit.exempt, "client networks without a limit");
}

void DeclareAuthOptions(ConfigSchema& schema, AuthOptions& options) {
  ConfigSchema& server = schema.Section("server", "sockets and process");
  server.Endpoints("listen", options.listen, 53, "addresses to answer on, over UDP and TCP");
  server.Custom(
      "threads", [&options](const ConfigNode& node) { return ReadThreads(node, options.threads); },
      [&options] { return options.threads == 0 ? std::string("auto") : std::to_string(options.threads); },
      "workers; auto is one for each processor");
  server.Text("user", options.user, "whom to become when started as root");
  server.Text("state-dir", options.state_dir, "where the server keeps what it must not forget");
  server.Text("control-socket", options.control_socket,
              "where `cairn-auth ctl` reaches the server; empty: nowhere");
  DeclareIdentity(server, options.identity);
  DeclareTcp(server.Section("tcp", "what TCP clients may hold"), options.tcp);
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
  schema.Text("zones-dir", options.zones_dir, "folder whose files NAME.zone are zones");
  schema.List<ZoneOptions>("zones", options.zones, DeclareZone, "zones served");
}

void Complain(Complaints& complaints, TextPosition where, std::string text) {
  complaints.push_back({Severity::kError, std::move(where), std::move(text)});
}

void AddZonesOfFolder(AuthOptions& options, Complaints& complaints) {
  std::error_code failure;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(options.zones_dir, failure)) {
    if (entry.path().extension() == kZoneFileEnding) files.push_back(entry.path());
  }
  if (failure) {
    return Complain(complaints, {.file = options.zones_dir},
                    fmt::format("cannot read this folder of zones: {}", failure.message()));
  }
  std::ranges::sort(files);  // folders have no order of their own
  for (const fs::path& file : files) {
    ZoneOptions zone;
    zone.file = zone.where.file = file.string();
    absl::StatusOr<Name> name = Name::FromText(file.stem().string());
    if (!name.ok()) {
      Complain(complaints, zone.where,
               fmt::format("the file's name is not a zone's: {}", ErrorText(name.status())));
      continue;
    }
    zone.name = *std::move(name);
    options.zones.push_back(std::move(zone));
  }
}

void RefuseDoubles(const std::vector<ZoneOptions>& zones, Complaints& complaints) {
  absl::flat_hash_map<std::string, const ZoneOptions*> seen;
  for (const ZoneOptions& zone : zones) {
    const auto [first, fresh] = seen.emplace(zone.name.ToLower().ToText(), &zone);
    if (fresh) continue;
    Complain(
        complaints, zone.where,
        fmt::format("zone {} was given before, at {}", zone.name.ToText(), first->second->where.ToText()));
  }
}

TextPosition PlaceOf(const ConfigNode& document, std::string_view section, std::string_view option) {
  const ConfigNode* outer = document.Find(section);
  const ConfigNode* inner = outer == nullptr ? nullptr : outer->Find(option);
  return inner == nullptr ? document.where : inner->where;
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
  for (ZoneOptions& zone : options.zones) zone.file = Absolute(zone.file, folder);
}

}  // namespace

std::optional<AuthOptions> ReadAuthOptions(const AuthArguments& arguments, Complaints& complaints) {
  AuthOptions options;
  options.listen = {*Endpoint::FromText("0.0.0.0@53"), *Endpoint::FromText("::@53")};
  if (!arguments.config_file.empty()) {
    const std::optional<ConfigNode> document = ReadConfigFile(arguments.config_file, complaints);
    if (!document) return std::nullopt;
    ConfigSchema schema;
    DeclareAuthOptions(schema, options);
    schema.Read(*document, complaints);
    if (options.listen.empty()) {
      Complain(complaints, PlaceOf(*document, "server", "listen"),
               "listen: at least one ADDRESS@PORT is needed");
    }
    MakeAbsolute(options, arguments.config_file);
  }
  options.cookies = ReadCookieSecrets(options.cookie_settings, complaints);
  if (!arguments.listen.empty()) options.listen = arguments.listen;
  if (!arguments.zones_dir.empty()) options.zones_dir = fs::absolute(arguments.zones_dir).string();
  for (const ZoneOptions& zone : arguments.zones) {
    options.zones.push_back(zone);
    options.zones.back().file = fs::absolute(zone.file).string();
  }
  if (!options.zones_dir.empty()) AddZonesOfFolder(options, complaints);
  for (ZoneOptions& zone : options.zones) {
    if (!zone.zonemd) zone.zonemd = options.zonemd;
  }
  RefuseDoubles(options.zones, complaints);
  if (HasErrors(complaints)) return std::nullopt;
  return options;
}

std::string PrintAuthOptions(const AuthOptions& options) {
  AuthOptions printed = options;
  ConfigSchema schema;
  DeclareAuthOptions(schema, printed);
  return schema.Print();
}

}  // namespace cairn
