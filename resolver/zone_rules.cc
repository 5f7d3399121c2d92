#include "resolver/zone_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/dns/case_folding.h"
#include "common/zone/label_path.h"
#include "fmt/format.h"
#include "resolver/hosts_file.h"
#include "resolver/local_zone_loader.h"
#include "resolver/special_use_zones.h"

namespace cairn {
namespace {

constexpr uint64_t kRootHash = 0xcbf29ce484222325;  // FNV-1a, one label after the other

uint64_t HashBelow(uint64_t parent, ByteView label) {
  constexpr uint64_t kPrime = 0x100000001b3;
  uint64_t hash = (parent ^ label.size()) * kPrime;
  for (const uint8_t octet : label) hash = (hash ^ ToLower(octet)) * kPrime;
  return hash;
}

}  // namespace

std::string_view ToText(LocalZoneKind kind) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"static", "transparent", "redirect", "nodata", "refuse", "drop"});
  return kWords[static_cast<size_t>(kind)];
}

std::string NamedServer::ToText() const { return fmt::format("{}@{}", name.ToText(), port); }

bool UpstreamZone::IsServer(NameView name) const {
  return std::ranges::any_of(named_servers,
                             [name](const NamedServer& server) { return server.name == name; });
}

// ---- Looking up

ZoneMatch ZoneRules::Match(NameView name) const {
  const LabelPath path(name);
  ZoneMatch match;
  uint64_t hash = kRootHash;
  for (int labels = 0; labels <= path.labels(); ++labels) {
    if (labels > 0) hash = HashBelow(hash, path.Label(labels));
    const auto found = nodes_.find(hash);
    if (found == nodes_.end()) return match;
    const Node& node = found->second;
    const NameView suffix = path.Suffix(labels);
    if (node.upstream && node.upstream->apex == suffix) match = {.upstream = node.upstream};
    if (node.local && node.local->apex == suffix) {
      match.local = node.local;
      if (node.local->kind != LocalZoneKind::kTransparent) match.upstream = nullptr;
    }
    if (labels == path.labels() && node.host && node.host->name == suffix) match.host = node.host;
  }
  return match;
}

ZoneMatch ZoneRules::MatchFor(NameView qname, RrType qtype) const {
  const ZoneMatch match = Match(qname);
  if (qtype != rr::kDs || qname.IsRoot()) return match;
  const bool of_local =
      match.local && match.local->kind == LocalZoneKind::kStatic && match.local->apex == qname;
  const bool of_stub = match.upstream && !match.upstream->recursive && match.upstream->apex == qname;
  return of_local || of_stub ? Match(qname.Parent()) : match;
}

std::vector<std::string> ZoneRules::UpstreamLines() const {
  std::vector<std::string> lines;
  for (const std::unique_ptr<UpstreamZone>& zone : upstreams_) {
    std::string line = fmt::format("{} {}", zone->apex.ToText(), zone->recursive ? "forward" : "stub");
    for (const Endpoint& server : zone->servers) line += " " + server.ToText();
    for (const NamedServer& server : zone->named_servers) line += " " + server.ToText();
    lines.push_back(std::move(line));
  }
  std::ranges::sort(lines);
  return lines;
}

Delegation DelegationTo(const UpstreamZone& zone) {
  Delegation delegation;
  delegation.kind = zone.recursive ? DelegationKind::kForward : DelegationKind::kStub;
  delegation.cut = zone.apex;
  delegation.configured = zone.servers;
  for (const NamedServer& server : zone.named_servers)
    delegation.servers.push_back({.name = server.name, .addresses = {}, .port = server.port});
  delegation.over_tcp = zone.over_tcp;
  delegation.fall_back = zone.fall_back;
  delegation.expires = Instant::max();
  return delegation;
}

// ---- Building

ZoneRules::Node& ZoneRules::NodeFor(NameView name) {
  const LabelPath path(name);
  uint64_t hash = kRootHash;
  for (int labels = 1; labels <= path.labels(); ++labels) {
    hash = HashBelow(hash, path.Label(labels));
    nodes_.try_emplace(hash);  // those above are on the way down
  }
  return nodes_[hash];
}

