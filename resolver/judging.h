// A reply while it is being judged (finding.h): its records section by section with the fate of each, and the
// finding that grows. Shared by those who read one part each: reply_chain.h the answers, reply_referral.h the
// referrals, finding.cc the rest. Nobody else includes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/dns/message.h"
#include "resolver/finding.h"

namespace cairn {

// An RRSIG's first field (RFC 4034 section 3.1.1).
RrType Covered(const Record& rrsig);

// A record of the reply and what became of it.
struct JudgedRecord {
  enum class Fate : uint8_t { kOpen, kKept, kDropped };
  const Record* record;
  Fate fate = Fate::kOpen;
  ScrubRule rule = ScrubRule::kNothingBelieved;

  bool open() const { return fate == Fate::kOpen; }
  bool Is(NameView owner, RrType type) const { return record->type == type && record->owner == owner; }
  void Keep() { fate = Fate::kKept; }
  void Drop(ScrubRule why) { fate = Fate::kDropped, rule = why; }
};
using JudgedRecords = std::vector<JudgedRecord>;

struct Judging {
  Judging(const Message& its_reply, const Question& asked, NameView zone_cut,
          const JudgeOptions& its_options);

  const Message& reply;
  const JudgeOptions& options;
  JudgedRecords answer;
  JudgedRecords authority;
  JudgedRecords additional;
  bool too_large = false;  // a set was above the limits
  Finding out;

  void Conclude(FindingKind kind, std::string_view remark) {
    out.kind = kind;
    out.remark = remark;
  }
  // No off-path attacker can have made this reply.
  bool Unguessable() const { return options.over_tcp || options.has_cookie; }
  // The first link of the chain is what was asked for; later ones the server adds of its own accord (RFC 2181
  // section 5.4.1).
  TrustRank RankOfLink() const {
    if (options.recursive) return TrustRank::kNonAuthoritative;
    return out.last_name == out.asked.qname ? TrustRank::kAuthoritativeAnswer
                                            : TrustRank::kAuthoritativeAlias;
  }

  // What no section of a reply from this zone may hold.
  void ScrubSection(JudgedRecords& items);
  // The set of that owner and type, and its signatures; TTL is the least (RFC 2181 section 5.2). Of single
  // types the first record is taken, others fall to `second`. nullopt when there is none, or it is above the
  // limits (too_large).
  std::optional<KeptRrset> TakeSet(JudgedRecords& items, NameView owner, RrType type, TrustRank rank,
                                   ScrubRule second);
  static bool IsRrsigOf(const JudgedRecord& item, NameView owner, RrType type);
  void KeepDenials();
  // NS beside an answer say where the server would like to be asked; believing it hands a zone to whoever
  // once answered for it ("promiscuous NS", CVE-2025-59023).
  void DropNs();
  // Nothing of a reply that does not move us on is kept.
  void ForgetAll();
  void ListDropped(const JudgedRecords& items, Section section, ScrubRule unclaimed);

 private:
  void TakeRrsigs(JudgedRecords& items, KeptRrset& set);
};

}  // namespace cairn
