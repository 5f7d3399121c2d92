// IP addresses as zone files write them: IPv4 as four decimal numbers without leading zeros (some programs
// take those for octal), IPv6 by RFC 4291 section 2.2 on reading and RFC 5952 on writing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn {

// Stores 4 octets at `out`; false unless `text` is exactly one address.
bool Ip4FromText(std::string_view text, uint8_t* out);
// Stores 16 octets at `out`.
bool Ip6FromText(std::string_view text, uint8_t* out);

void AppendIp4(const uint8_t* address, std::string& out);
void AppendIp6(const uint8_t* address, std::string& out);

}  // namespace cairn
