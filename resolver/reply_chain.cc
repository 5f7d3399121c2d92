#include "resolver/reply_chain.h"

#include <algorithm>

#include "common/base/limits.h"
#include "common/dns/rdata.h"

namespace cairn {
namespace {

class ChainFollower {
 public:
  explicit ChainFollower(Judging& judging) : judging_(judging), answer_(judging.answer), out_(judging.out) {}

  // From qname along CNAME and DNAME, while that stays in the zone (CVE-2019-19331: 400 links in one reply).
  ChainEnd Follow() {
    std::vector<Name> visited = {out_.last_name};
    for (int links = 0;; ++links) {
      const RrType qtype = out_.asked.qtype;
      if (const JudgedRecord* dname = DnameAbove(out_.last_name)) {
        if (!FollowDname(*dname)) return ChainEnd::kYxDomain;
        if (qtype == rr::kCname || qtype == rr::kAny) {  // the CNAME made here is the answer itself
          out_.last_name = visited.back();
          return ChainEnd::kAnswered;
        }
      } else if (qtype == rr::kAny) {
        return TakeAllTypes()       ? ChainEnd::kAnswered
               : judging_.too_large ? ChainEnd::kTooLarge
                                    : ChainEnd::kOpenEnded;
      } else if (qtype == rr::kCname || !FollowCname()) {
        if (TakeAnswer(out_.last_name, qtype)) return ChainEnd::kAnswered;
        return judging_.too_large ? ChainEnd::kTooLarge : ChainEnd::kOpenEnded;
      }
      const bool loops = std::find(visited.begin(), visited.end(), out_.last_name) != visited.end();
      if (loops || !out_.last_name.IsAtOrBelow(out_.zone_cut))
        return DropBehindAlias(ScrubRule::kChainLeavesZone);
      if (links + 1 == limits::kMaxAliases) return DropBehindAlias(ScrubRule::kTooMany);
      visited.push_back(out_.last_name);
    }
  }

 private:
  ChainEnd DropBehindAlias(ScrubRule rule) {
    for (JudgedRecord& item : answer_) {
      if (item.open()) item.Drop(rule);
    }
    return ChainEnd::kLeaves;
  }

  const JudgedRecord* DnameAbove(NameView name) const {
    for (const JudgedRecord& item : answer_) {
      if (item.open() && item.record->type == rr::kDname && name.IsBelow(item.record->owner)) return &item;
    }
    return nullptr;
  }

  // RFC 6672 section 3.2: the CNAME is made here; what the server made is not looked at. False: the new name
  // is too long.
  bool FollowDname(const JudgedRecord& dname) {
    const Name sname = out_.last_name;
    const Name owner = dname.record->owner;
    const NameView target = LeadingName(dname.record->rdata);
    for (JudgedRecord& item : answer_) {
      if (item.open() && (item.Is(sname, rr::kCname) || Judging::IsRrsigOf(item, sname, rr::kCname)))
        item.Drop(ScrubRule::kCnameOfDname);
    }
    KeptRrset set =
        *judging_.TakeSet(answer_, owner, rr::kDname, judging_.RankOfLink(), ScrubRule::kSecondCname);
    set.cacheable = judging_.Unguessable();
    out_.answer.push_back(set);

    const std::optional<Name> next = Name::ReplaceSuffix(sname, owner, target);
    if (!next) return false;
    KeptRrset cname{.rrset = {.owner = sname, .type = rr::kCname, .ttl = set.rrset.ttl, .rdatas = {}},
                    .rrsigs = {},
                    .rrsig_ttl = {},
                    .rank = set.rank,
                    .cacheable = false};
    cname.rrset.rdatas.Add(next->wire());
    out_.answer.push_back(std::move(cname));
    out_.last_name = *next;
    return true;
  }

  // False when there is no CNAME at the last name.
  bool FollowCname() {
    const Name sname = out_.last_name;
    std::optional<KeptRrset> cname =
        judging_.TakeSet(answer_, sname, rr::kCname, judging_.RankOfLink(), ScrubRule::kSecondCname);
    if (!cname) return false;
    for (JudgedRecord& item : answer_) {
      if (item.open() && item.record->owner == sname) item.Drop(ScrubRule::kBesideCname);
    }
    out_.last_name = Name(LeadingName(cname->rrset.rdatas.front()));
    out_.answer.push_back(std::move(*cname));
    return true;
  }

  bool TakeAnswer(NameView owner, RrType type) {
    const ScrubRule second =
        type == rr::kCname || type == rr::kDname ? ScrubRule::kSecondCname : ScrubRule::kNothingBelieved;
    std::optional<KeptRrset> set = judging_.TakeSet(answer_, owner, type, judging_.RankOfLink(), second);
    if (!set) return false;
    if (type == rr::kDname) set->cacheable = judging_.Unguessable();
    out_.answer.push_back(std::move(*set));
    return true;
  }

  bool TakeAllTypes() {
    const size_t before = out_.answer.size();
    for (size_t i = 0; i < answer_.size(); ++i) {
      const Record& record = *answer_[i].record;
      const bool here = answer_[i].open() && record.type != rr::kRrsig && record.owner == out_.last_name;
      if (here) TakeAnswer(record.owner, record.type);
      if (judging_.too_large) return false;
    }
    return out_.answer.size() > before;
  }

  Judging& judging_;
  JudgedRecords& answer_;
  Finding& out_;
};

}  // namespace

ChainEnd FollowChain(Judging& judging) { return ChainFollower(judging).Follow(); }

}  // namespace cairn
