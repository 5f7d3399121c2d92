// Stored traces: any octets are a trace or an error with a position; and a trace that was read is written,
// read and explained as the same one again.
#include <string>

#include "absl/strings/match.h"
#include "common/base/bytes.h"
#include "common/trace/json.h"
#include "common/trace/replay.h"
#include "common/trace/tree.h"
#include "tests/fuzz/property.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* octets, size_t size) {
  using cairn::testing::Require;
  const auto stored = cairn::ReadTrace(cairn::AsText({octets, size}), "fuzz");
  if (!stored.ok()) {
    Require(absl::StartsWith(stored.status().message(), "fuzz:"), "an error says where");
    return 0;
  }
  const std::string written = cairn::RenderJson(stored->trace, stored->program, true);
  const auto again = cairn::ReadTrace(written, "again");
  Require(again.ok(), "what is written can be read");
  Require(cairn::RenderJson(again->trace, again->program, true) == written, "and is the same");
  const cairn::TreeStyle style{.why = true};
  Require(cairn::RenderTree(again->trace, style) == cairn::RenderTree(stored->trace, style),
          "in the tree, too");
  return 0;
}
