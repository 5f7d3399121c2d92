#include "common/zone/zone_checks.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "common/base/limits.h"
#include "common/dns/mnemonics.h"
#include "common/dns/rdata.h"
#include "common/dnssec/nsec3_hash.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// A message holds a set whole or not at all, and no message is longer than this (RFC 2181 section 9).
constexpr size_t kMaxRrsetOctets = 65535;
// Of each record there, beside its RDATA: a pointer to the owner, TYPE, CLASS, TTL, RDLENGTH.
constexpr size_t kRecordOctets = 12;

bool IsDenialOrSignature(RrType type) {
  return type == rr::kRrsig || type == rr::kNsec || type == rr::kNsec3;
}

// --- Of the sets of some types

// RFC 1035 section 5.2, RFC 2181 section 6.1.
void OneSoaAndAtTheApex(const NodeDraft& node, const RrsetDraft& soa, CheckReport& report) {
  if (!node.at_apex) {
    report.Error(soa.records.front(),
                 fmt::format("SOA at {}, which is not the apex of the zone (RFC 1035 section 5.2)",
                             node.owner.ToText()));
  } else if (soa.records.size() > 1) {
    report.Error(soa.records[1],
                 fmt::format("a second, different SOA record for {}: a zone has one (RFC 1035 section 5.2)",
                             node.owner.ToText()));
  }
}

// RFC 1034 section 3.6.2, RFC 2181 section 10.1, RFC 4034 section 2.5.
void CnameStandsAlone(const NodeDraft& node, const RrsetDraft& cname, CheckReport& report) {
  for (const RrsetDraft& other : node.rrsets) {
    if (other.type == rr::kCname || IsDenialOrSignature(other.type)) continue;
    report.Error(
        cname.records.front(),
        fmt::format("CNAME at {}, which also has {} (line {}): a CNAME stands alone (RFC 1034 section 3.6.2)",
                    node.owner.ToText(), other.type.ToText(), other.records.front().line));
    return;
  }
}

// RFC 2181 section 10.1; RFC 6672 section 2.4.
void OneAliasPerName(const NodeDraft& node, const RrsetDraft& rrset, CheckReport& report) {
  if (rrset.records.size() == 1) return;
  report.Error(
      rrset.records[1],
      fmt::format("a second {} record at {}: a name has one ({})", rrset.type.ToText(), node.owner.ToText(),
                  rrset.type == rr::kCname ? "RFC 2181 section 10.1" : "RFC 6672 section 2.4"));
}

// RFC 4592 sections 4.2 and 4.4.
void NoPowersBelowWildcard(const NodeDraft& node, const RrsetDraft& rrset, CheckReport& report) {
  if (!node.owner.IsWildcard()) return;
  report.Warning(
      rrset.records.front(),
      fmt::format("{} at the wildcard {} neither delegates nor redirects: it is served as plain data ({})",
                  rrset.type.ToText(), node.owner.ToText(),
                  rrset.type == rr::kNs ? "RFC 4592 section 4.2" : "RFC 4592 section 4.4"));
}

// RFC 4034 section 3: a signature has the TTL of what it covers.
void SignaturesHaveTheirTtl(const NodeDraft& node, const RrsetDraft& signatures, CheckReport& report) {
  for (const DraftRecord& record : signatures.records) {
    const RrsetDraft* covered = node.Find(RrType{LoadU16(record.rdata.data())});
    if (covered == nullptr || covered->ttl == record.ttl) continue;
    report.Warning(record,
                   fmt::format("TTL {} of the RRSIG at {} is not that of the {} set it covers: {} is used "
                               "(RFC 4034 section 3)",
                               record.ttl.seconds(), node.owner.ToText(), covered->type.ToText(),
                               covered->ttl.seconds()));
  }
}

// RFC 5155 section 4.1.2, RFC 9276 section 3.1.
void Nsec3ParamsAreUsable(const NodeDraft& node, const RrsetDraft& nsec3param, CheckReport& report) {
  if (!node.at_apex) return;
  for (const DraftRecord& record : nsec3param.records) {
    const Nsec3Params params = Nsec3Params::Of(record.rdata);
    if (params.algorithm != kNsec3Sha1) {
      report.Warning(record,
                     fmt::format("NSEC3 hash algorithm {} is not known: its chain proves nothing; 1 is SHA-1 "
                                 "(RFC 5155 section 11)",
                                 params.algorithm));
    } else if (params.flags != 0) {
      report.Warning(record,
                     fmt::format("flags {} in NSEC3PARAM: its chain is not used (RFC 5155 section 4.1.2)",
                                 params.flags));
    } else if (params.iterations > limits::kNsec3Iterations) {
      report.Warning(
          record,
          fmt::format("{} NSEC3 iterations: above {} the chain is not used, and validators take what it "
                      "would deny for bogus; sign with 0 (RFC 5155 section 10.3, RFC 9276 section 3.1)",
                      params.iterations, limits::kNsec3Iterations));
    } else if (params.iterations > 0) {
      report.Warning(
          record,
          fmt::format("{} NSEC3 iterations cost work and hide nothing, and validators may take the zone for "
                      "unsigned: sign with 0 (RFC 9276 section 3.1)",
                      params.iterations));
    }
  }
}

