// Zones are drawn from the root down, so that each depends only on those drawn before: no cycle of glueless
// delegations can come about by accident.
#include "tests/sim/random_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "common/base/random.h"
#include "tests/sim/oracle.h"

namespace cairn::sim {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMostZones = 24;
constexpr size_t kMostDepth = 5;
// Servers whose names lie in zones whose servers' names lie in ...: a resolver may give up at 7 (THREATS
// section 1).
constexpr int kMostDetours = 2;
// Chains this long are answered; up to the limit itself would test the limit, which has tests of its own.
constexpr int kMostAliases = 8;

// A server may be difficult and yet be a good one.
constexpr Lie kDifficulties[] = {Lie::kTruncating, Lie::kEdnsFormErr, Lie::kEdnsNotImp,
                                 Lie::kNoEdns,     Lie::kFoldsCase,   Lie::kSpoofed};
// Not kSidewaysReferral: a server may cut up its own zone as it likes, and a name below such a cut is lost.
constexpr Lie kLies[] = {Lie::kSilent,  Lie::kRefused,    Lie::kServFail,       Lie::kFormErr,
                         Lie::kNotImp,  Lie::kEmpty,      Lie::kUpwardReferral, Lie::kWrongId,
                         Lie::kGarbage, Lie::kEdnsSilent, Lie::kWrongQuestion,  Lie::kNotAuthoritative};

struct DrawnZone {
  Name apex;
  std::vector<std::string> servers;
  std::string text;
  std::vector<std::string> owners;  // absolute, of all names drawn
  size_t depth = 0;
  int detours = 0;  // glueless delegations on the way to it
  size_t parent = 0;
};

class Drawing {
 public:
  explicit Drawing(uint64_t seed)
      : random_(NewSeededRandom(seed ^ 0xca12)), internet_(std::make_unique<SimInternet>(seed)) {}

  RandomWorld Finish() {
    DrawTree();
    for (DrawnZone& zone : zones_) DrawData(zone);
    for (DrawnZone& zone : zones_) DrawAliases(zone);
    RandomWorld world;
    for (const DrawnZone& zone : zones_) {
      world.description += fmt::format("{} on", zone.apex.ToText());
      for (const std::string& server : zone.servers) world.description += " " + Describe(server);
      world.description += "\n";
      internet_->AddZone({.apex = zone.apex, .text = zone.text, .servers = zone.servers});
    }
    if (const absl::Status started = internet_->Start(); !started.ok()) {
      std::cerr << "a drawn zone is not one: " << started.ToString() << '\n';
      std::abort();
    }
    DrawFaults();
    world.questions = DrawQuestions();
    world.internet = std::move(internet_);
    return world;
  }

 private:
  uint64_t Below(uint64_t bound) { return random_->Below(bound); }
  bool Chance(int percent) { return Below(100) < static_cast<uint64_t>(percent); }
  template <typename T>
  const T& OneOf(const std::vector<T>& all) {
    return all[Below(all.size())];
  }

  // ---- Zones and their servers

  void DrawTree() {
    zones_.push_back({.apex = Name(), .servers = {}, .text = {}, .owners = {}});
    DrawServers(zones_[0]);
    const size_t wanted = 3 + Below(kMostZones - 3);
    for (size_t tries = 0; tries < 4 * wanted && zones_.size() < wanted; ++tries) {
      const size_t parent = Below(zones_.size());
      if (zones_[parent].depth == kMostDepth) continue;
      DrawZone(parent);
    }
  }

  void DrawZone(size_t parent) {
    // Sometimes two labels at once: an empty non-terminal above the cut.
    std::string label = fmt::format("z{}", zones_.size());
    if (Chance(15)) label += ".deep";
    const Name apex = Name::FromText(label, zones_[parent].apex).value();
    DrawnZone zone{.apex = apex, .servers = {}, .text = {}, .owners = {}};
    zone.depth = zones_[parent].depth + 1;
    zone.detours = zones_[parent].detours;
    zone.parent = parent;
    DrawServers(zone);
    if (Chance(35)) NameServersElsewhere(zone);
    zones_.push_back(std::move(zone));
  }

  void DrawServers(DrawnZone& zone) {
    zone.servers.push_back(Chance(20) && !good_servers_.empty() ? OneOf(good_servers_) : AddServer(true));
    for (uint64_t more = Below(4); more > 0; --more) {
      const std::string name =
          Chance(30) && !good_servers_.empty() ? OneOf(good_servers_) : AddServer(Chance(65));
      if (std::count(zone.servers.begin(), zone.servers.end(), name) == 0) zone.servers.push_back(name);
    }
  }

  std::string AddServer(bool good) {
    const size_t number = internet_->servers().size();
    const uint8_t octets[] = {11, 1, static_cast<uint8_t>(number / 200),
                              static_cast<uint8_t>(number % 200 + 1)};
    std::vector<IpAddress> addresses = {IpAddress::V4(octets)};
    if (Chance(25)) addresses.push_back(IpAddress::Literal(fmt::format("2001:db8::{:x}", number + 1)));
    const std::string name = fmt::format("s{}", number);
    SimServer& server = internet_->AddServer(name, std::move(addresses));
    if (good) {
      good_servers_.push_back(name);
      if (Chance(15)) server.liar().SetLies({kDifficulties[Below(std::size(kDifficulties))]}, {});
    } else {
      server.liar().SetLies({kLies[Below(std::size(kLies))]}, {});
    }
    return name;
  }

