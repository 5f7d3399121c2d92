#include "resolver/resolution_trace.h"

#include <algorithm>
#include <chrono>

#include "common/base/limits.h"
#include "common/dns/rdata.h"

namespace cairn {
namespace {

trace::CacheOutcome ToTrace(CacheHit::Outcome outcome) {
  switch (outcome) {
    case CacheHit::Outcome::kMiss:
      return trace::CacheOutcome::kMiss;
    case CacheHit::Outcome::kAnswer:
      return trace::CacheOutcome::kHit;
    case CacheHit::Outcome::kAlias:
      return trace::CacheOutcome::kAlias;
    case CacheHit::Outcome::kNoData:
      return trace::CacheOutcome::kNoData;
    case CacheHit::Outcome::kNxDomain:
      return trace::CacheOutcome::kNxDomain;
    case CacheHit::Outcome::kFailure:
      return trace::CacheOutcome::kFailure;
  }
  return trace::CacheOutcome::kMiss;
}

trace::Verdict ToTrace(FindingKind kind) {
  switch (kind) {
    case FindingKind::kAnswer:
      return trace::Verdict::kAnswer;
    case FindingKind::kAlias:
      return trace::Verdict::kAlias;
    case FindingKind::kReferral:
      return trace::Verdict::kReferral;
    case FindingKind::kNoData:
      return trace::Verdict::kNoData;
    case FindingKind::kNxDomain:
    case FindingKind::kYxDomain:
      return trace::Verdict::kNxDomain;
    case FindingKind::kTruncated:
      return trace::Verdict::kTruncated;
    case FindingKind::kLame:
      return trace::Verdict::kLame;
    case FindingKind::kServerError:
    case FindingKind::kEmpty:
    case FindingKind::kUseless:
      return trace::Verdict::kUseless;
  }
  return trace::Verdict::kUseless;
}

trace::CandidateState ToTrace(const SlistCandidate& candidate) {
  switch (candidate.reason) {
    case ScoreReason::kMeasured:
      return trace::CandidateState::kKnown;
    case ScoreReason::kUnknown:
      return trace::CandidateState::kUntried;
    case ScoreReason::kLame:
      return trace::CandidateState::kLame;
    default:
      return trace::CandidateState::kBackedOff;
  }
}

trace::StoredAs ToTrace(CacheKind kind) {
  switch (kind) {
    case CacheKind::kRrset:
      return trace::StoredAs::kRrset;
    case CacheKind::kNoData:
      return trace::StoredAs::kNoData;
    case CacheKind::kNxDomain:
      return trace::StoredAs::kNxDomain;
    case CacheKind::kFailure:
      return trace::StoredAs::kFailure;
  }
  return trace::StoredAs::kRrset;
}

void TraceKept(TracePoint at, Section section, const KeptRrset& kept) {
  at.Add(trace::RrsetKept{.section = section, .rrset = kept.rrset});
}

// Runs of records with one owner, type and rule become one event.
void TraceDropped(TracePoint at, const std::vector<DroppedRecord>& dropped) {
  for (size_t i = 0; i < dropped.size();) {
    const DroppedRecord& first = dropped[i];
    const auto same = [&first](const DroppedRecord& other) {
      return other.section == first.section && other.rule == first.rule &&
             other.record.type == first.record.type && other.record.owner == first.record.owner;
    };
    size_t end = i + 1;
    while (end < dropped.size() && same(dropped[end])) ++end;
    at.Add(trace::RecordsDropped{.section = first.section,
                                 .owner = first.record.owner,
                                 .type = first.record.type,
                                 .count = static_cast<uint32_t>(end - i),
                                 .rule = std::string(ToText(first.rule))});
    i = end;
  }
}

// The event says already that the server is lame.
std::string WithoutVerdict(std::string_view text) {
  constexpr std::string_view kPrefix = "lame: ";
  return std::string(text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : text);
}

// The event says already that it is about something not stored.
std::string WhyNot(std::string_view outcome) {
  constexpr std::string_view kPrefix = "not stored: ";
  return std::string(outcome.starts_with(kPrefix) ? outcome.substr(kPrefix.size()) : outcome);
}

}  // namespace

void TraceLocal(TracePoint at, const Question& question, const LocalAnswer& answer) {
  std::string effect = "is answered here";
  if (answer.what == LocalAnswer::What::kFinding) {
    effect += ", " + std::string(ToText(answer.finding.kind));
  } else {
    effect = answer.what == LocalAnswer::What::kRefused ? "is refused" : "gets no answer";
  }
  at.Add(trace::PolicyApplied{.name = question.qname, .rule = answer.rule, .effect = std::move(effect)});
}

void TraceRebinding(TracePoint at, const CollectedAnswer& answer) {
  at.Add(trace::PolicyApplied{.name = answer.asked.qname,
                              .kind = trace::PolicyKind::kRebindingFilter,
                              .rule = answer.explanation,
                              .effect = "loses addresses of the inside"});
}

void TraceCacheProbe(TracePoint at, const Question& question, const CacheHit& hit, Instant now) {
  trace::CacheProbed event{.question = question, .outcome = ToTrace(hit.outcome)};
  if (hit) {
    event.ttl_left = hit.entry->RemainingTtl(now);
    event.age = now - hit.entry->stored();
    event.rank = std::string(ToText(hit.entry->rank()));
    event.filler = hit.entry->filler();
  }
  at.Add(std::move(event));
}

void TraceCachedAbove(TracePoint at, CacheHit::Outcome outcome, const CacheEntry& entry, Instant now) {
  const RrType type = outcome == CacheHit::Outcome::kAlias ? rr::kDname : rr::kAny;
  TraceCacheProbe(at, {Name(entry.owner()), type}, CacheHit{outcome, &entry}, now);
}

void TraceRefresh(TracePoint at, const CacheEntry& entry, Refresher::Decision decision, Instant now) {
  if (decision == Refresher::Decision::kNotYet) return;
  at.Add(trace::RefreshWanted{.question = {Name(entry.owner()), entry.type()},
                              .ttl_left = entry.RemainingTtl(now),
                              .started = decision == Refresher::Decision::kWanted});
}

void TraceAliases(TracePoint at, const AliasChain& chain, size_t links) {
  const std::vector<Rrset>& sets = chain.links();
  const auto aliases =
      std::count_if(sets.begin(), sets.end(), [](const Rrset& set) { return set.type == rr::kCname; });
  uint32_t link = static_cast<uint32_t>(aliases);
  for (size_t i = links; i < sets.size(); ++i) link -= sets[i].type == rr::kCname;
  for (size_t i = links; i < sets.size(); ++i) {
    if (sets[i].type != rr::kCname) continue;
    // A DNAME stands before the alias that was made from it (RFC 6672 section 3.1).
    const bool made = i > 0 && sets[i - 1].type == rr::kDname && sets[i].owner.IsBelow(sets[i - 1].owner);
    at.Add(trace::AliasFollowed{.owner = made ? sets[i - 1].owner : sets[i].owner,
                                .type = made ? rr::kDname : rr::kCname,
                                .target = Name(LeadingName(sets[i].rdatas.front())),
                                .links = ++link});
  }
}

void TraceTooManyAliases(TracePoint at, uint64_t most) {
  at.Add(trace::LimitReached{.limit = std::string(RowOf(Limit::kRestarts).name),
                             .value = most,
                             .consequence = "the chain is not followed further"});
}

void TraceChainEnd(TracePoint at, const AliasChain& chain) {
  if (chain.state() == AliasChain::State::kLoop) {
    at.Add(trace::LoopStopped{.what = "the aliases lead back to " + chain.question().qname.ToText(),
                              .kind = trace::LoopKind::kAlias});
  } else if (chain.state() == AliasChain::State::kTooLong) {
    TraceTooManyAliases(at, limits::kMaxAliases);
  }
}

TracePoint TraceCut(TracePoint at, const Delegation& cut, bool from_referral) {
  trace::ZoneCutPicked event{.zone = cut.cut, .source = trace::CutSource::kDelegation};
  if (cut.kind != DelegationKind::kIterate) {
    event.source =
        cut.kind == DelegationKind::kForward ? trace::CutSource::kForwardZone : trace::CutSource::kStubZone;
    event.servers = event.addresses = static_cast<uint32_t>(cut.configured.size());
    return at.Add(std::move(event));
  }
  if (from_referral)
    event.source = trace::CutSource::kReferral;
  else if (cut.cut.IsRoot())
    event.source = cut.filler ? trace::CutSource::kPrimed : trace::CutSource::kHints;
  event.servers = static_cast<uint32_t>(cut.servers.size());
  for (const DelegationServer& server : cut.servers)
    event.addresses += static_cast<uint32_t>(server.addresses.size());
  return at.Add(std::move(event));
}

void TraceGlue(TracePoint at, const Delegation& cut, const Slist::Options& options) {
  for (const DelegationServer& server : cut.servers) {
    if (!server.addresses.empty() && !cut.cut.IsRoot())
      at.Add(trace::GlueUsed{.server = server.name, .addresses = server.addresses});
    const uint16_t port = server.port != 0 ? server.port : options.port;
    TraceSkipped(at, server.name, port, server.addresses, options);
  }
}

void TraceSkipped(TracePoint at, const Name& server, uint16_t port, const std::vector<IpAddress>& addresses,
                  const Slist::Options& options) {
  for (const IpAddress& address : addresses) {
    const bool family_on = address.is_v6() ? options.ipv6 : options.ipv4;
    const Endpoint endpoint{address, port};
    const std::string_view rule = Slist::WhyNotAsked(endpoint, options);
    if (!family_on || rule.empty()) continue;
    at.Add(trace::ServerSkipped{.server = server, .endpoint = endpoint, .rule = std::string(rule)});
  }
}

void TracePick(TracePoint at, const Slist& servers, const std::optional<SlistPick>& pick) {
  trace::ServerChosen event{.zone = servers.zone_cut()};
  for (const SlistCandidate& candidate : servers.candidates()) {
    trace::Candidate row{
        .server = candidate.server, .endpoint = candidate.endpoint, .state = ToTrace(candidate)};
    if (candidate.state.known) {
      row.smoothed_rtt = candidate.state.srtt;
      row.rtt_variation = candidate.state.rttvar;
    }
    row.score = candidate.score;
    row.failures = static_cast<uint32_t>(candidate.state.timeouts_in_a_row);
    event.candidates.push_back(std::move(row));
  }
  for (const Name& name : servers.names_without_address())
    event.candidates.push_back({.server = name, .state = trace::CandidateState::kNoAddress});
  event.chosen = static_cast<uint32_t>(pick ? pick->index : event.candidates.size());
  event.reason = pick ? "lowest expected time" : "no server is left to ask";
  at.Add(std::move(event));
}

void TraceBlame(TracePoint at, const SlistPick& pick, NameView cut, const ExchangeResult& result,
                const ServerState& state, Instant now) {
  const Duration aside = state.dead_until && *state.dead_until > now ? *state.dead_until - now : Duration{};
  at.Add(
      trace::ServerBlamed{.server = pick.endpoint,
                          .zone = Name(cut),
                          .reason = result.end == ExchangeResult::End::kTimeout ? "timeout" : "unreachable",
                          .failures = static_cast<uint32_t>(state.timeouts_in_a_row),
                          .put_aside_for = aside});
}

void TraceLame(TracePoint at, const Endpoint& server, NameView cut, const Finding& finding) {
  at.Add(trace::ServerBlamed{.server = server, .zone = Name(cut), .reason = finding.ToText()});
}

void TraceHabits(TracePoint at, const Endpoint& server, const ExchangeResult& result) {
  const auto tell = [&](bool has, trace::Habit habit) {
    if (has) at.Add(trace::HabitLearnt{.endpoint = server, .habit = habit});
  };
  tell(result.without_edns, trace::Habit::kNoEdns);
  tell(result.case_folded, trace::Habit::kFoldsCase);
  tell(result.truncated_needlessly, trace::Habit::kTruncatesNeedlessly);
}

void TraceFailureStored(TracePoint at, const Question& question, Duration ttl) {
  if (ttl == Duration::zero()) return;  // live data are there
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(ttl).count();
  at.Add(trace::Stored{.what = trace::StoredAs::kFailure,
                       .owner = question.qname,
                       .type = question.qtype,
                       .ttl = Ttl::Seconds(static_cast<uint32_t>(seconds))});
}

void TraceStep(TracePoint at, const Question& shown, MinimisedName::Said said, bool cached, bool go_on) {
  trace::NameMinimised event{.shown = shown.qname};
  switch (said) {
    case MinimisedName::Said::kExists:
      event.reason = cached ? "it exists, as is known here already: one step on" : "it exists: one step on";
      break;
    case MinimisedName::Said::kAlias:
      event.reason = "an alias: the whole name is shown";
      break;
    case MinimisedName::Said::kDenied:
      event.reason = go_on ? "denied, which relaxed minimisation does not believe: the whole name is shown"
                           : "denied: strict minimisation shows no more";
      break;
    case MinimisedName::Said::kFailed:
      event.reason = go_on ? "no useful answer: the whole name is shown"
                           : "no useful answer: strict minimisation shows no more";
      break;
    case MinimisedName::Said::kUnreached:
      event.reason = "no server could be reached";
      break;
  }
  at.Add(std::move(event));
}

TracePoint TraceFinding(TracePoint at, const Finding& finding) {
  trace::ReplyJudged event{.verdict = ToTrace(finding.kind), .zone = finding.zone_cut};
  if (finding.referral) event.cut = finding.referral->cut;
  event.reason = finding.useful() ? std::string(finding.remark) : WithoutVerdict(finding.ToText());
  const TracePoint judged = at.Add(std::move(event));
  for (const KeptRrset& kept : finding.answer) TraceKept(judged, Section::kAnswer, kept);
  if (finding.soa) TraceKept(judged, Section::kAuthority, *finding.soa);
  if (finding.ds) TraceKept(judged, Section::kAuthority, *finding.ds);
  for (const KeptRrset& kept : finding.proofs) TraceKept(judged, Section::kAuthority, kept);
  TraceDropped(judged, finding.dropped);
  return judged;
}

void TraceRemembered(TracePoint at, const Finding& finding, const Remembered& remembered) {
  if (finding.referral && remembered.referral) {
    const Name& cut = finding.referral->cut;
    if (*remembered.referral <= DelegationStore::Outcome::kChanged) {
      at.Add(trace::Stored{.what = trace::StoredAs::kDelegation,
                           .owner = cut,
                           .type = rr::kNs,
                           .ttl = finding.referral_ttl,
                           .rank = *remembered.referral == DelegationStore::Outcome::kStored
                                       ? "from the parent"
                                       : std::string(ToText(*remembered.referral))});
    } else {
      at.Add(
          trace::StoreDeclined{.owner = cut, .type = rr::kNs, .rule = WhyNot(ToText(*remembered.referral))});
    }
  }
  for (const StoreDecision& decision : remembered.cached) {
    if (Stored(decision.outcome)) {
      at.Add(trace::Stored{.what = ToTrace(decision.kind),
                           .owner = decision.name,
                           .type = decision.type,
                           .ttl = decision.ttl,
                           .rank = std::string(ToText(decision.rank))});
    } else {
      at.Add(trace::StoreDeclined{
          .owner = decision.name, .type = decision.type, .rule = WhyNot(ToText(decision.outcome))});
    }
  }
}

void TraceAnswered(TracePoint at, const CollectedAnswer& answer) {
  trace::Answered event{.question = answer.asked, .rcode = answer.rcode, .answer = answer.answer};
  if (answer.soa) event.authority.push_back(*answer.soa);
  if (answer.extended_error)
    event.reason = answer.explanation.empty() ? InWords(*answer.extended_error) : answer.explanation;
  if (answer.extended_error) event.extended_error = static_cast<uint16_t>(*answer.extended_error);
  at.Add(std::move(event));
}

std::string FaultOf(const SlistPick& asked, NameView cut, const std::optional<Finding>& finding) {
  if (finding && finding->useful()) return {};
  return asked.server.ToText() + " " + asked.endpoint.ToText() + " for " + cut.ToText() + ": " +
         (finding ? finding->ToText() : "no reply");
}

std::string_view InWords(ExtendedError why) {
  switch (why) {
    case ExtendedError::kNoReachableAuthority:
      return "no server could be reached";
    case ExtendedError::kNetworkError:
      return "no server gave a useful answer";
    case ExtendedError::kCachedError:
      return "failed a moment ago and is not tried again yet";
    case ExtendedError::kStaleAnswer:
      return "no fresh answer in time; this one has expired";
    case ExtendedError::kStaleNxDomain:
      return "no fresh answer in time; that there is no such name was known, and has expired";
    case ExtendedError::kNotReady:
      return "too many clients wait";
    case ExtendedError::kBlocked:
      return "blocked by a rule of this server";
    case ExtendedError::kProhibited:
      return "not allowed by the access list";
    case ExtendedError::kNotSupported:
      return "not supported";
    default:
      return "limit of work for one question, or a loop";
  }
}

std::string DescribeFailure(ExtendedError why, const WorkBudget& budget) {
  std::string text(InWords(why));
  if (const std::optional<Limit> struck = budget.struck())
    text += " (limit " + std::string(RowOf(*struck).name) + ")";
  return text;
}

}  // namespace cairn
