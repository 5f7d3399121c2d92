#include "common/dns/message_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "common/base/limits.h"
#include "common/dns/rdata.h"

namespace cairn {
namespace {

// Offsets in the header (RFC 1035 section 4.1.1).
constexpr size_t kFlagsOffset = 2;
constexpr size_t kCountsOffset = 4;
constexpr uint16_t kAuthoritativeFlag = 0x0400;
constexpr uint16_t kTruncatedFlag = 0x0200;
constexpr uint16_t kRcodeMask = 0x000f;

constexpr size_t kPointerLimit = 0x4000;  // an offset has 14 bits (RFC 1035 section 4.1.4)
constexpr uint16_t kPointer = 0xc000;

constexpr size_t kHeadOctets = 8;  // length octet and seven more: most labels, whole

template <typename Word>
Word LoadLittleEndian(const uint8_t* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) {
    word = sizeof word == 8 ? static_cast<Word>(__builtin_bswap64(word))
                            : static_cast<Word>(__builtin_bswap32(word));
  }
  return word;
}

// The first eight octets of the label that starts at name[at], its length among them, with zeros behind a
// shorter one. Nothing is read beyond the name.
uint64_t LabelHead(ByteView name, size_t at) {
  const uint8_t* label = name.data() + at;
  const size_t octets = 1 + size_t{label[0]};
  const size_t readable = name.size() - at;  // at least three: length, an octet, the root
  uint64_t head;
  if (readable >= 8) {
    head = LoadLittleEndian<uint64_t>(label);
  } else if (readable >= 4) {
    const uint64_t last = LoadLittleEndian<uint32_t>(label + readable - 4);
    head = LoadLittleEndian<uint32_t>(label) | last << 8 * (readable - 4);
  } else {
    head = uint64_t{label[1]} << 8 | label[0];
  }
  return octets >= kHeadOctets ? head : head & ((uint64_t{1} << 8 * octets) - 1);
}

}  // namespace

MessageWriter::MessageWriter(std::span<uint8_t> buffer, size_t limit)
    : out_(buffer.data()), limit_(std::min(limit, buffer.size())) {}

void MessageWriter::Begin(const Header& header) {
  std::memset(out_, 0, kHeaderOctets);
  StoreU16(out_, header.id);
  StoreU16(out_ + kFlagsOffset, header.Flags());
  size_ = kHeaderOctets;
  reserved_ = 0;
  question_count_ = 0;
  counts_ = {};
  unremembered_question_octets_ = question_name_octets_ = 0;
  target_count_ = 0;
  labels_searched_ = 0;
}

void MessageWriter::Reserve(size_t octets) { reserved_ += octets; }

bool MessageWriter::AddQuestion(NameView qname, RrType qtype, RrClass qclass) {
  const Mark start = mark();
  if (!PutName(qname, true) || !PutU16(qtype.value) || !PutU16(qclass.value)) {
    Rewind(start);
    return false;
  }
  ++question_count_;
  return true;
}

bool MessageWriter::AddQuestionOctets(ByteView question, size_t qname_octets) {
  if (!PutBytes(question)) return false;
  unremembered_question_octets_ = question_name_octets_ = qname_octets;
  ++question_count_;
  return true;
}

void MessageWriter::RememberQuestion() {
  const ByteView name(out_ + kHeaderOctets, std::exchange(unremembered_question_octets_, 0));
  std::array<uint8_t, kMaxLabels> label_starts;
  size_t labels = 0;
  for (size_t at = 0; at + 1 < name.size(); at += 1 + size_t{name[at]}) {
    label_starts[labels++] = static_cast<uint8_t>(at);
  }
  RememberLabels(name, kHeaderOctets, {label_starts.data(), labels}, kRoot);
}

void MessageWriter::StartSection(Section section) { section_ = section; }

bool MessageWriter::AddRecord(const KnownName& owner, RrType type, RrClass rr_class, Ttl ttl,
                              ByteView rdata) {
  const Mark start = mark();
  if (!PutOwner(owner) || !PutAfterOwner(type, rr_class, ttl, rdata)) {
    Rewind(start);
    return false;
  }
  return true;
}

