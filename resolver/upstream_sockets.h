// The UDP sockets from which a worker asks: a pool of 1024 long-lived ones (THREATS section 5), each on a
// port drawn at random from the whole range, opened when first drawn and given up for a fresh port after some
// hundred queries. A query leaves from a socket drawn at random with an ID drawn at random (RFC 5452 section
// 9.2); replies find their query by (socket, ID). Opening a socket for each query would cost more than all
// the rest of it (15 to 20 us in servers which do).
//
// A query is drawn from a window of 64 of them. Each gives its place to one drawn from the whole pool after
// one to four queries, so that 160 queries later the window is another: whoever sees our ports, as the owner
// of a server does, must use what he saw before that many more have left. Drawing from all 1024 at once costs
// 13 % of a cold resolution, since replies then come one a socket and are read one by one; the window, 9 %.
//
// When the process runs out of descriptors, the pool shrinks to seven eighths of what it could open: the rest
// is for clients' connections and everything else. The sockets are unconnected, so an ICMP error can neither
// end a query nor tell an attacker which port is open (SAD DNS, CVE-2020-25705).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "common/base/bytes.h"
#include "common/base/random.h"
#include "common/net/network.h"
#include "resolver/resolver_options.h"

namespace cairn {

class UpstreamSockets;

// One query on its way. Lies in the frame of its exchange; destroying it forgets the query, and a reply that
// comes later finds nobody.
class UdpQuery {
 public:
  explicit UdpQuery(UpstreamSockets& sockets) : sockets_(sockets) {}
  virtual ~UdpQuery() { Forget(); }
  UdpQuery(const UdpQuery&) = delete;
  UdpQuery& operator=(const UdpQuery&) = delete;

  // Draws the socket to ask from. False when none could be opened.
  bool Draw(const Endpoint& server);
  // The address of ours it is bound to; "any" when the system chooses.
  const IpAddress& own_address() const;
  // Once drawn: draws the ID, writes it into the first two octets of `message` and sends it.
  void Send(std::span<uint8_t> message);
  void Forget();

  const Endpoint& server() const { return server_; }
  uint16_t id() const { return id_; }
  uint16_t local_port() const;

 protected:
  // A datagram with our ID came to our port; who sent it is not looked at yet. The query may be destroyed in
  // the call.
  virtual void OnDatagram(const Endpoint& from, ByteView datagram) = 0;
  // From our server to our port, but with an ID that nobody here awaits: a late reply to an earlier query of
  // this port, or somebody guessing. The query may be destroyed in the call.
  virtual void OnWrongId(ByteView datagram) = 0;
  // No route leads to our server: the query never left. The query may be destroyed in the call.
  virtual void OnNoRoute() = 0;

 private:
  friend class UpstreamSockets;
  struct Slot;
  UpstreamSockets& sockets_;
  Slot* slot_ = nullptr;
  Endpoint server_;
  uint16_t id_ = 0;
};

class UpstreamSockets {
 public:
  UpstreamSockets(Network& network, Random& random, const ResolverOptions& options);
  ~UpstreamSockets();
  UpstreamSockets(const UpstreamSockets&) = delete;
  UpstreamSockets& operator=(const UpstreamSockets&) = delete;

  // Opens a socket of each enabled family. The error is of a machine which lets us have none of either; one
  // family is enough.
  absl::Status Check();
  // Queries on their way.
  size_t waiting() const { return waiting_; }
  size_t open_sockets() const;

 private:
  friend class UdpQuery;
  using Slot = UdpQuery::Slot;
  static constexpr size_t kWindow = 64;
  struct Place {
    size_t slot = 0;
    uint32_t draws_left = 0;
  };
  struct Family {
    std::unique_ptr<Slot[]> slots;
    size_t size = 0;
    std::array<Place, kWindow> window;
    std::vector<IpAddress> addresses;  // one is drawn for each socket
  };

  Family& FamilyOf(const IpAddress& address) { return address.is_v6() ? v6_ : v4_; }
  Slot* DrawSlot(Family& family);
  absl::Status Open(Family& family, Slot& slot);
  void Shrink(Family& family);

  Network& network_;
  Random& random_;
  Family v4_;
  Family v6_;
  Slot* receiving_ = nullptr;  // its socket is on the stack and must stay
  size_t waiting_ = 0;
};

}  // namespace cairn
