// The network as DNS logic sees it: datagrams and framed messages, addresses, and nothing of sockets.
// Production is uv_network.h over a libuv loop, tests and replays use tests/sim's simulated Internet; all run
// on one thread per Network. Handlers are called from the loop, never from inside a call made to the Network.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"
#include "common/net/endpoint.h"

namespace cairn {

// ---- What a resolver needs: questions out, replies in.

class UdpSocket;

class UdpReceiver {
 public:
  virtual ~UdpReceiver() = default;
  // `datagram` is valid during the call. The receiver may destroy other sockets here, but not `socket`.
  virtual void OnDatagram(UdpSocket& socket, const Endpoint& from, ByteView datagram) = 0;
  // This machine itself has no way to `to`: no route, or no address of that family. Whatever was sent there
  // and is not answered yet never left. ICMP is not listened to: an error from outside is never told here
  // (THREATS section 2).
  virtual void OnNoRoute(UdpSocket& /*socket*/, const Endpoint& /*to*/) {}
};

// An unconnected socket. Destroying it closes it; no call comes afterwards.
class UdpSocket {
 public:
  virtual ~UdpSocket() = default;
  // Copies the datagram; it leaves at the latest when the current turn of the loop ends, batched with others.
  // Loss is silent, as on the wire.
  virtual void Send(const Endpoint& to, ByteView datagram) = 0;
  virtual Endpoint local() const = 0;
};

enum class StreamEnd : uint8_t { kRefused, kUnreachable, kClosedByPeer, kReset, kProtocol };

class StreamReceiver {
 public:
  virtual ~StreamReceiver() = default;
  virtual void OnConnected() = 0;
  virtual void OnMessage(ByteView message) = 0;
  // The last call; the stream may be destroyed in it.
  virtual void OnEnd(StreamEnd reason) = 0;
};

// A TCP connection that carries DNS messages, each after its two-octet length (RFC 7766 section 8).
class MessageStream {
 public:
  virtual ~MessageStream() = default;       // closes at once; no call comes afterwards
  virtual void Send(ByteView message) = 0;  // copied; queued until connected
};

// ---- What a server needs: queries in, answers out.

class Listener;

// Where an answer goes when it is not ready at once. A value: it may outlive the connection or the listener's
// interest; replying then does nothing.
struct ReplyTo {
  Listener* listener = nullptr;
  uint64_t connection = 0;  // 0: UDP
  Endpoint client;
  IpAddress local;          // the address asked, from which the answer must leave
  uint32_t zone_index = 0;  // of a link-local client (RFC 4007 section 6); only the Network looks at it
};

// One query of a batch. A handler which knows the answer writes it to `reply` and sets `reply_octets`; one
// which does not keeps a copy of `to` and calls Listener::Reply later. A query that will never be answered is
// `dropped`: a TCP connection keeps a place for each of the others until its answer comes.
struct Query {
  ByteView packet;  // valid during the call
  ReplyTo to;
  bool tcp = false;
  uint16_t idle_limit_100ms = 0;  // over TCP: how long the connection may stay silent; 0: nobody says
  std::span<uint8_t> reply;       // 65535 octets over TCP, at least 4096 over UDP; not cleared
  size_t reply_octets = 0;
  bool dropped = false;
};

class QueryHandler {
 public:
  virtual ~QueryHandler() = default;
  // Up to 32 datagrams that arrived together, or the messages of one read of a TCP connection: hash all and
  // prefetch all before answering all.
  virtual void OnQueries(std::span<Query> batch) = 0;
};

// An answer of several messages (AXFR, RFC 5936), written as fast as its reader takes it.
class MessageSource {
 public:
  virtual ~MessageSource() = default;
  // Writes the next message to `out`, 65535 octets, and returns its length; 0 when there is none any more.
  virtual size_t Next(std::span<uint8_t> out) = 0;
};

// Serves one endpoint over UDP and TCP. Destroying it closes the sockets.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual Endpoint local() const = 0;  // with the port the system chose, when 0 was asked
  // An empty message says that no answer will come after all.
  virtual void Reply(const ReplyTo& to, ByteView message) = 0;
  // Over TCP alone; may be called while the query is being handled. Production asks for a message when most
  // of those before have been taken, and drops the source with its connection; where nothing is that long,
  // all leave at once.
  virtual void ReplyAll(const ReplyTo& to, std::unique_ptr<MessageSource> messages);
};

class Network {
 public:
  virtual ~Network() = default;
  // `local` with port 0 lets the caller's draw be retried by the system; resolvers pass a port they drew
  // themselves.
  virtual absl::StatusOr<std::unique_ptr<UdpSocket>> OpenUdp(const Endpoint& local,
                                                             UdpReceiver& receiver) = 0;
  virtual std::unique_ptr<MessageStream> Connect(const Endpoint& to, StreamReceiver& receiver) = 0;
  virtual absl::StatusOr<std::unique_ptr<Listener>> Listen(const Endpoint& local, QueryHandler& handler) = 0;
};

}  // namespace cairn
