// Packets are counted at the resolver's host: what was sent to it, whether it arrived or not.
#include "tests/sim/cost.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/dns/message.h"

namespace cairn::sim {
namespace {

bool IsQuery(const Packet& packet) { return packet.payload.size() > 2 && (packet.payload[2] & 0x80) == 0; }

void CountReply(const Packet& packet, Cost& cost) {
  cost.reply_octets += packet.payload.size();
  const absl::StatusOr<Message> reply = Message::Parse(packet.payload);
  if (reply.ok())
    cost.reply_records += reply->answer.size() + reply->authority.size() + reply->additional.size();
}

size_t Growth(size_t before, size_t after) { return after > before ? after - before : 0; }

}  // namespace

std::string Cost::ToText() const {
  return fmt::format(
      "{} queries of {} octets, {} connections, {} octets and {} records in replies, {} entries and {} "
      "octets more in the "
      "cache",
      queries, query_octets, connections, reply_octets, reply_records, cache_entries, cache_octets);
}

CostMeter::CostMeter(SimResolver& resolver)
    : resolver_(resolver),
      first_packet_(resolver.internet().world().log().packets().size()),
      first_trace_(resolver.traces().size()),
      before_(resolver.cache().stats()) {}

Cost CostMeter::Spent() const {
  Cost cost;
  const std::vector<Packet>& packets = resolver_.internet().world().log().packets();
  const std::vector<IpAddress>& own = resolver_.host().addresses();
  const auto is_own = [&](const IpAddress& one) {
    return std::find(own.begin(), own.end(), one) != own.end();
  };
  for (size_t i = first_packet_; i < packets.size(); ++i) {
    const Packet& packet = packets[i];
    if (packet.duplicate) continue;
    if (is_own(packet.from.address)) {
      cost.connections += packet.kind == PacketKind::kTcpConnect;
      if (!IsQuery(packet)) continue;
      ++cost.queries;
      cost.query_octets += packet.payload.size();
    } else if (is_own(packet.to.address) && packet.to.port != 53) {
      CountReply(packet, cost);
    }
  }
  const Cache::Stats after = resolver_.cache().stats();
  cost.cache_entries = Growth(before_.entries, after.entries);
  cost.cache_octets = Growth(before_.octets, after.octets);
  return cost;
}

}  // namespace cairn::sim
