#include "common/trace/facts.h"

#include <algorithm>

namespace cairn::trace {
namespace {

// Whether what an event causes is work on the side.
bool LeadsAside(const EventBody& body) {
  if (std::holds_alternative<ServerAddressWanted>(body)) return true;
  if (const auto* started = std::get_if<ResolutionStarted>(&body))
    return started->purpose == Purpose::kPriming;
  const auto* sent = std::get_if<QuerySent>(&body);
  return sent != nullptr && sent->attempt == Attempt::kProbe;
}

class Gatherer {
 public:
  explicit Gatherer(const Trace& trace) : trace_(trace), places_(trace.events().size() + 1) {}

  Facts Gather() && {
    for (const TraceEvent& event : trace_.events()) {
      Place& place = places_[event.id];
      place = places_[event.parent];
      place.aside = place.aside || LeadsAside(event.body);
      std::visit([&](const auto& body) { Take(body, event, place); }, event.body);
    }
    return std::move(facts_);
  }

 private:
  // What an event belongs to.
  struct Place {
    bool aside = false;
    const QuerySent* sent = nullptr;
    const ReplyReceived* reply = nullptr;
  };

  template <typename Event>
  void Take(const Event&, const TraceEvent&, Place&) {}  // of no matter here

  void Take(const Answered& e, const TraceEvent& event, Place& place) {
    if (place.aside) return;
    facts_.answered = &e;
    facts_.elapsed = event.at - trace_.started();
  }
  void Take(const AnswerWithheld& e, const TraceEvent&, Place&) { facts_.withheld = &e; }
  void Take(const ClientQuery& e, const TraceEvent&, Place&) { facts_.client = &e; }
  void Take(const AccessDecided& e, const TraceEvent&, Place&) { facts_.access = &e; }
  void Take(const StaleServed& e, const TraceEvent&, Place&) { facts_.stale = &e; }
  void Take(const PolicyApplied& e, const TraceEvent&, Place& place) { Keep(facts_.policy, e, place); }
  void Take(const ResolutionJoined& e, const TraceEvent&, Place& place) { Keep(facts_.joined, e, place); }
  void Take(const ZoneResting& e, const TraceEvent&, Place& place) { Keep(facts_.resting, e, place); }
  void Take(const ZoneCutPicked& e, const TraceEvent&, Place& place) { Keep(facts_.cut, e, place); }
  void Take(const ServerSkipped& e, const TraceEvent&, Place& place) { Keep(facts_.skipped, e, place); }
  void Take(const ResolutionFailed& e, const TraceEvent&, Place& place) { Keep(facts_.failed, e, place); }
  void Take(const CacheProbed& e, const TraceEvent&, Place& place) {
    if (e.outcome != CacheOutcome::kMiss) Keep(facts_.cached, e, place);
  }
  // Where a loop or a limit is met on the side, it is still what keeps the question from being answered.
  void Take(const LoopStopped& e, const TraceEvent&, Place&) { facts_.loop = &e; }
  void Take(const LimitReached& e, const TraceEvent&, Place& place) {
    if (e.limit == "client-timeout")
      Keep(facts_.patience, e, place);
    else if (facts_.limit == nullptr)
      facts_.limit = &e;
  }
  void Take(const AliasFollowed& e, const TraceEvent&, Place& place) {
    if (!place.aside) facts_.aliases.push_back(&e);
  }

  void Take(const QuerySent& e, const TraceEvent&, Place& place) {
    place.sent = &e;
    place.reply = nullptr;
    facts_.queries += !place.aside;
  }
  void Take(const ReplyReceived& e, const TraceEvent&, Place& place) {
    place.reply = &e;
    facts_.anybody_replied = true;
  }
  void Take(const QueryTimedOut& e, const TraceEvent&, Place& place) {
    const Failing how = e.transport == Transport::kTcp ? Failing::kTcp : Failing::kSilent;
    Blame(place, {.how = how, .reason = "no reply in time", .lost = e.waited});
  }
  void Take(const ConnectionFailed& e, const TraceEvent&, Place& place) {
    Blame(place, {.how = e.our_side ? Failing::kUnreachable : Failing::kTcp, .reason = e.reason});
  }
  void Take(const ReplyJudged& e, const TraceEvent&, Place& place) {
    if (place.sent == nullptr || place.reply == nullptr) return;
    const Rcode rcode = place.reply->rcode;
    if (rcode != Rcode::kNoError && rcode != Rcode::kNxDomain && rcode != Rcode::kYxDomain)
      return Blame(place, {.how = Failing::kError, .rcode = rcode});
    if (e.verdict == Verdict::kLame) return Blame(place, {.how = Failing::kLame, .reason = e.reason});
    if (e.verdict == Verdict::kUseless) return Blame(place, {.how = Failing::kUseless, .reason = e.reason});
    if (e.verdict == Verdict::kTruncated || place.aside) return;
    Forgive(*place.sent);
    facts_.told_by = place.sent;
    facts_.told = &e;
  }

  template <typename Event>
  void Keep(const Event*& fact, const Event& e, const Place& place) {
    if (!place.aside) fact = &e;
  }

  static bool SameServer(const QuerySent& a, const QuerySent& b) {
    return a.endpoint == b.endpoint && a.zone == b.zone;
  }

  void Blame(const Place& place, ServerFault fault) {
    if (place.sent == nullptr || place.aside) return;
    fault.asked = place.sent;
    for (ServerFault& known : facts_.faults) {
      if (!SameServer(*known.asked, *place.sent)) continue;
      fault.lost += known.lost;
      known = fault;
      return;
    }
    facts_.faults.push_back(fault);
  }
  void Forgive(const QuerySent& sent) {
    std::erase_if(facts_.faults, [&](const ServerFault& fault) { return SameServer(*fault.asked, sent); });
  }

  const Trace& trace_;
  std::vector<Place> places_;  // of each event; [0] is nowhere
  Facts facts_;
};

}  // namespace

Facts GatherFacts(const Trace& trace) { return Gatherer(trace).Gather(); }

std::vector<ServerFault> FaultsAt(const Facts& facts, const Name& zone) {
  std::vector<ServerFault> faults;
  std::ranges::copy_if(facts.faults, std::back_inserter(faults),
                       [&](const ServerFault& fault) { return fault.asked->zone == zone; });
  return faults;
}

}  // namespace cairn::trace
