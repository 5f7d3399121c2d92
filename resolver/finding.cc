#include "resolver/finding.h"

#include <algorithm>

#include "common/base/limits.h"
#include "common/dns/rdata.h"
#include "fmt/format.h"
#include "resolver/server_address.h"

namespace cairn {
namespace {

// A record of the reply and what became of it.
struct Item {
  enum class Fate : uint8_t { kOpen, kKept, kDropped };
  const Record* record;
  Fate fate = Fate::kOpen;
  ScrubRule rule = ScrubRule::kNothingBelieved;

  bool open() const { return fate == Fate::kOpen; }
  bool Is(NameView owner, RrType type) const { return record->type == type && record->owner == owner; }
  void Keep() { fate = Fate::kKept; }
  void Drop(ScrubRule why) { fate = Fate::kDropped, rule = why; }
};
using Items = std::vector<Item>;

// An RRSIG's first field (RFC 4034 section 3.1.1).
RrType Covered(const Record& rrsig) {
  return RrType{rrsig.rdata.size() < 2 ? uint16_t{0} : LoadU16(rrsig.rdata.data())};
}

bool IsDenial(RrType type) { return type == rr::kNsec || type == rr::kNsec3; }

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
      : reply_(reply), options_(options) {
    out_.asked = asked;
    out_.zone_cut = Name(zone_cut);
    out_.last_name = asked.qname;
    out_.rcode = reply.rcode();
    out_.authoritative = reply.header.authoritative;
    for (const Record& record : reply.answer) answer_.push_back({&record});
    for (const Record& record : reply.authority) authority_.push_back({&record});
    for (const Record& record : reply.additional) additional_.push_back({&record});
  }

  Finding Run() {
    Classify();
    if (!out_.useful()) ForgetAll();
    ClipTtls();
    ListDropped(answer_, Section::kAnswer, ScrubRule::kNotInChain);
    ListDropped(authority_, Section::kAuthority, ScrubRule::kNotForSection);
    ListDropped(additional_, Section::kAdditional, ScrubRule::kNotGlue);
    return std::move(out_);
  }

 private:
  // RFC 1034 section 5.3.3 step 4, in the order of THREATS section 4.
  void Classify() {
    if (reply_.header.truncated && !options_.over_tcp) return Conclude(FindingKind::kTruncated, "");
    const bool readable =
        out_.rcode == Rcode::kNoError || out_.rcode == Rcode::kNxDomain || out_.rcode == Rcode::kYxDomain;
    if (!readable) return ServerError();
    for (Items* section : {&answer_, &authority_, &additional_}) ScrubSection(*section);
    if (!out_.authoritative && !options_.recursive) return WithoutAuthority();

    const Chain chain = FollowChain();
    if (chain == Chain::kTooLarge) return Conclude(FindingKind::kUseless, "an RRset above the limits");
    if (chain == Chain::kYxDomain)
      return Conclude(FindingKind::kYxDomain, "the DNAME makes a name above 255 octets");
    if (chain == Chain::kAnswered) {
      KeepDenials();
      DropNs();
      return Conclude(FindingKind::kAnswer, "");
    }
    if (chain == Chain::kLeaves) {
      DropNs();
      return Conclude(FindingKind::kAlias, "its target must be asked for elsewhere");
    }
    if (out_.rcode == Rcode::kYxDomain) return ServerError();
    Negative();
  }

  // Neither answer nor an alias that leads away: the last name lacks the type or does not exist, or another
  // zone has it.
  void Negative() {
    const bool has_soa = TakeSoa();
    if (has_soa || (out_.rcode == Rcode::kNxDomain && out_.answer.empty())) {
      KeepDenials();
      DropNs();
      const std::string_view remark = has_soa ? "" : "no SOA: not to be cached";
      return Conclude(out_.rcode == Rcode::kNxDomain ? FindingKind::kNxDomain : FindingKind::kNoData, remark);
    }
    if (!out_.answer.empty()) {
      DropNs();
      return Conclude(FindingKind::kAlias, "nothing was said about its target");
    }
    if (!options_.recursive && TakeReferral()) return;
    Conclude(FindingKind::kUseless, "NOERROR with neither answer, SOA nor referral");
  }

