// What a server gives up before it reads its first packet, and what it asks of the system.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"

namespace cairn {

// Becomes `user` and that user's groups for good, when started as root and `user` is not empty. Any other
// user may only name itself. Whoever is not root then has no capability left, the one to open port 53
// included. In each case no program this process starts can gain rights again (PR_SET_NO_NEW_PRIVS). Call it
// when privileged sockets are open and before threads start.
absl::Status DropPrivileges(const std::string& user);
// What is wrong with `user` as an option: nothing when it is empty, or names somebody this system knows.
absl::Status CheckUser(const std::string& user);

// Raises the limit of open descriptors towards `wanted`, as far as the system lets us, and returns it.
size_t RaiseDescriptorLimit(size_t wanted);

}  // namespace cairn
