#include "authoritative/rate_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace cairn {
namespace {

constexpr size_t kV4PrefixOctets = 3;  // a /24
constexpr size_t kV6PrefixOctets = 7;  // a /56: what a site is given (RFC 6177)
constexpr uint32_t kMilli = 1000;
// What a network that rested may have at once, in seconds of its rate.
constexpr uint32_t kNetworkBurstS = 2;

std::array<uint8_t, 16> PrefixOf(const IpAddress& client) {
  std::array<uint8_t, 16> prefix{};
  std::copy_n(client.octets().begin(), client.is_v6() ? kV6PrefixOctets : kV4PrefixOctets, prefix.begin());
  return prefix;
}

}  // namespace

std::string NetworkText(const IpAddress& client) {
  const std::array<uint8_t, 16> prefix = PrefixOf(client);
  return client.is_v6()
             ? fmt::format("{}/{}", IpAddress::V6(prefix).ToText(), 8 * kV6PrefixOctets)
             : fmt::format("{}/{}", IpAddress::V4(ByteView(prefix).first(4)).ToText(), 8 * kV4PrefixOctets);
}

std::vector<Subnet> LoopbackNets() {
  return {*Subnet::FromText("127.0.0.0/8"), *Subnet::FromText("::1/128")};
}

RateLimitOptions RateLimitOptions::ShareOf(size_t workers) const {
  const auto count = static_cast<uint32_t>(workers);
  const auto share_of = [count](uint32_t number) { return std::max(1U, number / count); };
  RateLimitOptions share = *this;
  share.responses_per_second = share_of(responses_per_second);
  share.burst = share_of(burst);
  if (network_responses_per_second > 0)
    share.network_responses_per_second = share_of(network_responses_per_second);
  return share;
}

ResponseRateLimiter::ResponseRateLimiter(RateLimitOptions options, const SipKey& key, Told told)
    : key_(key), told_(std::move(told)) {
  SetOptions(std::move(options));
}

void ResponseRateLimiter::SetOptions(RateLimitOptions options) {
  options_ = std::move(options);
  const uint32_t of_network = options_.network_responses_per_second;
  by_subject_.reset();
  by_network_.reset();
  if (!options_.enabled) return;
  by_subject_ = std::make_unique<Table>(kAccounts, options_.responses_per_second, options_.burst);
  if (of_network > 0)
    by_network_ = std::make_unique<Table>(kNetworks, of_network, kNetworkBurstS * of_network);
}

ResponseRateLimiter::Verdict ResponseRateLimiter::Take(const IpAddress& client, uint64_t subject,
                                                       Instant now) {
  if (by_subject_ == nullptr || IsExempt(client)) return Verdict::kSend;
  std::array<uint8_t, 16> account_of = PrefixOf(client);
  account_of[7] = client.is_v6() ? 6 : 4;
  const auto now_ms =
      static_cast<uint32_t>(std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count());
  Account* const whole = by_network_ == nullptr
                             ? nullptr
                             : &by_network_->Open(SipHash(key_, ByteView(account_of).first(8)), now_ms);
  std::memcpy(account_of.data() + 8, &subject, sizeof subject);
  Account& one = by_subject_->Open(SipHash(key_, account_of), now_ms);
  if (one.left_milli < kMilli) return OverLimit(one, client, Scope::kSubject);
  if (whole != nullptr && whole->left_milli < kMilli) return OverLimit(*whole, client, Scope::kNetwork);
  one.left_milli -= kMilli;
  if (whole != nullptr) whole->left_milli -= kMilli;
  return Verdict::kSend;
}

ResponseRateLimiter::Verdict ResponseRateLimiter::OverLimit(Account& account, const IpAddress& client,
                                                            Scope scope) {
  if (!account.told) {
    account.told = true;
    ++counters_.accounts;
    if (told_) told_(client, scope);
  }
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

// ---- Accounts

ResponseRateLimiter::Table::Table(size_t accounts, uint32_t per_second, uint32_t burst)
    : line_count_(accounts / kWays),
      per_second_(per_second),
      most_milli_(burst * kMilli),
      lines_(std::make_unique<Line[]>(line_count_)) {}

ResponseRateLimiter::Account& ResponseRateLimiter::Table::Open(uint64_t hash, uint32_t now_ms) {
  Account& account = Find(hash, now_ms);
  account.left_milli = LeftAt(account, now_ms);
  account.refilled_ms = now_ms;
  if (account.left_milli == most_milli_) account.told = false;
  return account;
}

// The account, or in its place a new one: of four, the one that has most left gives way, for it says least.
ResponseRateLimiter::Account& ResponseRateLimiter::Table::Find(uint64_t hash, uint32_t now_ms) {
  Line& line = lines_[hash % line_count_];
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
  *most = {.tag = tag, .refilled_ms = now_ms, .left_milli = most_milli_};
  return *most;
}

uint32_t ResponseRateLimiter::Table::LeftAt(const Account& account, uint32_t now_ms) const {
  const uint64_t elapsed_ms = now_ms - account.refilled_ms;  // the circle of 49 days closes unnoticed
  const uint64_t refilled = account.left_milli + elapsed_ms * per_second_;
  return static_cast<uint32_t>(std::min<uint64_t>(refilled, most_milli_));
}

}  // namespace cairn
