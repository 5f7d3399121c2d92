// Response rate limiting: a server that is asked by forged addresses must not carry the flood to their
// owners. Responses to one client network about one subject (a name; the wildcard it came from; a zone cut; a
// zone, when the name does not exist) share an account, refilled at a steady rate; an empty one turns
// responses into truncated ones, which real clients repeat over TCP, or into silence. Random names under a
// zone, below a delegation or a wildcard lead to one account each; who knows many names that exist meets the
// account of the network as a whole, where the operator sets one. The tables are fixed, their places are
// chosen by a keyed hash, and a query costs one line of memory in each. One limiter belongs to one worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/siphash.h"
#include "common/net/endpoint.h"

namespace cairn {

std::vector<Subnet> LoopbackNets();  // 127.0.0.0/8 and ::1

// What accounts are kept of, such as 192.0.2.0/24.
std::string NetworkText(const IpAddress& client);

struct RateLimitOptions {
  bool enabled = true;
  uint32_t responses_per_second = 200;  // of one account
  uint32_t burst = 400;                 // what an account that rested may have at once
  uint32_t network_responses_per_second =
      0;              // to a network about all subjects; at once twice as many; 0: any
  uint32_t slip = 2;  // each that manieth response over the limit is sent, truncated: 1 all, 0 none
  std::vector<Subnet> exempt = LoopbackNets();
  friend bool operator==(const RateLimitOptions&, const RateLimitOptions&) = default;

  // The share of one of several workers, among which the system spreads queries.
  RateLimitOptions ShareOf(size_t workers) const;
};

struct RateLimitCounters {
  uint64_t truncated = 0;
  uint64_t dropped = 0;
  uint64_t accounts = 0;  // that went over their limit: each once, until it has rested
};

class ResponseRateLimiter {
 public:
  // Accounts of one worker: a flood of forged addresses that fills them all makes each begin anew, which is
  // no worse than no limit.
  static constexpr size_t kAccounts = 1 << 16;
  static constexpr size_t kNetworks = 1 << 14;

  enum class Verdict : uint8_t { kSend, kTruncate, kDrop };
  // Whose limit it was: of the responses about one subject, or of all.
  enum class Scope : uint8_t { kSubject, kNetwork };
  // Called with a client of its network for each account that RateLimitCounters counts: by a worker, which
  // has no time to wait (THREATS.md).
  using Told = std::function<void(const IpAddress& client, Scope scope)>;

  ResponseRateLimiter(RateLimitOptions options, const SipKey& key, Told told = {});

  // All accounts begin anew.
  void SetOptions(RateLimitOptions options);

  // Takes one response from the accounts of `client`'s network, a /24 or a /56: with `subject`, and as a
  // whole.
  Verdict Take(const IpAddress& client, uint64_t subject, Instant now);

  const RateLimitCounters& counters() const { return counters_; }

 private:
  // What is left is counted in thousandths of a response, so that whole milliseconds refill it exactly.
  struct Account {
    uint32_t tag = 0;  // 0: nobody's
    uint32_t refilled_ms = 0;
    uint32_t left_milli = 0;
    uint16_t over = 0;  // responses over the limit since the last one that was sent truncated
    bool told = false;  // that it is over it, since it rested
  };

  // Accounts that are refilled alike.
  class Table {
   public:
    Table(size_t accounts, uint32_t per_second, uint32_t burst);
    // The account, refilled; a new one when it is not there.
    Account& Open(uint64_t hash, uint32_t now_ms);

   private:
    static constexpr size_t kWays = 4;
    struct alignas(64) Line {
      Account accounts[kWays];
    };
    Account& Find(uint64_t hash, uint32_t now_ms);
    uint32_t LeftAt(const Account& account, uint32_t now_ms) const;

    size_t line_count_;
    uint32_t per_second_;
    uint32_t most_milli_;
    std::unique_ptr<Line[]> lines_;
  };

  bool IsExempt(const IpAddress& client) const;
  Verdict OverLimit(Account& account, const IpAddress& client, Scope scope);

  RateLimitOptions options_;
  const SipKey key_;
  const Told told_;
  std::unique_ptr<Table> by_subject_;  // null: no limits
  std::unique_ptr<Table> by_network_;  // null: none of a network as a whole
  RateLimitCounters counters_;
};

}  // namespace cairn
