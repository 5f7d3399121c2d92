// `cairn-auth serve`: from what stands on the command line to a running AuthServer (server.h).
#pragma once

#include "authoritative/auth_options.h"

namespace cairn {

// Serves until SIGTERM or SIGINT. Returns the process's exit code: 0 after a clean end; 1, with a message on
// standard error and nothing started, when the configuration, an address or the user is refused.
int Serve(const AuthArguments& arguments);

}  // namespace cairn
