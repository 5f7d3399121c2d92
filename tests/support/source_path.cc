#include "tests/support/source_path.h"

namespace cairn::testing {

std::string SourcePath(std::string_view below) { return std::string(CAIRN_SOURCE_DIR "/").append(below); }

}  // namespace cairn::testing
