// The one source of chance (THREATS: message IDs, ports, 0x20 case, hash keys, server choice, jitter).
// Production draws from a ChaCha20 generator seeded by the kernel; the simulator uses the same generator with a seed
// of its own, so that one number replays a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace cairn {

class Random {
 public:
  virtual ~Random() = default;

  virtual void Fill(std::span<uint8_t> out) = 0;

  uint64_t U64();
  uint32_t U32() { return static_cast<uint32_t>(U64()); }
  uint16_t U16() { return static_cast<uint16_t>(U64()); }
  // Uniform in [0, bound), bound > 0, without modulo bias.
  uint64_t Below(uint64_t bound);
  // Uniform in [0, 1).
  double Unit();
};

// Seeded from getrandom(2), reseeded after 1 MiB or 10 minutes and after fork. Not thread safe: one per worker.
std::unique_ptr<Random> NewSystemRandom();

// Reproducible: equal seeds give equal streams. For the simulator and tests.
std::unique_ptr<Random> NewSeededRandom(uint64_t seed);

}  // namespace cairn
