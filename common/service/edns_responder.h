// What a server tells its clients in the OPT of a response, the same in both programs: who it is (NSID, RFC
// 5001), how long a TCP connection may stay silent (tcp-keepalive, RFC 7828), and a cookie (RFC 7873), which
// tells the server in turn whether the client's address is forged. One belongs to one worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/dns/query_reader.h"
#include "common/dns/response_opt.h"
#include "common/net/network.h"
#include "common/service/server_cookies.h"

namespace cairn {

struct EdnsOptions {
  uint16_t udp_payload_octets = limits::kUdpPayloadOctets;  // what we take, and at most send, over UDP
  std::string nsid = {};  // at most ResponseOpt::kMaxNsidOctets; empty: clients who ask are not told
  CookieOptions cookies = {};
};

struct EdnsCounters {
  uint64_t cookies_client_only = 0;
  uint64_t cookies_invalid = 0;
  uint64_t cookies_valid = 0;
  uint64_t cookies_demanded = 0;  // queries without a valid cookie that got no data, because one is required
};

// What a query gets without a look at any data, because of its cookie or of the lack of one.
enum class CookieAnswer : uint8_t {
  kNone,       // go on
  kNoError,    // an empty answer: it asked for a cookie alone (RFC 7873 section 5.4)
  kBadCookie,  // BADCOOKIE, with a cookie to come back with (section 5.2.3)
  kTruncated,  // an empty answer with TC: who knows no cookies proves its address by TCP
};

class EdnsResponder {
 public:
  // Without a clock there are no cookies.
  EdnsResponder(EdnsOptions options, const Clock* clock);

  // Begins the OPT of the response to `query`, absent when the query has none; extended errors are for the
  // caller to add. It borrows the NSID: this must live until it is written.
  CookieStanding Begin(const Query& query, const QueryView& view, ResponseOpt& opt);

  CookieAnswer Demand(const Query& query, const QueryView& view, CookieStanding standing);

  // From the next query on.
  void SetCookies(const CookieOptions& cookies);

  const EdnsOptions& options() const { return options_; }
  const EdnsCounters& counters() const { return counters_; }

 private:
  bool GivesCookies() const { return clock_ != nullptr && options_.cookies.enabled; }

  EdnsOptions options_;
  const Clock* const clock_;
  ServerCookies cookies_;
  EdnsCounters counters_;
};

}  // namespace cairn
