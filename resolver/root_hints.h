// Where resolution starts before anything is known (RFC 9609 section 2): the root's servers and their
// addresses, built in or from a zone file of the operator's.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "resolver/delegation_store.h"

namespace cairn {

// `source` is "builtin" or the path of a file with the NS records of the root and the addresses of the
// servers they name, as InterNIC publishes it. The error lists each complaint as file:line:column. A
// delegation that never expires.
absl::StatusOr<Delegation> ReadRootHints(const std::string& source);

}  // namespace cairn
