// A bounded reader of a DNS message: total on any octets. The first failure sticks with its offset; after it
// every read yields zeros or empty views, so callers check `ok()` once, at the end (RFC 9267 lists what goes
// wrong otherwise). Failure is two integers, not prose: garbage comes in floods. `Malformed` spells it out
// when a person will read it.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/bytes.h"
#include "common/base/limits.h"
#include "common/dns/name.h"

namespace cairn {

enum class WireFault : uint8_t {
  kNone,
  kTruncated,       // fewer octets than the field needs
  kLabelType,       // the two top bits of a length octet are 01 or 10 (RFC 1035 section 4.1.4)
  kPointerForward,  // a compression pointer that does not lead strictly backwards of the name's start
  kPointerHops,     // more pointers in one name than a name has labels
  kNameWork,        // the names read together cost more steps than limits::kNameSteps allows
  kNameTooLong,     // over 255 octets after decompression
  kRdataLength,     // RDLENGTH and content disagree
  kRdataValue,      // content which its type forbids
  kOpt,             // two OPTs, one outside the additional section, not owned by the root, or broken options
  kCount,           // a section count that the message cannot hold, or more than a limit
  kTrailingOctets,
};
std::string_view ToText(WireFault fault);

class WireReader {
 public:
  // Compression pointers may lead to `first_name` at the lowest: in a message no name lies in the header.
  explicit WireReader(ByteView message, size_t first_name = 0)
      : message_(message),
        end_(message.size()),
        first_name_(first_name),
        name_steps_left_(limits::kNameSteps + limits::kNameStepsPerOctet * message.size()) {}

  uint8_t U8();
  uint16_t U16();
  uint32_t U32();
  ByteView Bytes(size_t count);
  void Skip(size_t count) { Bytes(count); }

  // Stores the uncompressed form of the name here at `out` (RFC 1035 section 4.1.4). Each pointer must lead
  // strictly before the start of the run of labels it ends, so that no input can loop, and there are at most
  // kMaxLabels of them, so that chains of bare pointers cost nothing (RFC 9267 section 2); all names together
  // have a limit too. Returns the name's length in octets, 0 on failure. `out` must have room for
  // kMaxNameOctets.
  size_t NameInto(uint8_t* out);
  Name ReadName();
  // As ReadName, but a compression pointer is a failure (RDATA of types after RFC 1035: RFC 3597 section 4).
  size_t UncompressedNameInto(uint8_t* out);
  // Steps over a name; its labels and the direction of its pointer are checked, what the pointer leads to is
  // not.
  void SkipName();

  size_t offset() const { return offset_; }
  size_t remaining() const { return end_ - offset_; }
  void Seek(size_t offset);
  ByteView message() const { return message_; }

  // Narrows the readable end to `octets` from here (an RDLENGTH); reading past it fails although the message
  // goes on, while compression pointers may still lead anywhere before. Returns the old end for Widen. Fails
  // when beyond it.
  size_t Narrow(size_t octets);
  void Widen(size_t old_end) {
    if (ok()) end_ = old_end;
  }

  bool ok() const { return fault_ == WireFault::kNone; }
  WireFault fault() const { return fault_; }
  size_t fault_offset() const { return fault_offset_; }
  void Fail(WireFault fault);
  // "malformed question at octet 14: label type".
  absl::Status Malformed(std::string_view what) const;

 private:
  size_t NameInto(uint8_t* out, bool allow_pointers);

  ByteView message_;
  size_t offset_ = 0;
  size_t end_;  // moves to offset_ on failure, so that nothing can be read any more
  size_t first_name_;
  size_t name_steps_left_;
  WireFault fault_ = WireFault::kNone;
  size_t fault_offset_ = 0;
};

}  // namespace cairn
