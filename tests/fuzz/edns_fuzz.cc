// Any OPT: what ReadEdns accepts is written and read back the same, flags we do not know aside (RFC 6891
// section 6.1.4).
#include "common/dns/edns.h"

#include <array>

#include "common/dns/message.h"
#include "common/dns/message_writer.h"
#include "tests/fuzz/property.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  constexpr size_t kClassAndTtl = 6;
  if (size < kClassAndTtl || size > kClassAndTtl + 65000) return 0;
  const ByteView rdata(data + kClassAndTtl, size - kClassAndTtl);
  const std::optional<Edns> edns = ReadEdns(LoadU16(data), LoadU32(data + 2), rdata);
  testing::Require(edns.has_value() == AreWellFormedOptions(rdata), "read exactly when well formed");
  if (!edns) return 0;

  std::array<uint8_t, kMaxMessageOctets> buffer;
  MessageWriter out(buffer, buffer.size());
  out.Begin(Header{});
  testing::Require(out.AddEdns(*edns), "what was read can be written");
  testing::Require(out.size() == kHeaderOctets + edns->WireOctets(), "WireOctets is what AddEdns writes");
  const absl::StatusOr<Message> message = Message::Parse(ByteView(buffer).first(out.Finish()));
  testing::Require(message.ok() && message->edns == edns, "OPT comes back the same");
  return 0;
}
