#include "resolver/finding.h"

#include <algorithm>

#include "resolver/judging.h"
#include "resolver/reply_chain.h"
#include "resolver/reply_referral.h"

namespace cairn {
namespace {

Lameness LamenessOf(Rcode rcode) {
  switch (rcode) {
    case Rcode::kFormErr:
    case Rcode::kBadVers:
      return Lameness::kFormErr;
    case Rcode::kNotImp:
      return Lameness::kNotImp;
    case Rcode::kRefused:
      return Lameness::kRefused;
    case Rcode::kNotAuth:
      return Lameness::kNotAuthoritative;
    default:
      return Lameness::kServFail;
  }
}

class Judgement {
 public:
  Judgement(const Message& reply, const Question& asked, NameView zone_cut, const JudgeOptions& options)
      : judging_(reply, asked, zone_cut, options) {}

  Finding Run() {
    Classify();
    if (!out_.useful()) judging_.ForgetAll();
    ClipTtls();
    judging_.ListDropped(judging_.answer, Section::kAnswer, ScrubRule::kNotInChain);
    judging_.ListDropped(authority_, Section::kAuthority, ScrubRule::kNotForSection);
    judging_.ListDropped(judging_.additional, Section::kAdditional, ScrubRule::kNotGlue);
    return std::move(out_);
  }

 private:
  // RFC 1034 section 5.3.3 step 4, in the order of THREATS section 4.
  void Classify() {
    if (reply_.header.truncated && !options_.over_tcp) return judging_.Conclude(FindingKind::kTruncated, "");
    const bool readable =
        out_.rcode == Rcode::kNoError || out_.rcode == Rcode::kNxDomain || out_.rcode == Rcode::kYxDomain;
    if (!readable) return ServerError();
    for (JudgedRecords* section : {&judging_.answer, &authority_, &judging_.additional})
      judging_.ScrubSection(*section);
    if (!out_.authoritative && !options_.recursive) return WithoutAuthority();

    const ChainEnd chain = FollowChain(judging_);
    if (chain == ChainEnd::kTooLarge)
      return judging_.Conclude(FindingKind::kUseless, "an RRset above the limits");
    if (chain == ChainEnd::kYxDomain)
      return judging_.Conclude(FindingKind::kYxDomain, "the DNAME makes a name above 255 octets");
    if (chain == ChainEnd::kAnswered) {
      judging_.KeepDenials();
      judging_.DropNs();
      return judging_.Conclude(FindingKind::kAnswer, "");
    }
    if (chain == ChainEnd::kLeaves) {
      judging_.DropNs();
      return judging_.Conclude(FindingKind::kAlias, "its target must be asked for elsewhere");
    }
    if (out_.rcode == Rcode::kYxDomain) return ServerError();
    Negative();
  }

  // Neither answer nor an alias that leads away: the last name lacks the type or does not exist, or another
  // zone has it.
  void Negative() {
    const bool has_soa = TakeSoa();
    if (has_soa || (out_.rcode == Rcode::kNxDomain && out_.answer.empty())) {
      judging_.KeepDenials();
      judging_.DropNs();
      const std::string_view remark = has_soa ? "" : "no SOA: not to be cached";
      return judging_.Conclude(out_.rcode == Rcode::kNxDomain ? FindingKind::kNxDomain : FindingKind::kNoData,
                               remark);
    }
    if (!out_.answer.empty()) {
      judging_.DropNs();
      return judging_.Conclude(FindingKind::kAlias, "nothing was said about its target");
    }
    if (!options_.recursive && TakeReferral(judging_)) return;
    SaysNothing() ? judging_.Conclude(FindingKind::kEmpty, "NOERROR with neither answer, SOA nor referral")
                  : judging_.Conclude(FindingKind::kUseless,
                                      "neither answer nor referral, nor an SOA that could deny it");
  }

  // Nobody else is named as the one to ask, and no zone as the one that denies.
  bool SaysNothing() const {
    return reply_.answer.empty() &&
           std::none_of(reply_.authority.begin(), reply_.authority.end(), [](const Record& record) {
             return record.type == rr::kNs || record.type == rr::kSoa;
           });
  }

  // A server that does not speak for the zone can only refer us to who does.
  void WithoutAuthority() {
    if (out_.rcode == Rcode::kNoError && TakeReferral(judging_)) return;
    if (RefersToTheChildForDs())
      return judging_.Conclude(FindingKind::kUseless, "it does not know that DS is the parent's");
    const bool refers = std::any_of(authority_.begin(), authority_.end(),
                                    [](const JudgedRecord& item) { return item.record->type == rr::kNs; });
    out_.lameness = refers && out_.rcode == Rcode::kNoError && reply_.answer.empty()
                        ? Lameness::kUpwardReferral
                        : Lameness::kNotAuthoritative;
    judging_.Conclude(FindingKind::kLame, cairn::ToText(out_.lameness));
  }

