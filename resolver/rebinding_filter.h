// The filter against DNS rebinding (THREATS section 2): a stranger's name must not lead a browser to an
// address inside. Records of public names with private, loopback, link-local or unroutable addresses are left
// out of answers, address hints of SVCB and HTTPS included. What counts is the name the client asked for,
// since that is whose origin a browser sees: an alias from a stranger's name into our own zones is the same
// attack. Our own names are exempt: local, forward and stub zones but the root, and those allowed by name.
#pragma once

#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/dns/name.h"
#include "common/dns/types.h"
#include "resolver/alias_chain.h"
#include "resolver/cache_entry.h"
#include "resolver/resolver_options.h"

namespace cairn {

// The address of the inside which `rdata` of `type` leads to; nothing where there is none.
std::optional<IpAddress> InsideAddress(RrType type, ByteView rdata);

class RebindingFilter {
 public:
  // Both outlive it; `rules` may be null.
  RebindingFilter(const RebindingOptions& options, const ZoneRules* rules)
      : options_(options), rules_(rules) {}

  // Whether answers of this type can hold what is filtered at all.
  bool Concerns(RrType qtype) const;
  // Whether `qname` is somebody else's.
  bool Guards(NameView qname) const;

  // Whether anything of this set would be left out.
  bool LeavesOut(const CacheEntry& entry) const;

  // Leaves the records out, and says what it did, for the extended error and the trace: "www.example. A
  // 192.168.0.1 is a private address". Nothing when there was nothing to leave out.
  std::optional<std::string> Apply(CollectedAnswer& answer) const;

 private:
  const RebindingOptions& options_;
  const ZoneRules* rules_;
};

}  // namespace cairn
