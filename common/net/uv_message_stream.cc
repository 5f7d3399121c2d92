#include "common/net/uv_message_stream.h"

#include <uv.h>

#include <array>
#include <cstddef>
#include <vector>

#include "common/net/uv_sockets.h"

namespace cairn {
namespace {

constexpr size_t kLengthOctets = 2;
constexpr size_t kHeaderOctets = 12;
constexpr size_t kReadOctets = 64 * 1024;

StreamEnd EndOf(ssize_t error) {
  switch (error) {
    case UV_EOF:
      return StreamEnd::kClosedByPeer;
    case UV_ECONNREFUSED:
      return StreamEnd::kRefused;
    case UV_ECONNRESET:
    case UV_EPIPE:
      return StreamEnd::kReset;
    default:
      return StreamEnd::kUnreachable;
  }
}

// The bytes of a read are done with before the next read of the thread begins.
uint8_t* ReadSlab() {
  thread_local std::array<uint8_t, kReadOctets> slab;
  return slab.data();
}

}  // namespace

// Lives from the stream's making until the callbacks of uv_close. `receiver` is null once the stream is
// destroyed or has told its end; each call into the receiver may destroy the stream, so it is looked at again
// afterwards.
struct UvMessageStream::Connection {
  uv_tcp_t socket;
  uv_connect_t connecting;
  uv_write_t request;
  uv_timer_t failure;  // tells a connection that failed at once, in a later turn
  UvMessageStream* owner;
  StreamReceiver* receiver;
  bool connected = false;
  bool writing = false;
  int open_handles = 2;
  int immediate_error = 0;
  std::vector<uint8_t> unread;
  std::vector<uint8_t> unsent;
  std::vector<uint8_t> being_written;

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&socket); }
  static Connection& Of(void* data) { return *static_cast<Connection*>(data); }

  void Open(UvLoop& loop, const Endpoint& to);
  void OnConnect(int error);
  void OnRead(ssize_t count, const uint8_t* octets);
  size_t Deliver(ByteView input);
  void Write();
  void End(StreamEnd reason);
  void Close();
};

void UvMessageStream::Connection::Open(UvLoop& loop, const Endpoint& to) {
  uv_tcp_init(loop.handle(), &socket);
  uv_timer_init(loop.handle(), &failure);
  socket.data = failure.data = connecting.data = request.data = this;
  const SocketAddress address = ToSystem(to);
  immediate_error = uv_tcp_connect(&connecting, &socket, &address.any,
                                   [](uv_connect_t* each, int error) { Of(each->data).OnConnect(error); });
  if (immediate_error == 0) return;
  uv_timer_start(
      &failure,
      [](uv_timer_t* timer) {
        Connection& self = Of(timer->data);
        self.OnConnect(self.immediate_error);
      },
      0, 0);
}

void UvMessageStream::Connection::OnConnect(int error) {
  if (receiver == nullptr) return;
  if (error != 0) return End(EndOf(error));
  connected = true;
  uv_tcp_nodelay(&socket, 1);
  uv_read_start(
      stream(),
      [](uv_handle_t*, size_t, uv_buf_t* buffer) {
        *buffer = uv_buf_init(reinterpret_cast<char*>(ReadSlab()), kReadOctets);
      },
      [](uv_stream_t* each, ssize_t count, const uv_buf_t* buffer) {
        Of(each->data).OnRead(count, reinterpret_cast<const uint8_t*>(buffer->base));
      });
  receiver->OnConnected();
  if (receiver != nullptr) Write();
}

void UvMessageStream::Connection::OnRead(ssize_t count, const uint8_t* octets) {
  if (count == 0 || receiver == nullptr) return;
  if (count < 0) return End(EndOf(count));
  const ByteView input(octets, static_cast<size_t>(count));
  if (unread.empty()) {
    const size_t delivered = Deliver(input);
    unread.assign(input.begin() + static_cast<ptrdiff_t>(delivered), input.end());
  } else {
    unread.insert(unread.end(), input.begin(), input.end());
    const size_t delivered = Deliver(unread);
    unread.erase(unread.begin(), unread.begin() + static_cast<ptrdiff_t>(delivered));
  }
}

size_t UvMessageStream::Connection::Deliver(ByteView input) {
  size_t delivered = 0;
  while (receiver != nullptr && input.size() - delivered >= kLengthOctets) {
    const size_t length = LoadU16(input.data() + delivered);
    if (length < kHeaderOctets) {
      End(StreamEnd::kProtocol);
      break;
    }
    if (input.size() - delivered - kLengthOctets < length) break;
    receiver->OnMessage(input.subspan(delivered + kLengthOctets, length));
    delivered += kLengthOctets + length;
  }
  return delivered;
}

void UvMessageStream::Connection::Write() {
  if (!connected || writing || unsent.empty()) return;
  writing = true;
  being_written.swap(unsent);
  unsent.clear();
  const uv_buf_t buffer =
      uv_buf_init(reinterpret_cast<char*>(being_written.data()), static_cast<unsigned>(being_written.size()));
  uv_write(&request, stream(), &buffer, 1, [](uv_write_t* each, int error) {
    Connection& self = Of(each->data);
    self.writing = false;
    if (self.receiver == nullptr) return;
    if (error != 0) return self.End(EndOf(error));
    self.Write();
  });
}

void UvMessageStream::Connection::End(StreamEnd reason) {
  StreamReceiver* told = receiver;
  owner->connection_ = nullptr;
  Close();
  told->OnEnd(reason);
}

void UvMessageStream::Connection::Close() {
  if (receiver == nullptr) return;
  receiver = nullptr;
  const uv_close_cb closed = [](uv_handle_t* handle) {
    Connection* self = &Of(handle->data);
    if (--self->open_handles == 0) delete self;
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&socket), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&failure), closed);
}

UvMessageStream::UvMessageStream(UvLoop& loop, const Endpoint& to, StreamReceiver& receiver)
    : connection_(new Connection) {
  connection_->owner = this;
  connection_->receiver = &receiver;
  connection_->Open(loop, to);
}

UvMessageStream::~UvMessageStream() {
  if (connection_ != nullptr) connection_->Close();
}

void UvMessageStream::Send(ByteView message) {
  if (connection_ == nullptr) return;
  std::vector<uint8_t>& unsent = connection_->unsent;
  const size_t at = unsent.size();
  unsent.resize(at + kLengthOctets);
  StoreU16(unsent.data() + at, static_cast<uint16_t>(message.size()));
  unsent.insert(unsent.end(), message.begin(), message.end());
  connection_->Write();
}

}  // namespace cairn
