#include "resolver/options_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <utility>

#include "common/base/status.h"
#include "common/config/document.h"
#include "common/config/schema.h"

namespace cairn {
namespace {

// Declares an option of other versions: only `off` may stand there.
void NotInThisVersion(ConfigSchema& section, std::string_view name, std::string off, std::string_view text) {
  section.Custom(
      name,
      [off](const ConfigNode& node) -> std::optional<std::string> {
        const bool is_off =
            node.kind == ConfigNode::Kind::kScalar ? node.text == off : node.items.empty() && off == "[]";
        if (is_off || node.kind == ConfigNode::Kind::kNull) return std::nullopt;
        return fmt::format("not available in this version of Cairn; write {} or leave it out", off);
      },
      [off] { return off; }, fmt::format("{} (this version: only {})", text, off));
}

constexpr uint32_t kMostThreads = 256;
constexpr uint16_t kDnsPort = 53;

void DeclareThreads(ConfigSchema& section, uint32_t& threads) {
  section.Custom(
      "threads",
      [&threads](const ConfigNode& node) -> std::optional<std::string> {
        uint32_t number = 0;
        const char* const end = node.text.data() + node.text.size();
        const auto [stop, error] = std::from_chars(node.text.data(), end, number);
        const bool in_range = error == std::errc() && stop == end && number >= 1 && number <= kMostThreads;
        if (node.text != "auto" && !in_range)
          return fmt::format("expected auto, or a number from 1 to {}", kMostThreads);
        threads = number;
        return std::nullopt;
      },
      [&threads] { return threads == 0 ? "auto" : fmt::format("{}", threads); },
      "worker threads; auto: one for each processor");
}

void DeclareServer(ConfigSchema& section, ServerOptions& server, ResolverOptions& resolver) {
  section.Endpoints("listen", server.listen, 53, "where clients ask, over UDP and TCP: ADDRESS@PORT");
  DeclareThreads(section, server.threads);
  section.Text("user", server.user, "become this user once the sockets are open; empty: stay who we are");
  section.Text("state-dir", server.state_dir, "directory for what must outlive the process");
  section.Text("control-socket", server.control_socket, "UNIX socket for `cairn-resolver ctl`; empty: none");
  DeclareIdentity(section, resolver.identity);
  DeclareTcp(section.Section("tcp", "what TCP clients may hold"), server.tcp);
  section.Addresses("outgoing", resolver.outgoing,
                    "addresses to ask servers from; empty: the system chooses");
}

void DeclareLog(ConfigSchema& section, ServerOptions& server) {
  NotInThisVersion(section, "target", "stderr", "where log lines go");
  section.Choice("level", server.log_level,
                 {{"debug", LogLevel::kDebug},
                  {"info", LogLevel::kInfo},
                  {"warning", LogLevel::kWarning},
                  {"error", LogLevel::kError}},
                 "the least level which is written");
}

void DeclareAccessRule(ConfigSchema& item, AccessRule& rule) {
  item.Custom(
      "net",
      [&rule](const ConfigNode& node) -> std::optional<std::string> {
        absl::StatusOr<Subnet> net = Subnet::FromText(node.text);
        if (!net.ok()) return std::string(net.status().message());
        rule.net = *std::move(net);
        return std::nullopt;
      },
      [&rule] { return fmt::format("\"{}\"", rule.net.ToText()); }, "an address block: 192.0.2.0/24");
  item.Choice("action", rule.action,
              {{"allow", AccessRule::Action::kAllow},
               {"allow-snoop", AccessRule::Action::kAllowSnoop},
               {"refuse", AccessRule::Action::kRefuse},
               {"drop", AccessRule::Action::kDrop}},
              "what clients in it get");
  item.Require("net");
  item.Require("action");
}

void DeclareUpstream(ConfigSchema& section, ResolverOptions& resolver) {
  section.Text("root-hints", resolver.root_hints,
               "names and addresses of the root servers: builtin, or a zone file");
  section.Flag("prime-root", resolver.prime_root,
               "ask the root servers for the root's NS set at the start (RFC 9609)");
  section.Flag("ipv4", resolver.ipv4, "ask servers over IPv4");
  section.Flag("ipv6", resolver.ipv6, "ask servers over IPv6");
  section.Number<uint16_t>("upstream-port", resolver.upstream_port, 1, 65535,
                           "port that servers are asked on");
  section.Flag("query-loopback", resolver.query_loopback, "ask servers on loopback addresses: for labs");
  section.Flag("query-private", resolver.query_private, "ask servers on private and link-local addresses");
  section.Choice("qname-minimisation", resolver.qname_minimisation,
                 {{"off", QnameMinimisation::kOff},
                  {"relaxed", QnameMinimisation::kRelaxed},
                  {"strict", QnameMinimisation::kStrict}},
                 "show servers no more of a name than they need (RFC 9156)");
  section.Flag("case-randomisation", resolver.case_randomisation,
               "0x20: replies must repeat a spelling drawn at random");
  section.Number<size_t>("upstream-sockets", resolver.upstream_sockets, 1, 4096,
                         "UDP sockets on random ports for each family and worker");
  section.Flag("cookies-upstream", resolver.cookies_upstream, "DNS cookies towards servers (RFC 7873)");
  section.Number<uint32_t>("fetches-per-zone", resolver.fetches_per_zone, 1, 100000,
                           "questions that may wait in vain at one zone; further ones get SERVFAIL at once");
  section.Number<uint32_t>("queries-per-server", resolver.queries_per_server, 1, 100000,
                           "queries on their way to one address at the same time");
  NotInThisVersion(section, "address-prefetch", "0", "server addresses looked up beyond need");
}

void DeclareAnswers(ConfigSchema& section, ResolverOptions& resolver) {
  section.Number<uint32_t>("client-timeout", resolver.client_timeout_ms, 100, 10000,
                           "milliseconds; then a client over UDP gets SERVFAIL while the search goes on");
  section.Number<uint16_t>("edns-buffer-size", resolver.edns_buffer_size_octets, 512, 4096,
                           "largest UDP message sent or asked for, in octets (RFC 9715)");
  section.Flag("minimal-responses", resolver.minimal_responses,
               "leave out name servers and addresses which the client does not need");
  section.Choice(
      "any", resolver.any, {{"minimal", AnyReply::kMinimal}, {"full", AnyReply::kFull}},
      "what questions for type ANY get: one HINFO record, or what the name's servers say (RFC 8482)");
}

// How many may wait, and how long (THREATS section 1).
void DeclareClientLimits(ConfigSchema& section, ClientLimits& limits) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  section.Number<size_t>("waiting-clients", limits.clients, 1, 1 << 20,
                         "clients that wait for a resolution, in all workers together");
  section.Number<size_t>("waiting-per-client", limits.per_address, 1, 1 << 20,
                         "of these from one address (IPv6: one /64), in each worker");
  section.Number<size_t>("waiting-with-cookie", limits.per_verified_address, 1, 1 << 20,
                         "the same where a cookie proves the address (RFC 7873)");
  section.Time("slow-client", limits.slow, milliseconds(0), seconds(10),
               "who waited that long gives up his place when all are taken and half of them to such");
  section.Time("answer-within", limits.answer_within, milliseconds(0), seconds(15),
               "later answers over UDP are not sent, but to loopback or with a cookie; 0: all are sent");
}

// What one client query may cost. They have a place of their own: nobody needs to change them.
void DeclareWorkLimits(ConfigSchema& section, ResolverOptions& resolver) {
  using std::chrono::seconds;
  for (size_t i = 0; i < kLimitCount; ++i) {
    const LimitRow& row = RowOf(i);
    section.Number<uint32_t>(row.name, resolver.limits[static_cast<Limit>(i)], 1, row.highest, row.what);
  }
  section.Time("query-time", resolver.query_time, seconds(1), seconds(60), "until all work for it ends");
  section.Time("tcp-retry", resolver.tcp_retry, seconds(0), seconds(300),
               "how long a server whose connection failed is not connected to again");
}

std::optional<std::string> ReadNames(const ConfigNode& node, std::vector<Name>& names) {
  if (node.kind != ConfigNode::Kind::kList) return "expected a list of names: [corp.example, ...]";
  names.clear();
  for (const ConfigNode& item : node.items) {
    absl::StatusOr<Name> name = Name::FromText(item.text);
    if (!name.ok()) return fmt::format("'{}': {}", item.text, ErrorText(name.status()));
    names.push_back(*std::move(name));
  }
  return std::nullopt;
}

std::string PrintNames(const std::vector<Name>& names) {
  std::string out;
  for (const Name& name : names) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", name.ToText());
  return "[" + out + "]";
}

void DeclarePolicy(ConfigSchema& section, ResolverOptions& resolver) {
  section.Flag("special-use-zones", resolver.zones.special_use_zones,
               "answer localhost., home.arpa., 10.in-addr.arpa. and the like here (RFC 6761, RFC 6303)");
  section.Text("hosts-file", resolver.zones.hosts_file, "names and addresses of hosts(5); empty: none");
  section.Flag("rebinding-filter", resolver.rebinding.on,
               "leave private, loopback and link-local addresses out of answers about public names");
  section.Custom(
      "rebinding-allow",
      [&resolver](const ConfigNode& node) { return ReadNames(node, resolver.rebinding.allow); },
      [&resolver] { return PrintNames(resolver.rebinding.allow); },
      "names which may have such addresses, with all below them");
}

std::optional<std::string> ReadRecords(const ConfigNode& node, std::vector<ConfiguredRecord>& records) {
  if (node.kind != ConfigNode::Kind::kList) return "expected a list of lines: [\"www 300 A 192.0.2.1\", ...]";
  records.clear();
  for (const ConfigNode& item : node.items) {
    if (item.kind != ConfigNode::Kind::kScalar) return "each record is a text: \"www 300 A 192.0.2.1\"";
    records.push_back({.text = item.text, .where = item.where});
  }
  return std::nullopt;
}

// In quotes, as YAML reads them back: a backslash and a quote each after a backslash.
std::string PrintRecords(const std::vector<ConfiguredRecord>& records) {
  std::string out;
  for (const ConfiguredRecord& record : records) {
    out += out.empty() ? "\"" : ", \"";
    for (const char c : record.text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return "[" + out + "]";
}

void DeclareLocalZone(ConfigSchema& item, LocalZoneOptions& zone) {
  item.Place(zone.where);
  item.DomainName("name", zone.name, "the zone: this name and all below it");
  item.Choice("type", zone.kind,
              {{"static", LocalZoneKind::kStatic},
               {"transparent", LocalZoneKind::kTransparent},
               {"redirect", LocalZoneKind::kRedirect},
               {"nodata", LocalZoneKind::kNoData},
               {"refuse", LocalZoneKind::kRefuse},
               {"drop", LocalZoneKind::kDrop}},
              "what names without records get");
  item.Custom(
      "records", [&zone](const ConfigNode& node) { return ReadRecords(node, zone.records); },
      [&zone] { return PrintRecords(zone.records); }, "lines of a zone file; names are below the zone's");
  item.Text("file", zone.file, "a zone file with more records; empty: none");
  item.Require("name");
}

// "192.0.2.1@5353" or "dns.corp.example@5353". What ends in a number was meant as an address (RFC 1123
// section 2.1 keeps top level names from being numbers).
std::optional<std::string> ReadServer(const std::string& text, UpstreamZoneOptions& zone) {
  absl::StatusOr<Endpoint> endpoint = Endpoint::FromText(text, kDnsPort);
  if (endpoint.ok()) {
    zone.servers.push_back(*endpoint);
    return std::nullopt;
  }
  const size_t at = text.find('@');
  const std::string host = text.substr(0, at);
  const size_t dot = host.find_last_not_of('.');
  const bool is_name = dot != std::string::npos && host.find(':') == std::string::npos &&
                       std::isdigit(static_cast<unsigned char>(host[dot])) == 0;
  absl::StatusOr<Name> name = Name::FromText(host);
  if (!is_name || !name.ok() || name->IsRoot()) return std::string(endpoint.status().message());
  NamedServer server{.name = *std::move(name), .port = kDnsPort};
  if (at != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + at + 1, end, server.port);
    if (error != std::errc() || stop != end || server.port == 0)
      return fmt::format("'{}': expected a port from 1 to 65535 behind the @", text);
  }
  zone.named_servers.push_back(std::move(server));
  return std::nullopt;
}

std::optional<std::string> ReadServers(const ConfigNode& node, UpstreamZoneOptions& zone) {
  zone.servers.clear();
  zone.named_servers.clear();
  if (node.kind != ConfigNode::Kind::kList) return "expected a list of servers: [192.0.2.1, ...]";
  for (const ConfigNode& item : node.items) {
    if (std::optional<std::string> wrong = ReadServer(item.text, zone)) return wrong;
  }
  return std::nullopt;
}

std::string PrintServers(const UpstreamZoneOptions& zone) {
  std::vector<std::string> texts;
  for (const Endpoint& server : zone.servers) texts.push_back(QuotedForYaml(server.ToText()));
  for (const NamedServer& server : zone.named_servers) texts.push_back(QuotedForYaml(server.ToText()));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

void DeclareUpstreamZone(ConfigSchema& item, UpstreamZoneOptions& zone) {
  item.Place(zone.where);
  item.DomainName("name", zone.name, "the zone: this name and all below it");
  item.Custom(
      "servers", [&zone](const ConfigNode& node) { return ReadServers(node, zone); },
      [&zone] { return PrintServers(zone); }, "whom to ask: ADDRESS@PORT, or NAME@PORT");
  item.Flag("tcp", zone.over_tcp, "ask over TCP only");
  item.Flag("fall-back", zone.fall_back, "resolve from the root when none of the servers helps");
  item.Require("name");
  item.Require("servers");
}

void DeclareCache(ConfigSchema& section, ResolverOptions& resolver) {
  constexpr uint32_t kWeek = 604800;
  constexpr uint32_t kMostTypes = 200;
  section.Octets("cache-size", resolver.cache_size_octets, size_t{1} << 20, size_t{1} << 40,
                 "memory for cached answers");
  section.Number<uint32_t>("cache-min-ttl", resolver.cache_min_ttl_s, 0, 3600,
                           "seconds; shorter TTLs count as this");
  section.Number<uint32_t>("cache-max-ttl", resolver.cache_max_ttl_s, 0, kWeek,
                           "seconds; longer TTLs count as this");
  section.Number<uint32_t>("cache-max-negative-ttl", resolver.cache_max_negative_ttl_s, 0, kWeek,
                           "seconds; the same for negative answers (RFC 2308)");
  section.Number<uint32_t>("cache-max-rrset-records", resolver.cache_max_rrset_records, 1,
                           limits::kMaxRrsetRecords, "records of the largest RRset that is cached");
  section.Number<uint32_t>("cache-max-types", resolver.cache_max_types, 1, kMostTypes,
                           "types cached of one name, beside those which everybody needs");
  section.Octets("delegations-size", resolver.delegations_size_octets, size_t{1} << 20, size_t{1} << 40,
                 "memory for the servers of zone cuts");
  section.Number<uint32_t>("delegation-min-ttl", resolver.delegation_min_ttl_s, 0, 3600,
                           "seconds; a delegation whose TTL is shorter (but not 0) lives as long as this");
  section.Number<uint32_t>("delegation-max-ttl", resolver.delegation_max_ttl_s, 1, kWeek,
                           "seconds; longer ones live as long as this");
  section.Time("failure-ttl", resolver.failure_ttl, std::chrono::seconds(1), std::chrono::seconds(300),
               "how long a failure is remembered; twice as long after each further one (RFC 9520)");
  section.Time("failure-max-ttl", resolver.failure_max_ttl, std::chrono::seconds(1),
               std::chrono::seconds(300), "and never longer than that");
  section.Text("cache-file", resolver.cache_file,
               "file which keeps the cache while the program is away, in state-dir; empty: none");
  section.Choice("nxdomain-cut", resolver.nxdomain_cut,
                 {{"off", NxDomainCut::kOff},
                  {"secure", NxDomainCut::kSecure},
                  {"authoritative", NxDomainCut::kAuthoritative}},
                 "whose NXDOMAIN also denies the names below (RFC 8020)");
  section.Flag("prefetch", resolver.prefetch, "fetch anew, before it expires, what clients keep asking for");
  section.Flag("serve-stale", resolver.serve_stale,
               "answer from expired entries when servers fail or are slow (RFC 8767)");
  section.Time("stale-client-timeout", resolver.stale_client_timeout, Duration::zero(),
               std::chrono::seconds(10), "how long a client waits before it gets a stale answer");
  section.Number<uint32_t>("stale-reply-ttl", resolver.stale_reply_ttl_s, 1, 3600,
                           "seconds; TTL of stale records");
  section.Number<uint32_t>("stale-max-age", resolver.stale_max_age_s, 1, kWeek,
                           "seconds after its expiry until an entry is too old to serve");
  NotInThisVersion(section, "aggressive-nsec", "false", "negative answers from cached proofs (RFC 8198)");
}

void DeclareDnssec(ConfigSchema& section) {
  NotInThisVersion(section, "enabled", "false", "validate answers (RFC 4035)");
  NotInThisVersion(section, "anchors", "builtin", "trust anchors");
  NotInThisVersion(section, "anchor-update", "false", "follow rolls of the anchors (RFC 5011)");
  NotInThisVersion(section, "anchor-signalling", "false", "tell zones which anchors we hold (RFC 8145)");
  NotInThisVersion(section, "insecure", "[]", "zones not validated (RFC 7646)");
  NotInThisVersion(section, "signature-skew", "0", "tolerance for signature times");
}

void Declare(ConfigSchema& schema, ProgramOptions& options) {
  DeclareServer(schema.Section("server", "sockets and process"), options.server, options.resolver);
  DeclareLog(schema.Section("log", "what the operator is told"), options.server);
  schema.Section("metrics", "counters for Prometheus over HTTP")
      .Endpoints("listen", options.server.metrics_listen, 9153,
                 "where; [] is nowhere. Whoever reaches it may read");
  schema.List<AccessRule>(
      "access", options.resolver.access, DeclareAccessRule,
      "who is served: the first rule that matches; without a list, this machine and its networks");
  DeclareCookies(schema.Section("cookies", "DNS cookies for clients (RFC 7873)"), options.server.cookies);
  ConfigSchema& resolver = schema.Section("resolver", "how questions are resolved");
  DeclareUpstream(resolver, options.resolver);
  DeclareAnswers(resolver, options.resolver);
  DeclareClientLimits(resolver, options.resolver.clients);
  DeclareWorkLimits(resolver.Section("limits", "what one client query may cost"), options.resolver);
  DeclarePolicy(resolver, options.resolver);
  DeclareCache(resolver, options.resolver);
  DeclareDnssec(schema.Section("dnssec", "validation"));
  schema.List<LocalZoneOptions>("local-zones", options.resolver.zones.local_zones, DeclareLocalZone,
                                "zones answered from here");
  schema.List<UpstreamZoneOptions>("forward-zones", options.resolver.zones.forward_zones, DeclareUpstreamZone,
                                   "zones resolved by other resolvers");
  schema.List<UpstreamZoneOptions>("stub-zones", options.resolver.zones.stub_zones, DeclareUpstreamZone,
                                   "zones whose servers are named here");
}

// What no single option can know.
void CheckTogether(const ProgramOptions& options, const ConfigNode& document, Complaints& complaints) {
  const auto where = [&document](std::string_view section, std::string_view option) {
    const ConfigNode* node = document.Find(section);
    const ConfigNode* inner = node == nullptr ? nullptr : node->Find(option);
    return inner != nullptr ? inner->where : node != nullptr ? node->where : document.where;
  };
  const auto complain = [&complaints](TextPosition place, std::string text) {
    complaints.push_back({.where = std::move(place), .text = std::move(text)});
  };
  const ResolverOptions& resolver = options.resolver;
  if (options.server.listen.empty())
    complain(where("server", "listen"), "listen: at least one ADDRESS@PORT is needed");
  if (resolver.root_hints.empty())
    complain(where("resolver", "root-hints"), "root-hints: write builtin, or the path of a zone file");
  if (const std::optional<std::string> open = OpenByAccident(options))
    complain(where("server", "listen"), *open);
  if (!resolver.cache_file.empty() && resolver.cache_file.front() != '/' && options.server.state_dir.empty())
    complain(where("resolver", "cache-file"),
             "cache-file: give server.state-dir too, or a path from the root");
  for (const auto* zones : {&resolver.zones.forward_zones, &resolver.zones.stub_zones}) {
    for (const UpstreamZoneOptions& zone : *zones) {
      for (const Endpoint& server : zone.servers) {
        if (std::ranges::find(options.server.listen, server) == options.server.listen.end()) continue;
        complain(zone.where,
                 fmt::format("{} is to be asked of {}, where this server itself listens: it would "
                             "ask itself for ever",
                             zone.name.ToText(), server.ToText()));
      }
    }
  }
  if (!resolver.ipv4 && !resolver.ipv6) {
    complain(where("resolver", "ipv6"), "ipv4 and ipv6 are both false: no server could be asked");
  }
  const Duration answer_within = resolver.clients.answer_within;
  if (resolver.serve_stale && answer_within > Duration::zero() &&
      resolver.stale_client_timeout >= answer_within) {
    complain(where("resolver", "stale-client-timeout"),
             "stale-client-timeout is not below answer-within: stale answers would be made and not sent");
  }
  if (resolver.failure_ttl > resolver.failure_max_ttl) {
    complain(where("resolver", "failure-ttl"), "failure-ttl is above failure-max-ttl");
  }
  if (resolver.delegation_min_ttl_s > resolver.delegation_max_ttl_s) {
    complain(where("resolver", "delegation-min-ttl"),
             fmt::format("delegation-min-ttl {} is above delegation-max-ttl {}",
                         resolver.delegation_min_ttl_s, resolver.delegation_max_ttl_s));
  }
  if (resolver.cache_min_ttl_s > resolver.cache_max_ttl_s) {
    complain(where("resolver", "cache-min-ttl"),
             fmt::format("cache-min-ttl {} is above cache-max-ttl {}", resolver.cache_min_ttl_s,
                         resolver.cache_max_ttl_s));
  }
}

std::optional<ProgramOptions> FromDocument(const std::optional<ConfigNode>& document,
                                           Complaints& complaints) {
  if (!document) return std::nullopt;
  ProgramOptions options;
  ConfigSchema schema;
  Declare(schema, options);
  schema.Read(*document, complaints);
  options.access_given = document->Find("access") != nullptr;
  const ConfigNode* const server = document->Find("server");
  options.server.listen_given = server != nullptr && server->Find("listen") != nullptr;
  CheckTogether(options, *document, complaints);
  if (HasErrors(complaints)) return std::nullopt;
  return options;
}

void MakePathsAbsolute(ProgramOptions& options, const std::filesystem::path& folder) {
  const auto make_absolute = [&folder](std::string& path) {
    if (!path.empty()) path = (folder / path).lexically_normal().string();
  };
  make_absolute(options.server.state_dir);
  make_absolute(options.server.control_socket);
  make_absolute(options.server.cookies.secret_file);
  std::string& cache_file = options.resolver.cache_file;
  if (!cache_file.empty())
    cache_file = (std::filesystem::path(options.server.state_dir) / cache_file).string();
  if (options.resolver.root_hints != "builtin") make_absolute(options.resolver.root_hints);
  make_absolute(options.resolver.zones.hosts_file);
  for (LocalZoneOptions& zone : options.resolver.zones.local_zones) make_absolute(zone.file);
}

// Reads what the configuration names beside itself.
std::optional<ProgramOptions> WithZoneRules(std::optional<ProgramOptions> options, Complaints& complaints) {
  if (!options) return std::nullopt;
  options->resolver.zone_rules = ZoneRules::Build(options->resolver.zones, complaints);
  return HasErrors(complaints) ? std::nullopt : std::move(options);
}

}  // namespace

std::vector<Endpoint> LoopbackPort53() {
  return {{.address = IpAddress::Literal("127.0.0.1"), .port = 53},
          {.address = IpAddress::Literal("::1"), .port = 53}};
}

std::optional<ProgramOptions> ReadOptions(std::string_view text, const std::string& file_name,
                                          Complaints& complaints) {
  return WithZoneRules(FromDocument(ReadConfigText(text, file_name, complaints), complaints), complaints);
}

std::optional<ProgramOptions> ReadOptionsFile(const std::string& path, Complaints& complaints) {
  std::optional<ProgramOptions> options = FromDocument(ReadConfigFile(path, complaints), complaints);
  if (!options) return std::nullopt;
  MakePathsAbsolute(*options, std::filesystem::absolute(path).parent_path());
  options->resolver.cookies = ReadCookieSecrets(options->server.cookies, complaints);
  return WithZoneRules(std::move(options), complaints);
}

std::string PrintOptions(const ProgramOptions& options) {
  ProgramOptions copy = options;  // a schema binds variables it may write to
  ConfigSchema schema;
  Declare(schema, copy);
  return schema.Print(/*with_texts=*/true);
}

void AdmitNetworks(ProgramOptions& options, std::span<const Subnet> networks) {
  if (options.access_given) return;
  for (const Subnet& network : networks)
    options.resolver.access.push_back({.net = network, .action = AccessRule::Action::kAllow});
}

std::optional<std::string> OpenByAccident(const ProgramOptions& options) {
  if (options.access_given) return std::nullopt;
  const auto is_wildcard = [](const Endpoint& endpoint) {
    return std::ranges::all_of(endpoint.address.octets(), [](uint8_t octet) { return octet == 0; });
  };
  const auto open = std::ranges::find_if(options.server.listen, is_wildcard);
  if (open == options.server.listen.end()) return std::nullopt;
  return fmt::format(
      "listen {} takes queries on every address, but there is no access list; add one, for instance "
      "`access: [{{net: 192.0.2.0/24, action: allow}}]`, or listen on addresses of your own",
      open->ToText());
}

}  // namespace cairn
