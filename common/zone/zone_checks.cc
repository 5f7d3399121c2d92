#include "common/zone/zone_checks.h"

#include <algorithm>
#include <tuple>

#include "common/base/limits.h"
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

// RFC 1035 section 5.2, RFC 2181 section 6.1.
void OneSoaAndAtTheApex(const NodeDraft& node, CheckReport& report) {
  const RrsetDraft* soa = node.Find(rr::kSoa);
  if (soa == nullptr) return;
  if (!node.at_apex) {
    report.Error(soa->records.front(),
                 fmt::format("SOA at {}, which is not the apex of the zone (RFC 1035 section 5.2)",
                             node.owner.ToText()));
  } else if (soa->records.size() > 1) {
    report.Error(soa->records[1],
                 fmt::format("a second, different SOA record for {}: a zone has one (RFC 1035 section 5.2)",
                             node.owner.ToText()));
  }
}

// RFC 1034 section 3.6.2, RFC 2181 section 10.1, RFC 4034 section 2.5.
void CnameStandsAlone(const NodeDraft& node, CheckReport& report) {
  const RrsetDraft* cname = node.Find(rr::kCname);
  if (cname == nullptr) return;
  for (const RrsetDraft& other : node.rrsets) {
    if (other.type == rr::kCname || IsDenialOrSignature(other.type)) continue;
    report.Error(
        cname->records.front(),
        fmt::format("CNAME at {}, which also has {} (line {}): a CNAME stands alone (RFC 1034 section 3.6.2)",
                    node.owner.ToText(), other.type.ToText(), other.records.front().line));
    return;
  }
}

// RFC 2181 section 10.1; RFC 6672 section 2.4.
void OneAliasPerName(const NodeDraft& node, CheckReport& report) {
  for (const RrType type : {rr::kCname, rr::kDname}) {
    const RrsetDraft* rrset = node.Find(type);
    if (rrset == nullptr || rrset->records.size() == 1) continue;
    report.Error(
        rrset->records[1],
        fmt::format("a second {} record at {}: a name has one ({})", type.ToText(), node.owner.ToText(),
                    type == rr::kCname ? "RFC 2181 section 10.1" : "RFC 6672 section 2.4"));
  }
}

// RFC 4592 sections 4.2 and 4.4.
void NoPowersBelowWildcard(const NodeDraft& node, CheckReport& report) {
  if (!node.owner.IsWildcard()) return;
  for (const RrType type : {rr::kNs, rr::kDname}) {
    const RrsetDraft* rrset = node.Find(type);
    if (rrset == nullptr) continue;
    report.Warning(
        rrset->records.front(),
        fmt::format("{} at the wildcard {} neither delegates nor redirects: it is served as plain data ({})",
                    type.ToText(), node.owner.ToText(),
                    type == rr::kNs ? "RFC 4592 section 4.2" : "RFC 4592 section 4.4"));
  }
}

// RFC 2181 section 5.2. Signatures are no set: each has the TTL of what it covers (RFC 4034 section 3).
void OneTtlPerSet(const NodeDraft& node, CheckReport& report) {
  for (const RrsetDraft& rrset : node.rrsets) {
    for (const DraftRecord& record : rrset.records) {
      if (rrset.type == rr::kRrsig) {
        const RrsetDraft* covered = node.Find(RrType{LoadU16(record.rdata.data())});
        if (covered == nullptr || covered->ttl == record.ttl) continue;
        report.Warning(
            record, fmt::format("TTL {} of the RRSIG at {} is not that of the {} set it covers: {} is used "
                                "(RFC 4034 section 3)",
                                record.ttl.seconds(), node.owner.ToText(), covered->type.ToText(),
                                covered->ttl.seconds()));
      } else if (record.ttl != rrset.records.front().ttl) {
        report.Warning(record,
                       fmt::format("TTL {} of {} {} differs from its set's first, {}: {} is used for all "
                                   "(RFC 2181 section 5.2)",
                                   record.ttl.seconds(), node.owner.ToText(), rrset.type.ToText(),
                                   rrset.records.front().ttl.seconds(), rrset.ttl.seconds()));
        break;
      }
    }
  }
}

// RFC 5155 section 4.1.2, RFC 9276 section 3.1.
void Nsec3ParamsAreUsable(const NodeDraft& node, CheckReport& report) {
  const RrsetDraft* nsec3param = node.at_apex ? node.Find(rr::kNsec3param) : nullptr;
  if (nsec3param == nullptr) return;
  for (const DraftRecord& record : nsec3param->records) {
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

void SetFitsIntoAMessage(const NodeDraft& node, CheckReport& report) {
  for (const RrsetDraft& rrset : node.rrsets) {
    size_t octets = 0;
    for (const DraftRecord& record : rrset.records) octets += 2 + record.rdata.size();
    const size_t on_the_wire = octets + rrset.records.size() * (kRecordOctets - 2);
    if (on_the_wire <= kMaxRrsetOctets) continue;
    const std::string text =
        fmt::format("the {} set of {} takes {} octets; no message holds more than {} (RFC 2181 section 9)",
                    rrset.type.ToText(), node.owner.ToText(), on_the_wire, kMaxRrsetOctets);
    if (octets > kMaxRrsetOctets) {
      report.Error(rrset.records.front(), text);
    } else {  // compression of names in RDATA may help
      report.Warning(rrset.records.front(), text);
    }
  }
}

}  // namespace

// RFC 1035 section 5.2, RFC 1034 section 4.2.1.
void CheckApex(const NodeDraft& apex, CheckReport& report) {
  if (apex.Find(rr::kSoa) == nullptr) {
    report.Error(
        fmt::format("the zone {} has no SOA record at its apex (RFC 1035 section 5.2)", apex.owner.ToText()));
  }
  if (apex.Find(rr::kNs) == nullptr) {
    report.Error(fmt::format("the zone {} has no NS record at its apex (RFC 1034 section 4.2.1)",
                             apex.owner.ToText()));
  }
}

void CheckNode(const NodeDraft& node, CheckReport& report) {
  OneSoaAndAtTheApex(node, report);
  CnameStandsAlone(node, report);
  OneAliasPerName(node, report);
  NoPowersBelowWildcard(node, report);
  OneTtlPerSet(node, report);
  SetFitsIntoAMessage(node, report);
  Nsec3ParamsAreUsable(node, report);
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

void CheckReport::Add(Severity severity, uint32_t file, uint32_t line, std::string text) {
  has_errors_ = has_errors_ || severity == Severity::kError;
  if (complaints_.size() == max_complaints_) {
    ++left_out_;
    return;
  }
  TextPosition where{
      .file = file < file_names_.size() ? file_names_[file] : std::string(), .line = line, .column = 0};
  complaints_.push_back(
      {file, line, {.severity = severity, .where = std::move(where), .text = std::move(text)}});
}

Complaints CheckReport::Take() {
  std::sort(complaints_.begin(), complaints_.end(), [](const Positioned& a, const Positioned& b) {
    return std::tie(a.file, a.line, a.complaint.text) < std::tie(b.file, b.line, b.complaint.text);
  });
  Complaints complaints;
  for (Positioned& positioned : complaints_) complaints.push_back(std::move(positioned.complaint));
  if (left_out_ > 0) {
    complaints.push_back({.severity = has_errors_ ? Severity::kError : Severity::kWarning,
                          .where = {},
                          .text = fmt::format("{} more complaints about this zone are left out", left_out_)});
  }
  return complaints;
}

}  // namespace cairn
