// Octets as text: hex, base64 (RFC 4648 section 4) and base32hex without padding (section 7, as NSEC3 uses
// it). The readers take their digits in pieces, since zone files may break hex and base64 at any blank.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/dns/rdata_buffer.h"

namespace cairn {

class HexReader {
 public:
  explicit HexReader(RdataBuffer& out) : out_(out) {}
  bool Add(std::string_view digits);  // false at anything but hex digits
  bool Done() const { return !half_; }

 private:
  RdataBuffer& out_;
  bool half_ = false;
  uint8_t high_ = 0;
};

class Base64Reader {
 public:
  explicit Base64Reader(RdataBuffer& out) : out_(out) {}
  bool Add(std::string_view digits);  // false at a foreign character, or a digit after the padding
  bool Done() const { return count_ == 0; }

 private:
  RdataBuffer& out_;
  uint32_t group_ = 0;  // up to three digits that wait for their fourth
  int count_ = 0;       // digits and padding in the group
  int padding_ = 0;
};

// Whole, unpadded and in one piece; false when `digits` is no base32hex.
bool ReadBase32Hex(std::string_view digits, RdataBuffer& out);

void AppendHex(ByteView octets, std::string& out);  // upper case
void AppendBase64(ByteView octets, std::string& out);
void AppendBase32Hex(ByteView octets, std::string& out);

}  // namespace cairn
