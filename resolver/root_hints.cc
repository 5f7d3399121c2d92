#include "resolver/root_hints.h"

#include <algorithm>
#include <string_view>

#include "common/base/complaint.h"
#include "common/base/status.h"
#include "common/dns/rdata.h"
#include "common/zonefile/zone_reader.h"

namespace cairn {
namespace {

// The root zone's own NS and address records as of 2026; priming replaces them within one exchange.
constexpr std::string_view kBuiltin = R"(
. 3600000 NS a.root-servers.net.
. 3600000 NS b.root-servers.net.
. 3600000 NS c.root-servers.net.
. 3600000 NS d.root-servers.net.
. 3600000 NS e.root-servers.net.
. 3600000 NS f.root-servers.net.
. 3600000 NS g.root-servers.net.
. 3600000 NS h.root-servers.net.
. 3600000 NS i.root-servers.net.
. 3600000 NS j.root-servers.net.
. 3600000 NS k.root-servers.net.
. 3600000 NS l.root-servers.net.
. 3600000 NS m.root-servers.net.
a.root-servers.net. 3600000 A 198.41.0.4
a.root-servers.net. 3600000 AAAA 2001:503:ba3e::2:30
b.root-servers.net. 3600000 A 170.247.170.2
b.root-servers.net. 3600000 AAAA 2801:1b8:10::b
c.root-servers.net. 3600000 A 192.33.4.12
c.root-servers.net. 3600000 AAAA 2001:500:2::c
d.root-servers.net. 3600000 A 199.7.91.13
d.root-servers.net. 3600000 AAAA 2001:500:2d::d
e.root-servers.net. 3600000 A 192.203.230.10
e.root-servers.net. 3600000 AAAA 2001:500:a8::e
f.root-servers.net. 3600000 A 192.5.5.241
f.root-servers.net. 3600000 AAAA 2001:500:2f::f
g.root-servers.net. 3600000 A 192.112.36.4
g.root-servers.net. 3600000 AAAA 2001:500:12::d0d
h.root-servers.net. 3600000 A 198.97.190.53
h.root-servers.net. 3600000 AAAA 2001:500:1::53
i.root-servers.net. 3600000 A 192.36.148.17
i.root-servers.net. 3600000 AAAA 2001:7fe::53
j.root-servers.net. 3600000 A 192.58.128.30
j.root-servers.net. 3600000 AAAA 2001:503:c27::2:30
k.root-servers.net. 3600000 A 193.0.14.129
k.root-servers.net. 3600000 AAAA 2001:7fd::1
l.root-servers.net. 3600000 A 199.7.83.42
l.root-servers.net. 3600000 AAAA 2001:500:9f::42
m.root-servers.net. 3600000 A 202.12.27.33
m.root-servers.net. 3600000 AAAA 2001:dc3::35
)";

// The addresses may stand before the NS records that name their servers.
struct Hints {
  std::vector<Name> servers;
  std::vector<std::pair<Name, IpAddress>> addresses;
};

void Add(const ZoneRecord& record, Hints& hints) {
  if (record.type == rr::kNs && record.owner.IsRoot()) {
    const Name server(LeadingName(record.rdata));
    if (std::find(hints.servers.begin(), hints.servers.end(), server) == hints.servers.end())
      hints.servers.push_back(server);
  }
  if (record.type == rr::kA) hints.addresses.emplace_back(record.owner, IpAddress::V4(record.rdata));
  if (record.type == rr::kAaaa) hints.addresses.emplace_back(record.owner, IpAddress::V6(record.rdata));
}

std::string InWords(const Complaints& complaints) {
  std::string text;
  for (const Complaint& complaint : complaints) {
    if (!text.empty()) text += '\n';
    text += complaint.ToText();
  }
  return text;
}

}  // namespace

absl::StatusOr<Delegation> ReadRootHints(const std::string& source) {
  ZoneReaderOptions options;
  options.default_ttl = Ttl::Seconds(0);  // the TTL of a hint means nothing
  ZoneReader reader = source == "builtin" ? ZoneReader::FromText(kBuiltin, "builtin root hints", options)
                                          : ZoneReader::FromFile(source, options);
  Hints hints;
  ZoneRecord record;
  while (reader.Next(record)) Add(record, hints);
  if (HasErrors(reader.complaints())) return InvalidArgument(InWords(reader.complaints()));

  Delegation root;
  root.expires = Instant::max();
  bool any_address = false;
  for (const Name& name : hints.servers) {
    DelegationServer server{name, {}};
    for (const auto& [owner, address] : hints.addresses)
      if (owner == name) server.addresses.push_back(address);
    any_address |= !server.addresses.empty();
    root.servers.push_back(std::move(server));
  }
  if (hints.servers.empty())
    return InvalidArgument(
        source + ": no NS record of the root (\". NS a.root-servers.net.\"); where should resolution start?");
  if (!any_address)
    return InvalidArgument(source +
                           ": none of the root's servers has an address here; add their A or AAAA records");
  return root;
}

}  // namespace cairn
