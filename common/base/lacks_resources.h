// Why accept() fails while clients wait, or a socket cannot be opened: nothing that they or this socket did,
// and it passes.
#pragma once

#include <cerrno>

namespace cairn {

inline bool LacksResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace cairn