  // A server that does not speak for the zone can only refer us to who does.
  void WithoutAuthority() {
    if (out_.rcode == Rcode::kNoError && TakeReferral()) return;
    if (RefersToTheChildForDs())
      return Conclude(FindingKind::kUseless, "it does not know that DS is the parent's");
    const bool refers = std::any_of(authority_.begin(), authority_.end(),
                                    [](const Item& item) { return item.record->type == rr::kNs; });
    out_.lameness = refers && out_.rcode == Rcode::kNoError && reply_.answer.empty()
                        ? Lameness::kUpwardReferral
                        : Lameness::kNotAuthoritative;
    Conclude(FindingKind::kLame, cairn::ToText(out_.lameness));
  }

  // A parent from before DNSSEC treats DS like any other type and refers to the child (RFC 4035
  // section 3.1.4.1). It serves the zone none the less: were it lame, whoever asks for a DS could make the
  // zone unreachable.
  bool RefersToTheChildForDs() const {
    if (out_.asked.qtype != rr::kDs || out_.rcode != Rcode::kNoError) return false;
    return std::any_of(authority_.begin(), authority_.end(),
                       [&](const Item& item) { return item.open() && item.Is(out_.asked.qname, rr::kNs); });
  }

  void ServerError() {
    out_.lameness = LamenessOf(out_.rcode);
    Conclude(FindingKind::kServerError, "");
  }

  bool Unguessable() const { return options_.over_tcp || options_.has_cookie; }

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

  void Conclude(FindingKind kind, std::string_view remark) {
    out_.kind = kind;
    out_.remark = remark;
  }

  // What no section of a reply from this zone may hold.
  void ScrubSection(Items& items) {
    for (Item& item : items) {
      const Record& record = *item.record;
      const bool meta = record.type.IsMeta() || (record.type == rr::kRrsig && Covered(record).IsMeta());
      if (record.rr_class != kClassIn)
        item.Drop(ScrubRule::kForeignClass);
      else if (meta)
        item.Drop(ScrubRule::kMetaType);
      else if (!record.owner.IsAtOrBelow(out_.zone_cut))
        item.Drop(ScrubRule::kOutsideZone);
    }
  }

  // ---- Answer section

  enum class Chain : uint8_t {
    kAnswered,
    kOpenEnded,  // the last name is in the zone, and the answer section says nothing about it
    kLeaves,     // the last name must be asked anew: outside of the zone, visited before, or too far on
    kYxDomain,
    kTooLarge,
  };

  // From qname along CNAME and DNAME, while that stays in the zone (CVE-2019-19331: 400 links in one reply).
  Chain FollowChain() {
    std::vector<Name> visited = {out_.last_name};
    for (int links = 0;; ++links) {
      const RrType qtype = out_.asked.qtype;
      if (const Item* dname = DnameAbove(out_.last_name)) {
        if (!FollowDname(*dname)) return Chain::kYxDomain;
        if (qtype == rr::kCname || qtype == rr::kAny) {  // the CNAME made here is the answer itself
          out_.last_name = visited.back();
          return Chain::kAnswered;
        }
      } else if (qtype == rr::kAny) {
        return TakeAllTypes() ? Chain::kAnswered : too_large_ ? Chain::kTooLarge : Chain::kOpenEnded;
      } else if (qtype == rr::kCname || !FollowCname()) {
        if (TakeAnswer(out_.last_name, qtype)) return Chain::kAnswered;
        return too_large_ ? Chain::kTooLarge : Chain::kOpenEnded;
      }
      const bool loops = std::find(visited.begin(), visited.end(), out_.last_name) != visited.end();
      if (loops || !out_.last_name.IsAtOrBelow(out_.zone_cut))
        return DropBehindAlias(ScrubRule::kChainLeavesZone);
      if (links + 1 == limits::kMaxAliases) return DropBehindAlias(ScrubRule::kTooMany);
      visited.push_back(out_.last_name);
    }
  }

