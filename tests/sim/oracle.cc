// Uses the zones' own Find, which tests/unit/zone keeps right, and none of the resolver's code.
#include "tests/sim/oracle.h"

#include <algorithm>
#include <variant>

#include "common/dns/rdata.h"
#include "common/zone/zone_lookup.h"

namespace cairn::sim {
namespace {

Rrset Copy(NameView owner, RrsetView set) {
  Rrset copy{.owner = Name(owner), .type = set.type(), .ttl = set.ttl(), .rdatas = {}};
  for (const ByteView rdata : set) copy.rdatas.Add(rdata);
  return copy;
}

Rrset SynthesisedCname(NameView owner, Ttl ttl, const Name& target) {
  Rrset cname{.owner = Name(owner), .type = rr::kCname, .ttl = ttl, .rdatas = {}};
  cname.rdatas.Add(target.wire());
  return cname;
}

}  // namespace

const Zone* Oracle::ZoneFor(NameView qname, RrType qtype, Truth& truth) const {
  const Zone* zone = internet_.ZoneAt(NameView());
  while (zone != nullptr) {
    truth.zones_on_the_way.push_back(Name(zone->apex()));
    const LookupResult found = Find(*zone, qname, qtype);
    const auto* cut = std::get_if<lookup::Delegation>(&found);
    if (cut == nullptr) return zone;
    zone = internet_.ZoneAt(cut->node.owner());
  }
  return nullptr;
}

const Zone* Oracle::ZoneOf(const Question& question) const {
  Truth truth;
  return ZoneFor(question.qname, question.qtype, truth);
}

bool Oracle::Append(const Zone& zone, Question& question, Truth& truth) {
  const LookupResult found = Find(zone, question.qname, question.qtype);
  truth.rcode = Rcode::kNoError;
  if (const auto* answer = std::get_if<lookup::Answer>(&found)) {
    truth.answer.push_back(Copy(question.qname, answer->rrset));
    return false;
  }
  if (const auto* alias = std::get_if<lookup::Alias>(&found)) {
    truth.answer.push_back(Copy(question.qname, alias->cname));
    question.qname = Name(LeadingName(alias->cname.front()));
    return true;
  }
  if (const auto* redirection = std::get_if<lookup::Redirection>(&found)) {
    const Name owner = redirection->node.owner();
    truth.answer.push_back(Copy(owner, redirection->dname));
    const std::optional<Name> target =
        Name::ReplaceSuffix(question.qname, owner, LeadingName(redirection->dname.front()));
    if (!target) {
      truth.rcode = Rcode::kYxDomain;
      return false;
    }
    truth.answer.push_back(SynthesisedCname(question.qname, redirection->dname.ttl(), *target));
    if (question.qtype == rr::kCname) return false;  // the CNAME made here is what was asked for
    question.qname = *target;
    return true;
  }
  if (std::holds_alternative<lookup::NxDomain>(found)) truth.rcode = Rcode::kNxDomain;
  truth.negative_apex = Name(zone.apex());
  truth.negative_ttl = zone.negative_ttl();
  return false;
}

Truth Oracle::Ask(const Question& asked) const {
  Truth truth;
  Question question = asked;
  std::vector<Name> visited;
  do {
    const bool loop = std::find(visited.begin(), visited.end(), question.qname) != visited.end();
    const Zone* const zone = loop ? nullptr : ZoneFor(question.qname, question.qtype, truth);
    if (zone == nullptr || ++truth.aliases > kMaxAliases + 1) {
      truth.rcode = Rcode::kServFail;
      return truth;
    }
    visited.push_back(question.qname);
    if (!Append(*zone, question, truth)) break;
  } while (true);
  --truth.aliases;
  return truth;
}

std::string Truth::ToText() const {
  std::string text = cairn::ToText(rcode);
  for (const Rrset& rrset : answer) text += "\n  " + rrset.ToText();
  if (negative_apex) text += "\n  denied by " + negative_apex->ToText();
  return text;
}

}  // namespace cairn::sim
