#include "resolver/judging.h"

#include <algorithm>

#include "common/base/limits.h"

namespace cairn {
namespace {

bool IsDenial(RrType type) { return type == rr::kNsec || type == rr::kNsec3; }

// A name has one record of these types at most.
bool IsSingle(RrType type) {
  return type == rr::kCname || type == rr::kDname || type == rr::kSoa || IsDenial(type);
}

}  // namespace

RrType Covered(const Record& rrsig) {
  return RrType{rrsig.rdata.size() < 2 ? uint16_t{0} : LoadU16(rrsig.rdata.data())};
}

Judging::Judging(const Message& its_reply, const Question& asked, NameView zone_cut,
                 const JudgeOptions& its_options)
    : reply(its_reply), options(its_options) {
  out.asked = asked;
  out.zone_cut = Name(zone_cut);
  out.last_name = asked.qname;
  out.rcode = reply.rcode();
  out.authoritative = reply.header.authoritative;
  for (const Record& record : reply.answer) answer.push_back({&record});
  for (const Record& record : reply.authority) authority.push_back({&record});
  for (const Record& record : reply.additional) additional.push_back({&record});
}

bool Judging::IsRrsigOf(const JudgedRecord& item, NameView owner, RrType type) {
  return item.record->type == rr::kRrsig && Covered(*item.record) == type && item.record->owner == owner;
}

void Judging::ScrubSection(JudgedRecords& items) {
  for (JudgedRecord& item : items) {
    const Record& record = *item.record;
    const bool meta = record.type.IsMeta() || (record.type == rr::kRrsig && Covered(record).IsMeta());
    if (record.rr_class != kClassIn)
      item.Drop(ScrubRule::kForeignClass);
    else if (meta)
      item.Drop(ScrubRule::kMetaType);
    else if (!record.owner.IsAtOrBelow(out.zone_cut))
      item.Drop(ScrubRule::kOutsideZone);
  }
}

std::optional<KeptRrset> Judging::TakeSet(JudgedRecords& items, NameView view, RrType type, TrustRank rank,
                                          ScrubRule second) {
  std::optional<KeptRrset> set;
  size_t octets = 0;
  for (JudgedRecord& item : items) {
    const Record& record = *item.record;
    if (!item.open() || !item.Is(view, type)) continue;
    if (!set) {
      set = KeptRrset{.rrset = {.owner = record.owner, .type = type, .ttl = record.ttl, .rdatas = {}},
                      .rrsigs = {},
                      .rrsig_ttl = {},
                      .rank = rank};
    } else if (IsSingle(type) && !set->rrset.rdatas.Contains(record.rdata)) {
      item.Drop(second);
      continue;
    }
    item.Keep();
    set->rrset.ttl = std::min(set->rrset.ttl, record.ttl);
    if (!set->rrset.rdatas.AddUnique(record.rdata)) continue;
    octets += record.rdata.size() + 2;
    if (set->rrset.rdatas.size() > limits::kMaxRrsetRecords || octets > limits::kMaxRrsetOctets) {
      too_large = true;
      return std::nullopt;
    }
  }
  if (set && type != rr::kRrsig) TakeRrsigs(items, *set);
  return set;
}

void Judging::TakeRrsigs(JudgedRecords& items, KeptRrset& set) {
  for (JudgedRecord& item : items) {
    if (!item.open() || !IsRrsigOf(item, set.rrset.owner, set.rrset.type)) continue;
    if (set.rrsigs.size() == limits::kMaxRrsigsPerRrset) {
      item.Drop(ScrubRule::kTooMany);  // KeyTrap, CVE-2023-50387
      continue;
    }
    item.Keep();
    set.rrsig_ttl = set.rrsigs.empty() ? item.record->ttl : std::min(set.rrsig_ttl, item.record->ttl);
    set.rrsigs.AddUnique(item.record->rdata);
  }
}

void Judging::KeepDenials() {
  for (JudgedRecord& item : authority) {
    const Record& record = *item.record;
    if (!item.open() || !IsDenial(record.type)) continue;
    if (out.proofs.size() == limits::kMaxDenialRecords)
      item.Drop(ScrubRule::kTooMany);
    else
      out.proofs.push_back(
          *TakeSet(authority, record.owner, record.type, TrustRank::kAuthority, ScrubRule::kTooMany));
  }
}

void Judging::DropNs() {
  for (JudgedRecord& item : authority) {
    if (item.open() && item.record->type == rr::kNs) item.Drop(ScrubRule::kAuthorityBesideAnswer);
  }
}

void Judging::ForgetAll() {
  out.answer.clear();
  out.proofs.clear();
  out.soa.reset();
  out.ds.reset();
  out.referral.reset();
  out.last_name = out.asked.qname;
  for (JudgedRecords* section : {&answer, &authority, &additional}) {
    for (JudgedRecord& item : *section) {
      if (item.fate != JudgedRecord::Fate::kDropped) item.Drop(ScrubRule::kNothingBelieved);
    }
  }
}

void Judging::ListDropped(const JudgedRecords& items, Section section, ScrubRule unclaimed) {
  for (const JudgedRecord& item : items) {
    if (item.fate == JudgedRecord::Fate::kKept) continue;
    out.dropped.push_back({section, *item.record, item.open() ? unclaimed : item.rule});
  }
}

}  // namespace cairn
