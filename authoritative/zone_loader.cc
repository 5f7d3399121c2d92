#include "authoritative/zone_loader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <iterator>
#include <new>
#include <optional>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/processors.h"
#include "common/base/status.h"
#include "common/zone/arena.h"
#include "common/zone/zone_builder.h"
#include "common/zonefile/zone_reader.h"
#include "common/zonefile/zone_writer.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// Lines are handed to the system in pieces of about this size.
constexpr size_t kWriteOctets = size_t{1} << 18;

ZoneReaderOptions OptionsFor(const Name& apex) {
  ZoneReaderOptions options;
  options.origin = apex;
  return options;
}

// A thread for `work`, or none when the system gives no more: then others do it.
std::thread StartThread(const auto& work) {
  try {
    return std::thread([&work] { work(); });
  } catch (const std::system_error&) {
    return {};
  } catch (const std::bad_alloc&) {
    return {};
  }
}

// Lack of memory must not leave a thread, which would end the process.
std::exception_ptr FailureOf(const auto& work) {
  try {
    work();
    return nullptr;
  } catch (const std::bad_alloc&) {
    return std::current_exception();
  }
}

void RethrowFirst(std::span<const std::exception_ptr> failures) {
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

// Lack of memory in either is thrown here, when both have ended.
void RunBoth(const std::function<void()>& one, const std::function<void()>& other) {
  std::exception_ptr failures[2];
  const auto run_other = [&] { failures[1] = FailureOf(other); };
  std::thread helper = StartThread(run_other);
  failures[0] = FailureOf(one);
  if (helper.joinable())
    helper.join();
  else
    run_other();
  RethrowFirst(failures);
}

// Two halves cost a little more than one whole.
ZoneBuilder::RunBoth HowToBuild() { return UsableProcessors() > 1 ? ZoneBuilder::RunBoth(RunBoth) : nullptr; }

LoadedZone LoadWithMemory(const Name& apex, ZoneReader& reader, ZonemdPolicy zonemd) {
  ZoneBuilder builder(apex);
  builder.AddAll(reader);
  ZoneBuilder::Outcome outcome = std::move(builder).Build(HowToBuild());
  LoadedZone loaded{.zone = std::move(outcome.zone),
                    .complaints = std::move(outcome.complaints),
                    .files = reader.FileNames(),
                    .soa = std::move(outcome.soa)};
  if (loaded.zone == nullptr) return loaded;
  ZonemdCheck digest = CheckZonemd(*loaded.zone, zonemd, outcome.zonemd);
  if (HasErrors(digest.complaints)) loaded.zone = nullptr;
  std::ranges::move(digest.complaints, std::back_inserter(loaded.complaints));
  loaded.zonemd = digest.verdict;
  return loaded;
}

LoadedZone RefusedForMemory(const Name& apex, const std::string& path, std::vector<std::string> files) {
  LoadedZone refused{.zone = nullptr, .complaints = {}, .files = std::move(files), .soa = {}};
  refused.complaints.push_back(
      {.severity = Severity::kError,
       .where = {.file = path},
       .text = fmt::format("there is not enough memory for the zone {} beside the {} octets that zones take "
                           "already: mind zone-memory-limit, and the limits of the system (ulimit -d, -v)",
                           apex.ToText(), Arena::AllOctets())});
  return refused;
}

// Memory that the system, or the limit on zones, does not give refuses this zone and no other; `open` gives
// the reader, whose window on the file is the first to need some.
LoadedZone Load(const Name& apex, const std::string& path, const std::function<ZoneReader()>& open,
                ZonemdPolicy zonemd) {
  std::optional<ZoneReader> reader;
  try {
    reader.emplace(open());
    return LoadWithMemory(apex, *reader, zonemd);
  } catch (const std::bad_alloc&) {
    return RefusedForMemory(apex, path, reader ? reader->FileNames() : std::vector{path});
  }
}

absl::Status SystemError(std::string_view doing, const std::string& path) {
  return Err(absl::StatusCode::kUnavailable,
             fmt::format("{} {}: {}", doing, path, std::generic_category().message(errno)));
}

bool WriteAll(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

LoadedZone LoadZone(const Name& apex, const std::string& path, ZonemdPolicy zonemd) {
  return Load(apex, path, [&] { return ZoneReader::FromFile(path, OptionsFor(apex)); }, zonemd);
}

LoadedZone LoadZoneText(const Name& apex, std::string_view text, std::string file_name, ZonemdPolicy zonemd) {
  return Load(
      apex, file_name, [&] { return ZoneReader::FromText(text, file_name, OptionsFor(apex)); }, zonemd);
}

void InParallel(size_t count, const std::function<void(size_t)>& each) {
  std::atomic<size_t> next = 0;
  // All there is room for is taken before the first thread starts: whoever lacks some leaves none behind.
  std::vector<std::exception_ptr> failures(std::clamp(count, size_t{1}, UsableProcessors()));
  std::vector<std::thread> helpers;
  helpers.reserve(failures.size());
  std::atomic<size_t> next_thread = 0;
  const auto work = [&] {
    failures[next_thread++] = FailureOf([&] {
      for (size_t index = next++; index < count; index = next++) each(index);
    });
  };
  for (size_t i = 1; i < failures.size(); ++i) helpers.push_back(StartThread(work));
  work();
  for (std::thread& helper : helpers) {
    if (helper.joinable()) helper.join();
  }
  RethrowFirst(failures);
}

void DumpZone(const Zone& zone, const std::function<void(std::string_view)>& line) {
  std::string text;
  NameBuffer owner;
  for (const Node node : zone) {
    const NameView name = node.OwnerInto(owner);
    for (const RrsetView rrset : node) {
      for (const ByteView rdata : rrset) {
        text.clear();
        AppendZoneLine(name, node.TtlOf(rrset, rdata), kClassIn, rrset.type(), rdata, text);
        line(text);
      }
    }
  }
}

absl::Status WriteZone(const Zone& zone, const std::string& path) {
  const std::string beside = path + ".new";
  const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return SystemError("cannot create", beside);
  absl::Cleanup close_file = [file]() { close(file); };
  bool written = true;
  std::string text;
  DumpZone(zone, [&](std::string_view line) {
    text += line;
    if (text.size() < kWriteOctets) return;
    written = written && WriteAll(file, text);
    text.clear();
  });
  if (!written || !WriteAll(file, text) || fsync(file) != 0) {
    const absl::Status failed = SystemError("cannot write", beside);
    unlink(beside.c_str());
    return failed;
  }
  if (rename(beside.c_str(), path.c_str()) != 0) return SystemError("cannot rename to", path);
  return absl::OkStatus();
}

}  // namespace cairn