  // The names of the servers lie in a zone drawn before, where they have their addresses.
  void NameServersElsewhere(DrawnZone& zone) {
    DrawnZone& home = zones_[Below(zones_.size())];
    if (std::max(zone.detours, home.detours) >= kMostDetours) return;
    zone.detours = std::max(zone.detours, home.detours) + 1;
    for (const std::string& server : zone.servers) {
      const std::string name = fmt::format("for-z{}-{}", zones_.size(), server);
      const std::string absolute = Name::FromText(name, home.apex).value().ToText();
      zone.text += fmt::format("@ NS {}\n", absolute);
      for (const IpAddress& address : internet_->ServerNamed(server)->host().addresses()) {
        home.text += fmt::format("{} {} {}\n", absolute, address.is_v6() ? "AAAA" : "A", address.ToText());
      }
    }
  }

  std::string Describe(const std::string& name) const {
    for (const LieInfo& info : Lies()) {
      if (internet_->ServerNamed(name)->liar().Tells(info.lie))
        return fmt::format("{} ({})", name, info.word);
    }
    return name;
  }

  // ---- What the zones hold

  std::string DrawTtl() {
    static const std::vector<std::string> kTtls = {"0", "1", "5", "60", "3600", "86400"};
    return OneOf(kTtls);
  }

  static std::string Below(const std::string& label, const DrawnZone& zone) {
    return Name::FromText(label, zone.apex).value().ToText();
  }
  static void AddOwner(DrawnZone& zone, const std::string& relative) {
    zone.owners.push_back(Below(relative, zone));
  }

  void DrawData(DrawnZone& zone) {
    const uint64_t names = 1 + Below(5);
    for (uint64_t i = 0; i < names; ++i) {
      std::string owner = fmt::format("w{}", i);
      if (Chance(25)) owner += ".under.ent";
      const std::string ttl = DrawTtl();  // one for the set (RFC 2181 section 5.2)
      for (uint64_t records = 1 + Below(3); records > 0; --records) {
        zone.text += fmt::format("{} {} A 192.0.2.{}\n", owner, ttl, Below(256));
      }
      if (Chance(30)) zone.text += fmt::format("{} {} AAAA 2001:db8::{:x}\n", owner, DrawTtl(), Below(65536));
      if (Chance(30))
        zone.text += fmt::format("{} {} TXT \"{}\"\n", owner, DrawTtl(), std::string(Below(200), 't'));
      if (Chance(5)) DrawLargeSet(zone, owner);
      AddOwner(zone, owner);
    }
    if (Chance(30)) {
      const std::string owner = Chance(50) ? "*" : "*.wild";
      zone.text += fmt::format("{} {} A 192.0.2.200\n", owner, DrawTtl());
      AddOwner(zone, owner == "*" ? "any" : "any.wild");
    }
  }

  // More than a datagram holds.
  void DrawLargeSet(DrawnZone& zone, const std::string& owner) {
    for (int i = 0; i < 12; ++i)
      zone.text += fmt::format("{} 60 MX {} mail{}.{}\n", owner, i, i, std::string(60, 'm'));
  }

  void DrawAliases(DrawnZone& zone) {
    for (uint64_t aliases = Below(4); aliases > 0; --aliases) {
      const DrawnZone& target_zone = OneOf(zones_);
      if (target_zone.owners.empty()) continue;
      const std::string target = Chance(85) ? OneOf(target_zone.owners) : Below("nowhere", target_zone);
      const std::string owner = fmt::format("c{}", aliases);
      zone.text += fmt::format("{} {} CNAME {}\n", owner, DrawTtl(), target);
      AddOwner(zone, owner);
    }
    if (!Chance(20)) return;
    zone.text += fmt::format("dn {} DNAME {}\n", DrawTtl(), OneOf(zones_).apex.ToText());
    AddOwner(zone, "w0.dn");
    AddOwner(zone, "dn");
  }

  // ---- Chance on the wire, and questions

  void DrawFaults() {
    SimWorld& world = internet_->world();
    PathPolicy path;
    path.delay = milliseconds(1 + Below(60));
    path.jitter = milliseconds(Below(30));
    if (Chance(60)) path.loss = static_cast<double>(Below(20)) / 100;
    if (Chance(30)) path.duplicate = static_cast<double>(Below(10)) / 100;
    if (Chance(30)) path.held_back = static_cast<double>(Below(20)) / 100;
    world.SetDefaultPath(path);
    for (const auto& server : internet_->servers()) server->host().down = Chance(8);
  }

  std::vector<Question> DrawQuestions() {
    static const std::vector<RrType> kTypes = {rr::kA,  rr::kA,   rr::kA,  rr::kAaaa,  rr::kTxt,     rr::kMx,
                                               rr::kNs, rr::kSoa, rr::kDs, rr::kCname, RrType{65280}};
    const Oracle oracle(*internet_);
    std::vector<Question> questions;
    for (const DrawnZone& zone : zones_) {
      std::vector<std::string> names = {zone.apex.ToText(), Below("no-such-name", zone)};
      names.insert(names.end(), zone.owners.begin(), zone.owners.end());
      for (const std::string& name : names) {
        if (!Chance(40)) continue;
        Question question{.qname = Name::Literal(name), .qtype = OneOf(kTypes)};
        if (oracle.Ask(question).aliases <= kMostAliases) questions.push_back(std::move(question));
      }
    }
    return questions;
  }

  std::unique_ptr<Random> random_;
  std::unique_ptr<SimInternet> internet_;
  std::vector<DrawnZone> zones_;
  std::vector<std::string> good_servers_;
};

}  // namespace

RandomWorld DrawWorld(uint64_t seed) { return Drawing(seed).Finish(); }

}  // namespace cairn::sim
