// The RDATA of one set as they lie in memory everywhere in Cairn: RDLENGTH RDATA RDLENGTH RDATA ..., each as
// on the wire but without compression (RFC 1035 section 3.2.1, RFC 3597 section 3). Sets that own their
// octets, zones and cache entries all are read through this view.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "common/base/bytes.h"

namespace cairn {

// Borrows the octets, which are well formed: whoever packed them was ours.
class PackedRdata {
 public:
  class Iterator {
   public:
    using value_type = ByteView;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const uint8_t* at) : at_(at) {}
    ByteView operator*() const { return {at_ + 2, LoadU16(at_)}; }
    Iterator& operator++() {
      at_ += 2 + LoadU16(at_);
      return *this;
    }
    Iterator operator++(int) {
      Iterator old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const uint8_t* at_ = nullptr;
  };

  PackedRdata(ByteView octets, size_t count) : octets_(octets), count_(count) {}
  Iterator begin() const { return Iterator(octets_.data()); }
  Iterator end() const { return Iterator(octets_.data() + octets_.size()); }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  ByteView front() const { return *begin(); }
  ByteView octets() const { return octets_; }

 private:
  ByteView octets_;
  size_t count_;
};

}  // namespace cairn
