// What an operator may set of the resolver, as a plain value with the defaults of production (THREATS).
// Reading YAML into it is the program's work; tests and the simulator fill it in directly. One value serves
// all workers and is replaced whole by a reload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/net/endpoint.h"
#include "common/service/server_cookies.h"
#include "common/service/server_identity.h"
#include "resolver/cache.h"
#include "resolver/slist.h"
#include "resolver/work_budget.h"
#include "resolver/zone_rules.h"

namespace cairn {

// First match decides; what no rule matches is refused. Where no rule is written this machine is admitted,
// and by `serve` the networks it is attached to, so that nobody runs an open resolver by accident.
struct AccessRule {
  enum class Action : uint8_t {
    kAllow,
    kAllowSnoop,  // RD=0 as well: what the cache holds, which is what others asked (RFC 1034 section 4.3.1)
    kRefuse,
    kDrop,  // no answer at all
  };
  Subnet net;
  Action action = Action::kAllow;
  friend bool operator==(const AccessRule&, const AccessRule&) = default;
};
std::vector<AccessRule> LoopbackOnly();  // 127.0.0.0/8 and ::1; they may look into the cache
std::string_view ToText(AccessRule::Action action);

// How many clients may wait, and how long (client_table.h).
struct ClientLimits {
  size_t clients = 4096;               // waiting-clients, of all workers together
  size_t per_address = 200;            // waiting-per-client; an address is one of IPv4 or a /64 of IPv6
  size_t per_verified_address = 2000;  // waiting-with-cookie
  Duration slow = std::chrono::milliseconds(200);  // slow-client: who has waited that long may give way
  // answer-within: an answer over UDP that took longer is not sent. Answers which pile up and leave together
  // are a weapon against whoever the forged sources name (DNSBomb, CVE-2024-33655).
  Duration answer_within = std::chrono::milliseconds(1900);
};

// What rebinding_filter.h does.
struct RebindingOptions {
  bool on = false;  // the protocol knows no forbidden addresses; the sample configuration switches it on
  std::vector<Name> allow;  // names, with all below them, which may have inside addresses
};

// What a question for type ANY gets (RFC 8482): one HINFO record that says so, or whatever the servers of the
// name answer. A reflector's favourite question, so that the small answer is the default.
enum class AnyReply : uint8_t { kMinimal, kFull };

enum class QnameMinimisation : uint8_t { kOff, kRelaxed, kStrict };  // RFC 9156

struct ResolverOptions {
  // --- Clients (`access`, and under `resolver`)
  std::vector<AccessRule> access = LoopbackOnly();
  ClientLimits clients;
  uint16_t edns_buffer_size_octets = limits::kUdpPayloadOctets;  // offered and honoured, in both directions
  CookieOptions cookies;    // for clients (RFC 7873), with the secrets of their file
  ServerIdentity identity;  // NSID and the names of class CHAOS
  // A client over UDP is told SERVFAIL after that long, before it repeats its question or gives up; the
  // search goes on for the cache.
  uint32_t client_timeout_ms = 4500;
  bool minimal_responses = true;  // no authority or additional data which the client does not need
  AnyReply any = AnyReply::kMinimal;

  // --- Names that are answered or resolved by rules written here
  ZoneRuleOptions zones;
  RebindingOptions rebinding;
  // Made of `zones`, by who read the configuration; null: no rules at all.
  std::shared_ptr<const ZoneRules> zone_rules;

  // --- Upstream
  std::string root_hints = "builtin";  // or the path of a zone file with the root's NS and their addresses
  bool prime_root = true;              // RFC 9609
  bool ipv4 = true;
  bool ipv6 = true;
  uint16_t upstream_port = 53;  // labs without the right to port 53 use another
  bool query_loopback =
      false;  // ask servers on 127.0.0.0/8 and ::1: never on the open Internet, always in labs
  std::vector<Endpoint> own;       // where this program itself listens: it is not asked
  bool query_private = false;      // ask servers on RFC 1918, RFC 4193 and link-local addresses
  bool case_randomisation = true;  // 0x20: the reply must repeat a spelling drawn at random
  QnameMinimisation qname_minimisation = QnameMinimisation::kRelaxed;
  bool cookies_upstream = true;       // RFC 7873
  uint32_t fetches_per_zone = 200;    // that may wait in vain at one zone cut, of one worker
  uint32_t queries_per_server = 400;  // on their way to one address at the same time, of one worker
  std::vector<IpAddress> outgoing;    // addresses to ask from; empty: the system chooses
  size_t upstream_sockets = 1024;     // long-lived UDP sockets per family and worker, each on a random port

  // --- Work (THREATS section 1)
  WorkLimits limits;                             // of one client query
  Duration query_time = kQueryWallClock;         // until all work for one client query ends
  Duration tcp_retry = std::chrono::seconds(2);  // after a connection to a server failed

  // --- Cache
  size_t cache_size_octets = size_t{256} << 20;
  uint32_t cache_min_ttl_s = 0;
  uint32_t cache_max_ttl_s = 86400;          // a day (RFC 8767 section 4 allows up to a week)
  uint32_t cache_max_negative_ttl_s = 3600;  // RFC 2308 section 5 suggests one to three hours
  uint32_t cache_max_rrset_records = limits::kMaxRrsetRecords;
  uint32_t cache_max_types = limits::kMaxTypesPerName;
  std::string cache_file;                          // written at the end, read at the start; empty: none
  Duration failure_ttl = std::chrono::seconds(5);  // RFC 9520 section 3.2: at least 1 s, at most 5 minutes
  Duration failure_max_ttl = std::chrono::seconds(300);
  size_t delegations_size_octets = size_t{32} << 20;
  uint32_t delegation_min_ttl_s = 60;  // below it each question would walk from the parent again
  uint32_t delegation_max_ttl_s = 86400;
  NxDomainCut nxdomain_cut = NxDomainCut::kSecure;
  bool prefetch = false;  // fetch anew what is asked for and about to expire
  // RFC 8767: off, because an operator should know when clients may get what is no longer so. The numbers are
  // those of its section 5: the client timer lies below the two seconds of most stubs.
  bool serve_stale = false;
  Duration stale_client_timeout = std::chrono::milliseconds(1800);
  uint32_t stale_reply_ttl_s = 30;
  uint32_t stale_max_age_s = 86400;

  WorkTerms work_terms() const { return work_terms(query_time); }
  WorkTerms work_terms(Duration patience) const {
    return {.limits = limits, .wall_clock = query_time, .patience = patience};
  }
  // The part of these that says which servers may be asked.
  Slist::Options slist_options() const {
    return {.ipv4 = ipv4,
            .ipv6 = ipv6,
            .port = upstream_port,
            .query_loopback = query_loopback,
            .query_private = query_private,
            .own = &own};
  }
};

}  // namespace cairn
