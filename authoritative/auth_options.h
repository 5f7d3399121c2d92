// What an operator may ask of cairn-auth: its configuration file, and the words of the command line that
// replace parts of it. One declaration (DeclareAuthOptions) reads the file, prints the effective
// configuration and tells which words exist.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authoritative/answer_cache.h"
#include "authoritative/compose.h"
#include "authoritative/rate_limit.h"
#include "common/base/complaint.h"
#include "common/dns/name.h"
#include "common/net/endpoint.h"
#include "common/net/tcp_limits.h"
#include "common/service/edge_options.h"
#include "common/service/log.h"
#include "common/zone/zonemd.h"

namespace cairn {

struct TransferRule {
  Subnet net;
};

enum class ZoneRole : uint8_t { kPrimary };

struct ZoneOptions {
  Name name;
  std::string file;
  ZoneRole role = ZoneRole::kPrimary;
  std::optional<ZonemdPolicy> zonemd;  // AuthOptions::zonemd where the zone says nothing
  std::vector<TransferRule> transfer;  // who may have the whole zone; nobody when empty
  std::string template_name;           // the template it started from; empty: none
  bool listed = false;                 // one by one in the configuration, not in a folder or a list of zones
  TextPosition where;
};

// What zones have in common: a zone starts from the options of its template and says what differs. The "%s"
// of its file stands for the zone's name (zone_files.h).
struct ZoneTemplate {
  std::string name;
  ZoneOptions zone;
  TextPosition where;
};

// A file that lists zones, and the template of them all.
struct ZoneList {
  std::string file;
  std::string template_name;
  TextPosition where;
};

struct AuthOptions {
  std::vector<Endpoint> listen;  // 0.0.0.0@53 and ::@53 unless something is said
  bool listen_given = false;     // otherwise an address which this system lacks is passed over
  uint32_t threads = 0;          // 0: one a processor
  std::string user;
  TextPosition user_where;
  std::string state_dir = "/var/lib/cairn-auth";  // nothing is kept there yet
  std::string control_socket;                     // empty: none
  TextPosition control_socket_where;
  LogLevel log_level = LogLevel::kInfo;
  AnyAnswer any = AnyAnswer::kMinimal;
  ZonemdPolicy zonemd = ZonemdPolicy::kOff;
  TcpLimits tcp;
  ServerIdentity identity;
  RateLimitOptions rate_limit;
  CookieSettings cookie_settings;
  CookieOptions cookies;                                   // with the secrets of its file
  size_t answer_cache_octets = AnswerCache::kUsualOctets;  // of each worker
  size_t zone_memory_octets = 0;                           // that all zones may take; 0: no limit of ours
  std::vector<Endpoint> metrics_listen;                    // over HTTP; nowhere when empty
  std::string zones_dir;  // each WORD.zone in it is the file of a zone (zone_files.h)
  TextPosition zones_dir_where;
  std::vector<ZoneTemplate> templates;
  std::vector<ZoneList> zone_lists;
  std::vector<ZoneOptions> zones;  // all: those listed one by one, then those of lists, of the folder and of
                                   // the command line

  // The template of zones that name none.
  static constexpr std::string_view kDefaultTemplate = "default";
  // Where `ctl` looks unless it is told.
  static constexpr const char* kUsualControlSocket = "/run/cairn-auth/control";
};

// What stands on the command line of `serve`.
struct AuthArguments {
  std::string config_file;
  std::vector<Endpoint> listen;    // instead of the file's
  std::vector<ZoneOptions> zones;  // besides the file's
  std::string zones_dir;           // instead of the file's
};

// The configuration as a whole, with the zones of zones-dir and zone-lists found and every path made absolute
// (relative ones start at the configuration file's folder). nullopt, and at least one error, when anything in
// it is wrong.
std::optional<AuthOptions> ReadAuthOptions(const AuthArguments& arguments, Complaints& complaints);

// What only this machine can tell before the server starts: zone files and folders that cannot be read, a
// user it does not know.
void CheckAgainstSystem(const AuthOptions& options, Complaints& complaints);

// As YAML, with the defaults; zones of folders and lists stay there.
std::string PrintAuthOptions(const AuthOptions& options);

}  // namespace cairn
