// Findings and their reasons in words, for traces and logs.
#include "fmt/format.h"
#include "resolver/finding.h"

namespace cairn {
namespace {

std::string_view NameOf(Section section) {
  switch (section) {
    case Section::kAnswer:
      return "answer";
    case Section::kAuthority:
      return "authority";
    case Section::kAdditional:
      return "additional";
  }
  return "unknown";
}

}  // namespace

std::string_view ToText(FindingKind kind) {
  switch (kind) {
    case FindingKind::kAnswer:
      return "answer";
    case FindingKind::kAlias:
      return "alias";
    case FindingKind::kReferral:
      return "referral";
    case FindingKind::kNoData:
      return "nodata";
    case FindingKind::kNxDomain:
      return "nxdomain";
    case FindingKind::kYxDomain:
      return "yxdomain";
    case FindingKind::kTruncated:
      return "truncated";
    case FindingKind::kLame:
      return "lame";
    case FindingKind::kServerError:
      return "server error";
    case FindingKind::kEmpty:
      return "empty";
    case FindingKind::kUseless:
      return "useless";
  }
  return "unknown";
}

std::string_view ToText(ScrubRule rule) {
  switch (rule) {
    case ScrubRule::kOutsideZone:
      return "outside the zone of the server";
    case ScrubRule::kForeignClass:
      return "not of class IN";
    case ScrubRule::kMetaType:
      return "a meta type is not data";
    case ScrubRule::kNotInChain:
      return "not on the way from the question to its answer";
    case ScrubRule::kBesideCname:
      return "beside a CNAME";
    case ScrubRule::kSecondCname:
      return "a second alias at one name";
    case ScrubRule::kCnameOfDname:
      return "we make the CNAME of a DNAME ourselves";
    case ScrubRule::kChainLeavesZone:
      return "behind an alias that must be asked for anew";
    case ScrubRule::kAuthorityBesideAnswer:
      return "NS beside an answer";
    case ScrubRule::kNsNotReferral:
      return "not the delegation on the way to the name";
    case ScrubRule::kNsWithoutGlue:
      return "a server inside the cut without glue";
    case ScrubRule::kSoaNotForName:
      return "not the SOA of the name's zone";
    case ScrubRule::kNotForSection:
      return "not expected in this section";
    case ScrubRule::kNotGlue:
      return "not an address of a server we are referred to";
    case ScrubRule::kGlueOutsideZone:
      return "address of a server outside the zone";
    case ScrubRule::kGlueUnusable:
      return "an address where no server can be";
    case ScrubRule::kTooMany:
      return "above a limit";
    case ScrubRule::kNothingBelieved:
      return "nothing of this reply is believed";
  }
  return "unknown";
}

std::string DroppedRecord::ToText() const {
  return fmt::format("{}: {} ({})", NameOf(section), record.ToText(), cairn::ToText(rule));
}

std::string Finding::ToText() const {
  std::string text(cairn::ToText(kind));
  switch (kind) {
    case FindingKind::kAnswer:
      text += fmt::format(" {} {}", last_name.ToText(), asked.qtype.ToText());
      if (last_name != asked.qname) text += fmt::format(" by {} alias records", answer.size() - 1);
      break;
    case FindingKind::kAlias:
      text += " to " + last_name.ToText();
      break;
    case FindingKind::kNoData:
      text += fmt::format(" {} {}", last_name.ToText(), asked.qtype.ToText());
      break;
    case FindingKind::kNxDomain:
      text += " " + last_name.ToText();
      break;
    case FindingKind::kReferral: {
      size_t addresses = 0;
      for (const DelegationServer& server : referral->servers) addresses += server.addresses.size();
      text += fmt::format(" to {} ({} servers, {} addresses)", referral->cut.ToText(),
                          referral->servers.size(), addresses);
      break;
    }
    case FindingKind::kServerError:
      text += " " + cairn::ToText(rcode);
      break;
    case FindingKind::kYxDomain:
    case FindingKind::kTruncated:
    case FindingKind::kLame:
    case FindingKind::kEmpty:
    case FindingKind::kUseless:
      break;
  }
  if (!remark.empty()) text += fmt::format(": {}", remark);
  return text;
}

}  // namespace cairn
