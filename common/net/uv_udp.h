// UDP for UvNetwork: datagrams in batches, both ways. What one thread receives lies in one UdpReceiveBatch,
// shared by its sockets since each batch is done with before the next is taken; what it sends late lies in
// one UdpOutbox a socket, and all outboxes leave at the end of the turn.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/base/limits.h"
#include "common/net/network.h"
#include "common/net/uv_loop.h"
#include "common/net/uv_network.h"
#include "common/net/uv_sockets.h"

struct uv_poll_s;

namespace cairn {

// Room for one batch of datagrams of up to kUdpDatagramOctets. Slots lie one cache line more than 4096 octets
// apart: at a distance of 4096 all of them would compete for the same few lines of a first-level cache.
class DatagramSlots {
 public:
  static constexpr size_t kStride = limits::kUdpDatagramOctets + 64;
  DatagramSlots() : octets_(std::make_unique_for_overwrite<uint8_t[]>(limits::kUdpBatch * kStride)) {}
  std::span<uint8_t> operator[](size_t slot) const {
    return {octets_.get() + slot * kStride, limits::kUdpDatagramOctets};
  }

 private:
  std::unique_ptr<uint8_t[]> octets_;
};

// Ancillary data with one in_pktinfo or in6_pktinfo: the address a datagram was sent to.
struct alignas(size_t) PacketInfo {
  std::array<uint8_t, 64> octets;
};

class UdpReceiveBatch {
 public:
  UdpReceiveBatch();

  // Takes up to `most` waiting datagrams without blocking; returns how many.
  size_t Receive(int fd, size_t most);

  // False for one that was longer than its slot.
  bool whole(size_t i) const { return (headers_[i].msg_hdr.msg_flags & MSG_TRUNC) == 0; }
  ByteView datagram(size_t i) const { return {slots_[i].data(), headers_[i].msg_len}; }
  const sockaddr& from(size_t i) const { return reinterpret_cast<const sockaddr&>(senders_[i]); }
  // Where it was sent, when its socket asks for that; otherwise `bound`.
  IpAddress AskedAddress(size_t i, const IpAddress& bound) const;
  // Makes `header` send `reply` to the sender, from the address asked.
  void Address(size_t i, mmsghdr& header) const;

 private:
  DatagramSlots slots_;
  std::array<sockaddr_storage, limits::kUdpBatch> senders_;
  std::array<PacketInfo, limits::kUdpBatch> infos_;
  std::array<iovec, limits::kUdpBatch> parts_;
  std::array<mmsghdr, limits::kUdpBatch> headers_;
};

// Sends them all, or as many as the system takes: a full buffer drops the rest, a refused destination itself
// alone. Returns how many were sent; `no_route`, when given, gets the indices of those to whom no way leads.
size_t SendBatch(int fd, mmsghdr* headers, size_t count, std::vector<size_t>* no_route = nullptr);

class UdpOutbox;
// Outboxes which hold something.
using UdpOutboxes = std::vector<UdpOutbox*>;

// Datagrams queued on one socket.
class UdpOutbox {
 public:
  UdpOutbox(int fd, UdpOutboxes& waiting, UvNetworkCounters& counters)
      : fd_(fd), waiting_(waiting), counters_(counters) {}
  ~UdpOutbox();  // sends what is left
  UdpOutbox(const UdpOutbox&) = delete;
  UdpOutbox& operator=(const UdpOutbox&) = delete;

  // `source` is the address to send from; nullptr when the socket is bound to one.
  void Add(const Endpoint& to, uint32_t zone_index, const IpAddress* source, ByteView datagram);
  // Returns how many were sent.
  size_t Flush();
  // Called in Flush for each datagram to which no route leads.
  void OnNoRoute(std::function<void(const Endpoint&)> tell) { tell_no_route_ = std::move(tell); }

 private:
  struct Waiting {
    SocketAddress to;
    PacketInfo info;
    size_t info_octets;
    size_t begin;
    size_t octets;
  };
  int fd_;
  UdpOutboxes& waiting_;
  UvNetworkCounters& counters_;
  std::vector<Waiting> queue_;
  std::vector<uint8_t> octets_;
  std::function<void(const Endpoint&)> tell_no_route_;
};

// Calls `readable` whenever `fd` is; until destroyed. As long as it says that more may be waiting it is
// called in each turn without the system being asked, and the loop's epoll set does not hold `fd`: while it
// does, the system locks that set and looks through it for each datagram that leaves, 0.15 us of the 2.4 of a
// query.
class UvPoll {
 public:
  using Readable = bool (*)(void* owner);
  UvPoll(UvLoop& loop, int fd, Readable readable, void* owner);
  ~UvPoll();
  UvPoll(const UvPoll&) = delete;
  UvPoll& operator=(const UvPoll&) = delete;

 private:
  struct Handle;
  Handle* handle_;  // freed by its close callbacks
};

// The buffers of one thread's UDP sockets.
struct UdpBuffers {
  UdpReceiveBatch received;
  DatagramSlots replies;
  std::array<Query, limits::kUdpBatch> queries;
  std::array<mmsghdr, limits::kUdpBatch> headers;
  std::array<iovec, limits::kUdpBatch> parts;
  UdpOutboxes waiting;
};

// The UDP half of a Listener.
class UdpService {
 public:
  UdpService(UvLoop& loop, Descriptor fd, Listener& listener, QueryHandler& handler, UdpBuffers& buffers,
             UvNetworkCounters& counters);
  void Reply(const ReplyTo& to, ByteView message);

 private:
  bool OnReadable();
  void AnswerBatch(size_t count);
  void SendReplies(size_t count);

  Descriptor fd_;
  const IpAddress bound_;
  const bool wildcard_;
  Listener& listener_;
  QueryHandler& handler_;
  UdpBuffers& buffers_;
  UvNetworkCounters& counters_;
  UdpOutbox outbox_;
  UvPoll poll_;
};

class UvUdpSocket final : public UdpSocket {
 public:
  UvUdpSocket(UvLoop& loop, Descriptor fd, UdpReceiver& receiver, UdpBuffers& buffers,
              UvNetworkCounters& counters);
  void Send(const Endpoint& to, ByteView datagram) override { outbox_.Add(to, 0, nullptr, datagram); }
  Endpoint local() const override { return local_; }

 private:
  static bool Readable(void* socket);  // the system says when there is more
  void OnReadable();
  void TellNoRoute();

  Descriptor fd_;
  const Endpoint local_;
  UdpReceiver& receiver_;
  UdpBuffers& buffers_;
  UdpOutbox outbox_;
  std::vector<Endpoint> no_route_;  // to be told
  Timer no_route_timer_;
  UvPoll poll_;
};

}  // namespace cairn
