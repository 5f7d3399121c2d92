// What an operator may ask of cairn-auth: its configuration file, and the words of the command line that
// replace parts of it. One declaration (DeclareAuthOptions) reads the file, prints the effective
// configuration and tells which words exist.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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
  TextPosition where;
};

struct AuthOptions {
  std::vector<Endpoint> listen;  // 0.0.0.0@53 and ::@53 unless something is said
  uint32_t threads = 0;          // 0: one a processor
  std::string user;
  std::string state_dir = "/var/lib/cairn-auth";
  std::string control_socket;  // empty: none
  LogLevel log_level = LogLevel::kInfo;
  AnyAnswer any = AnyAnswer::kMinimal;
  ZonemdPolicy zonemd = ZonemdPolicy::kOff;
  TcpLimits tcp;
  ServerIdentity identity;
  RateLimitOptions rate_limit;
  CookieSettings cookie_settings;
  CookieOptions cookies;  // with the secrets of its file
  std::string zones_dir;  // each NAME.zone in it is the file of zone NAME
  std::vector<ZoneOptions> zones;

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

// The configuration as a whole, with the zones of zones-dir found and every path made absolute (relative ones
// start at the configuration file's folder). nullopt, and at least one error, when anything in it is wrong.
std::optional<AuthOptions> ReadAuthOptions(const AuthArguments& arguments, Complaints& complaints);

// As YAML, with the defaults.
std::string PrintAuthOptions(const AuthOptions& options);

}  // namespace cairn
