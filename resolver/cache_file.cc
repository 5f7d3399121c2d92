#include "resolver/cache_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "common/base/siphash.h"
#include "common/base/status.h"
#include "common/dns/rdata.h"
#include "common/dns/wire_reader.h"
#include "fmt/format.h"

namespace cairn {
namespace {

constexpr std::string_view kMagic = "cairn cache";
constexpr uint8_t kVersion = 2;
constexpr size_t kHeadOctets = kMagic.size() + 1 + 8 + 8;
constexpr size_t kBlockHeadOctets = 4 + 8;
constexpr size_t kFullBlockOctets = size_t{64} << 10;
// A block is closed when it is full, so the last entry in it may be a large one: a name, an RRset of
// kMaxRrsetOctets and kMaxRrsigsPerRrset signatures.
constexpr size_t kMaxBlockOctets = size_t{1} << 20;
constexpr SipKey kChecksumKey{0x636169726e206361, 0x6368652066696c65};  // finds damage, keeps no secret
constexpr uint8_t kNoZone = 0xff;

uint64_t DigestOf(const std::vector<std::string>& upstreams) {
  std::string text;
  for (const std::string& line : upstreams) text += line + "\n";
  return SipHash(kChecksumKey, AsBytes(text));
}

// ---- Writing

class BlockWriter {
 public:
  explicit BlockWriter(const OctetSink& sink) : sink_(sink) {}

  void U8(size_t value) { block_.push_back(static_cast<uint8_t>(value)); }
  void U16(size_t value) { U8(value >> 8), U8(value & 0xff); }
  void U32(uint64_t value) { U16(value >> 16 & 0xffff), U16(value & 0xffff); }
  void U64(uint64_t value) { U32(value >> 32), U32(value & 0xffffffff); }
  void Octets(ByteView octets) { block_.insert(block_.end(), octets.begin(), octets.end()); }

  void Head(WallTime wall, uint64_t upstreams) {
    Octets(AsBytes(kMagic));
    U8(kVersion);
    U64(static_cast<uint64_t>(wall.seconds));
    U64(upstreams);
    ok_ = sink_(block_);
    block_.clear();
  }
  void EndEntry() {
    if (block_.size() >= kFullBlockOctets) EndBlock();
  }
  void EndBlock() {
    std::vector<uint8_t> entries;
    entries.swap(block_);
    U32(entries.size());
    U64(SipHash(kChecksumKey, entries));
    Octets(entries);
    ok_ = ok_ && sink_(block_);
    block_.clear();
  }
  bool Finish() {
    if (!block_.empty()) EndBlock();
    EndBlock();
    return ok_;
  }

