#include "resolver/local_answer.h"

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "common/dns/rdata.h"
#include "common/zone/zone_lookup.h"
#include "fmt/format.h"
#include "resolver/local_zone_loader.h"

namespace cairn {
namespace {

using What = LocalAnswer::What;

constexpr Ttl kHostsTtl = Ttl::Seconds(3600);  // the file may change with the next reload

Finding Begin(const Question& question, NameView apex) {
  Finding finding;
  finding.asked = question;
  finding.zone_cut = Name(apex);
  finding.authoritative = true;
  finding.last_name = question.qname;
  return finding;
}

KeptRrset Keep(Rrset rrset) {
  return {.rrset = std::move(rrset),
          .rrsigs = {},
          .rrsig_ttl = {},
          .rank = TrustRank::kLocal,
          .cacheable = false};
}

// `set` of a zone as the set of `owner`: a wildcard's, or a redirecting apex's, becomes the name asked.
KeptRrset KeepAs(const Name& owner, RrsetView set) {
  Rrset rrset{.owner = owner, .type = set.type(), .ttl = set.ttl(), .rdatas = {}};
  for (const ByteView rdata : set) rrset.rdatas.Add(rdata);
  return Keep(std::move(rrset));
}

Finding Negative(const Question& question, FindingKind kind, const LocalZone& local) {
  Finding finding = Begin(question, local.apex);
  finding.kind = kind;
  if (kind == FindingKind::kNxDomain) finding.rcode = Rcode::kNxDomain;
  finding.soa = Keep(DefaultSoa(local.apex));
  if (local.zone) {
    finding.soa = KeepAs(local.apex, local.zone->soa());
    finding.soa->rrset.ttl = local.zone->negative_ttl();  // RFC 2308 section 3
  }
  return finding;
}

// RFC 6672 section 3.1: the DNAME, and a CNAME made of it.
Finding Redirected(const Question& question, const lookup::Redirection& found, const LocalZone& local) {
  Finding finding = Begin(question, local.apex);
  const Name owner = found.node.owner();
  finding.answer.push_back(KeepAs(owner, found.dname));
  const std::optional<Name> target =
      Name::ReplaceSuffix(question.qname, owner, LeadingName(found.dname.front()));
  if (!target) {
    finding.kind = FindingKind::kYxDomain;
    finding.rcode = Rcode::kYxDomain;
    return finding;
  }
  Rrset cname{.owner = question.qname, .type = rr::kCname, .ttl = found.dname.ttl(), .rdatas = {}};
  cname.rdatas.Add(target->wire());
  finding.answer.push_back(Keep(std::move(cname)));
  finding.kind = question.qtype == rr::kCname ? FindingKind::kAnswer : FindingKind::kAlias;
  return finding;
}

// What the zone's records say (RFC 1034 section 4.3.2 step 3); nothing where a transparent zone has none.
std::optional<Finding> FromRecords(const LocalZone& local, const Question& question) {
  const bool transparent = local.kind == LocalZoneKind::kTransparent;
  const NameView asked = local.kind == LocalZoneKind::kRedirect ? local.apex.view() : question.qname.view();
  const LookupResult result = Find(*local.zone, asked, question.qtype);
  Finding finding = Begin(question, local.apex);
  if (const auto* answer = std::get_if<lookup::Answer>(&result)) {
    // What makes a zone a zone is not copied to the names that a redirecting one makes.
    const bool of_apex = question.qtype == rr::kSoa || question.qtype == rr::kNs;
    if (of_apex && transparent) return std::nullopt;
    if (of_apex && question.qname != asked) return Negative(question, FindingKind::kNoData, local);
    finding.kind = FindingKind::kAnswer;
    // ANY is answered with one set of the node (RFC 8482 section 4.1).
    finding.answer.push_back(KeepAs(question.qname, answer->rrset ? answer->rrset : *answer->node.begin()));
    return finding;
  }
  if (const auto* alias = std::get_if<lookup::Alias>(&result)) {
    finding.kind = FindingKind::kAlias;
    finding.answer.push_back(KeepAs(question.qname, alias->cname));
    return finding;
  }
  if (const auto* redirection = std::get_if<lookup::Redirection>(&result))
    return Redirected(question, *redirection, local);
  if (const auto* nodata = std::get_if<lookup::NoData>(&result)) {
    const bool nothing_written = nodata->node.empty() || nodata->node.IsApex();
    if (transparent && nothing_written) return std::nullopt;
    return Negative(question, FindingKind::kNoData, local);
  }
  if (transparent) return std::nullopt;
  return Negative(question, FindingKind::kNxDomain, local);
}

// A zone without records: its apex has SOA and NS, and nothing is below it (RFC 6303 section 3).
std::optional<Finding> FromEmptyZone(const LocalZone& local, const Question& question) {
  if (local.kind == LocalZoneKind::kTransparent) return std::nullopt;
  if (question.qname != local.apex.view() && local.kind == LocalZoneKind::kStatic)
    return Negative(question, FindingKind::kNxDomain, local);
  if (question.qname != local.apex.view() || (question.qtype != rr::kSoa && question.qtype != rr::kNs))
    return Negative(question, FindingKind::kNoData, local);
  Finding finding = Begin(question, local.apex);
  finding.kind = FindingKind::kAnswer;
  finding.answer.push_back(Keep(question.qtype == rr::kSoa ? DefaultSoa(local.apex) : DefaultNs(local.apex)));
  return finding;
}

// A name of the hosts file has the addresses written there and no others; of other types it says nothing.
std::optional<Finding> FromHosts(const HostEntry& host, const Question& question) {
  const bool wants_address = question.qtype == rr::kA || question.qtype == rr::kAaaa;
  Rrset rrset{.owner = question.qname, .type = question.qtype, .ttl = kHostsTtl, .rdatas = {}};
  if (wants_address) {
    for (const IpAddress& address : host.addresses) {
      if (address.is_v6() == (question.qtype == rr::kAaaa)) rrset.rdatas.Add(address.octets());
    }
  } else if (question.qtype == rr::kPtr) {
    for (const Name& name : host.pointers) rrset.rdatas.Add(name.wire());
  }
  Finding finding = Begin(question, question.qname);
  if (!rrset.rdatas.empty()) {
    finding.kind = FindingKind::kAnswer;
    finding.answer.push_back(Keep(std::move(rrset)));
    return finding;
  }
  if (!wants_address || host.addresses.empty()) return std::nullopt;
  finding.kind = FindingKind::kNoData;
  finding.soa = Keep(DefaultSoa(question.qname));
  return finding;
}

std::optional<LocalAnswer> FromZone(const LocalZone& local, const Question& question) {
  LocalAnswer answer;
  answer.rule = fmt::format("{} {} ({})", local.apex.ToText(), ToText(local.kind), local.source);
  answer.blocked = true;
  switch (local.kind) {
    case LocalZoneKind::kRefuse:
      answer.what = What::kRefused;
      return answer;
    case LocalZoneKind::kDrop:
      answer.what = What::kDropped;
      return answer;
    case LocalZoneKind::kNoData:
      answer.finding = Negative(question, FindingKind::kNoData, local);
      return answer;
    default:
      break;
  }
  std::optional<Finding> finding = local.zone ? FromRecords(local, question) : FromEmptyZone(local, question);
  if (!finding) return std::nullopt;
  answer.finding = *std::move(finding);
  answer.blocked = false;
  return answer;
}

}  // namespace

std::optional<LocalAnswer> AnswerLocally(const ZoneRules& rules, const Question& question) {
  const ZoneMatch match = rules.MatchFor(question.qname, question.qtype);
  if (match.host) {
    if (std::optional<Finding> finding = FromHosts(*match.host, question))
      return LocalAnswer{.finding = *std::move(finding), .rule = "hosts-file"};
  }
  return match.local ? FromZone(*match.local, question) : std::nullopt;
}

void Append(AliasChain& chain, const LocalAnswer& local) {
  chain.Append(local.finding);
  if (local.blocked || local.finding.soa)
    chain.Explain(local.blocked ? ExtendedError::kBlocked : ExtendedError::kOther, local.rule);
}

CollectedAnswer Block(AliasChain& chain, const LocalAnswer& local) {
  const bool dropped = local.what == What::kDropped && chain.restarts() == 0;
  CollectedAnswer answer = chain.TakeAnswer();
  answer.rcode = Rcode::kRefused;
  answer.soa.reset();
  answer.extended_error = ExtendedError::kBlocked;
  answer.explanation = local.rule;
  answer.dropped = dropped;
  return answer;
}

std::optional<CollectedAnswer> CollectLocally(const ZoneRules& rules, const Question& asked) {
  AliasChain chain(asked);
  bool found = false;
  while (!chain.complete()) {
    const std::optional<LocalAnswer> local = AnswerLocally(rules, chain.question());
    if (!local) break;
    found = true;
    if (local->blocks()) return Block(chain, *local);
    Append(chain, *local);
  }
  return found ? std::optional(chain.TakeAnswer()) : std::nullopt;
}

}  // namespace cairn
