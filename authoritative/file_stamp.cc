#include "authoritative/file_stamp.h"

#include <sys/stat.h>

namespace cairn {
namespace {

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

}  // namespace

FileStamp FileStamp::Of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return {};
  return {.modified_ns = Nanoseconds(status.st_mtim),
          .changed_ns = Nanoseconds(status.st_ctim),
          .octets = status.st_size,
          .inode = status.st_ino,
          .device = status.st_dev};
}

}  // namespace cairn
