// The hash is FNV-1a over the fields in a fixed order; it need not resist anybody.
#include "tests/sim/packet_log.h"

#include <fmt/format.h>

#include "common/dns/message.h"

namespace cairn::sim {
namespace {

constexpr std::string_view kFates[] = {"", "  LOST", "  CUT", "  NO SUCH HOST", "  TOO LARGE"};

// "id 4711 query www.example. A", "id 4711 NOERROR aa 1/0/2 www.example. A".
std::string Gist(ByteView payload) {
  const absl::StatusOr<Message> message = Message::Parse(payload);
  if (!message.ok()) return fmt::format("{} octets, not a DNS message", payload.size());
  const Header& header = message->header;
  std::string text = fmt::format("id {} ", header.id);
  if (header.response) {
    text += fmt::format("{}{}{} {}/{}/{} ", cairn::ToText(message->rcode()),
                        header.authoritative ? " aa" : "", header.truncated ? " tc" : "",
                        message->answer.size(), message->authority.size(), message->additional.size());
  } else {
    text += "query ";
  }
  for (const Question& question : message->questions) text += question.ToText();
  if (message->edns) text += fmt::format(" edns {}", message->edns->udp_payload_octets);
  return text;
}

std::string What(const Packet& packet) {
  switch (packet.kind) {
    case PacketKind::kDatagram:
      return "udp " + Gist(packet.payload);
    case PacketKind::kTcpConnect:
      return "tcp connect";
    case PacketKind::kTcpMessage:
      return "tcp " + Gist(packet.payload);
    case PacketKind::kTcpEnd:
      return "tcp end";
  }
  return {};
}

}  // namespace

void PacketLog::Add(Packet packet) {
  const int64_t times[] = {packet.sent.time_since_epoch().count(), packet.delay.count()};
  HashOctets(times, sizeof times);
  const uint8_t marks[] = {static_cast<uint8_t>(packet.kind), static_cast<uint8_t>(packet.fate),
                           packet.duplicate, packet.forged};
  HashOctets(marks, sizeof marks);
  HashEndpoint(packet.from);
  HashEndpoint(packet.to);
  HashOctets(packet.payload.data(), packet.payload.size());
  packets_.push_back(std::move(packet));
}

size_t PacketLog::QueriesFrom(const IpAddress& address, size_t first) const {
  size_t queries = 0;
  for (size_t i = first; i < packets_.size(); ++i) {
    const Packet& packet = packets_[i];
    const bool query = packet.payload.size() > 2 && (packet.payload[2] & 0x80) == 0;
    if (query && !packet.duplicate && packet.from.address == address) ++queries;
  }
  return queries;
}

std::string PacketLog::ToText(size_t first) const {
  std::string text;
  for (size_t i = first; i < packets_.size(); ++i) {
    const Packet& packet = packets_[i];
    const double sent_ms = static_cast<double>(packet.sent.time_since_epoch().count()) / 1e6;
    text += fmt::format("{:12.3f} ms  {:>24} -> {:<24} {}{}{}{}\n", sent_ms, packet.from.ToText(),
                        packet.to.ToText(), What(packet), packet.duplicate ? "  DUPLICATE" : "",
                        packet.forged ? "  FORGED" : "", kFates[static_cast<size_t>(packet.fate)]);
  }
  return text;
}

void PacketLog::HashOctets(const void* octets, size_t count) {
  const uint8_t* at = static_cast<const uint8_t*>(octets);
  for (size_t i = 0; i < count; ++i) hash_ = (hash_ ^ at[i]) * 0x100000001b3;
}

void PacketLog::HashEndpoint(const Endpoint& endpoint) {
  HashOctets(endpoint.address.octets().data(), endpoint.address.octets().size());
  HashOctets(&endpoint.port, sizeof endpoint.port);
}

}  // namespace cairn::sim
