// What tells a changed file without opening it. A zone's file and those it includes are read again when one
// of their stamps is another; the time of change is in it besides that of modification, for a copy that keeps
// times
// (`cp -p`, rsync) is still another file.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/clock.h"

namespace cairn {

struct FileStamp {
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;
  int64_t octets = -1;  // there is no such file
  uint64_t inode = 0;
  uint64_t device = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;

  static FileStamp Of(const std::string& path);
  // Of no file ever: what was read under it is read again.
  static FileStamp Unsettled() { return {.octets = -2}; }
  // Whether the file may have been written after `time`.
  bool ChangedSince(WallTime time) const { return changed_ns >= time.seconds * 1'000'000'000; }
};

}  // namespace cairn