class ZoneRules::Builder {
 public:
  Builder(ZoneRules& rules, Complaints& complaints) : rules_(rules), complaints_(complaints) {}

  void AddLocal(const LocalZoneOptions& options) {
    LoadedLocalZone loaded = LoadLocalZone(options);
    std::ranges::move(loaded.complaints, std::back_inserter(complaints_));
    Node& node = rules_.NodeFor(options.name);
    if (node.local) return Twice(options.where, options.name, "a local zone");
    rules_.locals_.push_back(std::make_unique<LocalZone>(LocalZone{.apex = options.name,
                                                                   .kind = options.kind,
                                                                   .zone = std::move(loaded.zone),
                                                                   .source = "local-zones"}));
    node.local = rules_.locals_.back().get();
  }

  void AddUpstream(const UpstreamZoneOptions& options, bool recursive) {
    Node& node = rules_.NodeFor(options.name);
    if (node.upstream) return Twice(options.where, options.name, "a forward or stub zone");
    if (node.local && node.local->kind != LocalZoneKind::kTransparent) {
      return Complain(
          options.where,
          fmt::format("{} is a local zone of type {} too, which leaves nothing to ask; write `type: "
                      "transparent` there, or one of the two",
                      options.name.ToText(), ToText(node.local->kind)));
    }
    if (options.servers.empty() && options.named_servers.empty()) {
      return Complain(options.where, fmt::format("{} has no servers: at least one ADDRESS@PORT is needed",
                                                 options.name.ToText()));
    }
    rules_.upstreams_.push_back(
        std::make_unique<UpstreamZone>(UpstreamZone{.apex = options.name,
                                                    .recursive = recursive,
                                                    .servers = options.servers,
                                                    .named_servers = options.named_servers,
                                                    .over_tcp = options.over_tcp,
                                                    .fall_back = options.fall_back}));
    node.upstream = rules_.upstreams_.back().get();
  }

  // What people configure for the same name stands (RFC 6303 section 4).
  void AddSpecialUse() {
    for (const SpecialUseZone& special : SpecialUseZones()) {
      const Name apex = Name::Literal(special.name);
      Node& node = rules_.NodeFor(apex);
      if (node.local || node.upstream) continue;
      rules_.locals_.push_back(std::make_unique<LocalZone>(
          LocalZone{.apex = apex,
                    .kind = special.kind,
                    .zone = special.records.empty() ? nullptr : LoadBuiltIn(apex, special.records),
                    .source = fmt::format("special-use-zones, {}", special.rfc)}));
      node.local = rules_.locals_.back().get();
    }
  }

  void AddHosts(const std::string& path) {
    for (HostEntry& entry : ReadHostsFile(path, complaints_)) {
      rules_.hosts_.push_back(std::make_unique<HostEntry>(std::move(entry)));
      rules_.NodeFor(rules_.hosts_.back()->name).host = rules_.hosts_.back().get();
    }
  }

 private:
  void Complain(const TextPosition& where, std::string text) {
    complaints_.push_back({.where = where, .text = std::move(text)});
  }
  void Twice(const TextPosition& where, const Name& name, std::string_view what) {
    Complain(where, fmt::format("{} is {} already: write each name once", name.ToText(), what));
  }

  ZoneRules& rules_;
  Complaints& complaints_;
};

std::shared_ptr<const ZoneRules> ZoneRules::Build(const ZoneRuleOptions& options, Complaints& complaints) {
  auto rules = std::make_shared<ZoneRules>();
  rules->nodes_.try_emplace(kRootHash);
  Builder builder(*rules, complaints);
  for (const LocalZoneOptions& zone : options.local_zones) builder.AddLocal(zone);
  for (const UpstreamZoneOptions& zone : options.forward_zones) builder.AddUpstream(zone, true);
  for (const UpstreamZoneOptions& zone : options.stub_zones) builder.AddUpstream(zone, false);
  if (options.special_use_zones) builder.AddSpecialUse();
  if (!options.hosts_file.empty()) builder.AddHosts(options.hosts_file);
  if (HasErrors(complaints)) return nullptr;
  return rules;
}

}  // namespace cairn
