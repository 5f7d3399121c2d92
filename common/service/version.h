// The version, as CMakeLists.txt has it: "0.1.0".
#pragma once

#include <string_view>

namespace cairn {

std::string_view Version();

}  // namespace cairn
