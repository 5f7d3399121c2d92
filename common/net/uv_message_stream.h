// The client's end of a TCP connection that carries DNS messages (RFC 7766), over libuv.
#pragma once

#include <cstdint>

#include "common/net/network.h"
#include "common/net/uv_loop.h"

namespace cairn {

class UvMessageStream final : public MessageStream {
 public:
  // Connects; what is wrong is told by OnEnd, never from inside this call.
  UvMessageStream(UvLoop& loop, const Endpoint& to, StreamReceiver& receiver);
  ~UvMessageStream() override;
  void Send(ByteView message) override;

 private:
  struct Connection;
  Connection* connection_;  // null after its end; freed by its close callback, later than this stream
};

}  // namespace cairn
