#include "common/trace/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <tuple>

#include "common/dns/rdata_text.h"
#include "common/trace/event_table.h"

namespace cairn::trace {
namespace {

std::string_view Upper(Transport transport) { return transport == Transport::kUdp ? "UDP" : "TCP"; }

std::string Addresses(uint64_t count) { return Count(count, "address"); }

std::string Seconds(Ttl ttl) { return fmt::format("{} s", ttl.seconds()); }

// ": reason" when there is one.
std::string Because(std::string_view reason) { return reason.empty() ? "" : fmt::format(": {}", reason); }

std::vector<std::string> RecordLines(const std::vector<Rrset>& rrsets) {
  std::vector<std::string> lines;
  for (const Rrset& rrset : rrsets) {
    for (const ByteView rdata : rrset.rdatas) {
      lines.push_back(fmt::format("{} {} {} {} {}", rrset.owner.ToText(), rrset.ttl.seconds(),
                                  rrset.rr_class.ToText(), rrset.type.ToText(),
                                  RdataToText(rrset.type, rdata)));
    }
  }
  return lines;
}

// ---- The client

Line Describe(const ClientQuery& e) {
  std::string flags;
  if (e.recursion_desired) flags += " rd";
  if (e.checking_disabled) flags += " cd";
  if (e.dnssec_ok) flags += " do";
  const std::string edns =
      e.udp_payload_octets == 0 ? "no EDNS" : fmt::format("EDNS {}", e.udp_payload_octets);
  return {Tone::kQuestion, "query",
          fmt::format("{} from {} over {}, {}{}{}", e.question.ToText(), e.client.ToText(),
                      Upper(e.transport), edns, flags.empty() ? "" : ", flags", flags)};
}

Line Describe(const AccessDecided& e) {
  return {e.allowed ? Tone::kQuiet : Tone::kBad, e.allowed ? "allowed" : "refused",
          fmt::format("{} by the access list: {}", e.client.ToText(), e.rule)};
}

Line Describe(const PolicyApplied& e) {
  return {Tone::kCare, "policy", fmt::format("{} {}: {}", e.name.ToText(), e.effect, e.rule)};
}

// ---- One question

Line Describe(const ResolutionStarted& e) {
  const std::string_view why = e.purpose == Purpose::kPriming ? ", to prime the root" : "";
  return {Tone::kQuestion, "resolve", fmt::format("{}{}", e.question.ToText(), why)};
}

Line Describe(const ResolutionJoined& e) {
  return {Tone::kCare, "join",
          fmt::format("{} is being resolved already; askers waiting: {}", e.question.ToText(), e.waiting)};
}

Line Describe(const CacheProbed& e) {
  const std::string asked = e.question.ToText();
  if (e.outcome == CacheOutcome::kMiss)
    return {Tone::kQuiet, "cache", fmt::format("nothing about {}", asked)};
  static constexpr auto kFound = std::to_array<std::string_view>(
      {"", "", ": no such data", ": no such name", ": failed lately", ": an alias"});
  std::string text =
      fmt::format("{}{}, {} left", asked, kFound[static_cast<size_t>(e.outcome)], Seconds(e.ttl_left));
  if (!e.rank.empty()) fmt::format_to(std::back_inserter(text), ", {}", e.rank);
  if (e.filler) fmt::format_to(std::back_inserter(text), " from {}", e.filler->ToText());
  if (e.age > Duration{}) fmt::format_to(std::back_inserter(text), " {} ago", DurationText(e.age));
  return {Tone::kGood, "cache", std::move(text)};
}

Line Describe(const RefreshWanted& e) {
  return {Tone::kQuiet, "prefetch",
          fmt::format("{}, {} left: {}", e.question.ToText(), Seconds(e.ttl_left),
                      e.started ? "fetched anew for those who ask next"
                                : "not fetched anew, since too many are already")};
}

Line Describe(const ZoneCutPicked& e) {
  static constexpr auto kFrom = std::to_array<std::string_view>(
      {"root hints", "priming", "cached delegation", "this referral", "forward-zones", "stub-zones"});
  return {Tone::kPlain, "zone",
          fmt::format("{} has {}, {} known ({})", e.zone.ToText(), Count(e.servers, "server"),
                      Addresses(e.addresses), kFrom[static_cast<size_t>(e.source)])};
}

Line Describe(const AliasFollowed& e) {
  return {Tone::kPlain, "alias",
          fmt::format("{} {} leads to {} (link {})", e.owner.ToText(), e.type.ToText(), e.target.ToText(),
                      e.links)};
}

Line Describe(const NameMinimised& e) {
  return {Tone::kPlain, "shown", fmt::format("{} only: {}", e.shown.ToText(), e.reason)};
}

// ---- Servers

std::string CandidateNote(const Candidate& candidate) {
  std::string note;
  switch (candidate.state) {
    case CandidateState::kUntried:
      note = "never asked";
      break;
    case CandidateState::kKnown:
      break;
    case CandidateState::kBackedOff:
      note = "put aside";
      break;
    case CandidateState::kLame:
      note = "lame";
      break;
    case CandidateState::kNoAddress:
      note = "address not known";
      break;
  }
  const auto add = [&note](std::string part) { note += note.empty() ? part : ", " + part; };
  if (candidate.smoothed_rtt) {
    std::string rtt = fmt::format("rtt {}", DurationText(*candidate.smoothed_rtt));
    if (candidate.rtt_variation) rtt += fmt::format(" +- {}", DurationText(*candidate.rtt_variation));
    add(std::move(rtt));
  }
  if (candidate.failures > 0)
    add(Count(candidate.failures, "failure") + (candidate.failures > 1 ? " in a row" : ""));
  return note;
}

bool Askable(const Candidate& candidate) {
  return candidate.state == CandidateState::kUntried || candidate.state == CandidateState::kKnown ||
         candidate.state == CandidateState::kBackedOff;
}

// Which candidates a person sees, by index: all of a few, else the chosen one and the two that come next. The
// root has 26.
std::vector<size_t> CandidatesShown(const ServerChosen& e) {
  constexpr size_t kFew = 4;
  constexpr size_t kOfMany = 3;
  std::vector<size_t> shown(e.candidates.size());
  std::iota(shown.begin(), shown.end(), 0);
  if (shown.size() <= kFew) return shown;
  std::ranges::sort(shown, {}, [&e](size_t i) {
    const Candidate& candidate = e.candidates[i];
    return std::tuple(i != e.chosen, !Askable(candidate), candidate.score, i);
  });
  shown.resize(kOfMany);
  return shown;
}

// "and 23 others between 20.0 ms and 420 ms", of those which are not shown.
std::string OtherCandidates(const ServerChosen& e, const std::vector<size_t>& shown) {
  size_t askable = 0;
  Duration least = Duration::max();
  Duration most{};
  for (size_t i = 0; i < e.candidates.size(); ++i) {
    if (std::ranges::find(shown, i) != shown.end() || !Askable(e.candidates[i])) continue;
    ++askable;
    least = std::min(least, e.candidates[i].score);
    most = std::max(most, e.candidates[i].score);
  }
  const size_t rest = e.candidates.size() - shown.size() - askable;
  std::string text = "  and";
  if (askable > 0) text += fmt::format(" {}", Count(askable, "other"));
  if (askable > 0 && least == most) text += fmt::format(" at {}", DurationText(least));
  if (askable > 0 && least < most)
    text += fmt::format(" between {} and {}", DurationText(least), DurationText(most));
  if (rest > 0) text += fmt::format("{} {} not to be asked", askable > 0 ? "," : "", rest);
  return text;
}

// A table: mark of the chosen one, name, address, score, what is known.
std::vector<std::string> CandidateTable(const ServerChosen& e) {
  const std::vector<size_t> shown = CandidatesShown(e);
  size_t name_width = 0;
  size_t endpoint_width = 0;
  for (const size_t i : shown) {
    const Candidate& candidate = e.candidates[i];
    name_width = std::max(name_width, candidate.server.ToText().size());
    endpoint_width = std::max(endpoint_width, candidate.endpoint ? candidate.endpoint->ToText().size() : 1);
  }
  name_width =
      std::min<size_t>(name_width, 32);  // one long name must not push the others' figures out of sight
  std::vector<std::string> table;
  for (const size_t i : shown) {
    const Candidate& candidate = e.candidates[i];
    table.push_back(
        fmt::format("{} {:<{}}  {:<{}}  {:>8}  {}", i == e.chosen ? '*' : ' ', candidate.server.ToText(),
                    name_width, candidate.endpoint ? candidate.endpoint->ToText() : "-", endpoint_width,
                    Askable(candidate) ? DurationText(candidate.score) : "-", CandidateNote(candidate)));
  }
  if (shown.size() < e.candidates.size()) table.push_back(OtherCandidates(e, shown));
  return table;
}

Line Describe(const ServerChosen& e) {
  if (e.chosen >= e.candidates.size()) {
    return {Tone::kBad, "choose",
            fmt::format("no server of {} can be asked{}", ZoneText(e.zone), Because(e.reason)),
            CandidateTable(e)};
  }
  const Candidate& chosen = e.candidates[e.chosen];
  const std::string server = ServerText(chosen.server, chosen.endpoint);
  if (e.candidates.size() == 1) {
    return {Tone::kPlain, "choose",
            fmt::format("{}, the only one: score {}, {}", server, DurationText(chosen.score),
                        CandidateNote(chosen))};
  }
  return {Tone::kPlain, "choose", fmt::format("{}{}", server, Because(e.reason)), CandidateTable(e)};
}

Line Describe(const ServerAddressWanted& e) {
  return {Tone::kPlain, "need",
          fmt::format("the {} address of {}", e.type == rr::kAaaa ? "IPv6" : "IPv4", e.server.ToText())};
}

Line Describe(const GlueUsed& e) {
  std::string text = fmt::format("{} is at", e.server.ToText());
  for (const IpAddress& address : e.addresses) text += " " + address.ToText();
  return {Tone::kQuiet, "glue", std::move(text)};
}

Line Describe(const ServerProbed& e) {
  return {Tone::kQuiet, "probe", fmt::format("{}{}", ServerText(e.server, e.endpoint), Because(e.reason))};
}

Line Describe(const ServerSkipped& e) {
  return {Tone::kCare, "skipped", fmt::format("{}{}", ServerText(e.server, e.endpoint), Because(e.rule))};
}

Line Describe(const ServerBlamed& e) {
  std::string text = fmt::format("{} for {}{}", e.server.ToText(), ZoneText(e.zone), Because(e.reason));
  if (e.failures > 1) fmt::format_to(std::back_inserter(text), ", {} in a row", Count(e.failures, "failure"));
  if (e.put_aside_for > Duration{}) {
    fmt::format_to(std::back_inserter(text), ", put aside for {}", DurationText(e.put_aside_for));
  }
  return {Tone::kCare, "blamed", std::move(text)};
}

Line Describe(const ZoneResting& e) {
  return {Tone::kCare, "rest",
          fmt::format("{}: none of its servers could be reached, and they are left alone for {}",
                      ZoneText(e.zone), DurationText(e.rest))};
}

// ---- Exchanges

Line Describe(const QuerySent& e) {
  static constexpr auto kWhy = std::to_array<std::string_view>(
      {"", " (again)", " (next server)", " (again, over TCP)", " (again, without EDNS)",
       " (only to see how fast it is)", " (as well, whoever is first)", " (the same query once more)"});
  std::string text = fmt::format("{} for {} over {}{}", ServerText(e.server, e.endpoint), e.question.ToText(),
                                 Upper(e.transport), kWhy[static_cast<size_t>(e.attempt)]);
  std::string detail = fmt::format("id {}", e.id);
  if (e.local_port != 0) fmt::format_to(std::back_inserter(detail), ", port {}", e.local_port);
  if (e.octets != 0) fmt::format_to(std::back_inserter(detail), ", {}", Count(e.octets, "octet"));
  detail += e.udp_payload_octets == 0 ? ", no EDNS" : fmt::format(", EDNS {}", e.udp_payload_octets);
  if (e.cookie) detail += ", cookie";
  if (e.case_randomised) detail += ", 0x20";
  if (e.reused_connection) detail += ", open connection";
  if (e.recursion_desired) detail += ", rd";
  if (e.timeout > Duration{})
    fmt::format_to(std::back_inserter(detail), "; waits up to {}", DurationText(e.timeout));
  return {Tone::kNetwork, "ask", std::move(text), {std::move(detail)}};
}

// "2 answer records, 1 additional record": the sections which hold something.
std::string SectionCounts(const ReplyReceived& e) {
  std::string out;
  const auto add = [&out](uint32_t count, Section section) {
    if (count == 0) return;
    if (!out.empty()) out += ", ";
    out += Count(count, fmt::format("{} record", Word(section)));
  };
  add(e.answer_records, Section::kAnswer);
  add(e.authority_records, Section::kAuthority);
  add(e.additional_records, Section::kAdditional);
  return out.empty() ? "no records" : out;
}

Line Describe(const ReplyReceived& e) {
  std::string flags;
  if (e.authoritative) flags += " aa";
  if (e.truncated) flags += " tc";
  if (e.recursion_available) flags += " ra";
  const bool fine = e.rcode == Rcode::kNoError || e.rcode == Rcode::kNxDomain;
  return {fine ? Tone::kNetwork : Tone::kCare, "reply",
          fmt::format("{}{} after {}: {} in {}{}", ToText(e.rcode), flags, DurationText(e.rtt),
                      SectionCounts(e), Count(e.octets, "octet"), e.cookie ? ", cookie" : "")};
}

Line Describe(const ReplyIgnored& e) {
  return {Tone::kCare, "ignored", fmt::format("a datagram from {}{}", e.from.ToText(), Because(e.rule))};
}

Line Describe(const ReplyLate& e) {
  return {Tone::kCare, "late",
          fmt::format("{} has not replied after {}{}", e.endpoint.ToText(), DurationText(e.waited),
                      Because(e.consequence))};
}

Line Describe(const QueryTimedOut& e) {
  return {Tone::kBad, "timeout",
          fmt::format("{} did not reply within {}", e.endpoint.ToText(), DurationText(e.waited))};
}

Line Describe(const ConnectionFailed& e) {
  return {Tone::kBad, "failed", fmt::format("to reach {}{}", e.endpoint.ToText(), Because(e.reason))};
}

Line Describe(const EdnsFallback& e) {
  return {Tone::kCare, "no EDNS", fmt::format("to {} this time{}", e.endpoint.ToText(), Because(e.reason))};
}

Line Describe(const MannerChanged& e) {
  static constexpr auto kHow = std::to_array<std::string_view>(
      {"over TCP", "over UDP", "with the cookie it gave", "without a cookie"});
  return {
      Tone::kCare, "again",
      fmt::format("{} {}{}", e.endpoint.ToText(), kHow[static_cast<size_t>(e.manner)], Because(e.reason))};
}

Line Describe(const HabitLearnt& e) {
  static constexpr auto kHabits = std::to_array<std::string_view>(
      {"does not know EDNS, and is asked without", "does not know cookies, and is asked without",
       "does not repeat the case of names, which is not drawn for it any more",
       "truncates what would have fitted, and is asked over TCP"});
  return {Tone::kCare, "habit",
          fmt::format("{} {}", e.endpoint.ToText(), kHabits[static_cast<size_t>(e.habit)])};
}

// ---- Replies

Line Describe(const ReplyJudged& e) {
  const std::string zone = ZoneText(e.zone);
  switch (e.verdict) {
    case Verdict::kAnswer:
      return {Tone::kGood, "means", fmt::format("the answer, from {}{}", zone, Because(e.reason))};
    case Verdict::kAlias:
      return {Tone::kGood, "means", fmt::format("an alias, from {}{}", zone, Because(e.reason))};
    case Verdict::kReferral:
      return {Tone::kGood, "means",
              fmt::format("a referral from {} down to {}{}", zone, e.cut ? e.cut->ToText() : "?",
                          Because(e.reason))};
    case Verdict::kNoData:
      return {Tone::kGood, "means", fmt::format("no such data (NODATA), says {}{}", zone, Because(e.reason))};
    case Verdict::kNxDomain:
      return {Tone::kGood, "means",
              fmt::format("no such name (NXDOMAIN), says {}{}", zone, Because(e.reason))};
    case Verdict::kLame:
      return {Tone::kBad, "means", fmt::format("lame for {}{}", zone, Because(e.reason))};
    case Verdict::kUseless:
      return {Tone::kBad, "means", fmt::format("of no use{}", Because(e.reason))};
    case Verdict::kTruncated:
      return {Tone::kCare, "means", fmt::format("cut short{}", Because(e.reason))};
  }
  return {};
}

Line Describe(const RrsetKept& e) {
  std::vector<std::string> records = RecordLines({e.rrset});
  if (records.size() != 1) {
    return {Tone::kQuiet, "keep",
            fmt::format("{} of the {} section", Count(records.size(), "record"), Word(e.section)),
            std::move(records)};
  }
  return {Tone::kQuiet, "keep", fmt::format("{} ({})", records.front(), Word(e.section))};
}

Line Describe(const RecordsDropped& e) {
  return {Tone::kCare, "drop",
          fmt::format("{} {}{} ({}){}", e.owner.ToText(), e.type.ToText(),
                      e.count == 1 ? "" : fmt::format(", {} records", e.count), Word(e.section),
                      Because(e.rule))};
}

Line Describe(const Stored& e) {
  static constexpr auto kWhat =
      std::to_array<std::string_view>({"", "delegation ", "NODATA of ", "NXDOMAIN of ", "failure of "});
  const bool whole_name = e.what == StoredAs::kNxDomain || e.what == StoredAs::kDelegation;
  return {Tone::kQuiet, "store",
          fmt::format("{}{}{} for {}{}", kWhat[static_cast<size_t>(e.what)], e.owner.ToText(),
                      whole_name ? "" : " " + e.type.ToText(), Seconds(e.ttl),
                      e.rank.empty() ? "" : ", " + e.rank)};
}

Line Describe(const StoreDeclined& e) {
  return {Tone::kQuiet, "not stored",
          fmt::format("{} {}{}", e.owner.ToText(), e.type.ToText(), Because(e.rule))};
}

// ---- Beyond the straight path

Line Describe(const LimitReached& e) {
  return {Tone::kBad, "limit", fmt::format("{} ({}) reached{}", e.limit, e.value, Because(e.consequence))};
}

Line Describe(const LoopStopped& e) { return {Tone::kCare, "loop", e.what}; }

Line Describe(const StaleServed& e) {
  return {Tone::kCare, "stale",
          fmt::format("{} answered from expired data: {}", e.question.ToText(), e.occasion)};
}

Line Describe(const PrimingFinished& e) {
  if (!e.succeeded) return {Tone::kCare, "priming", "failed; the root hints serve as they are"};
  return {Tone::kGood, "primed",
          fmt::format("{}, {}", Count(e.servers, "root server"), Addresses(e.addresses))};
}

// ---- The end

Line Describe(const ResolutionFailed& e) { return {Tone::kBad, "failed", e.reason}; }

Line Describe(const Answered& e) {
  std::string text = fmt::format("{} {}{}{}", ToText(e.rcode), e.question.ToText(),
                                 e.authentic ? ", validated" : "", Because(e.reason));
  if (e.extended_error) fmt::format_to(std::back_inserter(text), " (extended error {})", *e.extended_error);
  std::vector<std::string> records = RecordLines(e.answer);
  for (std::string& line : RecordLines(e.authority)) records.push_back(std::move(line) + "  (authority)");
  const bool failed = e.rcode != Rcode::kNoError && e.rcode != Rcode::kNxDomain;
  return {failed ? Tone::kBad : Tone::kGood, "answer", std::move(text), std::move(records)};
}

Line Describe(const AnswerWithheld& e) { return {Tone::kBad, "withheld", e.reason}; }

}  // namespace

Line DescribeEvent(const EventBody& body) {
  return std::visit([](const auto& event) { return Describe(event); }, body);
}

std::string ServerText(const Name& server, const std::optional<Endpoint>& endpoint) {
  const std::string name = server.IsRoot() ? "" : server.ToText();
  if (!endpoint) return name;
  return name.empty() ? endpoint->ToText() : fmt::format("{} {}", name, endpoint->ToText());
}

std::string ZoneText(const Name& zone) { return zone.IsRoot() ? "the root" : zone.ToText(); }

std::string Count(uint64_t count, std::string_view noun) {
  if (count == 1) return fmt::format("1 {}", noun);
  if (noun.ends_with('y')) return fmt::format("{} {}ies", count, noun.substr(0, noun.size() - 1));
  return fmt::format("{} {}{}", count, noun, noun.ends_with('s') ? "es" : "s");
}

std::string DurationText(Duration duration) {
  const double ms = std::chrono::duration<double, std::milli>(duration).count();
  if (ms < 10) return fmt::format("{:.2f} ms", ms);
  if (ms < 100) return fmt::format("{:.1f} ms", ms);
  if (ms < 1000) return fmt::format("{:.0f} ms", ms);
  if (ms < 10'000) return fmt::format("{:.2f} s", ms / 1000);
  return fmt::format("{:.0f} s", ms / 1000);
}

}  // namespace cairn::trace
