#include "common/trace/why.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/trace/facts.h"
#include "common/trace/lines.h"

namespace cairn {
namespace {

using trace::Count;
using trace::CutSource;
using trace::DurationText;
using trace::Facts;
using trace::Failing;
using trace::ServerFault;
using trace::ServerText;
using trace::ZoneText;

constexpr std::string_view kNobody = "Nobody's.";
constexpr std::string_view kNothing = "Nothing.";

std::string ServerOf(const trace::QuerySent& sent) { return ServerText(sent.server, sent.endpoint); }

// "ns.lab. 192.0.2.1@53, a server of lab.", or where else the last word came from.
std::string Teller(const Facts& facts) {
  if (facts.told_by != nullptr)
    return fmt::format("{}, a server of {}", ServerOf(*facts.told_by), ZoneText(facts.told_by->zone));
  if (facts.cached != nullptr && facts.cached->filler)
    return fmt::format("the cache, which has it from {}", facts.cached->filler->ToText());
  if (facts.cached != nullptr) return "the cache";
  return facts.joined != nullptr ? "another query for the same" : "this server";
}

// The zone that decides about a name: that of the SOA of a denial, else the one asked.
std::string DecidingZone(const Facts& facts) {
  for (const Rrset& rrset : facts.answered->authority)
    if (rrset.type == rr::kSoa) return ZoneText(rrset.owner);
  if (facts.told != nullptr) return ZoneText(facts.told->zone);
  return facts.cut != nullptr ? ZoneText(facts.cut->zone) : "the zone that holds the name";
}

// "www.example. is an alias of web.example.: " when the name asked is not the one found out about.
std::string ByAlias(const Facts& facts) {
  if (facts.aliases.empty()) return "";
  const auto by = facts.aliases.size() == 1 ? std::string("an alias of")
                                            : fmt::format("by {} aliases", facts.aliases.size());
  return fmt::format("{} is {} {}: ", facts.answered->question.qname.ToText(), by,
                     facts.aliases.back()->target.ToText());
}

Name LastName(const Facts& facts) {
  return facts.aliases.empty() ? facts.answered->question.qname : facts.aliases.back()->target;
}

// What a server did, after its name: "did not reply".
std::string Deed(const ServerFault& fault) {
  switch (fault.how) {
    case Failing::kSilent:
      return "did not reply";
    case Failing::kUnreachable:
      return fmt::format("cannot be reached from here ({})", fault.reason);
    case Failing::kTcp:
      return fmt::format("cannot be asked over TCP ({})", fault.reason);
    case Failing::kError:
      return fmt::format("answers {}", ToText(fault.rcode));
    case Failing::kLame:
      return "does not serve the zone";
    case Failing::kUseless:
      return "gave a reply of no use";
  }
  return "failed";
}

// "a.lab. 192.0.2.1@53 did not reply; b.lab. 192.0.2.2@53 answers REFUSED; and 2 others": each deed once,
// with those who did it.
std::string Deeds(const std::vector<ServerFault>& faults) {
  constexpr size_t kMostNamed = 3;
  std::string out;
  for (size_t i = 0; i < std::min(faults.size(), kMostNamed); ++i)
    out += fmt::format("{}{} {}", out.empty() ? "" : "; ", ServerOf(*faults[i].asked), Deed(faults[i]));
  if (faults.size() > kMostNamed)
    out += fmt::format("; and {} no better", Count(faults.size() - kMostNamed, "other"));
  return out;
}

bool All(const std::vector<ServerFault>& faults, Failing how) {
  return std::ranges::all_of(faults, [how](const ServerFault& fault) { return fault.how == how; });
}
bool Any(const std::vector<ServerFault>& faults, Failing how) {
  return std::ranges::any_of(faults, [how](const ServerFault& fault) { return fault.how == how; });
}

// ---- Answers

// An answer came: what it cost on the way is worth a word.
void AddDetours(const Facts& facts, Why& why) {
  if (facts.faults.empty()) return;
  Duration lost{};
  for (const ServerFault& fault : facts.faults) lost += fault.lost;
  const std::string cost =
      lost > Duration{} ? fmt::format(", which cost {}", DurationText(lost)) : std::string();
  why.whose_fault = fmt::format("Nobody's for the answer; but on the way {}{}.", Deeds(facts.faults), cost);
  why.what_to_do = fmt::format("Nothing here; whoever runs {} should look after {}.",
                               ZoneText(facts.faults.front().asked->zone),
                               facts.faults.size() == 1 ? "that server" : "those servers");
}

bool HasAsked(const trace::Answered& answered) {
  return std::ranges::any_of(answered.answer, [&](const Rrset& rrset) {
    return rrset.type == answered.question.qtype || answered.question.qtype == rr::kAny;
  });
}

Why Found(const Facts& facts) {
  size_t records = 0;
  for (const Rrset& rrset : facts.answered->answer)
    if (rrset.type == facts.answered->question.qtype) records += rrset.rdatas.size();
  Why why{.what_happened = fmt::format("{}{} has {}, told by {}, after {}.", ByAlias(facts),
                                       Question{LastName(facts), facts.answered->question.qtype}.ToText(),
                                       Count(records, "record"), Teller(facts), DurationText(facts.elapsed)),
          .whose_fault = std::string(kNobody),
          .what_to_do = std::string(kNothing)};
  AddDetours(facts, why);
  return why;
}

Why NoSuchName(const Facts& facts) {
  const std::string zone = DecidingZone(facts);
  const std::string name = LastName(facts).ToText();
  Why why{.what_happened = fmt::format("{}{}here is no name {}: so says {}.", ByAlias(facts),
                                       facts.aliases.empty() ? 'T' : 't', name, Teller(facts))};
  if (facts.aliases.empty()) {
    why.whose_fault =
        fmt::format("Nobody's, if the name is spelt as it was meant: {} decides which names it has.", zone);
    why.what_to_do =
        fmt::format("Look at the spelling; if {} ought to exist, it must be added to {}.", name, zone);
  } else {
    const std::string alias = facts.aliases.back()->owner.ToText();
    why.whose_fault = fmt::format("That of the alias at {}, which leads to a name that is not there.", alias);
    why.what_to_do =
        fmt::format("The alias at {} needs another target, or {} must be added to {}.", alias, name, zone);
  }
  return why;
}

Why NoSuchData(const Facts& facts) {
  const std::string type = facts.answered->question.qtype.ToText();
  const std::string zone = DecidingZone(facts);
  return {
      .what_happened = fmt::format("{}{} exists, and has no record of type {}: so says {}.", ByAlias(facts),
                                   LastName(facts).ToText(), type, Teller(facts)),
      .whose_fault = fmt::format("Nobody's: {} holds no such record.", zone),
      .what_to_do = fmt::format("Ask for another type; or the {} record must be added to {}.", type, zone)};
}

Why TooLongName(const Facts& facts) {
  return {
      .what_happened = fmt::format("A DNAME would turn {} into a name of more than 255 octets (YXDOMAIN).",
                                   LastName(facts).ToText()),
      .whose_fault = "That of the DNAME's target, which is too long for this name.",
      .what_to_do = "Ask for a shorter name; or the DNAME needs a shorter target."};
}

// ---- What the configuration decided

Why ByLocalData(const Facts& facts) {
  const trace::Answered& answered = *facts.answered;
  const std::string name = facts.policy->name.ToText();
  Why why{
      .what_happened = fmt::format("{} {}.", name, facts.policy->effect),
      .whose_fault =
          fmt::format("The configuration of this server decides about the name: {}.", facts.policy->rule),
      .what_to_do = answered.rcode == Rcode::kNoError && HasAsked(answered)
                        ? std::string(kNothing)
                        : fmt::format("If {} is to be resolved, change that rule (local-zones, hosts-file, "
                                      "special-use-zones) and reload.",
                                      name)};
  return why;
}

Why ByRebindingFilter(const Facts& facts) {
  const std::string name = facts.answered->question.qname.ToText();
  return {
      .what_happened = fmt::format("The answer for {} led inside, and lost those addresses: {}.", name,
                                   facts.policy->rule),
      .whose_fault = fmt::format("Whoever publishes {}: a public name that leads inside is how browsers are "
                                 "attacked (DNS rebinding).",
                                 name),
      .what_to_do =
          fmt::format("If {} is meant to lead there, name it in rebinding-allow and reload.", name)};
}

Why ByAccessList(const Facts& facts) {
  const std::string client = facts.access->client.ToText();
  return {
      .what_happened = fmt::format("The query of {} was {}: {}.", client,
                                   facts.answered != nullptr ? "refused" : "dropped", facts.access->rule),
      .whose_fault = "The access list's of this server: who is not allowed there gets no answer.",
      .what_to_do = fmt::format("If {} is to be served, add an entry for it to access and reload.", client)};
}

// ---- Failures

Why FromFailureInCache(const Facts& facts) {
  const std::string asked = facts.cached->question.ToText();
  return {.what_happened = fmt::format("{} failed {} ago and is not tried again for {} s (RFC 9520).", asked,
                                       DurationText(facts.cached->age), facts.cached->ttl_left.seconds()),
          .whose_fault = "This trace cannot tell: the cause lies in the earlier try.",
          .what_to_do =
              fmt::format("Wait, or let `cairn-resolver ctl flush {}` forget the failure, and trace again.",
                          facts.cached->question.qname.ToText())};
}

Why AliasLoop(const Facts& facts) {
  std::string chain = facts.answered->question.qname.ToText();
  constexpr size_t kMostNamed = 4;
  for (size_t i = 0; i < std::min(facts.aliases.size(), kMostNamed); ++i)
    chain += " -> " + facts.aliases[i]->target.ToText();
  if (facts.aliases.size() > kMostNamed) chain += " -> and so on";
  const bool too_long = facts.loop == nullptr;
  return {.what_happened = fmt::format("{}: {}.",
                                       too_long ? "The chain of aliases is longer than is followed here"
                                                : "The aliases go round in a circle",
                                       chain),
          .whose_fault = "That of the zones which hold these aliases.",
          .what_to_do = too_long ? "The chain must be made shorter, by whoever holds these aliases."
                                 : "One of them needs another target; nothing to set here."};
}

Why ServersInACircle(const Facts& facts, const std::string& zone) {
  return {
      .what_happened = fmt::format("No server of {} can be found: to know their addresses one would have to "
                                   "know them already ({}).",
                                   zone, facts.loop->what),
      .whose_fault =
          fmt::format("The delegation of {}: its servers have names in zones that need {} in turn, "
                      "and no parent gives an address (glue).",
                      zone, zone),
      .what_to_do =
          fmt::format("Whoever runs {} must give it a server whose name lies in {}, with glue in the "
                      "parent.",
                      zone, zone)};
}

Why TooManyWait(const Facts& facts) {
  return {
      .what_happened = fmt::format("{} was turned away: {} ({}) was reached.",
                                   facts.answered->question.ToText(), facts.limit->limit, facts.limit->value),
      .whose_fault = "Not that of the name: more queries wait here than may.",
      .what_to_do =
          "See with `ctl stats` which servers are slow and with trace-on what is asked so often; or "
          "raise that option."};
}

Why TooMuchWork(const Facts& facts, const std::string& zone) {
  return {.what_happened =
              fmt::format("{} needs more work than one question may cost: {} ({}) was reached at {}.",
                          facts.answered->question.ToText(), facts.limit->limit, facts.limit->value, zone),
          .whose_fault =
              fmt::format("The zones on the way, {} the last of them: honest ones lead to an answer in a "
                          "few steps.",
                          zone),
          .what_to_do =
              "Look above for the zone whose servers take so many queries; whoever runs it must give "
              "addresses with its delegations."};
}

Why Resting(const Facts& facts) {
  const std::string zone = ZoneText(facts.resting->zone);
  return {.what_happened =
              fmt::format("None of the servers of {} could be reached lately, so nobody is asked for "
                          "another {} (RFC 9520).",
                          zone, DurationText(facts.resting->rest)),
          .whose_fault = fmt::format("The servers of {}, or the network to them.", zone),
          .what_to_do =
              "Wait until the rest is over; `cairn-resolver trace` asks them at once and shows what they "
              "do."};
}

Why NoAddress(const Facts& facts, const std::string& zone) {
  if (facts.skipped != nullptr) {
    return {.what_happened = fmt::format("No server of {} may be asked: {}{}{}.", zone,
                                         ServerText(facts.skipped->server, facts.skipped->endpoint),
                                         facts.skipped->rule.empty() ? "" : ": ", facts.skipped->rule),
            .whose_fault =
                fmt::format("The delegation of {}, which leads to addresses that are not to be asked.", zone),
            .what_to_do =
                "If those servers are meant, allow them with query-loopback or query-private and reload."};
  }
  return {.what_happened = fmt::format("The address of no server of {} could be found.", zone),
          .whose_fault = fmt::format("The delegation of {}: the names of its servers lead nowhere.", zone),
          .what_to_do = fmt::format(
              "Whoever runs {} must mend its NS records, or give the parent addresses (glue).", zone)};
}

// Servers of `zone` were asked, and none was of use.
Why AllFailed(const Facts& facts, const std::vector<ServerFault>& faults, const std::string& zone) {
  const CutSource source = facts.cut->source;
  const bool configured = source == CutSource::kForwardZone || source == CutSource::kStubZone;
  const std::string_view option = source == CutSource::kForwardZone ? "forward-zones" : "stub-zones";
  const std::string whose = configured ? fmt::format("servers that {} names for {}", option, zone)
                                       : fmt::format("servers of {}", zone);
  Why why{.what_happened = fmt::format("None of the {} gave an answer: {}.", whose, Deeds(faults))};
  if (All(faults, Failing::kUnreachable)) {
    why.whose_fault = "The network of this machine: nothing could be sent to them.";
    why.what_to_do = "Look at its routes, and whether it has IPv6 at all (resolver: ipv6: false).";
  } else if (configured) {
    why.whose_fault =
        fmt::format("Those servers, or the network to them: nobody else is asked about {}.", zone);
    why.what_to_do = fmt::format(
        "See that they run and answer this machine; else change {}, or let it fall back.", option);
  } else if (facts.cut->zone.IsRoot() && !facts.anybody_replied) {
    why.whose_fault =
        "Most likely this machine's network, or a firewall: all root servers never fail at once.";
    why.what_to_do =
        "See whether DNS leaves this machine (UDP and TCP port 53); where only one server may be asked, "
        "forward to it (forward-zones).";
  } else if (All(faults, Failing::kLame) ||
             (Any(faults, Failing::kLame) && !Any(faults, Failing::kSilent) && !Any(faults, Failing::kTcp))) {
    why.whose_fault =
        fmt::format("The delegation of {}: the parent names servers that do not serve it (lame).", zone);
    why.what_to_do = fmt::format(
        "Whoever runs {} must load the zone there, or have the parent name the servers that "
        "have it.",
        zone);
  } else if (All(faults, Failing::kError)) {
    why.whose_fault = fmt::format("The servers of {}: they are there, and refuse or fail.", zone);
    why.what_to_do = fmt::format(
        "Whoever runs {} must see why; they may not have the zone, or not answer this "
        "address.",
        zone);
  } else if (Any(faults, Failing::kTcp) && !Any(faults, Failing::kLame)) {
    why.whose_fault = fmt::format(
        "The servers of {}, or a firewall: TCP does not come through where it is needed "
        "(RFC 7766).",
        zone);
    why.what_to_do = "TCP port 53 must be open, here going out and there coming in.";
  } else {
    why.whose_fault = fmt::format("The servers of {}{}.", zone,
                                  Any(faults, Failing::kSilent) ? ", or the network to them" : "");
    why.what_to_do = fmt::format("Whoever runs {} must look after them; nothing to set here.", zone);
  }
  return why;
}

// In the order in which one cause hides another.
Why Failed(const Facts& facts) {
  if (facts.cached != nullptr && facts.cached->outcome == trace::CacheOutcome::kFailure && facts.queries == 0)
    return FromFailureInCache(facts);
  if (facts.loop != nullptr && facts.loop->kind == trace::LoopKind::kAlias) return AliasLoop(facts);
  if (facts.limit != nullptr && facts.limit->limit == "restarts") return AliasLoop(facts);
  if (facts.limit != nullptr && facts.limit->limit.starts_with("waiting-")) return TooManyWait(facts);
  const std::string zone = facts.cut != nullptr ? ZoneText(facts.cut->zone) : "the zone";
  const std::vector<ServerFault> faults =
      facts.cut != nullptr ? FaultsAt(facts, facts.cut->zone) : std::vector<ServerFault>();
  if (facts.loop != nullptr && faults.empty()) return ServersInACircle(facts, zone);
  if (facts.limit != nullptr) return TooMuchWork(facts, zone);
  if (facts.resting != nullptr) return Resting(facts);
  if (!faults.empty()) return AllFailed(facts, faults, zone);
  const bool left_waiting = facts.patience != nullptr || facts.joined != nullptr;
  if (facts.cut != nullptr && !left_waiting) return NoAddress(facts, zone);
  return {.what_happened = fmt::format("{} failed{}{}.", facts.answered->question.ToText(),
                                       facts.answered->reason.empty() ? "" : ": ", facts.answered->reason),
          .whose_fault = facts.cut != nullptr
                             ? fmt::format("The servers of {}, or those on the way to them.", zone)
                             : "This trace cannot tell.",
          .what_to_do = "Ask again: what was found meanwhile is kept."};
}

Why Stale(const Facts& facts) {
  Why why = Failed(facts);
  why.what_happened =
      fmt::format("{} was answered from expired data, since {}: {}", facts.answered->question.ToText(),
                  facts.stale->occasion, why.what_happened);
  why.what_to_do += " Until then clients get the old answer (serve-stale).";
  return why;
}

Why Withheld(const Facts& facts) {
  return {.what_happened = fmt::format("The client gets no answer: {}.", facts.withheld->reason),
          .whose_fault = "The configuration of this server.",
          .what_to_do = "If clients are to get it, change that option or rule and reload."};
}

Why WithoutAnswer() {
  return {.what_happened = "This trace ends before its answer.",
          .whose_fault = "This trace cannot tell.",
          .what_to_do = "Trace the name again."};
}

Why Otherwise(const Facts& facts) {
  const trace::Answered& answered = *facts.answered;
  return {.what_happened =
              fmt::format("{} was answered {}{}{}.", answered.question.ToText(), ToText(answered.rcode),
                          answered.reason.empty() ? "" : ": ", answered.reason),
          .whose_fault = "Whoever asked: this server does not do that.",
          .what_to_do = "Ask for something it does: records of class IN."};
}

Why ExplainAnswer(const Facts& facts) {
  const trace::Answered& answered = *facts.answered;
  if (facts.stale != nullptr) return Stale(facts);
  if (answered.rcode == Rcode::kServFail) return Failed(facts);
  if (answered.rcode == Rcode::kNxDomain) return NoSuchName(facts);
  if (answered.rcode == Rcode::kYxDomain) return TooLongName(facts);
  if (answered.rcode != Rcode::kNoError) return Otherwise(facts);
  return HasAsked(answered) ? Found(facts) : NoSuchData(facts);
}

Why ExplainFacts(const Facts& facts) {
  const bool rebinding = facts.policy != nullptr && facts.policy->kind == trace::PolicyKind::kRebindingFilter;
  if (facts.access != nullptr && !facts.access->allowed) return ByAccessList(facts);
  if (facts.policy != nullptr && facts.answered != nullptr && facts.answered->rcode != Rcode::kServFail)
    return rebinding ? ByRebindingFilter(facts) : ByLocalData(facts);
  if (facts.withheld != nullptr) return Withheld(facts);
  if (facts.answered == nullptr) return WithoutAnswer();
  return ExplainAnswer(facts);
}

// A name ends with a dot already when it ends a sentence; one that is escaped belongs to the name.
std::string WithSingleStops(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool doubled = c == '.' && out.ends_with('.') && !out.ends_with("\\.");
    if (!doubled) out += c;
  }
  return out;
}

}  // namespace

Why Explain(const Trace& trace) {
  Why why = ExplainFacts(trace::GatherFacts(trace));
  for (std::string* sentence : {&why.what_happened, &why.whose_fault, &why.what_to_do})
    *sentence = WithSingleStops(*sentence);
  return why;
}
}  // namespace cairn
