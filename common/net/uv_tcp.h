// The TCP half of listeners (RFC 7766, RFC 9210). All connections of a thread share one read slab, one set of
// reply buffers and one output buffer: an idle connection costs some hundred octets. All queries of one read
// are answered together and written with one system call (0.34 us a query against 4.1 for a write each).
//
// What a hostile client may hold is bounded four times: connections (in all and for each address; a newcomer
// evicts the oldest idle one), time (idle, and from a message's first octet to its last), queries in flight,
// and answers it does not take (reading pauses, then the connection is closed).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/async/timer_queue.h"
#include "common/base/limits.h"
#include "common/net/network.h"
#include "common/net/uv_loop.h"
#include "common/net/uv_network.h"
#include "common/net/uv_sockets.h"

namespace cairn {

class TcpConnection;
class TcpService;

// The connections of one thread's listeners, and the buffers they share.
class TcpConnections {
 public:
  TcpConnections(UvLoop& loop, const TcpLimits& limits, UvNetworkCounters& counters);
  TcpConnections(const TcpConnections&) = delete;
  TcpConnections& operator=(const TcpConnections&) = delete;

  void Accept(TcpService& service);
  void CloseAllOf(const TcpService& service);
  void Reply(const ReplyTo& to, ByteView message);
  void ReplyAll(const ReplyTo& to, std::unique_ptr<MessageSource> messages);
  // Writes the answers given since the last turn.
  void FlushReplies();
  size_t size() const { return by_activity_.size(); }
  // Of queries not read to their end, and of answers not taken.
  size_t HeldOctets() const;

 private:
  friend class TcpConnection;
  friend class TcpService;

  // One message after its two-octet length, with the same distance trick as DatagramSlots.
  static constexpr size_t kReplyOctets = 65535;
  static constexpr size_t kReplyStride = 65536 + 64;
  // libuv reads up to 32 slabs from one connection before the others have their turn: half a megabyte of
  // queries.
  static constexpr size_t kSlabOctets = 16 * 1024;

  struct Slot {
    TcpConnection* connection = nullptr;
    uint32_t generation = 0;
  };

  // Makes room for a newcomer of that address block; false when nothing may be evicted.
  bool MakeRoom(const IpAddress& block);
  TcpConnection* OldestEvictable(const IpAddress* block);
  uint64_t Enrol(TcpConnection& connection);
  void Remove(TcpConnection& connection);
  TcpConnection* Find(uint64_t id);
  Duration IdleLimit() const;
  void Sweep();

  UvLoop& loop_;
  const TcpLimits limits_;
  UvNetworkCounters& counters_;
  Timer sweep_;

  std::list<TcpConnection*> by_activity_;  // least recently active first
  absl::flat_hash_map<IpAddress, size_t> per_block_;
  std::vector<Slot> slots_;  // a connection's id is its slot and the slot's generation
  std::vector<uint32_t> free_slots_;
  std::vector<uint64_t> replied_;  // connections which FlushReplies has to look at

  std::unique_ptr<uint8_t[]> slab_;
  std::unique_ptr<uint8_t[]> replies_;
  std::array<Query, limits::kUdpBatch> queries_;
  std::vector<uint8_t> output_;  // the answers of one read
};

// The listening socket of one endpoint.
class TcpService {
 public:
  static absl::StatusOr<std::unique_ptr<TcpService>> Listen(UvLoop& loop, Descriptor fd, Listener& listener,
                                                            QueryHandler& handler,
                                                            TcpConnections& connections);
  ~TcpService();
  TcpService(const TcpService&) = delete;
  TcpService& operator=(const TcpService&) = delete;

 private:
  friend class TcpConnection;
  friend class TcpConnections;
  struct Handle;

  TcpService(Listener& listener, QueryHandler& handler, TcpConnections& connections);

  Listener& listener_;
  QueryHandler& handler_;
  TcpConnections& connections_;
  Handle* handle_;  // freed by its close callback
};

}  // namespace cairn