 private:
  const OctetSink& sink_;
  std::vector<uint8_t> block_;
  bool ok_ = true;
};

void WriteEntry(const CacheEntry& entry, Instant now, BlockWriter& out) {
  const bool negative = entry.kind() != CacheKind::kRrset;
  const ByteView owner = entry.owner().wire();
  const std::optional<NameView> zone = entry.zone();
  const Duration age = std::max(now - entry.stored(), Duration::zero());
  out.U8(static_cast<uint8_t>(entry.kind()));
  out.U8(static_cast<uint8_t>(entry.rank()));
  out.Octets(owner);
  out.U8(zone ? owner.size() - zone->size() : kNoZone);
  out.U8(negative ? owner.size() - entry.soa_owner().size() : 0);
  out.U16(entry.type().value);
  out.U32(entry.original_ttl().seconds());
  out.U32(static_cast<uint64_t>(std::chrono::ceil<std::chrono::seconds>(age).count()));
  out.U8(entry.filler_octets().size());
  out.Octets(entry.filler_octets());
  for (const PackedRdata& rdatas : {entry.rdatas(), entry.rrsigs()}) {
    out.U16(rdatas.size());
    out.Octets(rdatas.octets());
  }
  out.EndEntry();
}

// ---- Reading

enum class BlockEnd : uint8_t { kBlock, kLast, kDamaged };

BlockEnd ReadBlock(const OctetSource& source, std::vector<uint8_t>& block) {
  std::array<uint8_t, kBlockHeadOctets> head;
  if (source(head) != head.size()) return BlockEnd::kDamaged;
  const size_t octets = LoadU32(head.data());
  if (octets > kMaxBlockOctets) return BlockEnd::kDamaged;
  block.resize(octets);
  if (source(block) != octets) return BlockEnd::kDamaged;
  const uint64_t checksum = uint64_t{LoadU32(head.data() + 4)} << 32 | LoadU32(head.data() + 8);
  if (SipHash(kChecksumKey, block) != checksum) return BlockEnd::kDamaged;
  return octets == 0 ? BlockEnd::kLast : BlockEnd::kBlock;
}

uint64_t LoadU64(const uint8_t* at) { return uint64_t{LoadU32(at)} << 32 | LoadU32(at + 4); }

// The time of the writing.
absl::StatusOr<WallTime> ReadHead(const OctetSource& source, uint64_t upstreams) {
  std::array<uint8_t, kHeadOctets> head;
  const size_t read = source(head);
  if (read <= kMagic.size() || std::memcmp(head.data(), kMagic.data(), kMagic.size()) != 0)
    return InvalidArgument("not a cache file");
  const uint8_t* at = head.data() + kMagic.size();
  if (*at != kVersion)
    return InvalidArgument(fmt::format("written in format {}; this version reads {}", *at, kVersion));
  if (read != head.size()) return InvalidArgument("damaged: cut short");
  const WallTime written{static_cast<int64_t>(LoadU64(at + 1))};
  if (written.seconds < 0) return InvalidArgument("written before there was time");
  if (LoadU64(at + 9) != upstreams)
    return InvalidArgument("written while other forward-zones or stub-zones were configured");
  return written;
}

// An entry as it stands in the file: whole, but not yet believed.
struct FiledEntry {
  uint8_t kind = 0;
  uint8_t rank = 0;
  Name owner;
  uint8_t zone_offset = kNoZone;
  uint8_t soa_offset = 0;
  RrType type;
  uint32_t ttl = 0;
  uint32_t age_s = 0;
  ByteView filler;
  RdataSet rdatas;
  RdataSet rrsigs;
  bool rdata_is_sound = true;
};

void ReadRdatas(WireReader& in, RrType type, RdataSet& rdatas, bool& sound) {
  for (uint16_t left = in.U16(); left > 0 && in.ok(); --left) {
    const ByteView rdata = in.Bytes(in.U16());
    if (!in.ok()) return;
    sound = sound && CheckRdata(type, rdata) == WireFault::kNone;
    rdatas.Add(rdata);
  }
}

FiledEntry ReadEntry(WireReader& in) {
  FiledEntry entry;
  entry.kind = in.U8();
  entry.rank = in.U8();
  std::array<uint8_t, kMaxNameOctets> owner;
  if (const size_t octets = in.UncompressedNameInto(owner.data()); octets > 0)
    entry.owner = Name(NameView::FromValidWire(owner.data(), octets));
  entry.zone_offset = in.U8();
  entry.soa_offset = in.U8();
  entry.type = RrType{in.U16()};
  entry.ttl = in.U32();
  entry.age_s = in.U32();
  entry.filler = in.Bytes(in.U8());
  const bool positive = entry.kind == static_cast<uint8_t>(CacheKind::kRrset);
  ReadRdatas(in, positive ? entry.type : rr::kSoa, entry.rdatas, entry.rdata_is_sound);
  ReadRdatas(in, rr::kRrsig, entry.rrsigs, entry.rdata_is_sound);
  return entry;
}

// The name that begins `offset` octets into `name`; nothing when no label begins there.
std::optional<NameView> SuffixAt(NameView name, size_t offset) {
  const size_t octets = name.size();
  while (octets - name.size() < offset && !name.IsRoot()) name = name.Parent();
  if (octets - name.size() != offset) return std::nullopt;
  return name;
}

// What was validated before has to be again: a file proves nothing (RFC 4035 section 5). What is configured
// comes from the configuration.
std::optional<Provenance> BelievedFrom(const FiledEntry& entry) {
  if (entry.rank >= static_cast<uint8_t>(TrustRank::kLocal)) return std::nullopt;
  Provenance from{.rank = std::min(static_cast<TrustRank>(entry.rank), TrustRank::kAuthoritativeAnswer)};
  if (entry.filler.size() == 4) from.filler = IpAddress::V4(entry.filler);
  if (entry.filler.size() == 16) from.filler = IpAddress::V6(entry.filler);
  if (entry.filler.size() > 0 && !from.filler) return std::nullopt;
  if (entry.zone_offset == kNoZone) return from;
  from.zone = SuffixAt(entry.owner, entry.zone_offset);
  if (!from.zone) return std::nullopt;
  return from;
}

// The RRset which the entry is, or the SOA which makes it cacheable; nothing when it is neither.
std::optional<Rrset> BelievedSet(const FiledEntry& entry) {
  const bool positive = entry.kind == static_cast<uint8_t>(CacheKind::kRrset);
  // RFC 2181 section 10.1; RFC 2308 section 3.
  const bool alone = !positive || entry.type == rr::kCname || entry.type == rr::kDname;
  if (!entry.rdata_is_sound || entry.rdatas.empty() || (alone && entry.rdatas.size() != 1))
    return std::nullopt;
  const std::optional<NameView> owner =
      positive ? std::optional(entry.owner.view()) : SuffixAt(entry.owner, entry.soa_offset);
  if (!owner) return std::nullopt;
  return Rrset{.owner = Name(*owner),
               .type = positive ? entry.type : rr::kSoa,
               .ttl = Ttl::FromWire(entry.ttl),
               .rdatas = entry.rdatas};
}

StoreOutcome Restore(const FiledEntry& entry, const Rrset& set, const Provenance& from, Instant learnt,
                     Cache& cache) {
  switch (static_cast<CacheKind>(entry.kind)) {
    case CacheKind::kRrset:
      return cache.StoreRrset(set, entry.rrsigs, from, learnt);
    case CacheKind::kNoData:
      return cache.StoreNoData(entry.owner, entry.type, set, entry.rrsigs, from, learnt);
    case CacheKind::kNxDomain:
      return cache.StoreNxDomain(entry.owner, set, entry.rrsigs, from, learnt);
    default:
      return StoreOutcome::kNotCacheable;
  }
}

bool HoldsEntries(ByteView block) {
  WireReader in(block);
  while (in.remaining() > 0) ReadEntry(in);
  return in.ok();
}

void RestoreBlock(ByteView block, Instant written, Instant now, Cache& cache, CacheFileReport& report) {
  for (WireReader in(block); in.remaining() > 0;) {
    const FiledEntry entry = ReadEntry(in);
    const std::optional<Provenance> from = BelievedFrom(entry);
    const std::optional<Rrset> set = BelievedSet(entry);
    if (!from || !set) {
      ++report.refused;
      continue;
    }
    const Instant learnt = written - std::chrono::seconds(entry.age_s);
    const bool positive = entry.kind == static_cast<uint8_t>(CacheKind::kRrset);
    const Ttl ttl = positive ? cache.Limited(set->ttl) : cache.LimitedNegative(*set);
    if (!cache.Useful(learnt + std::chrono::seconds(ttl.seconds()), now)) {
      ++report.expired;
    } else {
      ++(Stored(Restore(entry, *set, *from, learnt, cache)) ? report.restored : report.refused);
    }
  }
}

absl::Status SystemError(std::string_view what, const std::string& path) {
  return Err(absl::StatusCode::kUnavailable, fmt::format("{} {}: {}", what, path, strerror(errno)));
}

bool WriteAll(int file, ByteView octets) {
  while (!octets.empty()) {
    const ssize_t written = write(file, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    octets = octets.subspan(static_cast<size_t>(written));
  }
  return true;
}

size_t ReadAll(int file, std::span<uint8_t> out) {
  size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got = read(file, out.data() + filled, out.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

// The rename is on disk only once its folder is.
bool SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int opened = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return false;
  const bool synced = fsync(opened) == 0;
  close(opened);
  return synced;
}

}  // namespace

bool WriteCache(const Cache& cache, const std::vector<std::string>& upstreams, Instant now, WallTime wall,
                const OctetSink& sink) {
  BlockWriter out(sink);
  out.Head(wall, DigestOf(upstreams));
  cache.ForEach([&](const CacheEntry& entry) {
    const bool data = entry.kind() != CacheKind::kFailure && entry.rank() < TrustRank::kLocal;
    if (data && cache.Useful(entry, now)) WriteEntry(entry, now, out);
  });
  return out.Finish();
}

absl::StatusOr<CacheFileReport> ReadCache(const std::function<OctetSource()>& open_again,
                                          const std::vector<std::string>& upstreams, Instant now,
                                          WallTime wall, Cache& cache) {
  std::vector<uint8_t> block;
  const OctetSource once = open_again();
  const absl::StatusOr<WallTime> written = ReadHead(once, DigestOf(upstreams));
  if (!written.ok()) return written.status();
  // Nobody knows how long the program was away then.
  if (*written > wall) return InvalidArgument("written in the future, by the clock of this machine");
  BlockEnd end = BlockEnd::kBlock;
  while ((end = ReadBlock(once, block)) == BlockEnd::kBlock) {
    if (!HoldsEntries(block)) return InvalidArgument("damaged: a block holds something else than entries");
  }
  if (end == BlockEnd::kDamaged) return InvalidArgument("damaged: cut short, or a checksum does not agree");

  CacheFileReport report;
  const Instant written_at = now - std::chrono::seconds(wall.seconds - written->seconds);
  const OctetSource again = open_again();
  if (!ReadHead(again, DigestOf(upstreams)).ok()) return InvalidArgument("it changed while it was read");
  while (ReadBlock(again, block) == BlockEnd::kBlock && HoldsEntries(block))
    RestoreBlock(block, written_at, now, cache, report);
  return report;
}

absl::Status SaveCacheFile(const Cache& cache, const std::vector<std::string>& upstreams, const Clock& clock,
                           const std::string& path) {
  const std::string beside = path + ".new";
  const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return SystemError("cannot create", beside);
  const absl::Cleanup close_file = [file] { close(file); };
  const bool written = WriteCache(cache, upstreams, clock.Now(), clock.Wall(),
                                  [file](ByteView octets) { return WriteAll(file, octets); });
  if (!written || fsync(file) != 0) {
    const absl::Status failed = SystemError("cannot write", beside);
    unlink(beside.c_str());
    return failed;
  }
  if (rename(beside.c_str(), path.c_str()) != 0) return SystemError("cannot rename to", path);
  if (!SyncFolderOf(path)) return SystemError("cannot flush the folder of", path);
  return absl::OkStatus();
}

absl::StatusOr<CacheFileReport> LoadCacheFile(const std::string& path,
                                              const std::vector<std::string>& upstreams, const Clock& clock,
                                              Cache& cache) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return CacheFileReport{};
  if (file < 0) return SystemError("cannot read", path);
  const absl::Cleanup close_file = [file] { close(file); };
  const auto from_its_start = [file]() -> OctetSource {
    lseek(file, 0, SEEK_SET);
    return [file](std::span<uint8_t> out) { return ReadAll(file, out); };
  };
  absl::StatusOr<CacheFileReport> report =
      ReadCache(from_its_start, upstreams, clock.Now(), clock.Wall(), cache);
  if (!report.ok()) return InvalidArgument(fmt::format("{}: {}", path, ErrorText(report.status())));
  return report;
}

}  // namespace cairn
