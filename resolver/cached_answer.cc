#include "resolver/cached_answer.h"

#include <algorithm>
#include <cstring>

#include "common/base/limits.h"
#include "common/dns/message.h"
#include "common/dns/rdata.h"
#include "resolver/resolution_trace.h"

namespace cairn {
namespace {

constexpr uint16_t kQr = 0x8000;
constexpr uint16_t kTc = 0x0200;
constexpr uint16_t kRa = 0x0080;
constexpr uint16_t kKept = 0x0110;        // RD and CD come back as they were
constexpr size_t kRecordHeadOctets = 12;  // owner as a pointer, TYPE, CLASS, TTL, RDLENGTH

// The message as it grows. Every record's owner is a name that already stands in it: the question's, or the
// target of the alias before; so compression is a matter of knowing where that was.
class Reply {
 public:
  Reply(const QueryView& query, ByteView packet, const ResponseOpt& opt, std::span<uint8_t> out)
      : out_(out.data()), limit_(out.size() - opt.FirmOctets()), opt_(opt), whole_(out) {
    StoreU16(out_, query.id);
    flags_ = static_cast<uint16_t>(kQr | kRa | (query.flags & kKept));
    StoreU16(out_ + 4, 1);
    std::memset(out_ + 6, 0, 6);
    std::memcpy(out_ + kHeaderOctets, packet.data() + kHeaderOctets, query.question_octets);
    size_ = body_ = kHeaderOctets + query.question_octets;
    name_octets_ = query.qname_octets;
  }

  // The RRset of `entry`, owned by the name where the chain stands. False when it does not fit.
  bool AddRrset(const CacheEntry& entry, Instant now) {
    const size_t written =
        entry.CopyRecords({out_ + size_, limit_ - size_}, name_offset_, entry.RemainingTtl(now));
    if (written == 0) return false;
    size_ += written;
    answers_ = static_cast<uint16_t>(answers_ + entry.rdatas().size());
    return true;
  }

  // The alias of `entry`; the chain then stands at its target, whose name is the RDATA just written.
  bool FollowAlias(const CacheEntry& entry, Instant now) {
    const size_t start = size_;
    if (!AddRrset(entry, now)) return false;
    name_offset_ = static_cast<uint16_t>(start + kRecordHeadOctets);
    name_octets_ = entry.rdatas().front().size();
    return true;
  }

  // The SOA of a negative entry: its owner is the end of the name where the chain stands (RFC 2308 section
  // 3).
  bool AddSoa(const CacheEntry& entry, Instant now) {
    const ByteView soa = entry.soa_rdata();
    if (limit_ - size_ < kRecordHeadOctets + soa.size()) return false;
    uint8_t* at = out_ + size_;
    const size_t owner_offset = name_offset_ + name_octets_ - entry.soa_owner().size();
    StoreU16(at, static_cast<uint16_t>(0xc000 | owner_offset));
    StoreU16(at + 2, rr::kSoa.value);
    StoreU16(at + 4, kClassIn.value);
    StoreU32(at + 6, entry.RemainingTtl(now).seconds());
    StoreU16(at + 10, static_cast<uint16_t>(soa.size()));
    std::memcpy(at + kRecordHeadOctets, soa.data(), soa.size());
    size_ += kRecordHeadOctets + soa.size();
    StoreU16(out_ + 8, 1);
    return true;
  }

  void Truncate() {
    size_ = body_;
    answers_ = 0;
    StoreU16(out_ + 8, 0);
    flags_ |= kTc;
  }

  size_t Finish(Rcode rcode) {
    const uint16_t rcode_bits = static_cast<uint16_t>(rcode) & 15;
    StoreU16(out_ + 2, static_cast<uint16_t>(flags_ | rcode_bits));
    StoreU16(out_ + 6, answers_);
    StoreU16(out_ + 10, opt_.present ? 1 : 0);
    return size_ + opt_.Write(rcode, whole_.subspan(size_));
  }

 private:
  uint8_t* out_;
  size_t limit_;
  size_t size_;
  size_t body_;  // where the records begin
  uint16_t flags_;
  uint16_t answers_ = 0;
  uint16_t name_offset_ = kHeaderOctets;
  size_t name_octets_;
  const ResponseOpt& opt_;
  std::span<uint8_t> whole_;
};

bool WantsSignatures(const QueryView& query, const CacheEntry& entry) {
  return query.dnssec_ok && !entry.rrsigs().empty();
}

}  // namespace

CachedAnswer WriteCachedAnswer(const Cache& cache, const ZoneRules* rules, const CacheHit& hit,
                               const QueryView& query, ByteView packet, Instant now, ResponseOpt& opt,
                               std::span<uint8_t> out) {
  Reply reply(query, packet, opt, out);
  CacheHit at = hit;
  CachedAnswer answer;
  for (int aliases = 0; aliases <= limits::kMaxAliases; ++aliases) {
    if (!at) return {};
    const CacheEntry& entry = *at.entry;
    if (answer.ageing == nullptr && entry.Ageing(now)) answer.ageing = &entry;
    bool fits = true;
    switch (at.outcome) {
      case CacheHit::Outcome::kAlias:
        if (WantsSignatures(query, entry)) return {};
        if (reply.FollowAlias(entry, now)) {
          const NameView target = LeadingName(entry.rdatas().front());
          if (rules != nullptr && rules->Match(target).may_answer()) return {};
          at = cache.Lookup(target, query.qtype, now);
          continue;
        }
        fits = false;
        break;
      case CacheHit::Outcome::kAnswer:
        if (WantsSignatures(query, entry)) return {};
        fits = reply.AddRrset(entry, now);
        break;
      case CacheHit::Outcome::kNoData:
      case CacheHit::Outcome::kNxDomain:
        if (WantsSignatures(query, entry)) return {};
        fits = reply.AddSoa(entry, now);
        break;
      case CacheHit::Outcome::kFailure:
        if (aliases > 0) return {};
        if (entry.failure_rcode() == Rcode::kServFail)
          opt.Explain(ExtendedError::kCachedError, InWords(ExtendedError::kCachedError));
        answer.octets = reply.Finish(entry.failure_rcode());
        return answer;
      case CacheHit::Outcome::kMiss:
        return {};
    }
    if (!fits) reply.Truncate();
    const bool denied = at.outcome == CacheHit::Outcome::kNxDomain;
    answer.octets = reply.Finish(denied ? Rcode::kNxDomain : Rcode::kNoError);
    return answer;
  }
  return {};
}

}  // namespace cairn
