#include "common/base/random.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/base/clock.h"

namespace cairn {
namespace {

using Key = std::array<uint8_t, 32>;

// The block function of ChaCha20 (RFC 8439 section 2.3) as a generator: 64-bit block counter, nonce zero.
class ChaCha20 {
 public:
  static constexpr size_t kBlockOctets = 64;

  void SetKey(const Key& key) {
    static constexpr std::array<uint32_t, 4> kConstants = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    std::copy(kConstants.begin(), kConstants.end(), state_.begin());
    for (size_t i = 0; i < 8; ++i) {
      state_[4 + i] = uint32_t{key[4 * i]} | uint32_t{key[4 * i + 1]} << 8 | uint32_t{key[4 * i + 2]} << 16 |
                      uint32_t{key[4 * i + 3]} << 24;
    }
    std::fill(state_.begin() + 12, state_.end(), 0);
  }

  void Next(uint8_t* out) {
    std::array<uint32_t, 16> x = state_;
    for (int round = 0; round < 10; ++round) {
      QuarterRound(x[0], x[4], x[8], x[12]);
      QuarterRound(x[1], x[5], x[9], x[13]);
      QuarterRound(x[2], x[6], x[10], x[14]);
      QuarterRound(x[3], x[7], x[11], x[15]);
      QuarterRound(x[0], x[5], x[10], x[15]);
      QuarterRound(x[1], x[6], x[11], x[12]);
      QuarterRound(x[2], x[7], x[8], x[13]);
      QuarterRound(x[3], x[4], x[9], x[14]);
    }
    for (size_t i = 0; i < 16; ++i) {
      const uint32_t word = x[i] + state_[i];
      for (size_t octet = 0; octet < 4; ++octet)
        out[4 * i + octet] = static_cast<uint8_t>(word >> (8 * octet));
    }
    if (++state_[12] == 0) ++state_[13];
  }

 private:
  static void QuarterRound(uint32_t& a, uint32_t& b, uint32_t& c, uint32_t& d) {
    a += b;
    d = std::rotl(d ^ a, 16);
    c += d;
    b = std::rotl(b ^ c, 12);
    a += b;
    d = std::rotl(d ^ a, 8);
    c += d;
    b = std::rotl(b ^ c, 7);
  }

  std::array<uint32_t, 16> state_{};
};

// Draws whole blocks and hands them out; what was handed out is wiped, so that a later look into memory tells
// nothing.
class BufferedChaCha20 {
 public:
  void SetKey(const Key& key) {
    cipher_.SetKey(key);
    used_ = pool_.size();
  }

  void Fill(std::span<uint8_t> out) {
    while (!out.empty()) {
      if (used_ == pool_.size()) Refill();
      const size_t count = std::min(out.size(), pool_.size() - used_);
      std::memcpy(out.data(), pool_.data() + used_, count);
      std::memset(pool_.data() + used_, 0, count);
      used_ += count;
      out = out.subspan(count);
    }
  }

 private:
  void Refill() {
    for (size_t at = 0; at < pool_.size(); at += ChaCha20::kBlockOctets) cipher_.Next(pool_.data() + at);
    used_ = 0;
  }

  ChaCha20 cipher_;
  std::array<uint8_t, 8 * ChaCha20::kBlockOctets> pool_{};
  size_t used_ = pool_.size();
};

class SystemRandom final : public Random {
 public:
  SystemRandom() { Reseed(); }

  void Fill(std::span<uint8_t> out) override {
    drawn_octets_ += out.size();
    if (drawn_octets_ > kReseedOctets || --draws_until_check_ == 0) ReseedWhenDue();
    stream_.Fill(out);
  }

 private:
  // THREATS section 5: reseed after 1 MiB, after 10 minutes, and in a forked child. Clock and pid cost a
  // system call each at worst, so they are looked at every 256th draw.
  static constexpr size_t kReseedOctets = 1 << 20;
  static constexpr Duration kReseedAge = std::chrono::minutes(10);
  static constexpr uint32_t kCheckEveryDraws = 256;

  void ReseedWhenDue() {
    draws_until_check_ = kCheckEveryDraws;
    if (drawn_octets_ > kReseedOctets || clock_.Now() - seeded_at_ > kReseedAge || getpid() != seeded_in_)
      Reseed();
  }

  void Reseed() {
    Key key;
    for (size_t have = 0; have < key.size();) {
      const ssize_t got = getrandom(key.data() + have, key.size() - have, 0);
      if (got > 0) {
        have += static_cast<size_t>(got);
      } else if (errno != EINTR) {
        std::perror("getrandom");  // without unpredictable IDs and ports a resolver must not run
        std::abort();
      }
    }
    stream_.SetKey(key);
    explicit_bzero(key.data(), key.size());
    drawn_octets_ = 0;
    seeded_at_ = clock_.Now();
    seeded_in_ = getpid();
  }

  SystemClock clock_;
  BufferedChaCha20 stream_;
  size_t drawn_octets_ = 0;
  uint32_t draws_until_check_ = kCheckEveryDraws;
  Instant seeded_at_{};
  pid_t seeded_in_ = 0;
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) {
    Key key{};
    for (size_t i = 0; i < sizeof seed; ++i) key[i] = static_cast<uint8_t>(seed >> (8 * i));
    stream_.SetKey(key);
  }
  void Fill(std::span<uint8_t> out) override { stream_.Fill(out); }

 private:
  BufferedChaCha20 stream_;
};

}  // namespace

uint64_t Random::U64() {
  std::array<uint8_t, 8> octets;
  Fill(octets);
  return std::bit_cast<uint64_t>(octets);
}

uint64_t Random::Below(uint64_t bound) {
  // Reject the draws of the incomplete last interval (2^64 mod bound values).
  const uint64_t reject_below = (0 - bound) % bound;
  uint64_t draw = U64();
  while (draw < reject_below) draw = U64();
  return draw % bound;
}

double Random::Unit() { return static_cast<double>(U64() >> 11) * 0x1.0p-53; }

std::unique_ptr<Random> NewSystemRandom() { return std::make_unique<SystemRandom>(); }
std::unique_ptr<Random> NewSeededRandom(uint64_t seed) { return std::make_unique<SeededRandom>(seed); }

}  // namespace cairn
