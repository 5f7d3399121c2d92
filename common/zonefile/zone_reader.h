// Reads the presentation format of RFC 1035 section 5, with RFC 2308's $TTL, $GENERATE and RFC 3597: text in,
// records in wire form out, one at a time. A mistake is a complaint with its position and the reading goes
// on, so that one run names many mistakes; whoever wants to serve the zone asks HasErrors(complaints()) at
// the end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/complaint.h"
#include "common/base/limits.h"
#include "common/dns/name.h"
#include "common/dns/types.h"

namespace cairn {

// Borrowed from the reader until the next call of Next.
struct ZoneRecord {
  NameView owner;
  RrType type;
  RrClass rr_class;
  Ttl ttl;
  ByteView rdata;     // uncompressed, checked against its type
  uint32_t line = 0;  // line and column are those of the type
  uint32_t column = 0;
  uint32_t file = 0;  // index for ZoneReader::FileName; $INCLUDE opens further files
};

struct ZoneReaderOptions {
  Name origin;  // the zone's name
  RrClass rr_class = kClassIn;
  std::optional<Ttl> default_ttl;  // before any $TTL; without it and without a TTL known it is an error
  bool includes = true;            // whether $INCLUDE may open files
  std::string include_base;  // what $INCLUDE's relative paths start from; empty: the first file's folder
  uint64_t max_generated = limits::kZoneGenerated;  // records that $GENERATE may make
  size_t max_complaints = 100;                      // reading stops after that many, and one says so
};

class ZoneReader {
 public:
  // Reads the file piece by piece, in constant memory; a file that cannot be read is a complaint.
  static ZoneReader FromFile(const std::string& path, ZoneReaderOptions options);
  // `text` must outlive the reader; `file_name` is for positions.
  static ZoneReader FromText(std::string_view text, std::string file_name, ZoneReaderOptions options);
  ZoneReader(ZoneReader&&) noexcept;
  ~ZoneReader();

  // False at the end of the input, or when too many mistakes were made.
  bool Next(ZoneRecord& record);
  const Complaints& complaints() const;
  const std::string& FileName(uint32_t file) const;
  // Those opened so far, or tried: the first file, then what it includes.
  const std::vector<std::string>& FileNames() const;

 private:
  struct State;
  explicit ZoneReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cairn
