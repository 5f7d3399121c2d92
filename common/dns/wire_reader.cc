#include "common/dns/wire_reader.h"

#include <cstring>
#include <string>

#include "common/base/status.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// The two top bits of a length octet (RFC 1035 section 4.1.4).
constexpr uint8_t kLabelTypeBits = 0xc0;
constexpr uint8_t kPointer = 0xc0;

}  // namespace

std::string_view ToText(WireFault fault) {
  switch (fault) {
    case WireFault::kNone:
      return "no fault";
    case WireFault::kTruncated:
      return "fewer octets than the field needs";
    case WireFault::kLabelType:
      return "unknown label type";
    case WireFault::kPointerForward:
      return "compression pointer that does not lead backwards";
    case WireFault::kPointerHops:
      return "too many compression pointers in one name";
    case WireFault::kNameWork:
      return "names that cost too much to read";
    case WireFault::kNameTooLong:
      return "name over 255 octets";
    case WireFault::kRdataLength:
      return "RDLENGTH and content disagree";
    case WireFault::kRdataValue:
      return "content that the type forbids";
    case WireFault::kOpt:
      return "broken, misplaced or second OPT";
    case WireFault::kCount:
      return "more records than allowed";
    case WireFault::kTrailingOctets:
      return "octets after the message's end";
  }
  return "unknown fault";
}

uint8_t WireReader::U8() {
  const ByteView octets = Bytes(1);
  return octets.empty() ? 0 : octets[0];
}

uint16_t WireReader::U16() {
  const ByteView octets = Bytes(2);
  return octets.empty() ? 0 : LoadU16(octets.data());
}

uint32_t WireReader::U32() {
  const ByteView octets = Bytes(4);
  return octets.empty() ? 0 : LoadU32(octets.data());
}

ByteView WireReader::Bytes(size_t count) {
  if (count > remaining()) {
    Fail(WireFault::kTruncated);
    return {};
  }
  const ByteView octets = message_.subspan(offset_, count);
  offset_ += count;
  return octets;
}

size_t WireReader::NameInto(uint8_t* out, bool allow_pointers) {
  const uint8_t* message = message_.data();
  size_t at = offset_;
  size_t run_start = offset_;  // of the run of labels being read
  size_t run_end = end_;       // the run must end before
  size_t after = 0;            // the octet behind the name as it stands here; known at the first pointer
  size_t octets = 0;
  size_t hops = 0;
  size_t labels = 0;
  const auto failed = [this, &at](WireFault fault) {
    if (ok()) {
      offset_ = at;
      Fail(fault);
    }
    return size_t{0};
  };
  while (at < run_end) {
    const uint8_t length = message[at];
    if (length == 0) {
      out[octets++] = 0;
      if (labels + hops > name_steps_left_) return failed(WireFault::kNameWork);
      name_steps_left_ -= labels + hops;
      offset_ = after != 0 ? after : at + 1;
      return octets;
    }
    if ((length & kLabelTypeBits) == 0) {
      const size_t label = 1 + size_t{length};
      if (label > run_end - at) break;
      if (octets + label >= kMaxNameOctets)
        return failed(WireFault::kNameTooLong);  // the root needs one more
      std::memcpy(out + octets, message + at, label);
      ++labels;
      octets += label;
      at += label;
      continue;
    }
    if ((length & kLabelTypeBits) != kPointer || !allow_pointers) return failed(WireFault::kLabelType);
    if (run_end - at < 2) break;
    const size_t target = LoadU16(message + at) & 0x3fff;
    if (target >= run_start || target < first_name_) return failed(WireFault::kPointerForward);
    if (++hops > kMaxLabels) return failed(WireFault::kPointerHops);
    if (after == 0) after = at + 2;
    // What a pointer leads to was written before the run it ends, so it must also have ended before.
    run_end = run_start;
    run_start = at = target;
  }
  return failed(WireFault::kTruncated);
}

size_t WireReader::NameInto(uint8_t* out) { return NameInto(out, true); }

size_t WireReader::UncompressedNameInto(uint8_t* out) { return NameInto(out, false); }

Name WireReader::ReadName() {
  uint8_t wire[kMaxNameOctets];
  const size_t octets = NameInto(wire);
  return octets == 0 ? Name() : Name(NameView::FromValidWire(wire, octets));
}

void WireReader::SkipName() {
  const size_t start = offset_;
  while (ok()) {
    const uint8_t length = U8();
    if (length == 0) break;
    if (length <= kMaxLabelOctets) {
      Skip(length);
      if (offset_ - start >= kMaxNameOctets) Fail(WireFault::kNameTooLong);
    } else if ((length & kLabelTypeBits) == kPointer) {
      const size_t target = size_t{length & 0x3fu} << 8 | U8();
      if (ok() && (target >= start || target < first_name_)) Fail(WireFault::kPointerForward);
      break;
    } else {
      Fail(WireFault::kLabelType);
    }
  }
}

void WireReader::Seek(size_t offset) {
  if (!ok()) return;
  if (offset > end_) return Fail(WireFault::kTruncated);
  offset_ = offset;
}

size_t WireReader::Narrow(size_t octets) {
  const size_t old_end = end_;
  if (octets > remaining()) {
    Fail(WireFault::kTruncated);
  } else {
    end_ = offset_ + octets;
  }
  return old_end;
}

void WireReader::Fail(WireFault fault) {
  if (!ok()) return;
  fault_ = fault;
  fault_offset_ = offset_;
  end_ = offset_;
}

absl::Status WireReader::Malformed(std::string_view what) const {
  return InvalidArgument(fmt::format("malformed {} at octet {}: {}", what, fault_offset_, ToText(fault_)));
}

}  // namespace cairn
