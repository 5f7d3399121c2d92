// The simulated Internet: zones as master file text, served by our own authority code on hosts of a SimWorld,
// some of which lie. What a text leaves out is filled in, so that a small world stays small:
//   - a zone without SOA gets one, and every record without TTL an hour;
//   - a zone without NS at its apex gets SERVER.APEX, with addresses, for each server it is on;
//   - a parent without NS at the cut gets the child's NS and, for those in-domain, glue (RFC 9471).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "authoritative/responder.h"
#include "common/dns/rrset.h"
#include "common/zone/zone.h"
#include "tests/sim/liars.h"
#include "tests/sim/sim_network.h"

namespace cairn::sim {

class SimServer {
 public:
  SimServer(SimWorld& world, SimHost& host);
  SimHost& host() { return host_; }
  const SimHost& host() const { return host_; }
  Liar& liar() { return liar_; }
  const Liar& liar() const { return liar_; }
  void SetZones(std::vector<std::shared_ptr<const Zone>> zones) {
    responder_.SetZones(ZoneSet::Of(std::move(zones)));
  }

 private:
  SimHost& host_;
  Responder responder_;
  Liar liar_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

struct ZonePlan {
  Name apex;
  std::string text{};  // as a master file with the apex as its origin
  std::vector<std::string> servers{};
  bool delegated = true;           // false: the parent knows nothing of it unless its own text says so
  std::string file{};              // instead of `text`, when not empty
  std::string text_name = "zone";  // what positions in complaints call the text
  uint32_t first_line = 1;         // where the text starts in there
};

// A zone as it was served for a while.
struct ZoneVersion {
  std::shared_ptr<const Zone> zone;
  Instant since{};
  Instant until = Instant::max();
};

class SimInternet {
 public:
  explicit SimInternet(uint64_t seed) : world_(seed) {}

  SimWorld& world() { return world_; }
  SimServer& AddServer(std::string name, std::vector<IpAddress> addresses);
  SimServer* ServerNamed(std::string_view name) const;
  const std::vector<std::unique_ptr<SimServer>>& servers() const { return servers_; }

  void AddZone(ZonePlan plan) { plans_.push_back(std::move(plan)); }
  // Completes, builds and serves all zones. The error lists complaints with their positions.
  absl::Status Start();

  // A change of one zone while the world runs: `edit` may do what it likes to the records.
  absl::Status Change(NameView apex, const std::function<void(std::vector<Record>&)>& edit);

  // All versions there have been of a zone, the present one last; empty when there is none of that name.
  const std::vector<ZoneVersion>& VersionsOf(NameView apex) const;
  const Zone* ZoneAt(NameView apex) const;
  // The servers a zone is on.
  std::vector<const SimServer*> ServersOf(NameView apex) const;
  const std::vector<Name>& apexes() const { return apexes_; }

 private:
  struct LiveZone {
    std::vector<std::string> servers;
    std::vector<Record> records;
    std::vector<ZoneVersion> versions;
    bool delegated = true;
  };
  absl::Status Read(const ZonePlan& plan);
  void CompleteApex(const Name& apex, LiveZone& zone);
  void CompleteParent(const Name& apex, const LiveZone& zone);
  absl::Status Build(const Name& apex, LiveZone& zone);
  void Serve();

  SimWorld world_;
  std::vector<std::unique_ptr<SimServer>> servers_;  // their listeners go before the world
  std::vector<ZonePlan> plans_;
  std::map<Name, LiveZone, NameLess> zones_;
  std::vector<Name> apexes_;
};

// A record as a line of text without the zone's help: "www.example. 300 A 192.0.2.1"; class and TTL may be
// left out.
absl::StatusOr<Record> RecordFromText(std::string_view line, NameView origin = NameView());

}  // namespace cairn::sim
