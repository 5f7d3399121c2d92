// Any octets: what Message::Parse accepts comes back the same from its own octets, and under any limit what
// is left is a message of at most that size, cut between RRsets (RFC 2181 section 9).
#include "common/dns/message.h"

#include <algorithm>

#include "tests/fuzz/property.h"

namespace cairn {
namespace {

void RequireSameAfterWriting(const Message& message) {
  const absl::StatusOr<Message> again = Message::Parse(message.ToWire());
  testing::Require(again.ok(), "a written message can be read");
  // Names which their sender compressed better than we may do not always fit into one message again.
  const bool outgrown = again->header.truncated && !message.header.truncated;
  testing::Require(outgrown || *again == message, "Parse(ToWire(message)) == message");
}

void RequireCutWithinLimit(const Message& message, size_t limit) {
  const std::vector<uint8_t> wire = message.ToWire(limit);
  testing::Require(wire.size() <= std::max(limit, kHeaderOctets), "no octet beyond the limit");
  const absl::StatusOr<Message> cut = Message::Parse(wire);
  testing::Require(cut.ok(), "a truncated message can be read");
  testing::Require(*cut == message || cut->header.truncated, "what is cut says so");
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<cairn::Message> message = cairn::Message::Parse({data, size});
  if (!message.ok()) return 0;
  cairn::RequireSameAfterWriting(*message);
  cairn::RequireCutWithinLimit(*message, message->header.id % 1500);
  cairn::testing::Require(!message->ToText().empty(), "every message has a text");
  cairn::GroupIntoRrsets(message->answer);
  return 0;
}
