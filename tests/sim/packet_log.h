// What went over the simulated wire, in the order it was sent: for checkers, for printing when a run fails,
// and to prove that one seed gives one run (two runs have the same Hash).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/net/endpoint.h"

namespace cairn::sim {

enum class PacketKind : uint8_t { kDatagram, kTcpConnect, kTcpMessage, kTcpEnd };

// Decided when it leaves. One that is sent may still find nobody who listens.
enum class PacketFate : uint8_t { kSent, kLost, kPathCut, kNoSuchHost, kTooLarge };

struct Packet {
  Instant sent{};
  Duration delay{};  // until it arrives; 0 unless kSent
  PacketKind kind = PacketKind::kDatagram;
  PacketFate fate = PacketFate::kSent;
  bool duplicate = false;  // the wire made it
  bool forged = false;     // its source is not who sent it
  Endpoint from{};
  Endpoint to{};
  std::vector<uint8_t> payload{};
};

class PacketLog {
 public:
  void Add(Packet packet);
  const std::vector<Packet>& packets() const { return packets_; }
  // Over every octet of every packet, its times and its fate.
  uint64_t Hash() const { return hash_; }
  // Queries that left `address` since packet number `first`: datagrams and TCP messages with QR clear, lost
  // ones too.
  size_t QueriesFrom(const IpAddress& address, size_t first = 0) const;
  // One line a packet: when, from, to, what became of it, and the header and question when it is a DNS
  // message.
  std::string ToText(size_t first = 0) const;

 private:
  void HashOctets(const void* octets, size_t count);
  void HashEndpoint(const Endpoint& endpoint);

  std::vector<Packet> packets_;
  uint64_t hash_ = 0xcbf29ce484222325;  // FNV-1a
};

}  // namespace cairn::sim