  Chain DropBehindAlias(ScrubRule rule) {
    for (Item& item : answer_) {
      if (item.open()) item.Drop(rule);
    }
    return Chain::kLeaves;
  }

  const Item* DnameAbove(NameView name) const {
    for (const Item& item : answer_) {
      if (item.open() && item.record->type == rr::kDname && name.IsBelow(item.record->owner)) return &item;
    }
    return nullptr;
  }

  // RFC 6672 section 3.2: the CNAME is made here; what the server made is not looked at. False: the new name
  // is too long.
  bool FollowDname(const Item& dname) {
    const Name sname = out_.last_name;
    const Name owner = dname.record->owner;
    const NameView target = LeadingName(dname.record->rdata);
    for (Item& item : answer_) {
      if (item.open() && (item.Is(sname, rr::kCname) || IsRrsigOf(item, sname, rr::kCname)))
        item.Drop(ScrubRule::kCnameOfDname);
    }
    KeptRrset set = *TakeSet(answer_, owner, rr::kDname, RankOfLink(), ScrubRule::kSecondCname);
    set.cacheable = Unguessable();
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
        TakeSet(answer_, sname, rr::kCname, RankOfLink(), ScrubRule::kSecondCname);
    if (!cname) return false;
    for (Item& item : answer_) {
      if (item.open() && item.record->owner == sname) item.Drop(ScrubRule::kBesideCname);
    }
    out_.last_name = Name(LeadingName(cname->rrset.rdatas.front()));
    out_.answer.push_back(std::move(*cname));
    return true;
  }

  bool TakeAnswer(NameView owner, RrType type) {
    const ScrubRule second =
        type == rr::kCname || type == rr::kDname ? ScrubRule::kSecondCname : ScrubRule::kNothingBelieved;
    std::optional<KeptRrset> set = TakeSet(answer_, owner, type, RankOfLink(), second);
    if (!set) return false;
    if (type == rr::kDname) set->cacheable = Unguessable();
    out_.answer.push_back(std::move(*set));
    return true;
  }

  bool TakeAllTypes() {
    const size_t before = out_.answer.size();
    for (size_t i = 0; i < answer_.size(); ++i) {
      const Record& record = *answer_[i].record;
      const bool here = answer_[i].open() && record.type != rr::kRrsig && record.owner == out_.last_name;
      if (here) TakeAnswer(record.owner, record.type);
      if (too_large_) return false;
    }
    return out_.answer.size() > before;
  }

  // The first link is what was asked for; later ones the server adds of its own accord (RFC 2181
  // section 5.4.1).
  TrustRank RankOfLink() const {
    if (options_.recursive) return TrustRank::kNonAuthoritative;
    return out_.last_name == out_.asked.qname ? TrustRank::kAuthoritativeAnswer
                                              : TrustRank::kAuthoritativeAlias;
  }

  // ---- Authority section

  // A server of the child as well denies a DS at its apex, which is for the parent to deny (RFC 4035
  // section 3.1.4.1).
  bool IsOfChildForDs(const Record& soa) const {
    return out_.asked.qtype == rr::kDs && !soa.owner.IsRoot() && soa.owner == out_.last_name;
  }

  // The one SOA that can speak for the last name (RFC 2308 section 5).
  bool TakeSoa() {
    for (Item& item : authority_) {
      if (!item.open() || item.record->type != rr::kSoa) continue;
      if (out_.soa || !out_.last_name.IsAtOrBelow(item.record->owner) || IsOfChildForDs(*item.record)) {
        item.Drop(ScrubRule::kSoaNotForName);
        continue;
      }
      const Name owner = item.record->owner;
      out_.soa = TakeSet(authority_, owner, rr::kSoa, RankOfNegative(), ScrubRule::kSoaNotForName);
    }
    return out_.soa.has_value();
  }

  // A negative answer with AA answers the very question, so it ranks with answers; behind an alias with alias
  // targets.
  TrustRank RankOfNegative() const { return RankOfLink(); }

