// A hosts file (hosts(5)): an address and its names on each line, "#" starts a comment. Names get A or AAAA,
// addresses get PTR to the first name of the first line that has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/complaint.h"
#include "resolver/zone_rules.h"

namespace cairn {

// A line nobody can read is a warning and left out: the file belongs to the system and has other readers. A
// file which cannot be read is an error.
std::vector<HostEntry> ReadHostsFile(const std::string& path, Complaints& complaints);
std::vector<HostEntry> ReadHostsText(std::string_view text, const std::string& file_name,
                                     Complaints& complaints);

// "1.2.0.192.in-addr.arpa.", or the ip6.arpa name of an IPv6 address (RFC 3596 section 2.5).
Name ReverseName(const IpAddress& address);

}  // namespace cairn
