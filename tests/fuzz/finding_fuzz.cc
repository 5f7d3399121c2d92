// Any reply: what Judge keeps obeys THREATS section 4, and every record of the reply is either kept or listed
// as dropped. The first octet says as whom the server was asked (so many labels of qname) and how; a message
// follows, whose first question is the one asked.
#include <algorithm>

#include "common/base/limits.h"
#include "common/dns/rdata.h"
#include "resolver/finding.h"
#include "resolver/server_address.h"
#include "tests/fuzz/property.h"

namespace cairn {
namespace {

using testing::Require;

bool Holds(const std::vector<Record>& section, NameView owner, RrType type) {
  return std::any_of(section.begin(), section.end(),
                     [&](const Record& record) { return record.owner == owner && record.type == type; });
}

// The answer is one chain from qname, each link in the zone asked.
void RequireChain(const Finding& finding, const Message& reply) {
  Name sname = finding.asked.qname;
  size_t aliases = 0;
  bool after_dname = false;
  for (const KeptRrset& set : finding.answer) {
    const Rrset& rrset = set.rrset;
    Require(rrset.owner.IsAtOrBelow(finding.zone_cut), "kept answers lie in the zone asked");
    Require(rrset.rdatas.size() <= limits::kMaxRrsetRecords, "kept sets are within limits");
    if (rrset.type == rr::kDname && sname.IsBelow(rrset.owner)) {
      Require(Holds(reply.answer, rrset.owner, rr::kDname), "a kept DNAME was in the reply");
      after_dname = true;
      continue;
    }
    Require(rrset.owner == sname, "each set stands at the name the alias before it leads to");
    const bool alias =
        rrset.type == rr::kCname && finding.asked.qtype != rr::kCname && finding.asked.qtype != rr::kAny;
    if (alias) {
      Require(++aliases <= static_cast<size_t>(limits::kMaxAliases), "so many aliases out of one reply");
      sname = Name(LeadingName(rrset.rdatas.front()));
      after_dname = false;
    } else {
      Require(after_dname || Holds(reply.answer, rrset.owner, rrset.type), "a kept set was in the reply");
      Require(rrset.type == finding.asked.qtype || finding.asked.qtype == rr::kAny,
              "the chain ends at the type asked");
    }
  }
  Require(finding.kind == FindingKind::kYxDomain || sname == finding.last_name,
          "last_name is the end of the chain");
}

void RequireReferral(const Finding& finding, const Message& reply) {
  const Delegation& referral = *finding.referral;
  Require(finding.kind == FindingKind::kReferral, "who refers us has nothing else to say");
  Require(referral.cut.IsBelow(finding.zone_cut) && finding.asked.qname.IsAtOrBelow(referral.cut),
          "referrals lead strictly deeper, towards qname");
  Require(!referral.servers.empty() && referral.servers.size() <= limits::kMaxNsNames,
          "as many names as allowed");
  size_t addresses = 0;
  for (const DelegationServer& server : referral.servers) {
    addresses += server.addresses.size();
    Require(server.addresses.size() <= limits::kMaxAddressesPerServer,
            "as many addresses of one server as allowed");
    Require(server.addresses.empty() || server.name.IsAtOrBelow(finding.zone_cut),
            "glue is of the referring zone");
    for (const IpAddress& address : server.addresses) {
      Require(ReachOf(address) != AddressReach::kNever, "glue is an address a server can have");
      Require(Holds(reply.additional, server.name, address.is_v6() ? rr::kAaaa : rr::kA),
              "glue was in the reply");
    }
  }
  Require(addresses <= limits::kMaxGlueAddresses, "as much glue as allowed");
}

void RequireScrubbed(const Finding& finding, const Message& reply) {
  RequireChain(finding, reply);
  if (finding.soa) {
    Require(finding.soa->rrset.owner.IsAtOrBelow(finding.zone_cut), "the SOA lies in the zone asked");
    Require(finding.last_name.IsAtOrBelow(finding.soa->rrset.owner), "the SOA is of a zone the name is in");
    Require(finding.soa->rrset.rdatas.size() == 1, "one SOA");
  }
  Require(finding.proofs.size() <= limits::kMaxDenialRecords, "as many denial records as allowed");
  for (const KeptRrset& proof : finding.proofs) {
    Require(proof.rrset.owner.IsAtOrBelow(finding.zone_cut), "denial lies in the zone asked");
    Require(proof.rrset.type == rr::kNsec || proof.rrset.type == rr::kNsec3, "denial is NSEC or NSEC3");
  }
  if (finding.referral) RequireReferral(finding, reply);
  if (finding.ds)
    Require(finding.referral && finding.ds->rrset.owner == finding.referral->cut, "DS of the cut alone");
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  if (size < 1) return 0;
  const absl::StatusOr<Message> reply = Message::Parse({data + 1, size - 1});
  if (!reply.ok() || reply->questions.empty()) return 0;
  const Question& asked = reply->questions[0];
  const int labels = (data[0] & 0x3f) % (asked.qname.LabelCount() + 1);
  const JudgeOptions options{.recursive = (data[0] & 0x80) != 0, .over_tcp = (data[0] & 0x40) != 0};

  const Finding finding = Judge(*reply, asked, asked.qname.view().Ancestor(labels), options);
  const size_t records = reply->answer.size() + reply->authority.size() + reply->additional.size();
  testing::Require(finding.dropped.size() <= records, "each record is dropped at most once");
  testing::Require(!finding.ToText().empty(), "every finding has a text");
  if (finding.useful()) {
    testing::Require(finding.authoritative || options.recursive || finding.referral.has_value(),
                     "without AA nothing but a referral is believed");
    RequireScrubbed(finding, *reply);
  } else {
    testing::Require(finding.dropped.size() == records, "nothing of a useless reply is kept");
    testing::Require(
        finding.answer.empty() && !finding.soa && !finding.referral && finding.proofs.empty() && !finding.ds,
        "a useless reply leaves nothing behind");
  }
  return 0;
}
