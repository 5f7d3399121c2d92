// Any reply: what Judge keeps obeys THREATS section 4, as a naive judge sees it, which looks each kept datum
// up in the reply and each record of the reply up among what was kept and dropped. The first octet says as
// whom the server was asked (so many labels of qname) and how; a message follows, whose first question is the
// one asked. What is kept may then be answered, and the filter against rebinding leaves nothing in it that
// leads inside.
#include <algorithm>
#include <array>
#include <string>

#include "common/base/limits.h"
#include "common/dns/rdata.h"
#include "resolver/alias_chain.h"
#include "resolver/finding.h"
#include "resolver/rebinding_filter.h"
#include "resolver/server_address.h"
#include "tests/fuzz/property.h"

namespace cairn {
namespace {

using testing::Require;

using Records = std::vector<Record>;

bool Has(const Records& section, NameView owner, RrType type, ByteView rdata) {
  return std::ranges::any_of(section, [&](const Record& record) {
    return record.owner == owner && record.type == type && record.rr_class == kClassIn &&
           std::ranges::equal(record.rdata, rdata);
  });
}

bool Covers(const Record& rrsig, RrType type) {
  return rrsig.type == rr::kRrsig && rrsig.rdata.size() >= 2 && LoadU16(rrsig.rdata.data()) == type.value;
}

// Every octet of a kept set was said, in that section, about that name, of the Internet class, and lives no
// longer than the shortest of its records may (RFC 2181 section 5.2).
void RequireSaid(const KeptRrset& set, const Records& section, const Finding& finding) {
  const Rrset& rrset = set.rrset;
  Require(rrset.rr_class == kClassIn && !rrset.type.IsMeta(), "only data of the Internet class are kept");
  Require(rrset.owner.IsAtOrBelow(finding.zone_cut), "only data of the zone asked are kept");
  Require(!rrset.rdatas.empty() && rrset.rdatas.size() <= limits::kMaxRrsetRecords, "sets are within limits");
  for (const ByteView rdata : rrset.rdatas)
    Require(Has(section, rrset.owner, rrset.type, rdata), "kept data were in the reply");
  for (const Record& record : section) {
    if (Has({record}, rrset.owner, rrset.type, record.rdata) && rrset.rdatas.Contains(record.rdata))
      Require(rrset.ttl <= record.ttl, "no TTL is longer than it was said");
  }
  Require(set.rrsigs.size() <= limits::kMaxRrsigsPerRrset, "signatures are within limits");
  for (const ByteView rrsig : set.rrsigs) {
    Require(Has(section, rrset.owner, rr::kRrsig, rrsig), "kept signatures were in the reply");
    Require(LoadU16(rrsig.data()) == rrset.type.value, "and are of the set");
  }
}

// The CNAME made of a DNAME (RFC 6672 section 2.2); `made_of` is the set before it.
void RequireMade(const KeptRrset& cname, const KeptRrset& made_of) {
  Require(cname.rrset.type == rr::kCname && cname.rrset.rdatas.size() == 1 && cname.rrsigs.empty(),
          "a DNAME makes one CNAME, which nobody signed");
  const std::optional<Name> target =
      Name::ReplaceSuffix(cname.rrset.owner, made_of.rrset.owner, LeadingName(made_of.rrset.rdatas.front()));
  Require(target && LeadingName(cname.rrset.rdatas.front()) == *target, "and of that DNAME");
  Require(!cname.cacheable, "it is made anew each time (RFC 6672 section 3.4)");
}

// The answer is one chain from qname, each link in the zone asked, and no name comes twice.
void RequireChain(const Finding& finding, const Message& reply, const JudgeOptions& options) {
  const RrType qtype = finding.asked.qtype;
  std::vector<Name> names = {finding.asked.qname};
  const KeptRrset* dname = nullptr;  // the one the next CNAME is made of
  for (const KeptRrset& set : finding.answer) {
    const Rrset& rrset = set.rrset;
    Require(rrset.owner.IsAtOrBelow(finding.zone_cut), "kept answers lie in the zone asked");
    if (options.recursive) Require(set.rank == TrustRank::kNonAuthoritative, "a forwarder ranks lower");
    if (!options.recursive)
      Require((set.rank == TrustRank::kAuthoritativeAnswer) == (names.size() == 1), "only qname ranks first");
    if (rrset.type == rr::kDname && names.back().IsBelow(rrset.owner)) {
      RequireSaid(set, reply.answer, finding);
      Require(set.cacheable == (options.over_tcp || options.has_cookie),
              "a DNAME that may be forged serves one question (CVE-2025-40778)");
      dname = &set;
      continue;
    }
    Require(rrset.owner == names.back(), "each set stands at the name the alias before it leads to");
    if (dname != nullptr)
      RequireMade(set, *dname);
    else
      RequireSaid(set, reply.answer, finding);
    if (rrset.type == rr::kCname && qtype != rr::kCname && qtype != rr::kAny) {
      Require(rrset.rdatas.size() == 1, "one CNAME a name");
      names.emplace_back(LeadingName(rrset.rdatas.front()));
    } else {
      Require(dname != nullptr || rrset.type == qtype || qtype == rr::kAny,
              "the chain ends at the type asked");
    }
    dname = nullptr;
  }
  Require(names.size() <= static_cast<size_t>(limits::kMaxAliases) + 1, "so many aliases out of one reply");
  Require(finding.kind == FindingKind::kYxDomain || names.back() == finding.last_name,
          "last_name is the end of the chain");
  // The last may lead back, and is then asked for anew, where the loop is found.
  for (size_t i = 1; i + 1 < names.size(); ++i) {
    Require(std::find(names.begin(), names.begin() + static_cast<ptrdiff_t>(i), names[i]) ==
                names.begin() + static_cast<ptrdiff_t>(i),
            "no name of a chain comes twice");
  }
}

// The SOA of a negative answer (RFC 2308 sections 3 and 5).
void RequireSoa(const Finding& finding, const Message& reply, const JudgeOptions& options) {
  const Rrset& soa = finding.soa->rrset;
  RequireSaid(*finding.soa, reply.authority, finding);
  Require(finding.kind == FindingKind::kNoData || finding.kind == FindingKind::kNxDomain,
          "a SOA speaks for negative answers alone");
  Require(finding.last_name.IsAtOrBelow(soa.owner), "the SOA is of a zone the name is in");
  Require(soa.rdatas.size() == 1 && soa.type == rr::kSoa, "one SOA");
  const ByteView rdata = soa.rdatas.front();
  Require(soa.ttl <= Ttl::FromWire(LoadU32(rdata.data() + rdata.size() - 4)) &&
              soa.ttl <= options.max_negative_ttl,
          "for as long as the lesser of its TTL, its MINIMUM and our limit");
}

void RequireReferral(const Finding& finding, const Message& reply) {
  const Delegation& referral = *finding.referral;
  Require(finding.kind == FindingKind::kReferral && finding.answer.empty() && !finding.soa,
          "who refers us has nothing else to say");
  Require(referral.cut.IsBelow(finding.zone_cut) && finding.asked.qname.IsAtOrBelow(referral.cut),
          "referrals lead strictly deeper, towards qname");
  Require(finding.asked.qtype != rr::kDs || finding.asked.qname != referral.cut, "DS is the parent's");
  Require(!referral.servers.empty() && referral.servers.size() <= limits::kMaxNsNames,
          "as many names as allowed");
  size_t addresses = 0;
  for (const DelegationServer& server : referral.servers) {
    addresses += server.addresses.size();
    Require(std::ranges::any_of(reply.authority,
                                [&](const Record& record) {
                                  return record.type == rr::kNs && record.owner == referral.cut &&
                                         record.rr_class == kClassIn &&
                                         LeadingName(record.rdata) == server.name;
                                }),
            "each server is one that the NS set of the cut names");
    Require(!server.addresses.empty() || !server.name.IsAtOrBelow(referral.cut),
            "a server inside the cut has glue, or cannot be found");
    Require(server.addresses.size() <= limits::kMaxAddressesPerServer,
            "as many addresses of one server as allowed");
    Require(server.addresses.empty() || server.name.IsAtOrBelow(finding.zone_cut),
            "glue is of the referring zone");
    for (const IpAddress& address : server.addresses) {
      Require(ReachOf(address) != AddressReach::kNever, "glue is an address a server can have");
      Require(Has(reply.additional, server.name, address.is_v6() ? rr::kAaaa : rr::kA, address.octets()),
              "glue was in the reply");
    }
  }
  Require(addresses <= limits::kMaxGlueAddresses, "as much glue as allowed");
  for (const Record& record : reply.authority) {
    if (record.type == rr::kNs && record.owner == referral.cut && record.rr_class == kClassIn &&
        std::ranges::any_of(referral.servers, [&](const DelegationServer& server) {
          return LeadingName(record.rdata) == server.name;
        }))
      Require(finding.referral_ttl <= record.ttl, "a referral lives no longer than its NS");
  }
}

bool HasServer(const Finding& finding, NameView name) {
  return finding.referral &&
         std::ranges::any_of(finding.referral->servers,
                             [&](const DelegationServer& server) { return server.name == name; });
}

bool IsIn(const KeptRrset& set, const Record& record) {
  if (record.owner != set.rrset.owner || record.rr_class != kClassIn) return false;
  return record.type == set.rrset.type ? set.rrset.rdatas.Contains(record.rdata)
                                       : Covers(record, set.rrset.type) && set.rrsigs.Contains(record.rdata);
}

// Whether a record that was not dropped has left something behind, in the place where such may be.
bool IsKept(const Finding& finding, Section section, const Record& record) {
  const auto is_in = [&](const KeptRrset& set) { return IsIn(set, record); };
  if (section == Section::kAnswer) return std::ranges::any_of(finding.answer, is_in);
  if (section == Section::kAdditional)
    return (record.type == rr::kA || record.type == rr::kAaaa) && HasServer(finding, record.owner);
  if (record.type == rr::kNs) return HasServer(finding, LeadingName(record.rdata));
  return (finding.soa && is_in(*finding.soa)) || (finding.ds && is_in(*finding.ds)) ||
         std::ranges::any_of(finding.proofs, is_in);
}

// Each record of a section is either kept or listed as dropped.
void RequireAccounted(const Finding& finding, Section section, const Records& records) {
  std::vector<const Record*> dropped;
  for (const DroppedRecord& drop : finding.dropped)
    if (drop.section == section) dropped.push_back(&drop.record);
  for (const Record& record : records) {
    const auto at = std::ranges::find_if(dropped, [&](const Record* other) { return *other == record; });
    if (at != dropped.end())
      dropped.erase(at);
    else
      Require(IsKept(finding, section, record), "what is not dropped is kept");
  }
  Require(dropped.empty(), "what is dropped was in the reply");
}

void RequireScrubbed(const Finding& finding, const Message& reply, const JudgeOptions& options) {
  RequireChain(finding, reply, options);
  Require((finding.kind != FindingKind::kNxDomain) || finding.rcode == Rcode::kNxDomain,
          "no name is denied without NXDOMAIN");
  Require((finding.kind != FindingKind::kAnswer) || !finding.answer.empty(), "an answer holds something");
  if (finding.soa) RequireSoa(finding, reply, options);
  Require(finding.proofs.size() <= limits::kMaxDenialRecords, "as many denial records as allowed");
  for (const KeptRrset& proof : finding.proofs) {
    RequireSaid(proof, reply.authority, finding);
    Require(proof.rrset.type == rr::kNsec || proof.rrset.type == rr::kNsec3, "denial is NSEC or NSEC3");
  }
  Require(finding.referral.has_value() == (finding.kind == FindingKind::kReferral),
          "nobody but who refers us changes a delegation (CVE-2025-59023)");
  if (finding.referral) RequireReferral(finding, reply);
  if (finding.ds) {
    Require(finding.referral && finding.ds->rrset.owner == finding.referral->cut, "DS of the cut alone");
    RequireSaid(*finding.ds, reply.authority, finding);
  }
}

// ---- The filter against rebinding

// Networks nobody on the Internet can have a server in, as they stand in the registries of RFC 6890.
bool LeadsInside(const IpAddress& address) {
  static const std::array<Subnet, 14> kInside = [] {
    const auto net = [](const char* text) { return Subnet::FromText(text).value(); };
    return std::array{
        net("0.0.0.0/8"),     net("10.0.0.0/8"),        net("127.0.0.0/8"), net("169.254.0.0/16"),
        net("172.16.0.0/12"), net("192.168.0.0/16"),    net("224.0.0.0/3"), net("::/128"),
        net("::1/128"),       net("::ffff:0:0/96"),     net("fc00::/7"),    net("fe80::/10"),
        net("ff00::/8"),      net("255.255.255.255/32")};
  }();
  return std::ranges::any_of(kInside, [&](const Subnet& net) { return net.Contains(address); });
}

size_t RecordsOf(const CollectedAnswer& answer) {
  size_t records = 0;
  for (const Rrset& rrset : answer.answer) records += rrset.rdatas.size();
  return records;
}

void RequireFiltered(const Finding& finding) {
  CollectedAnswer answer;
  answer.asked = finding.asked;
  size_t inside = 0;
  for (const KeptRrset& set : finding.answer) {
    answer.answer.push_back(set.rrset);
    answer.rrsigs.push_back(set.rrsigs);
    if (set.rrset.type != rr::kA && set.rrset.type != rr::kAaaa) continue;
    for (const ByteView rdata : set.rrset.rdatas)
      inside += LeadsInside(set.rrset.type == rr::kA ? IpAddress::V4(rdata) : IpAddress::V6(rdata));
  }
  const size_t before = RecordsOf(answer);
  const RebindingOptions options{.on = true, .allow = {}};
  const RebindingFilter filter(options, nullptr);
  filter.Apply(answer);
  Require(answer.answer.size() == answer.rrsigs.size(), "each set has its place for signatures");
  const RrType qtype = finding.asked.qtype;
  if (qtype == rr::kA || qtype == rr::kAaaa)
    Require(before - RecordsOf(answer) == inside, "just the addresses that lead inside are left out");
  if (!filter.Concerns(qtype)) Require(before == RecordsOf(answer), "other types are left alone");
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  if (size < 1) return 0;
  const absl::StatusOr<Message> reply = Message::Parse({data + 1, size - 1});
  if (!reply.ok() || reply->questions.empty()) return 0;
  const Question& asked = reply->questions[0];
  const int labels = (data[0] & 0x1f) % (asked.qname.LabelCount() + 1);
  const JudgeOptions options{.recursive = (data[0] & 0x80) != 0,
                             .over_tcp = (data[0] & 0x40) != 0,
                             .has_cookie = (data[0] & 0x20) != 0,
                             .draw = size};

  const Finding finding = Judge(*reply, asked, asked.qname.view().Ancestor(labels), options);
  testing::Require(!finding.ToText().empty(), "every finding has a text");
  RequireAccounted(finding, Section::kAnswer, reply->answer);
  RequireAccounted(finding, Section::kAuthority, reply->authority);
  RequireAccounted(finding, Section::kAdditional, reply->additional);
  if (finding.useful()) {
    testing::Require(finding.authoritative || options.recursive || finding.referral.has_value(),
                     "without AA nothing but a referral is believed");
    RequireScrubbed(finding, *reply, options);
    RequireFiltered(finding);
  } else {
    testing::Require(
        finding.answer.empty() && !finding.soa && !finding.referral && finding.proofs.empty() && !finding.ds,
        "a useless reply leaves nothing behind");
  }
  return 0;
}