  void KeepDenials() {
    for (Item& item : authority_) {
      const Record& record = *item.record;
      if (!item.open() || !IsDenial(record.type)) continue;
      if (out_.proofs.size() == limits::kMaxDenialRecords)
        item.Drop(ScrubRule::kTooMany);
      else
        out_.proofs.push_back(
            *TakeSet(authority_, record.owner, record.type, TrustRank::kAuthority, ScrubRule::kTooMany));
    }
  }

  // NS beside an answer say where the server would like to be asked; believing it hands a zone to whoever
  // once answered for it ("promiscuous NS", CVE-2025-59023).
  void DropNs() {
    for (Item& item : authority_) {
      if (item.open() && item.record->type == rr::kNs) item.Drop(ScrubRule::kAuthorityBesideAnswer);
    }
  }

  // Strictly deeper, and on the way to qname: whoever refers upwards or sideways is lame. DS lives above its
  // cut (RFC 4035 section 3.1.4.1), so a referral to the cut itself is of no use to who asks for DS.
  bool IsOnPath(const Record& ns) const {
    if (!ns.owner.IsBelow(out_.zone_cut) || !out_.asked.qname.IsAtOrBelow(ns.owner)) return false;
    return out_.asked.qtype != rr::kDs || out_.asked.qname.IsBelow(ns.owner);
  }

  bool TakeReferral() {
    const auto first = std::find_if(authority_.begin(), authority_.end(), [&](const Item& item) {
      return item.open() && item.record->type == rr::kNs && IsOnPath(*item.record);
    });
    if (first == authority_.end()) return false;
    Delegation delegation;
    delegation.cut = first->record->owner;
    out_.referral_ttl = first->record->ttl;
    TakeServers(delegation);
    TakeGlue(delegation);
    DropUnreachable(delegation);
    if (delegation.servers.empty()) {
      Conclude(FindingKind::kUseless, "a referral without any server that could be asked");
      return true;
    }
    out_.ds = TakeSet(authority_, delegation.cut, rr::kDs, TrustRank::kAuthority, ScrubRule::kTooMany);
    if (too_large_) {
      Conclude(FindingKind::kUseless, "a DS set above the limits");
      return true;
    }
    if (out_.ds) delegation.ds = DsKnowledge::kPresent;
    KeepDenials();
    out_.referral = std::move(delegation);
    Conclude(FindingKind::kReferral, "");
    return true;
  }

  // Of more than we keep, those from a drawn one on, round the end of the list: whoever wrote it cannot say
  // which servers get our questions (NRDelegation, CVE-2022-3204).
  void TakeServers(Delegation& delegation) {
    std::vector<Item*> ns;
    for (Item& item : authority_) {
      if (item.open() && item.record->type == rr::kNs) ns.push_back(&item);
    }
    if (ns.size() > limits::kMaxNsNames)
      std::rotate(ns.begin(), ns.begin() + static_cast<std::ptrdiff_t>(options_.draw % ns.size()), ns.end());
    for (Item* item : ns) TakeServer(*item, delegation);
  }

  void TakeServer(Item& ns, Delegation& delegation) {
    const NameView name = LeadingName(ns.record->rdata);
    if (ns.record->owner != delegation.cut) return ns.Drop(ScrubRule::kNsNotReferral);
    if (ServerNamed(delegation, name) == nullptr) {
      if (delegation.servers.size() == limits::kMaxNsNames) return ns.Drop(ScrubRule::kTooMany);
      delegation.servers.push_back({Name(name), {}});
    }
    out_.referral_ttl = std::min(out_.referral_ttl, ns.record->ttl);
    ns.Keep();
  }

  static DelegationServer* ServerNamed(Delegation& delegation, NameView name) {
    for (DelegationServer& server : delegation.servers) {
      if (server.name == name) return &server;
    }
    return nullptr;
  }