bool MessageWriter::AddReady(const ReadySections& ready) {
  if (ready.octets.size() > room()) return false;
  uint8_t* start = out_ + size_;
  std::memcpy(start, ready.octets.data(), ready.octets.size());
  for (const uint16_t at : ready.pointers) {
    const size_t target = (size_ + LoadU16(start + at)) & (kPointerLimit - 1);
    StoreU16(start + at, static_cast<uint16_t>(kPointer | target));
  }
  size_ += ready.octets.size();
  for (size_t i = 0; i < counts_.size(); ++i)
    counts_[i] = static_cast<uint16_t>(counts_[i] + ready.counts[i]);
  return true;
}

bool MessageWriter::AddEdns(const Edns& edns) {
  reserved_ = 0;
  if (edns.WireOctets() > room()) return false;
  out_[size_++] = 0;  // the root owns OPT
  PutU16(rr::kOpt.value);
  PutU16(edns.udp_payload_octets);
  PutU32(edns.TtlField());
  PutU16(static_cast<uint16_t>(edns.WireOctets() - kBareOptOctets));
  for (const EdnsOption& option : edns.options) {
    PutU16(static_cast<uint16_t>(option.code));
    PutU16(static_cast<uint16_t>(option.value.size()));
    PutBytes(option.value);
  }
  ++counts_[static_cast<size_t>(Section::kAdditional)];
  return true;
}

void MessageWriter::AddOpt(const ResponseOpt& opt, Rcode rcode) {
  SetRcode(rcode);
  reserved_ = 0;
  const size_t written = opt.Write(rcode, {out_ + size_, room()});
  size_ += written;
  if (written > 0) ++counts_[static_cast<size_t>(Section::kAdditional)];
}

MessageWriter::Mark MessageWriter::mark() const {
  return {.size = size_, .counts = counts_, .targets = target_count_};
}

void MessageWriter::Rewind(const Mark& mark) {
  size_ = mark.size;
  counts_ = mark.counts;
  target_count_ = mark.targets;
  if (target_count_ == 0 && size_ > kHeaderOctets) unremembered_question_octets_ = question_name_octets_;
  if (notes_ != nullptr) notes_->ForgetFrom(size_);
}

void MessageWriter::SetTruncated() { PatchU16(kFlagsOffset, LoadU16(out_ + kFlagsOffset) | kTruncatedFlag); }

void MessageWriter::SetRcode(Rcode rcode) {
  const uint16_t others = LoadU16(out_ + kFlagsOffset) & static_cast<uint16_t>(~kRcodeMask);
  PatchU16(kFlagsOffset, others | (static_cast<uint16_t>(rcode) & kRcodeMask));
}

void MessageWriter::SetAuthoritative(bool on) {
  const uint16_t others = LoadU16(out_ + kFlagsOffset) & static_cast<uint16_t>(~kAuthoritativeFlag);
  PatchU16(kFlagsOffset, on ? others | kAuthoritativeFlag : others);
}

bool MessageWriter::authoritative() const { return (LoadU16(out_ + kFlagsOffset) & kAuthoritativeFlag) != 0; }

bool MessageWriter::PutName(NameView name, bool compress) {
  if (unremembered_question_octets_ > 0) RememberQuestion();
  const uint8_t* wire = name.data();
  if (labels_searched_ > limits::kNameSteps / 2 + limits::kNameStepsPerOctet / 2 * size_)
    return PutBytes(name.wire());
  std::array<uint8_t, kMaxLabels> label_starts;
  size_t labels = 0;
  for (size_t at = 0; wire[at] != 0; at += 1 + size_t{wire[at]})
    label_starts[labels++] = static_cast<uint8_t>(at);
  labels_searched_ += labels;

  size_t known = kRoot;        // the longest suffix that is in the message already
  size_t new_labels = labels;  // how many labels stand before it
  for (size_t from = 0; new_labels > 0; --new_labels) {
    const size_t at = label_starts[new_labels - 1];
    const size_t child = FindChild(known, wire + at, LabelHead(name.wire(), at), from);
    if (child == kRoot) break;
    known = child;
    from = child + 1;
  }

  const size_t start = size_;
  if (compress && known != kRoot) {
    const size_t prefix = new_labels == labels ? 0 : label_starts[new_labels];
    if (prefix + 2 > room()) return false;
    std::memcpy(out_ + size_, wire, prefix);
    size_ += prefix;
    PutPointer(kPointer | targets_.offsets[known]);
  } else if (!PutBytes(name.wire())) {
    return false;
  }
  RememberLabels(name.wire(), start, {label_starts.data(), new_labels}, known);
  return true;
}

