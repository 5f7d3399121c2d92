#include "common/service/edns_responder.h"

#include <utility>

namespace cairn {

EdnsResponder::EdnsResponder(EdnsOptions options, const Clock* clock)
    : options_(std::move(options)), clock_(clock), cookies_(options_.cookies) {}

CookieStanding EdnsResponder::Begin(const Query& query, const QueryView& view, ResponseOpt& opt) {
  opt = ResponseOpt();
  opt.present = view.has_edns;
  opt.dnssec_ok = view.dnssec_ok;
  opt.udp_payload_octets = options_.udp_payload_octets;
  if (view.options.nsid) opt.nsid = options_.nsid;
  if (view.options.tcp_keepalive) opt.keepalive_100ms = query.idle_limit_100ms;  // over UDP there is none
  if (view.options.cookie.empty() || !GivesCookies()) return CookieStanding::kNone;
  opt.has_cookie = true;
  const CookieStanding standing =
      cookies_.Check(view.options.cookie, query.to.client.address, clock_->Wall(), opt.cookie);
  if (standing == CookieStanding::kClientOnly) ++counters_.cookies_client_only;
  if (standing == CookieStanding::kInvalid) ++counters_.cookies_invalid;
  if (standing == CookieStanding::kValid) ++counters_.cookies_valid;
  return standing;
}

CookieAnswer EdnsResponder::Demand(const Query& query, const QueryView& view, CookieStanding standing) {
  if (view.verdict == QueryVerdict::kCookieOnly && standing != CookieStanding::kNone)
    return standing == CookieStanding::kInvalid ? CookieAnswer::kBadCookie : CookieAnswer::kNoError;
  if (view.verdict != QueryVerdict::kAnswer) return CookieAnswer::kNone;
  // A TCP connection proves the address as well (section 5.2.3).
  const bool proven = query.tcp || standing == CookieStanding::kValid;
  if (proven || !options_.cookies.require || !GivesCookies()) return CookieAnswer::kNone;
  ++counters_.cookies_demanded;
  return standing == CookieStanding::kNone ? CookieAnswer::kTruncated : CookieAnswer::kBadCookie;
}

void EdnsResponder::SetCookies(const CookieOptions& cookies) {
  options_.cookies = cookies;
  cookies_ = ServerCookies(cookies);
}

}  // namespace cairn
