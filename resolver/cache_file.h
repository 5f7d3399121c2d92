// The answer cache in a file, written when the program ends and read when it starts again, so that a restart
// does not send every client's next question to the servers. Nothing is believed because it stands in the
// file: each entry passes the checks of a reply (well-formed names and RDATA, an SOA at or above the name, a
// zone at or above the owner, the limits and caps of the cache as they are now), its life goes on from when
// it was learnt, the time away included, and what was validated has to be validated again.
//
//   "cairn cache" | version | wall time of the writing | SipHash of the upstreams
//   ... then blocks: length | SipHash | entries
//
// The upstreams are the forward and stub zones as they were (ZoneRules::UpstreamLines): where others are
// asked now, nobody can tell which entries are still true, and the file is not read. An empty block ends it.
// All blocks are verified before the first entry is taken: a file that was cut short or altered is not read
// at all. Numbers are big-endian.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "resolver/cache.h"

namespace cairn {

struct CacheFileReport {
  size_t restored = 0;
  size_t expired = 0;  // while the program was away
  size_t refused = 0;  // not what a cache may hold, or it does not hold it any more
};

// False when it could not be written.
using OctetSink = std::function<bool(ByteView octets)>;
// Fills `out`, or reads less, which is the end.
using OctetSource = std::function<size_t(std::span<uint8_t> out)>;

// Answers and negative answers, live or stale; failures are not worth keeping. False when `sink` failed.
bool WriteCache(const Cache& cache, const std::vector<std::string>& upstreams, Instant now, WallTime wall,
                const OctetSink& sink);

// `open` gives the file from its beginning; it is called twice. An error says what is wrong with the file;
// the cache is then as it was.
absl::StatusOr<CacheFileReport> ReadCache(const std::function<OctetSource()>& open,
                                          const std::vector<std::string>& upstreams, Instant now,
                                          WallTime wall, Cache& cache);

// The same on disk. The file is replaced whole: written beside, flushed and renamed, so that whatever happens
// there is either the old one or the new one.
absl::Status SaveCacheFile(const Cache& cache, const std::vector<std::string>& upstreams, const Clock& clock,
                           const std::string& path);
// A file that does not exist is an empty report.
absl::StatusOr<CacheFileReport> LoadCacheFile(const std::string& path,
                                              const std::vector<std::string>& upstreams, const Clock& clock,
                                              Cache& cache);

}  // namespace cairn
