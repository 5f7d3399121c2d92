#include "authoritative/rate_limit.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace cairn {
namespace {

constexpr size_t kV4PrefixOctets = 3;  // a /24
constexpr size_t kV6PrefixOctets = 7;  // a /56: what a site is given (RFC 6177)
constexpr uint32_t kMilli = 1000;

}  // namespace

std::vector<Subnet> LoopbackNets() {
  return {*Subnet::FromText("127.0.0.0/8"), *Subnet::FromText("::1/128")};
}

RateLimitOptions RateLimitOptions::ShareOf(size_t workers) const {
  const auto count = static_cast<uint32_t>(workers);
  RateLimitOptions share = *this;
  share.responses_per_second = std::max(1U, responses_per_second / count);
  share.burst = std::max(1U, burst / count);
  return share;
}

ResponseRateLimiter::ResponseRateLimiter(RateLimitOptions options, const SipKey& key) : key_(key) {
  SetOptions(std::move(options));
}

void ResponseRateLimiter::SetOptions(RateLimitOptions options) {
  options_ = std::move(options);
  lines_ = options_.enabled ? std::make_unique<Line[]>(kAccounts / kWays) : nullptr;
}

ResponseRateLimiter::Verdict ResponseRateLimiter::Take(const IpAddress& client, uint64_t subject,
                                                       Instant now) {
  if (lines_ == nullptr || IsExempt(client)) return Verdict::kSend;
  std::array<uint8_t, 16> account_of{};
  std::copy_n(client.octets().begin(), client.is_v6() ? kV6PrefixOctets : kV4PrefixOctets,
              account_of.begin());
  account_of[7] = client.is_v6() ? 6 : 4;
  std::memcpy(account_of.data() + 8, &subject, sizeof subject);

  const auto now_ms =
      static_cast<uint32_t>(std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count());
  Account& account = Find(SipHash(key_, account_of), now_ms);
  const uint32_t left = LeftAt(account, now_ms);
  account.refilled_ms = now_ms;
  if (left >= kMilli) {
    account.left_milli = left - kMilli;
    return Verdict::kSend;
  }
  account.left_milli = left;
  if (options_.slip == 0 || ++account.over < options_.slip) {
    ++counters_.dropped;
    return Verdict::kDrop;
  }
  account.over = 0;
  ++counters_.truncated;
  return Verdict::kTruncate;
}

bool ResponseRateLimiter::IsExempt(const IpAddress& client) const {
  return std::ranges::any_of(options_.exempt, [&client](const Subnet& net) { return net.Contains(client); });
}

// The account, or in its place a new one: of four, the one that has most left gives way, for it says least.
ResponseRateLimiter::Account& ResponseRateLimiter::Find(uint64_t hash, uint32_t now_ms) {
  Line& line = lines_[hash % (kAccounts / kWays)];
  const uint32_t tag = static_cast<uint32_t>(hash >> 32) | 1;
  Account* most = &line.accounts[0];
  for (Account& account : line.accounts) {
    if (account.tag == tag) return account;
    if (account.tag == 0) {
      most = &account;
      break;
    }
    if (LeftAt(account, now_ms) > LeftAt(*most, now_ms)) most = &account;
  }
  *most = {.tag = tag, .refilled_ms = now_ms, .left_milli = options_.burst * kMilli, .over = 0};
  return *most;
}

uint32_t ResponseRateLimiter::LeftAt(const Account& account, uint32_t now_ms) const {
  const uint64_t elapsed_ms = now_ms - account.refilled_ms;  // the circle of 49 days closes unnoticed
  const uint64_t refilled = account.left_milli + elapsed_ms * options_.responses_per_second;
  return static_cast<uint32_t>(std::min<uint64_t>(refilled, uint64_t{options_.burst} * kMilli));
}

}  // namespace cairn
