// What a server says of itself to those who ask for it in class CHAOS: "hostname.bind" and "id.server" (RFC
// 4892) give its identity, as NSID does (RFC 5001); "version.bind" and "version.server" its version. Both are
// texts of the operator's, and empty unless given: then the answer is REFUSED, as for any other name of that
// class.
#pragma once

#include <string>
#include <string_view>

#include "common/dns/message_writer.h"
#include "common/dns/query_reader.h"

namespace cairn {

struct ServerIdentity {
  std::string identity = {};  // at most ResponseOpt::kMaxNsidOctets each
  std::string version = {};
  friend bool operator==(const ServerIdentity&, const ServerIdentity&) = default;
};

// The text that answers a question of class CHAOS; empty: REFUSED.
std::string_view TextFor(const ServerIdentity& identity, const QueryView& view);

// Adds it to an answer which has header and question.
void AddIdentity(NameView qname, std::string_view text, MessageWriter& out);

}  // namespace cairn
