// The hash that stands for an owner name in NSEC3 (RFC 5155 section 5): SHA-1 over the canonical name and the
// salt, then as many times more over the result and the salt. One name costs 1 + iterations SHA-1 blocks or a
// few more; who hashes what others chose bounds the iterations first (RFC 9276 section 3, CVE-2023-50868).
#pragma once

#include <array>
#include <cstdint>

#include "common/base/bytes.h"
#include "common/dns/name.h"

namespace cairn {

inline constexpr uint8_t kNsec3Sha1 = 1;  // the one algorithm there is (RFC 5155 section 11)
using Nsec3Hash = std::array<uint8_t, 20>;

// The fields that NSEC3 and NSEC3PARAM begin with (RFC 5155 sections 3.2 and 4.2). Borrows the salt.
// The one flag of NSEC3 records (RFC 5155 section 3.1.2.1).
inline constexpr uint8_t kNsec3OptOut = 1;

struct Nsec3Params {
  uint8_t algorithm = 0;
  uint8_t flags = 0;
  uint16_t iterations = 0;
  ByteView salt;

  // `rdata` must be well formed.
  static Nsec3Params Of(ByteView rdata) {
    return {.algorithm = rdata[0],
            .flags = rdata[1],
            .iterations = LoadU16(rdata.data() + 2),
            .salt = rdata.subspan(5, rdata[4])};
  }
};

// Shares nothing with other threads. Nothing of ours allocates after a thread's first call; OpenSSL 3.0 takes
// its state of a hundred octets anew for each digest.
Nsec3Hash HashOwnerName(NameView name, uint16_t iterations, ByteView salt);

}  // namespace cairn