// RFC 9460 section 2.4.2: whoever reads an alias ignores them.
void AliasesHaveNoParameters(const NodeDraft& node, const RrsetDraft& rrset, CheckReport& report) {
  for (const DraftRecord& record : rrset.records) {
    const size_t target_octets = LeadingName(record.rdata.subspan(2)).size();
    if (LoadU16(record.rdata.data()) != 0 || record.rdata.size() == 2 + target_octets) continue;
    report.Warning(record,
                   fmt::format("{} at {} has priority 0 and parameters: nobody heeds the parameters of "
                               "an alias (RFC 9460 section 2.4.2)",
                               rrset.type.ToText(), node.owner.ToText()));
  }
}

// RFC 6698 section 2.1.3.
void CertificateDigestsAreWhole(const NodeDraft& node, const RrsetDraft& rrset, CheckReport& report) {
  for (const DraftRecord& record : rrset.records) {
    const size_t octets = record.rdata.size() - 3;
    for (const DigestLength& digest : digest::kTlsa) {
      if (digest.digest_type != record.rdata[2] || digest.octets == octets) continue;
      report.Warning(record, fmt::format("{} at {} has matching type {} and {} octets instead of {}: no "
                                         "certificate will match (RFC 6698 section 2.1.3)",
                                         rrset.type.ToText(), node.owner.ToText(), digest.digest_type, octets,
                                         digest.octets));
    }
  }
}

void CheckSetOfType(const NodeDraft& node, const RrsetDraft& rrset, CheckReport& report) {
  switch (rrset.type.value) {
    case rr::kSoa.value:
      return OneSoaAndAtTheApex(node, rrset, report);
    case rr::kNs.value:
      return NoPowersBelowWildcard(node, rrset, report);
    case rr::kCname.value:
      CnameStandsAlone(node, rrset, report);
      return OneAliasPerName(node, rrset, report);
    case rr::kDname.value:
      OneAliasPerName(node, rrset, report);
      return NoPowersBelowWildcard(node, rrset, report);
    case rr::kRrsig.value:
      return SignaturesHaveTheirTtl(node, rrset, report);
    case rr::kNsec3param.value:
      return Nsec3ParamsAreUsable(node, rrset, report);
    case rr::kTlsa.value:
    case rr::kSmimea.value:
      return CertificateDigestsAreWhole(node, rrset, report);
    case rr::kSvcb.value:
    case rr::kHttps.value:
      return AliasesHaveNoParameters(node, rrset, report);
  }
}

// --- Of every set

// RFC 2181 section 5.2. Signatures are no set.
void OneTtlPerSet(const NodeDraft& node, const RrsetDraft& rrset, CheckReport& report) {
  if (rrset.type == rr::kRrsig) return;
  for (const DraftRecord& record : rrset.records) {
    if (record.ttl == rrset.records.front().ttl) continue;
    report.Warning(record, fmt::format("TTL {} of {} {} differs from its set's first, {}: {} is used for all "
                                       "(RFC 2181 section 5.2)",
                                       record.ttl.seconds(), node.owner.ToText(), rrset.type.ToText(),
                                       rrset.records.front().ttl.seconds(), rrset.ttl.seconds()));
    return;
  }
}

void SetFitsIntoAMessage(const NodeDraft& node, const RrsetDraft& rrset, CheckReport& report) {
  size_t octets = 0;
  for (const DraftRecord& record : rrset.records) octets += 2 + record.rdata.size();
  const size_t on_the_wire = octets + rrset.records.size() * (kRecordOctets - 2);
  if (on_the_wire <= kMaxRrsetOctets) return;
  const std::string text =
      fmt::format("the {} set of {} takes {} octets; no message holds more than {} (RFC 2181 section 9)",
                  rrset.type.ToText(), node.owner.ToText(), on_the_wire, kMaxRrsetOctets);
  if (octets > kMaxRrsetOctets) {
    report.Error(rrset.records.front(), text);
  } else {  // compression of names in RDATA may help
    report.Warning(rrset.records.front(), text);
  }
}