  // Addresses of the servers, from names the referring zone can speak for (RFC 9471 section 2; sibling glue
  // included).
  void TakeGlue(Delegation& delegation) {
    size_t addresses = 0;
    for (Item& item : additional_) {
      const Record& record = *item.record;
      const bool v4 = record.type == rr::kA && record.rdata.size() == 4;
      const bool v6 = record.type == rr::kAaaa && record.rdata.size() == 16;
      DelegationServer* server = v4 || v6 ? ServerNamed(delegation, record.owner) : nullptr;
      if (server == nullptr) continue;
      if (!item.open()) {
        if (item.rule == ScrubRule::kOutsideZone) item.Drop(ScrubRule::kGlueOutsideZone);
        continue;
      }
      const IpAddress address = v4 ? IpAddress::V4(record.rdata) : IpAddress::V6(record.rdata);
      const bool known =
          std::find(server->addresses.begin(), server->addresses.end(), address) != server->addresses.end();
      if (ReachOf(address) == AddressReach::kNever) {
        item.Drop(ScrubRule::kGlueUnusable);
      } else if (!known && (server->addresses.size() == limits::kMaxAddressesPerServer ||
                            addresses == limits::kMaxGlueAddresses)) {
        item.Drop(ScrubRule::kTooMany);
      } else {
        item.Keep();
        out_.referral_ttl = std::min(out_.referral_ttl, record.ttl);
        if (known) continue;
        server->addresses.push_back(address);
        ++addresses;
      }
    }
  }

  // A server named inside the cut and without glue can only be found by asking itself (TsuNAME's little
  // sister).
  void DropUnreachable(Delegation& delegation) {
    std::erase_if(delegation.servers, [&](const DelegationServer& server) {
      if (!server.addresses.empty() || !server.name.IsAtOrBelow(delegation.cut)) return false;
      for (Item& item : authority_) {
        if (item.fate != Item::Fate::kKept || item.record->type != rr::kNs) continue;
        if (LeadingName(item.record->rdata) == server.name) item.Drop(ScrubRule::kNsWithoutGlue);
      }
      return true;
    });
  }

  // ---- Both

  static bool IsRrsigOf(const Item& item, NameView owner, RrType type) {
    return item.record->type == rr::kRrsig && Covered(*item.record) == type && item.record->owner == owner;
  }

  // A name has one record of these types at most.
  static bool IsSingle(RrType type) {
    return type == rr::kCname || type == rr::kDname || type == rr::kSoa || IsDenial(type);
  }

  // The set of that owner and type, and its signatures; TTL is the least (RFC 2181 section 5.2). Of single
  // types the first record is taken, others fall to `second`. nullopt when there is none, or it is above the
  // limits (too_large_).
  std::optional<KeptRrset> TakeSet(Items& items, NameView view, RrType type, TrustRank rank,
                                   ScrubRule second) {
    std::optional<KeptRrset> set;
    size_t octets = 0;
    for (Item& item : items) {
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
        too_large_ = true;
        return std::nullopt;
      }
    }
    if (set && type != rr::kRrsig) TakeRrsigs(items, *set);
    return set;
  }

  void TakeRrsigs(Items& items, KeptRrset& set) {
    for (Item& item : items) {
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

  // Nothing of a reply that does not move us on is kept.
  void ForgetAll() {
    out_.answer.clear();
    out_.proofs.clear();
    out_.soa.reset();
    out_.ds.reset();
    out_.referral.reset();
    out_.last_name = out_.asked.qname;
    for (Items* section : {&answer_, &authority_, &additional_}) {
      for (Item& item : *section) {
        if (item.fate != Item::Fate::kDropped) item.Drop(ScrubRule::kNothingBelieved);
      }
    }
  }

  void ListDropped(const Items& items, Section section, ScrubRule unclaimed) {
    for (const Item& item : items) {
      if (item.fate == Item::Fate::kKept) continue;
      out_.dropped.push_back({section, *item.record, item.open() ? unclaimed : item.rule});
    }
  }

  const Message& reply_;
  const JudgeOptions& options_;
  Items answer_;
  Items authority_;
  Items additional_;
  bool too_large_ = false;
  Finding out_;
};

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

Finding Judge(const Message& reply, const Question& asked, NameView zone_cut, const JudgeOptions& options) {
  return Judgement(reply, asked, zone_cut, options).Run();
}

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
    case FindingKind::kUseless:
      break;
  }
  if (!remark.empty()) text += fmt::format(": {}", remark);
  return text;
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
