// Octets as the wire has them: a borrowed view and the big-endian integers of RFC 1035 section 2.3.2.
// Nothing here checks bounds; code that reads what others sent goes through dns/wire_reader.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cairn {

// Borrowed octets. Lives on the stack: never a member, never across co_await.
using ByteView = std::span<const uint8_t>;

inline uint16_t LoadU16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }

inline uint32_t LoadU32(const uint8_t* at) {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | uint32_t{at[3]};
}

inline void StoreU16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

inline void StoreU32(uint8_t* at, uint32_t value) {
  StoreU16(at, static_cast<uint16_t>(value >> 16));
  StoreU16(at + 2, static_cast<uint16_t>(value));
}

// Text seen as octets, and back; char and uint8_t may alias.
inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace cairn
