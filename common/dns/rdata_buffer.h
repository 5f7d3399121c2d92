// Where an RDATA is put together: 65535 octets and no more (RFC 1035 section 3.2.1). What does not fit is
// dropped, and the buffer says so at the end; nobody checks in between.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "common/base/bytes.h"
#include "common/dns/name.h"

namespace cairn {

class RdataBuffer {
 public:
  static constexpr size_t kCapacity = 65535;

  RdataBuffer() : octets_(new uint8_t[kCapacity + kMaxNameOctets]) {}

  void Clear() {
    size_ = 0;
    overflowed_ = false;
  }
  bool overflowed() const { return overflowed_; }
  size_t size() const { return size_; }
  ByteView view() const { return {octets_.get(), size_}; }
  uint8_t operator[](size_t at) const { return octets_[at]; }
  void Set(size_t at, uint8_t value) { octets_[at] = value; }

  void PutU8(uint8_t value) { *Take(1) = value; }
  void PutU16(uint16_t value) { StoreU16(Take(2), value); }
  void PutU32(uint32_t value) { StoreU32(Take(4), value); }
  void Put(ByteView octets) {
    if (octets.empty()) return;
    if (octets.size() > kCapacity - size_) {
      overflowed_ = true;
      return;
    }
    std::memcpy(octets_.get() + size_, octets.data(), octets.size());
    size_ += octets.size();
  }
  // Room for up to kMaxNameOctets octets, which the caller fills; Took says how many they were.
  uint8_t* Room() { return octets_.get() + size_; }
  void Took(size_t octets) { Take(octets); }
  void Shrink(size_t size) { size_ = std::min(size_, size); }

 private:
  // `octets` <= kMaxNameOctets: what goes over the end lands in the reserve behind it.
  uint8_t* Take(size_t octets) {
    uint8_t* at = octets_.get() + size_;
    if (octets > kCapacity - size_) {
      overflowed_ = true;
    } else {
      size_ += octets;
    }
    return at;
  }

  std::unique_ptr<uint8_t[]> octets_;
  size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace cairn
