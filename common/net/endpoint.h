// An IP address, and an address with a port, as values: written ADDRESS@PORT ("127.0.0.1@5353", "::1@53").
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"

namespace cairn {

class IpAddress {
 public:
  constexpr IpAddress() = default;  // 0.0.0.0
  static IpAddress V4(ByteView four_octets);
  static IpAddress V6(ByteView sixteen_octets);
  static absl::StatusOr<IpAddress> FromText(std::string_view text);
  static IpAddress Literal(std::string_view text);  // for tests and tables: must be valid

  bool is_v6() const { return v6_; }
  ByteView octets() const { return {octets_.data(), v6_ ? size_t{16} : size_t{4}}; }
  std::string ToText() const;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& a) { return H::combine(std::move(h), a.v6_, a.octets_); }

 private:
  bool v6_ = false;
  std::array<uint8_t, 16> octets_{};
};

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;
  // ADDRESS@PORT, or ADDRESS alone when `default_port` is not 0.
  static absl::StatusOr<Endpoint> FromText(std::string_view text, uint16_t default_port = 0);
  std::string ToText() const;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Endpoint& e) { return H::combine(std::move(h), e.address, e.port); }
};

// An address block, "192.0.2.0/24"; a bare address is a block of one.
class Subnet {
 public:
  static absl::StatusOr<Subnet> FromText(std::string_view text);
  bool Contains(const IpAddress& address) const;
  std::string ToText() const;
  friend bool operator==(const Subnet&, const Subnet&) = default;

 private:
  IpAddress base_;
  uint8_t prefix_bits_ = 0;
};

}  // namespace cairn
