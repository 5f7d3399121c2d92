#include "resolver/upstream_cookies.h"

#include <algorithm>
#include <cstring>

namespace cairn {
namespace {

// As long as other habits of a server are remembered (server_memory.h).
constexpr Duration kGivenUpFor = std::chrono::minutes(15);
// RFC 7873 section 4: a server cookie has 8 to 32 octets.
constexpr size_t kMinServerCookieOctets = 8;

}  // namespace

bool UpstreamCookies::Wanted(const Endpoint& server, Instant now) {
  const Server* known = servers_.Find(server);
  return known == nullptr || now >= known->none_until;
}

UpstreamCookie UpstreamCookies::For(const Endpoint& server, const IpAddress& own) {
  std::array<uint8_t, 32> both;
  const ByteView theirs = server.address.octets(), ours = own.octets();
  uint8_t* end = std::copy(theirs.begin(), theirs.end(), both.begin());
  end = std::copy(ours.begin(), ours.end(), end);
  const uint64_t hash = SipHash(key_, {both.data(), static_cast<size_t>(end - both.data())});
  std::array<uint8_t, kClientCookieOctets> client;
  std::memcpy(client.data(), &hash, client.size());

  UpstreamCookie cookie;
  cookie.Append(client);
  const Server* known = servers_.Find(server);
  if (known != nullptr && known->own == own) cookie.Append({known->octets.data(), known->size});
  return cookie;
}

UpstreamCookies::Verdict UpstreamCookies::Judge(const Endpoint& server, const UpstreamCookie& sent,
                                                const Edns* reply, Instant now) {
  const EdnsOption* option = reply != nullptr ? reply->Find(EdnsOptionCode::kCookie) : nullptr;
  if (option == nullptr) {
    const Server* known = servers_.Find(server);
    const bool promised = known != nullptr && known->size > 0 && now >= known->none_until;
    return promised ? Verdict::kMissing : Verdict::kAbsent;
  }
  const ByteView theirs = option->value;
  const bool sized =
      theirs.size() >= kClientCookieOctets + kMinServerCookieOctets && theirs.size() <= kMaxCookieOctets;
  const ByteView ours = sent.client_part();
  return sized && std::equal(ours.begin(), ours.end(), theirs.begin()) ? Verdict::kOurs : Verdict::kForeign;
}

void UpstreamCookies::Learn(const Endpoint& server, const IpAddress& own, const Edns& reply) {
  const ByteView part = ByteView(reply.Find(EdnsOptionCode::kCookie)->value).subspan(kClientCookieOctets);
  Server* known = servers_.Find(server);
  if (known == nullptr) known = servers_.Put(server, Server{}, 1);
  known->own = own;
  known->size = static_cast<uint8_t>(part.size());
  std::copy(part.begin(), part.end(), known->octets.begin());
}

void UpstreamCookies::GiveUp(const Endpoint& server, Instant now) {
  servers_.Put(server, Server{.own = {}, .octets = {}, .size = 0, .none_until = now + kGivenUpFor}, 1);
}

}  // namespace cairn
