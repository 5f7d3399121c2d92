// The authority behind a listener: queries in, answers out, from a snapshot of zones (RFC 1034 section 4.3.2,
// RFC 6891). One Responder belongs to one worker and is used on that worker's thread only. It works on a
// batch: read all, hash all, prefetch all, find all, then answer all, so that the cache misses of different
// queries overlap. No query makes it allocate.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "authoritative/answer_cache.h"
#include "authoritative/compose.h"
#include "authoritative/rate_limit.h"
#include "common/dns/query_reader.h"
#include "common/net/network.h"
#include "common/service/edns_responder.h"
#include "common/service/server_identity.h"
#include "common/zone/zone_set.h"

namespace cairn {

struct ResponderOptions {
  EdnsOptions edns = {};
  ServerIdentity identity = {};
  RateLimitOptions rate_limit = {};
  SipKey rate_limit_key = {};  // drawn, so that nobody can choose networks that share an account
  ResponseRateLimiter::Told rate_limit_told = {};
  AnyAnswer any = AnyAnswer::kMinimal;  // RFC 8482
  size_t answer_cache_octets = 0;       // of finished answers that are kept
};

// Queries are counted by QTYPE: types below 66 (HTTPS, 65, is the last of them in wide use) one by one, a few
// above, and the rest, which a client may draw from 65 536, together.
inline constexpr size_t kQtypesOneByOne = 66;
inline constexpr std::array<RrType, 4> kQtypesAbove = {rr::kIxfr, rr::kAxfr, rr::kAny,
                                                       RrType{257}};  // 257 is CAA
inline constexpr size_t kOtherQtypes = kQtypesOneByOne + kQtypesAbove.size();
inline constexpr size_t kQtypeSlots = kOtherQtypes + 1;

constexpr size_t QtypeSlot(RrType qtype) {
  if (qtype.value < kQtypesOneByOne) return qtype.value;
  for (size_t i = 0; i < kQtypesAbove.size(); ++i) {
    if (kQtypesAbove[i] == qtype) return kQtypesOneByOne + i;
  }
  return kOtherQtypes;
}

// What happened so far on this worker; plain numbers, read on its thread or summed when it rests.
struct ResponderCounters {
  uint64_t queries_udp = 0;
  uint64_t queries_tcp = 0;
  uint64_t dropped = 0;                 // shorter than a header, or a response
  uint64_t truncated = 0;               // answers that did not fit, with TC
  uint64_t copied = 0;                  // answers out of the AnswerCache
  std::array<uint64_t, 24> by_rcode{};  // answers by RCODE, 0 to 23 (BADCOOKIE)
  std::array<uint64_t, 16> by_opcode{};
  std::array<uint64_t, kQtypeSlots> by_qtype{};  // where QtypeSlot says
};

class Responder final : public QueryHandler {
 public:
  // Without a clock there are no cookies and no rate limits.
  explicit Responder(ResponderOptions options = {}, const Clock* clock = nullptr);
  ~Responder() override;

  // What is served from the next batch on. Call it on the worker's own thread.
  void SetZones(std::shared_ptr<const ZoneSet> zones);
  const std::shared_ptr<const ZoneSet>& zones() const { return zones_; }
  // What a reload may change; likewise.
  void SetAny(AnyAnswer any) { options_.any = any; }

  void OnQueries(std::span<Query> batch) override;

  // What a reload replaces of the options; accounts of clients begin anew only when their limits change.
  void SetClientPolicy(const CookieOptions& cookies, const RateLimitOptions& rate_limit);

  // For handlers beside this one.
  EdnsResponder& edns() { return edns_; }
  ResponseRateLimiter& rate_limiter() { return rate_limiter_; }
  const ResponderCounters& counters() const { return counters_; }
  const EdnsCounters& edns_counters() const { return edns_.counters(); }
  const RateLimitCounters& rate_limit_counters() const { return rate_limiter_.counters(); }

 private:
  struct Pending;

  enum class Fate : uint8_t;

  Fate Judge(const Query& query, Pending& pending);
  static Fate Refuse(Pending& pending, Rcode rcode);
  static Fate Refuse(Pending& pending, Rcode rcode, ExtendedError code, std::string_view text);
  void ReadAndFetch(std::span<Query> chunk);
  void FindAll(std::span<const Query> chunk);
  Composed WriteSections(const Query& query, const Pending& pending, MessageWriter& out);
  void AnswerOne(Query& query, Pending& pending);
  Rcode WriteAnswer(const Query& query, Pending& pending, MessageWriter& out);

  ResponderOptions options_;
  const Clock* const clock_;
  EdnsResponder edns_;
  ResponseRateLimiter rate_limiter_;
  Instant now_{};  // of this batch
  std::shared_ptr<const ZoneSet> zones_;
  AnswerCache answers_;                 // of what zones_ says
  std::unique_ptr<Pending[]> pending_;  // one for each query that is worked on together
  ResponderCounters counters_;
};

}  // namespace cairn
