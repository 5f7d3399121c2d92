// What a resolution can tell about itself: one plain struct per kind of event. An event
// is a fact with small typed fields, never prose about it; the views (tree.h, json.h) turn facts into text.
// Each kind has one row in event_table.h, which names it and its fields for every view and for the published
// schema. To add a kind: a struct here, its name in EventBody, its row in event_table.h, its line in tree.cc;
// the unit test then says how packaging/schema/trace.schema.json must change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/dns/message.h"
#include "common/dns/name.h"
#include "common/dns/rrset.h"
#include "common/dns/types.h"
#include "common/net/endpoint.h"

namespace cairn::trace {

enum class Transport : uint8_t { kUdp, kTcp };

// Why a question is resolved that no client asked. (ClientQuery and ServerAddressWanted speak for theirs.)
enum class Purpose : uint8_t { kPriming, kOperator };

enum class CacheOutcome : uint8_t { kMiss, kHit, kNoData, kNxDomain, kFailure, kAlias };

// Where the servers of a zone cut were learnt.
enum class CutSource : uint8_t { kHints, kPrimed, kDelegation, kReferral, kForwardZone, kStubZone };

// Why this query leaves now.
enum class Attempt : uint8_t {
  kFirst,
  kRetry,
  kNextServer,
  kOverTcp,
  kWithoutEdns,
  kProbe,   // to see how fast another server is; nobody waits
  kHedge,   // the reply of the one asked is late: the next best, as well
  kRepeat,  // the same query, octet for octet, to the same server
};

// What a reply is (RFC 1034 section 5.3.3 step 4).
enum class Verdict : uint8_t {
  kAnswer,
  kAlias,
  kReferral,
  kNoData,
  kNxDomain,
  kLame,
  kUseless,
  kTruncated,
};

enum class CandidateState : uint8_t { kUntried, kKnown, kBackedOff, kLame, kNoAddress };

enum class StoredAs : uint8_t { kRrset, kDelegation, kNoData, kNxDomain, kFailure };

// Which part of the configuration spoke.
enum class PolicyKind : uint8_t { kLocalData, kRebindingFilter };

// How a server is asked the same question once more.
enum class Manner : uint8_t { kOverTcp, kOverUdp, kWithItsCookie, kWithoutCookie };

// What a server does to every query, and is remembered of it.
enum class Habit : uint8_t { kNoEdns, kNoCookies, kFoldsCase, kTruncatesNeedlessly };

// What would have gone round for ever.
enum class LoopKind : uint8_t { kServerAddress, kAlias };

// ---- The client and what we decide about it before any work

struct ClientQuery {
  Question question{};
  Endpoint client{};
  Transport transport = Transport::kUdp;
  bool recursion_desired = true;
  bool checking_disabled = false;
  bool dnssec_ok = false;
  uint16_t udp_payload_octets = 0;  // 0: the query had no EDNS
};

struct AccessDecided {
  IpAddress client{};
  std::string rule{};  // the entry of the access list: "127.0.0.0/8", or "no entry matches"
  bool allowed = false;
};

// What the configuration says of a name: a local zone, a special-use name, the hosts file, or the filter
// against rebinding. (Forward and stub zones are zone cuts.)
struct PolicyApplied {
  Name name{};
  PolicyKind kind = PolicyKind::kLocalData;
  std::string rule{};    // "home.arpa. static (special-use-zones, RFC 8375)"
  std::string effect{};  // "answered here: no such name"
};

// ---- One question being resolved

struct ResolutionStarted {
  Question question{};
  Purpose purpose = Purpose::kOperator;
};

struct ResolutionJoined {
  Question question{};   // somebody asks the same already: we wait for that answer (RFC 5452 section 5)
  uint32_t waiting = 0;  // askers, this one included
};

struct CacheProbed {
  Question question{};
  CacheOutcome outcome = CacheOutcome::kMiss;
  Ttl ttl_left{};
  Duration age{};
  std::string rank{};                 // trust, in words: "authoritative answer"
  std::optional<IpAddress> filler{};  // the server who told us
};

// A client's question found an answer about to expire, which is fetched anew while the client already has
// it.
struct RefreshWanted {
  Question question{};
  Ttl ttl_left{};
  bool started = true;  // false: too many are under way
};

struct ZoneCutPicked {
  Name zone{};
  CutSource source = CutSource::kHints;
  uint32_t servers = 0;    // name server names
  uint32_t addresses = 0;  // of them known now
};

struct AliasFollowed {
  Name owner{};
  RrType type = rr::kCname;  // CNAME or DNAME
  Name target{};
  uint32_t links = 0;  // of this chain so far
};

struct NameMinimised {
  Name shown{};          // a name between the zone and the one asked for (RFC 9156)
  std::string reason{};  // what was said about it, and what follows
};

// ---- Servers

struct Candidate {
  Name server{};
  std::optional<Endpoint> endpoint{};
  CandidateState state = CandidateState::kUntried;
  std::optional<Duration> smoothed_rtt{};  // absent when never measured
  std::optional<Duration> rtt_variation{};
  Duration score{};       // expected time to a useful answer: the lowest is asked
  uint32_t failures = 0;  // in a row
};

struct ServerChosen {
  Name zone{};
  std::vector<Candidate> candidates{};
  uint32_t chosen = 0;   // index of the one asked; candidates.size() when none can be
  std::string reason{};  // "lowest expected time"
};

struct ServerAddressWanted {
  Name server{};
  RrType type = rr::kA;
};

struct GlueUsed {
  Name server{};
  std::vector<IpAddress> addresses{};
};

// A copy of the question goes to another server than the chosen one, and nobody waits for it.
struct ServerProbed {
  Name server{};
  Endpoint endpoint{};
  std::string reason{};  // "never measured"
};

struct ServerSkipped {
  Name server{};
  std::optional<Endpoint> endpoint{};
  std::string rule{};  // "loopback address (query-loopback: false)"
};

struct ServerBlamed {
  Endpoint server{};
  Name zone{};
  std::string reason{};      // "timeout", "lame for north.lab."
  uint32_t failures = 0;     // in a row
  Duration put_aside_for{};  // zero: only counted
};

// None of the zone's servers could be reached lately: they are left alone (RFC 9520 section 3.2).
struct ZoneResting {
  Name zone{};
  Duration rest{};  // from now on
};

// ---- Exchanges with a server

struct QuerySent {
  Name zone{};
  Name server{};
  Endpoint endpoint{};
  Transport transport = Transport::kUdp;
  Question question{};  // spelled as sent (0x20)
  Attempt attempt = Attempt::kFirst;
  uint16_t id = 0;
  uint16_t local_port = 0;
  uint32_t octets = 0;
  uint16_t udp_payload_octets = 0;  // announced; 0: without EDNS
  bool recursion_desired = false;   // towards forwarders
  bool cookie = false;              // RFC 7873
  bool case_randomised = false;     // 0x20
  bool reused_connection = false;   // RFC 7766 section 6.2.1
  Duration timeout{};
};

struct ReplyReceived {
  Endpoint endpoint{};
  Transport transport = Transport::kUdp;
  Rcode rcode = Rcode::kNoError;
  bool authoritative = false;
  bool truncated = false;
  bool recursion_available = false;
  bool edns = false;
  bool cookie = false;  // it repeats our client cookie (RFC 7873)
  uint32_t octets = 0;
  uint32_t answer_records = 0;
  uint32_t authority_records = 0;
  uint32_t additional_records = 0;  // OPT not counted
  Duration rtt{};
};

// A datagram which cannot be the reply we wait for; we keep waiting (RFC 5452 section 9.1).
struct ReplyIgnored {
  Endpoint from{};
  std::string rule{};  // "the ID differs"
};

// It takes longer than this server's replies have taken so far.
struct ReplyLate {
  Endpoint endpoint{};
  Duration waited{};
  std::string consequence{};  // "somebody is asked as well"
};

struct QueryTimedOut {
  Endpoint endpoint{};
  Transport transport = Transport::kUdp;
  Duration waited{};
};

struct ConnectionFailed {
  Endpoint endpoint{};
  std::string reason{};   // "refused"
  bool our_side = false;  // nothing could leave this machine: no route, no socket
};

struct EdnsFallback {
  Endpoint endpoint{};
  std::string reason{};  // "FORMERR to a query with EDNS"
};

// The same server is asked again, in another way.
struct MannerChanged {
  Endpoint endpoint{};
  Manner manner = Manner::kOverTcp;
  std::string reason{};  // "the reply is truncated"
};

struct HabitLearnt {
  Endpoint endpoint{};
  Habit habit = Habit::kNoEdns;
};

// ---- What came back, and what became of it

struct ReplyJudged {
  Verdict verdict = Verdict::kUseless;
  Name zone{};                // the cut whose server we asked
  std::optional<Name> cut{};  // of a referral
  std::string reason{};       // why lame, useless, ...: "no AA, no referral"
};

struct RrsetKept {
  Section section = Section::kAnswer;
  Rrset rrset{};
};

struct RecordsDropped {
  Section section = Section::kAnswer;
  Name owner{};
  RrType type{};
  uint32_t count = 1;
  std::string rule{};  // "owner is not at or below north.lab."
};

struct Stored {
  StoredAs what = StoredAs::kRrset;
  Name owner{};
  RrType type{};
  Ttl ttl{};
  std::string rank{};
};

struct StoreDeclined {
  Name owner{};
  RrType type{};
  std::string rule{};  // "TTL 0", "a better ranked set is there"
};

// ---- Beyond the straight path

struct LimitReached {
  std::string limit{};  // the option's name: "upstream-queries"
  uint64_t value = 0;
  std::string consequence{};  // "SERVFAIL"
};

struct LoopStopped {
  std::string what{};  // "address of ns.b.example. is already being looked up for this question"
  LoopKind kind = LoopKind::kServerAddress;
};

struct StaleServed {
  Question question{};
  std::string occasion{};  // "the resolution failed"
};

struct PrimingFinished {
  uint32_t servers = 0;
  uint32_t addresses = 0;
  bool succeeded = false;
};

// ---- The end

struct ResolutionFailed {
  std::string reason{};
};

struct Answered {
  Question question{};
  Rcode rcode = Rcode::kNoError;
  bool authentic = false;       // AD
  std::vector<Rrset> answer{};  // alias before target
  std::vector<Rrset> authority{};
  std::string reason{};  // of a SERVFAIL or REFUSED, as the extended error has it (RFC 8914)
  std::optional<uint16_t> extended_error{};  // its code
};

// The client gets no answer, or not this one.
struct AnswerWithheld {
  std::string reason{};  // "it took too long for UDP (answer-within)"
};

using EventBody =
    std::variant<ClientQuery, AccessDecided, PolicyApplied, ResolutionStarted, ResolutionJoined, CacheProbed,
                 RefreshWanted, ZoneCutPicked, AliasFollowed, NameMinimised, ServerChosen,
                 ServerAddressWanted, GlueUsed, ServerProbed, ServerSkipped, ServerBlamed, ZoneResting,
                 QuerySent, ReplyReceived, ReplyIgnored, ReplyLate, QueryTimedOut, ConnectionFailed,
                 EdnsFallback, MannerChanged, HabitLearnt, ReplyJudged, RrsetKept, RecordsDropped, Stored,
                 StoreDeclined, LimitReached, LoopStopped, StaleServed, PrimingFinished, ResolutionFailed,
                 Answered, AnswerWithheld>;

}  // namespace cairn::trace
