// Zones going out to secondaries over TCP: AXFR (RFC 5936), and IXFR answered with the whole zone or, when
// the client is up to date, with the SOA alone (RFC 1995 section 4); over UDP an IXFR always gets the SOA
// alone, which sends its client to TCP, within the rate limit, for the address may be forged. Every other
// query passes on to the next handler, AXFR over UDP among them. Who may have a zone is asked before anything
// else: a stranger takes no place from a secondary.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "authoritative/auth_options.h"
#include "authoritative/rate_limit.h"
#include "common/base/clock.h"
#include "common/dns/query_reader.h"
#include "common/net/network.h"
#include "common/service/edns_responder.h"
#include "common/zone/zone_set.h"

namespace cairn {

// Who may have which zone, as the configuration says; replaced whole by a reload.
class TransferRules {
 public:
  TransferRules() = default;
  explicit TransferRules(const std::vector<ZoneOptions>& zones);
  bool Allows(NameView apex, const IpAddress& client) const;

 private:
  absl::flat_hash_map<std::string, std::vector<TransferRule>> by_apex_;  // lower-cased wire form
};

struct TransferCounters {
  uint64_t started = 0;
  uint64_t refused = 0;
  uint64_t over_udp = 0;  // IXFR: the SOA, TC in its place, or silence, by the rate limit
};

class TransferService final : public QueryHandler {
 public:
  // Without a clock answers over UDP have no limit.
  TransferService(QueryHandler& next, EdnsResponder& edns, ResponseRateLimiter& limiter,
                  const Clock* clock = nullptr)
      : next_(next), edns_(edns), limiter_(limiter), clock_(clock) {}

  void Set(std::shared_ptr<const ZoneSet> zones, std::shared_ptr<const TransferRules> rules);
  void OnQueries(std::span<Query> batch) override;
  const TransferCounters& counters() const { return counters_; }

 private:
  // Transfers running, in all and to each client; shared with them, since they may end after the service.
  struct Running {
    size_t all = 0;
    absl::flat_hash_map<IpAddress, size_t> per_client;
  };
  class Place;
  class WholeZone;

  void Answer(Query& query);
  void AnswerOverUdp(Query& query, const QueryView& view, const ResponseOpt& opt, CookieStanding standing,
                     const Zone& zone);
  void AnswerAtOnce(Query& query, const QueryView& view, const ResponseOpt& opt, Rcode rcode,
                    const Zone* soa_of);
  Rcode Judge(const Query& query, const QueryView& view, std::shared_ptr<const Zone>& zone);
  bool HasPlaceFor(const IpAddress& client) const;

  QueryHandler& next_;
  EdnsResponder& edns_;
  ResponseRateLimiter& limiter_;
  const Clock* const clock_;
  std::shared_ptr<const ZoneSet> zones_ = std::make_shared<const ZoneSet>();
  std::shared_ptr<const TransferRules> rules_ = std::make_shared<const TransferRules>();
  std::shared_ptr<Running> running_ = std::make_shared<Running>();
  TransferCounters counters_;
};

}  // namespace cairn
