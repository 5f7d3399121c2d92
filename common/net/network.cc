#include "common/net/network.h"

#include <vector>

namespace cairn {

void Listener::ReplyAll(const ReplyTo& to, std::unique_ptr<MessageSource> messages) {
  std::vector<uint8_t> message(65535);
  while (const size_t octets = messages->Next(message)) Reply(to, {message.data(), octets});
}

}  // namespace cairn