  // A parent from before DNSSEC treats DS like any other type and refers to the child (RFC 4035
  // section 3.1.4.1). It serves the zone none the less: were it lame, whoever asks for a DS could make the
  // zone unreachable.
  bool RefersToTheChildForDs() const {
    if (out_.asked.qtype != rr::kDs || out_.rcode != Rcode::kNoError) return false;
    return std::any_of(authority_.begin(), authority_.end(), [&](const JudgedRecord& item) {
      return item.open() && item.Is(out_.asked.qname, rr::kNs);
    });
  }

  void ServerError() {
    out_.lameness = LamenessOf(out_.rcode);
    judging_.Conclude(FindingKind::kServerError, "");
  }

  // A server of the child as well denies a DS at its apex, which is for the parent to deny (RFC 4035
  // section 3.1.4.1).
  bool IsOfChildForDs(const Record& soa) const {
    return out_.asked.qtype == rr::kDs && !soa.owner.IsRoot() && soa.owner == out_.last_name;
  }

  // The one SOA that can speak for the last name (RFC 2308 section 5).
  bool TakeSoa() {
    for (JudgedRecord& item : authority_) {
      if (!item.open() || item.record->type != rr::kSoa) continue;
      if (out_.soa || !out_.last_name.IsAtOrBelow(item.record->owner) || IsOfChildForDs(*item.record)) {
        item.Drop(ScrubRule::kSoaNotForName);
        continue;
      }
      const Name owner = item.record->owner;
      out_.soa =
          judging_.TakeSet(authority_, owner, rr::kSoa, judging_.RankOfLink(), ScrubRule::kSoaNotForName);
    }
    return out_.soa.has_value();
  }

  void ClipTtls() {
    const auto clip = [this](Ttl ttl) { return std::clamp(ttl, options_.min_ttl, options_.max_ttl); };
    for (KeptRrset& set : out_.answer) set.rrset.ttl = clip(set.rrset.ttl);
    if (!out_.soa) return;
    // RFC 2308 section 5: a negative answer lives as long as the lesser of the SOA's TTL and its MINIMUM.
    Rrset& soa = out_.soa->rrset;
    const ByteView rdata = soa.rdatas.front();
    const Ttl minimum = Ttl::FromWire(LoadU32(rdata.data() + rdata.size() - 4));
    soa.ttl = std::min({clip(soa.ttl), std::max(minimum, options_.min_ttl), options_.max_negative_ttl});
  }

  Judging judging_;
  const Message& reply_ = judging_.reply;
  const JudgeOptions& options_ = judging_.options;
  JudgedRecords& authority_ = judging_.authority;
  Finding& out_ = judging_.out;
};

}  // namespace

Finding Judge(const Message& reply, const Question& asked, NameView zone_cut, const JudgeOptions& options) {
  return Judgement(reply, asked, zone_cut, options).Run();
}

void CutChain(Finding& finding, const std::function<bool(NameView)>& is_others) {
  size_t kept = 0;
  for (; kept < finding.answer.size(); ++kept) {
    const Rrset& rrset = finding.answer[kept].rrset;
    if (kept > 0 && rrset.type != rr::kDname && is_others(rrset.owner)) break;
  }
  if (kept == finding.answer.size() && (kept == 0 || !is_others(finding.last_name))) return;
  for (size_t i = kept; i < finding.answer.size(); ++i) {
    const Rrset& rrset = finding.answer[i].rrset;
    for (const ByteView rdata : rrset.rdatas) {
      finding.dropped.push_back({.section = Section::kAnswer,
                                 .record = {.owner = rrset.owner,
                                            .type = rrset.type,
                                            .rr_class = rrset.rr_class,
                                            .ttl = rrset.ttl,
                                            .rdata = {rdata.begin(), rdata.end()}},
                                 .rule = ScrubRule::kChainLeavesZone});
    }
  }
  if (kept < finding.answer.size()) finding.last_name = finding.answer[kept].rrset.owner;
  finding.answer.resize(kept);
  finding.kind = FindingKind::kAlias;
  finding.rcode = Rcode::kNoError;
  finding.soa.reset();
  finding.proofs.clear();
}

}  // namespace cairn