bool MessageWriter::PutBytes(ByteView bytes) {
  if (bytes.size() > room()) return false;
  if (!bytes.empty()) std::memcpy(out_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return true;
}

bool MessageWriter::PutU8(uint8_t value) {
  if (room() < 1) return false;
  out_[size_++] = value;
  return true;
}

bool MessageWriter::PutPointer(uint16_t pointer) {
  if (notes_ != nullptr && room() >= 2) notes_->Add(size_);
  return PutU16(pointer);
}

bool MessageWriter::PutU16(uint16_t value) {
  if (room() < 2) return false;
  StoreU16(out_ + size_, value);
  size_ += 2;
  return true;
}

bool MessageWriter::PutU32(uint32_t value) {
  if (room() < 4) return false;
  StoreU32(out_ + size_, value);
  size_ += 4;
  return true;
}

size_t MessageWriter::Finish() {
  PatchU16(kCountsOffset, question_count_);
  for (size_t i = 0; i < counts_.size(); ++i) PatchU16(kCountsOffset + 2 + 2 * i, counts_[i]);
  return size_;
}

// Case counts: an owner name in another spelling than an earlier one keeps its own (RFC 4343 section 4.1).
size_t MessageWriter::FindChild(size_t parent, const uint8_t* label, uint64_t head, size_t from) const {
  const size_t octets = 1 + size_t{label[0]};
  for (size_t i = from; i < target_count_; ++i) {
    if (targets_.heads[i] != head || targets_.parents[i] != parent) continue;
    if (octets <= kHeadOctets || std::memcmp(out_ + targets_.offsets[i], label, octets) == 0) return i;
  }
  return kRoot;
}

void MessageWriter::RememberLabels(ByteView name, size_t offset, std::span<const uint8_t> label_starts,
                                   size_t parent) {
  for (size_t i = label_starts.size(); i > 0 && target_count_ < kMaxTargets; --i) {
    const size_t at = label_starts[i - 1];
    if (offset + at >= kPointerLimit) return;
    targets_.heads[target_count_] = LabelHead(name, at);
    targets_.offsets[target_count_] = static_cast<uint16_t>(offset + at);
    targets_.parents[target_count_] = static_cast<uint8_t>(parent);
    parent = target_count_++;
  }
}

// Without a search where the name is known to stand. If there is a pointer it is repeated, for a pointer to a
// pointer only costs the reader a hop.
bool MessageWriter::PutOwner(const KnownName& owner) {
  if (owner.at == 0) return PutName(owner.name, true);
  if (owner.name.IsRoot()) return PutU8(0);
  const uint16_t first_octets = LoadU16(out_ + owner.at);
  if (first_octets >= kPointer) return PutPointer(first_octets);
  if (owner.at < kPointerLimit) return PutPointer(static_cast<uint16_t>(kPointer | owner.at));
  return PutName(owner.name, true);
}

bool MessageWriter::PutAfterOwner(RrType type, RrClass rr_class, Ttl ttl, ByteView rdata) {
  constexpr size_t kTypeClassTtlOctets = 8;
  if (room() < kTypeClassTtlOctets) return false;
  uint8_t* out = out_ + size_;
  StoreU16(out, type.value);
  StoreU16(out + 2, rr_class.value);
  StoreU32(out + 4, ttl.seconds());
  size_ += kTypeClassTtlOctets;
  // Deletions and prerequisites of UPDATE have no RDATA, whatever their type (RFC 2136 section 2.4).
  const bool written = rdata.empty() ? PutU16(0) : WriteRdata(*this, type, rdata);
  if (written) ++counts_[static_cast<size_t>(section_)];
  return written;
}

}  // namespace cairn
