#include "common/service/server_cookies.h"

#include <algorithm>
#include <cstring>

namespace cairn {
namespace {

constexpr size_t kClientOctets = 8;
constexpr size_t kTimeOffset = 12;
constexpr size_t kHashOffset = 16;
constexpr uint8_t kVersion = 1;

// RFC 9018 section 4.3: valid for an hour, and for five minutes before its time, since the clocks of servers
// that share a secret differ; made anew in its second half hour.
constexpr int32_t kLifetimeS = 3600;
constexpr int32_t kFreshS = 1800;
constexpr int32_t kAheadS = 300;

constexpr int64_t kDayS = 86400;

uint64_t Hash(const SipKey& secret, ByteView until_time, const IpAddress& client) {
  std::array<uint8_t, kHashOffset + 16> input;
  std::memcpy(input.data(), until_time.data(), kHashOffset);
  const ByteView address = client.octets();
  std::memcpy(input.data() + kHashOffset, address.data(), address.size());
  return SipHash24(secret, ByteView(input).first(kHashOffset + address.size()));
}

uint64_t LoadHash(const uint8_t* at) {
  uint64_t hash = 0;
  for (size_t i = 0; i < 8; ++i) hash |= uint64_t{at[i]} << (8 * i);
  return hash;
}

void Make(const SipKey& secret, const IpAddress& client, WallTime now, ByteView client_part, Cookie& out) {
  std::memcpy(out.data(), client_part.data(), kClientOctets);
  StoreU32(out.data() + kClientOctets, uint32_t{kVersion} << 24);
  StoreU32(out.data() + kTimeOffset, static_cast<uint32_t>(now.seconds));
  const uint64_t hash = Hash(secret, out, client);
  for (size_t i = 0; i < 8; ++i) out[kHashOffset + i] = static_cast<uint8_t>(hash >> (8 * i));
}

// Seconds since it was made, in the circular order of RFC 1982, so that 2038 and 2106 pass unnoticed.
int32_t AgeOf(ByteView cookie, WallTime now) {
  return static_cast<int32_t>(static_cast<uint32_t>(now.seconds) - LoadU32(cookie.data() + kTimeOffset));
}

SipKey SecretOfDay(const SipKey& seed, int64_t day) {
  std::array<uint8_t, 9> input{};
  StoreU32(input.data(), static_cast<uint32_t>(day >> 32));
  StoreU32(input.data() + 4, static_cast<uint32_t>(day));
  SipKey secret;
  secret.k0 = SipHash24(seed, input);
  input[8] = 1;
  secret.k1 = SipHash24(seed, input);
  return secret;
}

}  // namespace

ServerCookies::ServerCookies(const CookieOptions& options)
    : by_day_(options.secrets.empty()), seed_(options.seed), secrets_(options.secrets) {
  secrets_.reserve(2);
}

CookieStanding ServerCookies::Check(ByteView shown, const IpAddress& client, WallTime now, Cookie& answer) {
  if (by_day_) UseSecretsOf(now);
  const SipKey* secret = SecretOf(shown, client, now);
  if (secret == &secrets_.front() && AgeOf(shown, now) < kFreshS) {
    std::ranges::copy(shown, answer.begin());
  } else {
    Make(secrets_.front(), client, now, shown, answer);
  }
  if (shown.size() == kClientOctets) return CookieStanding::kClientOnly;
  return secret != nullptr ? CookieStanding::kValid : CookieStanding::kInvalid;
}

// The secret of the day, and for an hour after midnight that of the day before.
void ServerCookies::UseSecretsOf(WallTime now) {
  const int64_t day = now.seconds / kDayS;
  const bool previous_counts = now.seconds % kDayS <= kLifetimeS;
  if (day == day_ && previous_counts == previous_counts_) return;
  day_ = day;
  previous_counts_ = previous_counts;
  secrets_ = {SecretOfDay(seed_, day)};
  if (previous_counts) secrets_.push_back(SecretOfDay(seed_, day - 1));
}

// Which of ours `shown` was made with; nullptr when it is not, or not any more, a cookie of that client.
// Hashes are compared as whole words: the time it takes says nothing about where they differ.
const SipKey* ServerCookies::SecretOf(ByteView shown, const IpAddress& client, WallTime now) const {
  if (shown.size() != sizeof(Cookie) || shown[kClientOctets] != kVersion) return nullptr;
  const int32_t age = AgeOf(shown, now);
  if (age > kLifetimeS || age < -kAheadS) return nullptr;
  const uint64_t hash = LoadHash(shown.data() + kHashOffset);
  for (const SipKey& secret : secrets_) {
    if (Hash(secret, shown, client) == hash) return &secret;
  }
  return nullptr;
}

}  // namespace cairn
