#include "common/service/edge_options.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

namespace cairn {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr size_t kSecretDigits = 32;
constexpr size_t kMostSecrets = 8;
constexpr mode_t kForbiddenModes = S_IWGRP | S_IXGRP | S_IRWXO;

// Sixteen hexadecimal digits as the octets of a SipHash key lie in memory: the first is the lowest.
std::optional<uint64_t> HalfKey(std::string_view digits) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return __builtin_bswap64(number);
}

std::optional<SipKey> ReadSecret(std::string_view text) {
  if (text.size() != kSecretDigits) return std::nullopt;
  const std::optional<uint64_t> k0 = HalfKey(text.substr(0, 16));
  const std::optional<uint64_t> k1 = HalfKey(text.substr(16));
  if (!k0 || !k1) return std::nullopt;
  return SipKey{.k0 = *k0, .k1 = *k1};
}

// A line without comment and blanks.
std::string_view Content(std::string_view line) {
  line = line.substr(0, line.find_first_of("#;"));
  const size_t first = line.find_first_not_of(" \t\r");
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

void Complain(Complaints& complaints, TextPosition where, std::string text) {
  complaints.push_back({.severity = Severity::kError, .where = std::move(where), .text = std::move(text)});
}

}  // namespace

void DeclareTcp(ConfigSchema& schema, TcpLimits& limits) {
  schema.Number<size_t>("connections", limits.connections, 1, 65536, "TCP connections of clients, in all");
  schema.Number<size_t>("connections-per-address", limits.connections_per_address, 1, 65536,
                        "of them those of one IPv4 address, or of one IPv6 /64");
  schema.Time("idle", limits.idle, milliseconds(100), hours(1), "how long a connection may be silent");
  schema.Time("idle-under-load", limits.idle_under_load, milliseconds(100), hours(1),
              "the same when 80 % of the connections are taken");
  schema.Time("message", limits.message, milliseconds(100), hours(1),
              "from the first octet of a query to its last");
  schema.Number<size_t>("queries-in-flight", limits.queries_in_flight, 1, 65536,
                        "unanswered queries of a connection, then its reading pauses");
  schema.Octets("unsent", limits.unsent_octets, 65536, size_t{1} << 30,
                "answers a client has not taken, then its reading pauses");
  schema.Time("stalled", limits.stalled, milliseconds(100), hours(1),
              "how long a client may take nothing of its answers");
  schema.Number<size_t>("least-rate", limits.least_octets_per_second, 0, 1 << 20,
                        "octets a second it must take after that time");
}

void DeclareIdentity(ConfigSchema& server, ServerIdentity& identity) {
  server.Text("identity", identity.identity,
              "which server this is: told by NSID, id.server and hostname.bind; empty: not told",
              ResponseOpt::kMaxNsidOctets);
  server.Text("version", identity.version, "told by version.server and version.bind; empty: not told",
              ResponseOpt::kMaxNsidOctets);
}

void DeclareCookies(ConfigSchema& schema, CookieSettings& settings) {
  schema.Place(settings.where);
  schema.Flag("enabled", settings.enabled, "give cookies to clients (RFC 7873)");
  schema.Flag("require", settings.require, "no data over UDP to clients that show none");
  schema.Text("secret-file", settings.secret_file,
              "secrets shared by the servers of an anycast address; empty: drawn, another each day");
}

CookieOptions ReadCookieSecrets(const CookieSettings& settings, Complaints& complaints) {
  CookieOptions options{.enabled = settings.enabled, .require = settings.require, .secrets = {}, .seed = {}};
  if (settings.require && !settings.enabled)
    Complain(complaints, settings.where, "require: cookies are required, but not enabled");
  if (settings.secret_file.empty() || !settings.enabled) return options;
  std::ifstream file(settings.secret_file);
  struct stat status{};
  if (!file || stat(settings.secret_file.c_str(), &status) != 0) {
    Complain(complaints, settings.where,
             fmt::format("secret-file: cannot read {}: {}", settings.secret_file, std::strerror(errno)));
    return options;
  }
  if ((status.st_mode & kForbiddenModes) != 0) {
    Complain(complaints, settings.where,
             fmt::format("secret-file: others may use {}: chmod 640 it, or 600", settings.secret_file));
    return options;
  }
  std::string line;
  bool all_good = true;
  for (uint32_t number = 1; std::getline(file, line); ++number) {
    const std::string_view text = Content(line);
    if (text.empty()) continue;
    const std::optional<SipKey> secret = ReadSecret(text);
    if (secret && options.secrets.size() < kMostSecrets) {
      options.secrets.push_back(*secret);
      continue;
    }
    // The text is not shown: it may be a secret with a slip of the hand.
    Complain(complaints, {.file = settings.secret_file, .line = number, .column = 1},
             secret ? fmt::format("more than {} secrets", kMostSecrets)
                    : "expected a secret of 32 hexadecimal digits");
    all_good = false;
  }
  if (options.secrets.empty() && all_good) {
    Complain(complaints, {.file = settings.secret_file},
             "no secret in this file: write 32 hexadecimal digits");
  }
  return options;
}

}  // namespace cairn
