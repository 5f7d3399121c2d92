// What the configuration says of names: zones answered here (`local-zones`, special-use names), zones whose
// servers are named here (`stub-zones`), zones which other resolvers resolve (`forward-zones`), and the names
// of the hosts file. One index holds them all, because the longest match decides whatever its kind: a stub
// zone below a forward zone is asked as a stub zone, a special-use name below neither (RFC 6303 section 4).
// Immutable: a reload builds the next one beside it, and the workers share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/complaint.h"
#include "common/dns/message.h"
#include "common/dns/name.h"
#include "common/net/endpoint.h"
#include "common/zone/zone.h"
#include "resolver/delegation_store.h"

namespace cairn {

enum class LocalZoneKind : uint8_t {
  kStatic,       // what its records do not hold does not exist
  kTransparent,  // names without records here are resolved as if there were no such zone
  kRedirect,     // every name at or below it has the records of the apex
  kNoData,       // every name exists, and has nothing
  kRefuse,       // REFUSED
  kDrop,         // no answer at all
};
std::string_view ToText(LocalZoneKind kind);  // as the configuration has it: "static"

// ---- As an operator writes it

struct ConfiguredRecord {
  std::string text;  // a line of a zone file
  TextPosition where;
};

struct LocalZoneOptions {
  Name name;
  LocalZoneKind kind = LocalZoneKind::kStatic;
  std::vector<ConfiguredRecord> records;
  std::string file;  // a zone file with more; empty: none
  TextPosition where;
};

// A server that is not named by its address: the resolver finds that when it needs it.
struct NamedServer {
  Name name;
  uint16_t port = 53;
  std::string ToText() const;  // "dns.corp.example.@53"
  friend bool operator==(const NamedServer&, const NamedServer&) = default;
};

// A forward or a stub zone.
struct UpstreamZoneOptions {
  Name name;
  std::vector<Endpoint> servers;
  std::vector<NamedServer> named_servers{};
  bool over_tcp = false;
  bool fall_back = false;  // to resolving from the root when none of the servers helps
  TextPosition where;
};

struct ZoneRuleOptions {
  std::vector<LocalZoneOptions> local_zones{};
  std::vector<UpstreamZoneOptions> forward_zones{};
  std::vector<UpstreamZoneOptions> stub_zones{};
  bool special_use_zones = true;  // special_use_zones.h
  std::string hosts_file{};       // empty: none
};

// ---- As the resolver asks it

struct LocalZone {
  Name apex;
  LocalZoneKind kind = LocalZoneKind::kStatic;
  std::shared_ptr<const Zone> zone;  // null: no records but the SOA and NS that RFC 6303 section 3 gives
  std::string source;                // for people: "local-zones", "special-use zones, RFC 8375"
};

struct UpstreamZone {
  Name apex;
  bool recursive = false;  // a forward zone: its servers are asked with RD, and do the work
  std::vector<Endpoint> servers;
  std::vector<NamedServer> named_servers{};
  bool over_tcp = false;
  bool fall_back = false;

  // Nobody can be asked for the address that is needed to ask him.
  bool IsServer(NameView name) const;
};

struct HostEntry {
  Name name;
  std::vector<IpAddress> addresses;
  std::vector<Name> pointers;  // of a reverse name: what PTR answers
};

// What holds for one name. All null: it is resolved from the root. With a transparent local zone, or an entry
// of the hosts file, others may be set: what the first does not hold is asked of the next.
struct ZoneMatch {
  const HostEntry* host = nullptr;
  const LocalZone* local = nullptr;
  const UpstreamZone* upstream = nullptr;
  // Whether something written here may answer.
  bool may_answer() const { return host || local; }
  friend bool operator==(const ZoneMatch&, const ZoneMatch&) = default;
};

// The zone as the walk from cut to cut takes it. In the trace its servers bear its name.
Delegation DelegationTo(const UpstreamZone& zone);

class ZoneRules {
 public:
  // Reads the zone files and the hosts file that `options` names. Null when `complaints` has errors.
  static std::shared_ptr<const ZoneRules> Build(const ZoneRuleOptions& options, Complaints& complaints);

  // Cheap enough for every query: a walk from the root to the first label that no configured name has.
  ZoneMatch Match(NameView name) const;
  // DS of a zone's apex belongs to the zone above (RFC 4035 section 3.1.4.1), so that nobody who validates
  // takes our word for what the parent denies; but a zone that blocks, blocks its own DS too.
  ZoneMatch MatchFor(NameView qname, RrType qtype) const;
  const std::vector<std::unique_ptr<LocalZone>>& local_zones() const { return locals_; }
  // Whom names below each forward and stub zone are asked of: sorted, a line a zone, which begins with its
  // apex. What was learnt under other lines may not be true any more.
  std::vector<std::string> UpstreamLines() const;

 private:
  class Builder;
  // A name of the configuration, or one above such a name.
  struct Node {
    const LocalZone* local = nullptr;
    const UpstreamZone* upstream = nullptr;
    const HostEntry* host = nullptr;
  };
  Node& NodeFor(NameView name);

  // By the hash of the labels from the root down. Strangers look up, but only operators put in, so the hash
  // needs no key; that it was the name itself is compared where something is found.
  absl::flat_hash_map<uint64_t, Node> nodes_;
  std::vector<std::unique_ptr<LocalZone>> locals_;
  std::vector<std::unique_ptr<UpstreamZone>> upstreams_;
  std::vector<std::unique_ptr<HostEntry>> hosts_;
};

}  // namespace cairn
