#include "common/service/version.h"

namespace cairn {

std::string_view Version() { return CAIRN_VERSION; }

}  // namespace cairn