// CVE-2024-1737: what resolvers bound.
void SetIsNotHuge(const NodeDraft& node, const RrsetDraft& rrset, CheckReport& report) {
  if (rrset.type == rr::kRrsig || rrset.records.size() <= limits::kZoneRrsetRecords) return;
  report.Warning(
      rrset.records[limits::kZoneRrsetRecords],
      fmt::format("the {} set of {} has {} records: resolvers may refuse sets of more than {}",
                  rrset.type.ToText(), node.owner.ToText(), rrset.records.size(), limits::kZoneRrsetRecords));
}

// --- Of the node

// CVE-2024-1737 again.
void FewTypesPerName(const NodeDraft& node, CheckReport& report) {
  if (node.rrsets.size() <= limits::kZoneTypesPerName) return;
  report.Warning(node.rrsets[limits::kZoneTypesPerName].records.front(),
                 fmt::format("{} has {} types: resolvers may refuse names with more than {}",
                             node.owner.ToText(), node.rrsets.size(), limits::kZoneTypesPerName));
}

}  // namespace

// RFC 1035 section 5.2, RFC 1034 section 4.2.1.
void CheckApex(const NodeDraft& apex, const DraftRecord& first, CheckReport& report) {
  const RrsetDraft* const soa = apex.Find(rr::kSoa);
  if (soa == nullptr) {
    report.Error(first, fmt::format("the zone {} has no SOA record at its apex (RFC 1035 section 5.2)",
                                    apex.owner.ToText()));
  }
  if (apex.Find(rr::kNs) == nullptr) {
    report.Error(soa == nullptr ? first : soa->records.front(),
                 fmt::format("the zone {} has no NS record at its apex (RFC 1034 section 4.2.1)",
                             apex.owner.ToText()));
  }
}

void CheckNode(const NodeDraft& node, CheckReport& report) {
  FewTypesPerName(node, report);
  for (const RrsetDraft& rrset : node.rrsets) {
    CheckSetOfType(node, rrset, report);
    SetFitsIntoAMessage(node, rrset, report);
    if (rrset.records.size() == 1) continue;
    OneTtlPerSet(node, rrset, report);
    SetIsNotHuge(node, rrset, report);
  }
}

void CheckOccluded(const NodeDraft& node, bool below_dname, CheckReport& report) {
  for (const RrsetDraft& rrset : node.rrsets) {
    if (!below_dname && (rrset.type == rr::kA || rrset.type == rr::kAaaa)) continue;
    report.Warning(
        rrset.records.front(),
        fmt::format(
            "{} {} lies below {}: it is kept and transferred, but never answered (RFC 2136 section 7.18)",
            node.owner.ToText(), rrset.type.ToText(), below_dname ? "a DNAME" : "a zone cut"));
    return;
  }
}

void CheckGlue(NameView cut, NameView name_server, const DraftRecord& at, CheckReport& report) {
  report.Warning(at, fmt::format("{} is delegated to {}, which lies below the cut and has no address record "
                                 "(RFC 1034 section 4.2.1)",
                                 cut.ToText(), name_server.ToText()));
}

TextPosition CheckReport::PositionOf(const DraftRecord& at) const {
  return {.file = at.file < file_names_.size() ? file_names_[at.file] : std::string(),
          .line = at.line,
          .column = at.column};
}

void CheckReport::Add(Severity severity, const DraftRecord& at, std::string text) {
  has_errors_ = has_errors_ || severity == Severity::kError;
  Keep({.severity = severity, .where = PositionOf(at), .text = std::move(text)});
}

void CheckReport::Keep(Complaint complaint) {
  if (complaints_.size() < max_complaints_) return complaints_.push_back(std::move(complaint));
  if (left_out_++ == 0) left_out_from_ = std::move(complaint.where);
}

void CheckReport::Take(CheckReport later) {
  for (Complaint& complaint : later.complaints_) Keep(std::move(complaint));
  if (left_out_ == 0) left_out_from_ = std::move(later.left_out_from_);
  left_out_ += later.left_out_;
  has_errors_ = has_errors_ || later.has_errors_;
}

Complaints CheckReport::TakeWith(Complaints of_reader) {
  Complaints all = std::move(of_reader);
  std::move(complaints_.begin(), complaints_.end(), std::back_inserter(all));
  const auto place = [this](const Complaint& complaint) {
    const auto file = std::find(file_names_.begin(), file_names_.end(), complaint.where.file);
    return std::tuple(file - file_names_.begin(), complaint.where.line, complaint.where.column);
  };
  std::sort(all.begin(), all.end(), [&](const Complaint& a, const Complaint& b) {
    return std::tuple_cat(place(a), std::tie(a.text)) < std::tuple_cat(place(b), std::tie(b.text));
  });
  if (left_out_ > 0) {
    all.push_back({.severity = has_errors_ ? Severity::kError : Severity::kWarning,
                   .where = std::move(left_out_from_),
                   .text = fmt::format("more {} are left out: {}", what_, left_out_)});
  }
  return all;
}

}  // namespace cairn
