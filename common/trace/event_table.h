// One row per kind of event: its name in data and each field with name, place and meaning. The JSON view, the
// published schema and the tests are loops over these rows, so that what a field is called and what it means
// is said once. Units stand at the end of a name (`rtt_us`, `ttl_s`). Names are stable once released; a
// change of meaning is a new name.
#pragma once

#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include "common/trace/events.h"

namespace cairn::trace {

template <typename Struct, typename Value>
struct Field {
  std::string_view name;
  Value Struct::* member;
  std::string_view text;
};
template <typename Struct, typename Value>
Field(const char*, Value Struct::*, const char*) -> Field<Struct, Value>;

template <typename... Fields>
struct Row {
  std::string_view name;
  std::string_view text;
  std::tuple<Fields...> fields;
};

template <typename... Fields>
constexpr auto MakeRow(std::string_view name, std::string_view text, Fields... fields) {
  return Row<Fields...>{name, text, std::tuple<Fields...>(fields...)};
}

// ---- Words for the values of each enumeration, in its order.

template <typename Enum>
inline constexpr auto kWords = nullptr;  // of an enumeration that has no words: does not compile where used

template <size_t N>
using Words = std::array<std::string_view, N>;

template <>
inline constexpr auto kWords<Transport> = Words<2>{"udp", "tcp"};
template <>
inline constexpr auto kWords<Purpose> = Words<2>{"priming", "operator"};
template <>
inline constexpr auto kWords<CacheOutcome> =
    Words<6>{"miss", "hit", "nodata", "nxdomain", "failure", "alias"};
template <>
inline constexpr auto kWords<CutSource> =
    Words<6>{"hints", "primed", "delegation", "referral", "forward_zone", "stub_zone"};
template <>
inline constexpr auto kWords<Attempt> =
    Words<8>{"first", "retry", "next_server", "over_tcp", "without_edns", "probe", "hedge", "repeat"};
template <>
inline constexpr auto kWords<Verdict> =
    Words<8>{"answer", "alias", "referral", "nodata", "nxdomain", "lame", "useless", "truncated"};
template <>
inline constexpr auto kWords<CandidateState> =
    Words<5>{"untried", "known", "backed_off", "lame", "no_address"};
template <>
inline constexpr auto kWords<StoredAs> = Words<5>{"rrset", "delegation", "nodata", "nxdomain", "failure"};
template <>
inline constexpr auto kWords<PolicyKind> = Words<2>{"local_data", "rebinding_filter"};
template <>
inline constexpr auto kWords<Manner> = Words<4>{"over_tcp", "over_udp", "with_its_cookie", "without_cookie"};
template <>
inline constexpr auto kWords<Habit> = Words<4>{"no_edns", "no_cookies", "folds_case", "truncates_needlessly"};
template <>
inline constexpr auto kWords<LoopKind> = Words<2>{"server_address", "alias"};
template <>
inline constexpr auto kWords<Section> = Words<3>{"answer", "authority", "additional"};

template <typename Enum>
constexpr std::string_view Word(Enum value) {
  return kWords<Enum>[static_cast<size_t>(value)];
}

// ---- The rows

template <typename Event>
inline constexpr auto kRow = nullptr;  // of a kind without a row: does not compile where used

template <>
inline constexpr auto kRow<ClientQuery> =
    MakeRow("client_query", "A client's query was taken in.",
            Field{"question", &ClientQuery::question, "What the client asks."},
            Field{"client", &ClientQuery::client, "Who asks."},
            Field{"transport", &ClientQuery::transport, "How the query came."},
            Field{"rd", &ClientQuery::recursion_desired, "Recursion desired."},
            Field{"cd", &ClientQuery::checking_disabled, "Checking disabled (RFC 4035)."},
            Field{"do", &ClientQuery::dnssec_ok, "DNSSEC records wanted (RFC 3225)."},
            Field{"udp_payload_octets", &ClientQuery::udp_payload_octets,
                  "What the client can take (RFC 6891); 0 without EDNS."});

template <>
inline constexpr auto kRow<AccessDecided> =
    MakeRow("access_decided", "The access list decided about a client.",
            Field{"client", &AccessDecided::client, "The client's address."},
            Field{"rule", &AccessDecided::rule, "The entry which decided, or that none matched."},
            Field{"allowed", &AccessDecided::allowed, "True when the client is served."});

template <>
inline constexpr auto kRow<PolicyApplied> =
    MakeRow("policy_applied", "A rule of the configuration decided about a name.",
            Field{"name", &PolicyApplied::name, "The name it decided about."},
            Field{"policy", &PolicyApplied::kind, "Which part of the configuration."},
            Field{"rule", &PolicyApplied::rule, "The rule, and where it is written."},
            Field{"effect", &PolicyApplied::effect, "What it does to the question."});

template <>
inline constexpr auto kRow<ResolutionStarted> =
    MakeRow("resolution_started", "A question is resolved (RFC 1034 section 5.3.3).",
            Field{"question", &ResolutionStarted::question, "SNAME, STYPE and SCLASS."},
            Field{"purpose", &ResolutionStarted::purpose, "Who needs the answer."});

template <>
inline constexpr auto kRow<ResolutionJoined> = MakeRow(
    "resolution_joined", "The same question was being resolved already; this one waits for its answer.",
    Field{"question", &ResolutionJoined::question, "The question both ask."},
    Field{"waiting", &ResolutionJoined::waiting, "How many wait now, this one included."});

template <>
inline constexpr auto kRow<CacheProbed> =
    MakeRow("cache_probed", "The cache was asked for a set or a negative answer.",
            Field{"question", &CacheProbed::question, "What was looked for."},
            Field{"outcome", &CacheProbed::outcome, "What was found."},
            Field{"ttl_left_s", &CacheProbed::ttl_left, "How long it may still be used."},
            Field{"age_us", &CacheProbed::age, "How long ago it was stored."},
            Field{"rank", &CacheProbed::rank, "How far it is trusted (RFC 2181 section 5.4.1), in words."},
            Field{"filler", &CacheProbed::filler, "The server which told us."});

template <>
inline constexpr auto kRow<RefreshWanted> =
    MakeRow("refresh_wanted",
            "The answer used is about to expire and often asked for: it is fetched anew for the next client.",
            Field{"question", &RefreshWanted::question, "What is fetched."},
            Field{"ttl_left_s", &RefreshWanted::ttl_left, "How long the answer used may still be used."},
            Field{"started", &RefreshWanted::started, "False: too many are fetched anew already."});

template <>
inline constexpr auto kRow<ZoneCutPicked> =
    MakeRow("zone_cut_picked", "The closest zone whose servers are known (RFC 1034 section 5.3.3 step 2).",
            Field{"zone", &ZoneCutPicked::zone, "The zone."},
            Field{"source", &ZoneCutPicked::source, "Where its servers were learnt."},
            Field{"servers", &ZoneCutPicked::servers, "Names of its servers."},
            Field{"addresses", &ZoneCutPicked::addresses, "Addresses of theirs which are known."});

template <>
inline constexpr auto kRow<AliasFollowed> =
    MakeRow("alias_followed", "An alias moved the question to another name (RFC 1034 section 5.3.3 step 4c).",
            Field{"owner", &AliasFollowed::owner, "Owner of the CNAME or DNAME."},
            Field{"type", &AliasFollowed::type, "CNAME or DNAME."},
            Field{"target", &AliasFollowed::target, "The name asked for from now on."},
            Field{"links", &AliasFollowed::links, "Links of the chain so far."});

template <>
inline constexpr auto kRow<NameMinimised> =
    MakeRow("name_minimised", "Servers were shown a part of the name and have said enough (RFC 9156).",
            Field{"shown", &NameMinimised::shown, "The part."},
            Field{"reason", &NameMinimised::reason, "What was said about it, and what follows."});

template <>
inline constexpr auto kRow<Candidate> =
    MakeRow("candidate", "One address that could be asked.",
            Field{"server", &Candidate::server, "The name server's name."},
            Field{"endpoint", &Candidate::endpoint, "Its address and port; absent when not known."},
            Field{"state", &Candidate::state, "What is known of it."},
            Field{"smoothed_rtt_us", &Candidate::smoothed_rtt,
                  "Smoothed round trip time; absent when never measured."},
            Field{"rtt_variation_us", &Candidate::rtt_variation, "Its variation (RFC 6298)."},
            Field{"score_us", &Candidate::score, "Expected time to a useful answer; the lowest is asked."},
            Field{"failures", &Candidate::failures, "Failures in a row."});

template <>
inline constexpr auto kRow<ServerChosen> =
    MakeRow("server_chosen", "One server was chosen among those of a zone.",
            Field{"zone", &ServerChosen::zone, "The zone."},
            Field{"candidates", &ServerChosen::candidates, "All which could be asked, with their scores."},
            Field{"chosen", &ServerChosen::chosen,
                  "Index of the chosen one; the number of candidates when none could be."},
            Field{"reason", &ServerChosen::reason, "Why this one."});

template <>
inline constexpr auto kRow<ServerAddressWanted> =
    MakeRow("server_address_wanted", "The address of a name server must be looked up first.",
            Field{"server", &ServerAddressWanted::server, "The name server."},
            Field{"type", &ServerAddressWanted::type, "A or AAAA."});

template <>
inline constexpr auto kRow<GlueUsed> = MakeRow(
    "glue_used", "Addresses from a referral lead to a server (RFC 9471); they are never given as answers.",
    Field{"server", &GlueUsed::server, "The name server."},
    Field{"addresses", &GlueUsed::addresses, "Its addresses in the referral."});

template <>
inline constexpr auto kRow<ServerProbed> =
    MakeRow("server_probed",
            "A copy of the question goes to another server, to see how fast it is; nobody waits for it.",
            Field{"server", &ServerProbed::server, "The name server."},
            Field{"endpoint", &ServerProbed::endpoint, "Its address."},
            Field{"reason", &ServerProbed::reason, "What makes it worth a query."});

template <>
inline constexpr auto kRow<ServerSkipped> =
    MakeRow("server_skipped", "A server or one of its addresses is not asked.",
            Field{"server", &ServerSkipped::server, "The name server."},
            Field{"endpoint", &ServerSkipped::endpoint, "The address, when it is about one address."},
            Field{"rule", &ServerSkipped::rule, "Why not."});

template <>
inline constexpr auto kRow<ServerBlamed> =
    MakeRow("server_blamed", "A failure was written down for a server.",
            Field{"server", &ServerBlamed::server, "Its address."},
            Field{"zone", &ServerBlamed::zone, "The zone it was asked about."},
            Field{"reason", &ServerBlamed::reason, "What it did."},
            Field{"failures", &ServerBlamed::failures, "Failures in a row."},
            Field{"put_aside_for_us", &ServerBlamed::put_aside_for,
                  "How long it is not asked; 0 when only counted."});

template <>
inline constexpr auto kRow<ZoneResting> =
    MakeRow("zone_resting",
            "No server of the zone could be reached lately: they are left alone (RFC 9520 section 3.2).",
            Field{"zone", &ZoneResting::zone, "The zone."},
            Field{"rest_us", &ZoneResting::rest, "How long, from now on."});

template <>
inline constexpr auto kRow<QuerySent> =
    MakeRow("query_sent", "A query left for a server.",
            Field{"zone", &QuerySent::zone, "The zone it is asked about."},
            Field{"server", &QuerySent::server, "The name server's name."},
            Field{"endpoint", &QuerySent::endpoint, "The address asked."},
            Field{"transport", &QuerySent::transport, "UDP or TCP."},
            Field{"question", &QuerySent::question, "The question, spelled as sent."},
            Field{"attempt", &QuerySent::attempt, "Why it leaves now."},
            Field{"message_id", &QuerySent::id, "Message ID."},
            Field{"local_port", &QuerySent::local_port, "The port it left from; 0 when not known yet."},
            Field{"octets", &QuerySent::octets, "Size of the query."},
            Field{"udp_payload_octets", &QuerySent::udp_payload_octets, "Announced in EDNS; 0 without EDNS."},
            Field{"rd", &QuerySent::recursion_desired, "Recursion desired (forwarders only)."},
            Field{"cookie", &QuerySent::cookie, "True when a cookie was sent (RFC 7873)."},
            Field{"case_randomised", &QuerySent::case_randomised,
                  "True when the case of the name's letters was drawn, and is expected back (0x20)."},
            Field{"reused_connection", &QuerySent::reused_connection,
                  "True over a TCP connection that was open already (RFC 7766)."},
            Field{"timeout_us", &QuerySent::timeout, "How long we wait for the reply."});

template <>
inline constexpr auto kRow<ReplyReceived> = MakeRow(
    "reply_received", "The reply came: address, port, ID and question match (RFC 5452 section 9.1).",
    Field{"endpoint", &ReplyReceived::endpoint, "Who replied."},
    Field{"transport", &ReplyReceived::transport, "UDP or TCP."},
    Field{"rcode", &ReplyReceived::rcode, "The whole RCODE."},
    Field{"aa", &ReplyReceived::authoritative, "Authoritative answer."},
    Field{"tc", &ReplyReceived::truncated, "Truncated."},
    Field{"ra", &ReplyReceived::recursion_available, "Recursion available."},
    Field{"edns", &ReplyReceived::edns, "True when it has an OPT record."},
    Field{"cookie", &ReplyReceived::cookie, "True when it repeats our client cookie (RFC 7873)."},
    Field{"octets", &ReplyReceived::octets, "Size of the reply."},
    Field{"answer_records", &ReplyReceived::answer_records, "Records of the answer section."},
    Field{"authority_records", &ReplyReceived::authority_records, "Records of the authority section."},
    Field{"additional_records", &ReplyReceived::additional_records,
          "Records of the additional section but OPT."},
    Field{"rtt_us", &ReplyReceived::rtt, "Time since the query left."});

template <>
inline constexpr auto kRow<ReplyIgnored> =
    MakeRow("reply_ignored",
            "A datagram which is not the reply we wait for (RFC 5452 section 9.1); the wait goes on.",
            Field{"from", &ReplyIgnored::from, "Where it came from."},
            Field{"rule", &ReplyIgnored::rule, "What does not match."});

template <>
inline constexpr auto kRow<ReplyLate> =
    MakeRow("reply_late", "The reply takes longer than this server's replies have taken so far.",
            Field{"endpoint", &ReplyLate::endpoint, "Whose reply."},
            Field{"waited_us", &ReplyLate::waited, "How long we have waited."},
            Field{"consequence", &ReplyLate::consequence, "What is done about it."});

template <>
inline constexpr auto kRow<QueryTimedOut> =
    MakeRow("query_timed_out", "No reply came in time.",
            Field{"endpoint", &QueryTimedOut::endpoint, "Who did not reply."},
            Field{"transport", &QueryTimedOut::transport, "UDP or TCP."},
            Field{"waited_us", &QueryTimedOut::waited, "How long we waited."});

template <>
inline constexpr auto kRow<ConnectionFailed> =
    MakeRow("connection_failed", "A TCP connection failed or ended early, or nothing could be sent.",
            Field{"endpoint", &ConnectionFailed::endpoint, "To whom."},
            Field{"reason", &ConnectionFailed::reason, "How."},
            Field{"our_side", &ConnectionFailed::our_side,
                  "True when nothing could leave this machine: no route, no socket."});

template <>
inline constexpr auto kRow<EdnsFallback> =
    MakeRow("edns_fallback", "The server is asked again without EDNS (RFC 6891 section 7).",
            Field{"endpoint", &EdnsFallback::endpoint, "The server."},
            Field{"reason", &EdnsFallback::reason, "What it did to a query with EDNS."});

template <>
inline constexpr auto kRow<MannerChanged> =
    MakeRow("manner_changed", "The same server is asked again in another way.",
            Field{"endpoint", &MannerChanged::endpoint, "The server."},
            Field{"manner", &MannerChanged::manner, "What is different."},
            Field{"reason", &MannerChanged::reason, "Why."});

template <>
inline constexpr auto kRow<HabitLearnt> =
    MakeRow("habit_learnt", "The server showed a habit, which the next queries to it heed.",
            Field{"endpoint", &HabitLearnt::endpoint, "The server."},
            Field{"habit", &HabitLearnt::habit, "What it does."});

template <>
inline constexpr auto kRow<ReplyJudged> =
    MakeRow("reply_judged", "What the reply is (RFC 1034 section 5.3.3 step 4).",
            Field{"verdict", &ReplyJudged::verdict, "The kind of reply."},
            Field{"zone", &ReplyJudged::zone, "The zone whose server was asked: all it may speak for."},
            Field{"cut", &ReplyJudged::cut, "The zone a referral leads to."},
            Field{"reason", &ReplyJudged::reason, "Why it is lame or useless; empty otherwise."});

template <>
inline constexpr auto kRow<RrsetKept> =
    MakeRow("rrset_kept", "A set of the reply is believed.",
            Field{"section", &RrsetKept::section, "The section it stood in."},
            Field{"rrset", &RrsetKept::rrset, "The set."});

template <>
inline constexpr auto kRow<RecordsDropped> = MakeRow(
    "records_dropped", "Records of the reply are not believed.",
    Field{"section", &RecordsDropped::section, "The section they stood in."},
    Field{"owner", &RecordsDropped::owner, "Their owner name."},
    Field{"type", &RecordsDropped::type, "Their type."}, Field{"count", &RecordsDropped::count, "How many."},
    Field{"rule", &RecordsDropped::rule, "The rule which dropped them."});

template <>
inline constexpr auto kRow<Stored> =
    MakeRow("stored", "Something was cached.", Field{"what", &Stored::what, "What kind of entry."},
            Field{"owner", &Stored::owner, "Its owner name."}, Field{"type", &Stored::type, "Its type."},
            Field{"ttl_s", &Stored::ttl, "How long it may be used, caps applied."},
            Field{"rank", &Stored::rank, "How far it is trusted (RFC 2181 section 5.4.1), in words."});

template <>
inline constexpr auto kRow<StoreDeclined> = MakeRow("store_declined", "Something believed was not cached.",
                                                    Field{"owner", &StoreDeclined::owner, "Its owner name."},
                                                    Field{"type", &StoreDeclined::type, "Its type."},
                                                    Field{"rule", &StoreDeclined::rule, "Why not."});

template <>
inline constexpr auto kRow<LimitReached> = MakeRow(
    "limit_reached", "A limit on the work for one question struck.",
    Field{"limit", &LimitReached::limit, "Which limit."}, Field{"value", &LimitReached::value, "Its value."},
    Field{"consequence", &LimitReached::consequence, "What happens now."});

template <>
inline constexpr auto kRow<LoopStopped> = MakeRow(
    "loop_stopped", "Work that would wait for itself was refused.",
    Field{"what", &LoopStopped::what, "The loop."}, Field{"loop", &LoopStopped::kind, "Of what it is made."});

template <>
inline constexpr auto kRow<StaleServed> =
    MakeRow("stale_served", "The client gets an answer that has expired (RFC 8767).",
            Field{"question", &StaleServed::question, "The client's question."},
            Field{"occasion", &StaleServed::occasion, "Why a fresh answer is not waited for."});

template <>
inline constexpr auto kRow<PrimingFinished> =
    MakeRow("priming_finished", "The root servers were asked for the root's NS set (RFC 9609).",
            Field{"servers", &PrimingFinished::servers, "Root server names now known."},
            Field{"addresses", &PrimingFinished::addresses, "Root server addresses now known."},
            Field{"succeeded", &PrimingFinished::succeeded, "False: the hints are used as they are."});

template <>
inline constexpr auto kRow<ResolutionFailed> = MakeRow("resolution_failed", "No useful answer could be had.",
                                                       Field{"reason", &ResolutionFailed::reason, "Why."});

template <>
inline constexpr auto kRow<Answered> = MakeRow(
    "answered", "The end: what the asker gets.", Field{"question", &Answered::question, "What was asked."},
    Field{"rcode", &Answered::rcode, "The RCODE."},
    Field{"ad", &Answered::authentic, "Authentic data: every set was validated."},
    Field{"answer", &Answered::answer, "The answer section, alias before target."},
    Field{"authority", &Answered::authority, "The authority section."},
    Field{"reason", &Answered::reason, "Why the rcode is SERVFAIL or REFUSED (RFC 8914); empty otherwise."},
    Field{"extended_error", &Answered::extended_error,
          "INFO-CODE of the extended error (RFC 8914); absent without one."});

template <>
inline constexpr auto kRow<AnswerWithheld> =
    MakeRow("answer_withheld", "The client gets no answer, or not this one.",
            Field{"reason", &AnswerWithheld::reason, "Why not."});

// ---- Loops over a row and over all of them

// Calls `visit(field)` for each field of a struct that has a row, in order.
template <typename Struct, typename Visit>
constexpr void ForEachField(Visit visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, kRow<Struct>.fields);
}

template <typename Visit, typename... Events>
constexpr void ForEachKind(Visit visit, std::type_identity<std::variant<Events...>>) {
  (visit(std::type_identity<Events>{}), ...);
}

// Calls `visit(std::type_identity<Event>)` for each kind of event.
template <typename Visit>
constexpr void ForEachKind(Visit visit) {
  ForEachKind(visit, std::type_identity<EventBody>{});
}

}  // namespace cairn::trace
