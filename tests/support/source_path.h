// Where the files lie that tests read: golden zones, scenarios, man pages.
#pragma once

#include <string>
#include <string_view>

namespace cairn::testing {

// The path of `below`, a path from the top of the source tree. Only one object file knows where that tree lies, so the
// others come from the compiler's cache for every checkout.
std::string SourcePath(std::string_view below);

}  // namespace cairn::testing
