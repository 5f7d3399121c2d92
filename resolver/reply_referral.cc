#include "resolver/reply_referral.h"

#include <algorithm>

#include "common/dns/rdata.h"
#include "resolver/server_address.h"

namespace cairn {
namespace {

class ReferralReader {
 public:
  explicit ReferralReader(Judging& judging)
      : judging_(judging),
        authority_(judging.authority),
        additional_(judging.additional),
        out_(judging.out) {}

  bool Take() {
    const auto first = std::find_if(authority_.begin(), authority_.end(), [&](const JudgedRecord& item) {
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
      judging_.Conclude(FindingKind::kUseless, "a referral without any server that could be asked");
      return true;
    }
    out_.ds =
        judging_.TakeSet(authority_, delegation.cut, rr::kDs, TrustRank::kAuthority, ScrubRule::kTooMany);
    if (judging_.too_large) {
      judging_.Conclude(FindingKind::kUseless, "a DS set above the limits");
      return true;
    }
    if (out_.ds) delegation.ds = DsKnowledge::kPresent;
    judging_.KeepDenials();
    out_.referral = std::move(delegation);
    judging_.Conclude(FindingKind::kReferral, "");
    return true;
  }

 private:
  // Strictly deeper, and on the way to qname: whoever refers upwards or sideways is lame. DS lives above its
  // cut (RFC 4035 section 3.1.4.1), so a referral to the cut itself is of no use to who asks for DS.
  bool IsOnPath(const Record& ns) const {
    if (!ns.owner.IsBelow(out_.zone_cut) || !out_.asked.qname.IsAtOrBelow(ns.owner)) return false;
    return out_.asked.qtype != rr::kDs || out_.asked.qname.IsBelow(ns.owner);
  }

  // Of more than we keep, those from a drawn one on, round the end of the list: whoever wrote it cannot say
  // which servers get our questions (NRDelegation, CVE-2022-3204).
  void TakeServers(Delegation& delegation) {
    std::vector<JudgedRecord*> ns;
    for (JudgedRecord& item : authority_) {
      if (item.open() && item.record->type == rr::kNs) ns.push_back(&item);
    }
    if (ns.size() > judging_.options.most_servers)
      std::rotate(ns.begin(), ns.begin() + static_cast<std::ptrdiff_t>(judging_.options.draw % ns.size()),
                  ns.end());
    for (JudgedRecord* item : ns) TakeServer(*item, delegation);
  }

  void TakeServer(JudgedRecord& ns, Delegation& delegation) {
    const NameView name = LeadingName(ns.record->rdata);
    if (ns.record->owner != delegation.cut) return ns.Drop(ScrubRule::kNsNotReferral);
    if (ServerNamed(delegation, name) == nullptr) {
      if (delegation.servers.size() == judging_.options.most_servers) return ns.Drop(ScrubRule::kTooMany);
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
    for (JudgedRecord& item : additional_) {
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
      } else if (!known && (server->addresses.size() == judging_.options.most_addresses ||
                            addresses == judging_.options.most_glue)) {
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
      for (JudgedRecord& item : authority_) {
        if (item.fate != JudgedRecord::Fate::kKept || item.record->type != rr::kNs) continue;
        if (LeadingName(item.record->rdata) == server.name) item.Drop(ScrubRule::kNsWithoutGlue);
      }
      return true;
    });
  }

  Judging& judging_;
  JudgedRecords& authority_;
  JudgedRecords& additional_;
  Finding& out_;
};

}  // namespace

bool TakeReferral(Judging& judging) { return ReferralReader(judging).Take(); }

}  // namespace cairn
